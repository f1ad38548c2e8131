package h1

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"
)

// A request that a server may have seen is not written twice, unless it asks for
// nothing to be done. how is how the kept connection fails.
func TestWhatIsWrittenAgain(t *testing.T) {
	reset := func(l *line) {
		_ = l.Conn.(*net.TCPConn).SetLinger(0)
		_ = l.Close()
	}
	for name, tt := range map[string]struct {
		r     Request
		how   func(l *line)
		again bool
	}{
		"GET, read and closed":             {get, func(l *line) { _ = l.Close() }, true},
		"GET, read and reset":              {get, reset, true},
		"HEAD":                             {Request{Method: http.MethodHead}, reset, true},
		"POST, read and closed":            {post("{}"), func(l *line) { _ = l.Close() }, false},
		"POST, read and reset":             {post("{}"), reset, false},
		"DELETE, read and closed":          {Request{Method: http.MethodDelete}, func(l *line) { _ = l.Close() }, false},
		"GET, a byte was answered":         {get, func(l *line) { l.say("H"); _ = l.Close() }, false},
		"GET, an informational answer":     {get, func(l *line) { l.say("HTTP/1.1 103 Early Hints\r\n\r\n"); _ = l.Close() }, false},
		"GET, something that is no answer": {get, func(l *line) { l.say("220 smtp\r\n") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := listen(t)
			p := f.pool(nil)
			l, r := f.exchange(p, nil, post("{}"), hello)
			r.is(t, "hello")
			out := begin(t.Context(), p, tt.r)
			l.request()
			tt.how(l)
			if tt.again {
				l = f.accept()
				l.request()
				l.say("HTTP/1.1 204 No Content\r\n\r\n")
			}
			if r = <-out; (r.err == nil) != tt.again {
				t.Fatalf("written again: %t, but %v", tt.again, r.err)
			}
			f.none()
		})
	}
}

// Only a kept connection may have been closed for a reason other than the request.
func TestANewConnectionIsNotTriedTwice(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	out := begin(t.Context(), p, get)
	l := f.accept()
	l.request()
	_ = l.Close()
	if r := <-out; !errors.Is(r.err, io.EOF) {
		t.Fatal(r.err)
	}
	f.none()
}

// And the second connection is a new one, not the next of those that were kept.
func TestTheSecondConnectionIsTheLast(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	outs := []<-chan result{begin(t.Context(), p, get), begin(t.Context(), p, get)}
	lines := map[string]*line{}
	for range outs {
		l := f.accept()
		lines[l.RemoteAddr().String()] = l
		l.request()
	}
	for _, l := range lines {
		l.say(hello)
	}
	for _, out := range outs {
		(<-out).is(t, "hello")
	}
	l := lines[p.idle[1].socket.LocalAddr().String()]
	out := begin(t.Context(), p, get)
	l.request()
	_ = l.Close()
	l = f.accept()
	l.request()
	_ = l.Close()
	if r := <-out; !errors.Is(r.err, io.EOF) {
		t.Fatal(r.err)
	}
	f.none()
}

// Who has waited long enough waits no second time.
func TestATimeLimitIsNotTriedAgain(t *testing.T) {
	f := listen(t)
	p := f.pool(func(o *Options) { o.FirstByte = 50 * time.Millisecond })
	l, r := f.exchange(p, nil, get, hello)
	r.is(t, "hello")
	out := begin(t.Context(), p, get)
	l.request()
	if r := <-out; !errors.Is(r.err, os.ErrDeadlineExceeded) {
		t.Fatal(r.err)
	}
	f.none()
}

// A dead takes so many bytes of a write and fails.
type dead struct {
	net.Conn
	takes int
}

func (d dead) Write([]byte) (int, error) { return d.takes, syscall.EPIPE }
func (d dead) Read([]byte) (int, error)  { return 0, io.EOF }

// A POST of which nothing was taken cannot have been seen; of which anything was,
// can.
func TestAPostIsWrittenAgainOnlyIfNothingWasTaken(t *testing.T) {
	for takes, again := range map[int]bool{0: true, 1: false, 50: false} {
		f := listen(t)
		p := f.pool(nil)
		_, r := f.exchange(p, nil, post("{}"), hello)
		r.is(t, "hello")
		p.idle[0].nc = dead{p.idle[0].nc, takes}
		out := begin(t.Context(), p, post("{}"))
		if again {
			l := f.accept()
			l.request()
			l.say(hello)
		}
		if r = <-out; (r.err == nil) != again {
			t.Fatalf("%d bytes taken: %v", takes, r.err)
		}
		f.none()
	}
}
