package inspect

import (
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/leaf"
)

// own are the names under _meta that the protocol itself has, and those of traces.
var own = []string{"progressToken", "traceparent", "tracestate", "baggage"}

// ours are the prefixes that are always let through.
var ours = []string{"io.modelcontextprotocol/", "io.mantlet/"}

// meta cuts from _meta of the message what no prefix allows: what stands there is read by
// programs, and nobody else sees it.
func (k *look) meta() {
	if k.r.o.Meta == nil {
		return
	}
	for m := range leaf.Members(k.c.Text, 0) {
		if m.Name == "_meta" && m.From < len(k.c.Text) && k.c.Text[m.From] == '{' {
			k.prune(m)
		}
	}
}

func (k *look) prune(m leaf.Member) {
	var kept [][]byte
	cut := false
	for one := range leaf.Members(k.c.Text, m.From) {
		if k.metaAllowed(one.Name) {
			kept = append(kept, k.c.Text[one.Start:one.End])
			continue
		}
		cut = true
		k.say("meta/unknown", finding.Low, "/_meta", Strip, "a member of _meta has a name that is not allowed here")
	}
	if !cut {
		return
	}
	k.learn("meta")
	with := []byte{'{'}
	for i, one := range kept {
		if i > 0 {
			with = append(with, ',')
		}
		with = append(with, one...)
	}
	k.rep.Cuts = append(k.rep.Cuts, Cut{Start: m.From, End: m.End, With: append(with, '}')})
}

func (k *look) metaAllowed(name string) bool {
	has := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	return slices.Contains(own, name) || slices.ContainsFunc(ours, has) || slices.ContainsFunc(k.r.o.Meta, has)
}
