package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// memberWait is how long a list waits for a member before leaving it out.
const memberWait = 5 * time.Second

// A joiner stands where an upstream stands for mantlet.Joined, so that the joined
// exchange is recorded, limited and judged like any other. What it needs of the
// members it asks through Serve: each part has its own server, record and parent
// id, and meets every room. There is no second path.
type joiner struct {
	g        *Gateway
	members  []mantlet.ServerID
	wait     time.Duration
	cursors  Cursors
	about    []byte // the serverInfo object
	names    names
	sessions joinedSessions
}

// Cursors seals what a joined list goes on with into what the client carries.
type Cursors interface {
	SealCursor(who mantlet.PrincipalKey, payload []byte) (string, error)
	OpenCursor(who mantlet.PrincipalKey, cursor string) ([]byte, error)
}

func newJoiner(g *Gateway, o Options) *joiner {
	j := &joiner{g: g, members: o.Joined, wait: o.MemberWait, cursors: o.Cursors, about: o.About}
	if j.wait <= 0 {
		j.wait = memberWait
	}
	if j.about == nil {
		j.about = []byte(`{"name":"mantlet","version":"unknown"}`)
	}
	return j
}

// A part is one joined exchange while it is answered.
type part struct {
	*joiner
	x    *Exchange // the whole, of which the members' exchanges are parts
	call upstream.Call
	emit upstream.Emit
	s    *joinedSession
}

// send returns an upstream for x alone: the door says Call, and the parts need
// the caller as the front met it.
func (j *joiner) send(x *Exchange) func(context.Context, upstream.Call, upstream.Emit) (upstream.Reply, error) {
	return func(ctx context.Context, c upstream.Call, emit upstream.Emit) (upstream.Reply, error) {
		p := &part{joiner: j, x: x, call: c, emit: serial(emit), s: j.sessions.of(c)}
		switch c.Op {
		case upstream.OpListen:
			return p.listen(ctx)
		case upstream.OpClose:
			return p.close(ctx)
		case upstream.OpDeliver:
			return p.deliver(ctx)
		default:
			return upstream.Reply{}, &mantlet.Fault{Kind: mantlet.Unsupported, Public: "a joined stream cannot be resumed; open a new one"}
		}
	}
}

func (p *part) deliver(ctx context.Context) (upstream.Reply, error) {
	m := p.call.Message
	if m.Kind == wire.Result || m.Kind == wire.Error {
		return p.answer(ctx)
	}
	switch m.Method {
	case "initialize":
		return p.initialize(ctx)
	case "server/discover":
		return p.discover()
	case "ping":
		return p.reply([]byte(`{}`))
	case "notifications/initialized", "notifications/roots/list_changed":
		return upstream.Reply{}, nil
	case "notifications/cancelled":
		return p.cancel(ctx)
	case "tools/list", "prompts/list":
		return p.list(ctx)
	case "tools/call", "prompts/get":
		return p.route(ctx)
	}
	return upstream.Reply{}, &mantlet.Fault{
		Kind: mantlet.Unsupported, Code: wire.CodeMethodNotFound,
		Public: fmt.Sprintf("method %q is not joined; ask a single server at its own path", mantlet.Escape(string(m.Method))),
	}
}

// child makes the part of p's exchange that one member serves.
func (p *part) child(server mantlet.ServerID, m *wire.Message, emit upstream.Emit) *Exchange {
	c := &Exchange{
		ID: p.x.ID + "." + string(server), Parent: p.x.ID, Caller: p.x.Caller,
		Server: server, Op: p.call.Op, Request: m, Emit: emit, above: p.x.span,
	}
	c.Caller.Params, c.Caller.Headless = nil, true // named by one server's schema; a joined name is not it
	c.Caller.Session = upstream.Session{Nonce: p.call.Session.Nonce, Lazy: true, Capabilities: p.s.capabilities()}
	return c
}

func (p *part) reply(result []byte) (upstream.Reply, error) {
	m, err := wire.NewResult(p.call.Message.ID, result)
	return upstream.Reply{Message: m}, err
}

// taskExtension is where a modern client says that it can wait for tasks. Tasks are not
// joined, so members are not told: they answer at once, or say that they cannot.
var taskExtension = []string{"params", "_meta", "io.modelcontextprotocol/clientCapabilities", "extensions", "io.modelcontextprotocol/tasks"}

// route carries a call to the member whose name it bears, and its reply back.
func (p *part) route(ctx context.Context) (upstream.Reply, error) {
	server, name, err := p.resolve(ctx, p.call.Message)
	if err != nil {
		return upstream.Reply{}, err
	}
	splice, ok := p.call.Message.SetName(name)
	if !ok {
		return upstream.Reply{}, unknownName(p.call.Message)
	}
	splices := []wire.Splice{splice}
	if tasks, ok := p.call.Message.Delete(taskExtension...); ok {
		splices = append(splices, tasks)
	}
	m, err := p.call.Message.Apply(splices, p.g.limits)
	if err != nil {
		return upstream.Reply{}, err
	}
	p.s.began(m.ID, server)
	defer p.s.ended(m.ID)
	reply, err := p.g.Serve(ctx, p.child(server, m, p.relayed(server)))
	return upstream.Reply{Message: reply.Message, Status: reply.Status, Streamed: reply.Streamed}, err
}

// relayed hands on what a member says before its reply. A question gets an id of
// Mantlet's own, so that the answer finds its member and no other.
func (p *part) relayed(server mantlet.ServerID) upstream.Emit {
	return func(e upstream.Event) error {
		out := upstream.Event{Message: e.Message, Comment: e.Comment}
		if e.Message == nil {
			return p.emit(upstream.Event{Comment: true})
		}
		if e.Message.Kind == wire.Request {
			m, err := p.question(server, e.Message)
			if err != nil {
				return err
			}
			out.Message = m
		}
		return p.emit(out)
	}
}

// question gives a member's question an id that only this session can answer.
func (p *part) question(server mantlet.ServerID, m *wire.Message) (*wire.Message, error) {
	id, err := p.s.ask(question{server: server, id: m.ID, call: p.asking()})
	if err != nil {
		return nil, err
	}
	return m.Apply([]wire.Splice{m.SetID(id)}, p.g.limits)
}

// asking is the client's request that p answers; "" for a stream.
func (p *part) asking() wire.ID {
	if p.call.Message == nil {
		return ""
	}
	return p.call.Message.ID
}

// answer carries the client's answer to the member that asked. An answer nobody
// asked for goes nowhere.
func (p *part) answer(ctx context.Context) (upstream.Reply, error) {
	server, id, ok := p.s.answered(p.call.Message.ID)
	if !ok {
		return upstream.Reply{}, nil
	}
	m, err := p.call.Message.Apply([]wire.Splice{p.call.Message.SetID(id)}, p.g.limits)
	if err != nil {
		return upstream.Reply{}, err
	}
	_, err = p.g.Serve(ctx, p.child(server, m, nil))
	return upstream.Reply{}, err
}

// cancel goes to the member that serves the request, if one does.
func (p *part) cancel(ctx context.Context) (upstream.Reply, error) {
	id, _ := p.call.Message.CancelledID()
	server, ok := p.s.serving(id)
	if !ok {
		return upstream.Reply{}, nil
	}
	_, err := p.g.Serve(ctx, p.child(server, p.call.Message, nil))
	return upstream.Reply{}, err
}
