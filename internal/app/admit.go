package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
	"github.com/mantlet-mcp/mantlet/internal/trust/resolve"
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
func (c *catalogue) admit() func(mantlet.ServerID, upstream.StdioSpec) (upstream.StdioSpec, error) {
	if c == nil {
		return nil
	}
	return func(id mantlet.ServerID, s upstream.StdioSpec) (upstream.StdioSpec, error) {
		spec := c.exact(id, launch.Spec{Command: s.Command, Args: s.Args, Dir: s.Dir, Env: s.Env})
		l, err := launch.Describe(spec)
		if err != nil {
			return s, itsLaunch.fault(id, "cannot be described", err)
		}
		s.Args = spec.Args
		return s, c.ask(id, itsLaunch, &l)
	}
}

// resolveTime is how long a registry may take to say which version is newest.
const resolveTime = 10 * time.Second

// exact is s with the version written in that would run now. Where no registry can tell, it
// is the one that was approved; where none was, s stays as it is: it floats, and asks.
func (c *catalogue) exact(id mantlet.ServerID, s launch.Spec) launch.Spec {
	if c.registries == nil {
		return s
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTime)
	defer cancel()
	_, out, err := resolve.Resolver{Client: c.registries}.Resolve(ctx, s)
	switch {
	case errors.Is(err, resolve.ErrNothing):
		return s
	case err != nil:
		return c.approvedOf(ctx, id, s)
	}
	return out
}

// approvedOf is s with the version that was approved, if all else is as it was.
func (c *catalogue) approvedOf(ctx context.Context, id mantlet.ServerID, s launch.Spec) launch.Spec {
	v, err := c.Review(ctx, mantlet.Target{Server: id, Kind: mantlet.KindLaunch, Name: mantlet.KindLaunch.String()})
	var l launch.Launch
	if err != nil || v.State != trust.Approved || json.Unmarshal(v.Approved.Raw(), &l) != nil || l.Resolved == nil || l.Command != s.Command || len(l.Args) != len(s.Args) {
		return s
	}
	fetched := make(map[int]string)
	for _, p := range runner.Parse(s.Command, s.Args).Packages {
		fetched[p.Arg] = p.Name
	}
	for _, p := range runner.Parse(l.Command, l.Args).Packages {
		if fetched[p.Arg] != p.Name {
			return s
		}
	}
	for i := range s.Args {
		if _, is := fetched[i]; !is && s.Args[i] != l.Args[i] {
			return s
		}
	}
	s.Args, s.Resolved = l.Args, l.Resolved
	return s
}

// identify asks the catalogue in a handshake with a remote server; nil where nothing is
// pinned.
func (c *catalogue) identify() func(mantlet.ServerID, upstream.Identity) error {
	if c == nil {
		return nil
	}
	return func(id mantlet.ServerID, i upstream.Identity) error { return c.ask(id, itsIdentity, i) }
}
