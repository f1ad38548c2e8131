package bundle

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"time"
)

// A Digest names the artifact: algorithm as in-toto writes it (sha256, sha512), sum in hex.
type Digest struct{ Algorithm, Hex string }

// A Signature is what a verified bundle says. What a certificate does not say is "".
type Signature struct {
	Identity string // who signed: a workflow's URI or a mail address; "" for a key
	Issuer   string // who vouches for the identity
	Key      string // the key's name, where a key signed
	Builder  string // the workflow that built (1.3.6.1.4.1.57264.1.9)
	Source   string // the repository
	Commit   string
	Ref      string
	Workflow string // the workflow that was started (1.3.6.1.4.1.57264.1.18)
	Runner   string // github-hosted, self-hosted
	Time     time.Time

	Statement *Statement // nil for a bare signature
}

// Verify believes b for the artifact d, or says why not. The errors that are ErrUnknown
// say that nothing can be said.
func (r *Root) Verify(b *Bundle, d Digest) (*Signature, error) {
	if r == nil || b == nil {
		return nil, unknown{"there is no trusted root"}
	}
	if b.leaf == nil && r.keys[b.hint].key == nil {
		return nil, unknown{"the key that signed is not one that is trusted"}
	}
	times, err := r.logged(b)
	if err != nil {
		return nil, err
	}
	if times = append(times, r.stamped(b)...); len(times) == 0 {
		return nil, unknown{"nobody who is trusted says when it was signed"}
	}
	out := &Signature{Key: b.hint, Time: times[0]}
	key := r.keys[b.hint].key
	if b.leaf != nil {
		key = b.leaf.PublicKey
		err = r.certified(b, times, out)
	} else {
		err = r.inUse(b.hint, times)
	}
	if err != nil {
		return nil, err
	}
	if b.payload == nil {
		return out, bare(b, key, d)
	}
	if !Signed(key, pae(b.payloadType, b.payload), b.signature) {
		return nil, errors.New("the signature is not over this statement")
	}
	out.Statement, err = statement(b.payloadType, b.payload, d)
	return out, err
}

// VerifyKey believes an envelope that key signed, without a log (cosign's key pairs).
func VerifyKey(e *Envelope, key any, d Digest) (*Statement, error) {
	var b Bundle
	if err := b.envelope(e); err != nil {
		return nil, err
	}
	if !Signed(key, pae(b.payloadType, b.payload), b.signature) {
		return nil, errors.New("the signature is not over this statement, or another key's")
	}
	return statement(b.payloadType, b.payload, d)
}

func (r *Root) inUse(hint string, times []time.Time) error {
	for _, t := range times {
		if !r.keys[hint].time.holds(t) {
			return errors.New("the key was not in use when it signed")
		}
	}
	return nil
}

// bare checks a signature over the artifact itself.
func bare(b *Bundle, key any, d Digest) error {
	if d.Algorithm != "sha256" || d.Hex == "" || hex.EncodeToString(b.digest) != d.Hex {
		return errors.New("the signature is over another artifact")
	}
	k, ok := key.(*ecdsa.PublicKey)
	switch {
	case !ok || k.Curve.Params().BitSize != 256:
		return unknown{"the signer's key is of a kind that is not known"}
	case !ecdsa.VerifyASN1(k, b.digest, b.signature):
		return errors.New("the signature is not over this artifact")
	}
	return nil
}

// certified follows the certificate to a root at each of the times, and reads it.
func (r *Root) certified(b *Bundle, times []time.Time, out *Signature) error {
	var issuer *x509.Certificate
	for _, at := range times {
		var ok bool
		if issuer, ok = r.issuer(b, at); !ok {
			return errors.New("the certificate does not lead to a root that is trusted, or was not valid then")
		}
	}
	if err := r.promised(b.leaf, issuer); err != nil {
		return err
	}
	return out.read(b.leaf)
}

func (r *Root) issuer(b *Bundle, at time.Time) (*x509.Certificate, bool) {
	for _, a := range r.authorities {
		if !a.time.holds(at) {
			continue
		}
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(a.root)
		for _, c := range a.intermediates {
			between.AddCert(c)
		}
		chains, err := b.leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}})
		if err == nil && len(chains[0]) > 1 {
			return chains[0][1], true
		}
	}
	return nil, false
}

// fulcio are the extensions of a certificate that Fulcio explains in its oid-info.md, below
// 1.3.6.1.4.1.57264.1. Numbers from 8 on are DER strings.
func (s *Signature) read(leaf *x509.Certificate) error {
	switch {
	case len(leaf.URIs) == 1 && len(leaf.EmailAddresses) == 0:
		s.Identity = leaf.URIs[0].String()
	case len(leaf.EmailAddresses) == 1 && len(leaf.URIs) == 0:
		s.Identity = leaf.EmailAddresses[0]
	default:
		return errors.New("the certificate names no one identity")
	}
	fields := map[int]*string{8: &s.Issuer, 9: &s.Builder, 11: &s.Runner, 12: &s.Source, 13: &s.Commit, 14: &s.Ref, 18: &s.Workflow}
	old := map[int]string{}
	for _, e := range leaf.Extensions {
		if len(e.Id) != 9 || !e.Id[:8].Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1}) {
			continue
		}
		n := e.Id[8]
		if n < 7 {
			old[n] = string(e.Value)
			continue
		}
		field, ok := fields[n]
		if !ok {
			continue
		}
		if rest, err := asn1.Unmarshal(e.Value, field); err != nil || len(rest) > 0 {
			return errors.New("the certificate cannot be read")
		}
	}
	s.older(old)
	if s.Issuer == "" {
		return errors.New("the certificate does not say who vouches for its identity")
	}
	return nil
}

// older fills in what certificates said before 2023, in plain text.
func (s *Signature) older(old map[int]string) {
	if s.Issuer == "" {
		s.Issuer = old[1]
	}
	if s.Commit == "" {
		s.Commit = old[3]
	}
	if s.Source == "" && old[5] != "" && s.Issuer == "https://token.actions.githubusercontent.com" {
		s.Source = "https://github.com/" + old[5]
	}
	if s.Ref == "" {
		s.Ref = old[6]
	}
}

// Same reports that two digests are one.
func (d Digest) Same(other Digest) bool {
	return d.Algorithm == other.Algorithm && d.Hex != "" && bytes.Equal([]byte(d.Hex), []byte(other.Hex))
}
