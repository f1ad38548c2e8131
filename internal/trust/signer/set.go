package signer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Role is what somebody answers for (C025). The zero Role is none.
type Role string

// The roles.
const (
	Security       Role = "security"
	DataGovernance Role = "data-governance"
	Privacy        Role = "privacy"
	Legal          Role = "legal"
	Business       Role = "business"
)

// Roles are all roles, in the order in which people read them.
var Roles = []Role{Security, DataGovernance, Privacy, Legal, Business}

// The bounds of a set.
const (
	MaxSigners = 200
	MaxKeys    = 10 // of one signer
	MaxName    = 128
	// MinThreshold is how many people it takes at least, whatever a file says.
	MinThreshold = 2
)

// A Signer is one person.
type Signer struct {
	Name  string    `json:"name"` // a to z, 0 to 9 and . _ @ + -, so that no two look alike
	Roles []Role    `json:"roles"`
	Keys  []Key     `json:"keys"`
	Until time.Time `json:"until"` // from then on they sign nothing; it must be said
}

// A Set is who may sign. The zero Set is nobody, and passes no Check.
type Set struct {
	Signers   []Signer `json:"signers"`
	Threshold int      `json:"threshold"`           // how many different people it takes at least
	ManyRoles bool     `json:"manyRoles,omitempty"` // one person may sign one action for several roles
}

// Check reports whether s is sound: names, keys and roles are known and stand once, and
// the threshold is between MinThreshold and the number of people.
func (s *Set) Check() error {
	if n := len(s.Signers); n > MaxSigners {
		return fmt.Errorf("%d signers; at most %d", n, MaxSigners)
	}
	if s.Threshold < MinThreshold || s.Threshold > len(s.Signers) {
		return fmt.Errorf("a threshold of %d with %d signers; it is at least %d, and there are as many signers", s.Threshold, len(s.Signers), MinThreshold)
	}
	names, keys := make(map[string]bool), make(map[string]string)
	for i := range s.Signers {
		p := &s.Signers[i]
		if names[p.Name] {
			return fmt.Errorf("the signer %q stands twice", p.Name)
		}
		names[p.Name] = true
		if err := p.check(keys); err != nil {
			return fmt.Errorf("the signer %q: %w", p.Name, err)
		}
	}
	return nil
}

func (p *Signer) check(keys map[string]string) error {
	switch {
	case !ValidName(p.Name):
		return fmt.Errorf("a name has 1 to %d of a to z, 0 to 9 and . _ @ + -", MaxName)
	case len(p.Roles) == 0:
		return errors.New("no role is given")
	case len(p.Keys) == 0 || len(p.Keys) > MaxKeys:
		return fmt.Errorf("a signer has 1 to %d keys", MaxKeys)
	case p.Until.IsZero():
		return errors.New("until is missing: say when they stop being a signer")
	}
	for i, r := range p.Roles {
		if !slices.Contains(Roles, r) {
			return fmt.Errorf("%q is no role; the roles are %s", r, list(Roles))
		}
		if slices.Contains(p.Roles[:i], r) {
			return fmt.Errorf("the role %s stands twice", r)
		}
	}
	for i := range p.Keys {
		ids, err := p.Keys[i].identities()
		if err != nil {
			return err
		}
		for _, id := range ids {
			if other, taken := keys[id]; taken {
				return fmt.Errorf("their key is also that of %q: one key is one person's, once", other)
			}
			keys[id] = p.Name
		}
	}
	return nil
}

// ValidName reports whether name can be a person's.
func ValidName(name string) bool {
	return name != "" && len(name) <= MaxName && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._@+-") == ""
}

// Find is the signer of that name, or nil.
func (s *Set) Find(name string) *Signer {
	for i := range s.Signers {
		if s.Signers[i].Name == name {
			return &s.Signers[i]
		}
	}
	return nil
}

// Digest is what an operator is given to recognise the set by. It is that of a set that
// passes Check alone.
func (s *Set) Digest() (Digest, error) {
	if err := s.Check(); err != nil {
		return Digest{}, err
	}
	c := Set{Threshold: s.Threshold, ManyRoles: s.ManyRoles, Signers: slices.Clone(s.Signers)}
	for i := range c.Signers {
		c.Signers[i].Until = c.Signers[i].Until.UTC()
	}
	return Of("mantlet.signers/1", &c)
}

func list[S ~string](of []S) string {
	words := make([]string, len(of))
	for i, s := range of {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}
