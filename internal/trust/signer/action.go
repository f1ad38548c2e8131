package signer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A Type is what sort of action is signed.
type Type string

// The types.
const (
	Release  Type = "mantlet.release/1"  // a proposal's manifest
	Bundle   Type = "mantlet.bundle/1"   // a configuration
	Decision Type = "mantlet.decision/1" // anything else that a person decides
	Evidence Type = "mantlet.evidence/1" // a report that somebody answers for
)

// A Digest is SHA-256. The zero Digest is none.
type Digest [sha256.Size]byte

const digestPrefix = "sha256:"

func (d Digest) String() string { return digestPrefix + hex.EncodeToString(d[:]) }

// MarshalText writes d as it is printed; none is empty.
func (d Digest) MarshalText() ([]byte, error) {
	if d == (Digest{}) {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *Digest) UnmarshalText(b []byte) (err error) {
	*d = Digest{}
	if len(b) > 0 {
		*d, err = ParseDigest(string(b))
	}
	return err
}

// ParseDigest reads sha256: and 64 digits of lower-case hexadecimal, not all zero.
func ParseDigest(text string) (d Digest, err error) {
	digits, ok := strings.CutPrefix(text, digestPrefix)
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != len(d) || strings.ToLower(digits) != digits || Digest(b) == (Digest{}) {
		return Digest{}, fmt.Errorf("%.100q is no digest; write sha256: and 64 hexadecimal digits", text)
	}
	return Digest(b), nil
}

// Sum is the digest of bytes.
func Sum(b []byte) Digest { return sha256.Sum256(b) }

// Of is the digest of an action: of its type and of body, which is written as JSON.
func Of(t Type, body any) (Digest, error) {
	if t == "" {
		return Digest{}, errors.New("an action has a type")
	}
	b, err := Canonical(struct {
		Type Type `json:"type"`
		Body any  `json:"body"`
	}{t, body})
	if err != nil {
		return Digest{}, err
	}
	return Sum(b), nil
}

// Canonical is v in the form of RFC 8785. Text that is not UTF-8 is replaced by
// encoding/json: who builds v refuses it before.
func Canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	c := jsontext.Value(b)
	err = c.Canonicalize()
	return c, err
}

// Decode reads one strict JSON value (RFC 7493) of at most limit bytes into v, which knows
// every member.
func Decode(b []byte, limit int, v any) error {
	if len(b) > limit {
		return fmt.Errorf("%d bytes; at most %d are read", len(b), limit)
	}
	if !jsontext.Value(b).IsValid() {
		return errors.New("it is not strict JSON")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON")
	}
	return nil
}
