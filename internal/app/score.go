package app

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/dossier"
	"github.com/mantlet-mcp/mantlet/internal/trust/effect"
	"github.com/mantlet-mcp/mantlet/internal/trust/lookalike"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/score"
)

// scored is the trust score of what a review is of, with what makes it and what each input
// alone would change, for people.
func (a *App) scored(q asking) (any, error) {
	t, err := pinned(q.of.Get("server"), q.of.Get("kind"), q.of.Get("name"))
	if err != nil {
		return nil, err
	}
	v, err := a.trust.Review(q.ctx, t)
	if err != nil {
		return nil, err
	}
	d, err := a.trust.dossier(q.ctx, t.Server, t.Name)
	if err != nil {
		return nil, err
	}
	in, now := a.trust.inputs(v, d), time.Now()
	a.asked(q, t.Server, &in)
	s := score.Of(in, now)
	var changes strings.Builder
	if err := score.WriteChanges(&changes, score.Sensitivity(in, now)); err != nil {
		return nil, err
	}
	return daemon.Scored{Points: s.Points, Terms: s.String(), Changes: changes.String()}, nil
}

// inputs are what is known of a definition. What nobody has looked at is unknown.
func (c *catalogue) inputs(v trust.Review, d dossier.Dossier) score.Inputs {
	in := score.Inputs{Owner: d.Owner != "", Purpose: d.Manifest.Purpose != "", Manifest: 5 - len(d.Complete()), FirstSeen: v.First, Recertify: v.Ends}
	if v.Shapes > 1 {
		in.Changes, in.LastChange = v.Shapes-1, v.Since
	}
	if v.State == trust.Quarantined {
		in.Quarantines, in.LastQuarantine = 1, v.Since
	}
	in.Scan = c.found(v)
	if v.Target.Kind == mantlet.KindTool {
		in.Tier = effect.Tier(d.Add(effect.Of(v.Fresh)), d.Class())
		in.Distinct = c.distinct(v.Target)
	}
	in.Identity = c.identified(v.Target.Server)
	return in
}

// found counts what the scan says of the definition as it is now.
func (c *catalogue) found(v trust.Review) (out score.Counts) {
	d, err := rule.Read(string(v.Target.Server), v.Target.Kind.String(), v.Fresh.Raw())
	if err != nil {
		return out
	}
	d.Siblings, d.Others = c.Names(v.Target.Server)
	out.Known = true
	for _, f := range c.scan.Scan(d) {
		switch {
		case f.Severity >= rule.Critical:
			out.Critical++
		case f.Severity >= rule.High:
			out.High++
		case f.Severity >= rule.Medium:
			out.Medium++
		default:
			out.Low++
		}
	}
	return out
}

func (c *catalogue) distinct(t mantlet.Target) score.Answer {
	_, others := c.Names(t.Server)
	for _, known := range others {
		if _, is := lookalike.Resembles(t.Name, known, false); is || known == t.Name {
			return score.Bad
		}
	}
	return score.Good
}

// asked adds how much of what its tier takes was brought and signed.
func (a *App) asked(q asking, id mantlet.ServerID, in *score.Inputs) {
	tier, err := a.tier(q, id)
	if err != nil {
		return
	}
	rules := a.trust.terms.Load().rules[tier]
	in.Evidence.Of, in.Signatures.Of = len(rules.Evidence), len(rules.Roles)
	p, all, err := a.proposal(q, id)
	if err != nil {
		return
	}
	for _, t := range rules.Evidence {
		for i := range p.Evidence {
			if p.Evidence[i].Type == t && p.Evidence[i].Outcome == release.Satisfied {
				in.Evidence.Have++
				break
			}
		}
	}
	for _, r := range rules.Roles {
		for _, s := range all {
			if s.Role == r {
				in.Signatures.Have++
				break
			}
		}
	}
}

// identified is how the server is known to be the same one: by its launch, or by TLS.
func (c *catalogue) identified(id mantlet.ServerID) score.Identity {
	for _, kind := range []mantlet.TargetKind{mantlet.KindLaunch, mantlet.KindIdentity} {
		v, err := c.Review(context.Background(), mantlet.Target{Server: id, Kind: kind, Name: kind.String()})
		if err != nil || v.State != trust.Approved {
			continue
		}
		var said struct {
			Floating string   `json:"floating"`
			SPIFFE   string   `json:"spiffe"`
			Pins     []string `json:"pins"`
		}
		switch err := json.Unmarshal(v.Fresh.Raw(), &said); {
		case err != nil:
			return score.Nameless
		case said.Floating != "":
			return score.Floating
		case kind == mantlet.KindLaunch, said.SPIFFE != "", len(said.Pins) > 0:
			return score.Pinned
		}
		return score.Vouched
	}
	return score.Nameless
}
