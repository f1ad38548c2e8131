package rule

import (
	"fmt"
	"hash/fnv"
	"os"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/view"
)

// A bag is one definition: what its windows hold. It is an attack if one of them is.
type bag struct {
	attack, held bool // held: another rule finds it already
	mass         float64
	fold         int // of five; by server, or by wrapper
	registry     string
	windows      []instance
}

// An instance is one window: the numbers of its features, what its length and its sentences take off.
type instance struct {
	features []int
	span     float64 // in fours of tokens
	off      float64 // in units of log-odds
}

// Features beyond the signals: structures from firstStructure on, a parameter's own description, the length.
const (
	firstStructure = 64
	fieldFeature   = 99
	spanFeature    = 100
	biasFeature    = 101
	featureCount   = 102
	unit           = 20.0 // points of one unit of log-odds
)

// bagOf reads a definition as Scan does, and keeps each different window.
func bagOf(e *Engine, d Definition) (out []instance) {
	s := scan{e: e, d: &d, names: newNames(&d)}
	s.m = matcher{x: &e.x, found: s.matched}
	seen := make(map[string]bool)
	for i := range d.Texts {
		s.t, s.raw = &d.Texts[i], s.raw[:0]
		for l := range view.Of(d.Texts[i].Value) {
			s.layer(l)
			for _, sc := range scales {
				s.windows(sc.sentences, func(held set, from, to int) {
					key := fmt.Sprint(held, sc.off, (to-from)/4, s.allowance())
					if held.speaks() && !seen[key] {
						seen[key] = true
						out = append(out, instance{featuresOf(held, s.allowance() > 0), float64((to - from) / 4), float64(sc.off) / unit})
					}
				})
			}
		}
	}
	return out
}

func featuresOf(h set, field bool) (out []int) {
	for i := range signals {
		if h&(1<<i) != 0 {
			out = append(out, i)
		}
	}
	for i := range structures {
		if structures[i].in(h) {
			out = append(out, firstStructure+i)
		}
	}
	if field {
		out = append(out, fieldFeature)
	}
	return out
}

func foldOf(server string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(server))
	return int(h.Sum32() % 5)
}

// honest are the definitions of the registries. One of them gives no schemas, so that its
// parameters look like other tools: it decides the threshold, and counts four times.
func honest(t *testing.T, e *Engine) (out []bag) {
	t.Helper()
	for source, mass := range map[string]float64{"tools_toucan_smithery": 1, "tools_metorial_index": 1, "tools_toolsdk_index": 4} {
		all := rows(t, source)
		siblings := make(map[string][]string)
		for _, r := range all {
			siblings[r.Server] = append(siblings[r.Server], r.Name)
		}
		for _, r := range all {
			d := r.definition(t)
			if foldOf(r.Server)%2 == 0 { // the others are read as if nothing were known of their server
				d.Siblings = siblings[r.Server]
			}
			out = append(out, bag{mass: mass, fold: foldOf(r.Server), registry: source, windows: bagOf(e, d)})
		}
	}
	return out
}

// attacks are the own ones and those of the small corpus. Where a wrapper names another tool,
// that is a stranger in one half of its definitions and a sibling in the other.
func attacks(t *testing.T, e *Engine) (out []bag) {
	t.Helper()
	n := 0
	add := func(d Definition, mass float64) {
		b := bag{attack: true, mass: mass, fold: n % 5, windows: bagOf(e, d)}
		for _, f := range e.Scan(d) {
			b.held = b.held || f.Severity >= High && f.Rule != ruleOrder
		}
		out = append(out, b)
	}
	for _, text := range lines(t, "attacks.txt") {
		n++
		add(describe(text), 1)
	}
	fill := devFillings(t)
	for i, w := range wrappers(t, "wrappers_dev.txt") {
		n++
		for k, text := range fill.fill(w, i)[:4] {
			d := describe(text)
			if k >= 2 && strings.Contains(w.text, "{T}") {
				d.Siblings = fill["{T}"]
			}
			add(d, 0.25)
		}
	}
	for _, r := range rows(t, "poison_mcpproxy_go_corpus") {
		if d := r.definition(t); r.Label == 1 && len(bagOf(e, d)) > 0 {
			n++
			add(d, 0.5)
		}
	}
	return out
}

// TestFit gives the signals and structures their weights anew, and says what five folds, by
// server and by wrapper, catch at which share of the worst registry.
func TestFit(t *testing.T) {
	if os.Getenv("MANTLET_RULE_FIT") == "" {
		t.Skip("SKIPPED: it takes a minute and changes nothing; MANTLET_RULE_FIT=1 prints weights to put into the tables")
	}
	e := New()
	bags := append(honest(t, e), attacks(t, e)...)
	for _, share := range []float64{0.003, 0.004, 0.005} {
		caught, all := 0.0, 0.0
		for fold := range 5 {
			m := fit(bags, fold)
			cut := m.cut(bags, share)
			for i := range bags {
				if b := &bags[i]; b.attack && b.fold == fold {
					all += b.mass
					if s, _ := m.best(b); b.held || s >= cut {
						caught += b.mass
					}
				}
			}
		}
		t.Logf("five folds: %.1f %% of attacks left out, at %.1f %% of the worst registry", 100*caught/all, 100*share)
	}
	m := fit(bags, -1)
	for i := range signals {
		t.Logf("%-48s %4.0f", signals[i].name, unit*m[i])
	}
	for i := range structures {
		t.Logf("%-48s %4.0f", structures[i].name, unit*m[firstStructure+i])
	}
	t.Logf("a parameter's description %.0f, ten tokens %.0f, high %.0f", unit*m[fieldFeature], unit*m[spanFeature]*10/4,
		unit*(m.cut(bags, 0.0046)-m[biasFeature]))
}
