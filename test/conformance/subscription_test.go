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

	"github.com/mantlet-mcp/mantlet/internal/sse"
	"github.com/mantlet-mcp/mantlet/internal/wire"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// modernServer is a server over stdio, of 2026-07-28. A call of the tool "change"
// tells every listener that the list changed, and one that was never here; it
// answers with the ids of the listeners as it knows them.
func modernServer(in io.Reader, out io.Writer) {
	var listeners []string
	lines := bufio.NewScanner(in)
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	for lines.Scan() {
		m, err := wire.Decode(lines.Bytes(), wire.DefaultLimits())
		if err != nil {
			continue
		}
		switch m.Method {
		case "server/discover":
			say(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"ttlMs":0,"cacheScope":"private"}}`, m.ID)
		case "subscriptions/listen":
			listeners = append(listeners, string(m.ID))
			say(`{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/subscriptionId":%s}}}`, m.ID)
		case "tools/call":
			for _, id := range append(listeners, `"never-was"`, `1`) {
				say(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"vendor":12345678901234567890,"_meta":{"io.modelcontextprotocol/subscriptionId":%s}}}`, id)
			}
			say(`{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":%s}],"resultType":"complete"}}`, m.ID, wire.Quote(strings.Join(listeners, " ")))
			if m.Name == "close" {
				for _, id := range listeners {
					say(`{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":%s}}}`, id, id)
				}
				listeners = nil
			}
		}
	}
}

// next is the next message of an event stream, comments left out.
func next(t *testing.T, r *sse.Reader) string {
	t.Helper()
	for {
		e, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Data) > 0 {
			return string(e.Data)
		}
	}
}

// Two listeners of one process, who chose the same id or the like, are each told of
// their own subscription under the id that they chose, byte by byte, and never of the
// other's; the process knows neither id.
func TestSubscriptionIDOverStdio(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for title, c := range map[string]struct {
		shared string
		who    [2]string
		ids    [2]string
	}{
		"one caller, two types of id":     {"false", [2]string{"a", "a"}, [2]string{`1`, `"1"`}},
		"one caller, one id":              {"false", [2]string{"a", "a"}, [2]string{`"same"`, `"same"`}},
		"two callers, shared, one id":     {"true", [2]string{"a", "b"}, [2]string{`1`, `1`}},
		"two callers, shared, an escape":  {"true", [2]string{"a", "b"}, [2]string{`"\u0061"`, `"a"`}},
		"two callers, two processes, one": {"false", [2]string{"a", "b"}, [2]string{`1`, `1`}},
	} {
		t.Run(title, func(t *testing.T) {
			g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {command: %q, args: [modern-server], shared: %s}}\nclients: [{name: a, servers: [s]}, {name: b, servers: [s]}]\n", self, c.shared))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var streams [2]*sse.Reader
			for i := range 2 {
				s := modern(`{"jsonrpc":"2.0","id":`+c.ids[i]+`,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},`+meta+`}}`, "Mcp-Method", "subscriptions/listen")
				s.client = c.who[i]
				resp := open(t, ctx, g, s)
				defer resp.Body.Close() //nolint:errcheck // the caller goes away
				if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || kind != "text/event-stream" {
					t.Fatalf("%d %s", resp.StatusCode, kind)
				}
				streams[i] = sse.NewReader(resp.Body, 1<<20)
				want := `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/subscriptionId":` + c.ids[i] + `}}}`
				if got := next(t, streams[i]); got != want {
					t.Fatalf("acknowledged: %s", got)
				}
			}
			tool := func(who, name string) string {
				s := modern(`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"`+name+`",`+meta+`}}`, "Mcp-Method", "tools/call", "Mcp-Name", name)
				s.client = who
				_, body := do(t, g, s)
				return body
			}
			// The known ids come from a change; the same change twice must be heard twice, and once each.
			for _, who := range c.who {
				known := tool(who, "change")
				if strings.Contains(known, "same") || strings.Contains(known, `"text":"1`) {
					t.Errorf("the server knows the callers' ids: %s", known)
				}
			}
			for _, who := range c.who {
				tool(who, "close")
			}
			for i, in := range streams {
				changed := `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"vendor":12345678901234567890,"_meta":{"io.modelcontextprotocol/subscriptionId":` + c.ids[i] + `}}}`
				changes := 3 // two changes and the first close
				if c.who[0] != c.who[1] && c.shared == "false" {
					changes = 2 // a process of its own: one change and one close
				}
				for n := range changes {
					if got := next(t, in); got != changed {
						t.Fatalf("listener %d, change %d: %s", i, n, got)
					}
				}
				if got, want := next(t, in), `{"jsonrpc":"2.0","id":`+c.ids[i]+`,"result":{"resultType":"complete","_meta":{"io.modelcontextprotocol/subscriptionId":`+c.ids[i]+`}}}`; got != want {
					t.Errorf("listener %d ends with %s", i, got)
				}
				if e, err := in.Next(); err == nil {
					t.Errorf("listener %d hears more: %s", i, e.Data)
				}
			}
		})
	}
}
