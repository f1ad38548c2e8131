package pypi

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

// published is the predicate of a publication.
const published = "https://docs.pypi.org/attestations/publish/v1"

const maxAttestations = 16 // of one file

// An object is PEP 740's provenance object, version 1.
type object struct {
	Version int `json:"version"`
	Bundles []struct {
		Publisher    publisher     `json:"publisher"`
		Attestations []attestation `json:"attestations"`
	} `json:"attestation_bundles"` //nolint:tagliatelle // PEP 740's words, as those below
}

// A publisher is who the index says has uploaded the file. It is only said: the certificate
// must say the same.
type publisher struct {
	Kind       string `json:"kind"`
	Repository string `json:"repository"`
}

// An attestation is PEP 740's, version 1. Its bytes are in base64.
type attestation struct {
	Version  int `json:"version"`
	Material struct {
		Certificate string            `json:"certificate"`
		Entries     []json.RawMessage `json:"transparency_entries"` //nolint:tagliatelle // PEP 740's word
	} `json:"verification_material"` //nolint:tagliatelle // as above
	Envelope struct {
		Statement string `json:"statement"`
		Signature string `json:"signature"`
	} `json:"envelope"`
}

// bundle is a as Sigstore's bundle: the same certificate, entries, statement and signature,
// of which the signature is over DSSE's encoding of an in-toto statement.
func (a *attestation) bundle() ([]byte, error) {
	type m = map[string]any
	return json.Marshal(m{
		"mediaType":            "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": m{"certificate": m{"rawBytes": a.Material.Certificate}, "tlogEntries": a.Material.Entries},
		"dsseEnvelope":         m{"payload": a.Envelope.Statement, "payloadType": "application/vnd.in-toto+json", "signatures": []m{{"sig": a.Envelope.Signature}}},
	})
}

// file verifies all that is attested of one file.
func (c *Checker) file(ctx context.Context, s provenance.Subject, f file, r *provenance.Report) error {
	raw, err := c.object(ctx, s, f)
	if err != nil {
		return err
	}
	var o object
	if json.Unmarshal(raw, &o) != nil || o.Version != 1 {
		return unsaid("the provenance of " + f.name + " cannot be read, or is of a version that is not known")
	}
	var publication *bundle.Signature
	n := 0
	for _, b := range o.Bundles {
		for i := range b.Attestations {
			if n++; n > maxAttestations {
				return unsaid("the provenance of " + f.name + " holds too much")
			}
			sig, err := c.verified(&b.Attestations[i], f)
			if err != nil {
				return err
			}
			if err := agree(sig, b.Publisher); err != nil {
				return err
			}
			if sig.Statement.Kind == published {
				publication = sig
			} else if provenance.IsBuild(sig.Statement.Kind) {
				r.Note(provenance.CheckBuild, built(r, sig), "a builder signed what was built from what")
			}
		}
	}
	if publication == nil {
		return unsaid("nobody attests who has published " + f.name)
	}
	return r.Publication(publication)
}

// built takes in what a builder says, which must be of the source that published it: see
// Report.Publication.
func built(r *provenance.Report, sig *bundle.Signature) error {
	var one provenance.Report
	if err := one.Build(sig); err != nil {
		return err
	}
	if r.Builder == "" {
		r.Builder = one.Builder
	}
	if r.Builder != one.Builder {
		return errors.New("its files were built by different builders")
	}
	return nil
}

// verified is an attestation's signature over exactly this file, under its name.
func (c *Checker) verified(a *attestation, f file) (*bundle.Signature, error) {
	if a.Version != 1 {
		return nil, unsaid("an attestation is of a version that is not known")
	}
	raw, err := a.bundle()
	if err != nil {
		return nil, unsaid("an attestation cannot be read")
	}
	b, err := bundle.Parse(raw)
	if err != nil {
		return nil, err
	}
	sig, err := c.Root.Verify(b, bundle.Digest{Algorithm: "sha256", Hex: f.sum})
	switch {
	case err != nil:
		return nil, err
	case sig.Statement == nil || len(sig.Statement.Subjects) != 1:
		return nil, errors.New("an attestation is about more than one file")
	case normal(sig.Statement.Named.Name) != normal(f.name):
		return nil, errors.New("the attestation is about another file of the same bytes")
	case sig.Identity == "":
		return nil, errors.New("the attestation is signed by a key and not by a workflow")
	case sig.Statement.Kind == published && !empty(sig.Statement.Predicate):
		return nil, errors.New("the publication says more than a publication may")
	}
	return sig, nil
}

func empty(predicate []byte) bool {
	text := strings.TrimSpace(string(predicate))
	return text == "" || text == "null" || text == "{}"
}

// hosts are where the repositories of a kind of publisher lie.
var hosts = map[string]string{"GitHub": "https://github.com/", "GitLab": "https://gitlab.com/"}

// agree refuses a publisher that the certificate does not know.
func agree(sig *bundle.Signature, p publisher) error {
	host, ok := hosts[p.Kind]
	switch {
	case !ok:
		return unsaid("the publisher is of a kind that is not known")
	case !strings.EqualFold(sig.Source, host+p.Repository):
		return errors.New("the index names another publisher than the certificate")
	}
	return nil
}
