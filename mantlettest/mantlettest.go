// Package mantlettest starts the real gateway for tests: on port 0, with a state
// directory of its own, and with an identity that lets everybody in unless the
// test gives clients. It is for Mantlet's own tests and for its users'.
package mantlettest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/config"
)

// A Gateway is a running Mantlet.
type Gateway struct {
	*app.App
	State  string
	Config *config.Config
	end    func() error
}

// Start runs a Mantlet with the configuration, YAML without state and listen, and
// ends it with the test. A goroutine or a process that it leaves is the test's to
// notice.
func Start(t testing.TB, yaml string) *Gateway {
	t.Helper()
	state, err := os.MkdirTemp("", "mt") // short: a unix socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	t.Setenv("MANTLET_STATE", state)
	cfg, err := config.Parse("", []byte("listen: {address: \"127.0.0.1:0\"}\n"+yaml))
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	g := &Gateway{App: a, State: state, Config: cfg}
	ended := false
	g.end = func() error {
		if ended {
			return nil
		}
		ended = true
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(40 * time.Second):
			return context.DeadlineExceeded
		}
	}
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Errorf("mantlet did not end well: %v", err)
		}
	})
	return g
}

// Stop ends the gateway before the test does.
func (g *Gateway) Stop() error { return g.end() }

// URL is the endpoint of a server, or of all together for mantlet.Joined.
func (g *Gateway) URL(s mantlet.ServerID) string {
	if s == mantlet.Joined {
		return "http://" + g.Addr() + "/mcp"
	}
	return "http://" + g.Addr() + "/mcp/" + string(s)
}

// Token is the bearer token of a configured client at a server.
func (g *Gateway) Token(t testing.TB, client string, s mantlet.ServerID) string {
	t.Helper()
	clients, err := app.Clients(g.Config, []mantlet.ServerID{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		if c.Name == client {
			return c.Key.Token(c.Name, s)
		}
	}
	t.Fatalf("no client %q is configured", client)
	return ""
}

// Approve approves everything that was seen of a server, where definitions are pinned, as a
// person would who has looked at each.
func (g *Gateway) Approve(t testing.TB, s mantlet.ServerID) {
	t.Helper()
	if err := g.ApproveAll(context.Background(), s, "the test"); err != nil {
		t.Fatal(err)
	}
}

// AuditDir is where the record is.
func (g *Gateway) AuditDir() string { return filepath.Join(g.State, "audit") }

// Anonymous is the configuration that lets everybody in.
const Anonymous = "insecure: {allowAnonymous: true, policyAllowAll: true, trustUnpinned: true, quotaUnlimited: true, inspectNothing: true}\n"
