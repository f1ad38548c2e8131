package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/trust"
)

// decide writes a decision. What weakens asks for a code from another device: a program
// that runs as the user cannot approve alone. What stops does not. Nothing is decided
// unless all of it can be read; what fails after that is named.
func (a *App) decide(q asking, d daemon.Decision) (any, error) {
	state, ok := map[string]trust.State{"approved": trust.Approved, "quarantined": trust.Quarantined, "rejected": trust.Quarantined, "retired": trust.Retired}[d.State]
	if !ok || len(d.On) == 0 {
		return nil, errors.New("definitions are approved, quarantined, rejected or retired, one at least")
	}
	all := make([]trust.Decision, len(d.On))
	for i, s := range d.On {
		t, digest, err := looked(d.Server, s)
		if err != nil {
			return nil, err
		}
		all[i] = trust.Decision{Target: t, State: state, Digest: digest, By: q.by.Subject, Why: d.Why, Holes: s.Holes, Reject: d.State == "rejected"}
	}
	if state == trust.Approved {
		if err := a.trust.totp.Check(d.Code, time.Now()); err != nil {
			a.log.Warn("an approval was refused", "server", mantlet.Escape(d.Server), "by", q.by.Subject, "error", err)
			return nil, err
		}
	}
	defer a.announce(all)
	for _, one := range all {
		if state == trust.Approved {
			one.By += " by code"
		}
		if err := a.trust.Decide(q.ctx, one); err != nil {
			return nil, fmt.Errorf("%s %s: %w", one.Target.Kind, mantlet.Escape(one.Target.Name), err)
		}
		a.log.Info("a definition was decided on", "target", mantlet.Escape(one.Target.String()), "state", state.String(), "by", one.By)
	}
	a.trust.rate(q.ctx, all[0].Target.Server)
	return nil, nil //nolint:nilnil // there is nothing to say
}

// announce tells who listens to the servers of decisions that their lists have changed.
func (a *App) announce(all []trust.Decision) {
	h := a.house.Load()
	if h == nil {
		return // nobody listens yet
	}
	said := make(map[mantlet.Target]bool)
	for _, d := range all {
		if of := (mantlet.Target{Server: d.Target.Server, Kind: d.Target.Kind}); !said[of] {
			said[of] = true
			h.gate.Announce(of.Server, of.Kind)
		}
	}
}

func looked(server string, s daemon.Seen) (t mantlet.Target, d trust.Digest, err error) {
	if t, err = pinned(server, s.Kind, s.Name); err != nil {
		return t, d, err
	}
	if n, err := hex.Decode(d[:], []byte(s.Digest)); s.Digest != "" && (err != nil || n != len(d)) {
		return t, d, errors.New("the digest is not 64 hexadecimal digits")
	}
	return t, d, nil
}

// ApproveAll approves whatever was seen of a server, unseen: it is for tests, and no
// surface reaches it.
func (a *App) ApproveAll(ctx context.Context, s mantlet.ServerID, by string) error {
	if a.trust == nil {
		return errUnpinned
	}
	var all []trust.Decision
	for _, i := range a.trust.Items(s) {
		all = append(all, trust.Decision{Target: i.Target, State: trust.Approved, Digest: i.Seen, By: by, Holes: i.Holes})
	}
	return a.decideAll(ctx, all)
}

func pinned(server, kind, name string) (mantlet.Target, error) {
	id, err := mantlet.ParseServerID(server)
	if err != nil {
		return mantlet.Target{}, err
	}
	k, err := trust.ParseKind(kind)
	return mantlet.Target{Server: id, Kind: k, Name: name}, err
}

func listed(i trust.Item) daemon.Listed {
	l := daemon.Listed{
		Server: string(i.Target.Server), Kind: i.Target.Kind.String(), Name: i.Target.Name, State: i.State.String(), Why: i.Why, By: i.By,
		First: i.First, Since: i.Since, Seen: hex.EncodeToString(i.Seen[:]), Gone: i.Gone, Trial: i.Trial, Ends: i.Ends,
		Score: i.Score, Holes: i.Holes, Accepted: i.Known,
	}
	if i.Pin != (trust.Digest{}) {
		l.Pin = hex.EncodeToString(i.Pin[:])
	}
	return l
}
