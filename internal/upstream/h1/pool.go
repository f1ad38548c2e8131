package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Options bound a Pool. Nothing but TLS may be zero.
type Options struct {
	TLS       *tls.Config   // for https; its NextProtos are offered as they are
	Connect   time.Duration // to a connection, TLS included
	FirstByte time.Duration // from the first byte of a request to the last one of the response's head, or up to a quarter more
	Idle      time.Duration // a connection that nobody uses
	MaxIdle   int           // connections that wait for the next request
}

// ErrHTTP2 says that the server chose HTTP/2 (ALPN h2, RFC 7301). Nothing was sent.
var ErrHTTP2 = errors.New("h1: the server chose HTTP/2")

var errOptions = errors.New("h1: an absent limit is not an infinite one; set every one")

// A Pool holds the idle connections to one server, the last used on top.
type Pool struct {
	o    Options
	to   origin
	dial func(ctx context.Context) (*conn, error)

	mu     sync.Mutex
	idle   []*conn     // the one that has waited longest first
	sweeps *time.Timer // nil while none waits
	closed bool
}

// New returns a pool of connections to u, an http or https URL with a host. Every
// request goes to u's path and query. Nothing is dialled before the first Do.
func New(u *url.URL, o Options) (*Pool, error) {
	if o.Connect <= 0 || o.FirstByte <= 0 || o.Idle <= 0 || o.MaxIdle <= 0 {
		return nil, errOptions
	}
	to, err := originOf(u)
	if err != nil {
		return nil, err
	}
	p := &Pool{o: o, to: to}
	p.dial = p.connect
	if to.secure {
		p.o.TLS = clientTLS(o.TLS, u.Hostname())
	}
	return p, nil
}

// Do sends r and returns the final response once its head is there. The response's
// Body must be read to its end or closed. The end of ctx closes the connection,
// also while the body is read, and its cause is the error.
//
// A request is written a second time, once and on a new connection, only if the
// first was a kept one that failed, by no time limit, before a byte of a response
// was read, and one of these holds:
//   - the kernel or TLS took not one byte of the request, so that no server can
//     have seen it;
//   - the method is GET or HEAD, which ask for nothing to be done (RFC 9110, 9.2.1).
//
// Everything else is the caller's to decide: that a server closed does not prove
// that it had not read and done what it was asked (RFC 9112, 9.3.1). DELETE is
// idempotent but not repeated, for its second answer says something else.
func (p *Pool) Do(ctx context.Context, r Request) (*Response, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if c := p.take(); c != nil {
		resp, err := c.exchange(ctx, r)
		if err == nil || !c.unseen(ctx, r.Method, err) {
			return resp, err
		}
	}
	c, err := p.dial(ctx)
	if err != nil {
		return nil, orCause(ctx, err)
	}
	return c.exchange(ctx, r)
}

// unseen is Do's rule on what may be written again.
func (c *conn) unseen(ctx context.Context, method string, err error) bool {
	if ctx.Err() != nil || c.got || timedOut(err) {
		return false
	}
	return c.wrote == 0 || method == http.MethodGet || method == http.MethodHead
}

// Close closes the idle connections. Those in use are closed when they are done.
func (p *Pool) Close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	if p.sweeps != nil {
		p.sweeps.Stop()
	}
	p.mu.Unlock()
	closeAll(idle)
}

// take returns the connection that was used last, or nil. One that has waited too
// long or on which anything has arrived, be it the server's close or an answer
// that nobody asked for, is closed.
func (p *Pool) take() *conn {
	for {
		c := p.pop()
		if c == nil {
			return nil
		}
		if time.Since(c.since) < p.o.Idle && c.quiet() {
			c.kept, c.got, c.wrote = true, false, 0
			return c
		}
		c.sever()
	}
}

func (p *Pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	c := p.idle[n-1]
	p.idle[n-1] = nil
	p.idle = p.idle[:n-1]
	return c
}

// give takes a connection back, of which there is nothing left to read.
func (p *Pool) give(c *conn) {
	c.since = time.Now()
	p.mu.Lock()
	full := p.closed || len(p.idle) >= p.o.MaxIdle
	if !full {
		p.idle = append(p.idle, c)
		p.arm()
	}
	p.mu.Unlock()
	if full {
		c.close()
	}
}

// sweepEvery is how long a connection that its server has closed may be held.
const sweepEvery = 15 * time.Second

func (p *Pool) arm() {
	if p.sweeps == nil {
		p.sweeps = time.AfterFunc(min(p.o.Idle, sweepEvery), p.sweep)
	}
}

// sweep closes the idle connections that take would not give out. A call that
// comes meanwhile dials.
func (p *Pool) sweep() {
	p.mu.Lock()
	all := p.idle
	p.idle = nil
	p.mu.Unlock()
	var good, bad []*conn
	for _, c := range all {
		if time.Since(c.since) < p.o.Idle && c.quiet() {
			good = append(good, c)
		} else {
			bad = append(bad, c)
		}
	}
	closeAll(bad)
	closeAll(p.swept(good))
}

// swept puts the good ones below what came meanwhile, and returns what is too many.
func (p *Pool) swept(good []*conn) (tooMany []*conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sweeps = nil; p.closed {
		return good
	}
	all := append(good, p.idle...) //nolint:gocritic // good is this sweep's own
	over := max(len(all)-p.o.MaxIdle, 0)
	if p.idle = all[over:]; len(p.idle) > 0 {
		p.arm()
	}
	return all[:over]
}

func closeAll(all []*conn) {
	for _, c := range all {
		c.close()
	}
}
