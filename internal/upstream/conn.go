package upstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

const (
	// maxHeard is how many messages wait for a caller that is slow to take them.
	maxHeard = 256
	// slowCaller is how long the server waits for such a caller.
	slowCaller = 5 * time.Second
	// slowSharer is how long a server that others use, too, waits for such a caller,
	// once: after that the call is given up, since the others wait as well.
	slowSharer = time.Second
	maxAsked   = 64 // questions of a server that are open at once
)

// A link carries messages to a server's end of one session: to a process, or to
// the place that an event stream named. What the server says comes by conn.read.
type link interface {
	Send(ctx context.Context, line []byte) error
	Done() <-chan struct{} // closed once the link and all that belongs to it is gone
	Err() error            // how it ended; nil for well, and before it has
}

// A conn is one link and who waits for what comes over it. Every request goes out
// under an id of Mantlet's own that nobody can guess, so that no answer can be
// claimed by, or slipped to, another caller.
type conn struct {
	t        *sessions
	link     link
	stop     func(context.Context) error // ends the link and waits for its end
	who      mantlet.PrincipalKey
	used     time.Time     // guarded by t.mu
	stopping bool          // guarded by t.mu
	over     chan struct{} // closed by whoever reads, once all that was said is routed

	mu       sync.Mutex
	calls    map[wire.ID]*waiting // by the id that the server knows
	order    []*waiting           // oldest first
	asked    map[wire.ID]*waiting // the server's open questions, and the requests they were asked in
	listener *waiting             // the session's GET stream, if one is open
}

// A waiting is a call, or a stream, that hears what the server says.
type waiting struct {
	alias
	progress wire.ID // the progress token that the server knows
	listens  bool    // a modern subscription: what bears its id belongs to it
	heard    chan *wire.Message
	garbled  chan error    // its answer could not be read; holds one
	stuck    chan struct{} // closed once it does not take what it is sent; by whoever reads
}

func (w *waiting) isStuck() bool {
	select {
	case <-w.stuck:
		return true
	default:
		return false
	}
}

func (t *sessions) newConn(l link, stop func(context.Context) error, who mantlet.PrincipalKey) *conn {
	return &conn{t: t, link: l, stop: stop, who: who, over: make(chan struct{}), calls: make(map[wire.ID]*waiting), asked: make(map[wire.ID]*waiting)}
}

func (c *conn) alive() bool {
	select {
	case <-c.link.Done():
		return false
	default:
		return true
	}
}

func (c *conn) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls) > 0 || c.listener != nil
}

// call sends a request and relays what belongs to it until its reply.
func (c *conn) call(ctx context.Context, call Call, emit Emit) (Reply, error) {
	a, m, err := aliased(call.Message, c.t.shared || call.Revision.Modern(), c.t.Limits)
	if err != nil {
		return Reply{}, err
	}
	w := &waiting{alias: a, progress: m.Meta.ProgressToken, listens: m.Method == "subscriptions/listen", heard: make(chan *wire.Message, maxHeard), stuck: make(chan struct{}), garbled: make(chan error, 1)}
	c.add(w)
	defer c.remove(w)
	var sent chan error
	if c.t.aside {
		sent = c.sendAside(ctx, m.Line())
	} else if err := c.link.Send(ctx, m.Line()); err != nil {
		return Reply{}, c.gone(ctx, err)
	}
	for {
		select {
		case err := <-sent:
			if err != nil && c.alive() { // else its end says more
				return Reply{}, c.gone(ctx, err)
			}
		case m := <-w.heard:
			if m.Kind == wire.Result || m.Kind == wire.Error {
				return c.reply(call, m, w)
			}
			m, err := w.restored(m, c.t.Limits)
			if err == nil {
				err = emit(Event{Message: m})
			}
			if err != nil {
				c.cancel(ctx, call, w)
				return Reply{}, err
			}
		case err := <-w.garbled:
			return Reply{}, &mantlet.Fault{Kind: mantlet.Unavailable, Public: fmt.Sprintf("server %s answered with something that is not MCP; try again, or ask its owner", c.t.ID), Err: err}
		case <-w.stuck:
			c.cancel(ctx, call, w)
			return Reply{}, c.tooSlow()
		case <-ctx.Done():
			c.cancel(ctx, call, w)
			return Reply{}, context.Cause(ctx)
		case <-c.link.Done():
			if m := c.lastWords(w); m != nil {
				return c.reply(call, m, w)
			}
			return Reply{}, c.gone(ctx, c.link.Err())
		}
	}
}

// sendAside sends while the caller already listens: a server may hold its answer to
// a POST back until it has said, or asked, all that it will. The caller's end does
// not end it, the link's does.
func (c *conn) sendAside(ctx context.Context, line []byte) chan error {
	sent := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.t.Times.FirstByte)
	go func() {
		defer cancel()
		sent <- c.link.Send(ctx, line)
	}()
	go func() {
		select {
		case <-c.link.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	return sent
}

// lastWords is the reply that came before the link ended, and was not yet heard.
func (c *conn) lastWords(w *waiting) *wire.Message {
	t := time.NewTimer(time.Second)
	defer t.Stop()
	select {
	case <-c.over:
	case <-t.C: // something holds the output of a process that is gone
	}
	for {
		select {
		case m := <-w.heard:
			if m.Kind == wire.Result || m.Kind == wire.Error {
				return m
			}
		default:
			return nil
		}
	}
}

// resumeAfter is the pause that a legacy client is asked to make before it comes
// back to a stream that broke (SEP-1699).
const resumeAfter = 1000

// reply goes back as an event stream to a legacy caller: that is the form in which
// it was always told that more may come.
func (c *conn) reply(call Call, m *wire.Message, w *waiting) (Reply, error) {
	m, err := w.restored(m, c.t.Limits)
	if err != nil || call.Revision.Modern() {
		return Reply{Message: m}, err
	}
	return Reply{Message: m, Streamed: true, Retry: resumeAfter}, nil
}

// cancel tells the server that nobody waits any more: in the modern era, where a
// caller who goes away has cancelled, and where a limit has passed (2025-11-25,
// basic/lifecycle, Timeouts), or the caller was given up. A legacy caller who goes away
// has not cancelled (2025-11-25, basic/transports).
func (c *conn) cancel(ctx context.Context, call Call, w *waiting) {
	if !call.Revision.Modern() && !call.Leaves && !late(ctx) && !w.isStuck() {
		return
	}
	params := append(append([]byte(`{"requestId":`), w.own...), '}')
	m, err := wire.NewNotification("notifications/cancelled", params)
	if err != nil {
		return
	}
	say, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	_ = c.link.Send(say, m.Line()) // one that does not listen is stopped by Send
}

func (c *conn) tooSlow() error {
	return &mantlet.Fault{Kind: mantlet.Limited, Public: fmt.Sprintf("server %s said more than its caller took, and others use it, too; read faster", c.t.ID)}
}

func (c *conn) gone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if f, ok := errors.AsType[*mantlet.Fault](err); ok {
		return f // the link knows better what went wrong
	}
	if errors.Is(err, process.ErrLineTooLong) {
		return &mantlet.Fault{Kind: mantlet.Unavailable, Public: fmt.Sprintf("server %s said too much at once and was stopped; initialize again, and ask it for less", c.t.ID), Err: err}
	}
	return &mantlet.Fault{Kind: mantlet.Unavailable, Public: fmt.Sprintf("server %s ended while it was asked; initialize again", c.t.ID), Err: err}
}

// listen relays what belongs to no request. A session has one such stream: a
// second one takes the place of the first.
func (c *conn) listen(ctx context.Context, emit Emit) (Reply, error) {
	w := &waiting{heard: make(chan *wire.Message, maxHeard), stuck: make(chan struct{})}
	c.mu.Lock()
	c.listener = w
	c.mu.Unlock()
	defer c.unlisten(w)
	if err := emit(Event{Comment: true}); err != nil { // the stream is open
		return Reply{}, err
	}
	for {
		select {
		case m := <-w.heard:
			if err := emit(Event{Message: m}); err != nil {
				return Reply{}, err
			}
		case <-w.stuck:
			return Reply{}, c.tooSlow()
		case <-ctx.Done():
			return Reply{}, context.Cause(ctx)
		case <-c.link.Done():
			return Reply{Streamed: true}, nil
		}
	}
}

func (c *conn) unlisten(w *waiting) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listener == w {
		c.listener = nil
	}
}

// tell sends what has no reply: a notification, or the client's answer. An answer
// that was not asked for goes nowhere, and a cancel names the id the server knows.
func (c *conn) tell(ctx context.Context, call Call) error {
	m := call.Message
	switch {
	case m.Kind == wire.Result || m.Kind == wire.Error:
		if !c.wasAsked(m.ID) {
			return nil
		}
	case m.Method == "notifications/cancelled":
		var err error
		if m, err = c.cancelled(m); m == nil || err != nil {
			return err
		}
	}
	if err := c.link.Send(ctx, m.Line()); err != nil {
		return c.gone(ctx, err)
	}
	return nil
}

func (c *conn) wasAsked(id wire.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.asked[id]
	delete(c.asked, id)
	return ok
}

// cancelled gives a client's cancel the id under which the server knows the
// request; nil if the server has no such request.
func (c *conn) cancelled(m *wire.Message) (*wire.Message, error) {
	id, ok := m.CancelledID()
	if !ok {
		return nil, nil //nolint:nilnil // nothing to send
	}
	own := c.known(id)
	at, found := m.Find("params", "requestId")
	if own == "" || !found {
		return nil, nil //nolint:nilnil // nothing to send
	}
	return m.Apply([]wire.Splice{{Start: at.Start, End: at.End, With: []byte(own)}}, c.t.Limits)
}

func (c *conn) known(id wire.ID) wire.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.order {
		if w.id == id {
			return w.own
		}
	}
	return ""
}

func (c *conn) add(w *waiting) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[w.own] = w
	c.order = append(c.order, w)
}

func (c *conn) remove(w *waiting) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.calls, w.own)
	for i, o := range c.order {
		if o == w {
			c.order = append(c.order[:i:i], c.order[i+1:]...)
			return
		}
	}
}
