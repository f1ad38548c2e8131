package trust_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
)

// What has no score has 0. A tool below the least is approved, and neither shown nor used;
// what is no tool has no score, and needs none.
func TestTheLeastScore(t *testing.T) {
	a, b := tool("read_a", "Reads a."), tool("read_b", "Reads b.")
	var h *house
	learned := map[string]int{}
	h = open(t, trust.Options{FirstUse: trust.Scan, Vet: clean, MinimumTrust: 50, Learned: func(_ context.Context, s mantlet.ServerID, fresh []mantlet.Target) {
		for _, one := range fresh {
			learned[one.Name]++
		}
		h.Rate(s, map[string]int{"read_a": 50})
	}})
	if got := h.list(a, b); got["read_a"] != "" && !strings.Contains(got["read_a"], "the scan") || !strings.Contains(got["read_b"], "its trust score is 0, and 50 is asked for here") {
		t.Fatal(got)
	}
	h.list(a, b)
	if learned["read_a"] != 1 || learned["read_b"] != 1 {
		t.Error("what is as ever is learned anew", learned)
	}
	for name, want := range map[string]trust.Entry{
		"read_a": {State: trust.Approved, Score: 50}, "read_b": {State: trust.Distrusted}, "read_c": {State: trust.Unknown},
	} {
		if e, err := h.Lookup(t.Context(), target(name), mantlet.PrincipalKey{}); err != nil || e.State != want.State || e.Score != want.Score || e.Least != 50 {
			t.Errorf("%s: %+v %v", name, e, err)
		}
	}
	h.Rate(server, map[string]int{"read_a": 49, "read_b": 1000, "read_c": 99})
	i := slices.IndexFunc(h.Items(server), func(i trust.Item) bool { return i.State == trust.Distrusted })
	if got := h.Items(server); len(got) != 2 || i != 0 || got[1].State != trust.Approved || got[1].Score != 100 {
		t.Errorf("%+v", got)
	}
	h.Rate("nobody", map[string]int{"x": 1})
	prompt := mantlet.Target{Server: server, Kind: mantlet.KindPrompt, Name: "p"}
	if _, err := h.Observe(t.Context(), server, trust.Observation{Method: "prompts/list", Complete: true, Items: []trust.Seen{{Target: prompt, Definition: []byte(`{"name":"p"}`)}}}); err != nil {
		t.Fatal(err)
	}
	if e, err := h.Lookup(t.Context(), prompt, mantlet.PrincipalKey{}); err != nil || e.State != trust.Approved {
		t.Errorf("%+v %v", e, err)
	}
	h.reopen()
	if e, err := h.Lookup(t.Context(), target("read_a"), mantlet.PrincipalKey{}); err != nil || e.State != trust.Distrusted || e.Score != 0 {
		t.Errorf("a score that nobody has worked out since the start: %+v %v", e, err)
	}
}
