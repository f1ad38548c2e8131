package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// What each answer to server/discover says of a server (mcp-spec.md, 1.2).
func TestTheProbe(t *testing.T) {
	rpc := func(status, code int) func(http.ResponseWriter, wire.ID) {
		return func(w http.ResponseWriter, id wire.ID) {
			sayJSON(w, status, `{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":"m"}}`, id, code)
		}
	}
	bare := func(status int) func(http.ResponseWriter, wire.ID) {
		return func(w http.ResponseWriter, _ wire.ID) { w.WriteHeader(status) }
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, wire.ID)
		want   spoken // unsure: not classified
	}{
		"a result": {func(w http.ResponseWriter, id wire.ID) {
			sayJSON(w, 200, `{"jsonrpc":"2.0","id":%s,"result":%s}`, id, discovered)
		}, yes},
		"a result on a stream": {func(w http.ResponseWriter, id wire.ID) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, event(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, id, discovered)))
		}, yes},
		"another result": {func(w http.ResponseWriter, id wire.ID) {
			sayJSON(w, 200, `{"jsonrpc":"2.0","id":%s,"result":{"ok":true}}`, id)
		}, no},
		"headers differ":         {rpc(400, wire.CodeHeaderMismatch), yes},
		"capability is missing":  {rpc(400, wire.CodeMissingCapability), yes},
		"unsupported version":    {rpc(400, wire.CodeUnsupportedVersion), yes},
		"no such method, 404":    {rpc(404, wire.CodeMethodNotFound), yes},
		"no such method, 200":    {rpc(200, wire.CodeMethodNotFound), no},
		"no such method, 400":    {rpc(400, wire.CodeMethodNotFound), no},
		"invalid params":         {rpc(400, wire.CodeInvalidParams), no},
		"invalid request":        {rpc(400, wire.CodeInvalidRequest), no},
		"a code of its own":      {rpc(400, -32000), no},
		"session not found, 404": {rpc(404, -32001), no},
		"400":                    {bare(400), no},
		"404":                    {bare(404), no},
		"405":                    {bare(405), no},
		"401":                    {bare(401), unsure},
		"403":                    {bare(403), unsure},
		"429":                    {bare(429), unsure},
		"500":                    {bare(500), unsure},
		"503":                    {bare(503), unsure},
		"redirect":               {bare(307), unsure},
		"not MCP":                {func(w http.ResponseWriter, _ wire.ID) { sayJSON(w, 200, `hello`) }, unsure},
	} {
		t.Run(name, func(t *testing.T) {
			rec := record(t, func(w http.ResponseWriter, r *http.Request, m *wire.Message) {
				if m != nil && m.Method == "server/discover" {
					c.answer(w, m.ID)
					return
				}
				both(w, r, m)
			})
			b := newBench(t, Spec{HTTP: &HTTPSpec{URL: rec.URL}})
			for range 3 {
				_, err := b.send(b.modern(ann, "tools/list", ""))
				if c.want != unsure && err != nil {
					t.Fatal(err)
				}
				if c.want == unsure {
					wants(t, err, mantlet.Unavailable, "server s ")
				}
			}
			if got, _ := b.all.get("s").eras.get(); got != c.want {
				t.Errorf("it was classified %d, want %d", got, c.want)
			}
			probes, want := rec.count("server/discover"), 1
			if c.want == unsure {
				want = 3 // asked again, each time
			}
			if probes != want {
				t.Errorf("%d probes, want %d", probes, want)
			}
			if opened := rec.count(`"initialize"`); (opened > 0) != (c.want == no) {
				t.Errorf("%d sessions were opened", opened)
			}
		})
	}
}

// Callers who come at once wait for one probe.
func TestOneProbeForAll(t *testing.T) {
	rec := record(t, both)
	b := newBench(t, Spec{HTTP: &HTTPSpec{URL: rec.URL}})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { b.must(b.modern(ann, "tools/list", "")) })
	}
	wg.Wait()
	if n := rec.count("server/discover"); n != 1 {
		t.Errorf("%d probes", n)
	}
}

// A caller who goes away while the server is asked says nothing of the server, and a
// server that is slow to answer has said nothing of itself.
func TestAProbeThatWasCutOffClassifiesNothing(t *testing.T) {
	for name, cut := range map[string]struct {
		connect time.Duration
		leave   bool
	}{"the caller goes away": {5 * time.Second, true}, "the server is slow": {50 * time.Millisecond, false}} {
		t.Run(name, func(t *testing.T) {
			asked := make(chan struct{})
			var once atomic.Bool
			rec := record(t, func(w http.ResponseWriter, r *http.Request, m *wire.Message) {
				if m != nil && m.Method == "server/discover" && once.CompareAndSwap(false, true) {
					close(asked)
					<-r.Context().Done()
					return
				}
				both(w, r, m)
			})
			b := newBench(t, Spec{HTTP: &HTTPSpec{URL: rec.URL}, Times: Times{Connect: cut.connect, FirstByte: 9 * time.Second, Call: 9 * time.Second, Idle: time.Minute, Stream: time.Minute}})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			go func() {
				<-asked
				if cut.leave {
					cancel()
				}
			}()
			if _, err := b.all.Send(ctx, b.modern(ann, "tools/list", ""), silent); err == nil {
				t.Error("the first call came through")
			}
			if modern, legacy := b.all.get("s").eras.get(); modern != unsure || legacy != unsure {
				t.Errorf("classified %d, %d", modern, legacy)
			}
			b.must(b.modern(ann, "tools/list", ""))
			if modern, _ := b.all.get("s").eras.get(); modern != yes {
				t.Errorf("the next call classified it %d", modern)
			}
		})
	}
}

func TestAnUnreachableServerIsNotClassified(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := "http://" + l.Addr().String()
	_ = l.Close()
	b := newBench(t, Spec{HTTP: &HTTPSpec{URL: at}})
	for _, c := range []Call{b.modern(ann, "tools/list", ""), b.legacy(ann, "n", initialize)} {
		_, err := b.send(c)
		wants(t, err, mantlet.Unavailable, "could not be reached")
	}
	if modern, legacy := b.all.get("s").eras.get(); modern != unsure || legacy != unsure {
		t.Errorf("classified %d, %d", modern, legacy)
	}
}

// A legacy initialize at a server that is modern alone, however it says so, is
// answered from server/discover; and it is found out once.
func TestALegacyCallerFindsAModernServer(t *testing.T) {
	for name, refuse := range map[string]func(http.ResponseWriter, wire.ID){
		"400": func(w http.ResponseWriter, _ wire.ID) { w.WriteHeader(400) },
		"404": func(w http.ResponseWriter, _ wire.ID) { w.WriteHeader(404) },
		"405": func(w http.ResponseWriter, _ wire.ID) { w.WriteHeader(405) },
		"version": func(w http.ResponseWriter, id wire.ID) {
			sayJSON(w, 400, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32022,"message":"m"}}`, id)
		},
		"no method": func(w http.ResponseWriter, id wire.ID) {
			sayJSON(w, 404, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"m"}}`, id)
		},
		"no _meta": func(w http.ResponseWriter, id wire.ID) {
			sayJSON(w, 400, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32602,"message":"m"}}`, id)
		},
		"no header": func(w http.ResponseWriter, id wire.ID) {
			sayJSON(w, 400, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32020,"message":"m"}}`, id)
		},
		"no id": func(w http.ResponseWriter, _ wire.ID) {
			sayJSON(w, 400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32022,"message":"m"}}`)
		},
		"a HTML page": func(w http.ResponseWriter, _ wire.ID) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(404)
		},
	} {
		for _, lazy := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", lazy ", lazy), func(t *testing.T) {
				rec := record(t, func(w http.ResponseWriter, r *http.Request, m *wire.Message) {
					if m != nil && m.Method == "initialize" {
						refuse(w, m.ID)
						return
					}
					both(w, r, m)
				})
				b := newBench(t, Spec{HTTP: &HTTPSpec{URL: rec.URL}})
				if !lazy {
					r, err := b.send(b.legacy(ann, "n", initialize))
					if err != nil || r.Session != crossed || !strings.Contains(string(r.Message.Bytes()), `"protocolVersion":"2025-11-25"`) {
						t.Fatalf("%+v, %v", r, err)
					}
				}
				for range 2 {
					c := b.legacy(ann, "n", `{"jsonrpc":"2.0","id":3,"method":"tools/list"}`)
					c.Session.Lazy = lazy
					if got := b.must(c); !strings.Contains(got, `"id":3`) || !strings.Contains(got, "mirrored") {
						t.Error(got)
					}
				}
				if n := rec.count(`"initialize"`); n != 1 {
					t.Errorf("initialize was tried %d times", n)
				}
			})
		}
	}
}

// An error that is about something else than the handshake stays the caller's.
func TestALegacyErrorIsRelayed(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, _ *http.Request, m *wire.Message) {
		sayJSON(w, 200, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32603,"message":"out of order"}}`, m.ID)
	})
	b := newBench(t, Spec{HTTP: &HTTPSpec{URL: rec.URL}})
	if got := b.must(b.legacy(ann, "n", initialize)); !strings.Contains(got, "out of order") {
		t.Error(got)
	}
	if n := rec.count("server/discover"); n != 0 {
		t.Errorf("%d probes", n)
	}
}

func TestSpecsThatCannotBe(t *testing.T) {
	h := &HTTPSpec{URL: "http://127.0.0.1/"}
	for name, s := range map[string]Spec{
		"neither": {Times: defaultTimes(), Calls: 1}, "both": {HTTP: h, Stdio: &StdioSpec{Command: "x"}, Times: defaultTimes(), Calls: 1},
		"no times": {HTTP: h, Calls: 1}, "no calls": {HTTP: h, Times: defaultTimes()}, "a negative queue": {HTTP: h, Times: defaultTimes(), Calls: 1, Queue: -1},
		"env": {Stdio: &StdioSpec{Command: "x", Env: map[string]string{"LD_PRELOAD": "x"}}, Times: defaultTimes(), Calls: 1},
	} {
		if _, err := New([]Spec{s}, quietOptions(), nil); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	b := newBench(t, Spec{HTTP: h})
	c := b.modern(ann, "tools/list", "")
	c.Server = "other"
	_, err := b.send(c)
	wants(t, err, mantlet.Unknown)
	c.Server, c.Op = "s", OpNone
	if _, err := b.send(c); err == nil || errors.Is(err, ErrNotOffered) {
		t.Errorf("a call without an operation: %v", err)
	}
}
