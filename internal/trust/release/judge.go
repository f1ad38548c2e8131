package release

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// A Court is what a proposal is judged by. The zero Court releases nothing.
type Court struct {
	Signers signer.Verifier
	Rules   Rules
	Floor   Tier // the tier that Mantlet computed: a proposal for less is not released
}

// A Verdict is what a Court says. The zero Verdict releases nothing.
type Verdict struct {
	Released bool
	Manifest signer.Digest
	Missing  []string  // what is still needed, for people; escaped
	Refused  []string  // signatures that do not count, and why; escaped
	People   []string  // whose signatures count
	Until    time.Time // when it must be certified again
	// Probation is how long it stays in probation, from its release.
	Probation time.Duration
}

// Judge says whether p is released by signatures at now.
func (c *Court) Judge(p *Proposal, signatures []signer.Signature, now time.Time) Verdict {
	digest, err := p.Digest()
	if err != nil {
		return Verdict{Missing: []string{mantlet.Escape(err.Error())}}
	}
	if err := c.Rules.Check(); err != nil {
		return Verdict{Missing: []string{mantlet.Escape(err.Error())}}
	}
	rule := c.Rules[p.Tier]
	v := Verdict{Manifest: digest, Until: p.At.Add(rule.Holds), Probation: rule.Probation}
	if p.Tier < c.Floor || c.Floor < Low || c.Floor > Critical {
		v.miss("it was proposed for the tier %s, and is of the tier %s", p.Tier, c.Floor)
	}
	counted, refused := p.separate(signatures)
	tally, err := c.Signers.Tally(digest, counted, now)
	if err != nil {
		v.miss("the signers: %s", err)
	}
	v.People = tally.Persons()
	for _, r := range append(refused, tally.Refused...) {
		v.Refused = append(v.Refused, mantlet.Escape(r))
	}
	c.people(&v, &rule, &tally)
	c.evidence(&v, p, &rule, now)
	v.dates(p, now)
	v.Released = len(v.Missing) == 0
	return v
}

func (v *Verdict) miss(format string, args ...any) {
	v.Missing = append(v.Missing, mantlet.Escape(fmt.Sprintf(format, args...)))
}

// dates misses time that has run out.
func (v *Verdict) dates(p *Proposal, now time.Time) {
	switch {
	case p.At.After(now.Add(signer.Skew)):
		v.miss("it is dated %s, which is to come", p.At.Format(time.RFC3339))
	case !now.Before(v.Until):
		v.miss("the release ended on %s; certify it again", v.Until.Format(time.DateOnly))
	case len(v.Missing) > 0 && !now.Before(p.At.Add(Life)):
		v.miss("the proposal ended on %s; make a new one", p.At.Add(Life).Format(time.DateOnly))
	}
}

// separate takes out the signatures that the separation of duties forbids, and those that
// are not dated within the proposal's life.
func (p *Proposal) separate(signatures []signer.Signature) (counted []signer.Signature, refused []string) {
	for _, s := range signatures {
		var why string
		switch {
		case s.Signer == p.By:
			why = "who proposes does not sign"
		case p.brought(s.Signer, s.Role):
			why = "who brought or signed evidence does not sign for the role that judges it"
		case s.At.Before(p.At.Add(-signer.Skew)):
			why = "it is older than the proposal"
		case !s.At.Before(p.At.Add(Life)):
			why = "the proposal had ended"
		default:
			counted = append(counted, s)
			continue
		}
		refused = append(refused, fmt.Sprintf("the signature of %.128q for %.40q: %s", s.Signer, s.Role, why))
	}
	return counted, refused
}

// brought reports whether name is the author of evidence that role judges.
func (p *Proposal) brought(name string, role signer.Role) bool {
	return slices.ContainsFunc(p.Evidence, func(e EvidenceRef) bool {
		return e.Type.judge() == role && (e.By == name || e.Signature != nil && e.Signature.Signer == name)
	})
}

// people misses who has not signed.
func (c *Court) people(v *Verdict, rule *Rule, tally *signer.Tally) {
	for _, r := range rule.Roles {
		if !tally.Has(r) {
			v.miss("a signature for %s", r)
		}
	}
	need := max(rule.People, c.Signers.Set.Threshold, signer.MinThreshold)
	if n := len(v.People); n < need {
		v.miss("%d different people; %d have signed", need, n)
	}
}

// evidence misses what was not brought, and what failed.
func (c *Court) evidence(v *Verdict, p *Proposal, rule *Rule, now time.Time) {
	for _, t := range rule.Evidence {
		var whys []string
		satisfied := false
		for i := range p.Evidence {
			e := &p.Evidence[i]
			if e.Type != t {
				continue
			}
			why := c.doubt(p, e, rule, now)
			satisfied = satisfied || why == ""
			if why != "" {
				whys = append(whys, why)
			}
		}
		switch {
		case len(whys) > 0:
			v.miss("evidence of the type %s that holds: %s", t, strings.Join(whys, "; "))
		case !satisfied:
			v.miss("evidence of the type %s", t)
		}
	}
	for i := range p.Evidence {
		if e := &p.Evidence[i]; e.Outcome == Failed && !slices.Contains(rule.Evidence, e.Type) {
			v.miss("evidence of the type %s failed", e.Type)
		}
	}
}

// doubt is why e does not satisfy, or "".
func (c *Court) doubt(p *Proposal, e *EvidenceRef, rule *Rule, now time.Time) string {
	switch {
	case e.Outcome == Failed:
		return "it failed"
	case e.Outcome != Satisfied:
		return "its outcome is not known"
	case e.At.After(now.Add(signer.Skew)):
		return "it is dated in time to come"
	case p.At.Sub(e.At) > rule.Fresh:
		return fmt.Sprintf("it is of %s, which is too old", e.At.Format(time.DateOnly))
	case !e.signed():
		return ""
	case e.Signature == nil:
		return "nobody of the role security has signed it"
	case e.Signature.Signer == p.By:
		return "who proposes does not sign evidence"
	case e.Signature.Role != signer.Security:
		return "it is not signed for the role security"
	}
	digest, err := p.EvidenceDigest(e)
	if err != nil {
		return err.Error()
	}
	if _, err := c.Signers.Verify(digest, *e.Signature, now); err != nil {
		return err.Error()
	}
	return ""
}
