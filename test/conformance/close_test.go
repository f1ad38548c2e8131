package conformance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/wire"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// hearingServer is a server over stdio that never answers a call and counts the
// cancels that it hears; its list of tools names their number.
func hearingServer(in io.Reader, out io.Writer, modern bool) {
	cancels := 0
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		m, err := wire.Decode(lines.Bytes(), wire.DefaultLimits())
		if err != nil {
			continue
		}
		result := ""
		switch {
		case m.Method == "notifications/cancelled":
			cancels++
		case m.Method == "server/discover" && modern:
			result = `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}`
		case m.Method == "initialize":
			result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"h","version":"1"}}`
		case m.Method == "tools/list":
			result = fmt.Sprintf(`{"tools":[{"name":"cancels-%d","inputSchema":{}}],"resultType":"complete","ttlMs":0,"cacheScope":"public"}`, cancels)
		case m.Method == "tools/call":
			fmt.Fprintf(out, `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":1}}`+"\n", m.Meta.ProgressToken)
		case m.Kind == wire.Request:
			fmt.Fprintf(out, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}`+"\n", m.ID)
		}
		if result != "" {
			fmt.Fprintf(out, `{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", m.ID, result)
		}
	}
}

// Over stdio there is no connection to end: who goes away in the modern era has
// cancelled, and the server is told so in the words of its own era; who goes away in
// the legacy era has not.
func TestClientCloseOverStdio(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const params = `"params":{"name":"x","_meta":{"progressToken":"p"%s}}}`
	for title, c := range map[string]struct {
		server string
		modern bool
		want   string
	}{
		"modern caller, modern server": {"modern", true, "cancels-1"},
		"modern caller, legacy server": {"legacy", true, "cancels-1"},
		"legacy caller, legacy server": {"legacy", false, "cancels-0"},
	} {
		t.Run(title, func(t *testing.T) {
			g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {command: %q, args: [hearing-server, %s], protocol: %s}}\nclients: [{name: a, servers: [s]}]\n", self, c.server, c.server))
			calls := modern(`{"jsonrpc":"2.0","id":7,"method":"tools/call",`+fmt.Sprintf(params, `,`+strings.TrimSuffix(strings.TrimPrefix(meta, `"_meta":{`), `}`)), "Mcp-Method", "tools/call", "Mcp-Name", "x")
			lists := modern(`{"jsonrpc":"2.0","id":8,"method":"tools/list","params":{`+meta+`}}`, "Mcp-Method", "tools/list")
			if !c.modern {
				session := initialize(t, g, "a")
				calls = legacy(session, `{"jsonrpc":"2.0","id":7,"method":"tools/call",`+fmt.Sprintf(params, ""))
				lists = legacy(session, `{"jsonrpc":"2.0","id":8,"method":"tools/list"}`)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			resp := open(t, ctx, g, calls) // returns with the server's first word
			if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Type"), "event-stream") {
				t.Fatalf("%d %v", resp.StatusCode, resp.Header)
			}
			cancel()
			_ = resp.Body.Close()
			// Its end is recorded once all that there was to say was said.
			for deadline := time.Now().Add(20 * time.Second); !recorded(t, g, "cancelled"); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the call does not end in the record")
				}
			}
			if _, body := do(t, g, lists); !strings.Contains(body, c.want) {
				t.Errorf("the server heard %s, want %s", body, c.want)
			}
		})
	}
}
