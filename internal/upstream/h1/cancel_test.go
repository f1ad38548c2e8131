package h1

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"
)

var errEnough = errors.New("enough")

// Wherever a call is, its end is told by the context's cause, and its connection is
// closed and given to nobody.
func TestCancel(t *testing.T) {
	for name, tt := range map[string]struct {
		r     Request
		until func(l *line) // what the server does before the cancel
	}{
		"before the head": {post("{}"), func(l *line) { l.request() }},
		"in the head":     {post("{}"), func(l *line) { l.request(); l.say("HTTP/1.1 200 OK\r\nX") }},
		"in the body":     {post("{}"), func(l *line) { l.request(); l.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello") }},
		"in the chunks":   {post("{}"), func(l *line) { l.request(); l.say(chunked("5\r\nhello\r\n")) }},
		"in the request":  {post(strings.Repeat("x", 64<<20)), func(l *line) { _, _ = l.in.ReadByte() }},
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
				out := begin(ctx, p, tt.r)
				if l == nil {
					l = f.accept()
				}
				tt.until(l)
				cancel(errEnough)
				if r := <-out; !errors.Is(r.err, errEnough) {
					t.Fatalf("got %q, %v", r.body, r.err)
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
