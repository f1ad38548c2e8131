package gateway

import (
	"slices"
	"sync"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// changes are the notifications that tell of a decision on a thing of that kind, as those
// who use it can list it or not any more. What starts a server, and who it is, decide on
// everything of it.
var changes = map[mantlet.TargetKind][]wire.Method{
	mantlet.KindTool:     {"notifications/tools/list_changed"},
	mantlet.KindPrompt:   {"notifications/prompts/list_changed"},
	mantlet.KindResource: {"notifications/resources/list_changed"},
	mantlet.KindTemplate: {"notifications/resources/list_changed"},
	mantlet.KindLaunch:   {"notifications/tools/list_changed", "notifications/prompts/list_changed"},
	mantlet.KindIdentity: {"notifications/tools/list_changed", "notifications/prompts/list_changed"},
}

// agreed are the members by which a modern server agrees to tell of a change
// (2026-07-28, notifications/subscriptions/acknowledged).
var agreed = map[string]wire.Method{
	"toolsListChanged": "notifications/tools/list_changed", "promptsListChanged": "notifications/prompts/list_changed", "resourcesListChanged": "notifications/resources/list_changed",
}

// Announce tells every caller who listens to a server, alone or joined, that what it lists
// has changed: not by the server, but by a decision of Mantlet's. It waits for nobody. Who
// has no stream open finds out when they list, or call.
func (g *Gateway) Announce(server mantlet.ServerID, kind mantlet.TargetKind) {
	g.ears.mu.Lock()
	defer g.ears.mu.Unlock()
	for l := range g.ears.all {
		if l.x.Server == server || l.x.Server == mantlet.Joined && slices.Contains(g.join.members, server) {
			l.tell(changes[kind])
		}
	}
}

// ears are the streams on which callers listen. The zero ears are ready.
type ears struct {
	mu  sync.Mutex
	all map[*listener]struct{}
}

// A listener is one caller's stream: the legacy GET, or a modern subscription.
type listener struct {
	x    *Exchange
	emit upstream.Emit // for whoever has something to say, one at a time

	mu     sync.Mutex
	takes  []wire.Method // what it is told of
	waits  []wire.Method // what is to be said, each once
	busy   bool          // somebody says it
	gone   bool
	saying sync.WaitGroup
}

// listen makes emit that of a stream on which Announce can speak, too, until leave is
// called; then nothing more is emitted. Other exchanges keep theirs. A member's part of a
// joined stream is not one: the whole is.
func (g *Gateway) listen(x *Exchange, emit upstream.Emit) (_ upstream.Emit, leave func()) {
	legacy := x.Op == upstream.OpListen || x.Op == upstream.OpResume
	if x.Emit == nil || x.Parent != "" || !legacy && (x.Op != upstream.OpDeliver || x.Request.Method != "subscriptions/listen") {
		return emit, func() {}
	}
	l := &listener{x: x, emit: serial(emit)}
	out := l.emit
	if legacy {
		l.takes = []wire.Method{"notifications/tools/list_changed", "notifications/prompts/list_changed", "notifications/resources/list_changed"}
	} else {
		out = l.subscribed
	}
	g.ears.mu.Lock()
	defer g.ears.mu.Unlock()
	if g.ears.all == nil {
		g.ears.all = make(map[*listener]struct{})
	}
	g.ears.all[l] = struct{}{}
	return out, func() { g.leave(l) }
}

func (g *Gateway) leave(l *listener) {
	g.ears.mu.Lock()
	delete(g.ears.all, l)
	g.ears.mu.Unlock()
	l.mu.Lock()
	l.gone, l.waits = true, nil
	l.mu.Unlock()
	l.saying.Wait()
}

// subscribed emits what the server says, and learns from its acknowledgement, which comes
// first, what the subscription is told of.
func (l *listener) subscribed(e upstream.Event) error {
	if err := l.emit(e); err != nil || e.Message == nil || e.Message.Method != "notifications/subscriptions/acknowledged" {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, method := range agreed {
		if at, ok := e.Message.Find("params", "notifications", name); ok && string(e.Message.At(at)) == "true" {
			l.takes = append(l.takes, method)
		}
	}
	return nil
}

// tell has l say methods. It does not wait: a slow caller holds up nobody.
func (l *listener) tell(methods []wire.Method) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range methods {
		if !l.gone && slices.Contains(l.takes, m) && !slices.Contains(l.waits, m) {
			l.waits = append(l.waits, m)
		}
	}
	if !l.busy && len(l.waits) > 0 {
		l.busy = true
		l.saying.Go(l.say)
	}
}

// say says all that waits. It walks the corridor as if the server had said it; what cannot
// be recorded or handed on is dropped, and the caller finds out when they list.
func (l *listener) say() {
	for {
		l.mu.Lock()
		if len(l.waits) == 0 {
			l.busy = false
			l.mu.Unlock()
			return
		}
		method := l.waits[0]
		l.waits = l.waits[1:]
		l.mu.Unlock()
		var params []byte
		if l.x.Op == upstream.OpDeliver {
			params = append(append([]byte(`{"_meta":{"io.modelcontextprotocol/subscriptionId":`), l.x.Request.ID...), `}}`...)
		}
		if m, err := wire.NewNotification(method, params); err == nil {
			_ = l.emit(upstream.Event{Message: m})
		}
	}
}
