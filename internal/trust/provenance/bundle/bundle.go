package bundle

import (
	"bytes"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
)

// Limits of one bundle.
const (
	maxBundle = 8 << 20 // bytes
	maxMany   = 32      // entries of logs, timestamps, certificates
)

// A Bundle is what was signed, by what, and who saw it. It is only read, not yet believed.
type Bundle struct {
	leaf    *x509.Certificate   // nil where a key signed
	chain   []*x509.Certificate // of the bundle: only a help to find the way to a root
	hint    string              // which key; "" where a certificate signed
	entries []entry
	stamps  [][]byte // RFC 3161

	payload     []byte // of a DSSE envelope; nil for a bare signature
	payloadType string
	digest      []byte // SHA-256 that a bare signature is over
	signature   []byte
}

type rawBytes struct {
	Raw []byte `json:"rawBytes"`
}

// form is the JSON of protobuf-specs' Bundle, version 0.1 to 0.3.
type form struct {
	MediaType string `json:"mediaType"`
	Material  struct {
		Chain *struct {
			Certificates []rawBytes `json:"certificates"`
		} `json:"x509CertificateChain"`
		Certificate *rawBytes `json:"certificate"`
		Key         *struct {
			Hint string `json:"hint"`
		} `json:"publicKey"`
		Entries []entry `json:"tlogEntries"`
		Times   *struct {
			Stamps []struct {
				Signed []byte `json:"signedTimestamp"`
			} `json:"rfc3161Timestamps"`
		} `json:"timestampVerificationData"`
	} `json:"verificationMaterial"`
	Envelope *Envelope `json:"dsseEnvelope"`
	Message  *struct {
		Digest struct {
			Algorithm string `json:"algorithm"`
			Digest    []byte `json:"digest"`
		} `json:"messageDigest"`
		Signature []byte `json:"signature"`
	} `json:"messageSignature"`
}

// An Envelope is DSSE's.
type Envelope struct {
	Payload     []byte `json:"payload"`
	PayloadType string `json:"payloadType"`
	Signatures  []struct {
		Sig   []byte `json:"sig"`
		KeyID string `json:"keyid"`
	} `json:"signatures"`
}

var versions = map[string]int{
	"application/vnd.dev.sigstore.bundle+json;version=0.1": 1,
	"application/vnd.dev.sigstore.bundle+json;version=0.2": 2,
	"application/vnd.dev.sigstore.bundle+json;version=0.3": 3,
	"application/vnd.dev.sigstore.bundle.v0.3+json":        3,
}

// Parse reads a bundle. What cannot be read is ErrUnknown.
func Parse(b []byte) (*Bundle, error) {
	var f form
	if len(b) > maxBundle || json.Unmarshal(b, &f, json.RejectUnknownMembers(true)) != nil {
		return nil, unknown{"the bundle cannot be read"}
	}
	version, ok := versions[f.MediaType]
	if !ok {
		return nil, unknown{"the bundle is of a version that is not known"}
	}
	out := &Bundle{entries: f.Material.Entries}
	if err := errors.Join(out.signer(&f, version), out.content(&f)); err != nil {
		return nil, err
	}
	if f.Material.Times != nil {
		for _, s := range f.Material.Times.Stamps {
			out.stamps = append(out.stamps, s.Signed)
		}
	}
	if len(out.entries) > maxMany || len(out.stamps) > maxMany {
		return nil, unknown{"the bundle holds too much"}
	}
	for i := range out.entries {
		if err := out.entries[i].check(version); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// signer takes the certificate or the key's name: one of them.
func (b *Bundle) signer(f *form, version int) error {
	m := &f.Material
	var raw []rawBytes
	switch {
	case m.Key != nil && m.Chain == nil && m.Certificate == nil:
		b.hint = m.Key.Hint
		if b.hint == "" {
			return unknown{"the bundle names no key"}
		}
		return nil
	case m.Certificate != nil && m.Key == nil && m.Chain == nil:
		raw = []rawBytes{*m.Certificate}
	case m.Chain != nil && m.Key == nil && m.Certificate == nil && version < 3:
		raw = m.Chain.Certificates
	}
	if len(raw) == 0 || len(raw) > maxMany {
		return unknown{"the bundle names no one signer"}
	}
	for i, c := range raw {
		cert, err := x509.ParseCertificate(c.Raw)
		if err != nil {
			return errors.New("the bundle's certificate cannot be read")
		}
		if i == 0 {
			b.leaf = cert
		} else if !bytes.Equal(cert.RawSubject, cert.RawIssuer) { // a root is never taken from a bundle
			b.chain = append(b.chain, cert)
		}
	}
	return nil
}

// content takes the envelope or the bare signature: one of them.
func (b *Bundle) content(f *form) error {
	switch {
	case f.Envelope != nil && f.Message == nil:
		return b.envelope(f.Envelope)
	case f.Message != nil && f.Envelope == nil:
		if f.Message.Digest.Algorithm != "SHA2_256" {
			return unknown{"the signature is over a digest of a kind that is not known"}
		}
		b.digest, b.signature = f.Message.Digest.Digest, f.Message.Signature
		return nil
	}
	return unknown{"the bundle signs no one thing"}
}

func (b *Bundle) envelope(e *Envelope) error {
	if len(e.Signatures) != 1 || len(e.Payload) == 0 {
		return unknown{"the envelope has not one signature"}
	}
	b.payload, b.payloadType, b.signature = e.Payload, e.PayloadType, e.Signatures[0].Sig
	if strings.ContainsAny(b.payloadType, "\r\n") || b.payloadType == "" {
		return unknown{"the envelope has no type"}
	}
	return nil
}
