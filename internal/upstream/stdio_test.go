package upstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

func local(t testing.TB, change func(*Spec)) *bench {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{Protocol: Legacy, Stdio: &StdioSpec{Command: exe, Args: []string{"role", "legacy"}, Grace: 2 * time.Second,
		Env: map[string]string{"GORACE": "atexit_sleep_ms=0"}}} // else the race detector's runtime waits a second
	if change != nil {
		change(&spec)
	}
	return newBench(t, spec)
}

func pid(t testing.TB, reply string) string {
	t.Helper()
	_, after, ok := strings.Cut(reply, `"pid":`)
	if !ok {
		t.Fatalf("no pid in %s", reply)
	}
	return strings.TrimRight(strings.SplitN(after, ",", 2)[0], "}")
}

// One process for each principal's session; the ids in it are Mantlet's own.
func TestStdioSessions(t *testing.T) {
	b := local(t, nil)
	_, err := b.send(b.legacy(ann, "n", toolCall(1, "t")))
	wants(t, err, mantlet.Unknown, "initialize again")
	pids := map[string]bool{}
	for _, who := range []struct {
		p     mantlet.Principal
		nonce string
	}{{ann, "n"}, {bob, "n"}, {ann, "m"}} {
		b.must(b.legacy(who.p, who.nonce, initialize))
		first := b.must(b.legacy(who.p, who.nonce, toolCall(1, "t")))
		if !strings.HasPrefix(first, `{"jsonrpc":"2.0","id":1,`) || !strings.Contains(first, `"id":"m-`) {
			t.Errorf("%s", first)
		}
		if again := b.must(b.legacy(who.p, who.nonce, toolCall(1, "t"))); pid(t, first) != pid(t, again) {
			t.Error("a session has two processes")
		}
		pids[pid(t, first)] = true
	}
	if len(pids) != 3 {
		t.Errorf("%d processes for three sessions", len(pids))
	}
	c := b.legacy(ann, "n", initialized)
	c.Op, c.Message = OpClose, nil
	b.must(c)
	_, err = b.send(b.legacy(ann, "n", toolCall(1, "t")))
	wants(t, err, mantlet.Unknown)
	b.must(b.legacy(bob, "n", toolCall(1, "t"))) // bob's lives on
}

// Callers of one session with the same id at once each get their own answer.
func TestStdioOverlappingCalls(t *testing.T) {
	b := local(t, nil)
	b.must(b.legacy(ann, "n", initialize))
	var mu sync.Mutex
	ids := map[string]bool{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			got := b.must(b.legacy(ann, "n", toolCall(1, "t")))
			_, own, _ := strings.Cut(got, `"id":"m-`)
			mu.Lock()
			defer mu.Unlock()
			ids[own] = true
		})
	}
	wg.Wait()
	if len(ids) != 50 {
		t.Errorf("%d answers for 50 calls", len(ids))
	}
}

func TestStdioWhatAServerSays(t *testing.T) {
	b := local(t, nil)
	b.must(b.legacy(ann, "n", initialize))
	b.must(b.legacy(ann, "n", toolCall(1, "banner")))
	if b.dropped() != 1 {
		t.Errorf("a banner: %+v", b.lost)
	}
	if got := b.must(b.legacy(ann, "n", toolCall(1, "foreign"))); strings.Contains(got, "stolen") || b.dropped() != 4 {
		t.Errorf("answers to ids that a client chooses: %s, %+v", got, b.lost)
	}
	r, err := b.all.Send(context.Background(), b.legacy(ann, "n", toolCall(2, "ask")), func(e Event) error {
		if e.Message.Method != "elicitation/create" || e.Message.ID != "77" {
			return fmt.Errorf("not the question: %s", e.Message.Bytes())
		}
		_, err := b.send(b.legacy(ann, "n", `{"jsonrpc":"2.0","id":78,"result":{}}`)) // was not asked
		if err == nil {
			_, err = b.send(b.legacy(ann, "n", `{"jsonrpc":"2.0","id":77,"result":{"action":"decline"}}`))
		}
		return err
	})
	if err != nil || !strings.Contains(string(r.Message.Bytes()), `"action":"decline"`) {
		t.Errorf("%+v, %v", r, err)
	}
}

// A reply is not lost because the process ends right after it.
func TestStdioLastWords(t *testing.T) {
	b := local(t, nil)
	for range 5 {
		b.must(b.legacy(ann, "n", initialize))
		pid(t, b.must(b.legacy(ann, "n", toolCall(1, "last words"))))
		until(t, "the end of the session", func() bool {
			_, err := b.send(b.legacy(ann, "n", toolCall(1, "last words")))
			f, ok := errors.AsType[*mantlet.Fault](err)
			return ok && f.Kind == mantlet.Unknown
		})
	}
}

// An answer that cannot be read fails its call as soon as it is there, and no other.
func TestStdioGarbles(t *testing.T) {
	b := local(t, nil)
	b.must(b.legacy(ann, "n", initialize))
	_, err := b.send(b.legacy(ann, "n", toolCall(1, "garble")))
	wants(t, err, mantlet.Unavailable, "server s answered with something that is not MCP")
	b.must(b.legacy(ann, "n", toolCall(2, "x")))
}

// One that was stopped for what it said is said to be: its exit code tells nobody.
func TestStdioSaysTooMuch(t *testing.T) {
	b := local(t, nil)
	b.must(b.legacy(ann, "n", initialize))
	_, err := b.send(b.legacy(ann, "n", toolCall(1, "flood")))
	wants(t, err, mantlet.Unavailable, "server s said too much at once and was stopped")
}

// A process that ends in a call fails it with words; one that keeps ending at its
// start rests before it is started again.
func TestStdioEnds(t *testing.T) {
	b := local(t, nil)
	b.must(b.legacy(ann, "n", initialize))
	_, err := b.send(b.legacy(ann, "n", toolCall(1, "die")))
	wants(t, err, mantlet.Unavailable, "server s ended while it was asked; initialize again")
	n := 0
	until(t, "the rest", func() bool { // that an end was noticed shows only in what comes after
		n++
		nonce := fmt.Sprint(n)
		_, err := b.send(b.legacy(bob, nonce, initialize))
		if err == nil {
			_, _ = b.send(b.legacy(bob, nonce, toolCall(1, "die")))
		}
		return err != nil && strings.Contains(err.Error(), "keeps ending at start")
	})
	missing := local(t, func(s *Spec) { s.Stdio.Command = "/nonexistent" })
	_, err = missing.send(missing.legacy(ann, "n", initialize))
	wants(t, err, mantlet.Unavailable, "cannot be started")
}

// A limit that passes cancels by the id that the process knows; so does the caller.
func TestStdioCancellation(t *testing.T) {
	b := local(t, func(s *Spec) {
		s.Times = Times{Connect: time.Second, FirstByte: time.Second, Call: 500 * time.Millisecond, Idle: time.Minute, Stream: time.Minute}
	})
	b.must(b.legacy(ann, "n", initialize))
	heard := make(chan string, 4)
	listen := b.legacy(ann, "n", initialized)
	listen.Op, listen.Message = OpListen, nil
	ctx, cancel := context.WithCancel(context.Background())
	done, open := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_, _ = b.all.Send(ctx, listen, func(e Event) error {
			if e.Comment {
				close(open)
				return nil
			}
			heard <- string(e.Message.Bytes())
			return nil
		})
	}()
	<-open
	_, err := b.send(b.legacy(ann, "n", toolCall(5, "hang")))
	wants(t, err, mantlet.Unavailable, "did not answer within")
	if got := <-heard; !strings.Contains(got, `"cancelled":"m-`) {
		t.Errorf("the process heard %s", got)
	}
	cancel()
	<-done
}

// A shared process serves all, asks nobody, and answers each its own.
func TestStdioShared(t *testing.T) {
	b := local(t, func(s *Spec) {
		s.Stdio.Shared = true
		s.Times = Times{Connect: time.Second, FirstByte: time.Second, Call: time.Second, Idle: time.Minute, Stream: time.Minute}
	})
	b.must(b.legacy(ann, "n", initialize))
	b.must(b.legacy(bob, "m", initialize))
	first, second := b.must(b.legacy(ann, "n", toolCall(1, "t"))), b.must(b.legacy(bob, "m", toolCall(1, "t")))
	if pid(t, first) != pid(t, second) {
		t.Error("it has two processes")
	}
	asked := false
	_, err := b.all.Send(context.Background(), b.legacy(ann, "n", toolCall(2, "ask")), func(Event) error { asked = true; return nil })
	wants(t, err, mantlet.Unavailable)
	if asked || b.dropped() == 0 {
		t.Error("a shared server asked a caller")
	}
	c := b.legacy(ann, "n", initialized)
	c.Op, c.Message = OpClose, nil
	b.must(c)
	if third := b.must(b.legacy(bob, "m", toolCall(3, "hello"))); pid(t, third) != pid(t, first) {
		t.Error("ann's end ended bob's process")
	}
}

// The probe over stdio: a modern server says so, a legacy one says something else
// or nothing at all.
func TestStdioEras(t *testing.T) {
	for role, want := range map[string]spoken{"modern": yes, "legacy": no} {
		b := local(t, func(s *Spec) { s.Protocol, s.Stdio.Args = Auto, []string{"role", role} })
		b.must(b.modern(ann, "tools/call", `,"name":"t"`))
		if got, _ := b.all.get("s").eras.get(); got != want {
			t.Errorf("%s was classified %d", role, got)
		}
	}
}

// Who hears what: the table of conn.owner, without a process.
func TestWhoHearsWhat(t *testing.T) {
	table := newSessions(Spec{ID: "s", Limits: wire.DefaultLimits()}, quietOptions().Log, nil)
	for name, c := range map[string]struct {
		open   int // calls
		listen bool
		shared bool
		says   string
		want   string // "call N", "listener" or "nobody"
	}{
		"reply":                     {2, true, false, `{"jsonrpc":"2.0","id":"own-1","result":{}}`, "call 1"},
		"error":                     {2, false, false, `{"jsonrpc":"2.0","id":"own-0","error":{"code":1,"message":"m"}}`, "call 0"},
		"reply to the caller's id":  {1, true, false, `{"jsonrpc":"2.0","id":0,"result":{}}`, "nobody"},
		"error without id":          {1, true, false, `{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}`, "nobody"},
		"progress":                  {2, true, false, `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p-1","progress":1}}`, "call 1"},
		"progress of nobody":        {2, true, false, `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p-9","progress":1}}`, "nobody"},
		"question":                  {2, true, false, `{"jsonrpc":"2.0","id":1,"method":"roots/list"}`, "call 0"},
		"question outside":          {0, true, false, `{"jsonrpc":"2.0","id":1,"method":"roots/list"}`, "nobody"},
		"question, shared":          {1, true, true, `{"jsonrpc":"2.0","id":1,"method":"roots/list"}`, "nobody"},
		"log":                       {2, true, false, `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}`, "call 0"},
		"log, alone in a shared":    {1, true, true, `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}`, "call 0"},
		"log, two in a shared":      {2, false, true, `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}`, "nobody"},
		"log outside":               {0, true, false, `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}`, "listener"},
		"log to nobody":             {0, false, false, `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}`, "nobody"},
		"change":                    {1, true, false, `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`, "listener"},
		"change, nobody listens":    {1, false, false, `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`, "call 0"},
		"change, shared, no stream": {1, false, true, `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`, "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			table.shared = c.shared
			conn := table.newConn(still{make(chan struct{})}, nil, ann.Key())
			at := map[*waiting]string{nil: "nobody"}
			for i := range c.open {
				w := &waiting{alias: alias{id: wire.ID(fmt.Sprint(i)), own: wire.ID(fmt.Sprintf(`"own-%d"`, i))}, progress: wire.ID(fmt.Sprintf(`"p-%d"`, i))}
				conn.add(w)
				at[w] = fmt.Sprintf("call %d", i)
			}
			if c.listen {
				conn.listener = &waiting{}
				at[conn.listener] = "listener"
			}
			w, why := conn.owner(message(t, c.says))
			if at[w] != c.want || (w == nil) != (why != "") {
				t.Errorf("%s hears it (%q), want %s", at[w], why, c.want)
			}
		})
	}
	conn := table.newConn(still{make(chan struct{})}, nil, ann.Key())
	table.shared = false
	first := &waiting{alias: alias{own: "1"}}
	conn.add(first)
	ask := func(i int) bool {
		w, _ := conn.owner(message(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"roots/list"}`, i)))
		return w != nil
	}
	for i := range maxAsked + 1 {
		if ask(i) != (i < maxAsked) {
			t.Errorf("question %d", i)
		}
	}
	conn.remove(first) // without an answer to any
	if !conn.wasAsked("0") {
		t.Error("an answer that comes late is not taken")
	}
	conn.add(&waiting{alias: alias{own: "2"}})
	if !ask(100) || !ask(101) || conn.wasAsked("1") || !conn.wasAsked("100") {
		t.Error("the questions of a request that is over are in the way of others'")
	}
}

// A link that answers and ends before whoever sent has looked up.
type brief struct {
	still
	conn *conn
}

func (l *brief) Send(_ context.Context, line []byte) error {
	m, err := wire.Decode(line, wire.DefaultLimits())
	if err != nil {
		return err
	}
	reply, err := wire.NewResult(m.ID, []byte(`{"last":true}`))
	l.conn.route(reply)
	close(l.conn.over)
	close(l.done)
	return err
}

// A reply that came before the end is the reply, whichever is noticed first.
func TestLastWords(t *testing.T) {
	table := newSessions(Spec{ID: "s", Limits: wire.DefaultLimits()}, quietOptions().Log, nil)
	b := &bench{t: t}
	for range 40 {
		l := &brief{still: still{make(chan struct{})}}
		l.conn = table.newConn(l, nil, ann.Key())
		r, err := l.conn.call(context.Background(), b.legacy(ann, "n", toolCall(1, "t")), silent)
		if err != nil || string(r.Message.Bytes()) != `{"jsonrpc":"2.0","id":1,"result":{"last":true}}` {
			t.Fatalf("%+v, %v", r, err)
		}
	}
}
