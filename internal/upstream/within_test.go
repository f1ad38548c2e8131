package upstream

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A breaker is a legacy server over Streamable HTTP that breaks its streams off: its
// answer to a call comes on the stream that is opened after event.
type breaker struct {
	*httptest.Server
	mu      sync.Mutex
	id      wire.ID  // of the call
	resumes []string // the events that were asked to go on from
	notes   []string // what was posted and is no request
	hold    chan struct{}
	resume  func(w http.ResponseWriter, n int, id wire.ID)
}

func newBreaker(t *testing.T) *breaker {
	t.Helper()
	b := &breaker{hold: make(chan struct{})}
	b.Server = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(b.Close)
	return b
}

func (b *breaker) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		b.mu.Lock()
		b.resumes = append(b.resumes, r.Header.Get("Last-Event-ID"))
		n, id := len(b.resumes), b.id
		b.mu.Unlock()
		w.Header().Set("Content-Type", "text/event-stream")
		b.resume(w, n, id)
		return
	}
	text, _ := io.ReadAll(r.Body)
	m, err := wire.Decode(text, wire.DefaultLimits())
	switch {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	case m.Method == "initialize":
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Mcp-Session-Id", "s-1")
		_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, welcome)
	case m.Kind != wire.Request:
		b.mu.Lock()
		b.notes = append(b.notes, string(text))
		b.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	default:
		b.mu.Lock()
		b.id = m.ID
		b.mu.Unlock()
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "id: e-0\nretry: 1\n\n")
		w.(http.Flusher).Flush()
		select {
		case <-b.hold:
		case <-r.Context().Done():
		}
	}
}

func (b *breaker) noted(word string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.notes {
		if strings.Contains(n, word) {
			return true
		}
	}
	return false
}

func (b *breaker) bench(t *testing.T) *bench {
	t.Helper()
	return newBench(t, Spec{Protocol: Legacy, HTTP: &HTTPSpec{URL: b.URL}})
}

// In a session that Mantlet opened itself it is the client: it comes back to a stream
// that the server breaks off, from the last event on, until the reply is there; what is
// said meanwhile is heard, and another request's reply is not taken for this one's.
func TestABrokenStreamIsResumed(t *testing.T) {
	b := newBreaker(t)
	close(b.hold)
	b.resume = func(w http.ResponseWriter, n int, id wire.ID) {
		switch n {
		case 1:
			_, _ = io.WriteString(w, "id: e-1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":"+string(id)+",\"progress\":1}}\n\n")
		case 2:
			_, _ = io.WriteString(w, "id: e-2\ndata: {\"jsonrpc\":\"2.0\",\"id\":\"m-another\",\"result\":{\"other\":true}}\n\n")
			_, _ = fmt.Fprintf(w, "id: e-3\ndata: {\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"content\":[]}}\n\n", id)
		}
	}
	var heard []string
	c := b.bench(t)
	call := c.modern(ann, "tools/call", `,"name":"x","arguments":{}`)
	call.Message = message(t, strings.Replace(string(call.Message.Bytes()), `"_meta":{`, `"_meta":{"progressToken":"p",`, 1))
	reply, err := c.all.Send(t.Context(), call, func(e Event) error {
		if e.Message != nil {
			heard = append(heard, string(e.Message.Bytes()))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(reply.Message.Bytes()); !strings.HasPrefix(got, `{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete",`) {
		t.Errorf("%s", got)
	}
	if len(heard) != 1 || !strings.Contains(heard[0], `"progressToken":"p"`) {
		t.Errorf("heard %v", heard)
	}
	if fmt.Sprint(b.resumes) != "[e-0 e-1]" {
		t.Errorf("resumed from %v", b.resumes)
	}
}

// A server that never goes on is given up after a few tries, and its caller is told so.
func TestAStreamThatNeverGoesOn(t *testing.T) {
	b := newBreaker(t)
	close(b.hold)
	b.resume = func(http.ResponseWriter, int, wire.ID) {}
	c := b.bench(t)
	_, err := c.send(c.modern(ann, "tools/call", `,"name":"x","arguments":{}`))
	if err == nil || !strings.Contains(err.Error(), "server s broke its answer off") || len(b.resumes) != maxFailed {
		t.Errorf("%v, %d tries", err, len(b.resumes))
	}
}

// A legacy server is told when nobody waits any more: when a modern caller goes away,
// and when a limit has passed. A legacy caller who goes away has not cancelled.
func TestALegacyServerIsToldOfTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		modern, late bool
		told         bool
	}{
		"a modern caller goes away": {true, false, true},
		"a limit passes":            {true, true, true},
		"a legacy caller's limit":   {false, true, true},
		"a legacy caller goes away": {false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBreaker(t)
			be := b.bench(t)
			call := be.modern(ann, "tools/call", `,"name":"x","arguments":{}`)
			if !c.modern {
				call = be.legacy(ann, "n", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"}}`)
				call.Session.Upstream = "s-1"
			}
			ctx, cancel := context.WithCancel(t.Context())
			if c.late {
				ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
			}
			defer cancel()
			_, err := be.all.Send(ctx, call, func(Event) error {
				if !c.late {
					cancel() // once the call is at the server
				}
				return nil
			})
			if err == nil {
				t.Fatal("the call ended well")
			}
			if got := b.noted("notifications/cancelled"); got != c.told {
				t.Errorf("told: %v, want %v (%v)", got, c.told, b.notes)
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			if c.told && !strings.Contains(fmt.Sprint(b.notes), `"requestId":`+string(b.id)) {
				t.Errorf("%v does not name %s", b.notes, b.id)
			}
		})
	}
}

// A caller's own cancel names the request as the server knows it, while it is under way,
// and goes nowhere after.
func TestACancelNamesTheServersRequest(t *testing.T) {
	b := newBreaker(t)
	be := b.bench(t)
	call := be.legacy(ann, "n", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"}}`)
	call.Session.Lazy = true
	cancel := call
	cancel.Message = message(t, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"reason":"bored"}}`)
	_, err := be.all.Send(t.Context(), call, func(Event) error {
		if _, err := be.send(cancel); err != nil {
			t.Error(err)
		}
		return io.ErrClosedPipe
	})
	if err == nil {
		t.Fatal("the call ended well")
	}
	b.mu.Lock()
	id, notes := b.id, fmt.Sprint(b.notes)
	b.mu.Unlock()
	if id == "7" || !strings.Contains(notes, `"requestId":`+string(id)+`,"reason":"bored"`) {
		t.Errorf("the server knows %s and is told %s", id, notes)
	}
	if _, err := be.send(cancel); err != nil {
		t.Error(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if strings.Count(fmt.Sprint(b.notes), "cancelled") != 1 {
		t.Errorf("%v", b.notes)
	}
}
