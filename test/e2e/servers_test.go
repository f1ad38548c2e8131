package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/mantlettest"
	"github.com/mantlet-mcp/mantlet/test/peers"
)

// A call is one thing to ask of a real server, and a word of its answer.
type call struct {
	Server string         `json:"server"`
	Tool   string         `json:"tool"`
	Args   map[string]any `json:"args"`
	Want   string         `json:"want"`
}

func start(t *testing.T) (*mantlettest.Gateway, []call) {
	t.Helper()
	node := filepath.Dir(peers.NPM(t, "node"))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hello.txt"), []byte("hello from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("env: {PATH: %q}", node+":"+os.Getenv("PATH"))
	g := mantlettest.Start(t, fmt.Sprintf(`
servers:
  everything: {command: %q, args: [stdio], %s}
  files: {command: %q, args: [%q], %s}
  memory: {command: %q, %s}
  thinking: {command: %q, %s}
joined: {wait: 30s}
clients: [{name: e2e, servers: ["*"]}]
`, peers.NPM(t, "mcp-server-everything"), path, peers.NPM(t, "mcp-server-filesystem"), dir, path,
		peers.NPM(t, "mcp-server-memory"), strings.Replace(path, "{", fmt.Sprintf("{MEMORY_FILE_PATH: %q, ", filepath.Join(dir, "memory.json")), 1),
		peers.NPM(t, "mcp-server-sequential-thinking"), path))
	return g, []call{
		{"everything", "echo", map[string]any{"message": "naïve 🙂 <b>"}, "naïve 🙂 <b>"},
		{"everything", "get-sum", map[string]any{"a": 2, "b": 40}, "42"},
		{"files", "read_text_file", map[string]any{"path": filepath.Join(dir, "hello.txt")}, "hello from a file"},
		{"memory", "read_graph", map[string]any{}, "entities"},
		{"thinking", "sequentialthinking", map[string]any{"thought": "one", "thoughtNumber": 1, "totalThoughts": 1, "nextThoughtNeeded": false}, "thoughtNumber"},
	}
}

// bearer puts a token on every request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

func connect(t *testing.T, g *mantlettest.Gateway, s mantlet.ServerID) *mcp.ClientSession {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "e2e", Version: "1"}, nil)
	session, err := client.Connect(context.Background(), &mcp.StreamableClientTransport{
		Endpoint: g.URL(s), HTTPClient: &http.Client{Transport: bearer(g.Token(t, "e2e", s))},
	}, nil)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return session
}

func check(t *testing.T, session *mcp.ClientSession, tool string, c call) {
	t.Helper()
	r, err := session.CallTool(context.Background(), &mcp.CallToolParams{Name: tool, Arguments: c.Args})
	if err != nil {
		t.Errorf("%s: %v", tool, err)
		return
	}
	b, _ := json.Marshal(r.Content)
	text := ""
	for _, one := range r.Content {
		if tc, ok := one.(*mcp.TextContent); ok {
			text += tc.Text
		}
	}
	if r.IsError || !strings.Contains(text, c.Want) {
		t.Errorf("%s answered %s; want %q", tool, b, c.Want)
	}
}

// Every real server, each at its own path and all of them joined, with the official
// Go SDK's client.
func TestRealServersWithTheGoSDK(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	g, calls := start(t)
	for _, c := range calls {
		t.Run(c.Server+" "+c.Tool, func(t *testing.T) {
			session := connect(t, g, mantlet.ServerID(c.Server))
			defer session.Close() //nolint:errcheck // the test is over
			check(t, session, c.Tool, c)
		})
	}
	t.Run("joined", func(t *testing.T) {
		session := connect(t, g, mantlet.Joined)
		defer session.Close() //nolint:errcheck // the test is over
		seen := map[string]bool{}
		for tool, err := range session.Tools(context.Background(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			seen[tool.Name] = true
		}
		for _, c := range calls {
			name := c.Server + "__" + c.Tool
			if !seen[name] {
				t.Errorf("the joined list lacks %s", name)
			}
			check(t, session, name, c)
		}
	})
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	r, err := audit.Verify(g.AuditDir())
	if err != nil || r.Broken != "" || len(r.NeverEnded) > 0 || r.Begun < len(calls)*2 {
		t.Errorf("the record: %+v, %v", r, err)
	}
}

// The same with the official TypeScript SDK's client.
func TestRealServersWithTheTypeScriptSDK(t *testing.T) {
	g, calls := start(t)
	type plan struct {
		URL, Token string
		Calls      []call
	}
	var plans []plan
	var joined []call
	for _, c := range calls {
		plans = append(plans, plan{g.URL(mantlet.ServerID(c.Server)), g.Token(t, "e2e", mantlet.ServerID(c.Server)), []call{c}})
		c.Tool = c.Server + "__" + c.Tool
		joined = append(joined, c)
	}
	plans = append(plans, plan{g.URL(mantlet.Joined), g.Token(t, "e2e", mantlet.Joined), joined})
	b, err := json.Marshal(plans)
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("client.mjs")
	if err != nil {
		t.Fatal(err)
	}
	// Node resolves packages from the script's place, which must be below .cache.
	at := filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(peers.Module(t, "@modelcontextprotocol/sdk")))), "e2e-client.mjs")
	if err := os.WriteFile(at, script, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(peers.NPM(t, "node"), at) //nolint:gosec,noctx // ends by itself
	cmd.Env = peers.Env(t, "PLAN="+string(b))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := strings.Count(string(out), "ok "); got != 2*len(calls) {
		t.Errorf("%d calls succeeded; want %d\n%s", got, 2*len(calls), out)
	}
}
