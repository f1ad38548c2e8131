package h1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// What a response says of its own end decides whether another may follow it.
func TestWhenAConnectionIsKept(t *testing.T) {
	for name, tt := range map[string]struct {
		text, body string
		kept       bool
	}{
		"a length":              {hello, "hello", true},
		"no body":               {"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", "", true},
		"204":                   {"HTTP/1.1 204 No Content\r\n\r\n", "", true},
		"204 with a zero":       {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "", true},
		"304 with a length":     {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", true},
		"304 with a body":       {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", "", false},
		"chunks":                {chunked("5\r\nhello\r\n0\r\n\r\n"), "hello", true},
		"chunks, a trailer":     {chunked("5\r\nhello\r\n1\r\n!\r\n0\r\nX: a\r\n\r\n"), "hello!", true},
		"chunked in capitals":   {"HTTP/1.1 200\r\ntransfer-encoding: CHUNKED \r\n\r\nA\r\nhellohello\r\n00\r\n\r\n", "hellohello", true},
		"after 100 and 103":     {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + hello, "hello", true},
		"no reason":             {"HTTP/1.1 200\r\nContent-Length:5\r\n\r\nhello", "hello", true},
		"close":                 {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", "hello", false},
		"close in a list":       {"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 5\r\n\r\nhello", "hello", false},
		"close in the second":   {"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", "hello", false},
		"close in the first":    {"HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", "hello", false},
		"HTTP/1.0":              {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", "hello", false},
		"a byte after the end":  {hello + "\n", "hello", false},
		"two answers":           {hello + hello, "hello", false},
		"two answers to chunks": {chunked("5\r\nhello\r\n0\r\n\r\n") + hello, "hello", false},
		"an answer after none":  {"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n" + hello, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := listen(t)
			p := f.pool(nil)
			l, r := f.exchange(p, nil, post("{}"), tt.text)
			r.is(t, tt.body)
			if !tt.kept {
				l.closed()
				l = nil
			}
			_, r = f.exchange(p, l, post("{}"), strings.Replace(hello, "hello", "again", 1))
			r.is(t, "again")
			f.none()
		})
	}
}

// A body without a length ends with its connection.
func TestABodyUpToTheEndOfTheConnection(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	out := begin(t.Context(), p, get)
	l := f.accept()
	l.request()
	l.say("HTTP/1.1 200 OK\r\n\r\nhello")
	_ = l.Close()
	r := <-out
	r.is(t, "hello")
	if r.resp.Length != -1 || idle(p) != 0 {
		t.Fatalf("length %d, %d idle", r.resp.Length, idle(p))
	}
}

// Bytes that come on an idle connection are nobody's answer. The second half shows
// what the next caller would be given without the look at the socket.
func TestAnIdleConnectionIsPoisoned(t *testing.T) {
	const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
	f := listen(t)
	p := f.pool(nil)
	l, r := f.exchange(p, nil, post("{}"), hello)
	r.is(t, "hello")
	l.say(poison)
	arrived(t, p)
	out := begin(t.Context(), p, post("{}"))
	l.closed()
	l = f.accept()
	l.request()
	l.say(hello)
	(<-out).is(t, "hello")

	l.say(poison)
	arrived(t, p)
	resp, err := p.pop().exchange(t.Context(), post("{}"))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(resp.Body)
	if string(b) != "poison" {
		t.Fatalf("the attack does not work even without the check: %q", b)
	}
}

// arrived waits until something can be read on every idle connection.
func arrived(t *testing.T, p *Pool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		p.mu.Lock()
		all := len(p.idle) > 0
		for _, c := range p.idle {
			all = all && !c.quiet()
		}
		p.mu.Unlock()
		if all {
			return
		}
	}
	t.Fatal("nothing arrived")
}

func TestTheServerClosesAnIdleConnection(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	l, r := f.exchange(p, nil, post("{}"), hello)
	r.is(t, "hello")
	_ = l.Close()
	arrived(t, p)
	_, r = f.exchange(p, nil, post("{}"), hello)
	r.is(t, "hello")
}

func TestTheLastUsedIsUsedFirstAndNoMoreThanMaxIdleAreKept(t *testing.T) {
	f := listen(t)
	p := f.pool(func(o *Options) { o.MaxIdle = 2 })
	var outs []<-chan result
	var lines []*line
	for range 3 {
		outs = append(outs, begin(t.Context(), p, post("{}")))
		lines = append(lines, f.accept())
	}
	server := make(map[string]*line) // by the request's local address
	for i, l := range lines {
		server[l.RemoteAddr().String()] = l
		l.request()
		l.say(hello)
		_ = i
	}
	for _, out := range outs {
		(<-out).is(t, "hello")
	}
	if idle(p) != 2 {
		t.Fatalf("%d idle", idle(p))
	}
	top := server[p.idle[1].socket.LocalAddr().String()]
	for range 3 {
		_, r := f.exchange(p, top, post("{}"), hello)
		r.is(t, "hello")
	}
	f.none()
}

// An unread rest that has arrived is passed over; one that must be waited for, or is
// long, costs the connection.
func TestCloseBeforeTheEnd(t *testing.T) {
	long := strings.Repeat("x", maxRest+1)
	for name, tt := range map[string]struct {
		text string
		kept bool
	}{
		"a short rest":        {hello, true},
		"short chunks":        {chunked("5\r\nhello\r\n0\r\n\r\n"), true},
		"a rest to wait for":  {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", false},
		"a chunk to wait for": {chunked("5\r\nhello\r\n"), false},
		"a long rest":         {"HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n" + long, false},
		"no length":           {"HTTP/1.1 200 OK\r\n\r\nhello", false},
		"a bad rest":          {chunked("5\r\nhelloX"), false},
	} {
		t.Run(name, func(t *testing.T) {
			f := listen(t)
			p := f.pool(nil)
			opened := make(chan *Response, 1)
			go func() {
				resp, err := p.Do(t.Context(), post("{}"))
				if err != nil {
					t.Error(err)
				}
				opened <- resp
			}()
			l := f.accept()
			l.request()
			l.say(tt.text)
			resp := <-opened
			if _, err := resp.stream.c.in.Peek(min(len(tt.text)-strings.Index(tt.text, "\r\n\r\n")-4, bufferSize)); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := resp.Body.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := resp.Body.Read(make([]byte, 1)); !errors.Is(err, errClosed) {
				t.Fatalf("a closed body is read: %v", err)
			}
			if (idle(p) == 1) != tt.kept {
				t.Fatalf("%d idle", idle(p))
			}
			if !tt.kept {
				l.closed()
			}
		})
	}
}

// An event is there as soon as it was sent: nothing waits for more.
func TestAStreamIsReadAsItComes(t *testing.T) {
	for name, text := range map[string][2]string{
		"chunks":        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "9\r\ndata: 1\n\n\r\n"},
		"half a chunk":  {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n", "data: 1\n\n"},
		"no CRLF yet":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "9\r\ndata: 1\n\n"},
		"by connection": {"HTTP/1.1 200 OK\r\n\r\n", "data: 1\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f := listen(t)
			p := f.pool(nil)
			got := make(chan string)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				defer close(got)
				resp, err := p.Do(ctx, get)
				if err != nil {
					t.Error(err)
					return
				}
				got <- "open"
				b := make([]byte, 4096)
				n, err := resp.Body.Read(b)
				if err != nil {
					t.Error(err)
				}
				got <- string(b[:n])
				_ = resp.Body.Close()
			}()
			l := f.accept()
			l.request()
			l.say(text[0])
			if s := <-got; s != "open" {
				t.Fatal(s)
			}
			l.say(text[1])
			if s := <-got; s != "data: 1\n\n" {
				t.Fatalf("got %q", s)
			}
			<-got
			l.closed()
		})
	}
}

// A server that answers without reading a large request, be it that it closes or
// that it waits, is heard. Its connection is not used again.
func TestAnEarlyAnswer(t *testing.T) {
	const early = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge"
	for name, size := range map[string]int{"beside": 64 << 20, "in one write": 20 << 10} {
		t.Run(name, func(t *testing.T) {
			f := listen(t)
			p := f.pool(nil)
			out := begin(t.Context(), p, post(strings.Repeat("x", size)))
			l := f.accept()
			if _, err := l.in.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			l.say(early)
			r := <-out
			r.is(t, "large")
			if r.resp.Status != http.StatusRequestEntityTooLarge {
				t.Fatal(r.resp.Status)
			}
			if name == "beside" && idle(p) != 0 {
				t.Fatal("a connection was kept on which half a request stands")
			}
		})
	}
}

// A large request arrives whole, and its connection is kept.
func TestALargeRequest(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	body := strings.Repeat("0123456789", 1<<20)
	out := begin(t.Context(), p, post(body))
	l := f.accept()
	if _, got := l.request(); got != body {
		t.Fatalf("%d bytes arrived", len(got))
	}
	l.say(hello)
	(<-out).is(t, "hello")
	l.exchangeOrNew(f, p)
}

// exchangeOrNew: whether the writing goroutine has reported in time is a race that
// costs a connection and no more.
func (l *line) exchangeOrNew(f *fake, p *Pool) {
	if idle(p) == 0 {
		l = nil
	}
	_, r := f.exchange(p, l, post("{}"), hello)
	r.is(f.t, "hello")
}

func TestConcurrentCallersGetTheirOwnAnswers(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if len(b)%2 == 0 {
			w.(http.Flusher).Flush() // chunked
		}
		_, _ = w.Write(b)
	}))
	defer s.Close()
	u, _ := url.Parse(s.URL)
	p, err := New(u, options())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var wg sync.WaitGroup
	for caller := range 16 {
		wg.Go(func() {
			for i := range 50 {
				body := strings.Repeat(string(rune('a'+caller)), i*i*40)
				if r := p.all(t.Context(), post(body)); r.err != nil || r.body != body {
					t.Errorf("%d bytes for %d, %v", len(r.body), len(body), r.err)
				}
			}
		})
	}
	wg.Wait()
	if n := idle(p); n == 0 || n > 4 {
		t.Errorf("%d idle", n)
	}
}

// piped is a pool whose connections are pipes, for synthetic time.
func piped(o Options) (*Pool, <-chan net.Conn) {
	p, _ := New(&url.URL{Scheme: "http", Host: "h", Path: "/"}, o)
	servers := make(chan net.Conn, 8)
	p.dial = func(context.Context) (*conn, error) {
		ours, theirs := net.Pipe()
		servers <- theirs
		return newConn(p, ours, ours), nil
	}
	return p, servers
}

// greeted is the server's end of a connection of p after one exchange.
func greeted(t *testing.T, p *Pool, servers <-chan net.Conn) *line {
	t.Helper()
	out := begin(t.Context(), p, post("{}"))
	l := &line{<-servers, nil, t}
	_, _ = l.Read(make([]byte, 4096))
	l.say(hello)
	(<-out).is(t, "hello")
	return l
}

func TestTimeLimits(t *testing.T) {
	o := Options{Connect: time.Second, FirstByte: time.Minute, Idle: time.Hour, MaxIdle: 4}
	t.Run("the head", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, servers := piped(o)
			defer p.Close()
			out := begin(t.Context(), p, post("{}"))
			l := &line{<-servers, nil, t}
			b := make([]byte, 4096)
			if _, err := l.Read(b); err != nil {
				t.Fatal(err)
			}
			time.Sleep(59 * time.Second)
			l.say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2") // sets no clock back
			began := time.Now()
			if r := <-out; !errors.Is(r.err, os.ErrDeadlineExceeded) {
				t.Fatal(r.err)
			}
			if d := time.Since(began); d < time.Second || d > 16*time.Second { // see conn.limit
				t.Fatalf("after %s more", d)
			}
			if _, err := l.Read(b); !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		})
	})
	t.Run("a body has none", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, servers := piped(o)
			defer p.Close()
			out := begin(t.Context(), p, post("{}"))
			l := &line{<-servers, nil, t}
			_, _ = l.Read(make([]byte, 4096))
			l.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
			time.Sleep(24 * time.Hour)
			l.say("llo")
			(<-out).is(t, "hello")
		})
	})
	t.Run("idle", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, servers := piped(o)
			defer p.Close()
			l := greeted(t, p, servers)
			began := time.Now()
			_, err := l.Read(make([]byte, 1))
			if d := time.Since(began); !errors.Is(err, io.EOF) || d < o.Idle || d > o.Idle+sweepEvery {
				t.Fatalf("%v after %s", err, d)
			}
		})
	})
	t.Run("idle, and the server has closed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, servers := piped(o)
			defer p.Close()
			l := greeted(t, p, servers)
			_ = l.Close()
			time.Sleep(sweepEvery + time.Second)
			synctest.Wait()
			if idle(p) != 0 {
				t.Fatal("a closed connection is held")
			}
		})
	})
}

// A sweep gives back no more than may wait, the longest waiting go first, and
// nothing at all to a pool that was closed meanwhile.
func TestWhatASweepGivesBack(t *testing.T) {
	p, _ := piped(options())
	some := func(n int) (all []*conn) {
		for range n {
			c, _ := p.dial(t.Context())
			all = append(all, c)
		}
		return all
	}
	old, fresh := some(3), some(3)
	p.idle = slices.Clone(fresh)
	if tooMany := p.swept(slices.Clone(old)); !slices.Equal(tooMany, old[:2]) || !slices.Equal(p.idle, append(old[2:], fresh...)) {
		t.Errorf("%d are too many, %d stay", len(tooMany), len(p.idle))
	}
	p.Close()
	if tooMany := p.swept(old[:2]); len(tooMany) != 2 || idle(p) != 0 {
		t.Errorf("a closed pool takes %d", idle(p))
	}
	closeAll(old)
}

// A half takes a part of a request and fails, while the answer can be read.
type half struct{ net.Conn }

func (half) Write([]byte) (int, error) { return 10, syscall.EPIPE }

func TestAnAnswerToHalfARequestIsTheLast(t *testing.T) {
	p, servers := piped(options())
	defer p.Close()
	connect := p.dial
	p.dial = func(ctx context.Context) (*conn, error) {
		c, err := connect(ctx)
		c.nc = half{c.nc}
		return c, err
	}
	out := begin(t.Context(), p, post("{}"))
	l := &line{<-servers, nil, t}
	l.say(hello)
	(<-out).is(t, "hello")
	if idle(p) != 0 {
		t.Error("the connection was kept")
	}
}

// After Close nothing is kept.
func TestCloseOfThePool(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	l, r := f.exchange(p, nil, post("{}"), hello)
	r.is(t, "hello")
	p.Close()
	l.closed()
	l, r = f.exchange(p, nil, post("{}"), hello)
	r.is(t, "hello")
	l.closed()
}

// An absent limit is an error.
func TestOptionsHaveNoInfinity(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"connect": func(o *Options) { o.Connect = 0 }, "first byte": func(o *Options) { o.FirstByte = 0 },
		"idle": func(o *Options) { o.Idle = 0 }, "max idle": func(o *Options) { o.MaxIdle = 0 },
	} {
		o := options()
		change(&o)
		if _, err := New(&url.URL{Scheme: "http", Host: "h"}, o); !errors.Is(err, errOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Finish lets the end of a body arrive, so that the connection serves again, whatever
// becomes of the call's context; what does not end in time, or goes on, costs it.
func TestFinishWaitsForTheEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		rest string
		kept bool
	}{
		"the last chunk":  {"0\r\n\r\n", true},
		"one more, empty": {"2\r\n\n\n\r\n0\r\n\r\n", true},
		"nothing":         {"", false},
		"something long":  {"1fff\r\n" + strings.Repeat("x", 0x1fff) + "\r\n", false},
		"something bad":   {"z\r\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := listen(t)
			p := f.pool(nil)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			opened := make(chan *Response, 1)
			go func() {
				resp, err := p.Do(ctx, post("{}"))
				if err != nil {
					t.Error(err)
				}
				opened <- resp
			}()
			l := f.accept()
			l.request()
			l.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n")
			resp := <-opened
			if _, err := io.ReadFull(resp.Body, make([]byte, 5)); err != nil {
				t.Fatal(err)
			}
			resp.Finish()
			cancel()
			l.say(tt.rest)
			if !tt.kept {
				l.closed()
				return
			}
			for deadline := time.Now().Add(10 * time.Second); idle(p) != 1; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatal("the connection was not kept")
				}
			}
		})
	}
}
