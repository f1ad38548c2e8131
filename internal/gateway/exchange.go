package gateway

import (
	"slices"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A Caller is the caller as the front met it. Nothing in it is a credential.
type Caller struct {
	Principal    mantlet.Principal
	Conversation mantlet.Conversation
	Revision     wire.Revision // what the caller speaks; decides the era of the reply
	Transport    string        // "http", "unix", "stdio"
	Address      string        // the peer's address; "" on a unix socket
	Session      upstream.Session
	Offers       wire.Offers // legacy; what the client declared to answer in its handshake
	Params       []upstream.Param
	Headless     bool              // nobody wrote Params: a client over stdio, or a name that only the join knows
	Trace        wire.TraceContext // where the caller stands, as it says; proves nothing
}

// An Exchange is one thing a caller wants and all that comes back for it: a
// request and its reply, a notification, an answer, or a stream of hours. It
// belongs to one goroutine. Each field says who writes it.
type Exchange struct {
	ID      string // front; shown to the caller, and what finds the record
	Parent  string // join; the exchange that this one is a part of
	Caller  Caller // front; the principal is never zero
	Server  mantlet.ServerID
	Op      upstream.Op
	LastID  string        // front; OpResume: the server's own event id
	Replays wire.Method   // front; OpResume: the method whose stream is replayed
	Request *wire.Message // front; an Edit may replace it. nil unless Op is OpDeliver
	Emit    upstream.Emit // front; nil if the caller cannot be told anything before the reply

	above    Span               // join; the span of the exchange that this one is a part of
	own      bool               // Mantlet's own look: the reply is for no caller
	began    Underway           // the halt, which reads it while the rest changes
	record   audit.Record       // Serve; open for the whole exchange
	span     Span               // Serve; open as long
	trace    string             // Serve; the trace that the record names
	pass     Pass               // the corridor; what is being judged now
	moving   *wire.Message      // the corridor; the message that is being judged now
	again    bool               // the corridor; the message was judged, and is judged once more
	observed bool               // the trust stage has seen the list that is moving
	edited   bool               // the corridor; the request is not what the front was given
	entry    trust.Entry        // the trust stage
	facts    []string           // the inspect stage; for policy
	said     inspect.Window     // the inspect stage; the end of what the server said in this exchange
	restored []inspect.Restored // the inspect stage; values in the request that stood there as tokens
	findings []audit.Finding    // the inspect stage; for the record
	steps    []audit.Step       // the corridor
	free     []func()           // the quota stage; run when the exchange ends
	reply    upstream.Reply     // the upstream
	target   mantlet.Target     // Serve, from Server and Request
}

// Target names what the exchange is about: the tool, prompt, resource or task
// that the request names, else its method.
func (x *Exchange) Target() mantlet.Target { return x.target }

func (x *Exchange) aim() mantlet.Target {
	t := mantlet.Target{Server: x.Server, Kind: mantlet.KindMethod, Name: x.method()}
	if x.Request == nil {
		return t
	}
	if info, ok := wire.Lookup(x.Request.Method); ok && info.NameField != "" {
		t.Kind, t.Name = info.Target, x.Request.Name
	}
	return t
}

// method is the JSON-RPC method, or a word in its place for what has none. The
// words hold a space, so that no method can be mistaken for one.
func (x *Exchange) method() string {
	switch {
	case x.Op != upstream.OpDeliver:
		return "session " + x.Op.String()
	case x.Request.Kind == wire.Result, x.Request.Kind == wire.Error:
		return "client answer"
	default:
		return string(x.Request.Method)
	}
}

// Reply is what the server answered and the caller will see; nil where there is
// nothing, or not yet.
func (x *Exchange) Reply() *wire.Message { return x.reply.Message }

// Above is the span of the joined exchange that x is a part of; nil where it is
// none. Unlike the caller's trace, it is Mantlet's own word.
func (x *Exchange) Above() Span { return x.above }

// asked is the method that a reply in this exchange answers.
func (x *Exchange) asked() wire.Method {
	if x.Request == nil {
		return x.Replays
	}
	return x.Request.Method
}

// release gives back what the stages took, last first.
func (x *Exchange) release() {
	for _, release := range slices.Backward(x.free) {
		release()
	}
	x.free = nil
}
