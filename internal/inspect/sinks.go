package inspect

import (
	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

// Sinks say what arguments may do to what is behind a server. See package sink.
type Sinks struct {
	Of   func(mantlet.Target) sink.Options // what is configured for one tool or prompt; nil is nothing
	Do   Action
	From finding.Severity
	URIs *sink.Resource // of resources; nil judges none
}

// sinks holds arguments against what becomes of them behind the server.
func (k *look) sinks(t *tool) {
	s := &k.r.o.Sinks
	if s.Do == Off || k.c.Back || k.rep.Refused != "" {
		return
	}
	var hits []sink.Hit
	switch {
	case t != nil && t.plan != nil && k.c.Value != nil:
		hits = t.plan.Check(k.c.Value)
	case s.URIs != nil && k.c.Target.Kind == mantlet.KindResource:
		hits = s.URIs.Check([]byte(k.c.Target.Name))
	}
	for i := range hits {
		h := &hits[i]
		do := Note
		if h.Severity >= s.From && s.Do > Note {
			do = Block // what would be left of an argument is another call
		}
		k.learn("sink")
		if h.Severity >= finding.High {
			k.learn("sink." + h.Severity.String())
		}
		if do == Block && k.rep.Refused == "" {
			k.rep.Refused = "argument " + mantlet.Escape(h.At) + ": " + h.Words
		}
		k.say(h.Rule, h.Severity, mantlet.Escape(h.At), do, h.Words)
	}
}
