package signer

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey"
)

// The bounds of signatures.
const (
	MaxSignatures = 2 * MaxSigners // under one action
	MaxProof      = 256 << 10      // bytes of one
	Skew          = 5 * time.Minute
)

// A Signature is one person's under one action. See the package's comment for what it is
// over.
type Signature struct {
	Signer string    `json:"signer"`
	Role   Role      `json:"role"`
	Kind   Kind      `json:"kind"`
	At     time.Time `json:"at"`    // in UTC, whole seconds
	Proof  []byte    `json:"proof"` // ed25519: 64 bytes; passkey: the assertion in JSON; sigstore: the bundle
}

const signatureType Type = "mantlet.signature/1"

// A statement is what is signed.
type statement struct {
	Type   Type      `json:"type"`
	Action Digest    `json:"action"`
	Signer string    `json:"signer"`
	Role   Role      `json:"role"`
	At     time.Time `json:"at"`
}

// maxStatement is the size of a statement in bytes, and more than any has.
const maxStatement = 4 << 10

// Statement is what s signs of the action d.
func (s *Signature) Statement(d Digest) ([]byte, error) {
	return Canonical(statement{signatureType, d, s.Signer, s.Role, s.At})
}

// ParseStatement reads what Statement has made: the action, and a Signature without its
// kind and proof. Space around it, as an editor leaves it, is another statement.
func ParseStatement(b []byte) (Digest, Signature, error) {
	var t statement
	if err := Decode(b, maxStatement, &t); err != nil {
		return Digest{}, Signature{}, fmt.Errorf("the statement: %w", err)
	}
	s := Signature{Signer: t.Signer, Role: t.Role, At: t.At}
	if again, err := s.Statement(t.Action); err != nil || t.Type != signatureType || !bytes.Equal(again, b) {
		return Digest{}, Signature{}, errors.New("the statement is not as Mantlet printed it; have it printed anew, and sign that")
	}
	return t.Action, s, nil
}

// Challenge is SHA-256 of the Statement: what a passkey is asked to sign.
func (s *Signature) Challenge(d Digest) (Digest, error) {
	b, err := s.Statement(d)
	return Sum(b), err
}

// Sign fills in the proof of s by an Ed25519 key. Its date loses what is below a second.
func Sign(key ed25519.PrivateKey, d Digest, s Signature) (Signature, error) {
	s.Kind, s.At = Ed25519, s.At.UTC().Truncate(time.Second)
	b, err := s.Statement(d)
	if err != nil {
		return Signature{}, err
	}
	s.Proof = ed25519.Sign(key, b)
	return s, nil
}

// VerifyBundle returns whose Sigstore bundle it is over a blob of that digest.
type VerifyBundle func(bundle []byte, digest Digest) (issuer, subject string, err error)

// A Verifier knows who may sign, and how the bundles of Sigstore are verified; without
// that none of them counts. The zero Verifier accepts nobody.
type Verifier struct {
	Set    Set
	Bundle VerifyBundle
}

// Verified is what a signature was found to be.
type Verified struct {
	Signer     string
	Role       Role
	At         time.Time
	Credential []byte // of a passkey: its ID
	Count      uint32 // of a passkey: its counter, which the caller keeps and never lets go back
}

// Why a signature is refused.
var (
	ErrUnknown = errors.New("nobody of that name may sign")
	ErrOver    = errors.New("the signer's time is over")
	ErrRole    = errors.New("the signer does not have that role")
	ErrProof   = errors.New("the signature is not theirs, or not under this")
	ErrDate    = errors.New("the date is to come, or not in whole seconds of UTC")
)

// Verify reports whose signature s is under the action d, and for which role.
func (v *Verifier) Verify(d Digest, s Signature, now time.Time) (Verified, error) {
	if err := v.Set.Check(); err != nil {
		return Verified{}, err
	}
	return v.verify(d, s, now)
}

// verify is Verify with a set that was checked.
func (v *Verifier) verify(d Digest, s Signature, now time.Time) (Verified, error) {
	p := v.Set.Find(s.Signer)
	switch {
	case p == nil:
		return Verified{}, ErrUnknown
	case !now.Before(p.Until):
		return Verified{}, ErrOver
	case !slices.Contains(p.Roles, s.Role):
		return Verified{}, ErrRole
	case s.At.IsZero() || s.At.Nanosecond() != 0 || s.At.Location() != time.UTC || s.At.After(now.Add(Skew)):
		return Verified{}, ErrDate
	case d == (Digest{}) || len(s.Proof) == 0 || len(s.Proof) > MaxProof:
		return Verified{}, ErrProof
	}
	signs, err := s.Statement(d)
	if err != nil {
		return Verified{}, err
	}
	for i := range p.Keys {
		if p.Keys[i].Kind != s.Kind {
			continue
		}
		if got, ok := v.proves(&p.Keys[i], signs, s.Proof); ok {
			got.Signer, got.Role, got.At = p.Name, s.Role, s.At
			return got, nil
		}
	}
	return Verified{}, ErrProof
}

func (v *Verifier) proves(k *Key, statement, proof []byte) (Verified, bool) {
	switch k.Kind {
	case Ed25519:
		public, err := ParsePublic(k.Public)
		return Verified{}, err == nil && ed25519.Verify(public, statement, proof)
	case Passkey:
		challenge := Sum(statement)
		a, err := k.Passkey.party().Verify(proof, challenge[:], passkey.Credential{ID: k.Passkey.ID, Key: k.Passkey.Key})
		return Verified{Credential: a.Credential, Count: a.Count}, err == nil
	case Sigstore:
		if v.Bundle == nil {
			return Verified{}, false
		}
		issuer, subject, err := v.Bundle(proof, Sum(statement))
		return Verified{}, err == nil && issuer == k.Issuer && subject == k.Subject
	default:
		return Verified{}, false
	}
}

// A Tally is what many signatures under one action come to.
type Tally struct {
	Counted []Verified // one a person and role, the oldest first
	Refused []string   // why others do not count, for people
}

// Persons are who signed, each once, in the order of their signatures.
func (t *Tally) Persons() (out []string) {
	for _, c := range t.Counted {
		if !slices.Contains(out, c.Signer) {
			out = append(out, c.Signer)
		}
	}
	return out
}

// Has reports whether somebody signed for r.
func (t *Tally) Has(r Role) bool {
	return slices.ContainsFunc(t.Counted, func(c Verified) bool { return c.Role == r })
}

// Tally verifies every one of signatures under d.
func (v *Verifier) Tally(d Digest, signatures []Signature, now time.Time) (t Tally, err error) {
	if err := v.Set.Check(); err != nil {
		return Tally{}, err
	}
	if n := len(signatures); n > MaxSignatures {
		return Tally{}, fmt.Errorf("%d signatures; at most %d are read", n, MaxSignatures)
	}
	var good []Verified
	for _, s := range signatures {
		c, err := v.verify(d, s, now)
		if err != nil {
			t.Refused = append(t.Refused, fmt.Sprintf("the signature of %.*q for %.*q: %s", MaxName, s.Signer, MaxName, s.Role, err))
			continue
		}
		good = append(good, c)
	}
	slices.SortStableFunc(good, func(a, b Verified) int {
		if n := a.At.Compare(b.At); n != 0 {
			return n
		}
		return strings.Compare(string(a.Role), string(b.Role))
	})
	for _, c := range good {
		t.add(c, v.Set.ManyRoles)
	}
	return t, nil
}

func (t *Tally) add(c Verified, many bool) {
	for _, o := range t.Counted {
		if o.Signer != c.Signer || many && o.Role != c.Role {
			continue
		}
		if o.Role != c.Role {
			t.Refused = append(t.Refused, fmt.Sprintf("%s signed for %s already, and may sign for one role", c.Signer, o.Role))
		}
		return
	}
	t.Counted = append(t.Counted, c)
}

// Quorum is Tally, and an error unless as many people as the set's threshold signed.
func (v *Verifier) Quorum(d Digest, signatures []Signature, now time.Time) (Tally, error) {
	t, err := v.Tally(d, signatures, now)
	if err != nil {
		return Tally{}, err
	}
	if n := len(t.Persons()); n < v.Set.Threshold {
		return t, fmt.Errorf("%d of %d people have signed%s", n, v.Set.Threshold, because(t.Refused))
	}
	return t, nil
}

func because(refused []string) string {
	if len(refused) == 0 {
		return ""
	}
	return " (" + strings.Join(refused, "; ") + ")"
}
