package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// mirroring is a modern server whose tool wants its argument in a header, too
// (SEP-2243), and that answers with what the header said.
func mirroring(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		m, err := wire.Decode(b, wire.DefaultLimits())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		result := fmt.Sprintf(`{"content":[{"type":"text","text":"region %s"}],"resultType":"complete"}`, r.Header.Get("Mcp-Param-Region"))
		switch m.Method {
		case "server/discover":
			result = `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}`
		case "tools/list":
			result = `{"tools":[{"name":"t","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}}],"resultType":"complete","ttlMs":0,"cacheScope":"private"}`
		}
		reply, _ := wire.NewResult(m.ID, []byte(result))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(reply.Bytes())
	}))
	t.Cleanup(s.Close)
	return s
}

// Who has no headers of their own to send, a client over stdio or a joined name, gets
// them made from the arguments.
func TestMirroredParamsOfWhoSendsNone(t *testing.T) {
	g := mantlettest.Start(t, fmt.Sprintf("servers: {a: {url: %q}}\n", mirroring(t).URL))
	for server, name := range map[mantlet.ServerID]string{"a": "t", mantlet.Joined: "a__t"} {
		c := cli(g, server)
		for _, listed := range []bool{false, true} {
			if listed {
				if _, err := c.Ask(context.Background(), "tools/list", ""); err != nil {
					t.Fatal(err)
				}
			}
			if got := ask(t, c, fmt.Sprintf(`"name":%q,"arguments":{"region":"eu"},`, name)); !strings.Contains(got, "region eu") {
				t.Errorf("%s, listed %v: %s", server, listed, got)
			}
		}
		c.HTTP.CloseIdleConnections()
	}
}
