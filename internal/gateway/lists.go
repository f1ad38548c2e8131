package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// shapeList drops from a list what policy would refuse whatever the arguments,
// by asking the same policy that the call will meet.
func (g *Gateway) shapeList(p Policy) Edit {
	return func(ctx context.Context, x *Exchange) ([]wire.Splice, error) {
		list, targets, err := g.listing(x)
		if err != nil {
			return nil, err
		}
		q := x.query()
		q.Arguments = nil
		kept := p.Filter(ctx, q, targets)
		if len(kept) == len(targets) {
			return nil, nil
		}
		return keep(x.moving, list, targets, kept)
	}
}

// listing reads the moving list and names each of its items.
func (g *Gateway) listing(x *Exchange) (wire.List, []mantlet.Target, error) {
	list, err := x.moving.Items(x.pass.InReplyTo, g.limits)
	if err != nil {
		return wire.List{}, nil, &mantlet.Fault{Kind: mantlet.Unavailable, Err: err,
			Public: fmt.Sprintf("server %s answered with a list that cannot be read%s; ask its owner", x.Server, because(err))}
	}
	kind := itemKind(x.pass.InReplyTo)
	targets := make([]mantlet.Target, len(list.Items))
	for i, it := range list.Items {
		targets[i] = mantlet.Target{Server: x.Server, Kind: kind, Name: it.Name}
	}
	return list, targets, nil
}

// itemKind is the kind of thing that a list method lists.
func itemKind(m wire.Method) mantlet.TargetKind {
	switch m {
	case "tools/list":
		return mantlet.KindTool
	case "prompts/list":
		return mantlet.KindPrompt
	case "resources/list":
		return mantlet.KindResource
	case "resources/templates/list":
		return mantlet.KindTemplate
	case "tasks/list":
		return mantlet.KindTask
	default:
		return mantlet.KindNone
	}
}

// keep replaces the list's array by one that holds the exact bytes of the kept
// items. A list that depends on the caller is private to the caller (SEP-2549).
func keep(m *wire.Message, list wire.List, all, kept []mantlet.Target) ([]wire.Splice, error) {
	var out bytes.Buffer
	out.WriteByte('[')
	for i, it := range list.Items {
		if len(kept) == 0 || all[i] != kept[0] {
			continue
		}
		if kept = kept[1:]; out.Len() > 1 {
			out.WriteByte(',')
		}
		out.Write(m.At(it.Span))
	}
	out.WriteByte(']')
	if len(kept) > 0 {
		return nil, fmt.Errorf("policy kept %q, which the list does not hold in that order", kept[0])
	}
	splices := []wire.Splice{{Start: list.Array.Start, End: list.Array.End, With: out.Bytes()}}
	if _, ok := m.Find("result", "cacheScope"); ok {
		private, err := m.Set([]string{"result", "cacheScope"}, []byte(`"private"`))
		if err != nil {
			return nil, err
		}
		splices = append(splices, private)
	}
	return splices, nil
}

// observe shows trust what a server listed, once and before anything was taken out of it,
// and drops what is not approved. What stands joined was observed member by member.
func (g *Gateway) observe(t Trust) Edit {
	return func(ctx context.Context, x *Exchange) ([]wire.Splice, error) {
		if x.observed || x.Server == mantlet.Joined {
			return nil, nil
		}
		if greeting(x.pass) {
			return g.observeInstructions(ctx, t, x)
		}
		if x.pass.Kind == wire.Notification {
			_, err := t.Observe(ctx, x.Server, trust.Observation{For: x.Caller.Principal.Key(), Method: string(x.pass.Method)})
			return nil, err
		}
		list, targets, err := g.listing(x)
		if err != nil {
			return nil, err
		}
		o := trust.Observation{For: x.Caller.Principal.Key(), Method: string(x.pass.InReplyTo), Page: page(x.Request), Complete: !list.HasCursor, Own: x.own}
		for i, it := range list.Items {
			o.Items = append(o.Items, trust.Seen{Target: targets[i], Definition: x.moving.At(it.Span)})
		}
		changes, err := t.Observe(ctx, x.Server, o)
		if err != nil {
			return nil, err
		}
		x.observed = true
		if kept := approved(targets, changes); len(kept) < len(targets) {
			return keep(x.moving, list, targets, kept)
		}
		return nil, nil
	}
}

// observeInstructions shows trust what a server tells the model about itself, and takes it
// out where it is not approved.
func (g *Gateway) observeInstructions(ctx context.Context, t Trust, x *Exchange) ([]wire.Splice, error) {
	at, ok := x.moving.Find("result", "instructions")
	if !ok {
		return nil, nil
	}
	target := mantlet.Target{Server: x.Server, Kind: mantlet.KindInstructions, Name: mantlet.KindInstructions.String()}
	changes, err := t.Observe(ctx, x.Server, trust.Observation{
		For: x.Caller.Principal.Key(), Method: string(x.pass.InReplyTo), Complete: true,
		Items: []trust.Seen{{Target: target, Definition: x.moving.At(at)}},
	})
	if err != nil {
		return nil, err
	}
	x.observed = true
	if len(approved([]mantlet.Target{target}, changes)) == 1 {
		return nil, nil
	}
	cut, ok := x.moving.Delete("result", "instructions")
	if !ok {
		return nil, errors.New("the instructions cannot be taken out")
	}
	return []wire.Splice{cut}, nil
}

// approved are the targets, in order, that no change keeps from being shown.
func approved(targets []mantlet.Target, changes []trust.Change) []mantlet.Target {
	hidden := make(map[mantlet.Target]bool)
	for _, c := range changes {
		if c.State != trust.Approved {
			hidden[c.Target] = true
		}
	}
	if len(hidden) == 0 {
		return targets
	}
	return slices.DeleteFunc(slices.Clone(targets), func(t mantlet.Target) bool { return hidden[t] })
}

func page(m *wire.Message) string {
	if m == nil {
		return ""
	}
	s, ok := m.Find("params", "cursor")
	if !ok {
		return ""
	}
	c, _ := m.String(s)
	return c
}

// because is what a DecodeError says, which repeats nothing of the message; "" of any
// other error.
func because(err error) string {
	if d, ok := errors.AsType[*wire.DecodeError](err); ok {
		return ": " + d.Reason
	}
	return ""
}
