package app

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/listing"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/score"
)

// ratings are the inputs of trust scores as they were gathered last: with them a score can be
// worked out again as it fades, without reading anything.
type ratings struct {
	mu sync.Mutex // of who gathers: never on a call's path
	of map[mantlet.ServerID]*rating
}

type rating struct {
	at    time.Time // when all of them were gathered
	tools map[string]score.Inputs
}

// builds are what was found out of who built what, by the launch that fetches it.
type builds struct {
	mu sync.Mutex
	of map[[sha256.Size]byte]buildReport
}

const maxBuilds = 1000

func (b *builds) keep(launch []byte, r buildReport) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil || len(b.of) >= maxBuilds {
		b.of = make(map[[sha256.Size]byte]buildReport)
	}
	b.of[sha256.Sum256(launch)] = r
}

func (b *builds) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of = nil
}

func (b *builds) known(launch []byte) (buildReport, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.of[sha256.Sum256(launch)]
	return r, ok
}

// learned rates what was observed that is new or differs, before anybody is shown it.
func (c *catalogue) learned(ctx context.Context, id mantlet.ServerID, fresh []mantlet.Target) {
	tools := slices.DeleteFunc(slices.Clone(fresh), func(t mantlet.Target) bool { return t.Kind != mantlet.KindTool })
	if len(tools) == 0 || c.Registry == nil {
		return
	}
	c.ratings.mu.Lock()
	defer c.ratings.mu.Unlock()
	r := c.ratings.of[id]
	if r == nil {
		r = &rating{tools: make(map[string]score.Inputs)} // at no time: the next refresh gathers all
	}
	c.gather(ctx, id, r, tools)
}

// rate gathers all that is known of a server's tools, and works their scores out.
func (c *catalogue) rate(ctx context.Context, id mantlet.ServerID) {
	if c.Registry == nil {
		return
	}
	var tools []mantlet.Target
	for _, i := range c.Items(id) {
		if i.Target.Kind == mantlet.KindTool && !i.Gone && i.State != trust.Retired {
			tools = append(tools, i.Target)
		}
	}
	c.ratings.mu.Lock()
	defer c.ratings.mu.Unlock()
	c.gather(ctx, id, &rating{at: time.Now(), tools: make(map[string]score.Inputs, len(tools))}, tools)
}

// rateFirst works all scores out before the first call, where one waits for them.
func (c *catalogue) rateFirst(ctx context.Context) {
	if *c.cfg.Load().Trust.MinimumTrust == 0 {
		return
	}
	for _, id := range c.Servers() {
		if c.cfg.Load().Servers[string(id)] != nil {
			c.rate(ctx, id)
		}
	}
}

// gather is called with ratings.mu held. What cannot be gathered has the score 0.
func (c *catalogue) gather(ctx context.Context, id mantlet.ServerID, r *rating, tools []mantlet.Target) {
	shared := c.shared(ctx, id)
	for _, t := range tools {
		in, err := c.inputs(ctx, t, shared)
		if err != nil {
			in = score.Inputs{}
		}
		r.tools[t.Name] = in
	}
	if c.ratings.of == nil {
		c.ratings.of = make(map[mantlet.ServerID]*rating)
	}
	c.ratings.of[id] = r
	c.publish(id, r)
}

func (c *catalogue) publish(id mantlet.ServerID, r *rating) {
	now, scores := time.Now(), make(map[string]int, len(r.tools))
	for name := range r.tools {
		scores[name] = score.Of(r.tools[name], now).Points
	}
	c.Rate(id, scores)
}

// refresh works the scores of a server out again. What is gathered for it is known to have
// changed, or is gathered once in each trust.observe; the vulnerabilities each time.
func (a *App) refresh(ctx context.Context, id mantlet.ServerID) {
	c := a.trust
	c.ratings.mu.Lock()
	r := c.ratings.of[id]
	if r != nil && time.Since(r.at) < time.Duration(a.Config().Trust.Observe) {
		holes := c.counted(ctx, id)
		for name, in := range r.tools {
			in.Vulnerabilities = holes
			r.tools[name] = in
		}
		c.publish(id, r)
		c.ratings.mu.Unlock()
		return
	}
	c.ratings.mu.Unlock()
	a.findBuilder(ctx, id)
	c.rate(ctx, id)
}

// findBuilder asks who built what a server's launch fetches, where that is not known yet and
// there is anything to verify an answer with.
func (a *App) findBuilder(ctx context.Context, id mantlet.ServerID) {
	if !a.trust.known().builder.knows() {
		return
	}
	launch := a.trust.launched(ctx, id)
	if known, ok := a.trust.builds.known(launch); launch == nil || ok && known.verdict != provenance.Unknown {
		return
	}
	if found, ok := a.trust.reported(ctx, launch); ok && found.verdict == provenance.Failed {
		a.log.Warn("the provenance of what a server starts is wrong", "server", string(id), "why", found.whys)
	}
}

// vouched adds who built what a server starts, and what the registry that it comes from says.
// A report that was made counts before the evidence of a proposal, which may be of another
// launch.
func (c *catalogue) vouched(ctx context.Context, id mantlet.ServerID, in *score.Inputs) {
	if found, ok := c.builds.known(c.launched(ctx, id)); ok {
		in.Provenance, in.RegistrySignature = answered(found.verdict), answered(found.Of(provenance.CheckRegistry))
	} else if p, _, err := c.proposalOf(ctx, id); err == nil && c.current(id, &p) {
		in.Provenance = map[release.Outcome]score.Answer{release.Satisfied: score.Good, release.Failed: score.Bad}[outcomeOf(&p, release.Provenance)]
	}
	if in.RegistrySignature != score.Bad && c.contradicted(ctx, id) {
		in.RegistrySignature = score.Bad
	}
}

func answered(v provenance.Verdict) score.Answer {
	switch v {
	case provenance.Satisfied:
		return score.Good
	case provenance.Failed:
		return score.Bad
	default:
		return score.Unknown
	}
}

// current reports whether what a proposal says of the start, or of the identity, of its server
// is what was seen last.
func (c *catalogue) current(id mantlet.ServerID, p *release.Proposal) bool {
	found := false
	for _, i := range c.Items(id) {
		if i.Target.Kind != mantlet.KindLaunch && i.Target.Kind != mantlet.KindIdentity {
			continue
		}
		found = slices.ContainsFunc(p.Items, func(one release.Item) bool {
			return one.Kind == i.Target.Kind.String() && trust.Digest(one.Digest) == i.Seen
		})
		if !found {
			return false
		}
	}
	return found
}

// contradicted reports whether a registry claims another thing of this very version, or
// other addresses than the one that is configured. A claim that agrees is no signature: it is
// what somebody filed.
func (c *catalogue) contradicted(ctx context.Context, id mantlet.ServerID) bool {
	pins, err := c.pinnedLaunch(ctx, id)
	if err != nil {
		return false
	}
	known := append(configured(c.cfg.Load().Servers[string(id)]), pins...)
	agrees, contradicts := false, false
	for _, doc := range c.Documents(trust.Claim, id) {
		text, err := c.Content(ctx, doc)
		if err != nil {
			continue
		}
		s, err := listing.Read(text)
		if err != nil {
			continue
		}
		for _, claim := range listing.Claims(s) {
			for _, k := range known {
				agrees = agrees || claim.Against(k) == listing.Same
				contradicts = contradicts || contradicting(tagged(claim), k)
			}
		}
	}
	return contradicts && !agrees
}

func contradicting(claim, known listing.Claim) bool {
	if claim.URL != "" && known.URL != "" {
		return against(claim, []listing.Claim{known}) == "differs"
	}
	return claim.Against(known) == listing.Differs && claim.Version == known.Version && claim.SHA256 != "" && known.SHA256 != ""
}
