package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/mantlettest"
	"github.com/mantlet-mcp/mantlet/test/peers"
)

// A real server of the transport of 2024-11-05, the official TypeScript SDK's, is
// reached as its configuration says, as it is found out, joined, and by a modern
// caller; the client is the official Go SDK's.
func TestHTTPAndSSE(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	port := peers.Port(t)
	peers.Serve(t, port, peers.NPM(t, "mcp-server-everything"), "sse")
	at := fmt.Sprintf("http://127.0.0.1:%s/sse", port)
	g := mantlettest.Start(t, fmt.Sprintf(`
servers:
  said: {url: %q, protocol: sse}
  found: {url: %q}
joined: {wait: 30s}
clients: [{name: e2e, servers: ["*"]}]
`, at, at))
	for _, s := range []mantlet.ServerID{"said", "found"} {
		t.Run(string(s), func(t *testing.T) {
			var progress, asked atomic.Int32
			client := mcp.NewClient(&mcp.Implementation{Name: "e2e", Version: "1"}, &mcp.ClientOptions{
				ProgressNotificationHandler: func(context.Context, *mcp.ProgressNotificationClientRequest) { progress.Add(1) },
				ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
					asked.Add(1)
					return &mcp.ElicitResult{Action: "decline"}, nil
				},
			})
			tr := &http.Transport{}
			defer tr.CloseIdleConnections()
			session, err := client.Connect(context.Background(), &mcp.StreamableClientTransport{
				Endpoint: g.URL(s), HTTPClient: &http.Client{Transport: legacyOnly{bearer(g.Token(t, "e2e", s)), tr}},
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close() //nolint:errcheck // the test is over
			check(t, session, "echo", call{Args: map[string]any{"message": "naïve 🙂"}, Want: "naïve 🙂"})
			check(t, session, "trigger-elicitation-request", call{Args: map[string]any{}, Want: "declined"})
			if asked.Load() != 1 {
				t.Errorf("the client was asked %d times", asked.Load())
			}
			p := &mcp.CallToolParams{Name: "trigger-long-running-operation", Arguments: map[string]any{"duration": 0.5, "steps": 2}}
			p.SetProgressToken("p-1")
			if r, err := session.CallTool(context.Background(), p); err != nil || r.IsError {
				t.Errorf("%v, %v", r, err)
			}
			if progress.Load() == 0 {
				t.Error("no word of the progress came through")
			}
		})
	}
	t.Run("joined", func(t *testing.T) {
		session := connect(t, g, mantlet.Joined)
		defer session.Close() //nolint:errcheck // the test is over
		for _, s := range []string{"said", "found"} {
			check(t, session, s+"__get-sum", call{Args: map[string]any{"a": 2, "b": 40}, Want: "42"})
		}
	})
	t.Run("modern", func(t *testing.T) {
		for _, s := range []mantlet.ServerID{"said", "found"} {
			c := daemon.New(g.Config.Listen.Socket, "test", s)
			defer c.HTTP.CloseIdleConnections()
			m, err := c.Ask(context.Background(), "tools/call", `"name":"echo","arguments":{"message":"from afar"},`)
			if err != nil || !strings.Contains(string(m.Bytes()), "from afar") {
				t.Errorf("%s: %s, %v", s, m.Bytes(), err)
			}
		}
	})
}

// Found out by the first call, whoever makes it: a joined one, or a modern one.
func TestHTTPAndSSEIsFoundOut(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	port := peers.Port(t)
	peers.Serve(t, port, peers.NPM(t, "mcp-server-everything"), "sse")
	config := fmt.Sprintf("servers: {s: {url: \"http://127.0.0.1:%s/sse\"}}\njoined: {wait: 30s}\nclients: [{name: e2e, servers: [\"*\"]}]\n", port)
	t.Run("joined", func(t *testing.T) {
		session := connect(t, mantlettest.Start(t, config), mantlet.Joined)
		defer session.Close() //nolint:errcheck // the test is over
		check(t, session, "s__get-sum", call{Args: map[string]any{"a": 2, "b": 40}, Want: "42"})
	})
	t.Run("modern", func(t *testing.T) {
		c := daemon.New(mantlettest.Start(t, config).Config.Listen.Socket, "test", "s")
		defer c.HTTP.CloseIdleConnections()
		m, err := c.Ask(context.Background(), "tools/list", "")
		if err != nil || !strings.Contains(string(m.Bytes()), `"get-sum"`) {
			t.Errorf("%s, %v", m.Bytes(), err)
		}
	})
}
