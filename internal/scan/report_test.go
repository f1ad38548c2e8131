package scan

import (
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample has a finding of each severity but critical, in every kind of place.
const sample = `{
  "mcpServers": {
    "fetch": {"command": "npx", "args": ["-y", "x"], "env": {"API_KEY": "abcdef123456"}},
    "files <&>": {
      "command": "/usr/bin/files",
      "tools": [
        {"name": "read_file", "description": "Reads a file.", "inputSchema": {"type": "object", "properties": {"path": {"type": "string"}}}},
        {"name": "add\u001b[2J<script>alert(1)</script>", "description": "Adds.\u200b", "inputSchema": {"type": "object"}},
        {"name": "none", "description": "Does nothing.", "inputSchema": {"type": "object"}}
      ]
    }
  }
}`

func TestGolden(t *testing.T) {
	r := report(t, sample)
	r.Notes = []string{"something was not read"}
	r.Known = 2
	for form, out := range forms(t, &r) {
		if form == "sarif" { // the table of rules is held by TestSARIF
			out = regexp.MustCompile(`(?s)"rules": \[.*?\n          \]`).ReplaceAllString(out, `"rules": []`)
		}
		path := filepath.Join("testdata", "sample."+form)
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || string(want) != out {
			t.Errorf("%s is not what stands in %s; run go test -update and look (%v)\n%s", form, path, err, out)
		}
		if strings.ContainsAny(out, "\x1b\u200b") {
			t.Errorf("%s holds an escape or what is invisible", form)
		}
	}
}

// What SARIF 2.1.0 requires: version, tool.driver.name (3.14.6, 3.19.8), a message for
// each result (3.27.11), ruleIndex into the rules with the same id (3.27.6), levels of the
// enumeration (3.27.10), and URIs without what must be escaped (3.4.3).
func TestSARIF(t *testing.T) {
	r := report(t, sample)
	var log struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct {
						ID               string
						ShortDescription struct{ Text string }
						DefaultConfig    struct{ Level string } `json:"defaultConfiguration"`
					}
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
					LogicalLocations []struct{ FullyQualifiedName string }
				}
				PartialFingerprints map[string]string
			}
		}
	}
	if err := json.Unmarshal([]byte(forms(t, &r)["sarif"]), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if log.Version != "2.1.0" || log.Schema == "" || run.Tool.Driver.Name == "" || len(run.Results) != len(r.Findings) || len(run.Results) < 4 {
		t.Errorf("%q %q %q, %d results for %d findings", log.Version, log.Schema, run.Tool.Driver.Name, len(run.Results), len(r.Findings))
	}
	levels := []string{"none", "note", "warning", "error"}
	for _, one := range run.Tool.Driver.Rules {
		if one.ID == "" || one.ShortDescription.Text == "" || !slices.Contains(levels, one.DefaultConfig.Level) {
			t.Errorf("rule %+v", one)
		}
	}
	for _, one := range run.Results {
		at := one.Locations[0]
		if run.Tool.Driver.Rules[one.RuleIndex].ID != one.RuleID || one.Message.Text == "" || !slices.Contains(levels, one.Level) ||
			at.PhysicalLocation.ArtifactLocation.URI != "file.json" || at.PhysicalLocation.Region.StartLine < 1 || len(at.LogicalLocations) != 1 || len(one.PartialFingerprints["mantlet/v1"]) != 32 {
			t.Errorf("result %+v", one)
		}
	}
}

// JUnit is well-formed, holds a case for each definition, and what is below the threshold
// is no failure.
func TestJUnit(t *testing.T) {
	r := report(t, sample)
	for threshold, want := range map[rule.Severity]int{rule.Critical: 0, rule.High: 1, rule.Low: 4} {
		var b strings.Builder
		if err := r.JUnit(&b, threshold); err != nil {
			t.Fatal(err)
		}
		var got suites
		if err := xml.Unmarshal([]byte(b.String()), &got); err != nil {
			t.Fatal(err)
		}
		if got.Failures != want || got.Tests < 5 {
			t.Errorf("at %s %d of %d failed, want %d\n%s", threshold, got.Failures, got.Tests, want, b.String())
		}
	}
}

// HTML is one file: nothing in it is fetched or run, and no name becomes markup.
func TestHTML(t *testing.T) {
	r := report(t, sample)
	page := forms(t, &r)["html"]
	for _, bad := range []string{"<script", "src=", "href=", "url("} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	if !strings.Contains(page, "&lt;script&gt;") {
		t.Error("the name is not shown")
	}
}

// Colour stands for severities alone, and only where it is asked for.
func TestColour(t *testing.T) {
	r := report(t, sample)
	var with, without strings.Builder
	if r.Text(&with, true) != nil || r.Text(&without, false) != nil {
		t.Fatal("cannot be written")
	}
	if plain := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(with.String(), ""); plain != without.String() || with.String() == plain {
		t.Error("the coloured report says something else")
	}
}

// A baseline hides what it names, in a file whose lines moved too, and nothing else.
func TestBaseline(t *testing.T) {
	r := report(t, sample)
	path := filepath.Join(t.TempDir(), "baseline")
	if err := r.Write(path, Baseline{}); err != nil {
		t.Fatal(err)
	}
	b, err := ReadBaseline(path)
	if err != nil {
		t.Fatal(err)
	}
	moved := report(t, strings.Replace(sample, `"fetch":`, "\n\n\"more\":{\"command\":\"sudo\"},\n\"fetch\":", 1))
	all := len(moved.Findings)
	moved.Forgive(b)
	if len(moved.Findings) != 1 || moved.Findings[0].Rule != checkRoot || moved.Known != all-1 {
		t.Errorf("%d of %d are left: %+v", len(moved.Findings), all, moved.Findings)
	}
	changed := report(t, strings.Replace(sample, `Adds.\u200b`, `Adds.\u200b\u200bMore`, 1))
	changed.Forgive(b)
	if len(changed.Findings) != 1 {
		t.Errorf("a text that changed is still known: %+v", changed.Findings)
	}
	for _, bad := range []string{"", "{}", "[]", `{"version":2,"fingerprints":[]}`, `{"version":1,"fingerprints":[],"x":1}`} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadBaseline(path); err == nil {
			t.Errorf("%q is read as a baseline", bad)
		}
	}
}

// The same file gives the same report, byte for byte.
func TestStable(t *testing.T) {
	first := report(t, sample)
	for range 5 {
		again := report(t, sample)
		for form, out := range forms(t, &again) {
			if out != forms(t, &first)[form] {
				t.Fatalf("%s differs from run to run", form)
			}
		}
	}
}

// What is hostile is reported, bounded and shown without effect.
func TestHostile(t *testing.T) {
	long := strings.Repeat("x", 1<<19)
	for name, file := range map[string]string{
		"a long name":      `[{"name":"` + long + `","inputSchema":{}}]`,
		"a large tool":     `[{"name":"a","description":"` + long + long + `","inputSchema":{}}]`,
		"a long parameter": `[{"name":"a","inputSchema":{"properties":{"` + long + `\u001b[2J":{"type":"string"}}}}]`,
		"escapes":          `{"servers":{"s\u001b[2J":{"tools":[{"name":"\u001b]0;x\u0007","description":"\u001b[8mAdds.","inputSchema":{}}]}}}`,
		"no UTF-8":         "[{\"name\":\"a\xff\",\"inputSchema\":{}}]",
	} {
		r := report(t, file)
		if name != "a long name" && name != "a long parameter" && len(r.Findings) == 0 {
			t.Errorf("%s: nothing is found", name)
		}
		for form, out := range forms(t, &r) {
			if strings.ContainsAny(out, "\x1b\x07") || !utf8.ValidString(out) {
				t.Errorf("%s: %s moves a terminal", name, form)
			}
		}
	}
}

// Beyond the bound tools are not compared, which a note says; below it none is needed.
func TestManyTools(t *testing.T) {
	for n, want := range map[int]int{100: 0, maxCompared + 1: 1} {
		in := Input{Name: "many", Servers: []Server{{ID: "a"}}}
		for i := range n {
			in.Servers[0].Items = append(in.Servers[0].Items, Item{Kind: mantlet.KindTool, Raw: fmt.Appendf(nil, `{"name":"t%d","inputSchema":{"type":"object"}}`, i)})
		}
		if r := New().Check([]Input{in}); len(r.Notes) != want {
			t.Errorf("%d tools: notes %q", n, r.Notes)
		}
	}
}

// Of hundred definitions, start-up included: see also the first minute of docs/proof.md.
func BenchmarkHundredDefinitions(b *testing.B) {
	var all []string
	for i := range 100 {
		all = append(all, strings.Replace(tool("tool_"+strings.Repeat("a", i%20+1)+"_list", ""), "Something.", "Lists the projects of a team, with their owners and the date of their last change. "+strings.Repeat("Pages hold fifty entries. ", 20), 1))
	}
	file := []byte(`{"tools":[` + strings.Join(all, ",") + `]}`)
	for b.Loop() {
		in, err := Parse("file.json", file)
		if err != nil {
			b.Fatal(err)
		}
		r := New().Check([]Input{in})
		if err := r.Text(io.Discard, false); err != nil {
			b.Fatal(err)
		}
	}
}
