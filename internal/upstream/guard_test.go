package upstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A scripted transport answers by its function, so that time can be synctest's.
type scripted struct {
	mu     sync.Mutex
	calls  int
	opened int
	answer func(ctx context.Context, c Call) (Reply, error)
	says   *wire.Message // before each answer
}

func (s *scripted) send(ctx context.Context, c Call, emit Emit) (Reply, error) {
	if s.says != nil {
		if err := emit(Event{Message: s.says}); err != nil {
			return Reply{}, err
		}
	}
	s.mu.Lock()
	s.calls++
	if c.Message != nil && c.Message.Method == "initialize" {
		s.opened++
	}
	f := s.answer
	s.mu.Unlock()
	return f(ctx, c)
}

func (s *scripted) close(context.Context) error { return nil }

func (s *scripted) count() (calls, opened int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls, s.opened
}

func result(c Call, format string, args ...any) (Reply, error) {
	if c.Message == nil || c.Message.Kind != wire.Request {
		return Reply{}, nil
	}
	text := fmt.Sprintf(format, args...)
	if c.Message.Method == "initialize" {
		text = welcome
	}
	m, err := wire.NewResult(c.Message.ID, []byte(text))
	return Reply{Message: m}, err
}

func script(t testing.TB, p Protocol, change func(*Spec), answer func(context.Context, Call) (Reply, error)) (*bench, *scripted) {
	t.Helper()
	spec := Spec{Protocol: p, HTTP: &HTTPSpec{URL: "http://127.0.0.1:1/"}, Times: defaultTimes(), Calls: 8, Queue: 8}
	if change != nil {
		change(&spec)
	}
	b, s := newBench(t, spec), &scripted{answer: answer}
	b.all.get("s").transport = s
	return b, s
}

func down(context.Context, Call) (Reply, error) {
	return Reply{}, &mantlet.Fault{Kind: mantlet.Unavailable, Public: "server s could not be reached"}
}

func up(_ context.Context, c Call) (Reply, error) { return result(c, `{}`) }

func TestTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := script(t, Modern, nil, down)
		call := b.modern(ann, "tools/list", "")
		for range 5 {
			_, err := b.send(call)
			wants(t, err, mantlet.Unavailable, "could not be reached")
		}
		for range 3 {
			_, err := b.send(call)
			wants(t, err, mantlet.Unavailable, "rests for a moment")
			if f, _ := errors.AsType[*mantlet.Fault](err); f.Remedy != (mantlet.RetryAfter{Seconds: 5}) {
				t.Errorf("the remedy is %+v", f.Remedy)
			}
		}
		if n, _ := s.count(); n != 5 {
			t.Errorf("the server was asked %d times", n)
		}
		time.Sleep(5*time.Second + time.Millisecond) // synctest's time
		_, err := b.send(call)
		wants(t, err, mantlet.Unavailable, "could not be reached") // one try
		_, err = b.send(call)
		wants(t, err, mantlet.Unavailable, "rests for a moment")
		time.Sleep(5*time.Second + time.Millisecond)
		// A stream that stays is not the one that tries, nor does it keep others out.
		hold := make(chan struct{})
		s.mu.Lock()
		s.answer = func(ctx context.Context, c Call) (Reply, error) {
			if c.Message.Method == "subscriptions/listen" {
				<-hold
			}
			return up(ctx, c)
		}
		s.mu.Unlock()
		done := make(chan struct{})
		go func() { defer close(done); b.must(b.modern(ann, "subscriptions/listen", `,"notifications":{}`)) }()
		synctest.Wait()
		for range 10 {
			b.must(call)
		}
		close(hold)
		<-done
	})
}

// A panic below gives the permit back.
func TestThePermitComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := script(t, Modern, nil, down)
		call := b.modern(ann, "tools/list", "")
		for range 5 {
			_, _ = b.send(call)
		}
		time.Sleep(restTime + time.Millisecond)
		s.mu.Lock()
		s.answer = func(context.Context, Call) (Reply, error) { panic("a defect") }
		s.mu.Unlock()
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_, _ = b.send(call)
		}()
		s.mu.Lock()
		s.answer = up
		s.mu.Unlock()
		b.must(call)
	})
}

// What a caller does says nothing about the server; a limit that passes does.
func TestWhatTheBreakerCounts(t *testing.T) {
	wait := func(ctx context.Context, _ Call) (Reply, error) {
		<-ctx.Done()
		return Reply{}, context.Cause(ctx)
	}
	refuse := func(kind mantlet.FaultKind) func(context.Context, Call) (Reply, error) {
		return func(context.Context, Call) (Reply, error) { return Reply{}, &mantlet.Fault{Kind: kind, Public: "no"} }
	}
	progress, err := wire.NewNotification("notifications/progress", []byte(`{"progressToken":1,"progress":1}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		answer func(context.Context, Call) (Reply, error)
		says   *wire.Message
		cancel bool
		rests  bool
	}{
		"unavailable":                    {answer: refuse(mantlet.Unavailable), rests: true},
		"too slow":                       {answer: wait, rests: true},
		"heard, and the caller was slow": {answer: wait, says: progress},
		"heard, and then it was no more": {answer: refuse(mantlet.Unavailable), says: progress, rests: true},
		"cancelled":                      {answer: wait, cancel: true},
		"malformed":                      {answer: refuse(mantlet.Malformed)},
		"unknown":                        {answer: refuse(mantlet.Unknown)},
		"another error":                  {answer: func(context.Context, Call) (Reply, error) { return Reply{}, errors.New("x") }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, s := script(t, Modern, nil, c.answer)
				s.says = c.says
				for range 8 {
					ctx, cancel := context.WithCancel(context.Background())
					if c.cancel {
						time.AfterFunc(time.Second, cancel)
					}
					_, err := b.all.Send(ctx, b.modern(ann, "tools/list", ""), silent)
					cancel()
					if err == nil {
						t.Fatal("it went well")
					}
				}
				if n, _ := s.count(); (n < 8) != c.rests {
					t.Errorf("the server was asked %d times of 8", n)
				}
			})
		})
	}
}

func TestTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := script(t, Modern, nil, func(ctx context.Context, _ Call) (Reply, error) {
			<-ctx.Done()
			return Reply{}, context.Cause(ctx)
		})
		began := time.Now()
		_, err := b.send(b.modern(ann, "tools/list", ""))
		wants(t, err, mantlet.Unavailable, "server s did not answer within 5m0s")
		if took := time.Since(began); took != 5*time.Minute {
			t.Errorf("after %s", took)
		}
		began = time.Now()
		_, err = b.send(b.modern(ann, "subscriptions/listen", `,"notifications":{}`))
		wants(t, err, mantlet.Unavailable)
		if took := time.Since(began); took != 24*time.Hour {
			t.Errorf("a stream ended after %s", took)
		}
	})
}

func TestTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b, s := script(t, Modern, func(s *Spec) { s.Calls, s.Queue = 2, 3 }, func(_ context.Context, c Call) (Reply, error) {
			<-release
			return result(c, `{}`)
		})
		call := b.modern(ann, "tools/list", "")
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { b.must(call) })
		}
		synctest.Wait()
		if n, _ := s.count(); n != 2 {
			t.Errorf("%d calls are at the server, want 2", n)
		}
		_, err := b.send(call)
		wants(t, err, mantlet.Limited, "server s has too many calls waiting")
		if f, _ := errors.AsType[*mantlet.Fault](err); f.Remedy != (mantlet.RetryAfter{Seconds: 1}) {
			t.Errorf("the remedy is %+v", f.Remedy)
		}
		stream := make(chan error, 1) // takes no place
		go func() { _, err := b.send(b.modern(ann, "subscriptions/listen", `,"notifications":{}`)); stream <- err }()
		synctest.Wait()
		if n, _ := s.count(); n != 3 {
			t.Errorf("%d are at the server: a stream waits for a place", n)
		}
		close(release)
		wg.Wait()
		if err := <-stream; err != nil {
			t.Error(err)
		}
		b.must(call) // every place is free again
	})
}

// Who waits for a place and goes away leaves none behind.
func TestWaitingIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		b, _ := script(t, Modern, func(s *Spec) { s.Calls, s.Queue, s.Times.Stream = 1, 1, s.Times.Call }, func(_ context.Context, c Call) (Reply, error) {
			<-release
			return result(c, `{}`)
		})
		call := b.modern(ann, "tools/list", "")
		done := make(chan struct{})
		go func() { defer close(done); b.must(call) }()
		synctest.Wait()
		for range 10 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			if _, err := b.all.Send(ctx, call, silent); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			cancel()
		}
		close(release)
		<-done
	})
}

// A modern caller's legacy session is opened once however many calls come at once,
// one for each principal, and again when the server has forgotten it.
func TestLazySessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		forgotten := map[string]bool{}
		var mu sync.Mutex
		next := 0
		b, s := script(t, Legacy, nil, func(_ context.Context, c Call) (Reply, error) {
			mu.Lock()
			defer mu.Unlock()
			if c.Message.Method == "initialize" {
				time.Sleep(time.Second) // synctest's: all others wait
				next++
				r, err := result(c, "")
				r.Session = fmt.Sprint("u-", next)
				return r, err
			}
			if forgotten[c.Session.Upstream] {
				return Reply{}, &mantlet.Fault{Kind: mantlet.Unknown, Public: "the server has ended this session"}
			}
			return result(c, `{"in":%q}`, c.Session.Upstream)
		})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if got := b.must(b.modern(ann, "tools/call", `,"name":"t"`)); !strings.Contains(got, `"in":"u-1"`) || !strings.Contains(got, `"id":7`) {
					t.Error(got)
				}
			})
		}
		wg.Wait()
		if _, opened := s.count(); opened != 1 {
			t.Errorf("%d sessions were opened", opened)
		}
		if got := b.must(b.modern(bob, "tools/call", `,"name":"t"`)); !strings.Contains(got, `"in":"u-2"`) {
			t.Errorf("bob's: %s", got)
		}
		mu.Lock()
		forgotten["u-1"] = true
		mu.Unlock()
		if got := b.must(b.modern(ann, "tools/call", `,"name":"t"`)); !strings.Contains(got, `"in":"u-3"`) {
			t.Errorf("after 404: %s", got)
		}
		if got := b.must(b.modern(bob, "tools/call", `,"name":"t"`)); !strings.Contains(got, `"in":"u-2"`) {
			t.Errorf("bob's: %s", got)
		}
		mu.Lock()
		forgotten["u-3"], forgotten["u-4"] = true, true
		mu.Unlock()
		_, err := b.send(b.modern(ann, "tools/call", `,"name":"t"`)) // once is enough
		wants(t, err, mantlet.Unknown)
		if _, opened := s.count(); opened != 4 {
			t.Errorf("%d sessions were opened in all, want 4", opened)
		}
	})
}

// A handshake that fails is tried again by the next call, not remembered.
func TestALazySessionThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, s := script(t, Legacy, nil, down)
		_, err := b.send(b.modern(ann, "tools/list", ""))
		wants(t, err, mantlet.Unavailable)
		s.mu.Lock()
		s.answer = func(_ context.Context, c Call) (Reply, error) { return result(c, `{"tools":[]}`) }
		s.mu.Unlock()
		b.must(b.modern(ann, "tools/list", ""))
	})
}

// A link that says nothing, for what minds only the table.
type still struct{ done chan struct{} }

func (still) Send(context.Context, []byte) error { return nil }
func (s still) Done() <-chan struct{}            { return s.done }
func (still) Err() error                         { return nil }

func TestIdleSessionsAreReaped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := Spec{ID: "s", Limits: wire.DefaultLimits(), Times: Times{Connect: 1, FirstByte: 1, Call: 1, Idle: 10 * time.Minute, Stream: 1}}
		table := newSessions(spec, quietOptions().Log, nil)
		stopped := map[mantlet.PrincipalKey]time.Time{}
		began := time.Now()
		table.open = func(c Call) (*conn, error) {
			l := still{make(chan struct{})}
			conn := table.newConn(l, func(context.Context) error {
				stopped[c.Principal.Key()] = time.Now()
				close(l.done)
				return nil
			}, c.Principal.Key())
			close(conn.over)
			go table.watch(conn, func() { t.Error("it ended by itself") })
			return conn, nil
		}
		b := &bench{t: t}
		ctx, cancel := context.WithCancel(context.Background())
		go func() { _, _ = table.send(ctx, b.legacy(ann, "n", initialize), silent) }() // ann's call stays open
		go func() {
			c, quick := context.WithTimeout(context.Background(), time.Minute)
			defer quick()
			_, _ = table.send(c, b.legacy(bob, "n", initialize), silent)
		}()
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		if at, ok := stopped[bob.Key()]; !ok || at.Sub(began) < 10*time.Minute || at.Sub(began) > 12*time.Minute {
			t.Errorf("bob's was reaped after %s (%t)", at.Sub(began), ok)
		}
		if _, ok := stopped[ann.Key()]; ok {
			t.Error("ann's was reaped while she waits")
		}
		if _, err := table.send(context.Background(), b.legacy(bob, "n", toolCall(2, "t")), silent); err == nil {
			t.Error("bob's session lives on")
		}
		cancel()
		if err := table.close(context.Background()); err != nil {
			t.Error(err)
		}
		_, err := table.send(context.Background(), b.legacy(bob, "n", initialize), silent)
		wants(t, err, mantlet.Unavailable, "is being stopped")
	})
}
