package app

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
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
}

// What a program brings has the defaults' limits, however short those of the servers
// that are listed.
func TestTheFrontsLimitsAreThoseOfAdoptedServersToo(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	cfg, err := config.Parse("", []byte("listen: {commands: true}\nservers: {a: {url: \"http://127.0.0.1/\", timeouts: {call: 1s, stream: 1s}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if call, stream := longest(cfg); call <= 5*time.Minute || stream <= 24*time.Hour {
		t.Errorf("%s, %s", call, stream)
	}
}

// A server that never stops saying what nobody asked for fills no log, and silences no
// other's.
func TestDropsAreRationed(t *testing.T) {
	var r ration
	now, told := time.Unix(1, 0), 0
	for range 1000 {
		if ok, _ := r.take("loud", now); ok {
			told++
		}
	}
	if told != maxDrops {
		t.Errorf("%d lines", told)
	}
	if ok, last := r.take("quiet", now); !ok || last {
		t.Error("another server's is not told")
	}
	if ok, _ := r.take("loud", now.Add(time.Second)); !ok {
		t.Error("the next second's is not told")
	}
}

// A key that is there is never written over: the record's digests are made with it.
func TestASecretIsNeverWrittenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	first, err := secretFile(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := newSecret(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second maker: %v", err)
	}
	if again, err := secretFile(path, true); err != nil || !bytes.Equal(again, first) {
		t.Errorf("%v", err)
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
