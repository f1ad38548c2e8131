package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// streams makes f answer as an event stream of those very bytes.
func (f *fake) streams(answer func(r *http.Request, body string) string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = func(w http.ResponseWriter, r *http.Request, body string) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, answer(r, body))
	}
}

// A stream's comments, ids, priming events and pauses come through; of a comment its
// text stays behind, and of an id its value. What the messages say is as it was.
func TestEventStreamIsRelayed(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	session := initialize(t, g, "a")
	f.streams(func(_ *http.Request, body string) string {
		return ": the server's own words\n\n" +
			"id: ev-prime\nretry: 1500\ndata:\n\n" +
			"event: message\r\nid: ev-1\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\r\ndata:  \"params\":{\"level\":\"info\",\"data\":12345678901234567890}}\r\n\r\n" +
			": again\n\nretry: 70000\n\n" +
			"unknown: field\nid: ev-2\ndata: {\"jsonrpc\":\"2.0\",\"id\":" + id(body) + ",\"result\":{\"content\":[]}}\n\n"
	})
	resp, body := do(t, g, legacy(session, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}`))
	sealed := regexp.MustCompile(`(?m)^id: (\S+)$`)
	ids := sealed.FindAllStringSubmatch(body, -1)
	got := sealed.ReplaceAllString(body, "id: SEALED")
	want := ": keep-alive\n\n" +
		"id: SEALED\nretry: 1500\n\n" +
		"event: message\nid: SEALED\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\ndata:  \"params\":{\"level\":\"info\",\"data\":12345678901234567890}}\n\n" +
		": keep-alive\n\nretry: 70000\n\n" +
		"event: message\nid: SEALED\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}\n\n"
	if got != want || resp.Header.Get("X-Accel-Buffering") != "no" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v\n%s\nwant\n%s", resp.Header, got, want)
	}
	if len(ids) != 3 || ids[0][1] == ids[1][1] || ids[1][1] == ids[2][1] || strings.Contains(body, "ev-") || strings.Contains(body, "own words") {
		t.Errorf("ids %q in\n%s", ids, body)
	}
}

// leaves sends s, waits until the server has it, and goes away; it returns once the
// exchange is over and all that Mantlet had to say was said.
func leaves(t *testing.T, f *fake, g *mantlettest.Gateway, s sent, word string) {
	t.Helper()
	reached, gone := make(chan struct{}), make(chan struct{})
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, r *http.Request, body string) {
		if !strings.Contains(body, word) {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, ": begun\n\n")
		w.(http.Flusher).Flush()
		close(reached)
		<-r.Context().Done()
		close(gone)
	}
	f.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	resp := open(t, ctx, g, s)
	<-reached
	cancel()
	_ = resp.Body.Close()
	select {
	case <-gone:
	case <-time.After(20 * time.Second):
		t.Error("the server's connection is still open")
	}
	if err := g.Stop(); err != nil { // returns when every exchange has ended
		t.Fatal(err)
	}
}

func (f *fake) cancels() (n int) {
	bodies, _ := f.seen()
	for _, b := range bodies {
		if strings.Contains(b, "notifications/cancelled") {
			n++
		}
	}
	return n
}

// Who goes away in the modern era has cancelled: over HTTP the end of the connection
// says so, and to a legacy server a notification does. Who goes away in the legacy
// era has not, and may come back: no cancel goes up.
func TestClientClose(t *testing.T) {
	const word = `"tools/call"`
	t.Run("modern: the server's connection ends", func(t *testing.T) {
		f := newFake(t)
		g := gate(t, f, ", protocol: modern")
		leaves(t, f, g, modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", encoded("é x")), word)
		if f.cancels() != 0 {
			t.Error("a notification that the revision does not have over HTTP went up")
		}
	})
	t.Run("modern, to a legacy server: it is told", func(t *testing.T) {
		f := newFake(t)
		g := gate(t, f, ", protocol: legacy")
		leaves(t, f, g, modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", encoded("é x")), word)
		if f.cancels() != 1 {
			t.Errorf("%d cancels went up, want 1", f.cancels())
		}
	})
	t.Run("legacy: nothing is cancelled", func(t *testing.T) {
		f := newFake(t)
		g := gate(t, f, "")
		leaves(t, f, g, legacy(initialize(t, g, "a"), `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}`), word)
		if f.cancels() != 0 {
			t.Errorf("%d cancels went up", f.cancels())
		}
	})
	t.Run("legacy: what the client says itself goes up", func(t *testing.T) {
		f := newFake(t)
		g := gate(t, f, "")
		do(t, g, legacy(initialize(t, g, "a"), `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`))
		if f.cancels() != 1 {
			t.Errorf("%d cancels went up, want 1", f.cancels())
		}
	})
}

// Whatever a server asks on a modern stream is dropped, also in a namespace that the
// configuration allows, and the record says so; what belongs there comes through.
func TestServerRequestsOnAModernStream(t *testing.T) {
	for _, method := range []string{"sampling/createMessage", "elicitation/create", "roots/list", "ping", "tools/call", "vendor/asks"} {
		t.Run(method, func(t *testing.T) {
			f := newFake(t)
			g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {url: %q}}\nclients: [{name: a, servers: [s]}]\nextensions: [vendor/]\n", f.URL+"/mcp"))
			f.streams(func(_ *http.Request, body string) string {
				return "data: {\"jsonrpc\":\"2.0\",\"id\":99,\"method\":\"" + method + "\",\"params\":{\"secret\":\"word\"}}\n\n" +
					"data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":1}}\n\n" +
					"data: {\"jsonrpc\":\"2.0\",\"id\":" + id(body) + ",\"result\":{\"content\":[],\"resultType\":\"complete\"}}\n\n"
			})
			_, body := do(t, g, modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", encoded("é x")))
			if strings.Contains(body, method) || strings.Contains(body, "word") || !strings.Contains(body, "notifications/progress") || !strings.Contains(body, `"result"`) {
				t.Errorf("%s", body)
			}
			if !recorded(t, g, "dropped") {
				t.Error("the drop is not in the record")
			}
		})
	}
}

// Input of a kind that the caller did not declare is blocked, whatever it stands with.
func TestUndeclaredInput(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	for title, c := range map[string]struct {
		declared, asked string
		good            bool
	}{
		"nothing declared":                      {`{}`, `"k":{"method":"elicitation/create","params":{}}`, false},
		"another declared":                      {`{"roots":{}}`, `"k":{"method":"sampling/createMessage","params":{}}`, false},
		"one of two declared":                   {`{"roots":{}}`, `"j":{"method":"roots/list","params":{}},"k":{"method":"elicitation/create","params":{}}`, false},
		"a form where only URLs are":            {`{"elicitation":{"url":{}}}`, `"k":{"method":"elicitation/create","params":{"mode":"form"}}`, false},
		"a URL where only forms are":            {`{"elicitation":{}}`, `"k":{"method":"elicitation/create","params":{"mode":"url","url":"https://a.example"}}`, false},
		"a kind that nobody knows":              {`{"elicitation":{},"sampling":{},"roots":{}}`, `"k":{"method":"vendor/asks","params":{}}`, false},
		"declared as null":                      {`{"elicitation":null}`, `"k":{"method":"elicitation/create","params":{}}`, false},
		"a mode that nobody knows":              {`{"elicitation":{"form":{},"url":{}}}`, `"k":{"method":"elicitation/create","params":{"mode":"vr"}}`, false},
		"a form, both declared":                 {`{"elicitation":{"form":{},"url":{}}}`, `"k":{"method":"elicitation/create","params":{}}`, true},
		"sampling with tools, declared":         {`{"sampling":{"tools":{}}}`, `"k":{"method":"sampling/createMessage","params":{"tools":[]}}`, true},
		"declared":                              {`{"elicitation":{}}`, `"k":{"method":"elicitation/create","params":{}}`, true},
		"a URL, declared":                       {`{"elicitation":{"url":{}}}`, `"k":{"method":"elicitation/create","params":{"mode":"url","url":"https://a.example"}}`, true},
		"sampling, declared":                    {`{"sampling":{}}`, `"k":{"method":"sampling/createMessage","params":{}}`, true},
		"both declared":                         {`{"roots":{},"elicitation":{}}`, `"j":{"method":"roots/list","params":{}},"k":{"method":"elicitation/create","params":{}}`, true},
		"sampling with tools, declared without": {`{"sampling":{}}`, `"k":{"method":"sampling/createMessage","params":{"tools":[]}}`, false},
	} {
		t.Run(title, func(t *testing.T) {
			f.says(func(string) string {
				return `{"jsonrpc":"2.0","id":7,"result":{"resultType":"input_required","inputRequests":{` + c.asked + `},"requestState":"s"}}`
			})
			_, body := do(t, g, modern(strings.Replace(toolCall, `clientCapabilities":{}`, `clientCapabilities":`+c.declared, 1), "Mcp-Method", "tools/call", "Mcp-Name", encoded("é x")))
			if got := strings.Contains(body, "inputRequests"); got != c.good || !c.good && !strings.Contains(body, `"isError":true`) {
				t.Errorf("%s", body)
			}
		})
	}
}

// Nothing is answered from memory: not to another caller, not to the same one, and
// least of all a retry that brings answers, whatever the server says of caching. Each
// caller gets what the server made for that very request.
func TestNothingIsCached(t *testing.T) {
	for _, scope := range []string{"private", "public"} {
		for method, result := range map[string]string{"tools/list": `"tools":[{"name":"t%d","inputSchema":{}}]`, "resources/read": `"contents":[{"uri":"file:///a","text":"t%d"}]`, "server/discover": `"supportedVersions":["2026-07-28"],"capabilities":{},"instructions":"t%d"`} {
			t.Run(scope+" "+method, func(t *testing.T) {
				f := newFake(t)
				g := gate(t, f, "")
				n := 0
				f.says(func(body string) string {
					n++
					return `{"jsonrpc":"2.0","id":` + id(body) + `,"result":{` + fmt.Sprintf(result, n) + `,"resultType":"complete","ttlMs":3600000,"cacheScope":"` + scope + `"}}`
				})
				s := modern(`{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":{"uri":"file:///a",`+meta+`}}`, "Mcp-Method", method)
				if method == "resources/read" {
					s.head["Mcp-Name"] = []string{"file:///a"}
				}
				for i, client := range []string{"a", "b", "a", "b"} {
					s.client = client
					if _, body := do(t, g, s); !strings.Contains(body, fmt.Sprintf(`"t%d"`, i+1)) {
						t.Errorf("request %d, of %s: %s", i+1, client, body)
					}
				}
			})
		}
	}
	t.Run("a retry", func(t *testing.T) {
		f := newFake(t)
		g := gate(t, f, "")
		n := 0
		f.says(func(body string) string {
			n++
			more := fmt.Sprintf(`"resultType":"complete","content":[{"type":"text","text":"t%d"}],"ttlMs":3600000,"cacheScope":"public"`, n)
			if !strings.Contains(body, "inputResponses") {
				more = `"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{}}},"requestState":"s"`
			}
			return `{"jsonrpc":"2.0","id":7,"result":{` + more + `}}`
		})
		_, body := do(t, g, call("a", "x", ""))
		retry := call("a", "x", `,"inputResponses":{"k":{"action":"accept"}},"requestState":`+member(t, body, "requestState"))
		for i := range 3 {
			if _, body := do(t, g, retry); !strings.Contains(body, fmt.Sprintf(`"t%d"`, i+2)) {
				t.Errorf("retry %d: %s", i+1, body)
			}
		}
	})
}

// A list that is none is the server's fault, and its name is in the words.
func TestAListThatIsNone(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	session := initialize(t, g, "a")
	for _, list := range []string{`{}`, `{"tools":{}}`, `{"tools":[1]}`, `{"tools":[{"name":1}]}`, `{"tools":[],"nextCursor":1}`} {
		f.says(func(string) string { return `{"jsonrpc":"2.0","id":1,"result":` + list + `}` })
		for era, s := range map[string]sent{
			"modern": modern(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+meta+`}}`, "Mcp-Method", "tools/list"),
			"legacy": legacy(session, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`),
		} {
			if resp, body := do(t, g, s); resp.StatusCode != 502 || !strings.Contains(body, `"code":1502`) || !strings.Contains(body, "server s ") {
				t.Errorf("%s, %s: %d %s", era, list, resp.StatusCode, body)
			}
		}
	}
}
