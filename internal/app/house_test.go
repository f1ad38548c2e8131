package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/config"
)

// The front ends no call before its server's own limit does, whose words name the server.
func TestTheFrontsLimitsAreTheServers(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	cfg, err := config.Parse("", []byte("servers: {a: {url: \"http://127.0.0.1/\", timeouts: {call: 20m, stream: 48h}}, b: {url: \"http://127.0.0.1/\"}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if call, stream := longest(cfg); call <= 20*time.Minute || stream <= 48*time.Hour {
		t.Errorf("%s, %s", call, stream)
	}
	cfg.Servers["a"].Timeouts.Call, cfg.Servers["b"].Timeouts.Call = 0, 0
	if call, _ := longest(cfg); call <= 5*time.Minute {
		t.Errorf("a command that a program brought has %s", call)
	}
}

// A Mantlet that nobody can reach any more ends, so that whoever started it starts it
// again.
func TestAListenerThatFails(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	cfg, err := config.Parse("", []byte("listen: {address: \"127.0.0.1:0\"}\ninsecure: {policyAllowAll: true, trustUnpinned: true, quotaUnlimited: true}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, fail := range map[string]func(*App) error{
		"tcp": func(a *App) error { return a.tcp.Close() }, "unix": func(a *App) error { return a.unix.Close() }, "ops": func(a *App) error { return a.opsAt.Close() },
	} {
		a, err := New(cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := fail(a); err != nil {
			t.Fatal(err)
		}
		if err := a.Run(context.Background()); err == nil {
			t.Errorf("%s: it ended without a word", name)
		}
	}
}
