package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// member is the JSON string that stands for a member of body, quotes included.
func member(t *testing.T, body, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `"`+name+`":"`)
	if !ok {
		t.Fatalf("no %s in %s", name, body)
	}
	return `"` + rest[:strings.IndexByte(rest, '"')+1]
}

func (f *fake) says(answer func(body string) string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = func(w http.ResponseWriter, _ *http.Request, body string) { reply(w, answer(body)) }
}

func (f *fake) last() string {
	bodies, _ := f.seen()
	return bodies[len(bodies)-1]
}

const elicits = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}}`

func call(client, name, more string) sent {
	s := modern(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"`+name+`","arguments":{}`+more+`,`+elicits+`}}`, "Mcp-Method", "tools/call", "Mcp-Name", name)
	s.client = client
	return s
}

// A requestState reaches the server again byte by byte, brought by the caller to whom
// it was given, with the request that it was given for, and by nothing else. Each
// retry is a call of its own: nothing is answered from memory.
func TestRequestStateIsTheCallersAlone(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	const state = `"o\u0070aque=="`
	f.says(func(string) string {
		return `{"jsonrpc":"2.0","id":7,"result":{"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{}}},"requestState":` + state + `}}`
	})
	_, body := do(t, g, call("a", "x", ""))
	handle := member(t, body, "requestState")
	if strings.Contains(body, "aque") || !strings.Contains(body, "inputRequests") {
		t.Errorf("the server's own state is shown: %s", body)
	}
	retry := func(state string) string {
		return `,"inputResponses":{"k":{"action":"accept"}},"requestState":` + state
	}
	before := f.count()
	for range 2 {
		do(t, g, call("a", "x", retry(handle)))
		if !strings.Contains(f.last(), `"requestState":`+state+`,`) {
			t.Errorf("the server got %s", f.last())
		}
	}
	if f.count() != before+2 {
		t.Errorf("%d calls, want 2", f.count()-before)
	}
	for name, s := range map[string]sent{
		"another caller":        call("b", "x", retry(handle)),
		"another tool":          call("a", "y", retry(handle)),
		"the server's own":      call("a", "x", retry(state)),
		"one that was tampered": call("a", "x", retry(handle[:20]+"AAAA"+handle[24:])),
		"one that never was":    call("a", "x", retry(`"nothing"`)),
	} {
		resp, body := do(t, g, s)
		if f.count() != before+2 || !strings.Contains(body, `"code":-32602`) || resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
	f.says(func(string) string {
		return `{"jsonrpc":"2.0","id":7,"result":{"resultType":"input_required","requestState":"` + strings.Repeat("s", 60_000) + `"}}`
	})
	if _, body := do(t, g, call("a", "x", "")); !strings.Contains(body, "cannot be carried") {
		t.Errorf("a state beyond the limit: %.200s", body)
	}
}

// A task result is what the server wrote but for the id, which opens for the caller to
// whom it was given and, whoever has it, for nobody else (D02, D05).
func TestTaskIdsAreTheCallersAlone(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	const result = `{"jsonrpc":"2.0", "id":7,"result":{"resultType":"task","taskId":%s,"status":"working","createdAt":"2026-01-01T00:00:00Z","ttlMs":null, "x":12345678901234567890,"pollIntervalMs":500}}`
	f.says(func(string) string { return fmt.Sprintf(result, `"t-1"`) })
	_, body := do(t, g, call("a", "x", ""))
	handle := member(t, body, "taskId")
	if body != fmt.Sprintf(result, handle) || handle == `"t-1"` {
		t.Errorf("%s", body)
	}
	before := f.count()
	for _, method := range []string{"tasks/get", "tasks/cancel", "tasks/update"} {
		f.says(func(string) string { return fmt.Sprintf(result, `"t-1"`) })
		_, body := do(t, g, task("a", method, handle))
		_, heads := f.seen()
		if !strings.Contains(f.last(), `"taskId":"t-1"`) || heads[len(heads)-1].Get("Mcp-Name") != "t-1" || !strings.Contains(body, `"taskId":`) || strings.Contains(body, `"t-1"`) {
			t.Errorf("%s: the server got %s, the caller %s", method, f.last(), body)
		}
	}
	for name, s := range map[string]sent{
		"another caller": task("b", "tasks/get", handle), "another caller's cancel": task("b", "tasks/cancel", handle),
		"the server's own": task("a", "tasks/get", `"t-1"`), "one that never was": task("a", "tasks/get", `"t-2"`),
	} {
		resp, body := do(t, g, s)
		if f.count() != before+3 || !strings.Contains(body, `"code":-32602`) || resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
	// Without Mantlet any caller's words reach the task.
	resp, err := http.Post(f.URL, "application/json", strings.NewReader(task("b", "tasks/cancel", `"t-1"`).body))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if !strings.Contains(f.last(), `"t-1"`) {
		t.Error("the server knows more than this test thinks")
	}
}

func task(client, method, id string) sent {
	s := modern(`{"jsonrpc":"2.0","id":7,"method":"`+method+`","params":{"taskId":`+id+`,`+elicits+`}}`, "Mcp-Method", method, "Mcp-Name", strings.Trim(id, `"`))
	s.client = client
	return s
}

// The legacy era has tasks, too: in envelopes, in lists, and in the _meta of whatever
// belongs to one. A client's own tasks keep their ids.
func TestLegacyTaskIds(t *testing.T) {
	f := newFake(t)
	g := gate(t, f, "")
	session := initialize(t, g, "a")
	legacy := func(body string) string {
		_, got := do(t, g, sent{head: map[string][]string{"Mcp-Session-Id": {session}}, body: body})
		return got
	}
	const related = `"_meta":{"io.modelcontextprotocol/related-task":{"taskId":%s}}`
	for _, shape := range []string{
		`{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":%s,"status":"working"}}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"taskId":%s,"status":"working"}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"content":[],` + related + `}}`,
	} {
		f.says(func(string) string { return fmt.Sprintf(shape, `"t-1"`) })
		got := legacy(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","task":{}}}`)
		handle := member(t, got, "taskId")
		if got != fmt.Sprintf(shape, handle) || handle == `"t-1"` {
			t.Errorf("%s", got)
		}
		f.says(func(string) string { return `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}` })
		legacy(`{"jsonrpc":"2.0","id":1,"method":"tasks/result","params":{"taskId":` + handle + `}}`)
		if !strings.Contains(f.last(), `"taskId":"t-1"`) {
			t.Errorf("the server got %s", f.last())
		}
	}
	f.says(func(string) string {
		return `{"jsonrpc":"2.0","id":1,"result":{"tasks":[{"taskId":"t-1"},{"taskId":"t-2"}]}}`
	})
	if got := legacy(`{"jsonrpc":"2.0","id":1,"method":"tasks/list"}`); strings.Contains(got, "t-1") || strings.Contains(got, "t-2") {
		t.Errorf("%s", got)
	}
	own := `{"jsonrpc":"2.0","id":5,"result":{"task":{"taskId":"mine"},` + fmt.Sprintf(related, `"mine"`) + `}}`
	if legacy(own); f.last() != own {
		t.Errorf("the client's own task became %s", f.last())
	}
}

// Tasks are not joined, so a member is not told that the client could wait for one.
func TestTasksAreNotOfferedAtTheJoinedEndpoint(t *testing.T) {
	f := newFake(t)
	g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {url: %q}}\nclients: [{name: a, servers: [\"*\"]}]\n", f.URL+"/mcp"))
	s := call("a", "s__x", "")
	s.server = mantlet.Joined
	do(t, g, s)
	if strings.Contains(f.last(), "io.modelcontextprotocol/tasks") || !strings.Contains(f.last(), `"elicitation":{}`) {
		t.Errorf("the member got %s", f.last())
	}
}
