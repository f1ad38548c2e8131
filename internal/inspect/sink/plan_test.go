package sink_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

func explained(p *sink.Plan) string {
	var out []string
	for _, e := range p.Explain() {
		out = append(out, e.At+" "+e.Kind.String())
	}
	return strings.Join(out, "; ")
}

func TestPlan(t *testing.T) {
	for _, c := range []struct{ name, tool, definition, want string }{
		{"by names", "get", `{"inputSchema":{"properties":{"filePath":{"type":"string"},"page_url":{"type":"string"},"note":{"type":"string"},"issueKey":{"type":"string"},"count":{"type":"integer"},"color":{"type":"string"}}}}`,
			"/color unknown; /count unknown; /filePath path; /issueKey identifier; /note text; /page_url url"},
		{"by format", "get", `{"inputSchema":{"properties":{"a":{"type":"string","format":"uri"},"b":{"type":"string","format":"email"},"c":{"type":"string","format":"uuid"}}}}`, "/a url; /b mail; /c identifier"},
		{"of a database that reads", "read_query", `{"description":"Run a SELECT query on SQLite","inputSchema":{"properties":{"query":{"type":"string"}}}}`, "/query sql-read"},
		{"of a database", "run_query", `{"description":"Run SQL on PostgreSQL","inputSchema":{"properties":{"query":{"type":"string"}}}}`, "/query sql"},
		{"that says it only reads", "run_query", `{"description":"Run SQL","annotations":{"readOnlyHint":true},"inputSchema":{"properties":{"sql":{"type":"string"}}}}`, "/sql sql-read"},
		{"of a search", "search", `{"description":"Search the web","inputSchema":{"properties":{"query":{"type":"string"}}}}`, "/query unknown"},
		{"of a command", "git_show", `{"description":"git","inputSchema":{"properties":{"revision":{"type":"string"},"path":{"type":"string"}}}}`, "/path path; /revision command-argument,identifier"},
		{"of mail", "send_email", `{"inputSchema":{"properties":{"to":{"type":"array","items":{"type":"string"}},"subject":{"type":"string"},"body":{"type":"string"}}}}`, "/body text; /subject header; /to mail; /to/* mail"},
		{"a list of values", "get", `{"inputSchema":{"properties":{"path":{"enum":["a","b"]}}}}`, "/path unknown"},
		{"a reference", "get", `{"inputSchema":{"$defs":{"f":{"properties":{"path":{"type":"string"}}}},"properties":{"all":{"type":"array","items":{"$ref":"#/$defs/f"}}}}}`, "/all/*/path path"},
		{"either", "get", `{"inputSchema":{"properties":{"url":{"anyOf":[{"type":"string"},{"type":"null"}]}}}}`, "/url url"},
		{"a prompt", "review", `{"arguments":[{"name":"path","description":"what to review"},{"name":"style"}]}`, "/path path; /style unknown"},
		{"nothing", "get", `{}`, " unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := sink.New(c.tool, []byte(c.definition), sink.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := explained(p); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

func TestWhatIsConfiguredWins(t *testing.T) {
	definition := []byte(`{"inputSchema":{"properties":{"path":{"type":"string"},"files":{"type":"array","items":{"type":"object","properties":{"x":{"type":"string"}}}},"tags":{"type":"array","items":{"type":"string"}}}}}`)
	p, err := sink.New("x", definition, sink.Options{Kinds: map[string]sink.Kind{"path": sink.Text, "/files/*/x": sink.Path, "tags": sink.Argument}, Policy: sink.Policy{Roots: []string{"/srv"}}, At: map[string]sink.Policy{"/files/*/x": {Roots: []string{"/opt"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := explained(p), "/files path; /files/* path; /files/*/x path; /path text; /tags command-argument; /tags/* command-argument"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for args, want := range map[string]string{
		`{"path":"../../../x"}`:      "",
		`{"files":[{"x":"/opt/a"}]}`: "",
		`{"files":[{"x":"/srv/a"}]}`: "path-outside=high",
		`{"tags":["a","-b"]}`:        "flag=high",
	} {
		if got := rules(p.Check([]byte(args))); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

func TestPlansThatAreRefused(t *testing.T) {
	five, one := 5.0, 1.0
	for name, o := range map[string]sink.Options{
		"a root that is relative": {Policy: sink.Policy{Roots: []string{"data"}}},
		"no place":                {Kinds: map[string]sink.Kind{"": sink.Path}},
		"a place without a slash": {Kinds: map[string]sink.Kind{"a/b": sink.Path}},
		"bounds the wrong way":    {Policy: sink.Policy{Least: &five, Most: &one}},
		"no range":                {Policy: sink.Policy{Inner: []string{"10.0.0.0/99"}}},
		"no class of statements":  {At: map[string]sink.Policy{"a": {SQL: 9}}},
	} {
		if _, err := sink.New("x", []byte(`{}`), o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := sink.New("x", []byte(`{"inputSchema":`), sink.Options{}); err == nil {
		t.Error("half a definition is taken")
	}
	for text, want := range map[string]sink.Kind{"path": sink.Path, "path, url": sink.Path | sink.URL, "unknown": 0} {
		if k, err := sink.ParseKind(text); err != nil || k != want {
			t.Errorf("%s: %v %v", text, k, err)
		}
	}
	if _, err := sink.ParseKind("paths"); err == nil {
		t.Error("a kind that is none is taken")
	}
}

// A schema that doubles costs what its bound says.
func TestADoublingSchema(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"inputSchema":{"$defs":{`)
	for i := range 60 {
		fmt.Fprintf(&b, `"d%d":{"properties":{"a":{"$ref":"#/$defs/d%d"},"b":{"$ref":"#/$defs/d%d"}}},`, i, i+1, i+1)
	}
	b.WriteString(`"d60":{"type":"string"}},"$ref":"#/$defs/d0"}}`)
	p, err := sink.New("x", []byte(b.String()), sink.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.Explain()); n > 2000 {
		t.Errorf("%d places", n)
	}
}

// The cases of OWASP's core rule set that must fire and that our rules speak of, in the class
// that they attack. Many of those of SQL are a function's name alone, which nobody refuses here.
func TestCoreRuleSet(t *testing.T) {
	type count struct{ n, high, medium int }
	by := map[string]*count{}
	classes := map[string]*sink.Plan{
		"LFI":  planOf(t, "read_file", "", sink.Options{}, "path"),
		"SQLI": planOf(t, "get_user", "", sink.Options{Kinds: map[string]sink.Kind{"path": sink.Identifier}}, "path"),
		"RCE":  planOf(t, "git_show", "", sink.Options{Kinds: map[string]sink.Kind{"path": sink.Argument}}, "path"),
		"RFI":  planOf(t, "read_file", "", sink.Options{}, "path"),
	}
	for _, r := range corpus(t, "args_crs_regression") {
		p := classes[r.Category]
		if p == nil || r.Label != 1 {
			continue
		}
		text := r.Text
		if _, value, ok := strings.Cut(text, "="); ok && len(value) > 2 {
			text = value
		}
		c := by[r.Category]
		if c == nil {
			c = &count{}
			by[r.Category] = c
		}
		c.n++
		switch s := worst(p.Check(arguments(t, "path", text))); {
		case s >= finding.High:
			c.high++
			c.medium++
		case s == finding.Medium:
			c.medium++
		default:
			if testing.Verbose() && c.n%8 == 0 {
				t.Logf("missed %s %d: %q", r.Category, r.Rule, text[:min(len(text), 90)])
			}
		}
	}
	for name, floor := range map[string]float64{"LFI": 0.7, "SQLI": 0.5, "RCE": 0.7, "RFI": 0.3} {
		c := by[name]
		t.Logf("CRS %-4s %4d: high %.1f %%, medium %.1f %%", name, c.n, 100*float64(c.high)/float64(c.n), 100*float64(c.medium)/float64(c.n))
		if float64(c.medium) < floor*float64(c.n) {
			t.Errorf("%s is below %.2f", name, floor)
		}
	}
}
