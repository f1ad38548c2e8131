package h1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

// What a request's head may be at most.
const (
	maxHead   = 64 << 10 // bytes
	maxFields = 128
	maxMethod = 32 // bytes
)

var (
	errRequestLine = errors.New("the request's first line is not a method, a target and HTTP/1.1 with one space between")
	errVersion     = errors.New("this version of HTTP is not spoken here; use HTTP/1.1, or HTTP/2 over TLS")
	errTarget      = errors.New("the request's target is not a path, or the http URL of one")
	errHost        = errors.New("the request names no host, or more than one, or one that is none; send one Host header")
	errExpect      = errors.New("nothing but 100-continue can be expected")
	errLate        = errors.New("the request's head did not arrive in time; send it at once")
)

// A span is a part of a head's text.
type span struct{ from, to int }

// A head is a request's head: its text, and where in it what is. It is used again for
// each request of its connection.
type head struct {
	http1.Framing

	text           []byte
	method, target span
	fields         []field
	old            bool // HTTP/1.0
	closing        bool // Connection: close
	expects        bool // Expect: 100-continue
}

type field struct{ name, value span }

// read reads one. io.EOF means that nothing came.
func (h *head) read(in *bufio.Reader) error {
	*h = head{Framing: http1.Framing{Length: -1}, text: h.text[:0], fields: h.fields[:0]}
	l := http1.Lines{In: in, Bytes: maxHead, Count: maxFields, Long: true}
	line, err := l.Next()
	if err == nil && len(line) == 0 { // one may come before (RFC 9112, section 2.2)
		line, err = l.Next()
	}
	if err != nil {
		return err
	}
	if err := h.requestLine(line); err != nil {
		return err
	}
	if err := l.Fields(h.field); err != nil {
		return err
	}
	if h.Chunked && (h.Length >= 0 || h.old) {
		return http1.ErrCoding
	}
	return nil
}

func (h *head) keep(b []byte) span {
	from := len(h.text)
	h.text = append(h.text, b...)
	return span{from, len(h.text)}
}

// requestLine: method SP target SP HTTP/1.x (RFC 9112, section 3).
func (h *head) requestLine(line []byte) error {
	method, rest, one := bytes.Cut(line, []byte(" "))
	target, version, two := bytes.Cut(rest, []byte(" "))
	if !one || !two || len(method) > maxMethod || !http1.Token(method) {
		return errRequestLine
	}
	switch string(version) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		h.old = true
	default:
		return badVersion(version)
	}
	if !http1.Visible(target) {
		return errTarget
	}
	h.method, h.target = h.keep(method), h.keep(target)
	return nil
}

func badVersion(b []byte) error {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	if len(b) == len("HTTP/x.y") && string(b[:5]) == "HTTP/" && digit(b[5]) && b[6] == '.' && digit(b[7]) {
		return errVersion
	}
	return errRequestLine
}

func (h *head) field(name, value []byte) error {
	framing, err := h.Frames(name, value)
	switch {
	case err != nil:
		return err
	case framing: // it says nothing that Framing does not
		return nil
	case http1.Fold(name, "connection"):
		h.closing = h.closing || http1.Lists(value, "close")
	case http1.Fold(name, "expect"):
		if !http1.Fold(value, "100-continue") {
			return errExpect
		}
		h.expects = true
	}
	h.fields = append(h.fields, field{h.keep(name), h.keep(value)})
	return nil
}

// status is what a request that fails with err is answered with; 0: nobody would read it.
func status(err error) int {
	switch {
	case errors.Is(err, errLate):
		return http.StatusRequestTimeout
	case errors.Is(err, http1.ErrHeadSize):
		return http.StatusRequestHeaderFieldsTooLarge
	case errors.Is(err, errVersion):
		return http.StatusHTTPVersionNotSupported
	case errors.Is(err, errExpect):
		return http.StatusExpectationFailed
	}
	for _, bad := range []error{http1.ErrLine, http1.ErrField, http1.ErrLength, http1.ErrCoding, errRequestLine, errTarget, errHost} {
		if errors.Is(err, bad) {
			return http.StatusBadRequest
		}
	}
	return 0
}

// malformed answers what cannot be read, if anybody is there, and ends the connection.
func (c *conn) malformed(err error) bool {
	code := status(err)
	if code == 0 {
		return false
	}
	x := newExchange(c)
	x.closing, x.body.rest = true, io.ErrUnexpectedEOF
	_ = c.nc.SetDeadline(timeLimit(c.s.o.Head)) // whoever does not take the answer has it not
	if f := c.s.o.Malformed; f != nil {
		f(x, Malformed{Status: code, Err: err, Remote: c.remote})
	} else {
		x.WriteHeader(code)
	}
	x.finish()
	return x.over()
}
