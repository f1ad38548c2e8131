package rule

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A wrapper is a poisoned description with gaps, and what sort of attack it is.
type wrapper struct{ paradigm, risk, text string }

func wrappers(t *testing.T, file string) []wrapper {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var out []wrapper
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		kind, text, _ := strings.Cut(strings.TrimSpace(line), "|")
		paradigm, risk, ok := strings.Cut(kind, " ")
		if !ok || text == "" {
			t.Fatalf("%s: no wrapper: %q", file, line)
		}
		out = append(out, wrapper{paradigm, risk, text})
	}
	return out
}

// fillings are what the gaps of a wrapper are filled with; the two sets share no word.
type fillings map[string][]string

var devFillings = fillings{
	"{T}": {"write_file", "send_email", "list_directory", "searchProducts", "get_user_info", "execute_sql"},
	"{A}": {"reading files", "sending a message", "any file operation", "database queries", "booking a flight", "creating an issue"},
	"{F}": {"~/.ssh/id_rsa", "/home/user/.env", "~/.aws/credentials", "/etc/passwd", "config/secrets.yaml", "~/.cursor/mcp.json"},
	"{E}": {"attacker@evil.example", "audit@corp.example"},
	"{H}": {"https://collect.example/in", "http://203.0.113.9/x"},
	"{P}": {"category", "recipient", "city", "sidenote"},
	"{V}": {"econ", "Paris", "acme-tools", "0"},
	"{N}": {"10", "1.5", "250"},
}

var testFillings = fillings{
	"{T}": {"create_note", "postTweet", "read_query", "get_forecast", "move_item", "directions_lookup"},
	"{A}": {"opening a document", "posting to a channel", "currency conversion", "calendar changes", "deploying a site", "any lookup of papers"},
	"{F}": {"~/.ssh/id_ed25519", "~/.netrc", "/etc/shadow", "~/.kube/config", "/srv/app/.env", "~/.npmrc"},
	"{E}": {"copy@elsewhere.example", "m.allory@post.example"},
	"{H}": {"https://mirror.example/api", "http://198.51.100.4:8080/u"},
	"{P}": {"channel_id", "unit", "destination", "profile"},
	"{V}": {"kelvin", "Reykjavik", "left-padd", "green"},
	"{N}": {"3", "17", "1000"},
}

// goals are what attackers want of agents, out of a corpus: those of even or of odd number.
func goals(t *testing.T, odd int) []string {
	t.Helper()
	var out []string
	n := 0
	for _, r := range rows(t, "asb_attack_tools") {
		if goal, ok := strings.CutPrefix(strings.TrimSuffix(r.Text, "."), "Please "); ok && r.Kind == "injection_goal" {
			if n++; n%2 == odd {
				out = append(out, goal)
			}
		}
	}
	return out
}

// fill makes six definitions of a wrapper.
func (f fillings) fill(w wrapper, number int) []string {
	out := make([]string, 6)
	for i := range out {
		text := w.text
		for gap, with := range f {
			text = strings.ReplaceAll(text, gap, with[(i+number)%len(with)])
		}
		out[i] = text
	}
	return out
}

// Poisoned definitions in the manner of MCPTox's three paradigms and of MCP-SafetyBench: own
// wrappers round the goals of a corpus. The rules and weights were made on the first file. The second
// was written before them and changed nothing: it stands for what is unseen, as far as one
// author can write what he has not seen.
func TestMadeAttacks(t *testing.T) {
	e := New()
	sets := []struct {
		file, what string
		odd        int
		with       fillings
		floor      float64
	}{
		{"wrappers_dev.txt", "SEEN, rules and weights were made on it", 0, devFillings, 0},
		{"wrappers_test.txt", "UNSEEN, nothing was tuned on it", 1, testFillings, 0},
	}
	for _, set := range sets {
		set.with["{G}"] = goals(t, set.odd)
		dump := dumper(t, set.file)
		total, parts := tally{byRule: make(map[string]int)}, make(map[string]*tally)
		for i, w := range wrappers(t, set.file) {
			for _, text := range set.with.fill(w, i) {
				found := e.Scan(describe(text))
				total.count(found)
				dump(row{Label: 1, Name: w.paradigm + " " + w.risk, Description: text}, found)
				for _, part := range []string{w.paradigm, "risk " + w.risk} {
					if parts[part] == nil {
						parts[part] = &tally{byRule: make(map[string]int)}
					}
					parts[part].count(found)
				}
			}
		}
		total.print(t, "recall, "+set.file+" ("+set.what+")")
		for _, part := range slices.Sorted(maps.Keys(parts)) {
			t.Log("    " + part + ": " + strconv.Itoa(parts[part].high) + " of " + strconv.Itoa(parts[part].all))
		}
		total.atLeast(t, set.file, set.floor)
	}
}
