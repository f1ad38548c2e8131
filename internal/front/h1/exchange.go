package h1

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

// An exchange is one request's body and its answer. It is an http.ResponseWriter that
// can flush and take deadlines; see http.ResponseController. An answer without
// Content-Length is sent in chunks. What is written after the handler has returned is
// refused.
type exchange struct {
	c      *conn
	body   body
	header http.Header

	status  int   // 0 until it is known
	opened  bool  // the head was made
	length  int64 // that was announced; -1: none was
	written int64 // of the answer's body
	chunked bool
	bare    bool // there is no body in this answer
	closing bool // the connection's last
	broken  error
	out     *[]byte // what was not sent yet
}

var outs = sync.Pool{New: func() any { return new(make([]byte, 0, bufferSize)) }}

func newExchange(c *conn) *exchange {
	x := &exchange{c: c, header: make(http.Header, 8), length: -1}
	x.body.x = x
	x.closing = c.head.closing || c.head.old
	x.out = outs.Get().(*[]byte) //nolint:forcetypeassert // nothing else is put there
	return x
}

// Header implements http.ResponseWriter.
func (x *exchange) Header() http.Header { return x.header }

var errOver = errors.New("h1: the answer is over")

// WriteHeader implements http.ResponseWriter. There are no informational answers.
func (x *exchange) WriteHeader(status int) {
	if x.status != 0 || x.broken != nil || status < 200 || status > 599 {
		return
	}
	x.status = status
}

// open begins the answer with its head.
func (x *exchange) open() {
	x.WriteHeader(http.StatusOK)
	if x.opened || x.broken != nil {
		return
	}
	x.opened = true
	x.bare = x.bodiless()
	x.announced()
	if !x.body.settle() || x.c.s.closing.Load() {
		x.closing = true
	}
	x.appendHead()
}

// bodiless reports whether the answer has no body whatever its head says (RFC 9112,
// section 6.3).
func (x *exchange) bodiless() bool {
	method := x.c.head.method
	return x.status == http.StatusNoContent || x.status == http.StatusNotModified || string(x.c.head.text[method.from:method.to]) == http.MethodHead
}

// announced takes the length from the header. Without one there are chunks, or the
// connection's end.
func (x *exchange) announced() {
	if v := x.header["Content-Length"]; len(v) == 1 {
		if n, err := strconv.ParseInt(v[0], 10, 64); err == nil && n >= 0 {
			x.length = n
		}
	}
	if x.length < 0 && !x.bare {
		x.chunked = !x.c.head.old
		x.closing = x.closing || x.c.head.old
	}
}

// atOnce is how much is copied to be sent together.
const atOnce = 16 << 10

// Write implements io.Writer. An answer whose length was announced is sent with its last
// byte, others with Flush.
func (x *exchange) Write(p []byte) (int, error) {
	x.open()
	switch {
	case x.broken != nil:
		return 0, x.broken
	case x.bare:
		return len(p), nil
	case x.length >= 0 && x.written+int64(len(p)) > x.length:
		return 0, http.ErrContentLength
	case len(p) == 0:
		return 0, nil
	}
	x.written += int64(len(p))
	if x.chunked {
		*x.out = append(strconv.AppendInt(*x.out, int64(len(p)), 16), "\r\n"...)
	}
	if len(*x.out)+len(p) > atOnce {
		return len(p), x.large(p)
	}
	*x.out = append(*x.out, p...)
	if x.chunked {
		*x.out = append(*x.out, "\r\n"...)
	}
	if x.written == x.length {
		return len(p), x.send()
	}
	return len(p), nil
}

// large sends what there is, and p, without copying it.
func (x *exchange) large(p []byte) error {
	parts := net.Buffers{*x.out, p}
	if x.chunked {
		parts = append(parts, []byte("\r\n"))
	}
	_, x.broken = parts.WriteTo(x.c.nc)
	*x.out = (*x.out)[:0]
	return x.broken
}

func (x *exchange) send() error {
	if x.broken != nil || len(*x.out) == 0 {
		return x.broken
	}
	_, x.broken = x.c.nc.Write(*x.out)
	*x.out = (*x.out)[:0]
	return x.broken
}

// FlushError sends what was written; see http.ResponseController.
func (x *exchange) FlushError() error {
	x.open()
	return x.send()
}

// SetReadDeadline is the connection's; see http.ResponseController.
// It ends with the request.
func (x *exchange) SetReadDeadline(t time.Time) error {
	x.c.limited.Store(true)
	return x.c.nc.SetReadDeadline(t)
}

// SetWriteDeadline is the connection's; see http.ResponseController.
func (x *exchange) SetWriteDeadline(t time.Time) error { return x.c.nc.SetWriteDeadline(t) }

// finish ends the answer. What was announced and not written cuts the connection.
func (x *exchange) finish() {
	if !x.opened && !x.bodiless() && x.header["Content-Length"] == nil {
		x.header["Content-Length"] = zero
	}
	x.open()
	if x.chunked {
		*x.out = append(*x.out, "0\r\n\r\n"...)
	}
	if x.length > x.written && !x.bare && x.broken == nil {
		x.broken = io.ErrUnexpectedEOF
	}
	_ = x.send() // its failure is in broken
	if cap(*x.out) <= 2*atOnce {
		*x.out = (*x.out)[:0]
		outs.Put(x.out)
	}
	x.out = nil
}

var zero = []string{"0"}

// over reports whether another request may follow, and ends the connection if not.
func (x *exchange) over() bool {
	ended := x.broken != nil
	x.broken = errOver
	if x.body.rest == nil { // its reader is soon another connection's
		x.body.rest = errOver
	}
	switch {
	case ended:
		x.c.sever()
		return false
	case x.closing, x.c.s.closing.Load(): // Shutdown has passed by what was being served
		x.linger()
		return false
	}
	return true
}

// How long and for how much the rest of an unread body is read, so that its sender gets
// to read the answer: a socket that is closed over unread bytes takes the answer back
// (RFC 9112, section 9.6).
const (
	lingerFor = 500 * time.Millisecond
	lingerMax = 256 << 10
)

func (x *exchange) linger() {
	half, ok := x.c.nc.(interface{ CloseWrite() error })
	if x.body.rest == nil || errors.Is(x.body.rest, io.EOF) || !ok || half.CloseWrite() != nil {
		return
	}
	if x.c.nc.SetReadDeadline(timeLimit(lingerFor)) == nil {
		_, _ = io.CopyN(io.Discard, x.c.nc, lingerMax) // whatever it is, it is not read
	}
}

func timeLimit(d time.Duration) time.Time { return time.Now().Add(d) }

// appendHead appends the head. What is not a field, or frames the answer, is left out:
// the connection says that itself.
func (x *exchange) appendHead() {
	b := append(*x.out, "HTTP/1.1 "...)
	b = append(strconv.AppendInt(b, int64(x.status), 10), ' ')
	b = append(append(b, http.StatusText(x.status)...), "\r\nDate: "...)
	b = append(append(b, x.c.s.now()...), "\r\n"...)
	for name, values := range x.header {
		if !http1.Token(name) || frames(name) {
			continue
		}
		for _, v := range values {
			if http1.Text(v) {
				b = append(append(append(append(b, name...), ": "...), v...), "\r\n"...)
			}
		}
	}
	switch {
	case x.chunked:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case x.length >= 0 && x.status != http.StatusNoContent:
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), x.length, 10), "\r\n"...)
	}
	if x.closing {
		b = append(b, "Connection: close\r\n"...)
	}
	b = append(b, "\r\n"...)
	*x.out = b
}

// frames takes a name in whatever capitals: a map's key may be written in any.
func frames(name string) bool {
	switch canonical(name) {
	case "Content-Length", "Transfer-Encoding", "Connection", "Date", "Trailer", "Upgrade", "Keep-Alive":
		return true
	}
	return false
}

// A date is the Date header of one second (RFC 9110, section 6.6.1).
type date struct {
	second int64
	text   []byte
}

func (s *Server) now() []byte {
	now := time.Now()
	d := s.date.Load()
	if d == nil || d.second != now.Unix() {
		d = &date{now.Unix(), now.UTC().AppendFormat(nil, http.TimeFormat)}
		s.date.Store(d)
	}
	return d.text
}
