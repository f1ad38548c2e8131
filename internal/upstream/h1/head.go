package h1

import (
	"bufio"
	"errors"
	"net/http"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

// What a response's head may be at most, its informational ones included.
const (
	maxHead    = 64 << 10 // bytes; one line must fit into the reader's buffer
	maxFields  = 128
	maxInterim = 5 // informational responses before the final one
	bufferSize = 16 << 10
)

var (
	errStatus  = errors.New("h1: the response's status line is not HTTP/1.0 or HTTP/1.1, a space and three digits")
	errSwitch  = errors.New("h1: the server switches protocols, which it was not asked to do")
	errInterim = errors.New("h1: too many informational responses")
	errNoBody  = errors.New("h1: the response frames a body where none can be")
	errTwice   = errors.New("h1: the response names two values for a header that has one")
)

// A head is what is needed of a response's head.
type head struct {
	http1.Framing

	status   int
	old      bool // HTTP/1.0
	closing  bool // Connection: close
	kind     string
	session  string
	encoding string
	seen     uint8 // the headers that may have one value
}

const (
	seenKind = 1 << iota
	seenSession
)

// readHead reads up to the end of the final response's head. Informational ones
// are passed over (RFC 9110, section 15.2), 101 is refused.
func readHead(in *bufio.Reader, method string) (head, error) {
	l := http1.Lines{In: in, Bytes: maxHead, Count: maxFields}
	for range maxInterim + 1 {
		h, err := oneHead(&l)
		if err != nil {
			return head{}, err
		}
		if err := h.frame(method); err != nil {
			return head{}, err
		}
		if h.status >= 200 {
			return h, nil
		}
	}
	return head{}, errInterim
}

// frame checks how long the body is said to be (RFC 9112, section 6.3), and makes
// length 0 where there is none.
func (h *head) frame(method string) error {
	switch {
	case h.Chunked && (h.Length >= 0 || h.old):
		return http1.ErrCoding
	case h.status == http.StatusSwitchingProtocols:
		return errSwitch
	case h.status < 200 && (h.Chunked || h.Length >= 0), h.status == http.StatusNoContent && (h.Chunked || h.Length > 0):
		return errNoBody
	case method == http.MethodHead, h.status == http.StatusNoContent, h.status == http.StatusNotModified:
		h.Chunked, h.Length = false, 0
	}
	return nil
}

func oneHead(l *http1.Lines) (head, error) {
	line, err := l.Next()
	if err != nil {
		return head{}, err
	}
	h := head{Framing: http1.Framing{Length: -1}}
	if err := h.statusLine(line); err != nil {
		return head{}, err
	}
	return h, l.Fields(h.field)
}

// statusLine: HTTP/1.x SP 3DIGIT, then nothing or SP and a reason. RFC 9112,
// section 4, has the second space always; servers without a reason leave it out.
func (h *head) statusLine(b []byte) error {
	const start, code = "HTTP/1.", 9 // then the minor version and a space
	if len(b) < code+3 || string(b[:len(start)]) != start || b[7] != '0' && b[7] != '1' || b[8] != ' ' {
		return errStatus
	}
	for _, c := range b[code : code+3] {
		if c < '0' || c > '9' {
			return errStatus
		}
		h.status = h.status*10 + int(c-'0')
	}
	if rest := b[code+3:]; h.status < 100 || h.status > 599 || len(rest) > 0 && (rest[0] != ' ' || !http1.Text(rest)) {
		return errStatus
	}
	h.old = b[7] == '0'
	return nil
}

func (h *head) field(name, value []byte) error {
	if framing, err := h.Frames(name, value); framing {
		return err
	}
	switch {
	case http1.Fold(name, "connection"):
		h.closing = h.closing || http1.Lists(value, "close")
	case http1.Fold(name, "content-type"):
		return h.once(seenKind, &h.kind, value)
	case http1.Fold(name, "mcp-session-id"):
		return h.once(seenSession, &h.session, value)
	case http1.Fold(name, "content-encoding") && h.encoding == "":
		h.encoding = string(value)
	}
	return nil
}

// once sets a header that has one value. The same again is a server's slip; another
// one is two answers in one.
func (h *head) once(bit uint8, to *string, value []byte) error {
	if h.seen&bit != 0 && *to != string(value) {
		return errTwice
	}
	h.seen |= bit
	switch string(value) { // the usual ones cost nothing
	case "application/json":
		*to = "application/json"
	case "text/event-stream":
		*to = "text/event-stream"
	default:
		*to = string(value)
	}
	return nil
}
