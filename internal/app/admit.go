package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
)

// A soleThing is what a server has one of, and what is not done where it is not approved.
type soleThing struct {
	kind   mantlet.TargetKind
	refuse string // for people: server X ...
	what   string
}

var (
	itsLaunch   = soleThing{mantlet.KindLaunch, "is not started", "what it would start"}
	itsIdentity = soleThing{mantlet.KindIdentity, "is not called", "who it proves to be"}
)

func (s soleThing) fault(id mantlet.ServerID, why string, err error) error {
	return &mantlet.Fault{Kind: mantlet.Untrusted, Stage: "trust", Err: err, Public: fmt.Sprintf(
		"server %s %s: %s %s; ask whoever runs mantlet to look at it (mantlet tools diff %s %s --kind %s)", id, s.refuse, s.what, why, id, s.kind, s.kind)}
}

// ask shows the catalogue what a server is right now. Only what is approved is nil.
func (c *catalogue) ask(id mantlet.ServerID, s soleThing, definition any) error {
	raw, err := json.Marshal(definition)
	if err != nil {
		return s.fault(id, "cannot be described", err)
	}
	o := trust.Observation{Method: s.kind.String(), Complete: true, Items: []trust.Seen{{
		Target: mantlet.Target{Server: id, Kind: s.kind, Name: s.kind.String()}, Definition: raw,
	}}}
	changes, err := c.Observe(context.Background(), id, o)
	if err != nil {
		return s.fault(id, "cannot be written down", err)
	}
	for _, change := range changes {
		if change.State != trust.Approved {
			return s.fault(id, "is not approved", errors.New(change.Why))
		}
	}
	return nil
}

// admit asks the catalogue before a local server is started; nil where nothing is pinned.
func (c *catalogue) admit() func(mantlet.ServerID, upstream.StdioSpec) error {
	if c == nil {
		return nil
	}
	return func(id mantlet.ServerID, s upstream.StdioSpec) error {
		l, err := launch.Describe(launch.Spec{Command: s.Command, Args: s.Args, Dir: s.Dir, Env: s.Env})
		if err != nil {
			return itsLaunch.fault(id, "cannot be described", err)
		}
		return c.ask(id, itsLaunch, &l)
	}
}

// identify asks the catalogue in a handshake with a remote server; nil where nothing is
// pinned.
func (c *catalogue) identify() func(mantlet.ServerID, upstream.Identity) error {
	if c == nil {
		return nil
	}
	return func(id mantlet.ServerID, i upstream.Identity) error { return c.ask(id, itsIdentity, i) }
}
