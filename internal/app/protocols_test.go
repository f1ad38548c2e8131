package app_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/config"
)

// One TLS listener speaks HTTP/2 with who asks for it and HTTP/1.1 with others, the same
// handler answers both, and both end with Close.
func TestBothProtocols(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCert(t, certFile, keyFile, 1)
	t.Setenv("MANTLET_STATE", filepath.Join(dir, "s"))
	cfg, err := config.Parse("", fmt.Appendf(nil, "listen: {address: \"127.0.0.1:0\", tls: {certFile: %q, keyFile: %q}}\nservers: {s: {url: %q}}\nclients: [{name: a, servers: [s]}]\n", certFile, keyFile, good(t).URL))
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()

	answers, lasts := make(map[string]string), make(map[string]*ending)
	for proto, two := range map[string]bool{"HTTP/2.0": true, "HTTP/1.1": false} {
		c := &ending{ended: make(chan struct{})}
		lasts[proto] = c
		tr := &http.Transport{
			ForceAttemptHTTP2: two, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // what is tested is the other side
			DialContext: c.dial,
		}
		defer tr.CloseIdleConnections()
		for range 2 {
			answers[proto] = unidentified(t, tr, "https://"+a.Addr()+"/mcp/s", proto)
		}
	}
	if answers["HTTP/2.0"] != answers["HTTP/1.1"] || !strings.Contains(answers["HTTP/1.1"], `"error"`) {
		t.Errorf("%q", answers)
	}
	for proto, c := range lasts {
		select {
		case <-c.ended:
			t.Errorf("%s has ended before", proto)
		default:
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for proto, c := range lasts {
		select {
		case <-c.ended:
		case <-time.After(10 * time.Second):
			t.Errorf("%s has not ended", proto)
		}
	}
}

// unidentified asks without a credential, and returns the answer without its exchange.
func unidentified(t *testing.T, tr *http.Transport, to, proto string) string {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
	req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatalf("%s: %v", proto, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.Proto != proto || resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("Mantlet-Exchange") == "" {
		t.Fatalf("%s %d %v, %v; want %s", resp.Proto, resp.StatusCode, resp.Header, err, proto)
	}
	return regexp.MustCompile(`\(exchange [^)]*\)`).ReplaceAllString(string(b), "")
}

// An ending is a connection of which one waits for the end: that of its stream, or what
// its transport makes of TLS's.
type ending struct {
	net.Conn
	once  sync.Once
	ended chan struct{}
}

func (c *ending) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.Conn != nil {
		return nil, fmt.Errorf("a second connection to %s", address)
	}
	var err error
	c.Conn, err = new(net.Dialer).DialContext(ctx, network, address)
	return c, err
}

func (c *ending) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.once.Do(func() { close(c.ended) })
	}
	return n, err
}

func (c *ending) Close() error {
	c.once.Do(func() { close(c.ended) })
	return c.Conn.Close()
}
