package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A Gateway carries exchanges from callers to servers. It does not change: a new
// configuration is a new Gateway.
type Gateway struct {
	rooms      Rooms
	limits     wire.Limits
	namespaces []string
	in, back   Chain
	join       *joiner
	vets       bool // what the trust stage let through was looked at
	ears       ears
	deception  Deception

	Halt Halt
}

// Options are what a Gateway knows besides its rooms.
type Options struct {
	Limits     wire.Limits
	Namespaces []string           // method namespaces carried beyond the table, such as "vendor/"; empty carries none
	Joined     []mantlet.ServerID // the servers behind mantlet.Joined, in the order of their lists
	Cursors    Cursors            // seals joined cursors; required where Joined is not empty
	MemberWait time.Duration      // how long a joined list waits for a member; 0 is 5 s
	About      []byte             // Mantlet's serverInfo object
	Deception  Deception          // what is laid out to be touched
}

// New returns a Gateway, or an error if any room is missing.
func New(r Rooms, o Options) (*Gateway, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	if len(o.Joined) > 0 && o.Cursors == nil {
		return nil, errors.New("gateway: joined servers need a seal for their cursors")
	}
	if o.Deception.Halt > 0 && o.Deception.Stops == nil {
		return nil, errors.New("gateway: there is nowhere to keep who is halted")
	}
	g := &Gateway{rooms: r, limits: o.Limits, namespaces: o.Namespaces, deception: o.Deception}
	_, unpinned := r.Trust.(trust.Unpinned)
	g.vets = !unpinned
	g.in, g.back = g.inbound(), g.outbound()
	g.join = newJoiner(g, o)
	return g, nil
}

// Serve carries x and returns the reply, or a *mantlet.Fault. Nothing happens
// that is not first written down, and nothing is returned that could not be.
func (g *Gateway) Serve(ctx context.Context, x *Exchange) (upstream.Reply, error) {
	began := time.Now()
	if err := x.complete(); err != nil {
		return upstream.Reply{}, mantlet.AsFault("gateway", err)
	}
	x.span, x.trace = g.rooms.Tracer.Begin(x)
	err := g.recorded(ctx, x)
	x.span.End(x, err)
	g.rooms.Meter.Exchange(x, time.Since(began), err)
	if err != nil {
		return upstream.Reply{}, err
	}
	return x.reply, nil
}

// recorded carries x between the two halves of its record.
func (g *Gateway) recorded(ctx context.Context, x *Exchange) error {
	rec, err := g.rooms.Audit.Begin(ctx, x.intent())
	if err != nil {
		return mantlet.AsFault("audit", err)
	}
	x.record = rec
	err = g.carry(ctx, x)
	x.release()
	if endErr := rec.End(context.WithoutCancel(ctx), x.outcome(err)); endErr != nil {
		return mantlet.AsFault("audit", endErr)
	}
	return err
}

// carry walks the corridor: in, across, and back. The server may speak several
// times before it replies; whatever it says is judged on its way out.
func (g *Gateway) carry(ctx context.Context, x *Exchange) error {
	if err := g.deception.Stops.check(x.Caller.Principal.Key()); err != nil {
		return mantlet.AsFault("halt", err)
	}
	ctx, done, err := g.Halt.Bind(ctx, x)
	if err != nil {
		return mantlet.AsFault("halt", err)
	}
	defer done()
	if err := g.passIn(ctx, x); err != nil {
		return err
	}
	reply, err := g.deliver(ctx, x)
	if err != nil {
		return mantlet.AsFault("upstream", err)
	}
	if reply.Message != nil {
		if reply.Message, err = g.passBack(ctx, x, reply.Message, x.asked()); err != nil {
			return err
		}
	}
	x.reply = reply
	return nil
}

func (g *Gateway) passIn(ctx context.Context, x *Exchange) error {
	x.pass, x.moving = x.inward(), x.Request
	err := g.run(ctx, g.in, x)
	x.edited = x.moving != x.Request
	x.Request = x.moving
	return err
}

func (g *Gateway) passBack(ctx context.Context, x *Exchange, m *wire.Message, answers wire.Method) (*wire.Message, error) {
	x.pass, x.moving, x.observed = x.backward(m, answers), m, false
	x.said.Next()
	if err := g.run(ctx, g.back, x); err != nil {
		return nil, err
	}
	return x.moving, nil
}

// deliver hands the request over. A panic in a transport is a refusal like any other.
func (g *Gateway) deliver(ctx context.Context, x *Exchange) (reply upstream.Reply, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked("the upstream", r)
		}
	}()
	send := g.rooms.Upstream.Send
	if x.Server == mantlet.Joined {
		send = g.join.send(x)
	}
	trace, back := x.span.Call(x)
	defer func() { back(reply.Message, err) }()
	emit, leave := g.listen(x, func(e upstream.Event) error { return g.relay(ctx, x, e) })
	defer leave()
	reply, err = send(ctx, x.call(trace), emit)
	if err != nil && ctx.Err() != nil {
		return upstream.Reply{}, stopped(ctx)
	}
	return reply, err
}

// errDropped marks a message that goes no further while the exchange goes on.
var errDropped = errors.New("dropped")

// relay judges one thing that the server said before its reply, writes it down,
// and hands it to the caller.
func (g *Gateway) relay(ctx context.Context, x *Exchange, e upstream.Event) error {
	if e.Message != nil {
		m, dropped, err := g.heard(ctx, x, e)
		if err != nil || dropped {
			return err
		}
		e.Message = m
	}
	if x.Emit == nil {
		return nil // word that the server is alive
	}
	return x.Emit(e)
}

// heard walks one message of the server's back and records it.
func (g *Gateway) heard(ctx context.Context, x *Exchange, e upstream.Event) (m *wire.Message, dropped bool, err error) {
	answers := e.InReplyTo
	if answers == "" {
		answers = x.asked()
	}
	m, err = g.passBack(ctx, x, e.Message, answers)
	note := ""
	switch dropped = errors.Is(err, errDropped); {
	case dropped:
		m, note = e.Message, "dropped: "+err.Error()
	case err != nil && x.declined(e.Message, err):
		g.decline(ctx, x, e.Message)
		m, dropped, note = e.Message, true, "declined: "+err.Error()
	case err != nil:
		return nil, false, err
	case x.Emit == nil:
		dropped, note = true, "dropped: the caller hears the reply alone"
	}
	rec := x.pass.recorded(m)
	rec.Note = note
	if err := x.record.Message(ctx, rec); err != nil {
		return nil, false, mantlet.AsFault("audit", err)
	}
	return m, dropped, nil
}

func (x *Exchange) call(trace wire.TraceContext) upstream.Call {
	return upstream.Call{
		Exchange: x.ID, Principal: x.Caller.Principal, Server: x.Server, Op: x.Op,
		Session: x.Caller.Session, Revision: x.Caller.Revision, Message: x.Request,
		Params: x.Caller.Params, Mirror: x.edited || x.Caller.Headless, LastEventID: x.LastID, Trace: trace,
	}
}

func (x *Exchange) intent() audit.Intent {
	in := audit.Intent{
		Exchange: x.ID, Parent: x.Parent, Principal: x.Caller.Principal, Conversation: x.Caller.Conversation,
		Target: x.target, Method: x.method(), Direction: audit.ToServer, Revision: string(x.Caller.Revision),
		Transport: x.Caller.Transport, Trace: x.trace,
	}
	if x.Request != nil {
		in.Request = recorded(x.Request)
	}
	return in
}
