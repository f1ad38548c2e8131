package provenance

import (
	"slices"
	"strings"
)

// A Policy says what is enough. Its zero value is never satisfied, and an empty list
// allows nothing.
type Policy struct {
	// Require names the checks that must be Satisfied (CheckBuild...).
	Require []string

	// Builders and Sources allow what a provenance names, where CheckBuild is required, and
	// Sources what a publication names, where CheckPublisher is: the
	// whole text, or, for one that ends in "@", all that follows it (the version of a
	// reusable workflow).
	Builders, Sources []string

	// Issuers allow who vouches for the identities of a provenance and of a signature by an
	// identity.
	Issuers []string

	// Signers allow the identity, or the name of the key, that signed an image, where
	// CheckSignature is required.
	Signers []string

	// Integrity is the digest that the artifact must have; "" leaves it to the pin.
	Integrity string
}

// Policies are by tier (1 to 4 of trust/effect). A tier that is not here gets the zero
// Policy.
type Policies map[int]Policy

// For is the policy of a tier.
func (p Policies) For(tier int) Policy { return p[tier] }

// Judge says whether r is enough, and each reason why not. A check that Failed is never
// outweighed, required or not.
func (p Policy) Judge(r *Report) (Verdict, []string) {
	j := judgement{verdict: Satisfied}
	if len(p.Require) == 0 && p.Integrity == "" {
		j.say(Unknown, "the policy asks for nothing, which is not enough")
	}
	for _, c := range r.Checks {
		if c.Verdict != Satisfied && c.Verdict != Unknown {
			j.say(Failed, c.Name+": "+c.Why)
		}
	}
	for _, name := range p.Require {
		if v := r.Of(name); v != Satisfied {
			j.say(v, name+" is "+v.String()+reasons(r, name))
		}
	}
	if p.Integrity != "" && p.Integrity != r.Subject.Integrity {
		j.say(Failed, "the artifact is not the one that was expected")
	}
	if slices.Contains(p.Require, CheckBuild) && r.Of(CheckBuild) == Satisfied {
		j.allow("builder", r.Builder, p.Builders)
		j.allow("source", r.Source, p.Sources)
		j.allow("issuer", r.Issuer, p.Issuers)
	}
	if slices.Contains(p.Require, CheckPublisher) && r.Of(CheckPublisher) == Satisfied {
		j.allow("source", r.Source, p.Sources)
		j.allow("issuer", r.Issuer, p.Issuers)
	}
	if slices.Contains(p.Require, CheckSignature) && r.Of(CheckSignature) == Satisfied {
		j.allow("signer", r.Signer, p.Signers)
		if r.SignerIssuer != "" {
			j.allow("issuer", r.SignerIssuer, p.Issuers)
		}
	}
	return j.verdict, j.why
}

func reasons(r *Report, name string) string {
	var out []string
	for _, c := range r.Checks {
		if c.Name == name && c.Verdict == Unknown {
			out = append(out, c.Why)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return ": " + strings.Join(out, "; ")
}

type judgement struct {
	verdict Verdict
	why     []string
}

// say takes a reason; Failed is worse than Unknown.
func (j *judgement) say(v Verdict, why string) {
	if j.verdict != Failed {
		j.verdict = v
	}
	if !slices.Contains(j.why, why) {
		j.why = append(j.why, why)
	}
}

func (j *judgement) allow(what, is string, allowed []string) {
	ok := slices.ContainsFunc(allowed, func(one string) bool {
		return is != "" && (is == one || len(one) > 1 && strings.HasSuffix(one, "@") && strings.HasPrefix(is, one))
	})
	switch {
	case ok:
	case is == "":
		j.say(Failed, "it names no "+what)
	default:
		j.say(Failed, "the "+what+" "+is+" is not one that is allowed")
	}
}
