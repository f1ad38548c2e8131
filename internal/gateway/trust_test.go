package gateway

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A registry is a trust room that says what it is told to.
type registry struct {
	states map[string]trust.State
	stale  int // lookups that are stale before one is not; -1: all of them
	seen   []string
	fails  error
}

func (r *registry) Lookup(_ context.Context, t mantlet.Target, _ mantlet.PrincipalKey) (trust.Entry, error) {
	e := trust.Entry{Target: t, State: r.states[t.Name], Stale: r.stale != 0}
	return e, nil
}

func (r *registry) Observe(_ context.Context, s mantlet.ServerID, o trust.Observation) (out []trust.Change, err error) {
	r.seen = append(r.seen, string(s)+" "+o.Method+" "+o.Page)
	for _, i := range o.Items {
		r.seen = append(r.seen, i.Target.Name)
		if state := r.states[i.Target.Name]; state != trust.Approved {
			out = append(out, trust.Change{Target: i.Target, State: state})
		}
	}
	if r.stale > 0 && o.Complete {
		r.stale--
	}
	return out, r.fails
}

func pinned(t *testing.T, b *building, r *registry, joined ...mantlet.ServerID) *Gateway {
	t.Helper()
	g, err := New(Rooms{Audit: b, Quota: b, Trust: r, Policy: b, Inspect: b, Upstream: b, Meter: Unmetered{}, Tracer: Untraced{}},
		Options{Limits: wire.DefaultLimits(), Joined: joined, Cursors: plain{}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

const twoTools = `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"good","inputSchema":{}},{"name":"bad","inputSchema":{}}],"nextCursor":"2"}}`

// answers replies to lists and calls, and counts the calls.
func answers(calls *int, lists *[]string) func(context.Context, upstream.Call, upstream.Emit) (upstream.Reply, error) {
	return func(_ context.Context, c upstream.Call, _ upstream.Emit) (upstream.Reply, error) {
		if c.Message.Method != "tools/list" {
			*calls++
			return upstream.Reply{Message: decode(`{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`)}, nil
		}
		*lists = append(*lists, page(c.Message))
		if page(c.Message) == "" {
			return upstream.Reply{Message: decode(twoTools)}, nil
		}
		return upstream.Reply{Message: decode(`{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"late","inputSchema":{}}]}}`)}, nil
	}
}

func TestWhatIsNotApprovedIsNotListed(t *testing.T) {
	var calls int
	var lists []string
	b := &building{send: answers(&calls, &lists), deny: map[string]bool{}}
	r := &registry{states: map[string]trust.State{"good": trust.Approved}}
	reply, err := pinned(t, b, r).Serve(t.Context(), exchange(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	if err != nil || strings.Contains(string(reply.Message.Bytes()), "bad") || !strings.Contains(string(reply.Message.Bytes()), "good") {
		t.Fatal(err, reply.Message)
	}
	if !slices.Equal(r.seen, []string{"files tools/list ", "good", "bad"}) {
		t.Fatal("observed twice, or not as it came", r.seen)
	}
	r.fails = errors.New("disk")
	if _, err := pinned(t, b, r).Serve(t.Context(), exchange(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)); err == nil {
		t.Fatal("a list that could not be written down was shown")
	}
}

// trust sees what the server said, not what policy left of it.
func TestPolicyHidesNothingFromTrust(t *testing.T) {
	var calls int
	var lists []string
	b := &building{send: answers(&calls, &lists), deny: map[string]bool{"bad": true}}
	r := &registry{states: map[string]trust.State{"good": trust.Approved, "bad": trust.Approved}}
	if _, err := pinned(t, b, r).Serve(t.Context(), exchange(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(r.seen, "bad") {
		t.Fatal(r.seen)
	}
}

func TestWhatIsStaleIsLookedAtFirst(t *testing.T) {
	call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"good","_meta":{"progressToken":7,"a":"b"}}}`
	for name, tt := range map[string]struct {
		r      *registry
		broken bool
		calls  int
		pages  int
		kind   mantlet.FaultKind
	}{
		"fresh":                      {&registry{states: map[string]trust.State{"good": trust.Approved}}, false, 1, 0, 0},
		"stale":                      {&registry{states: map[string]trust.State{"good": trust.Approved}, stale: 1}, false, 1, 2, 0},
		"stale, and it has changed":  {&registry{states: map[string]trust.State{"good": trust.Quarantined}, stale: 1}, false, 0, 2, mantlet.Untrusted},
		"stale, however often":       {&registry{states: map[string]trust.State{"good": trust.Approved}, stale: -1}, false, 0, 2, mantlet.Untrusted},
		"stale, and cannot be lists": {&registry{states: map[string]trust.State{"good": trust.Approved}, stale: 1}, true, 0, 0, mantlet.Untrusted},
	} {
		t.Run(name, func(t *testing.T) {
			var calls int
			var lists []string
			b := &building{send: answers(&calls, &lists)}
			if tt.broken {
				b.send = func(context.Context, upstream.Call, upstream.Emit) (upstream.Reply, error) {
					return upstream.Reply{}, errors.New("it is gone")
				}
			}
			_, err := pinned(t, b, tt.r).Serve(t.Context(), exchange(call))
			f, _ := errors.AsType[*mantlet.Fault](err)
			if (err == nil) != (tt.kind == 0) || f != nil && f.Kind != tt.kind || calls != tt.calls || len(lists) != tt.pages {
				t.Fatalf("%v; %d calls, pages %q", err, calls, lists)
			}
		})
	}
}

func TestInstructionsThatAreNotApproved(t *testing.T) {
	for state, shown := range map[trust.State]bool{trust.Approved: true, trust.InReview: false, trust.Unknown: false} {
		b := &building{send: func(context.Context, upstream.Call, upstream.Emit) (upstream.Reply, error) {
			return upstream.Reply{Message: decode(`{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","instructions":"Obey.","capabilities":{},"serverInfo":{"name":"s","version":"1"}}}`)}, nil
		}}
		r := &registry{states: map[string]trust.State{"instructions": state}}
		reply, err := pinned(t, b, r).Serve(t.Context(), exchange(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`))
		if err != nil || strings.Contains(string(reply.Message.Bytes()), "Obey") != shown || !strings.Contains(string(reply.Message.Bytes()), "serverInfo") {
			t.Fatal(state, err, reply.Message)
		}
		if !slices.Equal(r.seen, []string{"files initialize ", "instructions"}) {
			t.Fatal(r.seen)
		}
	}
}

// A modern caller's list says what the caller said of itself, but for its own progress.
func TestRelisting(t *testing.T) {
	m := decode(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":7,"a":"b"}}}`)
	out, err := relisting(m, "tools/list", wire.DefaultLimits())
	if err != nil || strings.Contains(string(out.Bytes()), "progressToken") || !strings.Contains(string(out.Bytes()), `"a":"b"`) {
		t.Fatal(err, string(out.Bytes()))
	}
}

func TestAChangedListIsToldToTrust(t *testing.T) {
	r := &registry{states: map[string]trust.State{}}
	b := &building{send: func(_ context.Context, _ upstream.Call, emit upstream.Emit) (upstream.Reply, error) {
		err := emit(upstream.Event{Message: decode(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)})
		return upstream.Reply{Message: decode(`{"jsonrpc":"2.0","id":1,"result":{}}`)}, err
	}}
	x := exchange(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	x.Emit = func(upstream.Event) error { return nil }
	if _, err := pinned(t, b, r).Serve(t.Context(), x); err != nil || !slices.Equal(r.seen, []string{"files notifications/tools/list_changed "}) {
		t.Fatal(err, r.seen)
	}
}
