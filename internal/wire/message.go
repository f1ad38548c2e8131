package wire

import "sync/atomic"

// A Kind is what sort of JSON-RPC 2.0 message this is. The zero Kind is Invalid.
type Kind uint8

// The kinds of message.
const (
	Invalid Kind = iota
	Request
	Notification
	Result
	Error
)

var kindNames = [...]string{"invalid", "request", "notification", "result", "error"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[0]
}

// An ID is a request id as its exact JSON text: `"a"` or `17`. The zero ID is
// none. It is at most 256 bytes, a string or an integer (MCP, basic: not null).
type ID string

// A Method is a JSON-RPC method, at most 256 bytes without control characters.
type Method string

// A Span is a range of a message's bytes that holds one JSON value. The zero Span
// is an absent value.
type Span struct{ Start, End int }

// Empty reports whether the value is absent.
func (s Span) Empty() bool { return s.End <= s.Start }

// A Message is one decoded message. It does not change and may be shared. Its
// spans index Bytes.
type Message struct {
	Kind   Kind
	ID     ID     // "" for notifications, and for errors that name no request
	Method Method // requests and notifications
	Params Span
	Result Span
	Error  Span
	Name   string // decoded params.name, .uri or .taskId, as the table of methods says
	Meta   Meta

	raw   []byte
	top   Span
	outer []Span                 // see doc
	list  atomic.Pointer[listed] // what Items found, once
	memo  *atomic.Pointer[string]
	marks mark
}

func (m *Message) doc() doc { return doc{m.raw, m.outer} }

// A Meta is those members of params._meta that Mantlet acts on (2026-07-28,
// basic, and progressToken of every revision).
type Meta struct {
	Span               Span // the object itself
	ProtocolVersion    Revision
	ClientCapabilities Span
	ClientInfo         Span
	LogLevel           string
	ProgressToken      ID // exact JSON text, a string or an integer
	SubscriptionID     ID // exact JSON text
	Traceparent        string
	Tracestate         string
}

// Memo is a place for one text about the message's content that all who meet the
// same content share: see Again. It is nil for what is no list.
func (m *Message) Memo() *atomic.Pointer[string] { return m.memo }

// Bytes are the message's exact bytes. The caller must not write to them.
func (m *Message) Bytes() []byte { return m.raw }

// At is the exact bytes of the value at s; nil where it is absent.
func (m *Message) At(s Span) []byte {
	if s.Empty() {
		return nil
	}
	return m.raw[s.Start:s.End:s.End]
}

// Line is the message on one line, for stdio framing (MCP, stdio: messages are
// delimited by newlines and must not hold one). Only line breaks between tokens
// are replaced, each by a space: JSON has them nowhere else.
func (m *Message) Line() []byte {
	for i, c := range m.raw {
		if c == '\n' || c == '\r' {
			return oneLine(m.raw, i)
		}
	}
	return m.raw
}

func oneLine(b []byte, from int) []byte {
	out := append([]byte(nil), b...)
	for i := from; i < len(out); i++ {
		if out[i] == '\n' || out[i] == '\r' {
			out[i] = ' '
		}
	}
	return out
}
