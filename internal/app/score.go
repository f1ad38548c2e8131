package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/advisory"
	"github.com/mantlet-mcp/mantlet/internal/trust/effect"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/score"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// scored is the trust score of what a review is of, with what makes it and what each input
// alone would change, for people.
func (a *App) scored(q asking) (any, error) {
	t, err := pinned(q.of.Get("server"), q.of.Get("kind"), q.of.Get("name"))
	if err != nil {
		return nil, err
	}
	in, err := a.trust.inputs(q.ctx, t, a.trust.shared(q.ctx, t.Server))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	s := score.Of(in, now)
	var changes strings.Builder
	if err := score.WriteChanges(&changes, score.Sensitivity(in, now)); err != nil {
		return nil, err
	}
	return daemon.Scored{Points: s.Points, Least: *a.Config().Trust.MinimumTrust, Terms: s.String(), Changes: changes.String()}, nil
}

// inputs are what is known of a definition, beside what it shares with the rest of its
// server. What nobody has looked at is unknown.
func (c *catalogue) inputs(ctx context.Context, t mantlet.Target, shared score.Inputs) (in score.Inputs, err error) {
	v, err := c.Review(ctx, t)
	if err != nil {
		return in, err
	}
	d, err := c.dossier(ctx, t.Server, t.Name)
	if err != nil {
		return in, err
	}
	in = shared
	in.Owner, in.Purpose, in.Manifest = d.Owner != "", d.Manifest.Purpose != "", 5-len(d.Complete())
	in.FirstSeen, in.Recertify = v.First, v.Ends
	if v.Shapes > 1 {
		in.Changes, in.LastChange = v.Shapes-1, v.Since
	}
	if v.State == trust.Quarantined {
		in.Quarantines, in.LastQuarantine = 1, v.Since
	}
	in.Scan = c.found(v)
	if t.Kind == mantlet.KindTool {
		in.Tier = effect.Tier(d.Add(effect.Of(v.Fresh)), d.Class())
		in.Distinct = c.distinct(t)
	}
	return in, nil
}

// shared are the inputs that all definitions of a server have in common.
func (c *catalogue) shared(ctx context.Context, id mantlet.ServerID) (in score.Inputs) {
	in.Identity = c.identified(id)
	in.Vulnerabilities = c.counted(ctx, id)
	c.vouched(ctx, id, &in)
	c.asked(ctx, id, &in)
	return in
}

// counted are the known vulnerabilities of what a server is made of. What nobody rated, and
// what only may concern it, counts as unrated; what was decided to be lived with does not count.
func (c *catalogue) counted(ctx context.Context, id mantlet.ServerID) (out score.Counts) {
	known := c.assessed(ctx, id)
	out.Known = known.Outcome != advisory.Unknown
	for i := range known.Matches {
		switch m := &known.Matches[i]; {
		case m.Ignored != "":
		case m.Unsure != "" || m.Severity == advisory.Unrated:
			out.Unrated++
		case m.Severity == advisory.Critical:
			out.Critical++
		case m.Severity == advisory.High:
			out.High++
		case m.Severity == advisory.Medium:
			out.Medium++
		case m.Severity == advisory.Low:
			out.Low++
		}
	}
	return out
}

// found counts what the scan says of the definition as it is now.
func (c *catalogue) found(v trust.Review) (out score.Counts) {
	d, err := rule.Read(string(v.Target.Server), v.Target.Kind.String(), v.Fresh.Raw())
	if err != nil {
		return out
	}
	d.Siblings, d.Others = c.spokenOf(v.Target.Server, v.Fresh.Raw())
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
	if _, is := c.taken(t); is {
		return score.Bad
	}
	return score.Good
}

// asked adds how much of what its tier takes was brought and signed.
func (c *catalogue) asked(ctx context.Context, id mantlet.ServerID, in *score.Inputs) {
	tier, err := c.tierOf(ctx, id)
	if err != nil {
		return
	}
	rules := c.known().rules[tier]
	in.Evidence.Of, in.Signatures.Of = len(rules.Evidence), len(rules.Roles)
	p, all, err := c.proposalOf(ctx, id)
	if err != nil {
		return
	}
	for _, t := range rules.Evidence {
		if outcomeOf(&p, t) == release.Satisfied {
			in.Evidence.Have++
		}
	}
	for _, r := range rules.Roles {
		if slices.ContainsFunc(all, func(s signer.Signature) bool { return s.Role == r }) {
			in.Signatures.Have++
		}
	}
}

// outcomeOf is the worst outcome of a proposal's evidence of one type; Unknown for none.
func outcomeOf(p *release.Proposal, t release.EvidenceType) (out release.Outcome) {
	for i := range p.Evidence {
		switch e := &p.Evidence[i]; {
		case e.Type != t:
		case e.Outcome == release.Failed:
			return release.Failed
		case e.Outcome == release.Unknown:
			return release.Unknown
		default:
			out = e.Outcome
		}
	}
	return out
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
