package sink_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

// testdata/honest.jsonl holds our own hard negatives: SQL for a tool that speaks it, command lines
// for a shell, source code that is written to a file, and the rest that looks like an attack.
func TestHardNegatives(t *testing.T) {
	text, err := os.ReadFile("testdata/honest.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	n, medium := 0, 0
	for line := range bytes.Lines(text) {
		var r struct{ Tool, Param, Description, Text string }
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		n++
		p := planOf(t, r.Tool, r.Description, sink.Options{}, r.Param)
		switch hits := p.Check(arguments(t, r.Param, r.Text)); {
		case worst(hits) >= finding.High:
			t.Errorf("%s %s (%s) %q: %s", r.Tool, r.Param, p.Explain(), r.Text, rules(hits))
		case worst(hits) == finding.Medium:
			medium++
			t.Logf("medium: %s %s %q: %s", r.Tool, r.Param, r.Text, rules(hits))
		}
	}
	t.Logf("%d hard negatives: none at high, %d at medium", n, medium)
	if n < 200 || medium*20 > n {
		t.Errorf("%d of them (at least 200), %d at medium (at most 5 %%)", n, medium)
	}
}
