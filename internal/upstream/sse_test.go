package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// An oldServer speaks HTTP+SSE. Its answers are those of answer; what it says
// besides, a test writes onto a stream.
type oldServer struct {
	*httptest.Server
	endpoint func(n int) string // the first event, whole; "" is the usual one

	mu      sync.Mutex
	streams []*oldStream
	gets    []http.Header
	posts   []http.Header
	heard   []*wire.Message
	answer  func(s *oldStream, m *wire.Message) bool // true: answered
	status  int                                      // of a POST; 0 is 202
}

type oldStream struct {
	n    int
	say  chan string // written as it is
	gone chan struct{}
}

func newOldServer(t testing.TB) *oldServer {
	t.Helper()
	o := &oldServer{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sse", o.get)
	mux.HandleFunc("POST /message", o.post)
	o.Server = httptest.NewServer(mux)
	t.Cleanup(o.Close)
	return o
}

func (o *oldServer) get(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	s := &oldStream{n: len(o.streams), say: make(chan string, 64), gone: make(chan struct{})}
	o.streams, o.gets = append(o.streams, s), append(o.gets, r.Header.Clone())
	first := fmt.Sprintf("event: endpoint\ndata: /message?s=%d\n\n", s.n)
	if o.endpoint != nil {
		first = o.endpoint(s.n)
	}
	o.mu.Unlock()
	defer close(s.gone)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	_, _ = io.WriteString(w, first)
	w.(http.Flusher).Flush()
	for {
		select {
		case text, ok := <-s.say:
			if !ok {
				return
			}
			_, _ = io.WriteString(w, text)
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

func (o *oldServer) post(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	m, err := wire.Decode(b, wire.DefaultLimits())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	n := 0
	_, _ = fmt.Sscanf(r.URL.Query().Get("s"), "%d", &n)
	o.mu.Lock()
	s, status, answer := o.streams[n], o.status, o.answer
	o.posts, o.heard = append(o.posts, r.Header.Clone()), append(o.heard, m)
	o.mu.Unlock()
	if status == 0 {
		status = http.StatusAccepted
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "Accepted")
	if status != http.StatusAccepted || m.Kind != wire.Request || answer != nil && answer(s, m) {
		return
	}
	result := fmt.Sprintf(`{"stream":%d}`, n)
	if m.Method == "initialize" {
		result = welcome
	}
	s.say <- event(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result))
}

func event(data string) string { return "event: message\ndata: " + data + "\n\n" }

func (o *oldServer) stream(n int) *oldStream {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.streams[n]
}

func (o *oldServer) counts() (gets, posts int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.gets), len(o.posts)
}

func (o *oldServer) last() *wire.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.heard[len(o.heard)-1]
}

func (o *oldServer) spec() Spec {
	return Spec{Protocol: SSE, HTTP: &HTTPSpec{URL: o.URL + "/sse", Headers: map[string]string{"Authorization": "Bearer configured"}}}
}

// plainly drops what the HTTP library itself writes and no test is about.
func plainly(h http.Header) map[string]string {
	out := make(map[string]string)
	for name, all := range h {
		out[name] = strings.Join(all, " | ")
	}
	delete(out, "Accept-Encoding")
	return out
}

func TestSSEGolden(t *testing.T) {
	o := newOldServer(t)
	b := newBench(t, o.spec())
	got := b.must(b.legacy(ann, "n", initialize))
	if want := `{"jsonrpc":"2.0","id":1,"result":` + welcome + `}`; got != want {
		t.Errorf("initialize: %s, want %s", got, want)
	}
	c := b.legacy(ann, "n", toolCall(5, "t"))
	c.Params = []Param{{"Mcp-Param-Region", "x"}} // of the caller's: not in this era
	if got, want := b.must(c), `{"jsonrpc":"2.0","id":5,"result":{"stream":0}}`; got != want {
		t.Errorf("call: %s, want %s", got, want)
	}
	if id := o.last().ID; !strings.HasPrefix(string(id), `"m-`) || len(id) < 20 {
		t.Errorf("the server saw the id %s", id)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.gets) != 1 || len(o.posts) != 2 {
		t.Fatalf("%d GETs and %d POSTs", len(o.gets), len(o.posts))
	}
	if diff := cmp.Diff(map[string]string{"Accept": "text/event-stream", "Authorization": "Bearer configured", "Cache-Control": "no-cache", "User-Agent": "mantlet"}, plainly(o.gets[0])); diff != "" {
		t.Errorf("GET: %s", diff)
	}
	for _, p := range o.posts {
		h := plainly(p)
		delete(h, "Content-Length")
		if diff := cmp.Diff(map[string]string{"Accept": "*/*", "Authorization": "Bearer configured", "Content-Type": "application/json", "User-Agent": "mantlet"}, h); diff != "" {
			t.Errorf("POST: %s", diff)
		}
	}
}

// thief is a server that must never be asked. It says what credential it was shown.
func thief(t testing.TB) (at string, got func() []string) {
	t.Helper()
	var mu sync.Mutex
	var shown []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		shown = append(shown, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []string { mu.Lock(); defer mu.Unlock(); return append([]string(nil), shown...) }
}

// naive is a client of 2024-11-05 that POSTs wherever it is told to.
func naive(t testing.TB, at, endpoint string) {
	t.Helper()
	base, err := http.NewRequest(http.MethodGet, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	to, err := base.URL.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, to.String(), strings.NewReader(initialize))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer configured")
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

// An endpoint at another origin would be shown the configured credential.
func TestSSEEndpointElsewhere(t *testing.T) {
	away, got := thief(t)
	host := strings.TrimPrefix(away, "http://")
	for _, endpoint := range []string{away + "/m", "//" + host + "/m", "HTTP://" + host, strings.Replace(away, "127.0.0.1", "localhost", 1) + "/m"} {
		t.Run(endpoint, func(t *testing.T) {
			o := newOldServer(t)
			before := len(got())
			naive(t, o.URL+"/sse", endpoint)
			if all := got(); len(all) != before+1 || all[before] != "Bearer configured" {
				t.Fatalf("the attack does not work without the check: %v", all)
			}
			o.endpoint = func(int) string { return "event: endpoint\ndata: " + endpoint + "\n\n" }
			b := newBench(t, o.spec())
			_, err := b.send(b.legacy(ann, "n", initialize))
			wants(t, err, mantlet.Unavailable, "server s ", "another place than its configured url")
			if len(got()) != before+1 {
				t.Error("the endpoint was asked")
			}
		})
	}
}

func TestSSERedirects(t *testing.T) {
	away, got := thief(t)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(fmt.Sprintf("%d %s", status, method), func(t *testing.T) {
				mux := http.NewServeMux()
				mux.HandleFunc("/sse", func(w http.ResponseWriter, r *http.Request) {
					if method == http.MethodGet {
						http.Redirect(w, r, away, status)
						return
					}
					w.Header().Set("Content-Type", "text/event-stream")
					_, _ = io.WriteString(w, "event: endpoint\ndata: /m\n\n")
					w.(http.Flusher).Flush()
					<-r.Context().Done()
				})
				mux.HandleFunc("/m", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, away, status) })
				up := httptest.NewServer(mux)
				t.Cleanup(up.Close) // after the bench's end
				path := map[string]string{http.MethodGet: "/sse", http.MethodPost: "/m"}[method]
				req, _ := http.NewRequest(method, up.URL+path, strings.NewReader("{}"))
				before := len(got())
				resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
				if err != nil || len(got()) != before+1 {
					t.Fatalf("the attack does not work without the check: %v", err)
				}
				_ = resp.Body.Close()
				b := newBench(t, Spec{Protocol: SSE, HTTP: &HTTPSpec{URL: up.URL + "/sse", Headers: map[string]string{"Authorization": "Bearer configured"}}})
				_, err = b.send(b.legacy(ann, "n", initialize))
				wants(t, err, mantlet.Unavailable, "server s ", "redirect")
				if len(got()) != before+1 {
					t.Error("the redirect was followed")
				}
			})
		}
	}
}

func TestSSEBeginnings(t *testing.T) {
	for name, c := range map[string]struct {
		first string
		words string // "" is taken
	}{
		"usual":               {"event: endpoint\ndata: /message?s=0\n\n", ""},
		"after comments":      {": hello\n\n: there\n\nretry: 5\n\nevent: endpoint\ndata: /message?s=0\n\n", ""},
		"CRLF":                {"event:endpoint\r\ndata:/message?s=0\r\n\r\n", ""},
		"relative":            {"event: endpoint\ndata: message?s=0\n\n", ""},
		"never":               {": nothing more\n\n", "names no endpoint in time"},
		"something else":      {event(`{"jsonrpc":"2.0","method":"notifications/initialized"}`), "something else than an endpoint"},
		"empty":               {"event: endpoint\ndata:\n\n", "not the url of one"},
		"two lines":           {"event: endpoint\ndata: /message\ndata: ?s=0\n\n", "not the url of one"},
		"another scheme":      {"event: endpoint\ndata: file:///etc/passwd\n\n", "not the url of one"},
		"with a user":         {"event: endpoint\ndata: http://u:p@127.0.0.1/message\n\n", "not the url of one"},
		"too long":            {"event: endpoint\ndata: /" + strings.Repeat("x", 4000) + "\n\n", "not the url of one"},
		"larger than limits":  {"event: endpoint\ndata: /" + strings.Repeat("x", 200_000) + "\n\n", "before it named an endpoint"},
		"a line without ends": {strings.Repeat("x", 200_000), "before it named an endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOldServer(t)
			o.endpoint = func(int) string { return c.first }
			spec := o.spec()
			spec.Limits = wire.DefaultLimits()
			spec.Limits.ListBytes = 64 << 10
			spec.Times = Times{Connect: 300 * time.Millisecond, FirstByte: time.Second, Call: 5 * time.Second, Idle: time.Minute, Stream: time.Minute}
			b := newBench(t, spec)
			_, err := b.send(b.legacy(ann, "n", initialize))
			if c.words == "" && err != nil {
				t.Fatal(err)
			}
			if c.words != "" {
				wants(t, err, mantlet.Unavailable, "server s ", c.words)
				_, err = b.send(b.legacy(ann, "n", toolCall(2, "t")))
				wants(t, err, mantlet.Unknown, "initialize again")
			}
		})
	}
}

func TestSSEAnswersToTheGET(t *testing.T) {
	for status, words := range map[int]string{200: "no event stream", 204: "no event stream", 401: "credentials", 403: "credentials", 404: "no event stream", 405: "no event stream", 500: "HTTP status 500"} {
		up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="inside"`)
			w.WriteHeader(status)
		}))
		b := newBench(t, Spec{Protocol: SSE, HTTP: &HTTPSpec{URL: up.URL}})
		_, err := b.send(b.legacy(ann, "n", initialize))
		wants(t, err, mantlet.Unavailable, "server s ", words)
		if strings.Contains(err.Error(), "inside") {
			t.Errorf("the server's challenge goes on: %v", err)
		}
		up.Close()
	}
}

// Where to POST was said once.
func TestSSEEndpointTwice(t *testing.T) {
	away, got := thief(t)
	o := newOldServer(t)
	b := newBench(t, o.spec())
	b.must(b.legacy(ann, "n", initialize))
	o.stream(0).say <- "event: endpoint\ndata: " + away + "/m\n\n" + "event: endpoint\ndata: /other\n\n" + "event: nonsense\ndata: x\n\n" + event("not json") + event("") + event("[]")
	if got := b.must(b.legacy(ann, "n", toolCall(2, "t"))); got != `{"jsonrpc":"2.0","id":2,"result":{"stream":0}}` {
		t.Error(got)
	}
	if b.dropped() != 5 || len(got()) != 0 {
		t.Errorf("%d events were dropped, want 5: %+v; the thief was asked %d times", b.dropped(), b.lost, len(got()))
	}
}

func TestSSEStreamBreaks(t *testing.T) {
	o := newOldServer(t)
	b := newBench(t, o.spec())
	b.must(b.legacy(ann, "n", initialize))
	o.answer = func(s *oldStream, m *wire.Message) bool {
		if m.Name == "break" {
			close(s.say)
		}
		return m.Name == "break"
	}
	_, err := b.send(b.legacy(ann, "n", toolCall(2, "break")))
	wants(t, err, mantlet.Unavailable, "server s ", "initialize again")
	_, err = b.send(b.legacy(ann, "n", toolCall(3, "t")))
	wants(t, err, mantlet.Unknown, "server s ", "initialize again")
	listen := b.legacy(ann, "n", initialized)
	listen.Op, listen.Message = OpListen, nil
	_, err = b.send(listen)
	wants(t, err, mantlet.Unknown)
	b.must(b.legacy(ann, "n", initialize)) // a new session, by the same name
	b.must(b.legacy(ann, "n", toolCall(4, "t")))
	// A reply that came before the end is not lost with it.
	o.answer = func(s *oldStream, m *wire.Message) bool {
		s.say <- event(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"last":true}}`, m.ID))
		close(s.say)
		return true
	}
	if got := b.must(b.legacy(ann, "n", toolCall(5, "t"))); !strings.Contains(got, `"last":true`) {
		t.Error(got)
	}
	if gets, _ := o.counts(); gets != 2 {
		t.Errorf("%d streams", gets)
	}
}

func TestSSEAnEventBeyondTheLimitEndsTheSession(t *testing.T) {
	o := newOldServer(t)
	spec := o.spec()
	spec.Limits = wire.DefaultLimits()
	spec.Limits.ListBytes = 64 << 10
	b := newBench(t, spec)
	b.must(b.legacy(ann, "n", initialize))
	o.answer = func(s *oldStream, _ *wire.Message) bool {
		s.say <- event(`{"x":"` + strings.Repeat("x", 128<<10) + `"}`)
		return true
	}
	_, err := b.send(b.legacy(ann, "n", toolCall(2, "t")))
	wants(t, err, mantlet.Unavailable, "server s ")
	until(t, "the stream's end", func() bool {
		select {
		case <-o.stream(0).gone:
			return true
		default:
			return false
		}
	})
}

// A server that has forgotten the session says so at the POST.
func TestSSESessionIsForgotten(t *testing.T) {
	o := newOldServer(t)
	b := newBench(t, o.spec())
	b.must(b.legacy(ann, "n", initialize))
	for status, kind := range map[int]mantlet.FaultKind{400: mantlet.Unavailable, 401: mantlet.Unavailable, 500: mantlet.Unavailable} {
		o.mu.Lock()
		o.status = status
		o.mu.Unlock()
		_, err := b.send(b.legacy(ann, "n", toolCall(2, "t")))
		wants(t, err, kind, "server s ")
	}
	o.mu.Lock()
	o.status = http.StatusNotFound
	o.mu.Unlock()
	_, err := b.send(b.legacy(ann, "n", toolCall(2, "t")))
	wants(t, err, mantlet.Unknown, "initialize again")
	<-o.stream(0).gone
	o.mu.Lock()
	o.status = 0
	o.mu.Unlock()
	_, err = b.send(b.legacy(ann, "n", toolCall(2, "t")))
	wants(t, err, mantlet.Unknown, "initialize again")
}

// Two principals with the same session name, and one with two, never share; and an
// answer on one's stream answers nobody else's request.
func TestSSENeverShares(t *testing.T) {
	o := newOldServer(t)
	b := newBench(t, o.spec())
	for _, c := range []Call{b.legacy(ann, "n", initialize), b.legacy(bob, "n", initialize), b.legacy(ann, "m", initialize)} {
		b.must(c)
	}
	for n, c := range []Call{b.legacy(ann, "n", toolCall(1, "t")), b.legacy(bob, "n", toolCall(1, "t")), b.legacy(ann, "m", toolCall(1, "t"))} {
		if got, want := b.must(c), fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":{"stream":%d}}`, n); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	o.answer = func(s *oldStream, m *wire.Message) bool {
		o.stream(1 - s.n).say <- event(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"foreign":true}}`, m.ID)) // on the other's
		o.stream(1 - s.n).say <- event(`{"jsonrpc":"2.0","id":1,"result":{"guessed":true}}`)
		until(t, "the drops", func() bool { return b.dropped() >= 2 })
		s.say <- event(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"own":true}}`, m.ID))
		return true
	}
	if got, want := b.must(b.legacy(ann, "n", toolCall(1, "t"))), `{"jsonrpc":"2.0","id":1,"result":{"own":true}}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, d := range b.lost {
		if d.For != bob.Key() {
			t.Errorf("dropped for %v", d.For)
		}
	}
}

func TestSSEFlood(t *testing.T) {
	o := newOldServer(t)
	b := newBench(t, o.spec())
	b.must(b.legacy(ann, "n", initialize))
	flood := strings.Repeat(event(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}`), 10_000)
	o.stream(0).say <- flood // nobody is there to hear it
	until(t, "the end of the flood", func() bool { return b.dropped() == 10_000 })
	heard := 0 // and in a call, all of it is its caller's
	o.answer = func(s *oldStream, m *wire.Message) bool {
		s.say <- flood + event(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID))
		return true
	}
	if _, err := b.all.Send(context.Background(), b.legacy(ann, "n", toolCall(3, "t")), func(Event) error { heard++; return nil }); err != nil || heard != 10_000 {
		t.Errorf("%d of the caller's own messages came, %v", heard, err)
	}
}

func TestSSEClose(t *testing.T) {
	o := newOldServer(t)
	b := newBench(t, o.spec())
	b.must(b.legacy(ann, "n", initialize))
	c := b.legacy(ann, "n", initialized)
	c.Op, c.Message = OpClose, nil
	b.must(c)
	<-o.stream(0).gone
	_, err := b.send(b.legacy(ann, "n", toolCall(2, "t")))
	wants(t, err, mantlet.Unknown)
	b.must(c) // twice is once
}

func TestSSEBounds(t *testing.T) {
	o := newOldServer(t)
	b := newBench(t, o.spec())
	for i := range maxPerPrincipal {
		b.must(b.legacy(ann, fmt.Sprint(i), initialize))
	}
	_, err := b.send(b.legacy(ann, "one more", initialize))
	wants(t, err, mantlet.Limited, "end one first")
	b.must(b.legacy(bob, "n", initialize)) // ann's are ann's
	c := b.legacy(ann, "3", initialized)
	c.Op, c.Message = OpClose, nil
	b.must(c)
	b.must(b.legacy(ann, "one more", initialize))
}

// In that era a caller who goes away has not cancelled; one who says so has, and
// so has a limit that passes.
func TestSSECancellation(t *testing.T) {
	o := newOldServer(t)
	spec := o.spec()
	spec.Times = Times{Connect: time.Second, FirstByte: time.Second, Call: 400 * time.Millisecond, Idle: time.Minute, Stream: time.Minute}
	b := newBench(t, spec)
	b.must(b.legacy(ann, "n", initialize))
	asked := make(chan wire.ID, 1)
	o.answer = func(_ *oldStream, m *wire.Message) bool { asked <- m.ID; return true }

	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { _, err := b.all.Send(ctx, b.legacy(ann, "n", toolCall(2, "t")), silent); done <- err }()
	own := <-asked
	b.must(b.legacy(ann, "n", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2,"reason":"enough"}}`))
	if got, want := string(o.last().Bytes()), fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s,"reason":"enough"}}`, own); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	b.must(b.legacy(ann, "n", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}`)) // names nothing that is open
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, posts := o.counts(); posts != 3 {
		t.Errorf("%d POSTs, want initialize, the call and its cancel", posts)
	}

	_, err := b.send(b.legacy(ann, "n", toolCall(3, "t"))) // the limit passes
	wants(t, err, mantlet.Unavailable, "did not answer within")
	own = <-asked
	if id, _ := o.last().CancelledID(); id != own {
		t.Errorf("%s was cancelled, want %s", id, own)
	}
}

// A question is relayed to the call that is open, and its answer goes back; an
// answer to nothing goes nowhere.
func TestSSEQuestions(t *testing.T) {
	o := newOldServer(t)
	b := newBench(t, o.spec())
	b.must(b.legacy(ann, "n", initialize))
	o.answer = func(s *oldStream, m *wire.Message) bool {
		s.say <- event(`{"jsonrpc":"2.0","id":"q-1","method":"roots/list"}`)
		until(t, "the answer", func() bool { return o.last().Kind == wire.Result })
		s.say <- event(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"heard":%s}}`, m.ID, o.last().Bytes()))
		return true
	}
	r, err := b.all.Send(context.Background(), b.legacy(ann, "n", toolCall(2, "t")), func(e Event) error {
		if e.Message == nil || e.Message.Method != "roots/list" {
			return fmt.Errorf("not the question: %+v", e)
		}
		for _, answer := range []string{`{"jsonrpc":"2.0","id":"other","result":{}}`, `{"jsonrpc":"2.0","id":"q-1","result":{"roots":[]}}`, `{"jsonrpc":"2.0","id":"q-1","result":{"again":1}}`} {
			if _, err := b.send(b.legacy(ann, "n", answer)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !strings.Contains(string(r.Message.Bytes()), `"heard":{"jsonrpc":"2.0","id":"q-1","result":{"roots":[]}}`) {
		t.Errorf("%v, %v", r, err)
	}
	if _, posts := o.counts(); posts != 3 {
		t.Errorf("%d POSTs, want initialize, the call and one answer", posts)
	}
	// Outside any request nobody owns a question.
	before := b.dropped()
	o.stream(0).say <- event(`{"jsonrpc":"2.0","id":"q-2","method":"roots/list"}`)
	until(t, "the drop", func() bool { return b.dropped() == before+1 })
}

// The session's own stream hears what belongs to no request.
func TestSSEListen(t *testing.T) {
	o := newOldServer(t)
	b := newBench(t, o.spec())
	b.must(b.legacy(ann, "n", initialize))
	c := b.legacy(ann, "n", initialized)
	c.Op, c.Message = OpListen, nil
	heard := make(chan Event, 4)
	done := make(chan error, 1)
	go func() {
		r, err := b.all.Send(context.Background(), c, func(e Event) error { heard <- e; return nil })
		if err == nil && !r.Streamed {
			err = errors.New("not a stream")
		}
		done <- err
	}()
	if e := <-heard; !e.Comment {
		t.Errorf("first %+v", e)
	}
	o.stream(0).say <- event(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
	if e := <-heard; e.Message.Method != "notifications/tools/list_changed" {
		t.Errorf("then %s", e.Message.Bytes())
	}
	close(o.stream(0).say)
	if err := <-done; err != nil {
		t.Error(err)
	}
	c.Op = OpResume
	b.must(b.legacy(ann, "n", initialize))
	_, err := b.send(c)
	wants(t, err, mantlet.Unsupported)
	if !errors.Is(err, ErrNotOffered) {
		t.Error(err)
	}
}

// Under auto a server that takes no initialize and is not modern is tried the old
// way, and what was found is kept.
func TestSSEIsFoundOut(t *testing.T) {
	for _, status := range []int{400, 404, 405} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			o := newOldServer(t)
			var mu sync.Mutex
			asked := map[string]int{}
			inner := o.Config.Handler
			o.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				asked[r.Method+" "+r.URL.Path]++
				mu.Unlock()
				if r.Method == http.MethodPost && r.URL.Path == "/sse" {
					http.Error(w, "no", status)
					return
				}
				inner.ServeHTTP(w, r)
			})
			spec := o.spec()
			spec.Protocol = Auto
			b := newBench(t, spec)
			for i, who := range []mantlet.Principal{ann, bob} {
				if got := b.must(b.legacy(who, "n", initialize)); !strings.Contains(got, welcome) {
					t.Error(got)
				}
				if got := b.must(b.legacy(who, "n", toolCall(2, "t"))); !strings.Contains(got, fmt.Sprintf(`"stream":%d`, i)) {
					t.Error(got)
				}
			}
			if got := b.must(b.modern(ann, "tools/call", `,"name":"t","arguments":{}`)); !strings.Contains(got, `"stream":2,`) && !strings.Contains(got, `"stream":2}`) {
				t.Error(got)
			}
			mu.Lock()
			defer mu.Unlock()
			if diff := cmp.Diff(map[string]int{"POST /sse": 2, "GET /sse": 3, "POST /message": 7}, asked); diff != "" {
				t.Errorf("an initialize and a probe once, then a stream each: %s", diff)
			}
		})
	}
}

// What takes neither is told so in the words of the first refusal, and a server that
// has learned something newer is found out anew.
func TestSSEIsNotFoundWhereItIsNot(t *testing.T) {
	var mu sync.Mutex
	handler := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusNotFound) }))
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := handler
		mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(up.Close) // after the bench's end
	become := func(h http.Handler) { mu.Lock(); defer mu.Unlock(); handler = h }
	b := newBench(t, Spec{HTTP: &HTTPSpec{URL: up.URL + "/sse"}})
	_, err := b.send(b.legacy(ann, "n", initialize))
	wants(t, err, mantlet.Unavailable, "takes no such request")
	o := newOldServer(t)
	become(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/sse" {
			http.Error(w, "no", http.StatusNotFound)
			return
		}
		o.Config.Handler.ServeHTTP(w, r)
	}))
	b.must(b.legacy(ann, "n", initialize))
	become(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			http.Error(w, "no", http.StatusMethodNotAllowed)
			return
		}
		body, _ := io.ReadAll(r.Body)
		m, _ := wire.Decode(body, wire.DefaultLimits())
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, welcome)
	}))
	_, err = b.send(b.legacy(bob, "n", initialize))
	wants(t, err, mantlet.Unavailable, "no event stream")
	b.must(b.legacy(bob, "n", initialize))
}

func TestNoCommandSpeaksSSE(t *testing.T) {
	_, err := New([]Spec{{ID: "s", Protocol: SSE, Stdio: &StdioSpec{Command: "x"}, Times: defaultTimes(), Calls: 1}}, quietOptions(), nil)
	if err == nil {
		t.Error("a command with protocol sse is taken")
	}
}
