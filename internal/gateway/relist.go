package gateway

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// listed by what lists it: what may be looked at again before it is used.
var listers = map[mantlet.TargetKind]wire.Method{mantlet.KindTool: "tools/list", mantlet.KindPrompt: "prompts/list"}

// maxRelisted is how many pages are looked at.
const maxRelisted = 100

// look asks trust for the target, and where what trust knows is too old, or says nothing
// of it, looks at the server's list first: with the caller's own eyes, since servers may
// show each caller another one, and through the corridor like every list.
func (g *Gateway) look(ctx context.Context, t Trust, x *Exchange) (trust.Entry, error) {
	e, err := t.Lookup(ctx, x.target, x.Caller.Principal.Key())
	method, can := listers[x.target.Kind]
	if err != nil || !can || !e.Stale {
		return e, err
	}
	if err := g.relist(ctx, x, method); err != nil {
		if f, ok := errors.AsType[*mantlet.Fault](err); ok && f.Kind == mantlet.Untrusted {
			return trust.Entry{}, f // its server may not be started, or called, which trying again does not mend
		}
		return trust.Entry{}, &mantlet.Fault{Kind: mantlet.Untrusted, Err: err,
			Public: "what server " + string(x.Server) + " offers had to be looked at again before this call, and could not be; try again"}
	}
	if e, err = t.Lookup(ctx, x.target, x.Caller.Principal.Key()); err == nil && e.Stale {
		e.State = trust.Unknown // it changes faster than it can be looked at
	}
	return e, err
}

func (g *Gateway) relist(ctx context.Context, x *Exchange, method wire.Method) error {
	m, err := relisting(x.Request, method, g.limits)
	if err != nil {
		return err
	}
	for n, cursor := 0, ""; n < maxRelisted; n++ {
		if cursor != "" {
			at, err := m.Set([]string{"params", "cursor"}, wire.Quote(cursor))
			if err != nil {
				return err
			}
			if m, err = m.Apply([]wire.Splice{at}, g.limits); err != nil {
				return err
			}
		}
		c := &Exchange{ID: fmt.Sprintf("%s.list%d", x.ID, n), Parent: x.ID, Caller: x.Caller, Server: x.Server, Op: x.Op, Request: m, above: x.span, own: true}
		c.Caller.Params, c.Caller.Headless = nil, true
		reply, err := g.Serve(ctx, c)
		if err != nil {
			return err
		}
		if reply.Message == nil || reply.Message.Kind != wire.Result {
			return noList(reply.Message)
		}
		list, err := reply.Message.Items(method, g.limits)
		if err != nil || !list.HasCursor {
			return err
		}
		cursor = list.NextCursor
	}
	return fmt.Errorf("the list has more than %d pages", maxRelisted)
}

// errNoList says that a server does not have the list that it was asked for.
var errNoList = errors.New("the server has no such list")

func noList(m *wire.Message) error {
	if m != nil && m.Kind == wire.Error {
		if at, ok := m.Find("error", "code"); ok && string(m.At(at)) == strconv.Itoa(wire.CodeMethodNotFound) {
			return errNoList
		}
	}
	return errors.New("the server did not answer with a list")
}

// relisting is a request for a list by the caller of m: what a modern one says of itself
// in _meta is the same, but for the token of its own progress.
func relisting(m *wire.Message, method wire.Method, l wire.Limits) (*wire.Message, error) {
	params := []byte("{}")
	if at, ok := m.Find("params", "_meta"); ok {
		params = append(append([]byte(`{"_meta":`), m.At(at)...), '}')
	}
	out, err := wire.NewRequest(`"list"`, method, params)
	if err != nil {
		return nil, err
	}
	if s, ok := out.Delete("params", "_meta", "progressToken"); ok {
		return out.Apply([]wire.Splice{s}, l)
	}
	return out, nil
}
