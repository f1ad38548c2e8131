package trust

import (
	"fmt"

	"github.com/mantlet-mcp/mantlet"
)

// Rate takes in the trust scores of tools of one server, 0 to 100, by name. What is not
// among them keeps its own; what never had one has 0.
func (r *Registry) Rate(s mantlet.ServerID, scores map[string]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.lists[list{s, mantlet.KindTool}]
	if k == nil {
		return
	}
	if k.scores == nil {
		k.scores = make(map[string]uint8, len(scores))
	}
	for name, n := range scores {
		if k.items[name] != nil {
			k.scores[name] = uint8(max(0, min(n, 100))) //nolint:gosec // 0 to 100
		}
	}
}

// rated is what is known of a target, and its score.
func (r *Registry) rated(t mantlet.Target) (*item, int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k := r.lists[listOf(t)]
	if k == nil {
		return nil, 0
	}
	return k.items[t.Name], int(k.scores[t.Name])
}

// distrusts reports whether a tool's score is too low for it to be shown or called.
func (r *Registry) distrusts(t mantlet.Target, score int) bool {
	return t.Kind == mantlet.KindTool && score < r.pace.Load().MinimumTrust
}

func (r *Registry) whyDistrusted(score int) string {
	return fmt.Sprintf("its trust score is %d, and %d is asked for here (mantlet tools show --score)", score, r.pace.Load().MinimumTrust)
}
