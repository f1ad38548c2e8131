package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/gesture"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

const pinning = "insecure: {allowAnonymous: true, policyAllowAll: true, quotaUnlimited: true}\n"

// The sample server's tools wait for a person, who looks, takes a code from their own
// device, and approves exactly what they saw. A program that runs as them cannot.
func TestAnApprovalNeedsACode(t *testing.T) {
	g := mantlettest.Start(t, "trust: {firstUse: ask}\nservers: {peer: {url: \""+peerURL(t)+"\"}}\n"+pinning)
	session := agent(t, g.URL("peer"))
	if names := listed(t, session); len(names) != 0 {
		t.Fatal("shown before anybody looked", names)
	}
	d := daemon.New(g.Config.Listen.Socket, "cli", "peer")
	all, err := d.Catalogue(t.Context(), "")
	if err != nil || len(all) == 0 || all[0].State != "in review" {
		t.Fatal(all, err)
	}
	v, err := d.Review(t.Context(), "peer", "tool", all[0].Name)
	if err != nil || len(v.Fresh) == 0 || len(v.Effects) == 0 {
		t.Fatal(v, err)
	}
	decision := daemon.Decision{Server: "peer", On: []daemon.Seen{{Kind: "tool", Name: v.Name, Digest: v.Seen}}, State: "approved"}
	for code, words := range map[string]string{"": "code is wrong", "000000x": "code is wrong"} {
		decision.Code = code
		if err := d.Decide(t.Context(), decision); err == nil || !strings.Contains(err.Error(), words) {
			t.Fatalf("approved with code %q: %v", code, err)
		}
	}
	decision.Code = codeOf(t, g)
	if err := d.Decide(t.Context(), decision); err != nil {
		t.Fatal(err)
	}
	if err := d.Decide(t.Context(), decision); err == nil {
		t.Fatal("a code served twice")
	}
	if names := listed(t, session); len(names) != 1 || names[0] != v.Name {
		t.Fatal(names)
	}
	if r, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: v.Name, Arguments: map[string]any{}}); err != nil || r.IsError {
		t.Fatal(r, err)
	}
	decision.State, decision.Code = "quarantined", ""
	if err := d.Decide(t.Context(), decision); err != nil { // to stop one needs no code
		t.Fatal(err)
	}
	if r, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: v.Name, Arguments: map[string]any{}}); err == nil && !r.IsError {
		t.Fatal("called though it was stopped")
	}
}

// What cannot be asked for: over TCP there is no catalogue.
func TestTheCatalogueIsNotOnTCP(t *testing.T) {
	g := mantlettest.Start(t, "trust: {firstUse: ask}\n"+pinning)
	if status := get(t, "http://"+g.Addr()+daemon.CataloguePath); status == 200 {
		t.Fatal("anybody may read the catalogue")
	}
	g2 := mantlettest.Start(t, mantlettest.Anonymous)
	if _, err := daemon.New(g2.Config.Listen.Socket, "cli", "x").Catalogue(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "nothing is pinned") {
		t.Fatal(err)
	}
}

func codeOf(t *testing.T, g *mantlettest.Gateway) string {
	t.Helper()
	secret, err := os.ReadFile(g.Config.Trust.CodeFile)
	if err != nil {
		t.Fatal(err)
	}
	totp, err := gesture.New(string(secret))
	if err != nil {
		t.Fatal(err)
	}
	return totp.Code(time.Now())
}

// peerURL is a real server with two tools.
func peerURL(t *testing.T) string {
	t.Helper()
	s := mcp.NewServer(&mcp.Implementation{Name: "peer", Version: "1"}, nil)
	for _, name := range []string{"delete_file", "read_file"} {
		s.AddTool(&mcp.Tool{Name: name, InputSchema: map[string]any{"type": "object"}}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "done"}}}, nil
		})
	}
	h := httptest.NewServer(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, nil))
	t.Cleanup(h.Close)
	return h.URL
}

func agent(t *testing.T, url string) *mcp.ClientSession {
	t.Helper()
	c := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil)
	session, err := c.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: url, DisableStandaloneSSE: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

func listed(t *testing.T, s *mcp.ClientSession) (names []string) {
	t.Helper()
	list, err := s.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range list.Tools {
		names = append(names, tool.Name)
	}
	return names
}

func get(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
