package conformance

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/policy"
	"github.com/mantlet-mcp/mantlet/internal/quota"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// times are those of a server that a test speaks to.
var times = upstream.Times{Connect: 10 * time.Second, FirstByte: time.Minute, Call: time.Minute, Idle: time.Hour, Stream: time.Hour}

// A redactor is an inspection that edits: every "secret" becomes "public".
type redactor struct{}

func (redactor) Inspect(_ context.Context, c inspect.Content) (inspect.Report, error) {
	var r inspect.Report
	if at := bytes.Index(c.Text, []byte("secret")); at >= 0 {
		r.Cuts = []inspect.Cut{{Start: at, End: at + len("secret"), With: []byte("public")}}
	}
	return r, nil
}

// Headers that mirror an argument are made anew after the argument was edited; those
// that mirror nothing stay as they came (SEP-2243).
func TestMcpParamsAfterAnEdit(t *testing.T) {
	f := newFake(t)
	f.mu.Lock()
	f.answer = func(w http.ResponseWriter, _ *http.Request, body string) {
		result := `{"content":[],"resultType":"complete"}`
		if strings.Contains(body, `"tools/list"`) {
			result = `{"tools":[{"name":"x","inputSchema":{"type":"object","properties":{"where":{"type":"string","x-mcp-header":"Where"},"n":{"type":"integer","x-mcp-header":"N"}}}}],"resultType":"complete"}`
		}
		reply(w, `{"jsonrpc":"2.0","id":`+id(body)+`,"result":`+result+`}`)
	}
	f.mu.Unlock()
	servers, err := upstream.New([]upstream.Spec{{
		ID: "s", HTTP: &upstream.HTTPSpec{URL: f.URL + "/mcp"}, Limits: wire.DefaultLimits(), Times: times, Calls: 4, Protocol: upstream.Modern,
	}}, upstream.Options{Log: slog.New(slog.DiscardHandler), About: []byte(`{"name":"m","version":"1"}`)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer servers.Close(context.Background()) //nolint:errcheck // a test's own
	record, err := audit.Open(audit.Options{Dir: t.TempDir(), Key: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	defer record.Close() //nolint:errcheck // a test's own
	g, err := gateway.New(gateway.Rooms{
		Audit: record, Quota: quota.Unlimited{}, Trust: trust.Unpinned{}, Policy: policy.AllowAll{}, Inspect: redactor{}, Upstream: servers, Meter: gateway.Unmetered{}, Tracer: gateway.Untraced{},
	}, gateway.Options{Limits: wire.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	who := mantlet.Principal{Issuer: "i", Subject: "a"}
	m, err := wire.Decode([]byte(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":{"where":"secret place","n":42},`+meta+`}}`), wire.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Serve(t.Context(), &gateway.Exchange{
		ID: "e", Server: "s", Op: upstream.OpDeliver, Request: m,
		Caller: gateway.Caller{Principal: who, Conversation: mantlet.Conversation{Principal: who.Key()}, Revision: wire.Rev20260728,
			Params: []upstream.Param{{Name: "Mcp-Param-Where", Value: "secret place"}, {Name: "Mcp-Param-N", Value: "42"}, {Name: "Mcp-Param-Vendor", Value: "kept"}}},
	}); err != nil {
		t.Fatal(err)
	}
	_, heads := f.seen()
	last := heads[len(heads)-1]
	if !strings.Contains(f.last(), `"where":"public place"`) || last.Get("Mcp-Param-Where") != "public place" || last.Get("Mcp-Param-N") != "42" || last.Get("Mcp-Param-Vendor") != "kept" {
		t.Errorf("%s\n%v", f.last(), last)
	}
}
