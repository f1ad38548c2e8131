package front

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/seal"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A sink is a ResponseWriter that costs nothing.
type sink struct{ head http.Header }

func (s sink) Header() http.Header            { return s.head }
func (sink) Write(b []byte) (int, error)      { return len(b), nil }
func (sink) WriteHeader(int)                  {}
func (sink) SetReadDeadline(time.Time) error  { return nil }
func (sink) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkPost is what the front costs a call of 1 KB in a session: everything but
// net/http and the corridor.
func BenchmarkPost(b *testing.B) {
	ring, err := seal.NewRing(seal.Key{ID: 1, Secret: [32]byte{1}})
	if err != nil {
		b.Fatal(err)
	}
	var key identity.Key
	key[0] = 1
	local, err := identity.NewLocal("u", []identity.Client{{Name: "c", Key: key, Servers: []mantlet.ServerID{"s"}}})
	if err != nil {
		b.Fatal(err)
	}
	reply, err := wire.NewResult("1", []byte(`{"content":[]}`))
	if err != nil {
		b.Fatal(err)
	}
	co := &corridor{serve: func(context.Context, *gateway.Exchange) (upstream.Reply, error) {
		return upstream.Reply{Message: reply}, nil
	}}
	handles := &Handles{Ring: ring}
	s := New(Options{
		Corridor: discard{co}, Identity: identity.Union{local}, Refused: &counter{}, Handles: handles, Limits: wire.DefaultLimits(),
		Servers: []mantlet.ServerID{"s"}, Transport: "http", Hosts: []string{"127.0.0.1"},
	})
	who := mantlet.Principal{Issuer: mantlet.IssuerLocal, Subject: "u", Client: "c"}
	session, err := handles.sealSession(who, "s", sealed{revision: wire.Rev20251125, Session: upstream.Session{Nonce: "n", Upstream: "up"}})
	if err != nil {
		b.Fatal(err)
	}
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"` + strings.Repeat("x", 1000) + `"}}}`
	b.ReportAllocs()
	for b.Loop() {
		r, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://127.0.0.1/mcp/s", io.NopCloser(strings.NewReader(body)))
		r.RemoteAddr, r.ContentLength = "127.0.0.1:9", int64(len(body))
		r.Header = http.Header{
			"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "Authorization": {"Bearer " + key.Token("c", "s")},
			"Mcp-Session-Id": {session}, "Mcp-Protocol-Version": {"2025-11-25"}, "User-Agent": {"bench"}, "Accept-Encoding": {"gzip"},
		}
		s.ServeHTTP(sink{http.Header{}}, r)
	}
}

// discard keeps nothing of what it carries.
type discard struct{ co *corridor }

func (d discard) Serve(ctx context.Context, x *gateway.Exchange) (upstream.Reply, error) {
	return d.co.serve(ctx, x)
}
