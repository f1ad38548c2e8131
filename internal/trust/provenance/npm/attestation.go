package npm

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

const published = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1"

const maxAttestations = 16

type attestation struct {
	Kind   string          `json:"predicateType"`
	Bundle json.RawMessage `json:"bundle"`
}

// attestations fetches and verifies what the registry serves beside the version.
func (c *Checker) attestations(ctx context.Context, client fetch.Client, base string, m *manifest, r *provenance.Report) {
	all, err := attested(ctx, client, base, m.Dist.Attestations.URL)
	if err != nil {
		r.Note(provenance.CheckPublish, err, "")
		r.Note(provenance.CheckBuild, err, "")
		return
	}
	var built, publication bool
	for _, a := range all {
		switch {
		case a.Kind == published:
			publication = true
			r.Note(provenance.CheckPublish, c.publication(a.Bundle, m), "the registry wrote the publication into a public log")
		case provenance.IsBuild(a.Kind):
			built = true
			r.Note(provenance.CheckBuild, c.built(a.Bundle, m, r), "a builder signed what was built from what")
		}
	}
	if !publication {
		r.Add(provenance.CheckPublish, provenance.Unknown, "the registry serves none")
	}
	if !built {
		r.Add(provenance.CheckBuild, provenance.Unknown, "the registry serves none")
	}
}

func attested(ctx context.Context, client fetch.Client, base, at string) ([]attestation, error) {
	if at == "" {
		return nil, unsaid("the registry serves none")
	}
	u, err := url.Parse(at)
	b, errBase := url.Parse(base)
	if err != nil || errBase != nil || u.Host != b.Host || u.Scheme != b.Scheme {
		return nil, unsaid("the registry names another place for it than itself")
	}
	body, _, err := client.Get(ctx, at, "application/json")
	if err != nil {
		return nil, unsaid(err.Error())
	}
	var f struct {
		All []attestation `json:"attestations"`
	}
	if json.Unmarshal(body, &f) != nil || len(f.All) > maxAttestations {
		return nil, unsaid("the registry's answer cannot be read")
	}
	return f.All, nil
}

// verified is a bundle's signature over exactly this version's tarball, under its name.
func (c *Checker) verified(raw []byte, m *manifest) (*bundle.Signature, error) {
	sum, err := sha512Of(m.Dist.Integrity)
	if err != nil {
		return nil, err
	}
	b, err := bundle.Parse(raw)
	if err != nil {
		return nil, err
	}
	s, err := c.roots().Verify(b, bundle.Digest{Algorithm: "sha512", Hex: sum})
	if err != nil {
		return nil, err
	}
	if s.Statement == nil || s.Statement.Named.Name != purl(m.Name, m.Version) {
		return nil, errors.New("the statement is about another package of the same bytes")
	}
	return s, nil
}

// roots is Sigstore's root and the registry's keys for publications.
func (c *Checker) roots() *bundle.Root {
	r := c.Root
	if r == nil {
		return nil
	}
	for _, k := range c.Keys {
		if k.Attests {
			r = r.WithKey(k.ID, k.Public, k.Start, k.End)
		}
	}
	return r
}

func (c *Checker) publication(raw []byte, m *manifest) error {
	s, err := c.verified(raw, m)
	if err != nil {
		return err
	}
	var p struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	switch {
	case s.Key == "":
		return errors.New("the publication is not signed by the registry's key")
	case s.Statement.Kind != published:
		return errors.New("the statement is no publication")
	case json.Unmarshal(s.Statement.Predicate, &p) != nil || p.Name != m.Name || p.Version != m.Version:
		return errors.New("the publication is of another version")
	}
	return nil
}

func (c *Checker) built(raw []byte, m *manifest, r *provenance.Report) error {
	s, err := c.verified(raw, m)
	if err != nil {
		return err
	}
	if s.Identity == "" {
		return errors.New("the provenance is signed by a key and not by a workflow")
	}
	return r.Build(s)
}

// purl is a version's name in statements: pkg:npm/%40scope/name@1.2.3.
func purl(name, version string) string {
	return "pkg:npm/" + strings.Replace(name, "@", "%40", 1) + "@" + version
}
