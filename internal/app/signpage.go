package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// signOnPage puts a release, or a report, on the page, for one signer to sign with a
// passkey of theirs: its challenge is that of the statement, which names the action, the
// signer, the role and the time.
func (a *App) signOnPage(q asking, in daemon.Signing) (any, error) {
	page := a.trust.page
	if page == nil {
		return nil, errors.New("there is no page here; set trust.pageAddress, or sign with a key (--key) or an identity (--sigstore)")
	}
	if !a.trust.known().releases {
		return nil, errNoRelease
	}
	id, err := mantlet.ParseServerID(in.Server)
	if err != nil {
		return nil, err
	}
	p, _, err := a.proposal(q, id)
	if err != nil {
		return nil, err
	}
	under, err := actionOf(&p, in)
	if err != nil {
		return nil, err
	}
	s := signer.Signature{Signer: in.Signer, Role: signer.Role(in.Role), Kind: signer.Passkey, At: time.Now().UTC().Truncate(time.Second)}
	challenge, err := s.Challenge(under)
	if err != nil {
		return nil, err
	}
	action := passkey.Action{Title: fmt.Sprintf("Sign the release of %s, as %s for the role %s", in.Server, in.Signer, in.Role), Challenge: challenge[:]}
	if in.Evidence != "" {
		action.Title = fmt.Sprintf("Answer for the %s of %s, as %s for the role %s", in.Evidence, in.Server, in.Signer, in.Role)
	}
	if action.Credentials, err = page.of(&a.trust.known().signers, &s); err != nil {
		return nil, err
	}
	if action.Passages, err = a.passages(q, &p, &s, under); err != nil {
		return nil, err
	}
	return page.put(action, func(ctx context.Context, got passkey.Assertion) error {
		s.Proof = got.Raw
		raw, err := json.Marshal(s)
		if err == nil {
			_, err = a.sign(asking{ctx: ctx, by: q.by}, daemon.Signed{Server: in.Server, Manifest: in.Manifest, Signature: raw, Evidence: in.Evidence})
		}
		return err
	})
}

// actionOf is what is signed: the release, or one of its reports.
func actionOf(p *release.Proposal, in daemon.Signing) (signer.Digest, error) {
	digest, err := p.Digest()
	if err != nil || digest.String() != in.Manifest {
		return signer.Digest{}, errors.Join(errors.New("another proposal was made since; look at it (mantlet tools release)"), err)
	}
	if in.Evidence == "" {
		return digest, nil
	}
	i := slices.IndexFunc(p.Evidence, func(e release.EvidenceRef) bool { return string(e.Type) == in.Evidence && e.Tool != release.Own })
	if i < 0 {
		return signer.Digest{}, fmt.Errorf("no %s is in the proposal; bring it, and propose again", mantlet.Escape(in.Evidence))
	}
	return p.EvidenceDigest(&p.Evidence[i])
}

// of are the passkeys that s can be signed with here: the signer's, which are asked at this
// page's origin.
func (p *page) of(set *signer.Set, s *signer.Signature) (out []passkey.Credential, err error) {
	who := set.Find(s.Signer)
	switch {
	case who == nil:
		return nil, fmt.Errorf("the signature of %s would not count: %w", mantlet.Escape(s.Signer), signer.ErrUnknown)
	case !slices.Contains(who.Roles, s.Role):
		return nil, fmt.Errorf("the signature of %s would not count: %w", who.Name, signer.ErrRole)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range who.Keys {
		if k := who.Keys[i].Passkey; who.Keys[i].Kind == signer.Passkey && k.RP == p.party.ID && slices.Contains(k.Origins, p.party.Origins[0]) {
			out = append(out, passkey.Credential{ID: k.ID, Key: k.Key, Count: p.last(k.ID)})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no passkey among the signers that is asked at %s (trust.pageAddress); see mantlet bundle key --passkey", who.Name, p.party.Origins[0])
	}
	return out, nil
}

// last is the last counter of a passkey. It is called with mu held.
func (p *page) last(id []byte) uint32 {
	for i := range p.known {
		if bytes.Equal(p.known[i].ID, id) {
			return p.known[i].Count
		}
	}
	return p.counts[string(id)]
}

// passages are what a signer sees: who asks for what, the dossier, the evidence, and every
// definition as a model would read it. What is shown is what is signed.
func (a *App) passages(q asking, p *release.Proposal, s *signer.Signature, under signer.Digest) (out []passkey.Passage, err error) {
	add := func(label, text string) { out = append(out, passkey.Passage{Label: label, Text: text}) }
	add("What is signed", fmt.Sprintf("server: %s\ntier: %s\nproposed by: %s, %s\nsigned by: %s, for the role %s, %s\naction: %s", p.Server, p.Tier, p.By, p.At.Format(time.RFC3339), s.Signer, s.Role, s.At.Format(time.RFC3339), under))
	d, err := a.trust.dossier(q.ctx, mantlet.ServerID(p.Server), "")
	if err != nil {
		return nil, err
	}
	if digest, err := release.DossierDigest(&d.Manifest); err != nil || digest != p.Dossier {
		return nil, errors.Join(errors.New("the dossier has changed since it was proposed; propose it again"), err)
	}
	var text strings.Builder
	for _, part := range d.Manifest.Parts() {
		fmt.Fprintf(&text, "%s: %s\n", part[0], part[1])
	}
	add("Dossier "+p.Dossier.String(), text.String())
	for i := range p.Evidence {
		e := &p.Evidence[i]
		add("Evidence: "+string(e.Type), fmt.Sprintf("%s, by %s, %s, brought by %s on %s", e.Outcome, e.Tool, e.Digest, e.By, e.At.Format(time.DateOnly)))
	}
	for _, item := range p.Items {
		if err := a.itemPassages(q, p.Server, item, add); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *App) itemPassages(q asking, server string, item release.Item, add func(label, text string)) error {
	t, err := pinned(server, item.Kind, item.Name)
	if err != nil {
		return err
	}
	v, err := a.trust.Review(q.ctx, t)
	if err != nil {
		return err
	}
	if v.Seen != trust.Digest(item.Digest) {
		return fmt.Errorf("%s: %w", mantlet.Escape(t.String()), trust.ErrMovedOn)
	}
	add(mantlet.Escape(t.String())+" "+item.Digest.String(), string(mantlet.EscapeJSON(v.Fresh.Raw())))
	for _, told := range v.Difference.NewlyTold() {
		add("a model would newly be told", mantlet.Escape(told))
	}
	return nil
}
