package scan

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
)

// corpus reads one set of definitions: as a file for Parse, by server where they are real,
// each alone where they are poisoned or their counterparts. The test is skipped where the
// sets are not there.
func corpus(t *testing.T, source string, label int, together bool) []Input {
	t.Helper()
	dir := os.Getenv("MANTLET_CORPORA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "text", source, "data.jsonl"))
	if err != nil {
		t.Skipf("SKIPPED: the corpora are not there (set MANTLET_CORPORA): %v", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	by := make(map[string][]map[string]any)
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 8<<20)
	for n := 0; lines.Scan(); n++ {
		var row struct {
			Label             int
			Server, Name      string
			Description, Text string
			InputSchema       json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.Label != label {
			continue
		}
		one := map[string]any{"name": row.Name, "description": row.Description + row.Text, "inputSchema": map[string]any{"type": "object"}}
		if row.Description != "" {
			one["description"] = row.Description
		}
		if row.Name == "" {
			one["name"] = "tool"
		}
		if len(row.InputSchema) > 0 && string(row.InputSchema) != "null" {
			one["inputSchema"] = row.InputSchema
		}
		key := row.Server
		if !together {
			key = fmt.Sprintf("%s-%05d", row.Server, n)
		}
		by[key] = append(by[key], one)
	}
	var out []Input
	for _, key := range slices.Sorted(maps.Keys(by)) {
		raw, err := json.Marshal(map[string]any{"servers": map[string]any{key: map[string]any{"tools": by[key]}}})
		if err != nil {
			t.Fatal(err)
		}
		in, err := Parse(source, raw)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, in)
	}
	return out
}

// held counts definitions with a finding at high or above, and prints how many each rule
// finds in, at high or above and at all.
func held(t *testing.T, what string, inputs []Input) (percent float64) {
	t.Helper()
	type place struct{ server, name string }
	all, high := 0, make(map[place]bool)
	rules := make(map[string]map[place]rule.Severity)
	c := New()
	for _, in := range inputs {
		r := c.Check([]Input{in})
		all += r.Definitions()
		for _, f := range r.Findings {
			at := place{f.Server, f.Name}
			if f.Severity >= rule.High {
				high[at] = true
			}
			if rules[f.Rule] == nil {
				rules[f.Rule] = make(map[place]rule.Severity)
			}
			rules[f.Rule][at] = max(rules[f.Rule][at], f.Severity)
		}
	}
	if all == 0 {
		t.Fatalf("%s is empty", what)
	}
	percent = 100 * float64(len(high)) / float64(all)
	t.Logf("%s: %d of %d definitions at high or above (%.2f %%)", what, len(high), all, percent)
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		grave := 0
		for _, s := range rules[id] {
			if s >= rule.High {
				grave++
			}
		}
		t.Logf("    %-16s %5d at high or above, %5d in all (%.2f %%)", id, grave, len(rules[id]), 100*float64(len(rules[id]))/float64(all))
	}
	return percent
}

// Real definitions that nobody called an attack, each server as somebody would scan it.
func TestFalseAlarms(t *testing.T) {
	limits := map[string]float64{"tools_toucan_smithery": 0.4, "tools_metorial_index": 0.6, "tools_toolsdk_index": 0.8}
	for _, source := range slices.Sorted(maps.Keys(limits)) {
		if got := held(t, "false alarms, "+source, corpus(t, source, 0, true)); got > limits[source] {
			t.Errorf("%s: %.2f %% false alarms, the limit is %.2f %%", source, got, limits[source])
		}
	}
}

// Poisoned definitions, and honest ones that look like them.
func TestRecall(t *testing.T) {
	const source = "poison_mcpproxy_go_corpus"
	if got := held(t, "recall, "+source, corpus(t, source, 1, false)); got < 88 {
		t.Errorf("%.2f %% are found, the floor is 88 %%", got)
	}
	if got := held(t, "false alarms, "+source, corpus(t, source, 0, false)); got > 5 {
		t.Errorf("%.2f %% false alarms, the limit is 5 %%", got)
	}
}
