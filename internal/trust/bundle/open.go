package bundle

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// Why a bundle is refused, beside ErrShape.
var (
	ErrRoot     = errors.New("no bundle was accepted before, and the signers are not those of the digest that was given: start with --root")
	ErrRollback = errors.New("a younger bundle was accepted before")
	ErrSame     = errors.New("another bundle of the same version was accepted before")
	ErrChain    = errors.New("it does not follow the bundle that was accepted before")
	ErrDate     = errors.New("it is not issued yet, or has ended")
	ErrSigners  = errors.New("too few people have signed it")
)

// A Root is what a bundle is held against. The zero Root accepts nothing.
type Root struct {
	State   *State        // what was accepted last; nil: nothing yet
	Signers signer.Digest // where there is no State: of the set of signers that the operator trusts
	Bundle  signer.VerifyBundle
}

// Open returns the bundle in file if root accepts it at now, and the State that is then to
// be kept, before the bundle is used.
func Open(file []byte, root Root, now time.Time) (Bundle, State, error) {
	b, err := Parse(file)
	if err != nil {
		return Bundle{}, State{}, err
	}
	p := &b.Payload
	if p.Issued.After(now.Add(signer.Skew)) || !now.Before(p.Expires) {
		return Bundle{}, State{}, fmt.Errorf("%w: issued %s, expires %s", ErrDate, p.Issued.Format(time.RFC3339), p.Expires.Format(time.RFC3339))
	}
	next := State{Type: stateType, Version: p.Version, Payload: b.Digest, Signers: p.Signers, Accepted: now.UTC().Truncate(time.Second)}
	switch s := root.State; {
	case s == nil:
		err = b.begins(root, now)
	case p.Version < s.Version:
		err = fmt.Errorf("%w: version %d, and this is version %d", ErrRollback, s.Version, p.Version)
	case p.Version == s.Version && b.Digest != s.Payload:
		err = ErrSame
	case p.Version == s.Version:
		next.Accepted = s.Accepted
		err = b.signedBy(s.Signers, root, s.Accepted) // as it was when it was accepted
	case p.Version == s.Version+1 && p.Previous != s.Payload:
		err = ErrChain
	default:
		err = b.follows(s, root, now)
	}
	if err != nil {
		return Bundle{}, State{}, err
	}
	return b, next, nil
}

// begins accepts the first bundle.
func (b *Bundle) begins(root Root, now time.Time) error {
	digest, err := b.Payload.Signers.Digest()
	if err != nil {
		return err
	}
	if root.Signers == (signer.Digest{}) || digest != root.Signers {
		return fmt.Errorf("%w %s if these are the people: %s", ErrRoot, digest, names(&b.Payload.Signers))
	}
	return b.signedBy(b.Payload.Signers, root, now)
}

func names(s *signer.Set) string {
	out := make([]string, len(s.Signers))
	for i := range s.Signers {
		out[i] = s.Signers[i].Name
	}
	return strings.Join(out, ", ")
}

// follows accepts a bundle after another.
func (b *Bundle) follows(s *State, root Root, now time.Time) error {
	before, err := s.Signers.Digest()
	if err != nil {
		return err
	}
	after, err := b.Payload.Signers.Digest()
	if err != nil {
		return err
	}
	if err := b.signedBy(s.Signers, root, now); err != nil || before == after {
		return err
	}
	if err := b.signedBy(b.Payload.Signers, root, now); err != nil {
		return fmt.Errorf("of the new signers: %w", err)
	}
	return nil
}

func (b *Bundle) signedBy(set signer.Set, root Root, now time.Time) error {
	d, err := b.Action()
	if err != nil {
		return err
	}
	v := signer.Verifier{Set: set, Bundle: root.Bundle}
	t, err := v.Quorum(d, b.Signatures, now)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSigners, err)
	}
	for _, name := range t.Persons() {
		if !slices.Contains(b.SignedBy, name) {
			b.SignedBy = append(b.SignedBy, name)
		}
	}
	return nil
}
