package app

import (
	"encoding/json"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
)

// An endpointReport is what Mantlet found out of who answers as a remote server (ADR 16). It
// is the evidence of the type provenance: which build runs elsewhere, nobody can see from here.
type endpointReport struct {
	URL       string         `json:"url"`
	Identity  signer.Digest  `json:"identity"`            // of its definition; none where it proved none
	Proof     string         `json:"proof,omitempty"`     // spiffe, pins or cas
	Statement *signer.Digest `json:"statement,omitempty"` // of the one that was brought and passed
	Why       string         `json:"why"`
}

// endpoint is the evidence of who answers as a remote server; false where it is none.
func (a *App) endpoint(q asking, id mantlet.ServerID, p *release.Proposal) (ref release.EvidenceRef, why string, ok bool) {
	conf := a.Config().Servers[string(id)]
	if conf == nil || conf.URL == "" {
		return ref, "", false
	}
	r := endpointReport{URL: conf.URL}
	ref = release.EvidenceRef{Type: release.Provenance, Tool: release.Own, By: "mantlet", At: time.Now().UTC().Truncate(time.Second)}
	ref.Outcome, r.Why = a.answers(q, id, p, &r)
	content, err := json.Marshal(r)
	if err != nil {
		return ref, "", false
	}
	ref.Digest = signer.Sum(content)
	return ref, r.Why, true
}

// answers judges who answers. Below the tier high a pinned identity is enough; from there on
// somebody has verified what runs behind it, and says so.
func (a *App) answers(q asking, id mantlet.ServerID, p *release.Proposal, r *endpointReport) (release.Outcome, string) {
	at, proof := a.trust.provenIdentity(q, id, r.URL)
	r.Identity, r.Proof = at.Identity, proof
	switch {
	case proof == "":
		return release.Unknown, "it has proved no identity over TLS"
	case proof == "cas":
		return release.Unknown, "any name that its authorities vouch for could answer: pin its keys (tls.pins) or its SPIFFE id (tls.trustDomain)"
	case !p.Holds(mantlet.KindIdentity.String(), at.Identity):
		return release.Unknown, "its identity is not among what is proposed"
	case a.trust.contradicted(q.ctx, id):
		return release.Unknown, "a registry's server.json names other addresses (mantlet tools claims)"
	case p.Tier < release.High:
		return release.Satisfied, "its identity is pinned by its " + proof
	}
	doc, ok := a.trust.Document(trust.Evidence, id, string(release.Provenance))
	if !ok {
		return release.Unknown, "from the tier high on it takes a statement of who verified what runs there (mantlet tools evidence provenance)"
	}
	b, err := a.trust.Content(q.ctx, doc)
	if err != nil {
		return release.Unknown, mantlet.Escape(err.Error())
	}
	reading, _ := release.ReadStatement(b, at)
	if reading.Outcome != release.Satisfied {
		return release.Unknown, "the statement that was brought: " + reading.Why
	}
	digest := signer.Digest(doc.Digest)
	r.Statement = &digest
	return release.Satisfied, "its identity is pinned by its " + proof + ", and " + reading.Tool + " says that what runs there passed"
}

// provenIdentity is who a remote server has proved to be, and by what: "spiffe", "pins" or
// "cas"; "" where it has proved nothing.
func (c *catalogue) provenIdentity(q asking, id mantlet.ServerID, url string) (release.Endpoint, string) {
	at := release.Endpoint{URL: url}
	v, err := c.Review(q.ctx, mantlet.Target{Server: id, Kind: mantlet.KindIdentity, Name: mantlet.KindIdentity.String()})
	if err != nil {
		return at, ""
	}
	var i upstream.Identity
	if json.Unmarshal(v.Fresh.Raw(), &i) != nil {
		return at, ""
	}
	at.Identity = signer.Digest(v.Seen)
	switch {
	case i.SPIFFE != "":
		return at, "spiffe"
	case len(i.Pins) > 0:
		return at, "pins"
	case len(i.CAs) > 0:
		return at, "cas"
	}
	return at, ""
}

// stated reads a statement that was brought about a remote server as evidence. It counts from
// when it was verified, not from when it was brought.
func (a *App) stated(q asking, id mantlet.ServerID, b []byte, ref *release.EvidenceRef) string {
	conf := a.Config().Servers[string(id)]
	if conf == nil || conf.URL == "" {
		return "provenance is brought for remote servers; who built what is fetched is asked by mantlet itself"
	}
	at, _ := a.trust.provenIdentity(q, id, conf.URL)
	reading, when := release.ReadStatement(b, at)
	if ref.Outcome, ref.Tool = reading.Outcome, reading.Tool; !when.IsZero() && when.Before(ref.At) {
		ref.At = when
	}
	return reading.Why
}
