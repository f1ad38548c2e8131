package release

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// A Tier is how deep the vetting goes (C092); its numbers are those of package effect. The
// zero Tier is none, and nothing is released for it.
type Tier uint8

// The tiers.
const (
	Low Tier = iota + 1
	Medium
	High
	Critical
)

var tiers = [...]string{"", "low", "medium", "high", "critical"}

func (t Tier) String() string {
	if t < Low || t > Critical {
		return "no tier"
	}
	return tiers[t]
}

// MarshalText writes the tier's name.
func (t Tier) MarshalText() ([]byte, error) {
	if t < Low || t > Critical {
		return nil, fmt.Errorf("%d is no tier", t)
	}
	return []byte(tiers[t]), nil
}

// UnmarshalText reads a tier's name.
func (t *Tier) UnmarshalText(b []byte) error {
	i := slices.Index(tiers[:], string(b))
	if i < int(Low) {
		return fmt.Errorf("%.40q is no tier; write low, medium, high or critical", b)
	}
	*t = Tier(i) //nolint:gosec // at most 4
	return nil
}

// A Rule is what one tier takes.
type Rule struct {
	Evidence []EvidenceType `json:"evidence"`
	Roles    []signer.Role  `json:"roles"`
	People   int            `json:"people"` // how many different ones sign; at least two, whatever stands here
	Holds    time.Duration  `json:"holds"`  // from the proposal's date
	Fresh    time.Duration  `json:"fresh"`  // how old evidence is at most when it is proposed with
	// Probation is how long what was released is watched more closely, from its release.
	Probation time.Duration `json:"probation"`
}

// Rules are what each tier takes. A tier that is not there is never released.
type Rules map[Tier]Rule

const day = 24 * time.Hour

// DefaultRules are those of the package's comment.
func DefaultRules() Rules {
	const fresh = 30 * day
	low := Rule{[]EvidenceType{Scan}, []signer.Role{signer.Security}, 2, 365 * day, fresh, 7 * day}
	medium := Rule{append(slices.Clone(low.Evidence), SBOM, Provenance), append(slices.Clone(low.Roles), signer.DataGovernance), 2, 180 * day, fresh, 14 * day}
	high := Rule{append(slices.Clone(medium.Evidence), SAST), append(slices.Clone(medium.Roles), signer.Privacy, signer.Business), 4, 120 * day, fresh, 30 * day}
	critical := Rule{append(slices.Clone(high.Evidence), DAST), append(slices.Clone(high.Roles), signer.Legal), 5, 60 * day, fresh, 30 * day}
	return Rules{Low: low, Medium: medium, High: high, Critical: critical}
}

// Check reports whether r is sound: what it names is known, and no tier asks less than the
// one below it.
func (r Rules) Check() error {
	var below *Rule
	for t := Low; t <= Critical; t++ {
		rule, ok := r[t]
		if !ok {
			return fmt.Errorf("there is no rule for the tier %s", t)
		}
		if err := rule.check(); err != nil {
			return fmt.Errorf("the rule for the tier %s: %w", t, err)
		}
		if below != nil && rule.weaker(below) {
			return fmt.Errorf("the rule for the tier %s asks less than that of the tier below", t)
		}
		below = &rule
	}
	return nil
}

func (r *Rule) check() error {
	for _, e := range r.Evidence {
		if !slices.Contains(EvidenceTypes, e) {
			return fmt.Errorf("%q is no type of evidence", e)
		}
	}
	for _, role := range r.Roles {
		if !slices.Contains(signer.Roles, role) {
			return fmt.Errorf("%q is no role", role)
		}
	}
	if len(r.Roles) == 0 || r.Holds <= 0 || r.Fresh <= 0 || r.Probation < 0 {
		return errors.New("it needs a role, holds and fresh above zero, and no probation below")
	}
	return nil
}

func (r *Rule) weaker(below *Rule) bool {
	lacks := func(e EvidenceType) bool { return !slices.Contains(r.Evidence, e) }
	without := func(role signer.Role) bool { return !slices.Contains(r.Roles, role) }
	return slices.ContainsFunc(below.Evidence, lacks) || slices.ContainsFunc(below.Roles, without) ||
		r.People < below.People || r.Holds > below.Holds || r.Fresh > below.Fresh || r.Probation < below.Probation
}
