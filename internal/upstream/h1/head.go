package h1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
)

// What a response's head may be at most, its informational ones included.
const (
	maxHead    = 64 << 10 // bytes; one line must fit into the reader's buffer
	maxFields  = 128
	maxInterim = 5 // informational responses before the final one
	bufferSize = 16 << 10
)

var (
	errLine     = errors.New("h1: a line of the response does not end in CRLF")
	errStatus   = errors.New("h1: the response's status line is not HTTP/1.0 or HTTP/1.1, a space and three digits")
	errSwitch   = errors.New("h1: the server switches protocols, which it was not asked to do")
	errInterim  = errors.New("h1: too many informational responses")
	errHeadSize = errors.New("h1: the response's head is longer than its limit")
	errField    = errors.New("h1: a header of the response is malformed")
	errLength   = errors.New("h1: the response's Content-Length is not one number, once")
	errCoding   = errors.New("h1: the response's Transfer-Encoding is not chunked, once and alone, in HTTP/1.1")
	errNoBody   = errors.New("h1: the response frames a body where none can be")
	errTwice    = errors.New("h1: the response names two values for a header that has one")
)

// A head is what is needed of a response's head.
type head struct {
	status   int
	old      bool  // HTTP/1.0
	length   int64 // -1: none was announced
	chunked  bool
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
	l := lines{in: in, bytes: maxHead, count: maxFields}
	for range maxInterim + 1 {
		h, err := l.head()
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
	case h.chunked && (h.length >= 0 || h.old):
		return errCoding
	case h.status == http.StatusSwitchingProtocols:
		return errSwitch
	case h.status < 200 && (h.chunked || h.length >= 0), h.status == http.StatusNoContent && (h.chunked || h.length > 0):
		return errNoBody
	case method == http.MethodHead, h.status == http.StatusNoContent, h.status == http.StatusNotModified:
		h.chunked, h.length = false, 0
	}
	return nil
}

// lines reads lines within a budget.
type lines struct {
	in    *bufio.Reader
	bytes int
	count int
}

// next returns a line without its CRLF, valid until the next read. io.EOF means
// that nothing came at all.
func (l *lines) next() ([]byte, error) {
	b, err := l.in.ReadSlice('\n')
	if l.bytes -= len(b); l.bytes < 0 || errors.Is(err, bufio.ErrBufferFull) {
		return nil, errHeadSize
	}
	if err != nil {
		if errors.Is(err, io.EOF) && len(b) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if len(b) < 2 || b[len(b)-2] != '\r' {
		return nil, errLine
	}
	return b[:len(b)-2], nil
}

func (l *lines) head() (head, error) {
	line, err := l.next()
	if err != nil {
		return head{}, err
	}
	h := head{length: -1}
	if err := h.statusLine(line); err != nil {
		return head{}, err
	}
	return h, l.fields(h.field)
}

// fields reads field lines up to the empty one.
func (l *lines) fields(each func(name, value []byte) error) error {
	for {
		line, err := l.next()
		if err != nil {
			return cutOff(err)
		}
		if len(line) == 0 {
			return nil
		}
		if l.count--; l.count < 0 {
			return errHeadSize
		}
		// A name that begins with a space (obs-fold), ends in one or is empty is no token.
		name, value, colon := bytes.Cut(line, []byte(":"))
		if !colon || !token(name) || !text(value) {
			return errField
		}
		if err := each(name, trim(value)); err != nil {
			return err
		}
	}
}

// cutOff: an end where something must follow is not an end.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
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
	if rest := b[code+3:]; h.status < 100 || h.status > 599 || len(rest) > 0 && (rest[0] != ' ' || !text(rest)) {
		return errStatus
	}
	h.old = b[7] == '0'
	return nil
}

func (h *head) field(name, value []byte) error {
	switch {
	case fold(name, "content-length"):
		return h.setLength(value)
	case fold(name, "transfer-encoding"):
		if h.chunked || !fold(value, "chunked") {
			return errCoding
		}
		h.chunked = true
	case fold(name, "connection"):
		h.closing = h.closing || lists(value, "close")
	case fold(name, "trailer"):
		if lists(value, "content-length") || lists(value, "transfer-encoding") || lists(value, "trailer") {
			return errField
		}
	case fold(name, "content-type"):
		return h.once(seenKind, &h.kind, value)
	case fold(name, "mcp-session-id"):
		return h.once(seenSession, &h.session, value)
	case fold(name, "content-encoding") && h.encoding == "":
		h.encoding = string(value)
	}
	return nil
}

// setLength takes one to eighteen digits, once: no sign, no list, no overflow.
func (h *head) setLength(value []byte) error {
	if h.length >= 0 || len(value) == 0 || len(value) > 18 {
		return errLength
	}
	var n int64
	for _, c := range value {
		if c < '0' || c > '9' {
			return errLength
		}
		n = n*10 + int64(c-'0')
	}
	h.length = n
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

// lists reports whether a list holds word, in whatever capitals.
func lists(value []byte, word string) bool {
	for len(value) > 0 {
		var item []byte
		item, value, _ = bytes.Cut(value, []byte(","))
		if fold(trim(item), word) {
			return true
		}
	}
	return false
}
