package e2e

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

//go:embed browser.html
var hostilePage string

//go:embed allowed.html
var allowedPage string

// chromium is a real browser's command, or the test is skipped.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if _, err := exec.LookPath("apt-get"); err == nil {
		t.Skip("there is no chromium; run test/peers/install.sh (make test does)")
	}
	t.Skip("there is neither a chromium nor an apt-get that could install it")
	return ""
}

// browse opens address in a browser of its own until done hears something, and returns
// that. Names below .test lead to this machine, whatever the resolver says.
func browse(t *testing.T, address string, done <-chan string) string {
	t.Helper()
	cmd := exec.Command(chromium(t), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-quic", "--disable-extensions", "--no-proxy-server", "--disable-dev-shm-usage",
		"--remote-debugging-port=0", "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
		"--user-data-dir="+t.TempDir(), address)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the browser and its children
		_ = cmd.Wait()
	}()
	select {
	case text := <-done:
		return text
	case <-time.After(90 * time.Second):
		t.Fatalf("the page did not report within 90 s: %s", &out)
		return ""
	}
}

// A victim is an MCP server as many are: it asks for no origin, no media type and no
// token, and answers whoever sends it anything. It counts what arrived by the word
// that the page put in.
type victim struct {
	*httptest.Server
	mu      sync.Mutex
	arrived map[string]int
}

const secret = "the-secret-of-the-server"

func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{arrived: make(map[string]int)}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		body := string(b)
		switch kind := r.Header.Get("Content-Type"); {
		case strings.Contains(kind, "urlencoded"):
			body, _ = url.QueryUnescape(body)
		case strings.Contains(kind, "multipart"):
			body = strings.ReplaceAll(body, "%22", `"`)
		}
		if strings.Contains(body, `"server/discover"`) { // Mantlet's own probe
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":`+between(body, `"id":`, `,`)+`,"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}}`)
			return
		}
		how := cmp.Or(between(body, `"name":"`, `"`), r.Header.Get("X-How"), r.URL.RawQuery, strings.ToLower(r.Method))
		v.mu.Lock()
		v.arrived[how]++
		v.mu.Unlock()
		switch {
		case r.Method == http.MethodOptions:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case strings.Contains(body, `"initialize"`):
			w.Header().Set("Mcp-Session-Id", "upstream-session-1")
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"v","version":"1"}}}`)
		case strings.Contains(r.Header.Get("Accept"), "text/event-stream") && r.Method == http.MethodGet:
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: "+secret+"\n\n")
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"`+secret+`"}],"resultType":"complete"}}`)
		}
	}))
	t.Cleanup(v.Close)
	return v
}

func between(s, before, after string) string {
	_, rest, ok := strings.Cut(s, before)
	if !ok {
		return ""
	}
	word, _, _ := strings.Cut(rest, after)
	return word
}

func (v *victim) seen() map[string]int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.arrived)
}

// A site serves one page at every path, once there is one, and hears what it reports.
type site struct {
	*httptest.Server
	page atomic.Pointer[string]
	done chan string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{done: make(chan string, 1)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close") // a name that leads elsewhere next time needs a new connection
		switch r.URL.Path {
		case "/report":
			b, _ := io.ReadAll(r.Body)
			select {
			case s.done <- string(b):
			default:
			}
		case "/favicon.ico":
			http.NotFound(w, r)
		default:
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, *s.page.Load())
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// shows fills in the page: pairs are a placeholder's name and what stands for it.
func (s *site) shows(page string, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		page = strings.ReplaceAll(page, "{{"+pairs[i]+"}}", pairs[i+1])
	}
	s.page.Store(&page)
}

func port(t *testing.T, address string) string {
	t.Helper()
	_, p, err := net.SplitHostPort(strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A switchboard is a port whose connections lead to one place and then, once flipped,
// to another: what a name does whose address changes under a page that is open.
type switchboard struct {
	net.Listener
	mu   sync.Mutex
	to   string
	open map[net.Conn]bool
}

func newSwitchboard(t *testing.T, first string) *switchboard {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &switchboard{Listener: l, to: first, open: make(map[net.Conn]bool)}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { b.splice(in) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		b.flip("")
		all.Wait()
	})
	return b
}

// flip ends every connection, also those that the browser opened in advance; new ones
// lead to another place.
func (b *switchboard) flip(to string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.to = to
	for c := range b.open {
		_ = c.Close()
	}
}

func (b *switchboard) splice(in net.Conn) {
	b.mu.Lock()
	to := b.to
	b.open[in] = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.open, in)
	}()
	defer in.Close() //nolint:errcheck // a test's own
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(in, out)
		_ = in.Close()
	}()
	_, _ = io.Copy(out, in)
	_ = out.Close()
	<-ended
}

// A guise is where a hostile page seems to come from.
type guise int

const (
	stranger guise = iota // an origin of its own
	named                 // a name that leads to this machine; the target is called by it, too
	rebound               // a name that leads to the page, and then to the target: one origin
)

// attack opens the hostile page in a guise and returns what each of its attempts came to.
func attack(t *testing.T, target string, as guise) map[string]string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	at, flip, address := s.URL, "", u.Host
	switch as {
	case stranger:
	case named:
		at, u.Host = "http://evil.test:"+port(t, s.URL), "evil.test:"+u.Port()
	case rebound:
		board := newSwitchboard(t, s.Listener.Addr().String())
		flipper := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			board.flip(address)
			w.Header().Set("Access-Control-Allow-Origin", "*")
		}))
		t.Cleanup(flipper.Close)
		u.Host = "evil.test:" + port(t, board.Addr().String())
		at, flip = "http://"+u.Host, flipper.URL
	}
	s.shows(hostilePage, "target", u.String(), "report", s.URL+"/report", "flip", flip)
	outcome := make(map[string]string)
	if err := json.Unmarshal([]byte(browse(t, at+"/", s.done)), &outcome); err != nil {
		t.Fatal(err)
	}
	return outcome
}

// A hostile page that is open in the browser of somebody whose machine runs MCP
// servers: from an origin of its own, from a name that leads to this machine, and from
// its own name that leads to the server from then on (DNS rebinding). A bare server is
// used, and where the name is the page's own read. Behind Mantlet, with nobody asked
// for a token, no request arrives and no answer is read.
func TestHostilePage(t *testing.T) {
	chromium(t)
	simple := []string{"fetch-plain", "fetch-blind", "fetch-cookies", "form-plain", "form-urlencoded", "form-multipart", "beacon", "get-blind", "event-source"}
	preflighted := []string{"fetch-json", "fetch-json-bare", "get", "delete"}
	fetched := []string{"fetch-json", "fetch-json-bare", "fetch-plain", "fetch-blind", "fetch-cookies", "get", "get-blind", "event-source", "delete"}
	for title, c := range map[string]struct {
		as           guise
		arrive, read []string // at the bare server; by the page
	}{
		"another origin":          {stranger, simple, nil},
		"a name that leads here":  {named, simple, nil},
		"a name that was rebound": {rebound, slices.Concat(simple, preflighted), fetched},
	} {
		t.Run(title, func(t *testing.T) {
			bare := newVictim(t)
			outcome := attack(t, bare.URL+"/mcp", c.as)
			arrived := bare.seen()
			for _, how := range slices.Concat(simple, preflighted) {
				if want := slices.Contains(c.arrive, how); arrived[how] > 0 != want {
					t.Errorf("without Mantlet %s arrives %d times: this test does not know what it shows", how, arrived[how])
				}
			}
			for how, text := range outcome {
				if want := slices.Contains(c.read, how); strings.Contains(text, secret) != want {
					t.Errorf("without Mantlet %s reads %q", how, text)
				}
			}
			t.Logf("without Mantlet %v arrived, and the page read %d answers", arrived, len(c.read))
			behind := newVictim(t)
			g := mantlettest.Start(t, fmt.Sprintf("servers: {s: {url: %q}}\n%s", behind.URL+"/mcp", mantlettest.Anonymous))
			outcome = attack(t, g.URL("s"), c.as)
			if n := behind.seen(); len(n) != 0 {
				t.Errorf("through Mantlet arrived %v", n)
			}
			if len(outcome) != 13 || outcome["beacon"] != "sent" {
				t.Errorf("the page tried %d things: %v", len(outcome), outcome)
			}
			for how, text := range outcome {
				if strings.Contains(text, secret) || strings.Contains(text, `"result"`) {
					t.Errorf("through Mantlet %s reads %q", how, text)
				}
			}
			// The same request from a program, which brings no origin, is served: it is the page that was refused.
			resp, err := http.DefaultTransport.RoundTrip(program(t, g.URL("s")))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			http.DefaultClient.CloseIdleConnections()
			if resp.StatusCode != 200 || behind.seen()["program"] != 1 {
				t.Errorf("a program: %d, %v", resp.StatusCode, behind.seen())
			}
		})
	}
}

func program(t *testing.T, at string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"program","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {"tools/call"}, "Mcp-Name": {"program"}}
	return req
}

// allowing is a Mantlet whose configuration names web origins.
func allowing(t *testing.T, upstream, origin string) *mantlettest.Gateway {
	t.Helper()
	state, err := os.MkdirTemp("", "mt") // short: a unix socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	t.Setenv("MANTLET_STATE", state)
	cfg, err := config.Parse("", fmt.Appendf(nil, "listen: {address: \"127.0.0.1:0\", allowedOrigins: [%q]}\nservers: {s: {url: %q}}\nclients: [{name: page, servers: [s]}]\n", origin, upstream))
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil { // the test's context has ended
			t.Errorf("mantlet did not end well: %v", err)
		}
	})
	return &mantlettest.Gateway{App: a, State: state, Config: cfg}
}

// A page of an allowed origin is a client like any other, of both eras: its browser is
// told what it may send and read, and no more. The same page from any other origin is
// nobody.
func TestAllowedPage(t *testing.T) {
	chromium(t)
	v := newVictim(t)
	s := newSite(t)
	g := allowing(t, v.URL+"/mcp", s.URL)
	s.shows(allowedPage, "target", g.URL("s"), "report", s.URL+"/report", "token", g.Token(t, "page", "s"))
	visit := func(at string) map[string]string {
		outcome := make(map[string]string)
		if err := json.Unmarshal([]byte(browse(t, at, s.done)), &outcome); err != nil {
			t.Fatal(err)
		}
		return outcome
	}
	outcome := visit(s.URL + "/")
	for step, want := range map[string]string{
		"modern": "200 true {", "initialize": "200 true", "legacy": "200 {", "resume": "400", "delete": "204", "over": "404", "no token": "401 true",
		"put": "ERROR", "another header": "ERROR", "cookies": "ERROR",
	} {
		if got := outcome[step]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %s", step, got, want)
		}
	}
	if n := v.seen(); n["modern"] != 1 || n["legacy"] != 1 || !strings.Contains(outcome["modern"], secret) || !strings.Contains(outcome["legacy"], secret) {
		t.Errorf("%v, %v", n, outcome)
	}
	for step, got := range visit("http://other.test:" + port(t, s.URL) + "/") {
		if !strings.HasPrefix(got, "ERROR") {
			t.Errorf("from another origin, %s: %q", step, got)
		}
	}
	if n := v.seen(); n["modern"] != 1 || n["legacy"] != 1 {
		t.Errorf("from another origin arrived %v", n)
	}
}
