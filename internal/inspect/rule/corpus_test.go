package rule

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A row is one item of a corpus: a definition, or a text alone (name, then description).
type row struct {
	Kind        string          `json:"kind"`
	Label       int             `json:"label"`
	Server      string          `json:"server"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Text        string          `json:"text"`
	InputSchema json.RawMessage `json:"inputSchema"`
}

// rows reads one corpus; the test is skipped where the corpora are not there.
func rows(t *testing.T, source string) []row {
	t.Helper()
	dir := os.Getenv("MANTLET_CORPORA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "text", source, "data.jsonl"))
	if err != nil {
		t.Skipf("SKIPPED: the corpora are not there (set MANTLET_CORPORA): %v", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	var out []row
	s := bufio.NewScanner(f)
	s.Buffer(nil, 8<<20)
	for s.Scan() {
		var r row
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// definition is what Read makes of the row's members.
func (r row) definition(t *testing.T) Definition {
	t.Helper()
	m := map[string]any{"name": r.Name, "description": r.Description}
	if r.Description == "" {
		m["description"] = r.Text
	}
	if len(r.InputSchema) > 0 {
		m["inputSchema"] = r.InputSchema
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Read(r.Server, "tool", raw)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A tally counts the definitions in which each rule found something at high or above.
type tally struct {
	all, high, medium int
	byRule            map[string]int
}

func newTally() *tally { return &tally{byRule: make(map[string]int)} }

func (c *tally) count(found []Finding) {
	c.all++
	if Worst(found) >= High {
		c.high++
	}
	if Worst(found) >= Medium {
		c.medium++
	}
	seen := make(map[string]bool)
	for _, f := range found {
		if f.Severity >= High {
			seen[f.Rule] = true
		}
	}
	for id := range seen {
		c.byRule[id]++
	}
}

func (c *tally) rate() float64 { return 100 * float64(c.high) / float64(max(c.all, 1)) }

func (c *tally) atLeast(t *testing.T, what string, percent float64) {
	t.Helper()
	if c.all == 0 || c.rate() < percent {
		t.Errorf("%s: %.2f %% are held back, the floor is %.2f %%", what, c.rate(), percent)
	}
}

func (c *tally) atMost(t *testing.T, what string, percent float64) {
	t.Helper()
	if c.all == 0 || c.rate() > percent {
		t.Errorf("%s: %.2f %% are held back, the limit is %.2f %%", what, c.rate(), percent)
	}
}

func (c *tally) print(t *testing.T, what string) {
	t.Helper()
	t.Logf("%s: %d of %d at high or above (%.2f %%), %d at medium or above (%.2f %%)", what, c.high, c.all, c.rate(),
		c.medium, 100*float64(c.medium)/float64(max(c.all, 1)))
	for _, id := range slices.Sorted(maps.Keys(c.byRule)) {
		t.Logf("    %s %d", id, c.byRule[id])
	}
}

// Real definitions that nobody called an attack: false alarms, per registry, per rule and in
// total. The weights of MTL-ORDER-001 have seen them.
func TestFalseAlarms(t *testing.T) {
	e := New()
	total := newTally()
	dump := dumper(t, "false")
	limits := map[string]float64{"tools_toucan_smithery": 0.22, "tools_metorial_index": 0.29, "tools_toolsdk_index": 0.4}
	for _, source := range slices.Sorted(maps.Keys(limits)) {
		all := rows(t, source)
		siblings := make(map[string][]string)
		for _, r := range all {
			siblings[r.Server] = append(siblings[r.Server], r.Name)
		}
		one := newTally()
		for _, r := range all {
			d := r.definition(t)
			d.Siblings = siblings[r.Server]
			found := e.Scan(d)
			one.count(found)
			total.count(found)
			dump(r, found)
		}
		one.print(t, "false alarms, "+source)
		one.atMost(t, source, limits[source])
	}
	total.print(t, "false alarms, all")
	total.atMost(t, "all", 0.28)
}

// The same where nothing is known of the server's other tools: what honest texts say of a
// sibling is then said of a stranger.
func TestFalseAlarmsAlone(t *testing.T) {
	e := New()
	for source, limit := range map[string]float64{"tools_toucan_smithery": 0.27, "tools_metorial_index": 0.33, "tools_toolsdk_index": 0.57} {
		alone := newTally()
		for _, r := range rows(t, source) {
			alone.count(e.Scan(r.definition(t)))
		}
		alone.print(t, "false alarms, without siblings, "+source)
		alone.atMost(t, source, limit)
	}
}

// Poisoned definitions, both sources SEEN. Three of four attacker tools of ASB say nothing that
// is wrong in itself ("Deploy X to detect and prevent plagiarism"): no honest rule finds those
// by text, and what is found of them is printed for that reason only.
func TestRecall(t *testing.T) {
	e := New()
	dump := dumper(t, "missed")
	floors := map[string]float64{"poison_mcpproxy_go_corpus": 92, "asb_attack_tools": 12}
	for _, source := range slices.Sorted(maps.Keys(floors)) {
		bad, good := newTally(), newTally()
		for _, r := range rows(t, source) {
			switch found := e.Scan(r.definition(t)); {
			case r.Kind == "injection_goal":
			case r.Label == 1:
				bad.count(found)
				dump(r, found)
			case r.Label == 0:
				good.count(found)
				dump(r, found)
			}
		}
		bad.print(t, "recall, "+source+" (SEEN)")
		bad.atLeast(t, source, floors[source])
		good.print(t, "false alarms, "+source)
		good.atMost(t, source, 5)
	}
}

// Attacks that were written after published patterns; none of them stands in a corpus. The
// rules were tuned on the first file, never on the second.
func TestPatternsOfPapers(t *testing.T) {
	e := New()
	for file, least := range map[string]float64{"attacks.txt": 76, "unseen.txt": 55} {
		c := newTally()
		for _, text := range lines(t, file) {
			c.count(e.Scan(describe(text)))
		}
		c.print(t, "recall, "+file+" ("+map[string]string{"attacks.txt": "SEEN", "unseen.txt": "UNSEEN"}[file]+")")
		c.atLeast(t, file, least)
	}
}

// dumper writes every finding to the file that MANTLET_RULE_DUMP begins, for who tunes a rule.
func dumper(t *testing.T, what string) func(row, []Finding) {
	t.Helper()
	at := os.Getenv("MANTLET_RULE_DUMP")
	if at == "" {
		return func(row, []Finding) {}
	}
	f, err := os.Create(at + "." + what)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return func(r row, found []Finding) {
		fmt.Fprintf(f, "%d %s %s|%s|%.300q\n", r.Label, Worst(found), r.Server, r.Name, r.Description+r.Text)
		for _, x := range found {
			fmt.Fprintf(f, "\t%s %s %s: %s\n", x.Rule, x.Severity, x.Field, x.Excerpt)
		}
	}
}
