package conformance

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// What a server calls public is public at the server. Behind Mantlet it is for whom was
// let in, so that no cache before Mantlet gives it to the bearer of another token, or of
// none. Nothing else of it is changed.
func TestPublicIsPrivateBehindMantlet(t *testing.T) {
	for method, shape := range map[string]string{
		"tools/list":      `{"tools":[{"name":"t","cacheScope":"public","n":1.10}], "resultType":"complete","ttlMs":3600000, "_meta":{"cacheScope":"public"},  "cacheScope":%s }`,
		"prompts/list":    `{"cacheScope":%s,"prompts":[],"resultType":"complete","ttlMs":1}`,
		"resources/read":  `{"contents":[{"uri":"file:///a","text":"\u00e9"}],"cacheScope":%s,"resultType":"complete","ttlMs":1}`,
		"server/discover": `{"supportedVersions":["2026-07-28"],"capabilities":{},"cacheScope":%s,"resultType":"complete","ttlMs":1}`,
	} {
		for _, streamed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s streamed %t", method, streamed), func(t *testing.T) {
				f := newFake(t)
				g := gate(t, f, "")
				// The second is the first but for its id, and is not parsed again; the others differ.
				for i, scope := range []string{`"public"`, `"public"`, `"publi\u0063"`, `"private"`, `"shared"`, `1`, `"public"`} {
					n := strconv.Itoa(i + 1)
					says := `{"jsonrpc":"2.0","id":` + n + `,"result":` + fmt.Sprintf(shape, scope) + `}`
					f.says(func(string) string { return says })
					if streamed {
						f.streams(func(*http.Request, string) string { return "data: " + says + "\n\n" })
					}
					s := modern(`{"jsonrpc":"2.0","id":`+n+`,"method":"`+method+`","params":{"uri":"file:///a",`+meta+`}}`, "Mcp-Method", method)
					if method == "resources/read" {
						s.head["Mcp-Name"] = []string{"file:///a"}
					}
					_, body := do(t, g, s)
					if want := `"id":` + n + `,"result":` + fmt.Sprintf(shape, `"private"`) + `}`; !strings.Contains(body, want) {
						t.Errorf("scope %s: got %s, want %s", scope, body, want)
					}
				}
			})
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, era := range []string{"modern", "legacy"} {
		t.Run("stdio "+era, func(t *testing.T) {
			g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {command: %q, args: [hearing-server, %s], protocol: %s}}\nclients: [{name: a, servers: [s]}]\n", self, era, era))
			resp, body := do(t, g, modern(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+meta+`}}`, "Mcp-Method", "tools/list"))
			if !strings.Contains(body, `"cancels-0"`) || !strings.Contains(body, `"cacheScope":"private"`) {
				t.Error(body)
			}
			// What was never a stream, and cannot be resumed, is none to a modern caller.
			if kind := resp.Header.Get("Content-Type"); kind != "application/json" || strings.Contains(body, "retry:") {
				t.Error(kind, body)
			}
		})
	}
}
