package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// offering is a server with tools of these names.
func offering(tools ...string) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "peer", Version: "1"}, nil)
	for _, name := range tools {
		s.AddTool(&mcp.Tool{Name: name, InputSchema: map[string]any{"type": "object"}}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "done"}}}, nil
		})
	}
	return s
}

// reading is a local server with a tool that reads.
func reading() {
	_ = offering("read_log").Run(context.Background(), &mcp.StdioTransport{}) // it ends with its input
	os.Exit(0)
}

func served(t *testing.T, tools ...string) string {
	t.Helper()
	h := httptest.NewServer(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return offering(tools...) }, &mcp.StreamableHTTPOptions{Stateless: true}))
	t.Cleanup(h.Close)
	return h.URL + "/upstream-path"
}

// A found is what a client of the registry's API reads.
type found struct {
	Servers []struct {
		Server struct {
			Name, Version, Description string
			Remotes                    []struct{ URL string }
		}
	}
	Metadata struct{ NextCursor string }
}

func (f found) names() (out []string) {
	for _, s := range f.Servers {
		out = append(out, strings.TrimPrefix(s.Server.Name, "com.example/"))
	}
	return out
}

// look asks the listing, with a token where there is one, and headers as name, value.
func look(t *testing.T, url, token string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func finds(t *testing.T, url, token string) (f found) {
	t.Helper()
	status, body := look(t, url, token)
	if err := json.Unmarshal([]byte(body), &f); err != nil || status != http.StatusOK {
		t.Fatal(status, body, err)
	}
	return f
}

// becomes waits until the token's bearer finds want.
func becomes(t *testing.T, url, token, want string) {
	t.Helper()
	var got string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got = strings.Join(finds(t, url, token).names(), " "); got == want {
			return
		}
	}
	t.Fatalf("found %q, want %q", got, want)
}

const tokensOnly = "insecure: {policyAllowAll: true, quotaUnlimited: true}\n"

// shop is a Mantlet with two remote servers that may be used, one that may not, and a local
// one; and secrets in the configuration of each.
func shop(t *testing.T) *mantlettest.Gateway {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	key := t.TempDir() + "/key"
	if err := os.WriteFile(key, []byte("the-upstream-token"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := mantlettest.Start(t, fmt.Sprintf(`trust: {firstUse: scan, observe: 20ms, registryName: com.example}
servers:
  one: {url: %q, headers: {X-Upstream: "file:%s"}}
  two: {url: %q}
  waits: {url: %q}
  local: {command: %q, args: [reading-server, an-argument], env: {LOCAL_VARIABLE: a-value}}
clients: [{name: a, servers: [one]}, {name: b, servers: [two, waits, local]}, {name: all, servers: ["*"]}]
`, served(t, "read_file", "delete_file"), key, served(t, "read_mail"), served(t, "delete_all"), self)+tokensOnly)
	d := daemon.New(g.Config.Listen.Socket, "cli", "local")
	defer d.HTTP.CloseIdleConnections()
	if m, err := d.Ask(t.Context(), "tools/list", ""); err != nil || !strings.Contains(string(m.Bytes()), "read_log") {
		t.Fatal(m, err)
	}
	becomes(t, "http://"+g.Addr()+"/v0.1/servers", g.Token(t, "all", mantlet.Joined), "local one two")
	return g
}

// The list stands behind identity, as a server does, and shows a caller what they may use.
func TestServersAreListedForWhoMayUseThem(t *testing.T) {
	g := shop(t)
	list := "http://" + g.Addr() + "/v0.1/servers"
	all := g.Token(t, "all", mantlet.Joined)
	for name, c := range map[string]struct {
		token   string
		headers []string
		status  int
	}{
		"no token":       {"", nil, http.StatusUnauthorized},
		"a wrong token":  {all[:len(all)-2] + "xx", nil, http.StatusUnauthorized},
		"another host":   {all, []string{"Host", "rebound.example"}, http.StatusForbidden},
		"another origin": {all, []string{"Origin", "https://evil.example"}, http.StatusForbidden},
		"all is well":    {all, nil, http.StatusOK},
	} {
		for _, path := range []string{"", "/com.example%2Fone/versions", "/com.example%2Fone/versions/latest"} {
			if status, body := look(t, list+path, c.token, c.headers...); status != c.status || status != 200 && strings.Contains(body, "com.example") {
				t.Errorf("%s%s: %d %s", name, path, status, body)
			}
		}
	}
	for want, token := range map[string]string{"one": g.Token(t, "a", "one"), "two": g.Token(t, "b", "two"), "local": g.Token(t, "b", "local"), "": g.Token(t, "b", "waits")} {
		if got := strings.Join(finds(t, list, token).names(), " "); got != want {
			t.Errorf("the token of %q finds %q", want, got)
		}
	}
	if status, body := look(t, list+"/com.example%2Ftwo/versions", g.Token(t, "a", "one")); status != http.StatusNotFound {
		t.Error("another client's server is there:", status, body)
	}
	if f := finds(t, list, g.Token(t, "a", "one")); f.Servers[0].Server.Remotes[0].URL != g.URL("one") {
		t.Error("not Mantlet's own address:", f)
	}
}

// What was stopped is not found: the last tool of a server, or its start.
func TestWhatWasStoppedIsNotListed(t *testing.T) {
	g := shop(t)
	list, all := "http://"+g.Addr()+"/v0.1/servers", g.Token(t, "all", mantlet.Joined)
	d := daemon.New(g.Config.Listen.Socket, "cli", "one")
	defer d.HTTP.CloseIdleConnections()
	stop := func(server, kind, name, state string) {
		t.Helper()
		if err := d.Decide(t.Context(), daemon.Decision{Server: server, On: []daemon.Seen{{Kind: kind, Name: name}}, State: state}); err != nil {
			t.Fatal(err)
		}
	}
	stop("one", "tool", "read_file", "quarantined")
	if got := finds(t, list, all).names(); !slices.Equal(got, []string{"local", "two"}) {
		t.Error("a server without a tool that may be used:", got)
	}
	stop("local", "launch", "launch", "retired")
	if got := finds(t, list, all).names(); !slices.Equal(got, []string{"two"}) {
		t.Error("a server that is not started:", got)
	}
}

// Nothing of what is behind Mantlet is in the list, and the configuration holds all of it.
func TestTheListTellsNothingOfWhatIsBehind(t *testing.T) {
	g := shop(t)
	list, all := "http://"+g.Addr()+"/v0.1/servers", g.Token(t, "all", mantlet.Joined)
	var bodies strings.Builder
	for _, path := range []string{"", "?limit=100&include_deleted=true", "/com.example%2Fone/versions", "/com.example%2Flocal/versions/latest"} {
		status, body := look(t, list+path, all)
		if status != http.StatusOK {
			t.Error(path, status, body)
		}
		bodies.WriteString(body)
	}
	one, local := g.Config.Servers["one"], g.Config.Servers["local"]
	headers, err := config.Resolve(one.Headers)
	if err != nil {
		t.Fatal(err)
	}
	held := fmt.Sprint(one.URL, headers, local.Command, local.Args, local.Env)
	for _, secret := range []string{one.URL, strings.TrimSuffix(one.URL, "/upstream-path"), "upstream-path", "X-Upstream", "the-upstream-token", local.Command, "reading-server", "an-argument", "LOCAL_VARIABLE", "a-value", all} {
		if secret != all && !strings.Contains(held, secret) {
			t.Errorf("the configuration does not hold %q: this test proves nothing", secret)
		}
		if strings.Contains(bodies.String(), secret) {
			t.Errorf("the list tells %q", secret)
		}
	}
}

// The list comes in pages, and what an owner declares is in it.
func TestTheListInPages(t *testing.T) {
	g := shop(t)
	list, all := "http://"+g.Addr()+"/v0.1/servers", g.Token(t, "all", mantlet.Joined)
	var got []string
	for cursor, pages := "", 0; pages < 5; pages++ {
		f := finds(t, list+"?limit=1&cursor="+cursor, all)
		got = append(got, f.names()...)
		if cursor = f.Metadata.NextCursor; cursor == "" {
			break
		}
	}
	if !slices.Equal(got, []string{"local", "one", "two"}) {
		t.Error(got)
	}
	d := daemon.New(g.Config.Listen.Socket, "cli", "one")
	defer d.HTTP.CloseIdleConnections()
	for version, want := range map[string]string{"2.3.4": "2.3.4", "latest": "0.0.0"} {
		dossier := fmt.Appendf(nil, `{"owner":"team@example.com","dataClass":"internal","version":%q,"manifest":{"purpose":"Reads files."}}`, version)
		if err := d.File(t.Context(), daemon.Filed{Sort: "dossier", Server: "one", Content: dossier}); err != nil {
			t.Fatal(err)
		}
		f := finds(t, list+"?search=one", all)
		if len(f.Servers) != 1 || f.Servers[0].Server.Version != want || f.Servers[0].Server.Description != "Reads files." {
			t.Error(version, f)
		}
	}
}

// The twin of the above: it is the catalogue that hides a server which waits.
func TestWhatIsNotPinnedIsListed(t *testing.T) {
	g := mantlettest.Start(t, fmt.Sprintf("servers: {waits: {url: %q}}\nclients: [{name: all, servers: [\"*\"]}]\n", served(t, "delete_all"))+
		"insecure: {policyAllowAll: true, quotaUnlimited: true, trustUnpinned: true}\n")
	if f := finds(t, "http://"+g.Addr()+"/v0.1/servers", g.Token(t, "all", "waits")); len(f.Servers) != 1 || f.Servers[0].Server.Name != "io.mantlet.local/waits" {
		t.Error(f)
	}
}
