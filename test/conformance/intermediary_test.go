package conformance

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// A fake is an MCP server over HTTP that keeps what it was sent and answers as the
// test says.
type fake struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
	answer func(w http.ResponseWriter, r *http.Request, body string)
	speaks string // what initialize is answered with; "" is 2025-11-25
}

const sessionID = "upstream-session-1"

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	body := string(b)
	switch {
	case strings.Contains(body, `"server/discover"`) && strings.Contains(body, `"m-`):
		reply(w, `{"jsonrpc":"2.0","id":`+id(body)+`,"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}}`)
		return
	case strings.Contains(body, `"initialize"`):
		w.Header().Set("Mcp-Session-Id", sessionID)
		reply(w, `{"jsonrpc":"2.0","id":`+id(body)+`,"result":{"protocolVersion":"`+cmp.Or(f.speaks, "2025-11-25")+`","capabilities":{"tools":{}},"serverInfo":{"name":"fake","version":"1"}}}`)
		return
	}
	f.mu.Lock()
	f.bodies, f.heads = append(f.bodies, body), append(f.heads, r.Header.Clone())
	answer := f.answer
	f.mu.Unlock()
	if answer != nil {
		answer(w, r, body)
		return
	}
	if strings.Contains(body, `"id"`) {
		reply(w, `{"jsonrpc":"2.0","id":`+id(body)+`,"result":{"content":[],"tools":[],"resultType":"complete"}}`)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func reply(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

// id is the id of the fakes' simple bodies: what stands after "id":.
func id(body string) string {
	_, rest, _ := strings.Cut(body, `"id":`)
	return rest[:strings.IndexAny(rest, ",}")]
}

func (f *fake) seen() ([]string, []http.Header) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bodies, f.heads
}

func (f *fake) count() int {
	bodies, _ := f.seen()
	return len(bodies)
}

func gate(t *testing.T, f *fake, more string) *mantlettest.Gateway {
	t.Helper()
	return mantlettest.Start(t, fmt.Sprintf("servers: {s: {url: %q%s}}\nclients: [{name: a, servers: [s]}, {name: b, servers: [s]}]\n", f.URL+"/mcp", more))
}

// A sent is what goes to Mantlet: headers beside the usual ones, "-" to leave out.
type sent struct {
	method string
	client string
	server mantlet.ServerID // "" is s
	head   map[string][]string
	body   string
}

func do(t *testing.T, g *mantlettest.Gateway, s sent) (*http.Response, string) {
	t.Helper()
	resp := open(t, context.Background(), g, s)
	defer resp.Body.Close() //nolint:errcheck // read to its end
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func open(t *testing.T, ctx context.Context, g *mantlettest.Gateway, s sent) *http.Response { //nolint:revive // t first, as everywhere in these tests
	t.Helper()
	if s.method == "" {
		s.method = http.MethodPost
	}
	if s.client == "" {
		s.client = "a"
	}
	if s.server == "" {
		s.server = "s"
	}
	req, err := http.NewRequestWithContext(ctx, s.method, g.URL(s.server), strings.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{
		"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"},
		"Authorization": {"Bearer " + g.Token(t, s.client, s.server)},
	}
	for k, v := range s.head {
		switch {
		case k == "Host":
			req.Host = v[0]
		case v == nil:
			req.Header.Del(k)
		default:
			req.Header[http.CanonicalHeaderKey(k)] = v
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

func modern(body string, head ...string) sent {
	h := map[string][]string{"Mcp-Protocol-Version": {"2026-07-28"}}
	for i := 0; i+1 < len(head); i += 2 {
		if head[i+1] == "-" {
			h[head[i]] = nil
			continue
		}
		h[head[i]] = append(h[head[i]], head[i+1])
	}
	return sent{head: h, body: body}
}

const toolCall = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"é x","arguments":{},` + meta + `}}`

// Headers that repeat the body must say what it says (SEP-2243), and only once.
func TestHeadersAgainstBody(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	const enc = "=?base64?w6kgeA==?="
	call := []string{"Mcp-Method", "tools/call", "Mcp-Name", enc}
	plain := strings.Replace(toolCall, "é x", "x", 1)
	sentinel := strings.Replace(toolCall, "é x", "=?BASE64?eA==?=", 1)
	for name, c := range map[string]struct {
		s      sent
		status int
		code   string
	}{
		"all as it should be":              {modern(toolCall, call...), 200, ""},
		"a plain name":                     {modern(plain, "Mcp-Method", "tools/call", "Mcp-Name", "x"), 200, ""},
		"a plain name, encoded":            {modern(plain, "Mcp-Method", "tools/call", "Mcp-Name", "=?base64?eA==?="), 200, ""},
		"an upper-case sentinel is a name": {modern(sentinel, "Mcp-Method", "tools/call", "Mcp-Name", "=?BASE64?eA==?="), 200, ""},
		"no Mcp-Method":                    {modern(toolCall, "Mcp-Name", enc), 400, "-32020"},
		"another Mcp-Method":               {modern(toolCall, "Mcp-Method", "tools/list", "Mcp-Name", enc), 400, "-32020"},
		"Mcp-Method in other case":         {modern(toolCall, "Mcp-Method", "Tools/Call", "Mcp-Name", enc), 400, "-32020"},
		"two Mcp-Method":                   {modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Method", "tools/call", "Mcp-Name", enc), 400, "-32020"},
		"no Mcp-Name":                      {modern(toolCall, "Mcp-Method", "tools/call"), 400, "-32020"},
		"another Mcp-Name":                 {modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", "y"), 400, "-32020"},
		"two Mcp-Name":                     {modern(plain, "Mcp-Method", "tools/call", "Mcp-Name", "x", "Mcp-Name", "y"), 400, "-32020"},
		"bad padding":                      {modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", "=?base64?w6kgeA=?="), 400, "-32020"},
		"bytes that are no UTF-8":          {modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", "=?base64?/w==?="), 400, "-32020"},
		"a bad Mcp-Param":                  {modern(toolCall, append(call, "Mcp-Param-X", "=?base64?!?=")...), 400, "-32020"},
		"two Mcp-Param of one name":        {modern(toolCall, append(call, "Mcp-Param-X", "1", "Mcp-Param-X", "1")...), 400, "-32020"},
		"no version header":                {modern(toolCall, append(call, "Mcp-Protocol-Version", "-")...), 400, "-32020"},
		"another version in the header":    {modern(strings.Replace(toolCall, "2026-07-28", "2025-11-25", 1), call...), 400, "-32020"},
		"no version in the body":           {modern(`{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{}}`, "Mcp-Method", "tools/list"), 400, "-32602"},
		"no capabilities in the body":      {modern(`{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`, "Mcp-Method", "tools/list"), 400, "-32602"},
		"a method the revision lacks":      {modern(`{"jsonrpc":"2.0","id":7,"method":"ping","params":{`+meta+`}}`, "Mcp-Method", "ping"), 404, "-32601"},
		"a method nobody has":              {modern(`{"jsonrpc":"2.0","id":7,"method":"a/b","params":{`+meta+`}}`, "Mcp-Method", "a/b"), 404, "-32601"},
		"a modern header on a legacy body": {sent{head: map[string][]string{"Mcp-Method": {"tools/list"}, "Mcp-Protocol-Version": {"2025-11-25"}}, body: `{"jsonrpc":"2.0","id":7,"method":"ping"}`}, 400, "-32020"},
	} {
		t.Run(name, func(t *testing.T) {
			before := f.count()
			resp, body := do(t, g, c.s)
			if resp.StatusCode != c.status || (c.code != "" && !strings.Contains(body, `"code":`+c.code)) {
				t.Errorf("status %d, body %s; want %d %s", resp.StatusCode, body, c.status, c.code)
			}
			if (f.count() > before) != (c.status == 200) {
				t.Errorf("the server was reached %d times", f.count()-before)
			}
		})
	}
	resp, body := do(t, g, modern(strings.ReplaceAll(toolCall, "2026-07-28", "2027-01-01"), append(call, "Mcp-Protocol-Version", "2027-01-01")[0:4]...))
	if resp.StatusCode != 400 {
		t.Errorf("mixed revisions: %d %s", resp.StatusCode, body)
	}
	s := modern(strings.ReplaceAll(toolCall, "2026-07-28", "2027-01-01"), call...)
	s.head["Mcp-Protocol-Version"] = []string{"2027-01-01"}
	if resp, body := do(t, g, s); resp.StatusCode != 400 || !strings.Contains(body, `"code":-32022`) || !strings.Contains(body, `"requested":"2027-01-01"`) || !strings.Contains(body, `"2026-07-28"`) {
		t.Errorf("an unknown revision: %d %s", resp.StatusCode, body)
	}
}

// Bytes that two parsers could read differently go nowhere.
func TestBytesThatParsersDisagreeAbout(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	params := `"params":{"name":"x","arguments":{},` + meta + `}`
	for name, body := range map[string]string{
		"trailing JSON":        `{"jsonrpc":"2.0","id":1,"method":"tools/call",` + params + `}{"a":1}`,
		"a duplicate method":   `{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call",` + params + `}`,
		"an escaped duplicate": `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","n\u0061me":"y",` + meta + `}}`,
		"a deep duplicate":     `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":{"b":1,"b":2}},` + meta + `}}`,
		"a case variant":       `{"jsonrpc":"2.0","id":1,"method":"tools/call","Method":"x",` + params + `}`,
		"a long s":             `{"jsonrpc":"2.0","id":1,"method":"tools/call","param` + "\u017f" + `":{},` + params + `}`,
		"a case variant below": `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","Name":"y",` + meta + `}}`,
		"id null":              `{"jsonrpc":"2.0","id":null,"method":"tools/call",` + params + `}`,
		"id 1.5":               `{"jsonrpc":"2.0","id":1.5,"method":"tools/call",` + params + `}`,
		"id 1e2":               `{"jsonrpc":"2.0","id":1e2,"method":"tools/call",` + params + `}`,
		"id true":              `{"jsonrpc":"2.0","id":true,"method":"tools/call",` + params + `}`,
		"request and result":   `{"jsonrpc":"2.0","id":1,"method":"tools/call","result":{},` + params + `}`,
		"a batch":              `[{"jsonrpc":"2.0","id":1,"method":"tools/call",` + params + `}]`,
		"a byte order mark":    "\ufeff" + `{"jsonrpc":"2.0","id":1,"method":"tools/call",` + params + `}`,
		"bad UTF-8":            `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":"` + "\xff" + `"},` + meta + `}}`,
		"a lone surrogate":     `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":"\ud800"},` + meta + `}}`,
		"a depth bomb":         `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":` + strings.Repeat(`{"a":`, 70) + `1` + strings.Repeat(`}`, 70) + `,` + meta + `}}`,
		"not JSON-RPC 2.0":     `{"jsonrpc":"1.0","id":1,"method":"tools/call",` + params + `}`,
		"nothing":              ``,
	} {
		t.Run(name, func(t *testing.T) {
			resp, answer := do(t, g, modern(body, "Mcp-Method", "tools/call", "Mcp-Name", "x"))
			if resp.StatusCode != 400 || !strings.Contains(answer, `"error"`) || !strings.Contains(answer, "(exchange ") {
				t.Errorf("status %d, %s", resp.StatusCode, answer)
			}
			if f.count() != 0 {
				t.Fatal("it went up")
			}
		})
	}
	if resp, _ := do(t, g, modern(strings.Repeat(" ", 5<<20), "Mcp-Method", "x", "Expect", "100-continue")); resp.StatusCode != 413 {
		t.Errorf("5 MiB: %d", resp.StatusCode)
	}
	if resp, _ := do(t, g, modern(toolCall, "Mcp-Method", "tools/call", "Content-Type", "text/plain")); resp.StatusCode != 415 {
		t.Errorf("text/plain: %d", resp.StatusCode)
	}
	if resp, _ := do(t, g, modern(toolCall, "Mcp-Method", "tools/call", "Content-Encoding", "gzip")); resp.StatusCode != 415 {
		t.Errorf("gzip: %d", resp.StatusCode)
	}
	if resp, _ := do(t, g, modern(toolCall, "Mcp-Method", "tools/call", "Accept", "application/json")); resp.StatusCode != 406 {
		t.Errorf("without event streams: %d", resp.StatusCode)
	}
}

// What nobody needs to change arrives as it was sent, byte by byte, both ways.
func TestBytesAreIdentical(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	request := "{ \"jsonrpc\":\"2.0\",\n \"x-top\":[1, 2] ,\"id\":\"a\\u0062\",\"method\":\"tools/call\",\"params\":{\"z\":12345678901234567890,\"name\":\"x\",\"arguments\":{\"n\":1.0,\"e\":1E+2,\"u\":\"\\u00e9<b>\"},\"future\":{\"b\":1,\"a\":2}," + meta + "}}"
	results := map[string]string{
		"big integers, order, escapes": `{"structuredContent":{"n":12345678901234567890,"b":1.0,"a":"\u003c"},"content":[{"type":"text","text":"é","x":1}],"isError":false, "resultType":"complete"}`,
		"an unknown content type":      `{"content":[{"type":"widget","w":{"deep":[1,2,{"k":null}]}}],"resultType":"complete"}`,
		"MCP Apps":                     `{"content":[],"_meta":{"ui":{"resourceUri":"ui://a/b","visibility":["model","app"]},"vendor.example/x":{"y":[]}},"resultType":"complete"}`,
	}
	for name, result := range results {
		t.Run(name, func(t *testing.T) {
			want := "{\"jsonrpc\" : \"2.0\",\"vendor\":true,\"id\":\"ab\",\n\"result\":" + result + "}"
			want = strings.Replace(want, `"id":"ab"`, `"id":"a\u0062"`, 1)
			f.mu.Lock()
			f.answer = func(w http.ResponseWriter, _ *http.Request, _ string) { reply(w, want) }
			f.mu.Unlock()
			_, got := do(t, g, modern(request, "Mcp-Method", "tools/call", "Mcp-Name", "x", "Mcp-Param-Future", "kept"))
			if got != want {
				t.Errorf("back:\ngot  %s\nwant %s", got, want)
			}
			bodies, heads := f.seen()
			last := len(bodies) - 1
			if bodies[last] != request {
				t.Errorf("in:\ngot  %s\nwant %s", bodies[last], request)
			}
			if heads[last].Get("Mcp-Param-Future") != "kept" {
				t.Error("an Mcp-Param that nobody knows was not forwarded")
			}
		})
	}
}

// Credentials stay where they are: the caller's never go up, the server's
// challenges never come down.
func TestNoCredentialCrosses(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	s := modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", "=?base64?w6kgeA==?=", "Cookie", "c=1", "Dpop", "proof",
		"Proxy-Authorization", "Basic x", "X-Forwarded-For", "1.2.3.4", "X-Api-Key", "k", "Forwarded", "for=1", "X-Upstream", "evil")
	if resp, body := do(t, g, s); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	_, heads := f.seen()
	allowed := map[string]bool{"Accept": true, "Content-Type": true, "Content-Length": true, "User-Agent": true, "Mcp-Protocol-Version": true, "Mcp-Method": true, "Mcp-Name": true}
	for name := range heads[0] {
		if !allowed[name] {
			t.Errorf("header %s went up: %v", name, heads[0][name])
		}
	}
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="https://evil.example"`)
		w.Header().Set("Set-Cookie", "a=b")
		w.WriteHeader(http.StatusUnauthorized)
	}
	f.mu.Unlock()
	resp, body := do(t, g, modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", "=?base64?w6kgeA==?="))
	if resp.StatusCode == http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") != "" || resp.Header.Get("Set-Cookie") != "" || strings.Contains(body, "evil") {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.URL.Path == "/elsewhere" {
			t.Error("a redirect was followed")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}
	f.mu.Unlock()
	if _, body := do(t, g, modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", "=?base64?w6kgeA==?=")); !strings.Contains(body, "redirect") {
		t.Errorf("a redirect: %s", body)
	}
}

func TestOriginAndHost(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	call := []string{"Mcp-Method", "tools/call", "Mcp-Name", "=?base64?w6kgeA==?="}
	for name, c := range map[string]struct {
		head   []string
		status int
	}{
		"its own origin":   {[]string{"Origin", "http://" + g.Addr()}, 200},
		"another origin":   {[]string{"Origin", "http://evil.example"}, 403},
		"a null origin":    {[]string{"Origin", "null"}, 403},
		"another host":     {[]string{"Host", "evil.example"}, 403},
		"localhost":        {[]string{"Host", "localhost:1"}, 200},
		"a suffix of ours": {[]string{"Host", "127.0.0.1.evil.example"}, 403},
	} {
		if resp, body := do(t, g, modern(toolCall, append(call, c.head...)...)); resp.StatusCode != c.status {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
}

func initialize(t *testing.T, g *mantlettest.Gateway, client string) string {
	t.Helper()
	resp, body := do(t, g, sent{client: client, body: `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`})
	if resp.StatusCode != 200 || resp.Header.Get("Mcp-Session-Id") == "" {
		t.Fatalf("initialize: %d %s", resp.StatusCode, body)
	}
	return resp.Header.Get("Mcp-Session-Id")
}

func legacy(session, body string) sent {
	return sent{head: map[string][]string{"Mcp-Session-Id": {session}, "Mcp-Protocol-Version": {"2025-11-25"}}, body: body}
}

// A session belongs to whoever opened it; a foreign, altered or ended handle is
// answered as one that never was.
func TestSessions(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	session := initialize(t, g, "a")
	if strings.Contains(session, sessionID) {
		t.Error("the server's own session id is shown")
	}
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, r *http.Request, body string) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		reply(w, `{"jsonrpc":"2.0","id":`+id(body)+`,"result":{"tools":[]}}`)
	}
	f.mu.Unlock()
	if resp, body := do(t, g, legacy(session, list)); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	if _, heads := f.seen(); heads[0].Get("Mcp-Session-Id") != sessionID {
		t.Errorf("the server saw the session %q", heads[0].Get("Mcp-Session-Id"))
	}
	foreign := legacy(session, list)
	foreign.client = "b"
	altered := []byte(session)
	altered[30] ^= 1
	var answers []string
	for name, s := range map[string]sent{"foreign": foreign, "altered": legacy(string(altered), list), "never was": legacy("nonsense", list)} {
		resp, body := do(t, g, s)
		if resp.StatusCode != 404 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
		answers = append(answers, body[:strings.Index(body, "(exchange")])
	}
	if answers[0] != answers[1] || answers[1] != answers[2] {
		t.Errorf("the answers differ: %q", answers)
	}
	if resp, _ := do(t, g, sent{body: list}); resp.StatusCode != 400 {
		t.Errorf("without a session: %d", resp.StatusCode)
	}
	end := legacy(session, "")
	end.method = http.MethodDelete
	if resp, body := do(t, g, end); resp.StatusCode != 204 {
		t.Errorf("DELETE: %d %s", resp.StatusCode, body)
	}
	if resp, _ := do(t, g, legacy(session, list)); resp.StatusCode != 404 {
		t.Errorf("after DELETE: %d", resp.StatusCode)
	}
}

// When the server has ended the session, the client is told so in the way that
// makes it initialize again.
func TestASessionThatTheServerEnded(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	session := initialize(t, g, "a")
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, _ *http.Request, _ string) { http.Error(w, "gone", http.StatusNotFound) }
	f.mu.Unlock()
	if resp, body := do(t, g, legacy(session, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)); resp.StatusCode != 404 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestWhoIsNobodyGetsNothing(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	for name, auth := range map[string][]string{
		"no token":           nil,
		"a wrong token":      {"Bearer mtl_a_" + strings.Repeat("A", 43)},
		"a token in Basic":   {"Basic " + g.Token(t, "a", "s")},
		"somebody's foreign": {"Bearer eyJhbGciOiJub25lIn0.e30."},
	} {
		s := modern(toolCall, "Mcp-Method", "tools/call")
		s.head["Authorization"] = auth
		resp, body := do(t, g, s)
		if resp.StatusCode != 401 || resp.Header.Get("WWW-Authenticate") == "" || f.count() > 0 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+g.Addr()+"/mcp/nosuch", strings.NewReader(toolCall))
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 401 {
		t.Errorf("an unknown server shows itself to nobody: %d", resp.StatusCode)
	}
}

// An event leaves when it was judged: the second one is not sent before the first
// was read at the other end.
func TestEventsAreNotHeld(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	session := initialize(t, g, "a")
	next := make(chan struct{})
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, _ *http.Request, body string) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, ": hello\n\nid: ev-%d\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":%d}}\n\n", i, i)
			w.(http.Flusher).Flush()
			<-next
		}
		_, _ = fmt.Fprintf(w, "data: {\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"content\":[]}}\n\n", id(body))
	}
	f.mu.Unlock()
	resp := open(t, context.Background(), g, legacy(session, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}`))
	defer resp.Body.Close() //nolint:errcheck // read below
	in := bufio.NewReader(resp.Body)
	var ids []string
	comments := 0
	for i := range 3 {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := strings.CutPrefix(line, "id: "); ok {
				ids = append(ids, strings.TrimSpace(v))
			}
			if strings.HasPrefix(line, ":") {
				comments++
			}
			if strings.Contains(line, fmt.Sprintf(`"data":%d`, i)) {
				break
			}
		}
		next <- struct{}{}
	}
	rest, _ := io.ReadAll(in)
	if !bytes.Contains(rest, []byte(`"result":{"content":[]}`)) || comments != 3 || len(ids) != 3 {
		t.Errorf("rest %s, comments %d, ids %v", rest, comments, ids)
	}
	for _, one := range ids {
		if strings.Contains(one, "ev-") {
			t.Errorf("the server's own event id is shown: %s", one)
		}
	}
	// Resuming with our id asks the server for its own.
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, r *http.Request, _ string) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprintf(w, "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":%q}]}}\n\n", r.Header.Get("Last-Event-ID"))
	}
	f.mu.Unlock()
	s := legacy(session, "")
	s.method, s.head["Last-Event-Id"] = http.MethodGet, []string{ids[1]}
	if _, body := do(t, g, s); !strings.Contains(body, "ev-1") {
		t.Errorf("resumed with %s", body)
	}
	other := legacy(initialize(t, g, "a"), "")
	other.method, other.head["Last-Event-Id"] = http.MethodGet, []string{ids[1]}
	if resp, _ := do(t, g, other); resp.StatusCode != 400 {
		t.Errorf("another session's event: %d", resp.StatusCode)
	}
}

// A modern caller who goes away has cancelled: the server's connection ends.
func TestAClientThatGoesAwayEndsTheServersConnection(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	reached, ended := make(chan struct{}), make(chan struct{})
	f.mu.Lock()
	f.answer = func(_ http.ResponseWriter, r *http.Request, _ string) {
		close(reached)
		<-r.Context().Done()
		close(ended)
	}
	f.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-reached
		cancel()
	}()
	s := modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", "=?base64?w6kgeA==?=")
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, g.URL("s"), strings.NewReader(s.body))
	req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Authorization": {"Bearer " + g.Token(t, "a", "s")}}
	maps.Copy(req.Header, s.head)
	if resp, err := http.DefaultTransport.RoundTrip(req); err == nil {
		_ = resp.Body.Close()
		t.Fatal("the call was answered")
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the server still works for nobody")
	}
}

// A question on a modern stream is dropped and recorded, and input that was not
// offered is refused.
func TestQuestionsInTheModernEra(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	call := modern(toolCall, "Mcp-Method", "tools/call", "Mcp-Name", "=?base64?w6kgeA==?=")
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: {\"jsonrpc\":\"2.0\",\"id\":99,\"method\":\"sampling/createMessage\",\"params\":{}}\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[],\"resultType\":\"complete\"}}\n\n")
	}
	f.mu.Unlock()
	if _, body := do(t, g, call); strings.Contains(body, "sampling") || !strings.Contains(body, `"result"`) {
		t.Errorf("%s", body)
	}
	if !recorded(t, g, "dropped") {
		t.Error("the drop is not in the record")
	}
	ask := func(method string) func(http.ResponseWriter, *http.Request, string) {
		return func(w http.ResponseWriter, _ *http.Request, _ string) {
			reply(w, `{"jsonrpc":"2.0","id":7,"result":{"resultType":"input_required","inputRequests":{"k":{"method":"`+method+`","params":{}}},"requestState":"o\u0070aque=="}}`)
		}
	}
	f.mu.Lock()
	f.answer = ask("elicitation/create")
	f.mu.Unlock()
	if _, body := do(t, g, call); !strings.Contains(body, `"isError":true`) || strings.Contains(body, "inputRequests") {
		t.Errorf("input that was not offered: %s", body)
	}
	offering := call
	offering.body = strings.Replace(toolCall, `clientCapabilities":{}`, `clientCapabilities":{"elicitation":{}}`, 1)
	if _, body := do(t, g, offering); !strings.Contains(body, "inputRequests") {
		t.Errorf("input that was offered: %s", body)
	}
}

func recorded(t *testing.T, g *mantlettest.Gateway, word string) bool {
	t.Helper()
	for e, err := range audit.Entries(g.AuditDir()) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(e.Raw()), word) {
			return true
		}
	}
	return false
}

// Nothing is cached: two callers' lists are two requests, whatever the server says
// of its cache scope.
func TestListsAreNotSharedBetweenCallers(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, _ *http.Request, body string) {
		reply(w, `{"jsonrpc":"2.0","id":`+id(body)+`,"result":{"tools":[],"resultType":"complete","ttlMs":60000,"cacheScope":"public"}}`)
	}
	f.mu.Unlock()
	list := modern(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+meta+`}}`, "Mcp-Method", "tools/list")
	do(t, g, list)
	list.client = "b"
	do(t, g, list)
	if f.count() != 2 {
		t.Errorf("%d requests went up; want one for each caller", f.count())
	}
}

// A renamed call carries its new name in the header, too.
func TestMcpNameAfterARename(t *testing.T) {
	f := newFake(t)
	g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {url: %q}}\nclients: [{name: a, servers: [\"*\"]}]\n", f.URL+"/mcp"))
	body := strings.Replace(toolCall, "é x", "s__x", 1)
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, g.URL(mantlet.Joined), strings.NewReader(body))
	req.Header = http.Header{
		"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Authorization": {"Bearer " + g.Token(t, "a", mantlet.Joined)},
		"Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {"tools/call"}, "Mcp-Name": {"s__x"},
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	bodies, heads := f.seen() // a list for the headers that the tool may want, then the call
	if len(heads) != 2 || heads[0].Get("Mcp-Method") != "tools/list" || heads[1].Get("Mcp-Method") != "tools/call" || heads[1].Get("Mcp-Name") != "x" || !strings.Contains(bodies[1], `"name":"x"`) {
		t.Errorf("%v %v", heads, bodies)
	}
}
