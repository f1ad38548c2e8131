package app_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// A tarpit is what stands between Mantlet and a server: toxics as toxiproxy's API
// takes them, and whether a call can be answered through them all the same.
type tarpit struct {
	name   string
	toxics []string
	text   int // bytes of text in an answer
	good   bool
}

var tarpits = []tarpit{
	{"latency", []string{`{"type":"latency","attributes":{"latency":100,"jitter":50}}`}, 4 << 10, true},
	{"slicer", []string{`{"type":"slicer","attributes":{"average_size":1,"size_variation":0,"delay":0}}`}, 4 << 10, true},
	{"slowclose", []string{`{"type":"slow_close","attributes":{"delay":5000}}`}, 4 << 10, true},
	{"late", []string{`{"type":"latency","attributes":{"latency":8000,"jitter":1000}}`}, 4 << 10, false},
	{"narrow", []string{`{"type":"bandwidth","attributes":{"rate":1}}`}, 64 << 10, false},
	{"blackhole", []string{`{"type":"timeout","attributes":{"timeout":0}}`}, 4 << 10, false},
	{"mute", []string{`{"type":"timeout","attributes":{"timeout":200}}`}, 4 << 10, false},
	{"deaf", []string{`{"type":"timeout","stream":"upstream","attributes":{"timeout":0}}`}, 4 << 10, false},
	{"reset", []string{`{"type":"reset_peer","attributes":{"timeout":0}}`}, 4 << 10, false},
	// The second one does nothing (toxicity 0) but make the end of the first a reset.
	{"midreset", []string{`{"type":"limit_data","attributes":{"bytes":1000}}`, `{"type":"reset_peer","toxicity":0,"attributes":{"timeout":0}}`}, 4 << 10, false},
	{"cut", []string{`{"type":"limit_data","attributes":{"bytes":1000}}`}, 4 << 10, false},
	{"stump", []string{`{"type":"limit_data","attributes":{"bytes":1}}`}, 4 << 10, false},
}

// fromToxiproxy are goroutines that toxiproxy leaves when it is stopped: a toxic that
// closed its link reads no more, and what writes to it waits for ever; a sleeping one
// sleeps on. Their sockets are closed.
var fromToxiproxy = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).write"),
}

// mire starts a proxy with the toxics in front of address.
func mire(t *testing.T, p tarpit, address string) string {
	t.Helper()
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), p.name, "127.0.0.1:0", address)
	for _, toxic := range p.toxics {
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
	}
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return proxy.Listen
}

// kinds are how the servers behind the tar pits speak: modern, as JSON and as event
// streams, and legacy, as event streams.
var kinds = []string{"json", "sse", "old"}

// speaker is a server that answers calls with a text of size bytes.
func speaker(t *testing.T, size int, kind string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		m, err := wire.Decode(b, wire.DefaultLimits())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		result := `{"content":[{"type":"text","text":"` + strings.Repeat("x", size) + `"}],"resultType":"complete"}`
		switch {
		case m.Kind == wire.Notification:
			w.WriteHeader(http.StatusAccepted)
			return
		case m.Method == "initialize":
			result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}`
		}
		reply, _ := wire.NewResult(m.ID, []byte(result))
		if kind == "json" || m.Method == "initialize" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(reply.Bytes())
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, ": begun\n\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":1}}\n\n")
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "data: "+string(reply.Bytes())+"\n\n")
	}))
	t.Cleanup(s.Close)
	return s
}

// left are the goroutines and descriptors of this process, without toxiproxy's own
// goroutines, some of which wait for ever once their link is gone.
func left() (goroutines, descriptors int) {
	stacks := make([]byte, 8<<20)
	for one := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if !strings.Contains(one, "Shopify/toxiproxy") {
			goroutines++
		}
	}
	all, _ := os.ReadDir("/proc/self/fd")
	return goroutines, len(all)
}

// Tar pits: a server behind a network that delays, narrows, slices, swallows, cuts and
// resets what it says costs its neighbours no call. Its own callers get the answer
// where there is one, whole, and else are told whose fault it is. Nothing is left.
func TestTarpits(t *testing.T) {
	goroutines, descriptors := left()
	t.Run("pits", tarpitCalls) // its clean-ups are over when it returns
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		g, d := left()
		if g <= goroutines+4 && d <= descriptors+4 {
			return
		}
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("goroutines %d became %d, descriptors %d became %d\n%s", goroutines, g, descriptors, d, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func tarpitCalls(t *testing.T) {
	const callers = 6
	var yaml strings.Builder
	yaml.WriteString("servers:\n  good: {url: \"" + good(t).URL + "\"}\n")
	for _, p := range tarpits {
		limits := "{connect: 1s, firstByte: 2s, call: 4s}"
		if p.good {
			limits = "{connect: 20s, firstByte: 20s, call: 25s}"
		}
		for _, kind := range kinds {
			at := mire(t, p, speaker(t, p.text, kind).Listener.Addr().String())
			era := map[bool]string{true: "legacy", false: "modern"}[kind == "old"]
			fmt.Fprintf(&yaml, "  %s-%s: {url: \"http://%s/mcp\", protocol: %s, timeouts: %s, calls: 4, queue: 4}\n", p.name, kind, at, era, limits)
		}
	}
	g := mantlettest.Start(t, yaml.String())
	rest := neighbour(t, g)
	var pits sync.WaitGroup
	for _, p := range tarpits {
		for _, kind := range kinds {
			for range callers {
				pits.Go(func() {
					name := p.name + "-" + kind
					c := cli(g, mantlet.ServerID(name))
					defer c.HTTP.CloseIdleConnections()
					got := ask(t, c, `"name":"t","arguments":{},`)
					switch answered := strings.Contains(got, `"text":"`+strings.Repeat("x", p.text)+`"`); {
					case p.good && !answered:
						t.Errorf("%s could answer, and its caller is told %.300s", name, got)
					case !p.good && (answered || !strings.Contains(got, `"isError":true`) || !strings.Contains(got, "server "+name+" ")):
						t.Errorf("%s: its caller is told %.300s", name, got)
					}
				})
			}
		}
	}
	pits.Wait()
	if calls, failed := rest(); failed > 0 || calls < 20 {
		t.Errorf("%d of %d calls of the neighbour failed", failed, calls)
	}
	if err := g.Stop(); err != nil {
		t.Errorf("mantlet did not end well: %v", err)
	}
}

// A client that takes an event stream byte by byte holds its own call up and nobody
// else's: others of the same server are answered while it dawdles.
func TestASlowClientHoldsUpNoOther(t *testing.T) {
	flooding := make(chan struct{})
	var sent atomic.Int64
	flood := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		m, err := wire.Decode(b, wire.DefaultLimits())
		if err != nil || m.Name != "flood" {
			reply, _ := wire.NewResult(m.ID, []byte(`{"content":[{"type":"text","text":"ok"}],"resultType":"complete"}`))
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(reply.Bytes())
			return
		}
		defer close(flooding)
		w.Header().Set("Content-Type", "text/event-stream")
		event := "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":1,\"message\":\"" + strings.Repeat("y", 64<<10) + "\"}}\n\n"
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, event); err != nil {
				return
			}
			sent.Add(1)
		}
	}))
	defer flood.Close()
	g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {url: %q, protocol: modern, calls: 2, queue: 64}}\nclients: [{name: a, servers: [s]}]\n", flood.URL))
	slow, err := net.Dial("tcp", g.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()                         //nolint:errcheck // it is gone
	_ = slow.(*net.TCPConn).SetReadBuffer(512) // the less the kernel takes for it
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"flood","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	fmt.Fprintf(slow, "POST /mcp/s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nMcp-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: flood\r\nContent-Length: %d\r\n\r\n%s", g.Addr(), g.Token(t, "a", "s"), len(body), body)
	in := bufio.NewReaderSize(slow, 16)
	if line, err := in.ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Fatalf("%q, %v", line, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var taken atomic.Int64
	var dawdles sync.WaitGroup
	dawdles.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if _, err := in.ReadByte(); err != nil {
					return
				}
				taken.Add(1)
			}
		}
	})
	var others sync.WaitGroup
	for range 8 {
		others.Go(func() {
			c := cli(g, "s")
			defer c.HTTP.CloseIdleConnections()
			for range 50 {
				if got := ask(t, c, `"name":"t","arguments":{},`); !strings.Contains(got, `"text":"ok"`) {
					t.Errorf("another client is told %s", got)
				}
			}
		})
	}
	others.Wait()
	select {
	case <-flooding:
		t.Error("the slow client's stream had ended before: this test shows nothing")
	default:
	}
	cancel()
	_ = slow.Close()
	dawdles.Wait()
	if taken.Load() > sent.Load()*(64<<10)/2 {
		t.Errorf("the slow client took %d bytes of %d events: it was not slow", taken.Load(), sent.Load())
	}
	select {
	case <-flooding:
	case <-time.After(40 * time.Second):
		t.Error("the server floods a client that is gone")
	}
}
