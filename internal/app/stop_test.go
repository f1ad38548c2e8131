package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/wire"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// gated is a modern server whose tools answer once the gate is open; arrived counts
// the calls that wait at it.
func gated(t *testing.T, arrived *sync.WaitGroup, gate <-chan struct{}) *httptest.Server {
	t.Helper()
	front := good(t).Config.Handler
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(b)))
		if m, err := wire.Decode(b, wire.DefaultLimits()); err == nil && m.Method == "tools/call" {
			arrived.Done()
			<-gate
		}
		front.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// Calls under way when Mantlet is told to end get their replies, and their records
// end; so do those of a configuration that was replaced the moment before.
func TestTheLastCallsAreAnsweredAndRecorded(t *testing.T) {
	for _, reloaded := range []bool{false, true} {
		t.Run(fmt.Sprintf("reloaded=%v", reloaded), func(t *testing.T) {
			const calls = 32
			var arrived, answered sync.WaitGroup
			gate := make(chan struct{})
			arrived.Add(calls)
			server := gated(t, &arrived, gate)
			yaml := fmt.Sprintf("servers: {a: {url: %q, protocol: modern}}\n", server.URL)
			g := mantlettest.Start(t, yaml)
			c := cli(g, "a")
			defer c.HTTP.CloseIdleConnections()
			for range calls {
				answered.Go(func() {
					ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
					defer cancel()
					if m, err := c.Ask(ctx, "tools/call", `"name":"t","arguments":{},`); err != nil || !strings.Contains(string(m.Bytes()), `"ok"`) {
						t.Errorf("%v, %v", m, err)
					}
				})
			}
			arrived.Wait()
			if reloaded {
				cfg, err := config.Parse("", []byte("listen: {address: \"127.0.0.1:0\"}\n"+strings.Replace(yaml, "protocol: modern", "protocol: auto", 1)))
				if err != nil {
					t.Fatal(err)
				}
				if err := g.Reload(cfg); err != nil {
					t.Fatal(err)
				}
			}
			stopped := make(chan error, 1)
			go func() { stopped <- g.Stop() }()
			time.AfterFunc(200*time.Millisecond, func() { close(gate) }) // while it ends
			answered.Wait()
			if err := <-stopped; err != nil {
				t.Error(err)
			}
			if r, err := audit.Verify(g.AuditDir()); err != nil || r.Broken != "" || len(r.NeverEnded) > 0 || r.Ended["allowed"] != calls {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}
