package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/wire"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	parent  = "00-" + traceID + "-00f067aa0ba902b7-01"
	other   = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
)

// A receiver is a collector: it keeps what it was sent.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	raw  bytes.Buffer
	got  []*collector.Span
	bad  error
	head http.Header
}

func receive(t testing.TB) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		b, _ := io.ReadAll(q.Body)
		var data collector.TracesData // the same on the wire as ExportTraceServiceRequest
		r.mu.Lock()
		defer r.mu.Unlock()
		r.head = q.Header.Clone()
		r.raw.Write(b)
		if err := proto.Unmarshal(b, &data); err != nil || len(data.ProtoReflect().GetUnknown()) > 0 || q.URL.Path != "/v1/traces" {
			r.bad = fmt.Errorf("at %s: %w", q.URL.Path, err)
		}
		for _, rs := range data.GetResourceSpans() {
			for _, ss := range rs.GetScopeSpans() {
				r.got = append(r.got, ss.GetSpans()...)
			}
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// spans are what has come once Mantlet has ended.
func (r *receiver) spans(t testing.TB, g *mantlettest.Gateway) []*collector.Span {
	t.Helper()
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bad != nil {
		t.Fatal(r.bad)
	}
	return r.got
}

func (r *receiver) yaml() string {
	return mantlettest.Anonymous + "telemetry: {traces: {endpoint: \"" + r.URL + "/v1/traces\"}}\n"
}

// A seen is one request as an upstream got it.
type seen struct {
	header http.Header
	body   string
}

// server answers in both eras, remembers what it got, and says secret in every result.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	all    []seen
	secret string
	result string // of tools/call; "" is a plain one
}

func serve(t testing.TB) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.all = append(s.all, seen{r.Header.Clone(), string(b)})
	s.mu.Unlock()
	m, err := wire.Decode(b, wire.DefaultLimits())
	if err != nil || m.Kind != wire.Request {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	result := s.result
	if result == "" {
		result = `{"content":[{"type":"text","text":"ok ` + s.secret + `"}],"resultType":"complete"}`
	}
	switch m.Method {
	case "initialize":
		result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}`
		w.Header().Set("Mcp-Session-Id", "session-"+s.secret)
	case "server/discover":
		result = `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}`
	case "tools/list":
		result = `{"tools":[{"name":"t","inputSchema":{"type":"object"}}],"resultType":"complete","ttlMs":0,"cacheScope":"private"}`
	}
	reply, _ := wire.NewResult(m.ID, []byte(result))
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(reply.Bytes())
}

// last is the newest request of method.
func (s *server) last(t testing.TB, method string) seen {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range slices.Backward(s.all) {
		if strings.Contains(one.body, `"method":"`+method+`"`) {
			return one
		}
	}
	t.Fatalf("no %s came", method)
	return seen{}
}

// post sends body with headers and returns the answer.
func post(t testing.TB, url, body string, headers map[string]string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for k, v := range headers {
		for one := range strings.SplitSeq(v, "\n") {
			req.Header.Add(k, one)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, _ := io.ReadAll(resp.Body)
	http.DefaultClient.CloseIdleConnections()
	return resp, string(b)
}

// modern calls the tool t in the modern era. meta are further members of _meta.
func modern(t testing.TB, url, meta, arguments string, headers map[string]string) string {
	t.Helper()
	h := map[string]string{"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "t"}
	maps.Copy(h, headers)
	resp, b := post(t, url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":`+arguments+
		`,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}`+meta+`}}}`, h)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	return b
}

// legacy opens a session and calls the tool t.
func legacy(t testing.TB, url, meta, arguments string, headers map[string]string) (handle string) {
	t.Helper()
	resp, b := post(t, url, `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`, nil)
	handle = resp.Header.Get("Mcp-Session-Id")
	if resp.StatusCode != http.StatusOK || handle == "" {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	h := map[string]string{"Mcp-Protocol-Version": "2025-11-25", "Mcp-Session-Id": handle}
	maps.Copy(h, headers)
	if resp, b := post(t, url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":`+arguments+`,"_meta":{"progressToken":1`+meta+`}}}`, h); resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	return handle
}

func attrs(s *collector.Span) map[string]string {
	out := make(map[string]string)
	for _, a := range s.GetAttributes() {
		out[a.GetKey()] += a.GetValue().GetStringValue()
	}
	return out
}

// pair is the spans of tools/call t: the exchange's and its call's.
func pair(t testing.TB, all []*collector.Span) (exchange, call *collector.Span) {
	t.Helper()
	for _, s := range all {
		switch {
		case s.GetName() != "tools/call t":
		case s.GetKind() == collector.Span_SPAN_KIND_SERVER:
			exchange = s
		case s.GetKind() == collector.Span_SPAN_KIND_CLIENT:
			call = s
		}
	}
	if exchange == nil || call == nil {
		t.Fatalf("of %d spans none are the call's", len(all))
	}
	return exchange, call
}

func TestSpansOfACall(t *testing.T) {
	for name, c := range map[string]struct {
		modern  bool
		meta    string
		headers map[string]string
		trace   string // "" is one of Mantlet's own
	}{
		"modern, in the body":                    {modern: true, meta: `,"traceparent":"` + parent + `","tracestate":"a=b"`, trace: traceID},
		"modern, the body counts":                {modern: true, meta: `,"traceparent":"` + parent + `"`, headers: map[string]string{"Traceparent": other}, trace: traceID},
		"modern, in the header":                  {modern: true, headers: map[string]string{"Traceparent": parent, "Tracestate": "a=b"}, trace: traceID},
		"modern, an invalid body is no header's": {modern: true, meta: `,"traceparent":"x"`, headers: map[string]string{"Traceparent": parent}},
		"modern, none":                           {modern: true},
		"legacy, in the header":                  {headers: map[string]string{"Traceparent": parent}, trace: traceID},
		"legacy, in the body":                    {meta: `,"traceparent":"` + parent + `"`, headers: map[string]string{"Traceparent": other}, trace: traceID},
		"legacy, two headers":                    {headers: map[string]string{"Traceparent": parent + "\n" + parent}},
		"legacy, none":                           {},
	} {
		t.Run(name, func(t *testing.T) {
			to, up := receive(t), serve(t)
			g := mantlettest.Start(t, to.yaml()+"servers: {s: {url: \""+up.URL+"\"}}\n")
			revision := "2025-11-25"
			if c.modern {
				revision = "2026-07-28"
				modern(t, g.URL("s"), c.meta, `{}`, c.headers)
			} else {
				legacy(t, g.URL("s"), c.meta, `{}`, c.headers)
			}
			got := up.last(t, "tools/call")
			exchange, call := pair(t, to.spans(t, g))
			id := hex.EncodeToString(exchange.GetTraceId())
			switch {
			case c.trace != "" && (id != c.trace || hex.EncodeToString(exchange.GetParentSpanId()) != "00f067aa0ba902b7" || exchange.GetFlags() != 0x301):
				t.Errorf("it is not below the caller's span: %v", exchange)
			case c.trace == "" && (id == traceID || len(exchange.GetParentSpanId()) != 0 || exchange.GetFlags() != 0x101):
				t.Errorf("it is no root: %v", exchange)
			}
			if hex.EncodeToString(call.GetTraceId()) != id || !bytes.Equal(call.GetParentSpanId(), exchange.GetSpanId()) || bytes.Equal(call.GetSpanId(), exchange.GetSpanId()) {
				t.Errorf("the call is not below the exchange: %v", call)
			}
			if want := "00-" + id + "-" + hex.EncodeToString(call.GetSpanId()) + "-01"; got.header.Get("Traceparent") != want {
				t.Errorf("the server got %q, want %q", got.header.Get("Traceparent"), want)
			}
			if c.meta != "" && !strings.Contains(got.body, c.meta) {
				t.Errorf("the body was changed: %s", got.body)
			}
			wantState := ""
			if strings.Contains(c.meta, "tracestate") || c.headers["Tracestate"] != "" {
				wantState = "a=b"
			}
			if s := got.header.Get("Tracestate"); s != wantState {
				t.Errorf("tracestate %q", s)
			}
			about(t, exchange, call, revision)
			recorded(t, g, id)
		})
	}
}

// about checks what the spans say.
func about(t *testing.T, exchange, call *collector.Span, revision string) {
	t.Helper()
	both := map[string]string{
		"mcp.method.name": "tools/call", "mcp.protocol.version": revision, "gen_ai.tool.name": "t", "gen_ai.operation.name": "execute_tool",
		"network.transport": "tcp", "network.protocol.name": "http", "rpc.system.name": "jsonrpc", "mantlet.server": "s",
	}
	for _, s := range []*collector.Span{exchange, call} {
		a := attrs(s)
		if len(a["mantlet.exchange.id"]) < 10 {
			t.Errorf("no exchange id: %v", a)
		}
		delete(a, "mantlet.exchange.id")
		if !maps.Equal(a, both) {
			t.Errorf("%v", a)
		}
		if s.GetEndTimeUnixNano() < s.GetStartTimeUnixNano() || s.GetStatus().GetCode() != collector.Status_STATUS_CODE_UNSET || s.GetTraceState() != "" {
			t.Errorf("%v", s)
		}
	}
	var stages []string
	for _, e := range exchange.GetEvents() {
		stages = append(stages, e.GetName())
		if e.GetAttributes()[0].GetKey() != "mantlet.stage.ns" || e.GetTimeUnixNano() < exchange.GetStartTimeUnixNano() {
			t.Errorf("%v", e)
		}
	}
	if s := strings.Join(stages, " "); s != "quota known bait trust policy inspect known asked inspect" {
		t.Errorf("stages %q", s)
	}
}

// recorded looks for the trace in the record.
func recorded(t *testing.T, g *mantlettest.Gateway, trace string) {
	t.Helper()
	for e, err := range audit.Entries(g.AuditDir()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == "exchange.begin" && e.Get("method") == "tools/call" {
			if e.Get("trace") != trace {
				t.Errorf("the record says trace %q, not %q", e.Get("trace"), trace)
			}
			return
		}
	}
	t.Error("the call is not recorded")
}

// What a caller can write into a span is short and has no controls.
func TestNamesInSpansAreBounded(t *testing.T) {
	to, up := receive(t), serve(t)
	g := mantlettest.Start(t, to.yaml()+"servers: {s: {url: \""+up.URL+"\"}}\n")
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + strings.Repeat(`\u001b\u202eü`, 200) + `"}}`
	post(t, g.URL("s"), body, map[string]string{"Mcp-Protocol-Version": "2025-11-25", "Mcp-Session-Id": legacy(t, g.URL("s"), "", `{}`, nil)})
	long := 0
	for _, s := range to.spans(t, g) {
		name := attrs(s)["gen_ai.tool.name"]
		if len(name) > 128 || len(s.GetName()) > 150 || strings.ContainsAny(name, "\x1b\u202e") {
			t.Errorf("%q", s.GetName())
		}
		if strings.HasPrefix(name, `\x1b\u202eü`) {
			long++
		}
	}
	if long != 2 {
		t.Errorf("%d spans", long)
	}
}

// What is not valid is as if it were not there; nothing of it goes on.
var invalid = map[string]string{
	"upper case": strings.ToUpper(parent), "version ff": "ff" + parent[2:], "version 01": "01" + parent[2:], "trace id of zeros": "00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01",
	"span id of zeros": "00-" + traceID + "-" + strings.Repeat("0", 16) + "-01", "short": parent[:54], "long": parent + "-x", "words": "hunter2",
}

// Switched off, what is valid goes on as it came and what is not stays behind.
func TestUntracedHandsTheCallersTraceOn(t *testing.T) {
	up := serve(t)
	g := mantlettest.Start(t, mantlettest.Anonymous+"servers: {s: {url: \""+up.URL+"\"}}\n")
	valid := other[:len(other)-2] + "a5" // flags nobody knows go on too
	modern(t, g.URL("s"), "", `{}`, map[string]string{"Traceparent": valid, "Tracestate": "a=b\nc=d"})
	if h := up.last(t, "tools/call").header; h.Get("Traceparent") != valid || h.Get("Tracestate") != "a=b,c=d" {
		t.Errorf("%v", h)
	}
	modern(t, g.URL("s"), `,"traceparent":"`+valid+`"`, `{}`, nil)
	if h := up.last(t, "tools/call").header; h.Get("Traceparent") != valid || h["Tracestate"] != nil {
		t.Errorf("%v", h)
	}
	for name, bad := range invalid {
		modern(t, g.URL("s"), "", `{}`, map[string]string{"Traceparent": bad, "Tracestate": "a=b", "Baggage": "k=v"})
		if h := up.last(t, "tools/call").header; h["Traceparent"] != nil || h["Tracestate"] != nil || h["Baggage"] != nil {
			t.Errorf("%s: %v", name, h)
		}
	}
	recorded(t, g, valid[3:35])
}

func TestAnInvalidTraceparentIsNone(t *testing.T) {
	to, up := receive(t), serve(t)
	g := mantlettest.Start(t, to.yaml()+"servers: {s: {url: \""+up.URL+"\"}}\n")
	for _, bad := range invalid {
		modern(t, g.URL("s"), "", `{}`, map[string]string{"Traceparent": bad, "Tracestate": "a=b"})
		if h := up.last(t, "tools/call").header; h["Tracestate"] != nil || strings.Contains(h.Get("Traceparent"), traceID) {
			t.Errorf("%q: %v", bad, h)
		}
	}
	for _, s := range to.spans(t, g) {
		if s.GetKind() == collector.Span_SPAN_KIND_SERVER && (len(s.GetParentSpanId()) != 0 || hex.EncodeToString(s.GetTraceId()) == traceID) {
			t.Errorf("%v", s)
		}
	}
}

// The caller's flag neither adds a span nor takes one away.
func TestTheCallerDoesNotChooseWhatIsSampled(t *testing.T) {
	for sample, want := range map[string]int{"0": 0, "1": 2} {
		to, up := receive(t), serve(t)
		g := mantlettest.Start(t, strings.Replace(to.yaml(), "}}", ", sample: "+sample+"}}", 1)+"servers: {s: {url: \""+up.URL+"\"}}\n")
		for _, flags := range []string{"00", "01", "ff"} {
			modern(t, g.URL("s"), "", `{}`, map[string]string{"Traceparent": parent[:53] + flags})
			if got := up.last(t, "tools/call").header.Get("Traceparent"); sample == "0" && got != parent[:53]+flags {
				t.Errorf("what is not sampled goes on as it came: %q", got)
			}
		}
		n := 0
		for _, s := range to.spans(t, g) {
			if s.GetName() == "tools/call t" {
				n++
			}
		}
		if n != 3*want {
			t.Errorf("sample %s: %d spans", sample, n)
		}
	}
}

// A local server gets no header, and its spans say that it is spoken to by a pipe.
func TestSpansOfALocalServerAndOfAJoinedCall(t *testing.T) {
	to := receive(t)
	g := mantlettest.Start(t, to.yaml()+"servers: {s: {command: \""+os.Args[0]+"\", args: [local-server]}}\n")
	for _, url := range []string{g.URL("s"), g.URL(mantlet.Joined)} {
		name := "echo"
		if url == g.URL(mantlet.Joined) {
			name = "s__echo"
		}
		resp, b := post(t, url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+name+`","arguments":{"text":"x"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"traceparent":"`+parent+`"}}}`,
			map[string]string{"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": name})
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", resp.StatusCode, b)
		}
	}
	all := to.spans(t, g)
	byID := make(map[string]*collector.Span)
	for _, s := range all {
		byID[string(s.GetSpanId())] = s
	}
	piped, parts := 0, 0
	for _, s := range all {
		a := attrs(s)
		if s.GetKind() == collector.Span_SPAN_KIND_CLIENT {
			if a["network.transport"] == "pipe" && a["network.protocol.name"] == "" {
				piped++
			}
			if byID[string(s.GetParentSpanId())] == nil {
				t.Errorf("a call without its exchange: %v", s)
			}
		} else if above := byID[string(s.GetParentSpanId())]; above != nil {
			parts++
			if above.GetName() != "tools/call s__echo" && !strings.HasPrefix(above.GetName(), "tools/") || !strings.HasPrefix(a["mantlet.exchange.id"], attrs(above)["mantlet.exchange.id"]+".") {
				t.Errorf("%v is below %v", s, above)
			}
		}
		if hex.EncodeToString(s.GetTraceId()) != traceID {
			t.Errorf("it left the trace: %v", s)
		}
	}
	if piped < 2 || parts < 1 {
		t.Errorf("%d calls by a pipe, %d parts", piped, parts)
	}
}

// How a call failed is said by kind, never by words.
func TestSpansOfWhatFails(t *testing.T) {
	for name, c := range map[string]struct {
		result string
		stop   bool
		want   string
	}{
		"a tool's own error": {result: `{"content":[{"type":"text","text":"hunter2"}],"isError":true,"resultType":"complete"}`, want: "tool_error"},
		"a server away":      {stop: true, want: "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			to, up := receive(t), serve(t)
			up.result = c.result
			if c.stop {
				up.Close()
			}
			g := mantlettest.Start(t, to.yaml()+"servers: {s: {url: \""+up.URL+"\", protocol: modern}}\n")
			modern(t, g.URL("s"), "", `{}`, nil)
			exchange, call := pair(t, to.spans(t, g))
			for _, s := range []*collector.Span{exchange, call} {
				if s.GetStatus().GetCode() != collector.Status_STATUS_CODE_ERROR || s.GetStatus().GetMessage() != "" || attrs(s)["error.type"] != c.want {
					t.Errorf("%v", s)
				}
			}
		})
	}
}

// No argument, result, token, handle, header or state of anybody's is in any byte
// that goes to the collector. The names of tools are.
func TestNoSecretIsInASpan(t *testing.T) {
	to, up := receive(t), serve(t)
	up.secret = "SECRETresult"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("SECRETupstream"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := mantlettest.Start(t, "insecure: {policyAllowAll: true, trustUnpinned: true, quotaUnlimited: true}\nclients: [{name: c, servers: [s]}]\n"+
		"telemetry: {traces: {endpoint: \""+to.URL+"/v1/traces\"}}\nservers: {s: {url: \""+up.URL+"?key=SECRETurl\", headers: {Authorization: \"file:"+dir+"/token\"}}}\n")
	token := g.Token(t, "c", "s")
	handles := []string{token, token[len(token)-20:]}
	rapid.Check(t, func(rt *rapid.T) {
		word := "SECRET" + rapid.StringMatching(`[a-zA-Z0-9]{4,12}`).Draw(rt, "secret")
		arguments, _ := json.Marshal(map[string]any{word: word, "n": []string{word}})
		head := map[string]string{"Authorization": "Bearer " + token, "Traceparent": parent, "Tracestate": "k=" + word, "Baggage": "k=" + word, "Cookie": word, "Mcp-Param-X": word}
		if rapid.Bool().Draw(rt, "modern") {
			modern(t, g.URL("s"), `,"vendor/x":"`+word+`","progressToken":"`+word+`"`, string(arguments), head)
			return
		}
		resp, _ := post(t, g.URL("s"), `{"jsonrpc":"2.0","id":"`+word+`","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"`+word+`","version":"1"}}}`, head)
		handle := resp.Header.Get("Mcp-Session-Id")
		handles = append(handles, handle)
		head["Mcp-Session-Id"] = handle
		for _, m := range []string{`"tools/call","params":{"name":"t","arguments":` + string(arguments) + `}`, `"resources/read","params":{"uri":"file:///` + word + `"}`, `"` + word + `"`} {
			post(t, g.URL("s"), `{"jsonrpc":"2.0","id":"`+word+`","method":`+m+`}`, head)
		}
	})
	all := to.spans(t, g)
	raw := to.raw.String()
	if len(all) < 100 || !strings.Contains(raw, "tools/call t") || !strings.Contains(raw, "resources/read") || !strings.Contains(raw, "_OTHER") {
		t.Errorf("only %d spans came", len(all))
	}
	for _, h := range append(handles, "SECRET") {
		if h == "" || strings.Contains(raw, h) {
			t.Errorf("%q is in a span", h)
		}
	}
	if a := to.head.Get("Authorization"); a != "" {
		t.Errorf("the collector got %q", a)
	}
}

// A collector that is away, hangs, refuses or sends elsewhere costs no call
// anything, what is lost is counted, and Mantlet ends all the same.
func TestABadCollectorHarmsNobody(t *testing.T) {
	var stop chan struct{}
	for name, h := range map[string]http.HandlerFunc{
		"away":    nil,
		"hangs":   func(http.ResponseWriter, *http.Request) { <-stop },
		"refuses": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"sends elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		},
	} {
		t.Run(name, func(t *testing.T) {
			to, up := httptest.NewServer(h), serve(t)
			stop = make(chan struct{})
			defer to.Close()
			defer close(stop)
			if h == nil {
				to.Close()
			}
			g := mantlettest.Start(t, mantlettest.Anonymous+"telemetry: {traces: {endpoint: \""+to.URL+"/v1/traces\"}}\nservers: {s: {url: \""+up.URL+"\"}}\n")
			for range 20 {
				modern(t, g.URL("s"), "", `{}`, nil)
			}
			if name == "refuses" || name == "sends elsewhere" {
				awaitMetric(t, g, "mantlet_trace_spans_lost_total 40")
			}
			if err := g.Stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// awaitMetric waits for a line of /metrics.
func awaitMetric(t testing.TB, g *mantlettest.Gateway, line string) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", g.State+"/ops.sock")
	}}}
	page := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		resp, err := c.Get("http://ops/metrics")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if page = string(b); strings.Contains(page, "\n"+line+"\n") {
			return
		}
	}
	t.Errorf("%s is not in %s", line, page)
}

// local serves the tool echo on stdin and stdout, as a process of its own.
func local() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		m, err := wire.Decode(bytes.Clone(in.Bytes()), wire.DefaultLimits())
		if err != nil || m.Kind != wire.Request {
			continue
		}
		result := `{"content":[{"type":"text","text":"ok"}]}`
		switch m.Method {
		case "initialize":
			result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}`
		case "tools/list":
			result = `{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}`
		}
		reply, _ := wire.NewResult(m.ID, []byte(result))
		fmt.Printf("%s\n", reply.Bytes())
	}
	os.Exit(0)
}
