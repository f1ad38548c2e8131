package conformance

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	textdiff "github.com/google/go-cmp/cmp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

var update = flag.Bool("update", false, "write testdata/transcripts anew; read the difference before it is committed")

// A transcript is a whole conversation as text. Each step has four parts: what the
// client sends to Mantlet, what each server gets from Mantlet, what it answers, and
// what the client gets. Headers are sorted, and what differs from run to run has a
// name in place of its value.
type transcript struct {
	t       *testing.T
	g       *mantlettest.Gateway
	servers []*scripted // by name
	out     strings.Builder
	names   map[string]string // by value
	counts  map[string]int    // by kind of name
}

// A scripted is a server that answers as its script says and keeps what went by.
type scripted struct {
	*httptest.Server
	name   string
	script func(r *http.Request, body string) said
	mu     sync.Mutex
	tape   strings.Builder
}

// A said is one answer of a scripted server.
type said struct {
	status int // 0 is 200
	head   []string
	body   string
}

func asJSON(body string, head ...string) said {
	return said{0, append([]string{"Content-Type", "application/json"}, head...), body}
}
func asStream(events ...string) said {
	return said{0, []string{"Content-Type", "text/event-stream"}, strings.Join(events, "\n\n") + "\n\n"}
}

func result(body, result string) string {
	return `{"jsonrpc":"2.0","id":` + id(body) + `,"result":` + result + `}`
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	answer := s.script(r, string(b))
	if answer.status == 0 {
		answer.status = http.StatusOK
	}
	for i := 0; i+1 < len(answer.head); i += 2 {
		w.Header().Set(answer.head[i], answer.head[i+1])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	head := r.Header.Clone()
	head.Set("Host", r.Host)
	part(&s.tape, "server "+s.name+" gets", r.Method+" "+r.URL.RequestURI(), head, string(b))
	part(&s.tape, "server "+s.name+" answers", fmt.Sprint(answer.status, " ", http.StatusText(answer.status)), w.Header(), answer.body)
	w.WriteHeader(answer.status)
	_, _ = io.WriteString(w, answer.body)
}

// part writes one part of a step. Of what nobody would read the bytes are counted.
func part(out *strings.Builder, title, first string, head http.Header, body string) {
	fmt.Fprintf(out, "--- %s\n%s\n", title, first)
	var lines []string
	for name, values := range head {
		for _, v := range values {
			if len(v) > 4000 {
				v = fmt.Sprintf("(%d bytes)", len(v))
			}
			lines = append(lines, name+": "+v+"\n")
		}
	}
	slices.Sort(lines)
	out.WriteString(strings.Join(lines, ""))
	switch {
	case len(body) > 4000:
		fmt.Fprintf(out, "\n(%d bytes)\n", len(body))
	case body != "":
		out.WriteString("\n" + strings.TrimSuffix(body, "\n") + "\n")
	}
}

// converse starts a Mantlet with servers that follow scripts.
func converse(t *testing.T, more string, scripts map[string]func(r *http.Request, body string) said) *transcript {
	t.Helper()
	c := &transcript{t: t, names: make(map[string]string), counts: make(map[string]int)}
	yaml := "servers:\n"
	for name, script := range scripts {
		s := &scripted{name: name, script: script}
		s.Server = httptest.NewServer(s)
		t.Cleanup(s.Close)
		c.servers = append(c.servers, s)
		yaml += fmt.Sprintf("  %s: {url: %q%s}\n", name, s.URL+"/mcp", more)
	}
	slices.SortFunc(c.servers, func(a, b *scripted) int { return strings.Compare(a.name, b.name) })
	c.g = mantlettest.Start(t, yaml+"clients: [{name: a, servers: [\"*\"]}]\n")
	return c
}

// step sends s and writes down what happened.
func (c *transcript) step(title string, s sent) (*http.Response, string) {
	c.t.Helper()
	s.method, s.server = cmp.Or(s.method, http.MethodPost), cmp.Or(s.server, "s")
	req, err := http.NewRequestWithContext(c.t.Context(), s.method, c.g.URL(s.server), strings.NewReader(s.body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = http.Header{"User-Agent": {"client"}, "Accept": {"application/json, text/event-stream"}, "Authorization": {"Bearer " + c.g.Token(c.t, "a", s.server)}}
	if s.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, values := range s.head {
		switch {
		case name == "Host":
			req.Host = values[0]
		case name == "Path":
			req.URL.Path = values[0]
		case values == nil:
			req.Header.Del(name)
		default:
			req.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	shown := req.Header.Clone()
	shown.Set("Host", req.Host)
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true, ExpectContinueTimeout: 30 * time.Second}).RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	resp.Header.Del("Connection") // the client asked for it, to have a connection for each step
	fmt.Fprintf(&c.out, "=== %s\n\n", title)
	part(&c.out, "client sends", s.method+" "+req.URL.RequestURI(), shown, s.body)
	for _, server := range c.servers {
		server.mu.Lock()
		c.out.WriteString(server.tape.String())
		server.tape.Reset()
		server.mu.Unlock()
	}
	part(&c.out, "client gets", resp.Status, resp.Header, string(body))
	c.out.WriteByte('\n')
	return resp, string(body)
}

// What differs from run to run, and what it is called.
var volatiles = []struct {
	kind string
	is   *regexp.Regexp // its first group, or all of it
}{
	{"date", regexp.MustCompile(`(?m)^Date: (.+)$`)},
	{"token", regexp.MustCompile(`mtl_[A-Za-z0-9_-]{20,}`)},
	{"own", regexp.MustCompile(`"(m-[A-Za-z0-9-]+)"`)},
	{"exchange", regexp.MustCompile(`\b[A-Z2-7]{26}\b`)},
	{"sealed", regexp.MustCompile(`\bAQAAAA[A-Za-z0-9_-]{40,}`)},
}

// text is the conversation with names in place of what differs.
func (c *transcript) text() string {
	text := strings.ReplaceAll(c.out.String(), c.g.Addr(), "{mantlet}")
	for _, s := range c.servers {
		text = strings.ReplaceAll(text, s.Listener.Addr().String(), "{server "+s.name+"}")
	}
	for _, v := range volatiles {
		for _, m := range v.is.FindAllStringSubmatch(text, -1) {
			if value := m[len(m)-1]; c.names[value] == "" {
				c.counts[v.kind]++
				c.names[value] = fmt.Sprintf("{%s %d}", v.kind, c.counts[v.kind])
				if v.kind == "date" || v.kind == "token" {
					c.names[value] = "{" + v.kind + "}"
				}
				text = strings.ReplaceAll(text, value, c.names[value])
			}
		}
	}
	return text
}

// holds compares the conversation with the one that is kept.
func (c *transcript) holds(name string) {
	c.t.Helper()
	file := filepath.Join("testdata", "transcripts", name+".golden")
	got := c.text()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			c.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(got)) {
		c.t.Errorf("the conversation differs from %s (-kept +now); if it should, run with -update\n%s", file, textdiff.Diff(string(want), got))
	}
}

// legacyScript is a server of 2025-11-25 with a session; more answers first.
func legacyScript(more func(r *http.Request, body string) (said, bool)) func(r *http.Request, body string) said {
	return func(r *http.Request, body string) said {
		if more != nil {
			if a, ok := more(r, body); ok {
				return a
			}
		}
		switch {
		case strings.Contains(body, `"server/discover"`):
			return said{400, []string{"Content-Type", "application/json"}, `{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: no session"}}`}
		case strings.Contains(body, `"initialize"`):
			return asJSON(result(body, `{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"legacy","version":"1"},"instructions":"be kind"}`), "Mcp-Session-Id", sessionID)
		case strings.Contains(body, `"tools/list"`):
			return asJSON(result(body, `{"tools":[{"name":"greet","inputSchema":{"type":"object"},"vendor":12345678901234567890}]}`))
		case strings.Contains(body, `"tools/call"`):
			return asJSON(result(body, `{"content":[{"type":"text","text":"hello"}]}`))
		case r.Method == http.MethodDelete:
			return said{status: 204}
		}
		return said{status: 202}
	}
}

// modernScript is a server of 2026-07-28; more answers first.
func modernScript(more func(r *http.Request, body string) (said, bool)) func(r *http.Request, body string) said {
	return func(r *http.Request, body string) said {
		if more != nil {
			if a, ok := more(r, body); ok {
				return a
			}
		}
		switch {
		case strings.Contains(body, `"server/discover"`):
			return asJSON(result(body, `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"modern","version":"1"}}}`))
		case strings.Contains(body, `"tools/list"`):
			return asJSON(result(body, `{"resultType":"complete","tools":[{"name":"grüß","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}}],"ttlMs":60000,"cacheScope":"public"}`))
		case strings.Contains(body, `"tools/call"`):
			return asJSON(result(body, `{"resultType":"complete","content":[{"type":"text","text":"hello"}],"vendor":[1.0,2]}`))
		}
		return said{404, []string{"Content-Type", "application/json"}, `{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"Method not found"}}`}
	}
}

const hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{}},"clientInfo":{"name":"client","version":"1"}}}`

func TestTranscripts(t *testing.T) {
	scripts := func(s func(*http.Request, string) said) map[string]func(*http.Request, string) said {
		return map[string]func(*http.Request, string) said{"s": s}
	}
	t.Run("legacy call with progress", func(t *testing.T) {
		c := converse(t, "", scripts(legacyScript(func(_ *http.Request, body string) (said, bool) {
			if !strings.Contains(body, `"tools/call"`) {
				return said{}, false
			}
			return asStream(
				": working",
				"id: ev-1\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"p\",\"progress\":1,\"total\":2}}",
				"id: ev-2\ndata: "+result(body, `{"content":[{"type":"text","text":"hello"}]}`),
			), true
		})))
		resp, _ := c.step("the client opens a session", sent{body: hello})
		session := resp.Header.Get("Mcp-Session-Id")
		c.step("it says that it is ready", legacy(session, `{"jsonrpc":"2.0","method":"notifications/initialized"}`))
		c.step("it lists the tools", legacy(session, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		c.step("it calls one and hears of the progress", legacy(session, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"greet","arguments":{},"_meta":{"progressToken":"p"}}}`))
		end := legacy(session, "")
		end.method = http.MethodDelete
		c.step("it ends the session", end)
		c.step("the session is over", legacy(session, `{"jsonrpc":"2.0","id":3,"method":"tools/list"}`))
		c.holds("legacy-call")
	})
	t.Run("legacy stream and resumption", func(t *testing.T) {
		c := converse(t, "", scripts(legacyScript(func(r *http.Request, body string) (said, bool) {
			switch {
			case r.Method == http.MethodGet && r.Header.Get("Last-Event-ID") == "ev-1":
				return asStream("id: ev-2\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"hello\"}]}}"), true
			case r.Method == http.MethodGet:
				return asStream("id: ev-9\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"), true
			}
			return asStream("id: ev-1\nretry: 500\ndata:"), strings.Contains(body, `"tools/call"`)
		})))
		resp, _ := c.step("the client opens a session", sent{body: hello})
		session := resp.Header.Get("Mcp-Session-Id")
		get := legacy(session, "")
		get.method = http.MethodGet
		get.head["Accept"] = []string{"text/event-stream"}
		c.step("it listens to what belongs to no request", get)
		_, body := c.step("it calls a tool, and the stream breaks before the reply", legacy(session, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"}}`))
		get.head["Last-Event-Id"] = []string{strings.TrimPrefix(regexp.MustCompile(`id: \S+`).FindString(body), "id: ")}
		c.step("it comes back to the stream and gets the reply", get)
		get.head["Last-Event-Id"] = []string{"ev-1"}
		c.step("the server's own event id opens nothing", get)
		c.holds("legacy-stream")
	})
	t.Run("modern", func(t *testing.T) {
		c := converse(t, "", scripts(modernScript(nil)))
		c.step("the client asks what is there", modern(`{"jsonrpc":"2.0","id":"d","method":"server/discover","params":{`+meta+`}}`, "Mcp-Method", "server/discover"))
		c.step("it lists the tools", modern(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+meta+`}}`, "Mcp-Method", "tools/list"))
		c.step("it calls one whose name HTTP does not carry, with a header for an argument and one that nobody knows", modern(
			`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"grüß","arguments":{"region":"eu"},`+meta+`}}`,
			"Mcp-Method", "tools/call", "Mcp-Name", encoded("grüß"), "Mcp-Param-Region", "eu", "Mcp-Param-Vendor", "kept", "Cookie", "c=1"))
		c.step("it asks for what the revision does not have", modern(`{"jsonrpc":"2.0","id":3,"method":"ping","params":{`+meta+`}}`, "Mcp-Method", "ping"))
		c.holds("modern-call")
	})
	t.Run("modern input", func(t *testing.T) {
		c := converse(t, "", scripts(modernScript(func(_ *http.Request, body string) (said, bool) {
			if !strings.Contains(body, `"tools/call"`) || strings.Contains(body, "inputResponses") {
				return said{}, false
			}
			const asks = `{"resultType":"input_required","inputRequests":{"who":{"method":"elicitation/create","params":{"message":"whom?","requestedSchema":{"type":"object","properties":{"name":{"type":"string"}}}}}},"requestState":"the server's \u0073tate"}`
			return asJSON(result(body, asks)), true
		})))
		_, body := c.step("the client calls, and the server needs to know something first", call("a", "greet", ""))
		c.step("the client retries with the answer and the state", call("a", "greet", `,"inputResponses":{"who":{"action":"accept","content":{"name":"you"}}},"requestState":`+member(t, body, "requestState")))
		c.step("the state is of no use with another tool", call("a", "other", `,"inputResponses":{"who":{"action":"cancel"}},"requestState":`+member(t, body, "requestState")))
		c.step("a client that offers no input is not asked", modern(strings.Replace(toolCall, "é x", "greet", 1), "Mcp-Method", "tools/call", "Mcp-Name", "greet"))
		c.holds("modern-input")
	})
	t.Run("modern caller, legacy server", func(t *testing.T) {
		c := converse(t, "", scripts(legacyScript(nil)))
		c.step("the client asks what is there", modern(`{"jsonrpc":"2.0","id":"d","method":"server/discover","params":{`+meta+`}}`, "Mcp-Method", "server/discover"))
		c.step("it lists the tools", modern(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+meta+`}}`, "Mcp-Method", "tools/list"))
		c.step("it calls one", modern(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"greet","arguments":{},`+strings.TrimSuffix(meta, "}")+`,"vendor/x":1}}}`, "Mcp-Method", "tools/call", "Mcp-Name", "greet"))
		c.step("it asks for what the server's revision does not have", modern(`{"jsonrpc":"2.0","id":3,"method":"subscriptions/listen","params":{"notifications":{},`+meta+`}}`, "Mcp-Method", "subscriptions/listen"))
		c.holds("modern-to-legacy")
	})
	t.Run("legacy caller, modern server", func(t *testing.T) {
		c := converse(t, "", scripts(modernScript(func(_ *http.Request, body string) (said, bool) {
			return said{400, []string{"Content-Type", "application/json"}, `{"jsonrpc":"2.0","id":0,"error":{"code":-32020,"message":"no MCP-Protocol-Version"}}`}, strings.Contains(body, `"initialize"`)
		})))
		resp, _ := c.step("the client opens a session", sent{body: hello})
		session := resp.Header.Get("Mcp-Session-Id")
		c.step("it says that it is ready", legacy(session, `{"jsonrpc":"2.0","method":"notifications/initialized"}`))
		c.step("it lists the tools", legacy(session, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		c.step("it calls one", legacy(session, `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"grüß","arguments":{"region":"zürich"}}}`))
		c.step("it pings", legacy(session, `{"jsonrpc":"2.0","id":3,"method":"ping"}`))
		end := legacy(session, "")
		end.method = http.MethodDelete
		c.step("it ends the session", end)
		c.holds("legacy-to-modern")
	})
	t.Run("joined", func(t *testing.T) {
		c := converse(t, "", map[string]func(*http.Request, string) said{"now": modernScript(nil), "then": legacyScript(nil)})
		at := func(s sent) sent { s.server = mantlet.Joined; return s }
		c.step("a modern client lists the tools of all servers", at(modern(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+meta+`}}`, "Mcp-Method", "tools/list")))
		c.step("it calls one of the modern server", at(modern(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"now__grüß","arguments":{},`+meta+`}}`, "Mcp-Method", "tools/call", "Mcp-Name", encoded("now__grüß"))))
		c.step("it calls one of the legacy server", at(modern(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"then__greet","arguments":{},`+meta+`}}`, "Mcp-Method", "tools/call", "Mcp-Name", "then__greet")))
		c.step("it calls one that no server has", at(modern(`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"greet","arguments":{},`+meta+`}}`, "Mcp-Method", "tools/call", "Mcp-Name", "greet")))
		c.holds("joined")
	})
	t.Run("page", func(t *testing.T) {
		c := converse(t, "", scripts(modernScript(nil)))
		from := func(s sent, origin string) sent { s.head["Origin"] = []string{origin}; return s }
		asks := func(origin string) sent {
			return from(sent{method: http.MethodOptions, head: map[string][]string{
				"Authorization": nil, "Accept": {"*/*"}, "Access-Control-Request-Method": {"POST"},
				"Access-Control-Request-Headers": {"authorization,content-type,mcp-method,mcp-param-region,mcp-protocol-version,x-other"},
			}}, origin)
		}
		list := func() sent {
			return modern(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+meta+`}}`, "Mcp-Method", "tools/list")
		}
		own := "http://" + c.g.Addr()
		c.step("a browser asks whether a page of an allowed origin may call", asks(own))
		c.step("the page calls", from(list(), own))
		unknown := from(list(), own)
		unknown.head["Authorization"] = nil
		c.step("without its token it may read why not", unknown)
		c.step("a browser asks for another page", asks("http://evil.example"))
		c.step("the other page calls all the same", from(list(), "http://evil.example"))
		c.holds("page")
	})
	t.Run("refusals", func(t *testing.T) { refusedOnes(t, converse(t, "", scripts(modernScript(nil)))) })
}

// refusedOnes has a refusal of each kind: the server hears of none.
func refusedOnes(t *testing.T, c *transcript) {
	t.Helper()
	plain := func(head ...string) sent {
		return modern(strings.Replace(toolCall, "é x", "x", 1), append([]string{"Mcp-Method", "tools/call", "Mcp-Name", "x"}, head...)...)
	}
	with := func(s sent, name string, values ...string) sent { s.head[name] = values; return s }
	for _, r := range []struct {
		title  string
		s      sent
		status int
	}{
		{"401: no token", with(plain(), "Authorization"), 401},
		{"401: a token that is none", with(plain(), "Authorization", "Bearer nothing"), 401},
		{"403: a page's origin", plain("Origin", "http://evil.example"), 403},
		{"403: a name that was rebound", plain("Host", "evil.example"), 403},
		{"404: nothing is here", with(plain(), "Path", "/elsewhere"), 404},
		{"404: no such session", legacy("nothing", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`), 404},
		{"404: no such method", modern(`{"jsonrpc":"2.0","id":7,"method":"nobody/has","params":{`+meta+`}}`, "Mcp-Method", "nobody/has"), 404},
		{"400: header and body differ", with(plain(), "Mcp-Name", "y"), 400},
		{"400: a header twice", with(plain(), "Mcp-Method", "tools/call", "tools/call"), 400},
		{"400: an unknown revision", with(modern(strings.ReplaceAll(toolCall, "2026-07-28", "2027-01-01")), "Mcp-Protocol-Version", "2027-01-01"), 400},
		{"400: a duplicate name", modern(`{"jsonrpc":"2.0","id":7,"method":"tools/list","method":"tools/call","params":{`+meta+`}}`, "Mcp-Method", "tools/list"), 400},
		{"400: no session", sent{head: map[string][]string{}, body: `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`}, 400},
		{"413: too large, as the client asks before it sends it", modern(strings.Repeat(" ", 5<<20), "Mcp-Method", "tools/list", "Expect", "100-continue"), 413},
		{"413: a header that is too large", plain("Mcp-Param-X", strings.Repeat("x", 9<<10)), 413},
		{"415: not JSON", with(plain(), "Content-Type", "text/plain"), 415},
		{"415: compressed", plain("Content-Encoding", "gzip"), 415},
		{"406: no event streams taken", with(plain(), "Accept", "application/json"), 406},
		{"405: another method", sent{method: http.MethodPut, head: map[string][]string{}}, 405},
		{"405: a stream without a session", sent{method: http.MethodGet, head: map[string][]string{}}, 405},
		{"405: nothing to end", sent{method: http.MethodDelete, head: map[string][]string{}}, 405},
	} {
		if resp, body := c.step(r.title, r.s); resp.StatusCode != r.status {
			t.Errorf("%s: %d %s", r.title, resp.StatusCode, body)
		}
	}
	if strings.Contains(c.out.String(), "server s gets") {
		t.Error("a refused request reached the server")
	}
	c.holds("refusals")
}
