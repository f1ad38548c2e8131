package front

import (
	"errors"
	"net/http"
	"sync"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/sse"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wheel"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A response is how one visit is answered: with one JSON message, or, from the
// first thing that must be said before the reply, as an event stream. Each
// message leaves when it was judged and is never held for more.
type response struct {
	v      *visit
	c      gateway.Caller
	method wire.Method // whose stream this is; for event ids

	mu     sync.Mutex // guards what follows and the ResponseWriter
	events *sse.Writer
	broken error // the caller is gone
	closed bool
	alive  *wheel.Entry
}

var errGone = errors.New("the caller is gone")

// open prepares the response to m, nil for a GET stream or a batch. A silent
// stream is kept alive by comments, which also begins it.
func (v *visit) open(m *wire.Message, c gateway.Caller) *response {
	out := &response{v: v, c: c}
	if m != nil {
		out.method = m.Method
	}
	out.mu.Lock() // the timer may be quicker than the assignment
	defer out.mu.Unlock()
	out.alive = v.s.wheel.After(v.s.KeepAlive, out.keepAlive)
	return out
}

func (o *response) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.alive.Stop()
}

func (o *response) keepAlive() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.broken != nil {
		return
	}
	o.comment()
	o.rest()
}

// rest begins another silence.
func (o *response) rest() {
	o.alive.Stop()
	o.alive = o.v.s.wheel.After(o.v.s.KeepAlive, o.keepAlive)
}

func (o *response) comment() {
	o.begin()
	o.v.mayWrite()
	if err := o.events.Comment("keep-alive"); err != nil {
		o.broken = errGone
	}
}

// begin turns the response into an event stream. X-Accel-Buffering asks proxies
// on the way not to hold events back (2026-07-28, streamable-http).
func (o *response) begin() {
	if o.events != nil {
		return
	}
	h := o.v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	o.v.begin(http.StatusOK)
	o.events = sse.NewWriter(o.v.w, http.NewResponseController(o.v.w).Flush)
}

func (o *response) started() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.events != nil
}

// emit writes one event. It returns an error once the caller is gone, so that
// the call is given up.
func (o *response) emit(e upstream.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil || o.closed {
		return errGone
	}
	o.rest()
	o.begin()
	if e.Message == nil && e.ID == "" && e.Retry == 0 {
		o.comment()
		return o.broken
	}
	if e.InReplyTo != "" {
		o.method = e.InReplyTo
	}
	if e.Message != nil {
		m, err := o.v.sealed(e.Message, nil)
		if err != nil {
			return err
		}
		e.Message = m
	}
	return o.event(e.Message, e.ID, e.Retry)
}

// event writes a message under an id of ours that stands for the server's.
func (o *response) event(m *wire.Message, id string, retry int) error {
	out := sse.Event{Retry: -1}
	if retry > 0 {
		out.Retry = retry
	}
	if m != nil {
		out.Name, out.Data = "message", m.Bytes()
	}
	if id != "" && o.c.Session.Nonce != "" {
		sealed, err := o.v.s.Handles.sealEvent(o.v.who, o.v.server, eventID{session: sessionDigest(o.c.Session.Nonce), method: o.method, upstream: id})
		if err != nil {
			return err
		}
		out.ID, out.HasID = sealed, true
	}
	o.v.mayWrite()
	if err := o.events.Write(out); err != nil {
		o.broken = errGone
	}
	return o.broken
}

// finish writes the reply, or 202 where there is nothing to say.
func (o *response) finish(reply upstream.Reply) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case reply.Message == nil && reply.Streamed:
		o.begin() // a legacy stream that ended before its reply: the client may resume it
	case reply.Message == nil && o.events == nil:
		o.v.begin(http.StatusAccepted)
	case reply.Message == nil:
	case o.events != nil || reply.Streamed:
		o.begin()
		_ = o.event(reply.Message, reply.EventID, reply.Retry) // the caller may be gone; the record is closed
	default:
		o.v.writeJSON(reply.Message.Bytes(), replyStatus(reply.Message, reply.Status, o.v.modern))
	}
}

// end closes a GET stream. One on which nothing was ever said still answers as a
// stream: it was one.
func (o *response) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.begin()
}

// fail answers m with the fault in place of a reply. What is no request gets an error
// without an id, for its status and its words.
func (o *response) fail(m *wire.Message, f *mantlet.Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil {
		return
	}
	reply := o.v.errorMessage(m.ID, f)
	if m.Kind == wire.Request {
		reply = o.v.rendered(m, f)
	}
	if o.events != nil {
		_ = o.event(reply, "", 0) // the caller may be gone; the record is closed
		return
	}
	o.v.remedy(f)
	o.v.writeJSON(reply.Bytes(), o.failure(reply, f))
}

// failure is the status of a reply that f made: that of the reply where MCP has
// words for it, else HTTP's own.
func (o *response) failure(reply *wire.Message, f *mantlet.Fault) int {
	switch {
	case reply.Kind == wire.Result:
		return http.StatusOK
	case f.Kind == mantlet.Unknown && f.Code == 0:
		return http.StatusNotFound // the session is gone: the client initializes again
	case f.Code == wire.CodeMethodNotFound && !o.v.modern, f.Kind == mantlet.Unknown:
		return http.StatusOK
	case f.Code == wire.CodeMethodNotFound:
		return http.StatusNotFound
	default:
		return status(f)
	}
}

// finishBatch writes the replies to a batch: as events where the stream has
// begun, else as one array.
func (o *response) finishBatch(replies []*wire.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.events != nil:
		for _, m := range replies {
			_ = o.event(m, "", 0) // the caller may be gone; the record is closed
		}
	case len(replies) == 0:
		o.v.begin(http.StatusAccepted)
	default:
		out := []byte{'['}
		for i, m := range replies {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, m.Bytes()...)
		}
		o.v.writeJSON(append(out, ']'), http.StatusOK)
	}
}
