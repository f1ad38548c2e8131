package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// within asserts that what began at since ended at after, or by the sweep's next look.
func within(t *testing.T, since time.Time, after time.Duration) {
	t.Helper()
	if took := time.Since(since); took < after || took > after+slowTick+tick {
		t.Errorf("it took %s; want %s", took, after)
	}
}

// connections is how many there are.
func (s *Server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Who asks for nothing is closed without a word, before a request and after one.
func TestIdleConnectionsEnd(t *testing.T) {
	for name, before := range map[string]bool{"before a request": false, "after one": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(echo), Idle: time.Minute})
				l := f.dial()
				if before {
					time.Sleep(50 * time.Second)
					l.kept()
				}
				since := time.Now()
				l.closed()
				within(t, since, time.Minute)
				if len(f.malformations()) > 0 || f.log.String() != "" {
					t.Errorf("%+v %s", f.malformations(), f.log)
				}
			})
		})
	}
}

// The times are there where nobody says them.
func TestDefaultTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(echo)})
		since, l := time.Now(), f.dial()
		l.closed()
		within(t, since, 2*time.Minute)
		since, l = time.Now(), f.dial()
		l.say("GET")
		l.answer().is(t, http.StatusRequestTimeout, errLate.Error())
		within(t, since, 10*time.Second)
	})
}

// drip sends a byte a second, until that fails.
func (l *line) drip(text string) (done <-chan bool) {
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for _, c := range []byte(text) {
			if _, err := l.Write([]byte{c}); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}()
	return ended
}

// A head that drips is answered with 408 and counted, wherever it has come to.
func TestDrippedHeads(t *testing.T) {
	for name, text := range map[string]string{
		"the first line":  get("/a/long/path"),
		"the fields":      "GET / HTTP/1.1\r\n" + "Host: h\r\nX: abcdefghijklmnop\r\n\r\n",
		"an empty line":   "\r\n",
		"the second head": get("/") + "G",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(echo), Head: 5 * time.Second})
				l := f.dial()
				at := 0
				switch name {
				case "the fields":
					at = len("GET / HTTP/1.1\r\n")
				case "the second head":
					at = len(get("/"))
				}
				if at > 0 {
					l.say(text[:at])
				}
				if name == "the second head" {
					l.answer().is(t, http.StatusOK, "/")
				}
				since := time.Now()
				dripped := l.drip(text[at:])
				l.answer().is(t, http.StatusRequestTimeout, errLate.Error())
				within(t, since, 5*time.Second)
				l.closed()
				<-dripped
				if bad := f.malformations(); len(bad) != 1 || bad[0].Status != http.StatusRequestTimeout {
					t.Errorf("counted as %+v", bad)
				}
			})
		})
	}
}

// A TLS handshake that drips ends, and what is not there is not answered.
func TestDrippedHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		f := startAt(t, tls.NewListener(p, secret(t)), Options{Handler: http.HandlerFunc(echo), Head: 5 * time.Second})
		l := over(t, p.dial())
		since := time.Now()
		dripped := l.drip("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
		l.closed()
		within(t, since, 5*time.Second)
		<-dripped
		if f.s.connections() != 0 || len(f.malformations()) != 0 {
			t.Errorf("%d connections, %+v", f.s.connections(), f.malformations())
		}
	})
}

// Who sends nonsense and does not take the answer has it not.
func TestAnswersThatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(echo), Head: 5 * time.Second})
		l := f.dial()
		l.say("nonsense\r\n")
		time.Sleep(4 * time.Second)
		if f.s.connections() != 1 {
			t.Error("it had no time to take it")
		}
		time.Sleep(2 * time.Second)
		if f.s.connections() != 0 {
			t.Error("the connection is still there")
		}
	})
}

// How long a request takes is no reason to disturb it while its caller is there: its
// context goes on, and the next one is read, whether it came meanwhile or comes later,
// whole or in parts.
func TestRequestsAreNotDisturbed(t *testing.T) {
	for name, meanwhile := range map[string]string{"nothing comes meanwhile": "", "a byte of the next": post("again")[:1], "half of the next": post("again")[:30], "the next": post("again")} {
		for _, takes := range []time.Duration{0, tick / 2, tick + tick/2, 2*tick + tick/2, time.Hour} {
			t.Run(name+" in "+takes.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { undisturbed(t, "", meanwhile, takes) })
				synctest.Test(t, func(t *testing.T) { undisturbed(t, meanwhile, "", takes) })
			})
		}
	}
}

// undisturbed sends three times a request with something of the next, and the rest of it
// later.
func undisturbed(t *testing.T, together, meanwhile string, takes time.Duration) {
	var last context.Context
	f := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if last != nil && !errors.Is(last.Err(), context.Canceled) {
			t.Error("the last request's context has not ended with it")
		}
		last = r.Context() //nolint:fatcontext // it is looked at, not built upon
		b, _ := io.ReadAll(r.Body)
		time.Sleep(takes)
		if err := context.Cause(r.Context()); err != nil {
			t.Error(err)
		}
		_, _ = w.Write(b)
	})})
	l := f.dial()
	for range 3 {
		l.say(post("hello") + together)
		sent := make(chan bool)
		go func() { // within TLS or a pipe a write waits for its reader
			defer close(sent)
			_, _ = io.WriteString(l, meanwhile)
		}()
		l.answer().is(t, http.StatusOK, "hello")
		<-sent
		l.say(post("again")[len(together)+len(meanwhile):])
		l.answer().is(t, http.StatusOK, "again")
	}
}

// A deadline that a handler sets for reading is its own request's.
func TestReadDeadlinesEndWithTheirRequest(t *testing.T) {
	for _, takes := range []time.Duration{0, time.Second} { // the second is watched
		synctest.Test(t, func(t *testing.T) {
			l := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
					t.Error(err)
				}
				time.Sleep(takes)
				echo(w, r)
			})}).dial()
			for range 2 {
				l.say(post("hello"))
				l.answer().is(t, http.StatusOK, "hello")
				time.Sleep(10 * time.Second)
			}
		})
	}
}

// And it holds while the request's body is read.
func TestReadDeadlinesHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Error(err)
			}
			if _, err := io.ReadAll(r.Body); !timedOut(err) {
				t.Errorf("read: %v", err)
			}
			w.WriteHeader(http.StatusRequestTimeout)
		})}).dial()
		l.say(posting("Content-Length: 5", "hell"))
		if a := l.answer(); a.StatusCode != http.StatusRequestTimeout || !a.Close {
			t.Errorf("%d, closing %t", a.StatusCode, a.Close)
		}
		l.closed()
	})
}

// What came of a head with the request before it is the begin of one, which has its time
// and no more.
func TestHeadsThatWereBegunBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(echo), Head: 5 * time.Second})
		l := f.dial()
		l.say(get("/") + get("/")[:6])
		l.answer().is(t, http.StatusOK, "/")
		since := time.Now()
		l.answer().is(t, http.StatusRequestTimeout, errLate.Error())
		within(t, since, 5*time.Second)
		l.closed()
	})
}

// Nobody else reads from a connection while a handler reads a body that comes slowly,
// the first one or the next.
func TestSlowBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := startAt(t, newPipes(), Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			echo(w, r)
			if err := context.Cause(r.Context()); err != nil {
				t.Error(err)
			}
		})}).dial()
		for range 3 {
			text := post("hello")
			for _, part := range []string{text[:len(text)-4], text[len(text)-4 : len(text)-1], text[len(text)-1:]} {
				time.Sleep(time.Second)
				l.say(part)
			}
			l.answer().is(t, http.StatusOK, "hello")
		}
	})
}
