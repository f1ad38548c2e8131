package upstream

import (
	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// An Op says what a Call wants of the server. The zero Op is none and is refused.
type Op uint8

// The operations. Only Deliver carries a message.
const (
	OpNone    Op = iota
	OpDeliver    // a request, a notification, or the client's answer to a question
	OpListen     // the legacy GET stream: what the server says outside any request
	OpResume     // the legacy GET stream with Last-Event-ID
	OpClose      // the legacy DELETE: the session is over
)

var opNames = [...]string{"none", "deliver", "listen", "resume", "close"}

func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return "none"
}

// A Session is the legacy session that a call belongs to, as its sealed handle
// says. The zero Session is none: the modern era has no sessions.
type Session struct {
	Nonce    string // Mantlet's own name for it; keys processes and the tables of this replica
	Upstream string // the server's own Mcp-Session-Id; "" over stdio and where the server gave none

	// Lazy sessions are opened by Mantlet when a call first needs one, and again
	// on a miss: those of a joined mount. Others were opened by the caller's own
	// initialize, and a miss is unknown (404).
	Lazy bool
	// Capabilities is the JSON object that Mantlet declares for the client when it
	// opens a lazy session; nil declares none, so that a server asks nothing.
	Capabilities []byte
}

// A Param is one Mcp-Param-* header of the modern era (SEP-2243), name and value
// as the caller sent them. Both are untrusted; the body is the source of truth.
type Param struct{ Name, Value string }

// A Call is one thing to bring to a server on somebody's behalf. Nothing in it is
// a credential of the caller's: those never go upstream.
type Call struct {
	Exchange    string // its id, for logs and traces
	Principal   mantlet.Principal
	Server      mantlet.ServerID
	Op          Op
	Session     Session
	Revision    wire.Revision // what the caller speaks
	Message     *wire.Message // OpDeliver only
	Leaves      bool          // to go away is to cancel, though the session is a legacy one: the caller is modern
	Params      []Param
	Mirror      bool              // Params are made anew: Message was edited, or its caller sends none
	Trace       wire.TraceContext // goes in the headers of an HTTP server; the body is left as it is
	LastEventID string            // OpResume only: the server's own event id
}

// An Event is something the server said before its reply, or outside any.
// Exactly one of Message, Comment or a bare ID is there: an id without a message
// is what SEP-1699 calls a priming event.
type Event struct {
	Message   *wire.Message
	InReplyTo wire.Method // for a reply on a resumed stream, where it is known
	ID        string      // the server's own event id; "" for none
	Retry     int         // milliseconds, as the server asks; 0 for none
	Comment   bool        // a comment, relayed as a keep-alive; its text stays behind
}

// Emit hands an Event to the corridor. It is called by one goroutine at a time
// and returns once the event has been judged and handed on. If it returns an
// error, Send gives the call up and returns that error.
type Emit func(Event) error

// A Reply is how a call ended. Message is nil where there is nothing to say: a
// notification was taken (202), a stream ended, a session was closed.
type Reply struct {
	Message  *wire.Message
	Status   int    // the HTTP status the server chose, or the one that stands for it; 0 is 200, or 202 without a message
	Session  string // the server's own session id, in the reply to initialize
	EventID  string // the server's own id of the event that brought Message
	Retry    int    // milliseconds, as the server asked in that event; 0 for none
	Streamed bool   // the server answered with an event stream
	Done     func() // called once nobody needs Message's bytes any more, if ever; nil for nothing to do
}
