package app

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/effect"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// openSigners reads who may sign releases. Nobody may where the configuration names nobody:
// then nothing is released.
func openSigners(t config.Trust) (set signer.Set, err error) {
	b, err := t.Signers()
	if err != nil || b == nil {
		return set, err
	}
	if err = signer.Decode(b, 4<<20, &set); err == nil {
		err = set.Check()
	}
	if err != nil {
		return signer.Set{}, fmt.Errorf("the signers (trust.signersFile, or those of the bundle): %w", err)
	}
	return set, nil
}

var errNoRelease = errors.New("releases are made where trust.firstUse is approve; here one person approves (mantlet tools approve)")

// propose asks for the release of all that a server shows now, on the evidence that the
// catalogue keeps.
func (a *App) propose(q asking, in daemon.Proposed) (any, error) {
	if !a.trust.known().releases {
		return nil, errNoRelease
	}
	id, err := mantlet.ParseServerID(in.Server)
	if err != nil {
		return nil, err
	}
	p := release.Proposal{Server: in.Server, By: in.By, At: time.Now().UTC().Truncate(time.Second)}
	for _, i := range a.trust.Items(id) {
		if i.Gone || i.State == trust.Retired {
			continue
		}
		item := release.Item{Kind: i.Target.Kind.String(), Name: i.Target.Name, Digest: signer.Digest(i.Seen)}
		p.Items = append(p.Items, item)
	}
	if p.Tier, err = a.tier(q, id); err != nil {
		return nil, err
	}
	if err := a.argue(q, id, &p); err != nil {
		return nil, err
	}
	digest, err := p.Digest()
	if err != nil {
		return nil, err
	}
	content, err := signer.Canonical(p)
	if err != nil {
		return nil, err
	}
	if _, err := a.trust.File(q.ctx, trust.Document{Sort: trust.Proposal, Server: id, By: q.by.Subject, Why: digest.String()}, content); err != nil {
		return nil, err
	}
	a.trust.rate(q.ctx, id) // by the evidence that was read
	return a.standing(q, id)
}

// tier is the deepest that the server's tools ask for.
func (a *App) tier(q asking, id mantlet.ServerID) (release.Tier, error) {
	return a.trust.tierOf(q.ctx, id)
}

func (c *catalogue) tierOf(ctx context.Context, id mantlet.ServerID) (release.Tier, error) {
	deepest := release.Low
	for _, i := range c.Items(id) {
		if i.Target.Kind != mantlet.KindTool || i.Gone || i.State == trust.Retired {
			continue
		}
		v, err := c.Review(ctx, i.Target)
		if err != nil {
			return 0, err
		}
		d, err := c.dossier(ctx, id, i.Target.Name)
		if err != nil {
			return 0, err
		}
		deepest = max(deepest, release.Tier(effect.Tier(d.Add(effect.Of(v.Fresh)), d.Class()))) //nolint:gosec // 1 to 4
	}
	return deepest, nil
}

// argue adds the dossier and the evidence.
func (a *App) argue(q asking, id mantlet.ServerID, p *release.Proposal) error {
	d, err := a.trust.dossier(q.ctx, id, "")
	if err != nil {
		return err
	}
	if p.Dossier, err = release.DossierDigest(&d.Manifest); err != nil {
		return fmt.Errorf("%w; say it with mantlet tools describe %s", err, id)
	}
	starts := mantlet.Target{Server: id, Kind: mantlet.KindLaunch, Name: mantlet.KindLaunch.String()}
	if v, err := a.trust.Review(q.ctx, starts); err == nil {
		if ref, why, ok := a.trust.built(q.ctx, v.Fresh.Raw(), "mantlet"); ok {
			p.Evidence = append(p.Evidence, ref)
			a.log.Info("evidence was read", "server", string(id), "type", string(ref.Type), "outcome", string(ref.Outcome), "why", why)
		}
	}
	if ref, why, ok := a.endpoint(q, id, p); ok {
		p.Evidence = append(p.Evidence, ref)
		a.log.Info("evidence was read", "server", string(id), "type", string(ref.Type), "outcome", string(ref.Outcome), "why", why)
	}
	if ref, why, ok := a.holed(q, id); ok {
		p.Evidence = append(p.Evidence, ref)
		a.log.Info("evidence was read", "server", string(id), "type", string(ref.Type), "outcome", string(ref.Outcome), "why", why)
	}
	for _, doc := range a.trust.Documents(trust.Evidence, id) {
		b, err := a.trust.Content(q.ctx, doc)
		if err != nil {
			return err
		}
		ref, reading := p.Refer(release.EvidenceType(doc.Name), b, doc.By, doc.At)
		switch ref.Type {
		case release.SBOM:
			ref.Outcome, reading.Why = a.trust.judged(b)
		case release.Provenance:
			reading.Why = a.stated(q, id, b, &ref)
		default: // it was read
		}
		if err := a.answered(q, id, doc, &ref); err != nil {
			return err
		}
		p.Evidence = append(p.Evidence, ref)
		a.log.Info("evidence was read", "server", string(id), "type", mantlet.Escape(doc.Name), "outcome", string(ref.Outcome), "why", reading.Why)
	}
	return nil
}

// answered adds the signature under a report, where somebody has signed it.
func (a *App) answered(q asking, id mantlet.ServerID, doc trust.Document, ref *release.EvidenceRef) error {
	signed, ok := a.trust.Document(trust.Signature, id, "evidence/"+hex.EncodeToString(doc.Digest[:]))
	if !ok {
		return nil
	}
	b, err := a.trust.Content(q.ctx, signed)
	if err != nil {
		return err
	}
	ref.Signature = new(signer.Signature)
	return json.Unmarshal(b, ref.Signature)
}

// proposal is the last one for a server, with the signatures under it.
func (a *App) proposal(q asking, id mantlet.ServerID) (p release.Proposal, all []signer.Signature, err error) {
	return a.trust.proposalOf(q.ctx, id)
}

func (c *catalogue) proposalOf(ctx context.Context, id mantlet.ServerID) (p release.Proposal, all []signer.Signature, err error) {
	doc, ok := c.Document(trust.Proposal, id, "")
	if !ok {
		return p, nil, fmt.Errorf("nothing of %s is proposed; see mantlet tools propose", id)
	}
	b, err := c.Content(ctx, doc)
	if err != nil {
		return p, nil, err
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, nil, err
	}
	digest, err := p.Digest()
	if err != nil {
		return p, nil, err
	}
	for _, doc := range c.Documents(trust.Signature, id) {
		if !strings.HasPrefix(doc.Name, digest.String()+"/") {
			continue
		}
		b, err := c.Content(ctx, doc)
		if err != nil {
			return p, nil, err
		}
		var s signer.Signature
		if err := json.Unmarshal(b, &s); err != nil {
			return p, nil, err
		}
		all = append(all, s)
	}
	return p, all, nil
}

// standing is how far the release of a server is.
func (a *App) standing(q asking, id mantlet.ServerID) (daemon.Standing, error) {
	p, all, err := a.proposal(q, id)
	if err != nil {
		return daemon.Standing{}, err
	}
	floor, err := a.tier(q, id)
	if err != nil {
		return daemon.Standing{}, err
	}
	by := a.trust.known()
	court := release.Court{Signers: by.verifier(), Rules: by.rules, Floor: floor}
	v := court.Judge(&p, all, time.Now())
	content, err := signer.Canonical(p)
	if err != nil {
		return daemon.Standing{}, err
	}
	return daemon.Standing{Server: string(id), Manifest: v.Manifest.String(), Tier: p.Tier.String(), By: p.By, At: p.At, Proposal: content,
		Released: v.Released, Missing: v.Missing, Refused: v.Refused, People: v.People}, nil
}

func (a *App) releaseStatus(q asking) (any, error) {
	id, err := mantlet.ParseServerID(q.of.Get("server"))
	if err != nil {
		return nil, err
	}
	return a.standing(q, id)
}

// sign takes a signature. With the last one that was missing the server is released: what
// was signed, as long as it is still what the server shows.
func (a *App) sign(q asking, in daemon.Signed) (any, error) {
	if !a.trust.known().releases {
		return nil, errNoRelease
	}
	id, err := mantlet.ParseServerID(in.Server)
	if err != nil {
		return nil, err
	}
	var s signer.Signature
	if err := signer.Decode(in.Signature, 2*signer.MaxProof, &s); err != nil {
		return nil, err
	}
	p, _, err := a.proposal(q, id)
	if err != nil {
		return nil, err
	}
	digest, err := p.Digest()
	if err != nil || digest.String() != in.Manifest {
		return nil, errors.Join(errors.New("another proposal was made since; look at it (mantlet tools release)"), err)
	}
	verifier := a.trust.known().verifier()
	if in.Evidence != "" {
		return a.answer(q, id, &p, in, s)
	}
	if _, err := verifier.Verify(digest, s, time.Now()); err != nil {
		return nil, fmt.Errorf("the signature of %s does not count: %w", mantlet.Escape(s.Signer), err)
	}
	name := digest.String() + "/" + s.Signer + "/" + string(s.Role)
	if _, err := a.trust.File(q.ctx, trust.Document{Sort: trust.Signature, Server: id, Name: name, By: s.Signer, Why: string(s.Role)}, in.Signature); err != nil {
		return nil, err
	}
	a.log.Info("a release was signed", "server", in.Server, "by", s.Signer, "role", string(s.Role), "manifest", in.Manifest)
	v, err := a.standing(q, id)
	if err != nil || !v.Released {
		return v, err
	}
	return v, a.released(q, id, &p, &v)
}

// answer keeps a signature under a report. The next proposal takes it in.
func (a *App) answer(q asking, id mantlet.ServerID, p *release.Proposal, in daemon.Signed, s signer.Signature) (any, error) {
	for i := range p.Evidence {
		e := &p.Evidence[i]
		if string(e.Type) != in.Evidence || e.Tool == release.Own { // nobody has to answer for those
			continue
		}
		digest, err := p.EvidenceDigest(e)
		if err != nil {
			return nil, err
		}
		verifier := a.trust.known().verifier()
		if _, err := verifier.Verify(digest, s, time.Now()); err != nil {
			return nil, fmt.Errorf("the signature of %s does not count: %w", mantlet.Escape(s.Signer), err)
		}
		doc := trust.Document{Sort: trust.Signature, Server: id, Name: "evidence/" + hex.EncodeToString(e.Digest[:]), By: s.Signer, Why: in.Evidence}
		if _, err := a.trust.File(q.ctx, doc, in.Signature); err != nil {
			return nil, err
		}
		return a.standing(q, id)
	}
	return nil, fmt.Errorf("no %s is in the proposal; bring it, and propose again", mantlet.Escape(in.Evidence))
}

// released approves what was signed.
func (a *App) released(q asking, id mantlet.ServerID, p *release.Proposal, v *daemon.Standing) error {
	holes := a.trust.assessed(q.ctx, id)
	if open := a.trust.Unaccepted(id, holes.stops); len(open) > 0 {
		return fmt.Errorf("%w: %s", errHoled, holes.why)
	}
	var all []trust.Decision
	for _, i := range p.Items {
		kind, err := trust.ParseKind(i.Kind)
		if err != nil {
			return err
		}
		d := trust.Decision{Target: mantlet.Target{Server: id, Kind: kind, Name: i.Name}, State: trust.Approved, Digest: trust.Digest(i.Digest),
			By: strings.Join(v.People, " and "), Why: "released by " + v.Manifest, Release: true}
		all = append(all, d)
	}
	defer a.announce(all)
	for _, d := range all {
		if err := a.trust.Decide(q.ctx, d); err != nil {
			return fmt.Errorf("%s %s: %w", d.Target.Kind, mantlet.Escape(d.Target.Name), err)
		}
	}
	a.trust.rate(q.ctx, id)
	a.log.Info("a server was released", "server", string(id), "manifest", v.Manifest, "by", v.People)
	return nil
}
