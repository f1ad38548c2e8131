package e2e

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

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/wire"
	"github.com/mantlet-mcp/mantlet/mantlettest"
	"github.com/mantlet-mcp/mantlet/test/peers"
)

// A modern caller's plain requests reach a legacy server, over HTTP and stdio.
func TestAModernCallerAndALegacyServer(t *testing.T) {
	fixture, port := peers.Go(t, "everything-server"), peers.Port(t)
	peers.Serve(t, port, fixture, "-http=127.0.0.1:"+port, "-stateless=false")
	g := mantlettest.Start(t, fmt.Sprintf("servers:\n  http: {url: \"http://127.0.0.1:%s/mcp\", protocol: legacy}\n  stdio: {command: %q, protocol: legacy}\n", port, fixture))
	for _, s := range []mantlet.ServerID{"http", "stdio"} {
		t.Run(string(s), func(t *testing.T) {
			c := daemon.New(g.Config.Listen.Socket, "test", s)
			defer c.HTTP.CloseIdleConnections()
			for method, want := range map[wire.Method][]string{
				"server/discover": {`"resultType":"complete"`, `"supportedVersions":["2026-07-28"]`, `"tools":{}`, `"cacheScope":"private"`, `"io.modelcontextprotocol/serverInfo"`},
				"tools/list":      {`"resultType":"complete"`, `"test_simple_text"`, `"ttlMs":`, `"cacheScope":`},
				"tools/call":      {`"resultType":"complete"`, `"type":"text"`},
				"resources/read":  {`"resultType":"complete"`, `"cacheScope":`},
				"ping":            {`"code":-32601`},
			} {
				members := map[wire.Method]string{"tools/call": `"name":"test_simple_text","arguments":{},`, "resources/read": `"uri":"test://static-text",`}[method]
				m, err := c.Ask(context.Background(), method, members)
				if err != nil {
					t.Fatal(err)
				}
				for _, w := range want {
					if !strings.Contains(string(m.Bytes()), w) {
						t.Errorf("%s lacks %s: %s", method, w, m.Bytes())
					}
				}
			}
		})
	}
}

// A modernServer knows the modern era alone, and keeps the headers it was sent.
type modernServer struct {
	mu    sync.Mutex
	heads []http.Header
}

func (s *modernServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	m, err := wire.Decode(b, wire.DefaultLimits())
	if err != nil || m.Meta.ProtocolVersion != wire.Rev20260728 {
		http.Error(w, "modern requests only", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.heads = append(s.heads, r.Header.Clone())
	s.mu.Unlock()
	result := ""
	switch m.Method {
	case "server/discover":
		result = `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"subscriptions":{}},"instructions":"be kind","ttlMs":0,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"m","version":"2"}}}`
	case "tools/list":
		result = `{"resultType":"complete","ttlMs":0,"cacheScope":"public","tools":[{"name":"é","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"n":{"type":"integer","x-mcp-header":"N"}}}}]}`
	case "tools/call":
		result = `{"resultType":"complete","content":[{"type":"text","text":"called"}]}`
	}
	reply, _ := wire.NewResult(m.ID, []byte(result))
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(reply.Bytes())
}

// A legacy caller's plain requests reach a modern server, with the headers that the
// modern era asks for, made from the body and the tool's schema.
func TestALegacyCallerAndAModernServer(t *testing.T) {
	s := &modernServer{}
	up := httptest.NewServer(s)
	defer up.Close()
	g := mantlettest.Start(t, fmt.Sprintf("servers: {m: {url: %q}}\n", up.URL))
	c := daemon.New(g.Config.Listen.Socket, "test", "m")
	defer c.HTTP.CloseIdleConnections()
	in, out := io.Pipe()
	var said strings.Builder
	done := make(chan error, 1)
	go func() { done <- c.Wrap(context.Background(), in, &said) }()
	for _, line := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"sampling":{}},"clientInfo":{"name":"t","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":2,"method":"ping"}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"é","arguments":{"region":"zürich","n":42}}}`,
		`{"jsonrpc":"2.0","id":4,"method":"logging/setLevel","params":{"level":"info"}}`,
	} {
		if _, err := io.WriteString(out, line+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	_ = out.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"m","version":"2"},"instructions":"be kind"}`,
		`"id":2,"result":{}`, `"text":"called"`, `"id":4,"error":{"code":-32601`,
	} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("lacks %s:\n%s", want, said.String())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.heads[len(s.heads)-1]
	for name, want := range map[string]string{
		"Mcp-Method": "tools/call", "Mcp-Name": wire.EncodeHeader("é"), "Mcp-Protocol-Version": "2026-07-28",
		"Mcp-Param-Region": wire.EncodeHeader("zürich"), "Mcp-Param-N": "42", "Mcp-Session-Id": "",
	} {
		if got := last.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// A question crosses the joined endpoint within one era: the server asks, the
// client answers, and the answer finds the server that asked.
func TestAQuestionCrossesTheJoinedEndpoint(t *testing.T) {
	fixture := peers.Go(t, "everything-server")
	g := mantlettest.Start(t, fmt.Sprintf("servers:\n  one: {command: %q, protocol: legacy}\n  two: {command: %q, protocol: legacy}\nclients: [{name: e2e, servers: [\"*\"]}]\n", fixture, fixture))
	asked := 0
	client := mcp.NewClient(&mcp.Implementation{Name: "e2e", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			asked++
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"username": "ann", "email": "ann@example.com"}}, nil
		},
	})
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint: g.URL(mantlet.Joined), HTTPClient: &http.Client{Transport: legacyOnly{bearer(g.Token(t, "e2e", mantlet.Joined)), tr}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close() //nolint:errcheck // the test is over
	for _, name := range []string{"one__test_elicitation", "two__test_elicitation"} {
		r, err := session.CallTool(ctx, &mcp.CallToolParams{Name: name, Arguments: map[string]any{"message": "who?"}})
		if err != nil || r.IsError {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
		if text := r.Content[0].(*mcp.TextContent).Text; !strings.Contains(text, "accept") {
			t.Errorf("%s answered %q", name, text)
		}
	}
	if asked != 2 {
		t.Errorf("the client was asked %d times", asked)
	}
}

// legacyOnly answers modern requests as a server that has none, so that the SDK's
// client falls back.
type legacyOnly struct {
	token bearer
	next  http.RoundTripper
}

func (l legacyOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Mcp-Protocol-Version") == "2026-07-28" {
		return &http.Response{StatusCode: http.StatusBadRequest, Status: "400 Bad Request", Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(l.token))
	return l.next.RoundTrip(r)
}

// A server that restarts is picked up: the session that Mantlet opened is opened
// again, and the caller notices nothing.
func TestARestartedServerIsPickedUp(t *testing.T) {
	var mu sync.Mutex
	session, opened, calls := "s1", 0, 0
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		b, _ := io.ReadAll(r.Body)
		m, err := wire.Decode(b, wire.DefaultLimits())
		switch {
		case err != nil:
			http.Error(w, "bad", http.StatusBadRequest)
			return
		case m.Method == "initialize":
			opened++
			w.Header().Set("Mcp-Session-Id", session)
		case r.Header.Get("Mcp-Session-Id") != session:
			http.Error(w, "no such session", http.StatusNotFound)
			return
		case m.Kind == wire.Notification:
			w.WriteHeader(http.StatusAccepted)
			return
		default:
			calls++
		}
		reply, _ := wire.NewResult(m.ID, []byte(`{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"x","version":"1"},"content":[]}`))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(reply.Bytes())
	}))
	defer up.Close()
	g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {url: %q, protocol: legacy}}\n", up.URL))
	c := daemon.New(g.Config.Listen.Socket, "test", "s")
	defer c.HTTP.CloseIdleConnections()
	for i := range 3 {
		if i == 1 {
			mu.Lock()
			session = "s2" // the server has forgotten s1
			mu.Unlock()
		}
		m, err := c.Ask(context.Background(), "tools/call", `"name":"t","arguments":{},`)
		if err != nil || m.Kind != wire.Result || strings.Contains(string(m.Bytes()), "isError") {
			t.Fatalf("%d: %s, %v", i, m.Bytes(), err)
		}
	}
	if opened != 2 || calls != 3 {
		t.Errorf("%d sessions, %d calls; want 2 and 3", opened, calls)
	}
}
