package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var errEnough = errors.New("enough")

// Wherever a call is, its end is told by the context's cause, and its connection is
// closed and given to nobody.
func TestCancel(t *testing.T) {
	for name, tt := range map[string]struct {
		r     Request
		until func(l *line) // what the server does before the cancel
		open  bool          // Do has returned by then
	}{
		"before the head": {post("{}"), func(l *line) { l.request() }, false},
		"in the head":     {post("{}"), func(l *line) { l.request(); l.say("HTTP/1.1 200 OK\r\nX") }, false},
		"in the body":     {post("{}"), func(l *line) { l.request(); l.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello") }, true},
		"in the chunks":   {post("{}"), func(l *line) { l.request(); l.say(chunked("5\r\nhello\r\n")) }, true},
		"in the request":  {post(strings.Repeat("x", 64<<20)), func(l *line) { _, _ = l.in.ReadByte() }, false},
	} {
		for _, kept := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				f := listen(t)
				p := f.pool(nil)
				var l *line
				if kept {
					var r result
					l, r = f.exchange(p, nil, post("{}"), hello)
					r.is(t, "hello")
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				opened, out := make(chan struct{}), make(chan error, 1)
				go func() {
					resp, err := p.Do(ctx, tt.r)
					close(opened)
					if err == nil {
						_, err = io.ReadAll(resp.Body)
					}
					out <- err
				}()
				if l == nil {
					l = f.accept()
				}
				tt.until(l)
				if tt.open {
					<-opened
				}
				cancel(errEnough)
				if err := <-out; !errors.Is(err, errEnough) {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, l.in); isTimeout(err) {
					t.Fatal("the connection stays open")
				}
				if idle(p) != 0 {
					t.Fatal("the connection was kept")
				}
			})
		}
	}
}

// A context that ended before the call writes nothing.
func TestCancelledBefore(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errEnough)
	if r := p.all(ctx, get); !errors.Is(r.err, errEnough) {
		t.Fatal(r.err)
	}
	f.none()
	l, r := f.exchange(p, nil, get, hello)
	r.is(t, "hello")
	if r := p.all(ctx, get); !errors.Is(r.err, errEnough) || idle(p) != 1 {
		t.Fatalf("%v, %d idle", r.err, idle(p))
	}
	_, r = f.exchange(p, l, get, hello) // which is the first that the server reads
	r.is(t, "hello")
}

// A stuck takes nothing of a write until it is closed, and then a second longer.
type stuck struct {
	net.Conn
	closed, left chan struct{}
}

func (s stuck) Write([]byte) (int, error) {
	<-s.closed
	time.Sleep(time.Second)
	close(s.left)
	return 0, net.ErrClosed
}

func (s stuck) Close() error {
	close(s.closed)
	return s.Conn.Close()
}

// When Do has failed nobody reads the request's body any more: it is the caller's.
func TestTheBodyIsTheCallersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, servers := piped(options())
		defer p.Close()
		s := stuck{closed: make(chan struct{}), left: make(chan struct{})}
		connect := p.dial
		p.dial = func(ctx context.Context) (*conn, error) {
			c, err := connect(ctx)
			s.Conn = c.nc
			return newConn(p, s, s), err
		}
		out := begin(t.Context(), p, post(strings.Repeat("x", atOnce)))
		_ = (<-servers).Close()
		if r := <-out; !errors.Is(r.err, io.EOF) {
			t.Fatal(r.err)
		}
		select {
		case <-s.left:
		default:
			t.Fatal("the request is still being written")
		}
	})
}

// A context that ends after the answer has no say over its connection.
func TestCancelledAfter(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	ctx, cancel := context.WithCancel(t.Context())
	out := begin(ctx, p, get)
	l := f.accept()
	l.request()
	l.say(hello)
	(<-out).is(t, "hello")
	cancel()
	_, r := f.exchange(p, l, get, hello)
	r.is(t, "hello")
	f.none()
}

// silent accepts and never shakes hands.
func silent(t *testing.T, connect time.Duration) (*fake, *Pool) {
	f := listen(t)
	o := options()
	o.Connect = connect
	p, err := New(&url.URL{Scheme: "https", Host: f.Addr().String()}, o)
	if err != nil {
		t.Fatal(err)
	}
	return f, p
}

func TestCancelInTheHandshake(t *testing.T) {
	f, p := silent(t, patience)
	ctx, cancel := context.WithCancelCause(t.Context())
	out := begin(ctx, p, get)
	l := f.accept()
	_, _ = l.in.ReadByte()
	cancel(errEnough)
	if r := <-out; !errors.Is(r.err, errEnough) {
		t.Fatal(r.err)
	}
	if _, err := io.Copy(io.Discard, l.in); isTimeout(err) {
		t.Fatal("the connection stays open")
	}
}

func TestAHandshakeThatFails(t *testing.T) {
	f, p := silent(t, patience)
	out := begin(t.Context(), p, get)
	l := f.accept()
	_, _ = l.in.ReadByte()
	l.say("HTTP/1.1 400 Bad Request\r\n\r\n")
	var notTLS tls.RecordHeaderError
	if r := <-out; !errors.As(r.err, &notTLS) {
		t.Fatal(r.err)
	}
	if _, err := io.Copy(io.Discard, l.in); isTimeout(err) {
		t.Fatal("the connection stays open")
	}
}

func TestTheLimitOnTheHandshake(t *testing.T) {
	f, p := silent(t, 50*time.Millisecond)
	out := begin(t.Context(), p, get)
	l := f.accept()
	if r := <-out; !errors.Is(r.err, context.DeadlineExceeded) || !strings.Contains(r.err.Error(), "no connection within") {
		t.Fatal(r.err)
	}
	if _, err := io.Copy(io.Discard, l.in); isTimeout(err) {
		t.Fatal("the connection stays open")
	}
}

func TestNobodyListens(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	_ = f.Close()
	if r := p.all(t.Context(), get); r.err == nil {
		t.Fatal("a call to nobody went well")
	}
}
