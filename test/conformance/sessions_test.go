package conformance

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/front"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/policy"
	"github.com/mantlet-mcp/mantlet/internal/quota"
	"github.com/mantlet-mcp/mantlet/internal/seal"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// shape is an answer without what differs between any two: the date and the exchange.
func shape(resp *http.Response, body string) string {
	h := resp.Header.Clone()
	exchange := h.Get("Mantlet-Exchange")
	h.Del("Date")
	h.Del("Mantlet-Exchange")
	return fmt.Sprint(resp.StatusCode, h, strings.ReplaceAll(body, exchange, "EXCHANGE"))
}

// A session that is another's, of another server, altered or over is answered exactly
// as one that never was, whatever is asked in it: 404, after which a client begins
// anew. The server hears of none.
func TestForeignSessionsAnswerAsUnknown(t *testing.T) {
	f, other := newFake(t), newFake(t)
	g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {url: %q}, o: {url: %q}}\nclients: [{name: a, servers: [s, o]}, {name: b, servers: [s, o]}]\n", f.URL+"/mcp", other.URL+"/mcp"))
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		reply(w, `{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}`)
	}
	f.mu.Unlock()
	own, ended := initialize(t, g, "a"), initialize(t, g, "a")
	end := legacy(ended, "")
	end.method = http.MethodDelete
	if resp, body := do(t, g, end); resp.StatusCode != http.StatusNoContent {
		t.Fatalf("DELETE: %d %s", resp.StatusCode, body)
	}
	altered := []byte(own)
	altered[len(altered)-5] ^= 1
	elsewhere := sent{server: "o", body: `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`}
	resp, _ := do(t, g, elsewhere)
	before := f.count()
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		t.Run(method, func(t *testing.T) {
			answer := func(client, session string) string {
				s := legacy(session, "")
				s.client, s.method = client, method
				if method == http.MethodPost {
					s.body = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
				}
				return shape(do(t, g, s))
			}
			want := answer("a", "never-was")
			if !strings.HasPrefix(want, "404 ") {
				t.Fatal(want)
			}
			for title, got := range map[string]string{
				"another's": answer("b", own), "altered": answer("a", string(altered)), "over": answer("a", ended), "over, and another's": answer("b", ended),
				"of another server": answer("a", resp.Header.Get("Mcp-Session-Id")), "the server's own": answer("a", sessionID), "cut short": answer("a", own[:len(own)/2]),
			} {
				if got != want {
					t.Errorf("%s:\n%s\nwant\n%s", title, got, want)
				}
			}
		})
	}
	if f.count() != before {
		t.Errorf("the server was reached %d times", f.count()-before)
	}
	if resp, body := do(t, g, legacy(own, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)); resp.StatusCode != 200 {
		t.Errorf("the owner: %d %s", resp.StatusCode, body)
	}
	// Without Mantlet whoever knows the id is in the session.
	req, _ := http.NewRequest(http.MethodPost, f.URL, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	req.Header.Set("Mcp-Session-Id", sessionID)
	direct, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = direct.Body.Close()
	if direct.StatusCode != 200 {
		t.Error("the server knows more than this test thinks")
	}
}

// hiding is a policy that allows everything but what is called hidden.
type hiding struct{}

func (hiding) Decide(_ context.Context, q policy.Query) policy.Decision {
	if q.Target.Name == "hidden" {
		return policy.Decision{}
	}
	return policy.Decision{Verdict: policy.Allow}
}

func (hiding) Filter(_ context.Context, _ policy.Query, all []mantlet.Target) []mantlet.Target {
	return slices.DeleteFunc(slices.Clone(all), func(t mantlet.Target) bool { return t.Name == "hidden" })
}

// refusals counts nothing.
type refusals struct{}

func (refusals) Refused(context.Context, audit.Refusal) {}

// judged is a Mantlet in front of f whose policy is p and which lets everybody in.
func judged(t *testing.T, f *fake, p gateway.Policy) *httptest.Server {
	t.Helper()
	servers, err := upstream.New([]upstream.Spec{{
		ID: "s", HTTP: &upstream.HTTPSpec{URL: f.URL + "/mcp"}, Limits: wire.DefaultLimits(), Times: times, Calls: 4,
	}}, upstream.Options{Log: slog.New(slog.DiscardHandler), About: []byte(`{"name":"m","version":"1"}`)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	record, err := audit.Open(audit.Options{Dir: t.TempDir(), Key: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.New(gateway.Rooms{
		Audit: record, Quota: quota.Unlimited{}, Trust: trust.Unpinned{}, Policy: p, Inspect: inspect.Nothing{}, Upstream: servers, Meter: gateway.Unmetered{}, Tracer: gateway.Untraced{},
	}, gateway.Options{Limits: wire.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.NewRing(seal.Key{ID: 1, Secret: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(front.New(front.Options{
		Corridor: g, Identity: identity.Anonymous{}, Refused: refusals{}, Handles: &front.Handles{Ring: ring}, Limits: wire.DefaultLimits(),
		Servers: []mantlet.ServerID{"s"}, Transport: "http", Hosts: []string{"127.0.0.1"},
	}))
	t.Cleanup(func() {
		s.Close()
		_ = servers.Close(context.Background())
		_ = record.Close()
	})
	return s
}

func ask(t *testing.T, s *httptest.Server, method string, head http.Header, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/mcp/s", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = head.Clone()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// A list that arrives on a resumed stream is shaped as any other: what the policy
// would refuse is not in it.
func TestReplayedListIsShaped(t *testing.T) {
	const list = `"result":{"tools":[{"name":"shown","inputSchema":{}},{"name":"hidden","inputSchema":{}}]}}`
	for title, c := range map[string]struct {
		policy gateway.Policy
		hidden bool
	}{"a policy that hides": {hiding{}, true}, "without: the tool is there": {policy.AllowAll{}, false}} {
		t.Run(title, func(t *testing.T) {
			f := newFake(t)
			s := judged(t, f, c.policy)
			resp, body := ask(t, s, http.MethodPost, http.Header{}, `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`)
			head := http.Header{"Mcp-Session-Id": resp.Header["Mcp-Session-Id"]}
			if resp.StatusCode != 200 {
				t.Fatal(body)
			}
			f.streams(func(r *http.Request, _ string) string {
				switch r.Header.Get("Last-Event-ID") {
				case "":
					return "id: first\ndata:\n\n" // and the stream breaks
				case "first":
					return "id: second\ndata: {\"jsonrpc\":\"2.0\",\"id\":1," + list + "\n\n"
				default:
					return "data: {\"jsonrpc\":\"2.0\",\"id\":1," + list + "\n\n"
				}
			})
			_, broken := ask(t, s, http.MethodPost, head, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
			for range 2 { // and again, from the event that the replay itself brought
				at := strings.TrimPrefix(regexp.MustCompile(`id: \S+`).FindString(broken), "id: ")
				head.Set("Last-Event-ID", at)
				resp, broken = ask(t, s, http.MethodGet, head, "")
				if resp.StatusCode != 200 || !strings.Contains(broken, `"shown"`) || strings.Contains(broken, `"hidden"`) == c.hidden {
					t.Errorf("%d %s", resp.StatusCode, broken)
				}
			}
		})
	}
}

// A Last-Event-ID opens in the session that it was given in, for its caller and its
// server, and nowhere else: nothing of another stream is replayed.
func TestLastEventIDOfAnotherSession(t *testing.T) {
	f, other := newFake(t), newFake(t)
	g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {url: %q}, o: {url: %q}}\nclients: [{name: a, servers: [s, o]}, {name: b, servers: [s, o]}]\n", f.URL+"/mcp", other.URL+"/mcp"))
	own, second, foreign := initialize(t, g, "a"), initialize(t, g, "a"), initialize(t, g, "b")
	f.streams(func(r *http.Request, _ string) string {
		if r.Method == http.MethodGet {
			return "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"from " + r.Header.Get("Last-Event-ID") + "\"}]}}\n\n"
		}
		return "id: ev-1\ndata:\n\n"
	})
	_, body := do(t, g, legacy(own, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}`))
	event := strings.TrimPrefix(regexp.MustCompile(`id: \S+`).FindString(body), "id: ")
	if event == "" {
		t.Fatal(body)
	}
	resume := func(client, session, last string) (*http.Response, string) {
		s := legacy(session, "")
		s.client, s.method, s.head["Last-Event-Id"] = client, http.MethodGet, []string{last}
		return do(t, g, s)
	}
	if resp, body := resume("a", own, event); resp.StatusCode != 200 || !strings.Contains(body, "from ev-1") {
		t.Fatalf("its own: %d %s", resp.StatusCode, body)
	}
	before := f.count()
	altered := []byte(event)
	altered[len(altered)-5] ^= 1
	want := ""
	for _, c := range []struct{ title, client, session, event string }{
		{"one that never was", "a", own, "nothing"}, {"the server's own", "a", own, "ev-1"}, {"altered", "a", own, string(altered)},
		{"another session of the caller", "a", second, event}, {"another caller's session", "b", foreign, event}, {"a session for an event", "a", own, own},
	} {
		got := shape(resume(c.client, c.session, c.event))
		if want == "" {
			want = got
		}
		if !strings.HasPrefix(got, "400 ") || got != want || f.count() != before {
			t.Errorf("%s: %s; the server was reached %d times", c.title, got, f.count()-before)
		}
	}
}

// A session that its caller ended stays ended when Mantlet starts again, whatever the
// server makes of DELETE; one that was not ended goes on.
func TestAnEndOutlivesMantlet(t *testing.T) {
	f := newFake(t)                      // answers every session, ended or not
	state, err := os.MkdirTemp("", "me") // short: a unix socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	config := fmt.Sprintf("state: %q\nservers: {s: {url: %q}}\nclients: [{name: a, servers: [s]}]\n", state, f.URL+"/mcp")
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	first := mantlettest.Start(t, config)
	ended, alive := initialize(t, first, "a"), initialize(t, first, "a")
	if resp, body := do(t, first, sent{method: http.MethodDelete, head: map[string][]string{"Mcp-Session-Id": {ended}}}); resp.StatusCode != http.StatusNoContent {
		t.Fatalf("DELETE: %d %s", resp.StatusCode, body)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := mantlettest.Start(t, config)
	for session, want := range map[string]int{ended: http.StatusNotFound, alive: http.StatusOK} {
		if resp, body := do(t, second, legacy(session, list)); resp.StatusCode != want {
			t.Errorf("after a start: %d, want %d: %s", resp.StatusCode, want, body)
		}
	}
}
