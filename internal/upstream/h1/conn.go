package h1

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

// A conn is one connection. It is one call's at a time; only sever may come from
// elsewhere.
type conn struct {
	pool   *Pool
	nc     net.Conn        // TLS where there is TLS
	socket net.Conn        // below it
	raw    syscall.RawConn // of socket; nil where there is none
	secure bool
	since  time.Time // idle since
	until  time.Time // the deadline that is set; zero for none

	sever  func()      // closes socket
	unwind func() bool // ends the watch over the call's context; false: sever was called
	writer chan error  // of a request that is written beside; nil for none
	in     *bufio.Reader
	closes bool // the response says that it is the last, or its end is the connection's

	kept  bool // it has carried a request before
	got   bool // something of the response was read
	still bool // Read must not wait
	wrote int  // bytes of the request that were taken
}

func newConn(p *Pool, nc, socket net.Conn) *conn {
	c := &conn{pool: p, nc: nc, socket: socket, secure: nc != socket}
	c.sever = func() { _ = socket.Close() }
	if s, ok := socket.(syscall.Conn); ok {
		c.raw, _ = s.SyscallConn() // without one, quiet takes the slow way
	}
	return c
}

func (c *conn) close() { _ = c.nc.Close() } // with TLS's close_notify; nothing is to be done about a failure

var errStill = errors.New("h1: nothing more has arrived")

// Read is the source of c.in.
func (c *conn) Read(p []byte) (int, error) {
	if c.still {
		return 0, errStill
	}
	n, err := c.nc.Read(p)
	c.got = c.got || n > 0
	return n, err
}

var (
	readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, bufferSize) }}
	heads   = sync.Pool{New: func() any { return new(make([]byte, 0, 4<<10)) }}
)

// exchange writes r and reads the response's head. On an error the connection is
// closed. From here on ctx's end closes the socket, which ends what waits on it.
func (c *conn) exchange(ctx context.Context, r Request) (*Response, error) {
	c.unwind = nil
	if ctx.Done() != nil {
		c.unwind = context.AfterFunc(ctx, c.sever)
	}
	c.in = readers.Get().(*bufio.Reader) //nolint:forcetypeassert // nothing else is put there
	c.in.Reset(c)
	h, err := c.ask(r)
	if err != nil {
		c.abandon()
		return nil, orCause(ctx, err)
	}
	resp := &Response{Status: h.status, Length: h.Length, ContentType: h.kind, Session: h.session, ContentEncoding: h.encoding}
	resp.Body = &resp.stream
	resp.stream = stream{Body: http1.NewBody(c.in, h.Framing), c: c, ctx: ctx}
	c.closes = h.closing || h.old || h.Length < 0 && !h.Chunked
	if resp.stream.Err() != nil {
		resp.stream.finish()
	}
	return resp, nil
}

func (c *conn) ask(r Request) (head, error) {
	if err := c.limit(time.Now()); err != nil {
		return head{}, err
	}
	sent := c.send(r)
	h, err := readHead(c.in, r.Method)
	if timedOut(err) {
		err = fmt.Errorf("h1: no response within %s: %w", c.pool.o.FirstByte, err)
	}
	if sent != nil { // an answer that came early is one, but the last
		if err != nil {
			return head{}, sent
		}
		h.closing = true
	}
	if err == nil && (h.Length < 0 || h.Length > int64(c.in.Buffered())) {
		err = c.unlimited() // otherwise nothing waits until the next request sets its own
	}
	return h, err
}

// limit sets the deadline of a request. It is moved only when it has come near, so that
// a server has between FirstByte and a quarter more: to move it costs a lone caller
// more than all else that is done here.
func (c *conn) limit(now time.Time) error {
	d := c.pool.o.FirstByte
	if c.until.Sub(now) >= d {
		return nil
	}
	c.until = now.Add(d + d/4)
	return c.nc.SetDeadline(c.until)
}

func (c *conn) unlimited() error {
	c.until = time.Time{}
	return c.nc.SetDeadline(c.until)
}

// atOnce is what the kernel takes of a request even if the server reads nothing.
const atOnce = 32 << 10

// send writes a request that fits in one write. A larger one is written beside, so
// that the answer of a server that reads no further is read.
func (c *conn) send(r Request) error {
	buf := heads.Get().(*[]byte) //nolint:forcetypeassert // nothing else is put there
	b := r.appendHead((*buf)[:0], &c.pool.to)
	if len(b)+len(r.Body) > atOnce {
		c.beside(b, r.Body)
		return nil
	}
	b = append(b, r.Body...)
	n, err := c.nc.Write(b)
	c.wrote = n
	*buf = b
	heads.Put(buf)
	return err
}

func (c *conn) beside(head, rest []byte) {
	c.wrote = 1 // how much is not known in time: it counts as seen
	done := make(chan error, 1)
	c.writer = done
	go func() {
		parts := net.Buffers{head, rest}
		_, err := parts.WriteTo(c.nc)
		done <- err
	}()
}

// written reports whether the whole request was written, without waiting.
func (c *conn) written() bool {
	if c.writer == nil {
		return true
	}
	select {
	case err := <-c.writer:
		c.writer = nil
		return err == nil
	default:
		return false
	}
}

// release ends the call: the connection is kept if the response was read to its
// end, is not the last, and nothing came after it.
func (c *conn) release(complete bool) {
	kept := complete && !c.closes && c.in.Buffered() == 0 && c.written() && (c.unwind == nil || c.unwind())
	if !kept {
		c.abandon()
		return
	}
	c.free()
	c.pool.give(c)
}

// abandon closes the connection in the middle of whatever it is in. That is told
// by the socket alone: a close_notify could wait for a server that reads nothing.
func (c *conn) abandon() {
	if c.unwind != nil {
		c.unwind()
	}
	c.sever()
	if c.writer != nil {
		<-c.writer //nolint:errcheck // the connection has failed; what counts is that the body is the caller's again
		c.writer = nil
	}
	c.free()
}

func (c *conn) free() {
	in := c.in
	c.in, c.unwind, c.still = nil, nil, false
	in.Reset(nil)
	readers.Put(in)
}

// quiet reports whether nothing has arrived on an idle connection: no close, no
// byte. With TLS that includes what TLS has read but not handed on; a late session
// ticket or key update costs a connection its next use and no more.
func (c *conn) quiet() bool {
	switch silent, ok := c.poll(); {
	case !ok:
		return c.nothing(time.Now().Add(time.Millisecond))
	case !silent:
		return false
	}
	return !c.secure || c.nothing(time.Unix(1, 0))
}

// nothing reports whether a read that ends at deadline ends for that reason. A
// deadline in the past reads what is in memory.
func (c *conn) nothing(deadline time.Time) bool {
	c.until = time.Time{} // whatever is set is set anew
	if c.nc.SetReadDeadline(deadline) != nil {
		return false
	}
	var one [1]byte
	n, err := c.nc.Read(one[:])
	return n == 0 && timedOut(err)
}

func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// orCause is why ctx ended, if it did, else err.
func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
