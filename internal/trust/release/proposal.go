package release

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet/internal/trust/dossier"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// The bounds of a proposal.
const (
	MaxItems    = 10_000
	MaxEvidence = 200
	MaxText     = 16 << 10 // bytes of one text in it
	// Life is how long a proposal waits for its signatures.
	Life = 14 * day
)

// An Item is one definition that is released: a tool, a prompt, the launch, as package
// definition pins it.
type Item struct {
	Kind   string        `json:"kind"`
	Name   string        `json:"name,omitempty"` // of instructions and a launch: none
	Digest signer.Digest `json:"digest"`
}

// A Proposal is what somebody asks to be released. It is signed by its Digest.
type Proposal struct {
	Server   string        `json:"server"`
	By       string        `json:"by"` // under the name that they would sign with, if they may
	At       time.Time     `json:"at"` // in UTC, whole seconds
	Tier     Tier          `json:"tier"`
	Items    []Item        `json:"items"`
	Dossier  signer.Digest `json:"dossier"` // DossierDigest of what people read
	Evidence []EvidenceRef `json:"evidence"`
}

// Check reports whether p can be judged at all.
func (p *Proposal) Check() error {
	switch {
	case !text(p.Server) || p.Server == "":
		return errors.New("a proposal names its server")
	case !signer.ValidName(p.By):
		return fmt.Errorf("%.128q proposes; a name has 1 to %d of a to z, 0 to 9 and . _ @ + -", p.By, signer.MaxName)
	case !moment(p.At):
		return errors.New("a proposal has a date, in UTC and whole seconds")
	case p.Tier < Low || p.Tier > Critical:
		return errors.New("a proposal names its tier")
	case len(p.Items) == 0 || len(p.Items) > MaxItems:
		return fmt.Errorf("a proposal has 1 to %d items", MaxItems)
	case p.Dossier == signer.Digest{}:
		return errors.New("a proposal names its dossier: purpose, permissions, data handling, interaction and security")
	case len(p.Evidence) > MaxEvidence:
		return fmt.Errorf("a proposal has at most %d pieces of evidence", MaxEvidence)
	}
	seen := make(map[[2]string]bool, len(p.Items))
	for _, i := range p.Items {
		at := [2]string{i.Kind, i.Name}
		if i.Kind == "" || !text(i.Kind) || !text(i.Name) || i.Digest == (signer.Digest{}) {
			return errors.New("an item has a kind, a name in UTF-8 and a digest")
		}
		if seen[at] {
			return fmt.Errorf("the %s %.100q stands twice", i.Kind, i.Name)
		}
		seen[at] = true
	}
	for i := range p.Evidence {
		if err := p.Evidence[i].check(); err != nil {
			return err
		}
		at := [2]string{string(p.Evidence[i].Type), p.Evidence[i].Digest.String()}
		if seen[at] {
			return fmt.Errorf("one %s stands twice", at[0])
		}
		seen[at] = true
	}
	return nil
}

// Holds reports whether p would release a definition of that kind and digest.
func (p *Proposal) Holds(kind string, d signer.Digest) bool {
	return slices.ContainsFunc(p.Items, func(i Item) bool { return i.Kind == kind && i.Digest == d })
}

func text(s string) bool { return len(s) <= MaxText && utf8.ValidString(s) }

func moment(t time.Time) bool {
	return !t.IsZero() && t.Nanosecond() == 0 && t.Location() == time.UTC
}

// sorted is p with its items and evidence in the one order that their digests are taken in.
func (p *Proposal) sorted() *Proposal {
	c := *p
	c.Items, c.Evidence = slices.Clone(p.Items), slices.Clone(p.Evidence)
	slices.SortFunc(c.Items, func(a, b Item) int {
		if n := strings.Compare(a.Kind, b.Kind); n != 0 {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	slices.SortStableFunc(c.Evidence, func(a, b EvidenceRef) int {
		if n := strings.Compare(string(a.Type), string(b.Type)); n != 0 {
			return n
		}
		return strings.Compare(a.Digest.String(), b.Digest.String())
	})
	return &c
}

// Digest is the manifest hash: what a signature of the type signer.Release is under. The
// order of items and of evidence does not matter.
func (p *Proposal) Digest() (signer.Digest, error) {
	if err := p.Check(); err != nil {
		return signer.Digest{}, err
	}
	return signer.Of(signer.Release, p.sorted())
}

// EvidenceDigest is what the author of e signs, as the type signer.Evidence: this report,
// with this outcome, for these very definitions of this server.
func (p *Proposal) EvidenceDigest(e *EvidenceRef) (signer.Digest, error) {
	return signer.Of(signer.Evidence, struct {
		Server  string        `json:"server"`
		Items   []Item        `json:"items"`
		Type    EvidenceType  `json:"type"`
		Digest  signer.Digest `json:"digest"`
		Outcome Outcome       `json:"outcome"`
		Tool    string        `json:"tool"`
	}{p.Server, p.sorted().Items, e.Type, e.Digest, e.Outcome, e.Tool})
}

// ReadDossier reads the five parts of a dossier in JSON, of at most 5 times MaxText.
func ReadDossier(b []byte) (dossier.Manifest, error) {
	var m dossier.Manifest
	if err := signer.Decode(b, 5*MaxText, &m); err != nil {
		return dossier.Manifest{}, fmt.Errorf("the dossier: %w", err)
	}
	return m, checkDossier(&m)
}

// checkDossier reports which parts say nothing.
func checkDossier(m *dossier.Manifest) error {
	var empty []string
	for _, part := range m.Parts() {
		if !text(part[1]) || strings.TrimSpace(part[1]) == "" {
			empty = append(empty, part[0])
		}
	}
	if len(empty) > 0 {
		return fmt.Errorf("the dossier says nothing readable of %s", strings.Join(empty, ", "))
	}
	return nil
}

// DossierDigest is what a proposal names a dossier by (C024): each of its five parts says
// something.
func DossierDigest(m *dossier.Manifest) (signer.Digest, error) {
	if err := checkDossier(m); err != nil {
		return signer.Digest{}, err
	}
	return signer.Of("mantlet.dossier/1", m)
}
