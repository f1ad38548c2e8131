package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
	"github.com/mantlet-mcp/mantlet/internal/wire"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

func TestMain(m *testing.M) {
	process.Supervise() // does not return in a supervisor
	if len(os.Args) == 2 && os.Args[1] == "local-server" {
		local()
	}
	if len(os.Args) == 2 && os.Args[1] == "talkative-server" {
		talkative()
	}
	if len(os.Args) == 3 && os.Args[1] == "reading-server" {
		reading()
	}
	goleak.VerifyTestMain(m, fromToxiproxy...)
}

// a server that answers everything as a modern one does.
func good(t testing.TB) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		m, err := wire.Decode(b, wire.DefaultLimits())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		result := `{"content":[{"type":"text","text":"ok"}],"resultType":"complete"}`
		switch m.Method {
		case "server/discover":
			result = `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}`
		case "tools/list":
			result = `{"tools":[{"name":"t","inputSchema":{"type":"object"}}],"resultType":"complete","ttlMs":0,"cacheScope":"private"}`
		}
		reply, _ := wire.NewResult(m.ID, []byte(result))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(reply.Bytes())
	}))
	t.Cleanup(s.Close)
	return s
}

func cli(g *mantlettest.Gateway, s mantlet.ServerID) *daemon.Client {
	return daemon.New(g.Config.Listen.Socket, "test", s)
}

func ask(t testing.TB, c *daemon.Client, members string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	m, err := c.Ask(ctx, "tools/call", members)
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Bytes())
}

// neighbour calls the server good, one call after the other, until rest is called, which
// says how many there were and how many failed.
func neighbour(t *testing.T, g *mantlettest.Gateway) (rest func() (calls, failed int)) {
	t.Helper()
	done, ended := make(chan struct{}), make(chan struct{})
	var calls, failed int
	go func() {
		defer close(ended)
		c := cli(g, "good")
		defer c.HTTP.CloseIdleConnections()
		for {
			select {
			case <-done:
				return
			default:
			}
			if calls++; !strings.Contains(ask(t, c, `"name":"t","arguments":{},`), `"text":"ok"`) {
				failed++
			}
		}
	}()
	return func() (int, int) {
		close(done)
		<-ended
		return calls, failed
	}
}

// An upstream that never answers, answers without end, answers garbage or one byte
// a second costs its neighbours no call, and its own callers are told its name.
func TestABadServerHarmsNoOther(t *testing.T) {
	stop := make(chan struct{})
	bad := map[string]http.HandlerFunc{
		"hung": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-stop:
			}
		},
		"flood": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			chunk := []byte(strings.Repeat("x", 1<<20))
			for range 1 << 10 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
		"drip": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for {
				_, _ = w.Write([]byte(" "))
				w.(http.Flusher).Flush()
				select {
				case <-tick.C:
				case <-r.Context().Done():
					return
				case <-stop:
					return
				}
			}
		},
		"garbage": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"jsonrpc":"2.0","id":1,"id":2}`))
		},
		"gone": func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = c.Close()
			}
		},
	}
	var b strings.Builder
	for name, h := range bad {
		s := httptest.NewServer(h)
		defer s.Close()
		fmt.Fprintf(&b, "  %s: {url: %q, protocol: modern, timeouts: {firstByte: 2s, call: 3s}, calls: 4, queue: 4}\n", name, s.URL)
	}
	defer close(stop)
	fmt.Fprintf(&b, "  good: {url: %q}\n", good(t).URL)
	g := mantlettest.Start(t, "servers:\n"+b.String()+"joined: {wait: 1s}\n")

	rest := neighbour(t, g)
	var bads sync.WaitGroup
	for name := range bad {
		for range 12 { // more than may wait
			bads.Go(func() {
				c := cli(g, mantlet.ServerID(name))
				defer c.HTTP.CloseIdleConnections()
				if got := ask(t, c, `"name":"t","arguments":{},`); !strings.Contains(got, `"isError":true`) || !strings.Contains(got, "server "+name) {
					t.Errorf("%s: its caller is told %s", name, got)
				}
			})
		}
	}
	bads.Wait()
	if calls, failed := rest(); failed > 0 || calls < 50 {
		t.Errorf("%d of %d calls of the neighbour failed", failed, calls)
	}
	c := cli(g, mantlet.Joined)
	defer c.HTTP.CloseIdleConnections()
	m, err := c.Ask(context.Background(), "tools/list", "")
	if err != nil || !strings.Contains(string(m.Bytes()), `"name":"good__t"`) {
		t.Fatalf("%s, %v", m.Bytes(), err)
	}
	for name := range bad {
		if !strings.Contains(string(m.Bytes()), `"`+name+`":"`) {
			t.Errorf("%s is not reported as left out: %s", name, m.Bytes())
		}
	}
}

// Ten thousand calls leave no goroutine, descriptor or process behind.
func TestTenThousandCallsLeakNothing(t *testing.T) {
	g := mantlettest.Start(t, fmt.Sprintf("servers: {good: {url: %q}}\n", good(t).URL))
	c := cli(g, "good")
	calls := func(n int) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range n / 8 {
					ask(t, c, `"name":"t","arguments":{},`)
				}
			})
		}
		wg.Wait()
		c.HTTP.CloseIdleConnections()
	}
	settle := func() (goroutines, fds int) {
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			before := runtime.NumGoroutine()
			runtime.Gosched()
			all, _ := os.ReadDir("/proc/self/fd")
			if goroutines, fds = runtime.NumGoroutine(), len(all); goroutines == before || time.Now().After(deadline) {
				return goroutines, fds
			}
		}
	}
	calls(400)
	goroutines, fds := settle()
	calls(10_000)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		g2, f2 := settle()
		if g2 <= goroutines+4 && f2 <= fds+4 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("goroutines %d became %d, descriptors %d became %d", goroutines, g2, fds, f2)
		}
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	if r, err := audit.Verify(g.AuditDir()); err != nil || r.Broken != "" || r.Begun < 10_400 || len(r.NeverEnded) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// A reload swaps the servers; a reload that fails changes nothing.
func TestReload(t *testing.T) {
	g := mantlettest.Start(t, fmt.Sprintf("servers: {one: {url: %q}}\n", good(t).URL))
	parse := func(yaml string) *config.Config {
		c, err := config.Parse("", []byte("listen: {address: \"127.0.0.1:0\"}\n"+yaml))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if err := g.Reload(parse(fmt.Sprintf("servers: {two: {url: %q}}\n", good(t).URL))); err != nil {
		t.Fatal(err)
	}
	c := cli(g, "two")
	defer c.HTTP.CloseIdleConnections()
	if got := ask(t, c, `"name":"t","arguments":{},`); !strings.Contains(got, `"text":"ok"`) {
		t.Errorf("the new server: %s", got)
	}
	for name, yaml := range map[string]string{
		"another state":     "state: /tmp/elsewhere\n",
		"another collector": "telemetry: {traces: {endpoint: \"http://127.0.0.1:1/v1/traces\"}}\n",
		"a missing CA":      "servers: {two: {url: \"https://a.example/\", tls: {caFile: /nonexistent}}}\n",
	} {
		if err := g.Reload(parse(yaml)); err == nil {
			t.Errorf("%s: reloaded", name)
		}
	}
	if got := ask(t, c, `"name":"t","arguments":{},`); !strings.Contains(got, `"text":"ok"`) {
		t.Errorf("after reloads that failed: %s", got)
	}
}

// The listener speaks TLS 1.3, or 1.2 with authenticated encryption, and takes up a
// new certificate without a restart.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCert(t, certFile, keyFile, 1)
	t.Setenv("MANTLET_STATE", filepath.Join(dir, "s"))
	h := good(t)
	conf := func(tls string) *config.Config {
		cfg, err := config.Parse("", fmt.Appendf(nil, "listen: {address: \"127.0.0.1:0\"%s}\nservers: {s: {url: %q}}\nclients: [{name: a, servers: [s]}]\n", tls, h.URL))
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	a, err := app.New(conf(fmt.Sprintf(", tls: {certFile: %q, keyFile: %q}", certFile, keyFile)), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	defer func() { cancel(); <-ended }() //nolint:errcheck // cancelled
	dial := func(c *tls.Config) (*tls.ConnectionState, error) {
		c.InsecureSkipVerify = true //nolint:gosec // what is tested is the other side
		d := &tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: c}
		conn, err := d.DialContext(context.Background(), "tcp", a.Addr())
		if err != nil {
			return nil, err
		}
		defer conn.Close() //nolint:errcheck // nothing was sent
		s := conn.(*tls.Conn).ConnectionState()
		return &s, nil
	}
	s, err := dial(&tls.Config{})
	if err != nil || s.Version != tls.VersionTLS13 || s.PeerCertificates[0].SerialNumber.Int64() != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	if _, err := dial(&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil { //nolint:gosec // must be refused
		t.Error("TLS 1.1 is spoken")
	}
	if _, err := dial(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}); err == nil { //nolint:gosec // must be refused
		t.Error("a suite without authenticated encryption is spoken")
	}
	if s, err := dial(&tls.Config{MaxVersion: tls.VersionTLS12}); err != nil || s.Version != tls.VersionTLS12 {
		t.Errorf("TLS 1.2: %v", err)
	}
	writeCert(t, certFile, keyFile, 2)
	if err := os.Chtimes(certFile, time.Now(), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if s, err := dial(&tls.Config{}); err != nil || s.PeerCertificates[0].SerialNumber.Int64() != 2 {
		t.Errorf("the new certificate is not served: %v", err)
	}
	// A reload may name other files; one that names none, or bad ones, changes nothing.
	other, otherKey := filepath.Join(dir, "cert3.pem"), filepath.Join(dir, "key3.pem")
	writeCert(t, other, otherKey, 3)
	if err := a.Reload(conf(fmt.Sprintf(", tls: {certFile: %q, keyFile: %q}", other, otherKey))); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", fmt.Sprintf(", tls: {certFile: %q, keyFile: %q}", other, keyFile)} {
		if err := a.Reload(conf(bad)); err == nil {
			t.Errorf("reloaded with %q", bad)
		}
	}
	if s, err := dial(&tls.Config{}); err != nil || s.PeerCertificates[0].SerialNumber.Int64() != 3 {
		t.Errorf("the other certificate is not served: %v", err)
	}
}

func writeCert(t *testing.T, certFile, keyFile string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "EC PRIVATE KEY", Bytes: k}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The ops listener is a socket of its own, and says nothing of content.
func TestOps(t *testing.T) {
	g := mantlettest.Start(t, fmt.Sprintf("servers: {good: {url: %q}}\n", good(t).URL))
	c := cli(g, "good")
	defer c.HTTP.CloseIdleConnections()
	ask(t, c, `"name":"very-secret-tool","arguments":{},`)
	ops := daemon.New(strings.TrimPrefix(g.Config.Ops.Listen, "unix:"), "", "")
	defer ops.HTTP.CloseIdleConnections()
	for path, want := range map[string]string{
		"/healthz": "ok", "/readyz": "ready", "/debug/pprof/": "404",
		"/metrics":  `mantlet_exchange_seconds_count{method="tools/call",outcome="allowed",server="good"} 1`,
		"/metrics?": "mantlet_refused_at_the_door_total 0", "/metrics?x": "mantlet_exchanges_in_flight 0",
	} {
		req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://ops"+path, nil)
		resp, err := ops.HTTP.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if !strings.Contains(string(b), want) || strings.Contains(string(b), "very-secret") {
			t.Errorf("%s: %s", path, b)
		}
	}
}

// Over TCP a page's own name, rebound to this machine, is no name of the listener's.
func TestOpsAnswersToItsOwnNamesAlone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	mantlettest.Start(t, fmt.Sprintf("servers: {good: {url: %q}}\nops: {listen: %q}\n", good(t).URL, at))
	_, port, _ := net.SplitHostPort(at)
	for host, want := range map[string]int{at: 200, "localhost:" + port: 200, "[::1]:" + port: 200, "evil.example": 403, "evil.example:" + port: 403, "127.0.0.1.evil.example": 403} {
		req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+at+"/metrics", nil)
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d", host, resp.StatusCode)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
