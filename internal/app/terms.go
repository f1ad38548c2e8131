package app

import (
	"context"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// terms are what is released by: who signs, what each tier takes, whose builds count. A
// reload makes others; what was asked under the old ones is judged by the new.
type terms struct {
	releases   bool                // nothing but a release approves
	signers    signer.Set          // who may sign one
	identities signer.VerifyBundle // of Sigstore; nil believes nobody's
	rules      release.Rules
	builder    builder
	holes      *advisories
}

func termsOf(cfg *config.Config) (*terms, error) {
	t := cfg.Trust
	out := &terms{releases: t.FirstUse == "approve", holes: openAdvisories(cfg)}
	var err error
	if out.signers, err = openSigners(t); err != nil {
		return nil, err
	}
	if out.rules, err = rulesOf(t.Release); err != nil {
		return nil, err
	}
	if out.builder, err = openBuilder(t.Provenance, cfg.ReadFile); err != nil {
		return nil, err
	}
	out.identities = sigstore(out.builder.npm.Root)
	return out, nil
}

// verifier is who signs, and how.
func (t *terms) verifier() signer.Verifier {
	return signer.Verifier{Set: t.signers, Bundle: t.identities}
}

// paceOf is how long what the catalogue knows holds, and who says so at first sight.
func paceOf(t config.Trust) trust.Pace {
	p := trust.Pace{MaxAge: time.Duration(t.Recheck), Valid: time.Duration(t.Valid), Trial: time.Duration(t.Probation), MinimumTrust: *t.MinimumTrust}
	switch t.FirstUse {
	case "scan":
		p.FirstUse = trust.Scan
	case "approve":
		p.FirstUse = trust.Release
	}
	return p
}

// fresh are the terms of a reload; nil where nothing is pinned, and nothing is released.
func (c *catalogue) fresh(cfg *config.Config) (*terms, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // the room is switched off, by name
	}
	return termsOf(cfg)
}

// known are the terms in force.
func (c *catalogue) known() *terms { return c.terms.Load() }

// renew puts the terms of a reload in force.
func (c *catalogue) renew(t *terms, cfg *config.Config) {
	if c == nil {
		return
	}
	c.terms.Store(t)
	c.cfg.Store(cfg)
	c.builds.forget() // they were judged by the old ones
	c.rateFirst(context.Background())
	c.Renew(paceOf(cfg.Trust))
}
