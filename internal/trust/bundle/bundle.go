package bundle

import (
	"bytes"
	"crypto/ed25519"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// A Bundle is a file that was read. Parse makes one that nobody has verified; Open one that
// was accepted.
type Bundle struct {
	Payload    Payload
	Digest     signer.Digest // of the payload's bytes
	Signatures []signer.Signature
	SignedBy   []string // by Open: whose signatures counted

	raw []byte // the payload
}

type envelope struct {
	Payload    []byte             `json:"payload"`
	Signatures []signer.Signature `json:"signatures"`
}

// New is a bundle of p that nobody has signed yet.
func New(p Payload) (Bundle, error) {
	if p.Files == nil {
		p.Files = map[string][]byte{}
	}
	if err := p.Check(); err != nil {
		return Bundle{}, err
	}
	raw, err := signer.Canonical(&p)
	if err != nil {
		return Bundle{}, err
	}
	b := Bundle{Payload: p, Digest: signer.Sum(raw), raw: raw}
	file, err := b.Encode()
	if err != nil {
		return Bundle{}, err
	}
	if len(file) > MaxBundle { // its signatures are small beside that
		return Bundle{}, shape("it has %d bytes; at most %d are read", len(file), MaxBundle)
	}
	return b, nil
}

// Parse reads a file without believing it: to show it, and to sign it. What is read is
// written in one way: who changes a byte of it, but for space around it, is refused.
func Parse(file []byte) (Bundle, error) {
	file = bytes.TrimSpace(file)
	var e envelope
	if err := signer.Decode(file, MaxBundle, &e); err != nil {
		return Bundle{}, shape("%w", err)
	}
	if len(e.Signatures) > signer.MaxSignatures {
		return Bundle{}, shape("it has %d signatures; at most %d are read", len(e.Signatures), signer.MaxSignatures)
	}
	if c, err := signer.Canonical(&e); err != nil || !bytes.Equal(c, file) {
		return Bundle{}, shape("it is not in the form of RFC 8785")
	}
	b := Bundle{Digest: signer.Sum(e.Payload), Signatures: e.Signatures, raw: e.Payload}
	if err := signer.Decode(e.Payload, MaxBundle, &b.Payload); err != nil {
		return Bundle{}, shape("its payload: %w", err)
	}
	if c, err := signer.Canonical(&b.Payload); err != nil || !bytes.Equal(c, e.Payload) {
		return Bundle{}, shape("its payload is not in the form of RFC 8785")
	}
	return b, b.Payload.Check()
}

// Encode is b as a file, with a line break at its end.
func (b *Bundle) Encode() ([]byte, error) {
	c, err := signer.Canonical(&envelope{b.raw, append([]signer.Signature{}, b.Signatures...)})
	if err != nil {
		return nil, err
	}
	return append(c, '\n'), nil
}

// Action is what is signed: the digest that a signer.Signature is under.
func (b *Bundle) Action() (signer.Digest, error) { return signer.Of(signer.Bundle, b.Digest) }

// Sign adds name's signature by an Ed25519 key. Those by other means are appended to
// Signatures as they come.
func (b *Bundle) Sign(key ed25519.PrivateKey, name string, role signer.Role, at time.Time) error {
	d, err := b.Action()
	if err != nil {
		return err
	}
	s, err := signer.Sign(key, d, signer.Signature{Signer: name, Role: role, At: at})
	if err != nil {
		return err
	}
	b.Signatures = append(b.Signatures, s)
	return nil
}
