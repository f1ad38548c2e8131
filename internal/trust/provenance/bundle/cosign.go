package bundle

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"

	"github.com/go-json-experiment/json"
)

// Unsaid is an error that is ErrUnknown, with words.
func Unsaid(why string) error { return unknown{why} }

// SHA256 is the digest of b.
func SHA256(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest{"sha256", hex.EncodeToString(sum[:])}
}

// line is what cosign 2 keeps of an entry of the log, beside a signature. It has no proof,
// only the log's promise.
type line struct {
	Signed  []byte `json:"SignedEntryTimestamp"` //nolint:tagliatelle // cosign's word
	Payload struct {
		Body  []byte `json:"body"`
		Time  int64  `json:"integratedTime"`
		Index int64  `json:"logIndex"`
		Log   string `json:"logID"` //nolint:tagliatelle // cosign's word
	} `json:"Payload"` //nolint:tagliatelle // cosign's word
}

// ParseCosign reads a signature over payload as cosign 2 stores it: a certificate in PEM,
// and the line of the log in JSON.
func ParseCosign(cert, text, payload, sig []byte) (*Bundle, error) {
	b, err := cosign(cert, text)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(payload)
	b.digest, b.signature = sum[:], sig
	return b, nil
}

// ParseCosignEnvelope reads an attestation that is stored in the same way.
func ParseCosignEnvelope(cert, text []byte, e *Envelope) (*Bundle, error) {
	b, err := cosign(cert, text)
	if err != nil {
		return nil, err
	}
	return b, b.envelope(e)
}

func cosign(cert, text []byte) (*Bundle, error) {
	p, _ := pem.Decode(cert)
	var l line
	if p == nil || len(text) > maxBundle || json.Unmarshal(text, &l) != nil {
		return nil, unknown{"the certificate or the log's line cannot be read"}
	}
	leaf, err := x509.ParseCertificate(p.Bytes)
	id, errID := hex.DecodeString(l.Payload.Log)
	var in body
	if err != nil || errID != nil || json.Unmarshal(l.Payload.Body, &in) != nil {
		return nil, unknown{"the certificate or the log's line cannot be read"}
	}
	e := entry{Index: l.Payload.Index, Time: l.Payload.Time, Body: l.Payload.Body}
	e.Log.Key, e.Kind.Kind, e.Kind.Version = id, in.Kind, in.Version
	e.Promise = &struct {
		Signed []byte `json:"signedEntryTimestamp"`
	}{l.Signed}
	return &Bundle{leaf: leaf, entries: []entry{e}}, e.check(1)
}
