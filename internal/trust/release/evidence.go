package release

import (
	"fmt"
	"slices"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// An EvidenceType is what a piece of evidence shows.
type EvidenceType string

// The types of evidence.
const (
	Scan       EvidenceType = "scan"       // the JSON report of mantlet scan
	SAST       EvidenceType = "sast"       // SARIF 2.1.0, signed by somebody of the role security
	DAST       EvidenceType = "dast"       // SARIF 2.1.0, signed by somebody of the role security
	SBOM       EvidenceType = "sbom"       // with the state of its vulnerabilities
	Provenance EvidenceType = "provenance" // who built it; of a remote server who answers, and who vouches for it
	Dynamic    EvidenceType = "dynamic"    // a run in which it was watched
	Manifest   EvidenceType = "dossier"    // the Dossier
)

// EvidenceTypes are all types.
var EvidenceTypes = []EvidenceType{Scan, SAST, DAST, SBOM, Provenance, Dynamic, Manifest}

// signed reports whether e counts only where a person of the role security answers for it:
// Mantlet did not make it.
func (e *EvidenceRef) signed() bool {
	return e.Type == SAST || e.Type == DAST || e.Type == Provenance && e.Tool != Own
}

// judge is the role that the release's approver judges such evidence in.
func (t EvidenceType) judge() signer.Role {
	if t == Manifest {
		return signer.Business
	}
	return signer.Security
}

// An Outcome is what a piece of evidence says. The zero Outcome is Unknown, and satisfies
// nothing.
type Outcome string

// The outcomes.
const (
	Unknown   Outcome = ""
	Satisfied Outcome = "satisfied"
	Failed    Outcome = "failed"
)

// An EvidenceRef is a piece of evidence as a proposal holds it.
type EvidenceRef struct {
	Type      EvidenceType      `json:"type"`
	Digest    signer.Digest     `json:"digest"` // SHA-256 of its bytes
	Outcome   Outcome           `json:"outcome,omitempty"`
	Tool      string            `json:"tool,omitempty"`      // what made it, with its version
	By        string            `json:"by"`                  // who brought it
	At        time.Time         `json:"at"`                  // when it was made or read, in UTC, whole seconds
	Signature *signer.Signature `json:"signature,omitempty"` // under Proposal.EvidenceDigest
}

func (e *EvidenceRef) check() error {
	switch {
	case !slices.Contains(EvidenceTypes, e.Type):
		return fmt.Errorf("%.40q is no type of evidence", e.Type)
	case e.Outcome != Unknown && e.Outcome != Satisfied && e.Outcome != Failed:
		return fmt.Errorf("%.40q is no outcome of evidence", e.Outcome)
	case e.Digest == signer.Digest{} || !signer.ValidName(e.By) || !moment(e.At) || !text(e.Tool):
		return fmt.Errorf("the %s needs the digest of its bytes, who brought it, and a date in UTC and whole seconds", e.Type)
	}
	return nil
}

// A Reading is what was read of a piece of evidence.
type Reading struct {
	Outcome Outcome
	Tool    string // escaped
	Why     string // for people; escaped
}

func unknown(format string, args ...any) Reading {
	return Reading{Why: fmt.Sprintf(format, args...)}
}

// Read judges the bytes of a piece of evidence for p, of which Server and Items count. What
// other packages judge (sbom, provenance, dynamic) is Unknown here.
func (p *Proposal) Read(t EvidenceType, b []byte) Reading {
	switch t {
	case Scan:
		return p.readScan(b)
	case SAST, DAST:
		return readSARIF(b)
	case Manifest:
		d, err := ReadDossier(b)
		if err != nil {
			return unknown("%s", mantlet.Escape(err.Error()))
		}
		if digest, err := DossierDigest(&d); err != nil || digest != p.Dossier {
			return unknown("it is not the dossier that the proposal names")
		}
		return Reading{Outcome: Satisfied, Why: "the dossier has its five parts"}
	default:
		return unknown("this is not where a %s is judged", mantlet.Escape(string(t)))
	}
}

// Refer is the reference to bytes that were read now.
func (p *Proposal) Refer(t EvidenceType, b []byte, by string, now time.Time) (EvidenceRef, Reading) {
	r := p.Read(t, b)
	return EvidenceRef{Type: t, Digest: signer.Sum(b), Outcome: r.Outcome, Tool: r.Tool, By: by, At: now.UTC().Truncate(time.Second)}, r
}
