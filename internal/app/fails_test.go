package app_test

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// begin tries to start a Mantlet with state and address.
func begin(t *testing.T, state, address string) error {
	t.Helper()
	t.Setenv("MANTLET_STATE", state)
	cfg, err := config.Parse("", []byte(fmt.Sprintf("listen: {address: %q}\n%s", address, mantlettest.Anonymous)))
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return a.Close(t.Context())
}

// A second Mantlet does not start where a first one is, and says what is in its way;
// the first goes on.
func TestWhereAMantletIsAlready(t *testing.T) {
	first := mantlettest.Start(t, mantlettest.Anonymous)
	other := shortDir(t)
	for name, c := range map[string]struct{ state, address, says string }{
		"its state":   {first.State, "127.0.0.1:0", "another"},
		"its address": {other, first.Addr(), "nothing can listen at"},
	} {
		if err := begin(t, c.state, c.address); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := net.Dial("unix", filepath.Join(first.State, "mantlet.sock")); err != nil {
		t.Errorf("the first one's socket is gone: %v", err)
	} else {
		_ = c.Close()
	}
	if err := begin(t, other, "127.0.0.1:0"); err != nil {
		t.Errorf("beside the first one: %v", err)
	}
}

// A socket that nobody answers is left from a crash, and is made anew.
func TestASocketLeftFromACrash(t *testing.T) {
	state := shortDir(t)
	l, err := net.Listen("unix", filepath.Join(state, "mantlet.sock"))
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) //nolint:forcetypeassert // as was asked for
	_ = l.Close()
	if err := begin(t, state, "127.0.0.1:0"); err != nil {
		t.Error(err)
	}
}

func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mt") // a unix socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// A stop in the midst of many calls, each time after another number of them: every
// answer that somebody has is in the record as given, and everything that began ended.
func TestAStopUnderLoad(t *testing.T) {
	for round := range 8 {
		g := mantlettest.Start(t, fmt.Sprintf("servers: {good: {url: %q}}\n", good(t).URL))
		var answers atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				c := cli(g, "good")
				defer c.HTTP.CloseIdleConnections()
				for {
					m, err := c.Ask(t.Context(), "tools/call", `"name":"t","arguments":{},`)
					if err != nil || !strings.Contains(string(m.Bytes()), `"text":"ok"`) {
						return // the end, or that it is ending
					}
					answers.Add(1)
				}
			})
		}
		for deadline := time.Now().Add(20 * time.Second); answers.Load() < int64(1+97*round); runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("round %d: %d answers within 20 s", round, answers.Load())
			}
		}
		if err := g.Stop(); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		r, err := audit.Verify(g.AuditDir())
		if err != nil || r.Broken != "" || len(r.NeverEnded) > 0 || int64(r.Ended["allowed"]) < answers.Load() {
			t.Errorf("round %d, %d answers: %+v, %v", round, answers.Load(), r, err)
		}
	}
}

// What was bound before the catalogue could not be opened is free again.
func TestThePageIsClosedWhereTheCatalogueFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	dir := shortDir(t)
	t.Setenv("MANTLET_STATE", dir)
	text := fmt.Sprintf("listen: {address: \"127.0.0.1:0\"}\ntrust: {firstUse: ask, pageAddress: %q, signersFile: %q}\n%s", at, filepath.Join(dir, "none.json"), pinning)
	cfg, err := config.Parse("", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.New(cfg, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Fatal("it started without its signers", err)
	}
	if l, err = net.Listen("tcp", at); err != nil {
		t.Fatalf("the page still holds its address: %v", err)
	}
	_ = l.Close()
}
