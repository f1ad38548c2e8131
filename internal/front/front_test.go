package front

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/seal"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A corridor is one function, and what it was asked to carry.
type corridor struct {
	serve func(ctx context.Context, x *gateway.Exchange) (upstream.Reply, error)
	seen  []*gateway.Exchange
}

func (c *corridor) Serve(ctx context.Context, x *gateway.Exchange) (upstream.Reply, error) {
	c.seen = append(c.seen, x)
	return c.serve(ctx, x)
}

type counter struct{ n int }

func (c *counter) Refused(context.Context, audit.Refusal) { c.n++ }

func server(t *testing.T, c *corridor, change func(*Options)) (*httptest.Server, *counter) {
	t.Helper()
	ring, err := seal.NewRing(seal.Key{ID: 1, Secret: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	n := &counter{}
	o := Options{
		Corridor: c, Identity: identity.Anonymous{}, Refused: n, Handles: &Handles{Ring: ring}, Limits: wire.DefaultLimits(),
		Servers: []mantlet.ServerID{"s"}, Transport: "http", Hosts: []string{"127.0.0.1"},
	}
	if change != nil {
		change(&o)
	}
	s := httptest.NewServer(New(o))
	t.Cleanup(s.Close)
	return s, n
}

func post(t *testing.T, s *httptest.Server, head map[string]string, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/mcp/s", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for k, v := range head {
		req.Header.Set(k, v)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// answering replies to everything with result, and to initialize as rev.
func answering(rev wire.Revision, result string) *corridor {
	return &corridor{serve: func(_ context.Context, x *gateway.Exchange) (upstream.Reply, error) {
		if x.Request == nil || x.Request.Kind != wire.Request {
			return upstream.Reply{}, nil
		}
		text := result
		if x.Request.Method == "initialize" {
			text = `{"protocolVersion":"` + string(rev) + `","capabilities":{},"serverInfo":{"name":"x","version":"1"}}`
		}
		m, err := wire.NewResult(x.Request.ID, []byte(text))
		return upstream.Reply{Message: m}, err
	}}
}

func session(t *testing.T, s *httptest.Server) map[string]string {
	t.Helper()
	resp, body := post(t, s, nil, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{}}}`)
	id := resp.Header.Get("Mcp-Session-Id")
	if id == "" {
		t.Fatal(body)
	}
	return map[string]string{"Mcp-Session-Id": id}
}

// Batches belong to 2025-03-26 alone; each message is an exchange of its own.
func TestBatches(t *testing.T) {
	batch := `[{"jsonrpc":"2.0","id":1,"method":"tools/list"},{"jsonrpc":"2.0","method":"notifications/initialized"},{"jsonrpc":"2.0","id":"b","method":"ping"}]`
	c := answering(wire.Rev20250326, `{"ok":true}`)
	s, _ := server(t, c, nil)
	resp, body := post(t, s, session(t, s), batch)
	if resp.StatusCode != 200 || body != `[{"jsonrpc":"2.0","id":1,"result":{"ok":true}},{"jsonrpc":"2.0","id":"b","result":{"ok":true}}]` {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if len(c.seen) != 4 || c.seen[1].Parent == "" || c.seen[1].ID == c.seen[2].ID {
		t.Errorf("%d exchanges", len(c.seen))
	}
	if resp, body := post(t, s, session(t, s), `[{"jsonrpc":"2.0","method":"notifications/initialized"}]`); resp.StatusCode != 202 || body != "" {
		t.Errorf("notifications alone: %d %s", resp.StatusCode, body)
	}
	later, n := server(t, answering(wire.Rev20250618, `{}`), nil)
	if resp, body := post(t, later, session(t, later), batch); resp.StatusCode != 400 || n.n != 1 {
		t.Errorf("2025-06-18: %d %s", resp.StatusCode, body)
	}
	if resp, body := post(t, s, nil, batch); resp.StatusCode != 400 || !strings.Contains(body, "send one message at a time") {
		t.Errorf("outside any session: %d %s", resp.StatusCode, body)
	}
}

// A refusal answers the request that it refuses, where its id could be read (JSON-RPC
// 2.0, section 5).
func TestARefusalNamesItsRequest(t *testing.T) {
	s, _ := server(t, answering(wire.Rev20251125, `{}`), nil)
	for body, want := range map[string]string{
		`{"jsonrpc":"2.0","id":"q","method":"tools/call","params":{"name":5}}`: `"id":"q"`,
		`{"jsonrpc":"2.0","id":7,"method":"tools/list","result":{}}`:           `"id":7`,
		`{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}`:                     `"id":null`,
		`{"jsonrpc":"2.0","id":7,"id":8,"method":"tools/list"}`:                `"id":null`,
		`{"jsonrpc":"2.0","id":7,`:                                             `"id":null`,
	} {
		if resp, got := post(t, s, nil, body); resp.StatusCode != 400 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s", body, resp.StatusCode, got)
		}
	}
}

// A stream on which nothing is said is kept alive, from before its first message.
func TestKeepAlive(t *testing.T) {
	heard := make(chan struct{})
	c := answering(wire.Rev20251125, `{"late":true}`)
	plain := c.serve
	c.serve = func(ctx context.Context, x *gateway.Exchange) (upstream.Reply, error) {
		if x.Request.Method != "initialize" {
			<-heard
		}
		return plain(ctx, x)
	}
	s, _ := server(t, c, func(o *Options) { o.KeepAlive = 5 * time.Millisecond })
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/mcp/s", strings.NewReader(`{"jsonrpc":"2.0","id":7,"method":"ping"}`))
	req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Mcp-Session-Id": {session(t, s)["Mcp-Session-Id"]}}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	first := make([]byte, 1)
	if _, err := io.ReadFull(resp.Body, first); err != nil || first[0] != ':' {
		t.Fatalf("%q, %v", first, err)
	}
	close(heard)
	rest, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(rest), `data: {"jsonrpc":"2.0","id":7,"result":{"late":true}}`) || resp.Header.Get("X-Accel-Buffering") != "no" {
		t.Errorf("%s, %v, %v", rest, err, resp.Header)
	}
}

// A fault becomes what its caller can use: a result with words for a model, an
// error for the rest, and never the words of an error that is no fault.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		err        error
		tool, list string // what a tools/call and a tools/list are answered
		status     int    // of the tools/list
	}{
		"denied":      {&mantlet.Fault{Kind: mantlet.Denied, Public: "no"}, `"isError":true`, `"code":1403`, 403},
		"untrusted":   {&mantlet.Fault{Kind: mantlet.Untrusted, Public: "no"}, `"isError":true`, `"code":1409`, 403},
		"limited":     {&mantlet.Fault{Kind: mantlet.Limited, Public: "no", Remedy: mantlet.RetryAfter{Seconds: 3}}, `"isError":true`, `"code":1429`, 429},
		"unavailable": {&mantlet.Fault{Kind: mantlet.Unavailable, Public: "no"}, `"isError":true`, `"code":1502`, 502},
		"unknown":     {&mantlet.Fault{Kind: mantlet.Unknown, Public: "no", Code: wire.CodeInvalidParams}, `"code":-32602`, `"code":-32602`, 200},
		"no session":  {&mantlet.Fault{Kind: mantlet.Unknown, Public: "no"}, `"code":1404`, `"code":1404`, 404},
		"no method":   {&mantlet.Fault{Kind: mantlet.Unsupported, Public: "no", Code: wire.CodeMethodNotFound}, `"code":-32601`, `"code":-32601`, 200},
		"internal":    {errors.New("password hunter2"), `"code":-32603`, `"code":-32603`, 500},
	} {
		t.Run(name, func(t *testing.T) {
			co := answering(wire.Rev20251125, `{}`)
			s, _ := server(t, co, nil)
			head := session(t, s)
			co.serve = func(context.Context, *gateway.Exchange) (upstream.Reply, error) { return upstream.Reply{}, c.err }
			_, tool := post(t, s, head, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}`)
			resp, list := post(t, s, head, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
			if !strings.Contains(tool, c.tool) || !strings.Contains(list, c.list) || resp.StatusCode != c.status {
				t.Errorf("tool %s\nlist %d %s", tool, resp.StatusCode, list)
			}
			for _, text := range []string{tool, list} {
				if strings.Contains(text, "hunter2") || !strings.Contains(text, "exchange ") {
					t.Error(text)
				}
			}
			if name == "limited" && resp.Header.Get("Retry-After") != "3" {
				t.Error("Retry-After is missing")
			}
		})
	}
}

// What a server gives is sealed into what fits, or refused.
func TestHandlesAreBounded(t *testing.T) {
	co := answering(wire.Rev20251125, `{}`)
	plain := co.serve
	co.serve = func(ctx context.Context, x *gateway.Exchange) (upstream.Reply, error) {
		r, err := plain(ctx, x)
		r.Session = strings.Repeat("s", 5000)
		return r, err
	}
	s, _ := server(t, co, nil)
	resp, body := post(t, s, nil, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{}}}`)
	if resp.StatusCode != 500 || resp.Header.Get("Mcp-Session-Id") != "" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// On a unix socket the kernel says who calls; without that nobody is let in.
func TestTheSocketsPeer(t *testing.T) {
	dir, err := os.MkdirTemp("", "mf") // short: a unix socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a test's own directory
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	co := answering(wire.Rev20251125, `{}`)
	_, n := server(t, co, nil)
	for uid, want := range map[int]int{os.Getuid(): 200, os.Getuid() + 1: 401} {
		ring, _ := seal.NewRing(seal.Key{ID: 1, Secret: [32]byte{1}})
		h := New(Options{Corridor: co, Identity: identity.PeerUser{UID: uid}, Refused: n, Handles: &Handles{Ring: ring}, Limits: wire.DefaultLimits(), Servers: []mantlet.ServerID{"s"}, Transport: "unix"})
		one, err := net.Listen("unix", filepath.Join(dir, "u"+string(rune('0'+uid%10))))
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: h, ConnContext: WithConn, ReadHeaderTimeout: time.Second}
		go func() { _ = srv.Serve(one) }()
		tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", one.Addr().String())
		}}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://m/mcp/s", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{}}}`))
		req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Mantlet-Client": {"cursor"}}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("uid %d: %d, want %d", uid, resp.StatusCode, want)
		}
		tr.CloseIdleConnections()
		_ = srv.Close()
	}
	_ = l.Close()
	if last := co.seen[len(co.seen)-1].Caller.Principal; last.Client != "cursor" || last.Issuer != mantlet.IssuerUnix {
		t.Errorf("%+v", last)
	}
}
