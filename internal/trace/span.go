package trace

import (
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// maxEvents bounds the events of one span: a stream of hours has stages without end.
const maxEvents = 64

// maxName bounds what a caller can put into a span, in bytes.
const maxName = 128

// The kinds of span that there are here, by OTLP's numbers.
const (
	kindServer = 2
	kindClient = 3
)

// An attr is one attribute. All are text.
type attr struct{ key, text string }

// An event is one stage, done.
type event struct {
	name    string
	at      time.Time
	took    time.Duration
	refused bool
}

// A span is what is exported. It does not change after it was handed over.
type span struct {
	trace   [16]byte
	id      [8]byte
	parent  [8]byte // zero for a root
	kind    int
	name    string
	begun   time.Time
	ended   time.Time
	attrs   []attr
	events  []event
	dropped int // events beyond maxEvents
	failed  bool
	remote  bool // the parent is the caller's
}

// running is the span of an exchange under way. See gateway.Span.
type running struct {
	span
	t     *Tracer
	state string // the caller's, to hand on; never exported
}

// Stage notes that a stage is done.
func (r *running) Stage(name string, took time.Duration, err error) {
	if len(r.events) >= maxEvents {
		r.dropped++
		return
	}
	r.events = append(r.events, event{name: name, at: time.Now(), took: took, refused: err != nil})
}

// Call begins the client span, whose id goes to the server. A joined exchange goes
// to no server of its own: its parts have spans of theirs.
func (r *running) Call(x *gateway.Exchange) (wire.TraceContext, gateway.Returned) {
	if x.Server == mantlet.Joined {
		return r.context(r.id), func(*wire.Message, error) {}
	}
	c := &span{trace: r.trace, id: newSpanID(), parent: r.id, kind: kindClient, name: r.name, begun: time.Now()}
	c.attrs = append(about(x), r.t.transports[x.Server]...)
	return r.context(c.id), func(reply *wire.Message, err error) {
		c.ended = time.Now()
		c.conclude(x, reply, err)
		r.t.out.put(c)
	}
}

// context is what stands below the span id. It is sampled: the span will be exported.
func (r *running) context(id [8]byte) wire.TraceContext {
	return wire.ReadTrace("00-"+hex.EncodeToString(r.trace[:])+"-"+hex.EncodeToString(id[:])+"-01", r.state)
}

// End hands the span over.
func (r *running) End(x *gateway.Exchange, err error) {
	r.ended = time.Now()
	r.conclude(x, x.Reply(), err)
	r.t.out.put(&r.span)
}

// conclude notes how x ended: a fault by its kind, a server's error by its code, a
// tool's by what the result says of itself.
func (s *span) conclude(x *gateway.Exchange, reply *wire.Message, err error) {
	switch f, ok := errors.AsType[*mantlet.Fault](err); {
	case ok:
		s.refuse(f.Kind.String())
	case err != nil:
		s.refuse(mantlet.Internal.String())
	case reply == nil:
	case reply.Kind == wire.Error:
		s.refuse("jsonrpc_error")
		if code, _, ok := reply.RPCError(); ok {
			s.attrs = append(s.attrs, attr{"rpc.response.status_code", strconv.Itoa(code)})
		}
	case x.Target().Kind == mantlet.KindTool:
		if v, ok := reply.Find("result", "isError"); ok && string(reply.At(v)) == "true" {
			s.refuse("tool_error")
		}
	}
}

func (s *span) refuse(kind string) {
	s.failed = true
	s.attrs = append(s.attrs, attr{"error.type", kind})
}
