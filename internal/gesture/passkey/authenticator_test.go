package passkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey"
)

// An authenticator is one by hand, from WebAuthn's sections 6.1, 6.5.4 and 5.8.1, which
// can also do what real ones do not.
type authenticator struct {
	id    []byte
	key   *ecdsa.PrivateKey
	count uint32
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	return &authenticator{id: id, key: key, count: 1}
}

func (a *authenticator) cose(t *testing.T) []byte {
	t.Helper()
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	m, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (a *authenticator) credential(t *testing.T) passkey.Credential {
	t.Helper()
	return passkey.Credential{ID: a.id, Key: a.cose(t)}
}

// How is what an answer says; the zero How is refused, sound() is not.
type how struct {
	typ, origin, rp string
	cross           bool
	flags           byte
	challenge       []byte
	count           uint32
}

const (
	present, verified, attested = 1, 4, 64
)

func sound(challenge []byte) how {
	return how{typ: "webauthn.get", origin: origin, rp: "localhost", flags: present | verified, challenge: challenge, count: 1}
}

func (h how) client() []byte {
	b, _ := json.Marshal(map[string]any{"type": h.typ, "challenge": base64.RawURLEncoding.EncodeToString(h.challenge), "origin": h.origin, "crossOrigin": h.cross})
	return b
}

func (h how) data() []byte {
	rp := sha256.Sum256([]byte(h.rp))
	return binary.BigEndian.AppendUint32(append(rp[:], h.flags), h.count)
}

func (a *authenticator) get(t *testing.T, h how) []byte {
	t.Helper()
	client, data := h.client(), h.data()
	digest := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), digest[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		t.Fatal(err)
	}
	return a.answer(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(sig)})
}

func (a *authenticator) create(t *testing.T, h how) []byte {
	t.Helper()
	data := append(h.data(), make([]byte, 16)...) // AAGUID
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), a.cose(t)...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		t.Fatal(err)
	}
	return a.answer(map[string]any{"clientDataJSON": b64(h.client()), "attestationObject": b64(object)})
}

func (a *authenticator) answer(response map[string]any) []byte {
	b, _ := json.Marshal(map[string]any{"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response})
	return b
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
