package h1

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Shutdown closes who is idle, and waits for who is served: whose answer is whole, says
// that it is the last, and is.
func TestShutdownWaits(t *testing.T) {
	for name, flushed := range map[string]bool{"not begun": false, "begun": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if flushed {
						_ = http.NewResponseController(w).Flush()
					}
					time.Sleep(5 * time.Second)
					_, _ = io.WriteString(w, "hello")
				})})
				fresh, idle, busy := f.dial(), f.dial(), f.dial()
				idle.say(get("/"))
				idle.answer().is(t, http.StatusOK, "hello")
				since, ended := time.Now(), make(chan error)
				go func() {
					busy.say(get("/"))
					time.Sleep(time.Second)
					ended <- f.s.Shutdown(context.Background())
				}()
				a := busy.answer()
				if a.is(t, http.StatusOK, "hello"); a.Close == flushed {
					t.Errorf("closing: %t", a.Close)
				}
				for _, l := range []*line{busy, idle, fresh} {
					l.closed()
				}
				if err := <-ended; err != nil || time.Since(since) != 5*time.Second {
					t.Errorf("%v after %s", err, time.Since(since))
				}
			})
		})
	}
}

// Shutdown waits no longer than it may.
func TestShutdownIsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })})
		l := f.dial()
		l.say(get("/"))
		synctest.Wait() // it is served
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := f.s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		_ = f.s.Close()
		l.closed()
	})
}

// A connection that is accepted while the server ends is not forgotten.
func TestAcceptedTooLate(t *testing.T) {
	for name, end := range map[string]func(*Server) error{"Shutdown": func(s *Server) error { return s.Shutdown(context.Background()) }, "Close": (*Server).Close} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				f := startAt(t, &late{pipes: newPipes(), last: theirs}, Options{Handler: http.HandlerFunc(echo)})
				synctest.Wait()
				since := time.Now()
				if err := end(f.s); err != nil {
					t.Error(err)
				}
				over(t, ours).closed()
				if took := time.Since(since); took != 0 {
					t.Errorf("it was served for %s", took)
				}
			})
		})
	}
}

// late hands out one more connection when it is closed.
type late struct {
	*pipes
	last net.Conn
}

func (l *late) Accept() (net.Conn, error) {
	<-l.closed
	if c := l.last; c != nil {
		l.last = nil
		return c, nil
	}
	return nil, net.ErrClosed
}

// Close cuts whoever is there, in whatever phase, and no new one comes.
func TestCloseCuts(t *testing.T) {
	entered, causes := make(chan bool), make(chan error, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		entered <- true
		<-r.Context().Done()
		causes <- context.Cause(r.Context())
	})
	for name, f := range map[string]*fake{"plain": startAt(t, loopback(t), Options{Handler: h}), "TLS": startTLS(t, Options{Handler: h})} {
		t.Run(name, func(t *testing.T) {
			dial := f.dial
			if name == "TLS" {
				dial = func() *line { return f.dialTLS() }
			}
			idle, half, busy := dial(), dial(), dial()
			half.say("GET / HT")
			busy.say(get("/"))
			<-entered
			_ = f.s.Close()
			if err := <-causes; !errors.Is(err, errGone) {
				t.Errorf("the context's cause is %v", err)
			}
			for _, l := range []*line{idle, half, busy} {
				if b, err := io.ReadAll(l.in); timedOut(err) || strings.HasSuffix(string(b), "0\r\n\r\n") {
					t.Errorf("%q, %v", b, err)
				}
			}
			if c, err := net.Dial("tcp", f.l.Addr().String()); err == nil {
				_ = c.Close()
				t.Error("there is still somebody")
			}
		})
	}
}

// A panic is its connection's end and nobody else's: nothing that was written may be
// taken for an answer. One is no surprise: http.ErrAbortHandler is not logged.
func TestPanics(t *testing.T) {
	var body io.Reader
	f := start(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/at-once":
			panic("at once")
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/written":
			_, _ = io.WriteString(w, "hello")
			panic("written")
		case "/flushed":
			_, _ = io.WriteString(w, "hello")
			_ = http.NewResponseController(w).Flush()
			panic("flushed")
		case "/length":
			announcing("10", 200, "hello")(w, r)
			_ = http.NewResponseController(w).Flush()
			panic("a length")
		case "/unread":
			body = r.Body
			panic("unread")
		}
	})
	for path, logged := range map[string]string{"/at-once": "at once", "/abort": "", "/written": "written", "/flushed": "flushed", "/length": "a length", "/unread": "unread"} {
		l := f.dial()
		l.say("POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + get("/next"))
		if resp, err := http.ReadResponse(l.in, nil); err == nil {
			if b, err := io.ReadAll(resp.Body); err == nil {
				t.Errorf("%s: answered with %d %q", path, resp.StatusCode, b)
			}
		}
		if log := f.log.String(); logged != "" && (!strings.Contains(log, "a handler panicked") || !strings.Contains(log, logged)) {
			t.Errorf("%s is not logged: %s", path, log)
		}
		f.dial().kept()
	}
	if strings.Contains(f.log.String(), http.ErrAbortHandler.Error()) {
		t.Error("an abort is logged")
	}
	_ = f.s.Shutdown(t.Context()) // after which nothing of theirs runs
	if b, err := io.ReadAll(body); !errors.Is(err, errOver) {
		t.Errorf("the body that was left reads %q, %v: its reader is another connection's", b, err)
	}
}

// So is one in what answers malformed requests, or names connections.
func TestPanicsElsewhere(t *testing.T) {
	for name, o := range map[string]Options{
		"Malformed":   {Malformed: func(http.ResponseWriter, Malformed) { panic("elsewhere") }},
		"ConnContext": {ConnContext: func(context.Context, net.Conn) context.Context { panic("elsewhere") }},
	} {
		t.Run(name, func(t *testing.T) {
			o.Handler = http.HandlerFunc(echo)
			f := startAt(t, loopback(t), o)
			l := f.dial()
			l.say("nonsense\r\n")
			if b, _ := io.ReadAll(l.in); len(b) > 0 {
				t.Errorf("answered with %q", b)
			}
			if err := f.s.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if !strings.Contains(f.log.String(), "elsewhere") {
				t.Errorf("it is not logged: %s", f.log)
			}
		})
	}
}

// poor is a listener that lacks what it needs for a while.
type poor struct {
	*pipes
	errs []error
}

func (p *poor) Accept() (net.Conn, error) {
	if len(p.errs) == 0 {
		return p.pipes.Accept()
	}
	err := p.errs[0]
	p.errs = p.errs[1:]
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", err)}
}

// What is lacking is waited for, ever longer.
func TestAcceptIsTriedAgain(t *testing.T) {
	for _, lack := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.ECONNABORTED} {
		t.Run(lack.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &poor{newPipes(), []error{lack, lack, lack, lack}}
				since := time.Now()
				f := startAt(t, p, Options{Handler: http.HandlerFunc(echo)})
				over(t, p.dial()).kept()
				if took := time.Since(since); took != (5+10+20+40)*time.Millisecond {
					t.Errorf("it took %s", took)
				}
				if n := strings.Count(f.log.String(), "a connection cannot be accepted"); n != 4 {
					t.Errorf("said %d times: %s", n, f.log)
				}
			})
		})
	}
}

// Other failures are Serve's.
func TestAcceptFails(t *testing.T) {
	s := New(Options{Handler: http.HandlerFunc(echo)})
	if err := s.Serve(&poor{newPipes(), []error{syscall.EINVAL}}); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("got %v", err)
	}
	_ = s.Close()
	if err := s.Serve(newPipes()); !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// Without Malformed there is the status alone.
func TestMalformedWithoutWords(t *testing.T) {
	s, at := New(Options{Handler: http.HandlerFunc(echo)}), loopback(t)
	ended := make(chan error)
	go func() { ended <- s.Serve(at) }()
	defer func() { _ = s.Close(); <-ended }() //nolint:errcheck // it was told to end
	c, err := net.Dial("tcp", at.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	l := over(t, c)
	l.say("nonsense\r\n")
	a := l.answer()
	a.is(t, http.StatusBadRequest, "")
	if fmt.Sprint(a.ContentLength, a.Close) != "0 true" {
		t.Errorf("%+v", a.Response)
	}
	l.closed()
}
