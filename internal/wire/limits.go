package wire

import "fmt"

// Limits bound what is read. A zero field allows nothing.
type Limits struct {
	Bytes     int // of a message
	ListBytes int // of a reply that lists things; see ForList
	Depth     int // of nested arrays and objects
	Nodes     int // values in all, members counted with them
	Items     int // things in a list
	Header    int // bytes of one header value
}

// DefaultLimits are what a configuration that says nothing gets.
func DefaultLimits() Limits {
	return Limits{Bytes: 4 << 20, ListBytes: 16 << 20, Depth: 64, Nodes: 500_000, Items: 5_000, Header: 8 << 10}
}

// ForList is l with the size that list replies may have.
func (l Limits) ForList() Limits {
	l.Bytes = l.ListBytes
	return l
}

// The codes of JSON-RPC 2.0 and of MCP (2026-07-28, basic, Error Codes).
const (
	CodeParseError         = -32700
	CodeInvalidRequest     = -32600
	CodeMethodNotFound     = -32601
	CodeInvalidParams      = -32602
	CodeInternalError      = -32603
	CodeResourceNotFound   = -32002 // 2025-11-25 and before
	CodeHeaderMismatch     = -32020
	CodeMissingCapability  = -32021
	CodeUnsupportedVersion = -32022
)

// A DecodeError says why bytes are not a message. Its words repeat nothing of the
// message but a member's name, quoted and cut, and may be shown to the sender.
type DecodeError struct {
	Code     int
	Reason   string
	Offset   int  // bytes before the place
	TooLarge bool // a limit was passed, rather than a rule broken
	ID       ID   // of the message, where it could be read
}

func (e *DecodeError) Error() string { return fmt.Sprintf("%s (at byte %d)", e.Reason, e.Offset) }

func bad(code, at int, format string, args ...any) *DecodeError {
	return &DecodeError{Code: code, Offset: at, Reason: fmt.Sprintf(format, args...)}
}

func beyond(at int, format string, args ...any) *DecodeError {
	e := bad(CodeInvalidRequest, at, format, args...)
	e.TooLarge = true
	return e
}
