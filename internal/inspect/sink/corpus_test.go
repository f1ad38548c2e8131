package sink_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

type row struct {
	Category, Text, Tool, Param, File, Desc string
	Label, Rule                             int
}

// corpus reads a set, or skips the test with the reason.
func corpus(t *testing.T, name string) (out []row) {
	t.Helper()
	root := os.Getenv("MANTLET_CORPORA")
	if root == "" {
		root = "../../../../shared/data"
	}
	f, err := os.Open(filepath.Join(root, "text", name, "data.jsonl"))
	if err != nil {
		t.Skipf("no corpora: %v (MANTLET_CORPORA names their folder)", err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// planOf is the plan of a tool with these arguments, all texts.
func planOf(t testing.TB, tool, description string, o sink.Options, arguments ...string) *sink.Plan {
	t.Helper()
	members := map[string]any{}
	for _, a := range arguments {
		members[a] = map[string]any{"type": "string"}
	}
	d, _ := json.Marshal(map[string]any{"name": tool, "description": description, "inputSchema": map[string]any{"type": "object", "properties": members}})
	p, err := sink.New(tool, d, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func arguments(t testing.TB, name string, value any) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{name: value})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func worst(hits []sink.Hit) (s finding.Severity) {
	for _, h := range hits {
		s = max(s, h.Severity)
	}
	return s
}

func rules(hits []sink.Hit) string {
	out := make([]string, len(hits))
	for i, h := range hits {
		out[i] = fmt.Sprintf("%s=%s", strings.TrimPrefix(h.Rule, "sink/"), h.Severity)
	}
	return strings.Join(out, " ")
}

// Real arguments of real calls: what is refused of them is a false alarm.
func TestArgumentsOfHonestCalls(t *testing.T) {
	rows := corpus(t, "args_benign")
	plans := map[string]*sink.Plan{}
	high, medium := 0, 0
	for _, r := range rows {
		key := r.Tool + " " + r.Param
		if plans[key] == nil {
			plans[key] = planOf(t, r.Tool, "", sink.Options{}, r.Param)
		}
		var value any = r.Text
		var list []any
		if json.Unmarshal([]byte(r.Text), &list) == nil {
			value = list
		}
		hits := plans[key].Check(arguments(t, r.Param, value))
		switch s := worst(hits); {
		case s >= finding.High:
			high++
			t.Logf("high: %s %q: %s", key, r.Text[:min(len(r.Text), 120)], rules(hits))
		case s == finding.Medium:
			medium++
			if testing.Verbose() && medium < 40 {
				t.Logf("medium: %s %q: %s", key, r.Text[:min(len(r.Text), 120)], rules(hits))
			}
		}
	}
	n := float64(len(rows))
	t.Logf("args_benign: %d arguments: %.2f false alarms per 1,000 at high, %.2f at medium (own tuning set; held-out sources are unseen)", len(rows), 1000*float64(high)/n, 1000*float64(medium)/n)
	if float64(high) > n/1000 || float64(medium) > n/100 {
		t.Errorf("%d at high and %d at medium of %d: the floors are 0.1 %% and 1 %%", high, medium, len(rows))
	}
}

// attacked is where an attack of a category is put.
var attacked = map[string][]struct {
	place, tool, param string
	o                  sink.Options
	high, medium       float64 // the least that is caught
}{
	"path_traversal":    {{"path", "read_file", "path", sink.Options{}, 0.95, 0.95}, {"path, with a root", "read_file", "path", sink.Options{Policy: sink.Policy{Roots: []string{"/srv/data"}}}, 0.98, 0.98}, {"unknown", "get", "item", sink.Options{}, 0.42, 0.42}},
	"file_inclusion":    {{"path", "read_file", "path", sink.Options{}, 0.7, 0.8}, {"path, with a root", "read_file", "path", sink.Options{Policy: sink.Policy{Roots: []string{"/srv/data"}}}, 0.95, 0.95}},
	"sql_injection":     {{"identifier", "get_user", "user_id", sink.Options{}, 0.94, 0.94}, {"unknown", "search", "query", sink.Options{}, 0, 0.75}, {"sql-read", "read_query", "sql", sink.Options{}, 0.85, 0.86}},
	"command_injection": {{"command-argument", "git_show", "revision", sink.Options{}, 0.85, 0.95}, {"identifier", "get_figma", "fileKey", sink.Options{}, 0.80, 0.90}, {"path", "read_file", "path", sink.Options{}, 0.65, 0.78}, {"unknown", "search", "query", sink.Options{}, 0, 0.56}},
	"xss":               {{"unknown", "set", "title", sink.Options{}, 0, 0}},
	"ssti":              {{"unknown", "set", "title", sink.Options{}, 0.8, 0.95}, {"identifier", "get_user", "user_id", sink.Options{}, 0.85, 0.95}},
	"ldap":              {{"ldap", "search_ldap", "filter", sink.Options{Kinds: map[string]sink.Kind{"filter": sink.LDAP}}, 0.3, 0.38}, {"identifier", "get_user", "user_id", sink.Options{}, 0.3, 0.3}},
	"nosql":             {{"identifier", "get_user", "user_id", sink.Options{}, 0.95, 0.95}, {"unknown", "search", "item", sink.Options{}, 0, 0.85}},
}

func TestPayloads(t *testing.T) {
	by := map[string][]row{}
	for _, r := range corpus(t, "args_payloads_patt") {
		by[r.Category] = append(by[r.Category], r)
	}
	show := os.Getenv("SINK_SHOW")
	for _, category := range slices.Sorted(mapKeys(attacked)) {
		for _, a := range attacked[category] {
			p := planOf(t, a.tool, "", a.o, a.param)
			var at [6]int
			missed := map[string]int{}
			for _, r := range by[category] {
				s := worst(p.Check(arguments(t, a.param, r.Text)))
				for i := range at {
					if int(s) >= i {
						at[i]++
					}
				}
				if s < finding.Medium {
					if missed[r.File]++; show == category+"/"+a.place && missed[r.File] < 30 {
						t.Logf("missed (%s): %q", r.File, r.Text[:min(100, len(r.Text))])
					}
				}
			}
			n := float64(len(by[category]))
			t.Logf("%-17s in %-18s %5d: high %5.1f %%, medium %5.1f %%, low %5.1f %%", category, a.place, at[0], 100*float64(at[4])/n, 100*float64(at[3])/n, 100*float64(at[2])/n)
			if float64(at[4]) < a.high*n || float64(at[3]) < a.medium*n {
				t.Errorf("%s in %s: below %.2f at high, or %.2f at medium", category, a.place, a.high, a.medium)
			}
			if show == category+"/"+a.place {
				t.Log(missed)
			}
		}
	}
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			if !yield(k) {
				return
			}
		}
	}
}
