package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A Bait is a tool that no server has and nobody needs: whoever calls it is looking around
// (C062, H04). Its name is refused in the words that any unknown name is refused in.
type Bait struct {
	Name        string
	Description string
	Listed      bool // it stands in the server's list, for models to read; else it is only guessed
}

// Deception is what is laid out to be touched, and what follows.
type Deception struct {
	Bait  map[mantlet.ServerID][]Bait
	Halt  time.Duration // for how long who touches bait or a canary is halted; 0 for not at all
	Stops *Stops        // where that is kept; required where Halt is set
	Touch func(x *Exchange, what string)
}

var errTouched = errors.New("bait was touched")

func (g *Gateway) checkBait(_ context.Context, x *Exchange) error {
	if x.target.Kind != mantlet.KindTool || !slices.ContainsFunc(g.deception.Bait[x.Server], func(b Bait) bool { return b.Name == x.target.Name }) {
		return nil
	}
	x.findings = append(x.findings, audit.Finding{Rule: "canary/bait", Severity: "critical", At: "/name", Action: "block"})
	g.touched(x, "bait "+x.target.Name)
	return &mantlet.Fault{Kind: mantlet.Untrusted, Err: errTouched, Public: fmt.Sprintf("%s %s is none that its server offers here; list them", x.target.Kind, mantlet.Escape(x.target.Name))}
}

// touched says that what was laid out was touched, and halts who did.
func (g *Gateway) touched(x *Exchange, what string) {
	if g.deception.Touch != nil {
		g.deception.Touch(x, what)
	}
	if g.deception.Halt <= 0 {
		return
	}
	who := x.Caller.Principal.Key()
	g.deception.Stops.Stop(who, time.Now().Add(g.deception.Halt))
	g.Halt.Cut(func(u Underway) bool { return u.Principal.Key() == who }, errStopped)
}

// bait adds what is listed of it to the first page of a server's tools.
func (g *Gateway) bait(_ context.Context, x *Exchange) ([]wire.Splice, error) {
	if x.pass.InReplyTo != "tools/list" || x.Server == mantlet.Joined || x.own || x.again || x.Request == nil || page(x.Request) != "" {
		return nil, nil
	}
	list, err := x.moving.Items("tools/list", g.limits)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, b := range g.deception.Bait[x.Server] {
		if !b.Listed || slices.ContainsFunc(list.Items, func(i wire.Item) bool { return i.Name == b.Name }) {
			continue
		}
		item, err := json.Marshal(map[string]any{"name": b.Name, "description": b.Description, "inputSchema": map[string]any{"type": "object"}})
		if err != nil {
			return nil, err
		}
		if len(list.Items) > 0 || len(out) > 0 {
			out = append(out, ',')
		}
		out = append(out, item...)
	}
	if len(out) == 0 {
		return nil, nil
	}
	at := list.Array.End - 1
	return []wire.Splice{{Start: at, End: at, With: out}}, nil
}

// Stops are callers who are halted for a while. The zero Stops halts nobody. It outlives a
// Gateway, and not the process.
type Stops struct {
	mu    sync.Mutex
	until map[mantlet.PrincipalKey]time.Time
}

// maxStops bounds what is kept; beyond it the ones that end first are dropped.
const maxStops = 10_000

var errStopped = &mantlet.Fault{Kind: mantlet.Denied, Public: "you are halted here; ask an administrator"}

// Stop halts who until then.
func (s *Stops) Stop(who mantlet.PrincipalKey, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil {
		s.until = make(map[mantlet.PrincipalKey]time.Time)
	}
	if len(s.until) >= maxStops {
		first := who
		for k, t := range s.until {
			if u, ok := s.until[first]; !ok || t.Before(u) {
				first = k
			}
		}
		delete(s.until, first)
	}
	s.until[who] = until
}

// Lift lets who in again, and reports whether they were halted.
func (s *Stops) Lift(who mantlet.PrincipalKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.until[who]
	delete(s.until, who)
	return ok
}

// check refuses who is halted.
func (s *Stops) check(who mantlet.PrincipalKey) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.until[who]
	if !ok {
		return nil
	}
	if time.Now().Before(until) {
		return errStopped
	}
	delete(s.until, who)
	return nil
}
