package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A seen is one request as it came to the server.
type seen struct {
	method, path string
	head         map[string]string
	body         string
}

// A recorder is a server that keeps what it is sent and answers by its function.
type recorder struct {
	*httptest.Server
	mu  sync.Mutex
	all []seen
}

func record(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, m *wire.Message)) *recorder {
	t.Helper()
	rec := &recorder{}
	rec.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		m, _ := wire.Decode(b, wire.DefaultLimits())
		rec.mu.Lock()
		rec.all = append(rec.all, seen{r.Method, r.URL.RequestURI(), plainly(r.Header), string(b)})
		rec.mu.Unlock()
		answer(w, r, m)
	}))
	t.Cleanup(rec.Close)
	return rec
}

func (r *recorder) last() seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[len(r.all)-1]
}

func (r *recorder) count(substring string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.all {
		if strings.Contains(s.body, substring) {
			n++
		}
	}
	return n
}

// heads counts the requests whose header name has this value.
func (r *recorder) heads(name, value string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.all {
		if s.head[name] == value {
			n++
		}
	}
	return n
}

func sayJSON(w http.ResponseWriter, status int, format string, args ...any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, format, args...)
}

// both answers either era's requests, with an answer that both take.
func both(w http.ResponseWriter, _ *http.Request, m *wire.Message) {
	switch {
	case m == nil || m.Kind != wire.Request:
		w.WriteHeader(http.StatusAccepted)
	case m.Method == "server/discover":
		sayJSON(w, 200, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, discovered)
	case m.Method == "tools/list":
		sayJSON(w, 200, `{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[{"name":"mirrored","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"n":{"type":"integer","x-mcp-header":"N"},"b":{"type":"object","properties":{"deep":{"type":"boolean","x-mcp-header":"Deep"}}}}}}]}}`, m.ID)
	default:
		sayJSON(w, 200, `{"jsonrpc":"2.0","id":%s,"result":{"resultType":"complete","protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"x","version":"1"},"content":[]}}`, m.ID)
	}
}

// Exactly these headers go upstream, and nothing else whatever the caller sent.
func TestHeadersGolden(t *testing.T) {
	rec := record(t, both)
	with := map[string]string{"Authorization": "Bearer configured", "x-team": "blue"}
	legacy := newBench(t, Spec{Protocol: Legacy, HTTP: &HTTPSpec{URL: rec.URL + "/mcp?k=v", Headers: with}})
	modern := newBench(t, Spec{Protocol: Modern, HTTP: &HTTPSpec{URL: rec.URL + "/mcp?k=v", Headers: with}})
	in := func(c Call) Call { c.Session.Upstream = "server-session"; return c }
	op := func(o Op) Call {
		c := in(legacy.legacy(ann, "n", initialized))
		c.Op, c.Message = o, nil
		if o == OpResume {
			c.LastEventID = "e-1"
		}
		return c
	}
	strange := in(legacy.legacy(ann, "n", toolCall(2, "t")))
	strange.Params = []Param{{"Mcp-Param-X", "not of this era"}}
	named := modern.modern(ann, "tools/call", `,"name":"naïve","arguments":{}`)
	named.Params = []Param{{"mcp-param-region", "=?base64?w6k=?="}}
	read := modern.modern(ann, "resources/read", `,"uri":"file:///a b"`)
	base := map[string]string{"Authorization": "Bearer configured", "X-Team": "blue", "User-Agent": "mantlet"}
	post := map[string]string{"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
	session := map[string]string{"Mcp-Session-Id": "server-session", "Mcp-Protocol-Version": "2025-11-25"}
	now := map[string]string{"Mcp-Protocol-Version": "2026-07-28"}
	stream := map[string]string{"Accept": "text/event-stream"}
	for name, c := range map[string]struct {
		b      *bench
		call   Call
		method string
		want   []map[string]string
	}{
		"legacy initialize":   {legacy, legacy.legacy(ann, "n", initialize), "POST", []map[string]string{base, post}},
		"legacy request":      {legacy, strange, "POST", []map[string]string{base, post, session}},
		"legacy notification": {legacy, in(legacy.legacy(ann, "n", initialized)), "POST", []map[string]string{base, post, session}},
		"legacy GET":          {legacy, op(OpListen), "GET", []map[string]string{base, stream, session}},
		"legacy resume":       {legacy, op(OpResume), "GET", []map[string]string{base, stream, session, {"Last-Event-Id": "e-1"}}},
		"legacy DELETE":       {legacy, op(OpClose), "DELETE", []map[string]string{base, stream, session}},
		"modern request":      {modern, modern.modern(ann, "tools/list", ""), "POST", []map[string]string{base, post, now, {"Mcp-Method": "tools/list"}}},
		"modern tool":         {modern, named, "POST", []map[string]string{base, post, now, {"Mcp-Method": "tools/call", "Mcp-Name": wire.EncodeHeader("naïve"), "Mcp-Param-Region": "=?base64?w6k=?="}}},
		"modern resource":     {modern, read, "POST", []map[string]string{base, post, now, {"Mcp-Method": "resources/read", "Mcp-Name": "file:///a b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.b.send(c.call); err != nil {
				t.Fatal(err)
			}
			got, want := rec.last(), map[string]string{}
			for _, part := range c.want {
				maps.Copy(want, part)
			}
			if c.call.Message != nil {
				if got.body != string(c.call.Message.Bytes()) {
					t.Errorf("the body is %s", got.body)
				}
				want["Content-Length"] = fmt.Sprint(len(got.body))
			}
			if got.method != c.method || got.path != "/mcp?k=v" {
				t.Errorf("%s %s", got.method, got.path)
			}
			if diff := cmp.Diff(want, got.head); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	away, got := thief(t)
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308, 399} {
		rec := record(t, func(w http.ResponseWriter, _ *http.Request, _ *wire.Message) {
			w.Header().Set("Location", away)
			w.WriteHeader(status)
		})
		before := len(got())
		if status == 307 || status == 308 || status < 304 && status > 300 {
			req, _ := http.NewRequest(http.MethodPost, rec.URL, strings.NewReader(initialize))
			resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
			if err != nil || len(got()) != before+1 {
				t.Fatalf("%d: the attack does not work without the check: %v", status, err)
			}
			_ = resp.Body.Close()
			before++
		}
		b := newBench(t, Spec{Protocol: Legacy, HTTP: &HTTPSpec{URL: rec.URL, Headers: map[string]string{"Authorization": "Bearer configured"}}})
		_, err := b.send(b.legacy(ann, "n", initialize))
		wants(t, err, mantlet.Unavailable, "server s ", "redirect")
		if len(got()) != before {
			t.Errorf("%d is followed", status)
		}
	}
}

// Each row is an answer to a legacy tools/call with id 2.
func TestAnswers(t *testing.T) {
	big := `{"jsonrpc":"2.0","id":2,"result":{"x":"` + strings.Repeat("x", 4096) + `"}}`
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		kind   mantlet.FaultKind
		words  string // "" is taken
	}{
		"a result": {func(w http.ResponseWriter) { sayJSON(w, 200, `{"jsonrpc":"2.0","id":2,"result":{}}`) }, 0, ""},
		"an error": {func(w http.ResponseWriter) {
			sayJSON(w, 200, `{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"m"}}`)
		}, 0, ""},
		"an error with 400": {func(w http.ResponseWriter) {
			sayJSON(w, 400, `{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"m"}}`)
		}, 0, ""},
		"an error without id": {func(w http.ResponseWriter) {
			sayJSON(w, 400, `{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}`)
		}, 0, ""},
		"for another id":     {func(w http.ResponseWriter) { sayJSON(w, 200, `{"jsonrpc":"2.0","id":3,"result":{}}`) }, mantlet.Unavailable, "another request"},
		"for the id as text": {func(w http.ResponseWriter) { sayJSON(w, 200, `{"jsonrpc":"2.0","id":"2","result":{}}`) }, mantlet.Unavailable, "another request"},
		"an error for another": {func(w http.ResponseWriter) {
			sayJSON(w, 200, `{"jsonrpc":"2.0","id":3,"error":{"code":1,"message":"m"}}`)
		}, mantlet.Unavailable, "another request"},
		"a question":           {func(w http.ResponseWriter) { sayJSON(w, 200, `{"jsonrpc":"2.0","id":2,"method":"roots/list"}`) }, mantlet.Unavailable, "another request"},
		"not MCP":              {func(w http.ResponseWriter) { sayJSON(w, 200, `hello`) }, mantlet.Unavailable, "not MCP"},
		"two messages":         {func(w http.ResponseWriter) { sayJSON(w, 200, `{"jsonrpc":"2.0","id":2,"result":{}}{}`) }, mantlet.Unavailable, "not MCP"},
		"nothing":              {func(w http.ResponseWriter) { sayJSON(w, 200, ``) }, mantlet.Unavailable, "not MCP"},
		"HTML":                 {func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); fmt.Fprint(w, "<html>") }, mantlet.Unavailable, "HTTP status 200"},
		"compressed":           {func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "gzip"); sayJSON(w, 200, `{}`) }, mantlet.Unavailable, "compresses"},
		"compressed, identity": {func(w http.ResponseWriter) { w.Header().Set("Content-Encoding", "br"); sayJSON(w, 200, `{}`) }, mantlet.Unavailable, "compresses"},
		"too much, announced": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", fmt.Sprint(len(big)))
			sayJSON(w, 200, "%s", big)
		}, mantlet.Unavailable, "too much"},
		"too much, unannounced": {func(w http.ResponseWriter) {
			sayJSON(w, 200, "%s", big[:10])
			w.(http.Flusher).Flush()
			fmt.Fprint(w, big[10:])
		}, mantlet.Unavailable, "too much"},
		"too little": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "500")
			sayJSON(w, 200, `{"jsonrpc"`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, mantlet.Unavailable, "broke its answer off"},
		"401": {func(w http.ResponseWriter) {
			w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="https://inside"`)
			w.WriteHeader(401)
		}, mantlet.Unavailable, "credentials"},
		"403":              {func(w http.ResponseWriter) { w.WriteHeader(403) }, mantlet.Unavailable, "credentials"},
		"400":              {func(w http.ResponseWriter) { w.WriteHeader(400) }, mantlet.Malformed, "does not take this request"},
		"404 of a session": {func(w http.ResponseWriter) { w.WriteHeader(404) }, mantlet.Unknown, "initialize again"},
		"404 with a message": {func(w http.ResponseWriter) {
			sayJSON(w, 404, `{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"gone"}}`)
		}, mantlet.Unknown, "initialize again"},
		"405": {func(w http.ResponseWriter) { w.WriteHeader(405) }, mantlet.Unsupported, "does not offer this"},
		"429": {func(w http.ResponseWriter) { w.WriteHeader(429) }, mantlet.Unavailable, "HTTP status 429"},
		"500": {func(w http.ResponseWriter) { w.WriteHeader(500) }, mantlet.Unavailable, "HTTP status 500"},
		"a stream": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, ": x\n\n"+event(`{"jsonrpc":"2.0","id":9,"result":{}}`)+event(`{"jsonrpc":"2.0","id":2,"result":{}}`))
		}, 0, ""},
		"a stream of garbage": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, event("garbage"))
		}, mantlet.Unavailable, "not MCP"},
		"a stream, too much": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, event(strings.Repeat(big, 4)))
		}, mantlet.Unavailable, "broke its answer off"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := record(t, func(w http.ResponseWriter, _ *http.Request, _ *wire.Message) { c.answer(w) })
			rec.Config.ErrorLog = nil
			spec := Spec{Protocol: Legacy, HTTP: &HTTPSpec{URL: rec.URL}, Limits: wire.DefaultLimits()}
			spec.Limits.Bytes = 1024
			b := newBench(t, spec)
			call := b.legacy(ann, "n", toolCall(2, "t"))
			call.Session.Upstream = "server-session"
			r, err := b.send(call)
			if c.words == "" {
				if err != nil || r.Message == nil || r.Message.ID != "2" && r.Message.ID != "" {
					t.Fatalf("%+v, %v", r, err)
				}
				return
			}
			wants(t, err, c.kind, "server", c.words)
			if strings.Contains(err.Error(), "inside") {
				t.Errorf("the challenge goes on: %v", err)
			}
		})
	}
}

// A list may be larger than another message, and not larger than its own limit.
func TestTheLimitOnLists(t *testing.T) {
	size := 3000
	rec := record(t, func(w http.ResponseWriter, _ *http.Request, m *wire.Message) {
		sayJSON(w, 200, `{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":%q}]}}`, m.ID, strings.Repeat("x", size))
	})
	spec := Spec{Protocol: Legacy, HTTP: &HTTPSpec{URL: rec.URL}, Limits: wire.DefaultLimits()}
	spec.Limits.Bytes, spec.Limits.ListBytes = 1024, 4096
	b := newBench(t, spec)
	list := `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`
	b.must(b.legacy(ann, "n", list))
	size = 5000
	_, err := b.send(b.legacy(ann, "n", list))
	wants(t, err, mantlet.Unavailable, "too much")
}

// A modern stream that ends early has failed; a legacy one may be resumed.
func TestStreamsThatEndEarly(t *testing.T) {
	rec := record(t, func(w http.ResponseWriter, _ *http.Request, _ *wire.Message) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "id: e-1\nretry: 5\ndata:\n\n"+event(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}`))
	})
	b := newBench(t, Spec{Protocol: Legacy, HTTP: &HTTPSpec{URL: rec.URL}})
	var heard []Event
	r, err := b.all.Send(context.Background(), b.legacy(ann, "n", toolCall(2, "t")), func(e Event) error { heard = append(heard, e); return nil })
	if err != nil || r.Message != nil || !r.Streamed || len(heard) != 2 || heard[0].ID != "e-1" || heard[0].Retry != 5 {
		t.Errorf("legacy: %+v, %+v, %v", r, heard, err)
	}
	m := newBench(t, Spec{Protocol: Modern, HTTP: &HTTPSpec{URL: rec.URL}})
	_, err = m.send(m.modern(ann, "tools/call", `,"name":"t"`))
	wants(t, err, mantlet.Unavailable, "broke its answer off")
	enough := errors.New("enough")
	if _, err = b.all.Send(context.Background(), b.legacy(ann, "n", toolCall(2, "t")), func(Event) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("what the corridor says of an event: %v", err)
	}
}

// A modern caller who goes away closes the connection, which is the cancel.
func TestACallerWhoGoesAwayEndsTheConnection(t *testing.T) {
	began, gone := make(chan struct{}), make(chan struct{})
	rec := record(t, func(w http.ResponseWriter, r *http.Request, _ *wire.Message) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		close(began)
		<-r.Context().Done()
		close(gone)
	})
	b := newBench(t, Spec{Protocol: Modern, HTTP: &HTTPSpec{URL: rec.URL}})
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("the caller went away")
	go func() { <-began; cancel(why) }()
	if _, err := b.all.Send(ctx, b.modern(ann, "tools/call", `,"name":"t"`), silent); !errors.Is(err, why) {
		t.Error(err)
	}
	<-gone
}

func TestMirroredParams(t *testing.T) {
	rec := record(t, both)
	modern := newBench(t, Spec{Protocol: Modern, HTTP: &HTTPSpec{URL: rec.URL}})
	call := func(args string, params ...Param) error {
		c := modern.modern(ann, "tools/call", `,"name":"mirrored","arguments":`+args)
		c.Params = params
		_, err := modern.send(c)
		return err
	}
	if err := call(`{"region":"eu"}`); err != nil {
		t.Errorf("before the schema is known the server checks for itself: %v", err)
	}
	modern.must(modern.modern(ann, "tools/list", ""))
	eu := Param{"Mcp-Param-Region", "eu"}
	for name, c := range map[string]struct {
		args   string
		params []Param
		ok     bool
	}{
		"mirrored":             {`{"region":"eu"}`, []Param{eu}, true},
		"whatever the case":    {`{"region":"eu"}`, []Param{{"mcp-PARAM-region", "eu"}}, true},
		"encoded":              {`{"region":"é"}`, []Param{{"Mcp-Param-Region", "=?base64?w6k=?="}}, true},
		"missing":              {`{"region":"eu"}`, nil, false},
		"another value":        {`{"region":"us"}`, []Param{eu}, false},
		"without argument":     {`{}`, []Param{eu}, false},
		"null is no argument":  {`{"region":null}`, nil, true},
		"null and a header":    {`{"region":null}`, []Param{eu}, false},
		"badly encoded":        {`{"region":"é"}`, []Param{{"Mcp-Param-Region", "=?base64?w6k?="}}, false},
		"integers by value":    {`{"n":42.0}`, []Param{{"Mcp-Param-N", "42"}}, true},
		"another integer":      {`{"n":42}`, []Param{{"Mcp-Param-N", "43"}}, false},
		"strings by text":      {`{"region":"42"}`, []Param{{"Mcp-Param-Region", "42.0"}}, false},
		"deep":                 {`{"b":{"deep":true}}`, []Param{{"Mcp-Param-Deep", "true"}}, true},
		"deep, another value":  {`{"b":{"deep":true}}`, []Param{{"Mcp-Param-Deep", "false"}}, false},
		"one that nobody asks": {`{}`, []Param{{"Mcp-Param-Other", "x"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			before := rec.count("tools/call")
			err := call(c.args, c.params...)
			if c.ok != (err == nil) {
				t.Fatal(err)
			}
			if !c.ok {
				wants(t, err, mantlet.Mismatched, "Mcp-Param-")
				if rec.count("tools/call") != before {
					t.Error("it was sent all the same")
				}
			}
		})
	}
	// A legacy caller's arguments are mirrored for it, by the schema that is asked for once.
	legacy := newBench(t, Spec{Protocol: Modern, HTTP: &HTTPSpec{URL: rec.URL}})
	lists := rec.count("tools/list")
	for range 2 {
		c := legacy.legacy(ann, "n", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"mirrored","arguments":{"region":"zürich","n":7,"b":{"deep":false}}}}`)
		c.Session.Upstream = crossed
		legacy.must(c)
		h := rec.last().head
		for name, want := range map[string]string{"Mcp-Param-Region": wire.EncodeHeader("zürich"), "Mcp-Param-N": "7", "Mcp-Param-Deep": "false", "Mcp-Name": "mirrored", "Mcp-Method": "tools/call", "Mcp-Session-Id": ""} {
			if h[name] != want {
				t.Errorf("%s is %q, want %q", name, h[name], want)
			}
		}
	}
	if n := rec.count("tools/list") - lists; n != 1 {
		t.Errorf("the list was asked for %d times", n)
	}
}

func TestURLsThatCannotBe(t *testing.T) {
	for _, s := range []string{"", "/mcp", "ftp://h/", "http://", "http://u:p@h/", "https://u@h/", "http://[::1", "unix:///x"} {
		for _, p := range []Protocol{Auto, Legacy, Modern, SSE} {
			if _, err := New([]Spec{{ID: "s", Protocol: p, HTTP: &HTTPSpec{URL: s}, Times: defaultTimes(), Calls: 1}}, quietOptions(), nil); err == nil {
				t.Errorf("%q is taken", s)
			}
		}
	}
}
