package release

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// Own is the Tool of evidence that Mantlet made itself: nobody has to answer for it.
const Own = "mantlet"

// What a statement is: in-toto's Statement, v1, with SLSA's verification summary, v1
// (slsa.dev/spec/v1.0/verification_summary).
const (
	statementType = "https://in-toto.io/Statement/v1"
	summaryType   = "https://slsa.dev/verification_summary/v1"
	maxStatement  = 256 << 10 // bytes
)

// An Endpoint is a remote server as its TLS has proved it. Which build runs there nobody can
// see from here.
type Endpoint struct {
	URL      string
	Identity signer.Digest // of the definition of the kind identity, as it is pinned
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

type summary struct {
	Type      string    `json:"_type"` //nolint:tagliatelle // in-toto has it so
	Subject   []subject `json:"subject"`
	Kind      string    `json:"predicateType"`
	Predicate struct {
		Verifier struct {
			ID string `json:"id"`
		} `json:"verifier"`
		Verified time.Time `json:"timeVerified"`
		Resource string    `json:"resourceUri"`
		Result   string    `json:"verificationResult"`
	} `json:"predicate"`
}

// ReadStatement judges a statement that somebody has verified what runs at an endpoint, and
// returns when that was. It names the very address, as its resource and as the name of a
// subject, and the identity as that subject's SHA-256; what is about another server, or
// cannot be read, is Unknown. It is worth what its signer is worth: see Court.
func ReadStatement(b []byte, at Endpoint) (Reading, time.Time) {
	var s summary
	if len(b) > maxStatement || json.Unmarshal(b, &s) != nil || s.Type != statementType || s.Kind != summaryType {
		return unknown("it is no in-toto statement with a SLSA verification summary, of at most %d KiB", maxStatement>>10), time.Time{}
	}
	p := &s.Predicate
	r := Reading{Tool: "a statement by " + mantlet.Escape(p.Verifier.ID)}
	when := p.Verified.UTC().Truncate(time.Second)
	switch {
	case p.Verifier.ID == "" || p.Verified.IsZero() || !text(r.Tool):
		r.Why = "it does not say who verified it, and when"
	case at.URL == "" || p.Resource != at.URL:
		r.Why = "it is about another address than " + mantlet.Escape(at.URL)
	case !s.names(at):
		r.Why = "it does not name the identity " + at.Identity.String() + " of " + mantlet.Escape(at.URL)
	case p.Result == "FAILED":
		r.Outcome, r.Why = Failed, "its verifier says that it failed"
	case p.Result != "PASSED":
		r.Why = "it says neither PASSED nor FAILED"
	default:
		r.Outcome, r.Why = Satisfied, "its verifier says that it passed"
	}
	return r, when
}

// names reports whether a subject is the endpoint.
func (s *summary) names(at Endpoint) bool {
	if at.Identity == (signer.Digest{}) {
		return false
	}
	want := hex.EncodeToString(at.Identity[:])
	return slices.ContainsFunc(s.Subject, func(one subject) bool {
		return one.Name == at.URL && strings.EqualFold(one.Digest["sha256"], want)
	})
}
