// Package attacks is one case for each threat that Mantlet stops: the attack is made
// through Mantlet, where it must fail, and without it, where it must succeed. A case whose
// attack fails without Mantlet proves nothing and fails. `make attacks` prints the count.
package attacks

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// score is what make attacks prints.
var score struct {
	sync.Mutex
	stopped, passed, twins int
}

func TestMain(m *testing.M) {
	process.Supervise() // does not return in a supervisor
	if len(os.Args) == 2 && os.Args[1] == "stdio-server" {
		s := newServer("", reads("read_file", "Reads a file."))
		if err := s.Run(context.Background(), &mcp.StdioTransport{}); err != nil {
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	fmt.Printf("attacks: %d stopped, %d passed, %d twins\n", score.stopped, score.passed, score.twins)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// A place is where an attack is made: directly at the server, or behind Mantlet.
type place struct {
	*testing.T

	servers map[string]*server
	gateway *mantlettest.Gateway // nil without Mantlet
	changed chan struct{}        // a list has changed, the client of listen was told
	url     func(server string) string
}

// attack runs a case in both places. do reports whether the attack succeeded: whether the
// model was told, or the tool was called.
func attack(t *testing.T, threat string, servers func() map[string]*server, config string, do func(p *place) bool) {
	t.Helper()
	both(t, threat, func(t *testing.T) bool {
		p := &place{T: t, servers: servers()}
		p.start()
		p.url = func(s string) string { return p.servers[s].url }
		return do(p)
	}, func(t *testing.T) bool { return do(through(t, servers(), config)) })
}

// through is the place behind Mantlet.
func through(t *testing.T, servers map[string]*server, config string) *place {
	t.Helper()
	p := &place{T: t, servers: servers}
	p.start()
	var b strings.Builder
	b.WriteString("servers:\n")
	for id, s := range p.servers {
		fmt.Fprintf(&b, "  %s: {url: %q}\n", id, s.url)
	}
	g := mantlettest.Start(t, b.String()+config)
	p.gateway = g
	p.url = func(s string) string { return "http://" + g.Addr() + "/mcp/" + s }
	return p
}

// both makes an attack without Mantlet and through it. Each reports whether it succeeded.
func both(t *testing.T, threat string, without, through func(t *testing.T) bool) {
	t.Helper()
	t.Run("twin", func(t *testing.T) {
		if !without(t) {
			t.Fatalf("%s does not succeed without Mantlet: the case proves nothing", threat)
		}
		score.Lock()
		defer score.Unlock()
		score.twins++
	})
	t.Run("mantlet", func(t *testing.T) {
		succeeded := through(t)
		score.Lock()
		defer score.Unlock()
		if succeeded {
			score.passed++
			t.Fatalf("%s passed through Mantlet", threat)
		}
		score.stopped++
	})
}

func (p *place) start() {
	for _, s := range p.servers {
		s.start(p.T)
	}
}

// A server is a real one, of the official SDK, whose tools can change.
type server struct {
	*mcp.Server

	url   string
	calls atomic.Int64 // of any tool
}

func newServer(instructions string, tools ...*mcp.Tool) *server {
	s := &server{Server: mcp.NewServer(&mcp.Implementation{Name: "fake", Version: "1"}, &mcp.ServerOptions{Instructions: instructions})}
	for _, tool := range tools {
		s.offer(tool)
	}
	return s
}

func (s *server) offer(tool *mcp.Tool) {
	if tool.InputSchema == nil {
		tool.InputSchema = map[string]any{"type": "object"}
	}
	s.AddTool(tool, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		s.calls.Add(1)
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "done"}}}, nil
	})
}

func (s *server) start(t *testing.T) {
	h := httptest.NewServer(mcp.NewStreamableHTTPHandler(func(*httptestRequest) *mcp.Server { return s.Server }, nil))
	t.Cleanup(h.Close)
	s.url = h.URL
}

// connect is the official SDK's client.
func (p *place) connect(server string) *mcp.ClientSession {
	p.Helper()
	c := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil)
	session, err := c.Connect(p.Context(), &mcp.StreamableClientTransport{Endpoint: p.url(server), DisableStandaloneSSE: true}, nil)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = session.Close() })
	return session
}

// listen is connect, for a client that hears what the server says by itself.
func (p *place) listen(server string) *mcp.ClientSession {
	p.Helper()
	p.changed = make(chan struct{}, 100)
	c := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, &mcp.ClientOptions{
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { p.changed <- struct{}{} },
	})
	session, err := c.Connect(p.Context(), &mcp.StreamableClientTransport{Endpoint: p.url(server)}, nil)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = session.Close() })
	return session
}

// told is everything that a model reads of a server's tools.
func (p *place) told(s *mcp.ClientSession) string {
	p.Helper()
	list, err := s.ListTools(p.Context(), nil)
	if err != nil {
		p.Fatal(err)
	}
	var b strings.Builder
	for _, tool := range list.Tools {
		fmt.Fprintf(&b, "%s: %s %v\n", tool.Name, tool.Description, tool.InputSchema)
	}
	return b.String()
}

// called reports whether a tool could be called.
func (p *place) called(s *mcp.ClientSession, on *server, tool string) bool {
	p.Helper()
	before := on.calls.Load()
	_, _ = s.CallTool(p.Context(), &mcp.CallToolParams{Name: tool, Arguments: map[string]any{}})
	return on.calls.Load() > before
}

// scan is the configuration of `mantlet up` with definitions pinned at first sight.
const scan = "trust: {firstUse: scan}\ninsecure: {allowAnonymous: true, policyAllowAll: true, quotaUnlimited: true}\n"
