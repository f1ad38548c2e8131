package gateway

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// heard are the messages that a caller was told.
type heard struct {
	mu  sync.Mutex
	all []string
}

func (h *heard) emit(e upstream.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e.Message != nil {
		h.all = append(h.all, string(e.Message.Bytes()))
	}
	return nil
}

func (h *heard) got() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all)
}

const (
	toolsChanged   = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`
	promptsChanged = `{"jsonrpc":"2.0","method":"notifications/prompts/list_changed"}`
	listening      = `{"jsonrpc":"2.0","id":"s1","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`
	acknowledged   = `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":{"toolsListChanged":true,"promptsListChanged":false},"_meta":{"io.modelcontextprotocol/subscriptionId":"s1"}}}`
	toldModern     = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s1"}}}`
)

// A decision is told to everybody who listens to that server, in the words of their era, and
// to nobody else: not to who listens to another server, who makes a call, whose
// subscription did not ask, or who has gone. It passes through the corridor.
func TestADecisionIsToldToWhoListens(t *testing.T) {
	for name, c := range map[string]struct {
		op      upstream.Op
		request string
		ack     string
		on      mantlet.ServerID
		kind    mantlet.TargetKind
		want    []string
	}{
		"a tool, to a legacy stream":          {op: upstream.OpListen, on: "files", kind: mantlet.KindTool, want: []string{toolsChanged}},
		"a prompt":                            {op: upstream.OpListen, on: "files", kind: mantlet.KindPrompt, want: []string{promptsChanged}},
		"a launch":                            {op: upstream.OpListen, on: "files", kind: mantlet.KindLaunch, want: []string{toolsChanged, promptsChanged}},
		"instructions":                        {op: upstream.OpListen, on: "files", kind: mantlet.KindInstructions},
		"another server":                      {op: upstream.OpListen, on: "other", kind: mantlet.KindTool},
		"a resumed stream":                    {op: upstream.OpResume, on: "files", kind: mantlet.KindTool, want: []string{toolsChanged}},
		"a call":                              {op: upstream.OpDeliver, request: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}`, on: "files", kind: mantlet.KindTool},
		"a subscription":                      {op: upstream.OpDeliver, request: listening, ack: acknowledged, on: "files", kind: mantlet.KindTool, want: []string{acknowledged, toldModern}},
		"a subscription that did not ask":     {op: upstream.OpDeliver, request: listening, ack: acknowledged, on: "files", kind: mantlet.KindPrompt, want: []string{acknowledged}},
		"a subscription not acknowledged yet": {op: upstream.OpDeliver, request: listening, on: "files", kind: mantlet.KindTool},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := make(chan struct{})
				b := &building{send: func(_ context.Context, _ upstream.Call, emit upstream.Emit) (upstream.Reply, error) {
					if c.ack != "" {
						if err := emit(upstream.Event{Message: decode(c.ack)}); err != nil {
							return upstream.Reply{}, err
						}
					}
					<-end
					return upstream.Reply{Message: decode(`{"jsonrpc":"2.0","id":1,"result":{}}`)}, nil
				}}
				r := &registry{states: map[string]trust.State{"x": trust.Approved}}
				g := pinned(t, b, r)
				x := exchange(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
				x.Op, x.Request = c.op, nil
				if c.request != "" {
					x.Request = decode(c.request)
				}
				if x.Request != nil && strings.Contains(c.request, "subscriptions") {
					x.Caller.Revision = "2026-07-28"
				}
				var h heard
				x.Emit = h.emit
				done := make(chan struct{})
				go func() { defer close(done); _, _ = g.Serve(t.Context(), x) }()
				synctest.Wait()
				g.Announce(c.on, c.kind)
				synctest.Wait()
				if got := h.got(); !slices.Equal(got, c.want) {
					t.Errorf("%q", got)
				}
				close(end)
				<-done
				before := len(h.got())
				g.Announce(c.on, c.kind)
				synctest.Wait()
				if got := h.got(); len(got) != before {
					t.Errorf("told after the stream ended: %q", got)
				}
			})
		})
	}
}

// A caller who takes nothing holds up neither the decision nor other callers, and is told
// once of many.
func TestASlowListenerHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end, stuck := make(chan struct{}), make(chan struct{})
		b := &building{send: func(context.Context, upstream.Call, upstream.Emit) (upstream.Reply, error) {
			<-end
			return upstream.Reply{}, nil
		}}
		g, err := New(Rooms{Audit: b, Quota: b, Trust: b, Policy: b, Inspect: b, Upstream: b, Meter: Unmetered{}, Tracer: Untraced{}}, Options{Limits: wire.DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		var slow, quick heard
		var all sync.WaitGroup
		for _, emit := range []upstream.Emit{func(e upstream.Event) error { <-stuck; return slow.emit(e) }, quick.emit, func(upstream.Event) error { return errors.New("gone") }} {
			x := exchange(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
			x.Op, x.Request, x.Emit = upstream.OpListen, nil, emit
			all.Go(func() { _, _ = g.Serve(t.Context(), x) })
		}
		synctest.Wait()
		for range 10 {
			g.Announce("files", mantlet.KindTool)
		}
		synctest.Wait()
		if n := len(quick.got()); n == 0 || len(slow.got()) != 0 {
			t.Errorf("%d to the quick one, %d to the slow one", n, len(slow.got()))
		}
		close(stuck)
		synctest.Wait()
		if n := len(slow.got()); n < 1 || n > 2 {
			t.Errorf("%d to the slow one", n)
		}
		close(end)
		all.Wait()
	})
}
