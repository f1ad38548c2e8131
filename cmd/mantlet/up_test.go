package main

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/mantlet-mcp/mantlet/internal/config"
)

// A file that is written in several steps is read once, after the last: a truncated
// one is a configuration without servers.
func TestAFileIsReadOnceItIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		changes, hup, done := make(chan fsnotify.Event), make(chan os.Signal), make(chan struct{})
		var reloads atomic.Int32
		go func() {
			defer close(done)
			follow(ctx, hup, changes, "m.yaml", func() { reloads.Add(1) })
		}()
		for _, name := range []string{"m.yaml", "m.yaml", "other.yaml", "m.yaml"} { // truncated, a part, somebody else's, the rest
			changes <- fsnotify.Event{Name: "/etc/" + name, Op: fsnotify.Write}
			time.Sleep(settleTime / 4)
			if synctest.Wait(); reloads.Load() != 0 {
				t.Fatal("a file was read while it was being written")
			}
		}
		time.Sleep(settleTime)
		if synctest.Wait(); reloads.Load() != 1 {
			t.Errorf("%d reloads of one change", reloads.Load())
		}
		hup <- os.Interrupt
		if synctest.Wait(); reloads.Load() != 2 {
			t.Error("a signal does not reload at once")
		}
		cancel()
		<-done
	})
}

// What may not start may not come by a reload either.
func TestAReloadIsJudgedAsAStartIs(t *testing.T) {
	release := func(rest string) string {
		return "trust: {firstUse: approve}\ninsecure: {policyAllowAll: true, quotaUnlimited: true" + rest
	}
	for name, tc := range map[string]struct {
		text    string
		prepare func(*config.Config) config.Problems
		want    string // "" is usable
	}{
		"serve with stand-ins":                           {"log: {level: warn}", (*config.Config).ServeProblems, "policy is switched off"},
		"serve with named stand-ins":                     {"insecure: {policyAllowAll: true, trustUnpinned: true, quotaUnlimited: true}", (*config.Config).ServeProblems, ""},
		"serve by a plain file where it takes a release": {release("}"), (*signed)(nil).serveProblems, "mantlet bundle make"},
		"serve by one that says so":                      {release(", unsignedConfig: true}"), (*signed)(nil).serveProblems, ""},
		"serve by a plain file where a person is asked":  {strings.Replace(release("}"), "approve", "ask", 1), (*signed)(nil).serveProblems, ""},
		"serve by a bundle":                              {release("}"), new(signed).serveProblems, ""},
		"serve by a bundle that says it is none":         {release(", unsignedConfig: true}"), new(signed).serveProblems, "take it out"},
		"up for other machines":                          {"listen: {address: '0.0.0.0:0', trustedProxies: [10.0.0.0/8]}", forUser, "up serves this one alone"},
		"up for this one":                                {"listen: {address: 'localhost:0'}", forUser, ""},
		"a command that is not there":                    {"servers: {a: {command: no-such-command}}", forUser, "was not found"},
	} {
		cfg, err := config.Parse(t.TempDir(), []byte(tc.text))
		if err != nil {
			t.Fatal(name, err)
		}
		got := usable(cfg, tc.prepare).Error()
		if (tc.want == "") != (got == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
