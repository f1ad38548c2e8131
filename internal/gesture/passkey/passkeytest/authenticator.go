// Package passkeytest is an authenticator by hand for tests: what it answers a browser's
// script would post. It can also do what real ones do not.
package passkeytest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey"
)

// An Authenticator holds one ES256 passkey. Its answers are those of WebAuthn's sections
// 5.8.1, 6.1 and 6.5.4.
type Authenticator struct {
	ID []byte

	tb  testing.TB
	key *ecdsa.PrivateKey
}

// New is an authenticator with a passkey of its own.
func New(tb testing.TB) *Authenticator {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return &Authenticator{ID: []byte(rand.Text()), tb: tb, key: key}
}

// Key is the public half as a COSE_Key (RFC 9053 section 7.1.1): EC2, ES256, P-256, x and y.
func (a *Authenticator) Key() []byte {
	a.tb.Helper()
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.tb.Fatal(err)
	}
	return slices.Concat([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33], []byte{0x22, 0x58, 32}, point[33:])
}

// Credential is the passkey as it is kept once it was enrolled.
func (a *Authenticator) Credential() passkey.Credential {
	a.tb.Helper()
	return passkey.Credential{ID: a.ID, Key: a.Key()}
}

// The flags of an authenticator's data (WebAuthn section 6.1).
const (
	Present  = 1
	Verified = 4
	Attested = 64
)

// An Answer is what an authenticator and its browser say. The zero Answer is refused.
type Answer struct {
	Type, Origin, Party string
	Cross               bool
	Flags               byte
	Challenge           []byte
	Count               uint32
}

// Sound is what is said where all is as it should be: of a page at origin, to approve.
func Sound(challenge []byte, origin string) Answer {
	s := Answer{Type: "webauthn.get", Origin: origin, Flags: Present | Verified, Challenge: challenge, Count: 1}
	if u, err := url.Parse(origin); err == nil {
		s.Party = u.Hostname()
	}
	return s
}

// Enrols is Sound where a passkey is enrolled.
func Enrols(challenge []byte, origin string) Answer {
	s := Sound(challenge, origin)
	s.Type, s.Flags = "webauthn.create", Present|Verified|Attested
	return s
}

func (s Answer) client() []byte {
	return fmt.Appendf(nil, `{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":%t}`, s.Type, text(s.Challenge), s.Origin, s.Cross)
}

func (s Answer) data() []byte {
	rp := sha256.Sum256([]byte(s.Party))
	return binary.BigEndian.AppendUint32(append(rp[:], s.Flags), s.Count)
}

// Get is an assertion as a PublicKeyCredential in JSON.
func (a *Authenticator) Get(s Answer) []byte {
	a.tb.Helper()
	client, data := s.client(), s.data()
	digest := sha256.Sum256(client)
	signed := sha256.Sum256(append(bytes.Clone(data), digest[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		a.tb.Fatal(err)
	}
	return a.answer(map[string]string{"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(sig)})
}

// Create is an attestation of the form none as a PublicKeyCredential in JSON.
func (a *Authenticator) Create(s Answer) []byte {
	a.tb.Helper()
	data := append(s.data(), make([]byte, 16)...)                      // no AAGUID
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.ID)&0xff)) //nolint:gosec // an id is short
	data = slices.Concat(data, a.ID, a.Key())
	object := []byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59") // CBOR: three members, the last of bytes
	object = binary.BigEndian.AppendUint16(object, uint16(len(data)))      //nolint:gosec // some 200
	return a.answer(map[string]string{"clientDataJSON": text(s.client()), "attestationObject": text(append(object, data...))})
}

func (a *Authenticator) answer(response map[string]string) []byte {
	a.tb.Helper()
	b, err := json.Marshal(response)
	if err != nil {
		a.tb.Fatal(err)
	}
	return fmt.Appendf(nil, `{"id":%q,"rawId":%q,"type":"public-key","clientExtensionResults":{},"response":%s}`, text(a.ID), text(a.ID), b)
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
