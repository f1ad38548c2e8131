package audit

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// A Record is one open exchange. Message may be called any number of times, by
// one goroutine at a time; End exactly once.
type Record interface {
	Message(ctx context.Context, m Message) error
	End(ctx context.Context, o Outcome) error
}

// A Text is one message, as the record needs it. The zero Text is none.
type Text struct {
	Message []byte // all of it: kept only where bodies are
	Content []byte // the part whose digest is written: arguments, a result, an error
	// Known holds the digest of Content once somebody made it, for messages that come
	// again; nil where they do not.
	Known *atomic.Pointer[string]
}

// An Intent is what is about to be attempted.
type Intent struct {
	Exchange     string
	Parent       string
	Principal    mantlet.Principal
	Conversation mantlet.Conversation
	Target       mantlet.Target
	Method       string
	Direction    Direction
	Revision     string
	Transport    string
	Trace        string
	Request      Text
}

// A Direction is the way a message moves.
type Direction uint8

// The directions.
const (
	ToServer Direction = iota + 1
	ToCaller
)

func (d Direction) String() string {
	switch d {
	case ToServer:
		return "to_server"
	case ToCaller:
		return "to_caller"
	default:
		return "none"
	}
}

// A Message is one message of an exchange beside its request and its reply. Note
// says why it was dropped; "" means that it passed.
type Message struct {
	Direction Direction
	Kind      string
	Method    string
	Text      Text
	Note      string
}

// A Verdict is how an exchange ended. The zero Verdict is Errored.
type Verdict uint8

// The verdicts, in SEP-3004's words: error, allowed, denied, deferred.
const (
	Errored Verdict = iota
	Allowed
	Denied
	Deferred
)

var verdicts = [...]string{"error", "allowed", "denied", "deferred"}

func (v Verdict) String() string {
	if int(v) < len(verdicts) {
		return verdicts[v]
	}
	return verdicts[Errored]
}

// A Step is what one stage did.
type Step struct {
	Stage   string
	Took    time.Duration
	Refused bool
}

// An Outcome is how an exchange ended.
type Outcome struct {
	Verdict Verdict
	Stage   string // which stage refused
	Kind    string // what sort of refusal
	Reason  string // for operators
	Reply   Text
	Steps   []Step

	Findings []Finding
}

// A Finding is what the inspection of content found, without the content.
type Finding struct {
	Rule     string
	Severity string
	At       string // JSON pointer
	Action   string
	Back     bool // on the way to the caller
}

// maxFindings is how many findings of an exchange are written down.
const maxFindings = 20

// A Refusal is a request that never became an exchange.
type Refusal struct {
	Source string // the peer's address; "" on a socket
	Kind   string
	Reason string
}

// open is a Record of a Log.
type open struct {
	log *Log
	in  Intent
}

// Begin writes that in is about to be attempted. If it returns an error, nothing
// was promised and nothing may happen.
func (l *Log) Begin(_ context.Context, in Intent) (Record, error) {
	r, err := l.begin(in)
	if err != nil {
		return nil, &mantlet.Fault{Err: err, Public: "this cannot be recorded, so it does not happen; ask whoever runs mantlet to look at its log"}
	}
	return r, nil
}

func (l *Log) begin(in Intent) (*open, error) {
	if err := l.mayBegin(); err != nil {
		return nil, err
	}
	r := &open{log: l, in: in}
	e := l.event("exchange.begin", Deferred)
	r.about(e)
	e.add("arguments_digest", l.digestOf(in.Request))
	e.add("client", in.Principal.Client)
	e.add("conversation", in.Conversation.Handle)
	e.add("exchange", in.Exchange)
	e.add("issuer", string(in.Principal.Issuer))
	e.add("kind", in.Target.Kind.String())
	e.add("method", in.Method)
	e.add("parent", in.Parent)
	e.add("revision", in.Revision)
	e.add("server", string(in.Target.Server))
	e.add("tenant", in.Principal.Tenant)
	e.add("trace", in.Trace)
	e.add("transport", in.Transport)
	if err := l.bodies.keep(in.Exchange, "request", in.Request.Message); err != nil {
		return nil, err
	}
	return r, l.commit(e)
}

func (r *open) about(e *event) {
	e.principal, e.tool = r.in.Principal.Subject, r.in.Target.Name
}

// Message writes that m passed, or was dropped.
func (r *open) Message(_ context.Context, m Message) error {
	v := Allowed
	if m.Note != "" {
		v = Denied
	}
	e := r.log.event("exchange.message", v)
	r.about(e)
	e.add("digest", r.log.digestOf(m.Text))
	e.add("direction", m.Direction.String())
	e.add("exchange", r.in.Exchange)
	e.add("kind", m.Kind)
	e.add("method", m.Method)
	e.add("note", m.Note)
	e.add("server", string(r.in.Target.Server))
	return r.write(e, "message", m.Text)
}

// End writes how the exchange ended. If it returns an error, the reply must not
// leave.
func (r *open) End(_ context.Context, o Outcome) error {
	e := r.log.event("exchange.end", o.Verdict)
	r.about(e)
	e.add("exchange", r.in.Exchange)
	e.add("fault", o.Kind)
	e.findings(o.Findings)
	e.add("method", r.in.Method)
	e.add("reason", o.Reason)
	e.add("reply_digest", r.log.digestOf(o.Reply))
	e.add("server", string(r.in.Target.Server))
	e.add("stage", o.Stage)
	e.steps(o.Steps)
	return r.write(e, "reply", o.Reply)
}

// write writes e and keeps the body of t.
func (r *open) write(e *event, kind string, t Text) error {
	err := r.log.bodies.keep(r.in.Exchange, kind, t.Message)
	if err == nil {
		err = r.log.commit(e)
	}
	if err != nil {
		return &mantlet.Fault{Err: err, Public: "what came back cannot be recorded, so it is withheld, though the server may have done what it was asked; ask whoever runs mantlet to look at its log"}
	}
	return nil
}
