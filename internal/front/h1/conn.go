package h1

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A connection's phase is one of these, and above them the number of its requests, so
// that a look at one request never acts on the next.
const (
	waiting  int64 = 0 // for a request
	serving  int64 = 1
	watching int64 = 2 // serving, and c.watch reads
	closed   int64 = 3 // by Shutdown
	inPhase  int64 = 3
	oneMore  int64 = 4
)

// A conn is one connection. Its goroutine is serve; what others may touch is atomic, or
// theirs while the phase says so.
type conn struct {
	s      *Server
	nc     net.Conn        // TLS where there is TLS
	remote string          // of the other end
	base   context.Context //nolint:containedctx // the connection's, of which each request's is made
	tls    *tls.ConnectionState
	in     *bufio.Reader
	head   head
	begun  bool // something of a head was read
	still  bool // Read must not wait
	cancel context.CancelCauseFunc

	phase   atomic.Int64
	limited atomic.Bool   // the handler has set a deadline for reading
	until   atomic.Int64  // when the wait for a head ends, in Unix nanoseconds; 0: there is none
	since   atomic.Int64  // when the whole request was read; 0: it was not
	watched chan struct{} // closed when watch has returned; written by sweep
	seen    int64         // the phase at the last look; sweep's
}

const bufferSize = 4 << 10

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, bufferSize) }}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{s: s, nc: nc, remote: nc.RemoteAddr().String(), base: context.Background()}
	c.in = readers.Get().(*bufio.Reader) //nolint:forcetypeassert // nothing else is put there
	c.in.Reset(c)
	return c
}

func (c *conn) sever() { _ = socket(c.nc).Close() } // not TLS's own, which may wait for the peer

// socket is what is below TLS.
func socket(nc net.Conn) net.Conn {
	if t, ok := nc.(*tls.Conn); ok {
		return t.NetConn()
	}
	return nc
}

func (c *conn) serve() {
	defer c.s.forget(c)
	defer func() {
		c.in.Reset(nil)
		readers.Put(c.in)
	}()
	defer c.confine()
	if !c.handshake() {
		return
	}
	defer func() { _ = c.nc.Close() }() // what it says is of no use any more
	if f := c.s.o.ConnContext; f != nil {
		c.base = f(c.base, socket(c.nc))
	}
	for c.next() {
	}
}

// handshake is TLS's, where there is TLS. It reports whether HTTP/1.1 is spoken here.
func (c *conn) handshake() bool {
	t, ok := c.nc.(*tls.Conn)
	if !ok {
		return true
	}
	_ = t.SetDeadline(time.Now().Add(c.s.o.Head)) // without one the sweep does not help either: the socket is gone
	if err := t.HandshakeContext(context.Background()); err != nil {
		c.noTLS(err)
		return false
	}
	_ = t.SetDeadline(time.Time{})
	state := t.ConnectionState()
	c.tls = &state
	if p := state.NegotiatedProtocol; p == "" || p == "http/1.1" {
		return true
	}
	if c.s.o.Other == nil {
		_ = t.Close()
		return false
	}
	c.s.o.Other(t)
	return false
}

// noTLS tells who speaks plain HTTP so; others would not understand.
func (c *conn) noTLS(err error) {
	if e, ok := errors.AsType[tls.RecordHeaderError](err); ok && e.Conn != nil {
		switch string(e.RecordHeader[:]) {
		case "GET /", "POST ", "DELET", "HEAD ", "OPTIO":
			_, _ = io.WriteString(e.Conn, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nTLS is spoken here; use https\n")
		}
	}
	c.s.o.Log.Info("a TLS handshake failed", "from", c.remote, "error", err)
	c.sever()
}

// Read is the source of c.in.
func (c *conn) Read(p []byte) (int, error) {
	if c.still {
		return 0, errStill
	}
	n, err := c.nc.Read(p)
	if n > 0 && !c.begun {
		c.begun = true
		c.until.Store(time.Now().Add(c.s.o.Head).UnixNano())
	}
	return n, err
}

var (
	errStill = errors.New("h1: nothing more has arrived")
	errGone  = errors.New("the caller is gone")
	longAgo  = time.Unix(1, 0)
)

func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// next serves one request, and reports whether another may follow.
func (c *conn) next() bool {
	c.begun = c.in.Buffered() > 0
	limit := c.s.o.Idle
	if c.begun {
		limit = c.s.o.Head
	}
	c.until.Store(time.Now().Add(limit).UnixNano())
	err := c.head.read(c.in)
	if c.begun && timedOut(err) {
		err = errLate
	}
	c.begun = true
	c.until.Store(0)
	if err != nil {
		return c.malformed(err)
	}
	x := newExchange(c)
	r, err := c.head.request(x)
	if err != nil {
		return c.malformed(err)
	}
	if phase := c.phase.Load(); phase&inPhase != waiting || !c.phase.CompareAndSwap(phase, phase+oneMore|serving) {
		return false // Shutdown was quicker
	}
	c.s.hurry()
	c.handle(r, x)
	c.cancel(context.Canceled)
	x.finish()
	c.rest()
	return x.over()
}

// handle calls the handler. One that panics has its connection cut: nothing that it
// wrote may be taken for an answer.
func (c *conn) handle(r *http.Request, x *exchange) {
	defer func() {
		if p := recover(); p != nil {
			x.broken = errPanic
			c.panicked(p)
		}
	}()
	c.s.o.Handler.ServeHTTP(x, r)
}

// confine, deferred, keeps what panics outside of the handler to its own connection.
func (c *conn) confine() {
	if p := recover(); p != nil {
		c.panicked(p)
		c.sever()
	}
}

func (c *conn) panicked(p any) {
	if p != any(http.ErrAbortHandler) {
		c.s.o.Log.Error("a handler panicked", "panic", p, "stack", string(debug.Stack()))
	}
}

var errPanic = errors.New("h1: the handler panicked")

// rest ends the serving, and the watch if there is one.
func (c *conn) rest() {
	c.since.Store(0)
	phase := c.phase.Load()
	if phase&inPhase == serving && c.phase.CompareAndSwap(phase, phase&^inPhase) {
		if c.limited.Swap(false) {
			_ = c.nc.SetReadDeadline(time.Time{}) // if it fails the next read does
		}
		return
	}
	_ = c.nc.SetReadDeadline(longAgo) // if it fails the connection has, and the watch with it
	<-c.watched
	_ = c.nc.SetReadDeadline(time.Time{})
	c.phase.Store(phase &^ inPhase) // waiting
}

// watch waits for the end of the connection, or for the next request's first byte.
func (c *conn) watch(done chan struct{}) {
	defer close(done)
	if _, err := c.in.Peek(1); err != nil && !timedOut(err) {
		c.cancel(errGone)
	}
}
