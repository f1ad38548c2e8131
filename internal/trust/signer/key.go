package signer

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey"
)

// A Kind is how a key signs. The zero Kind signs nothing.
type Kind string

// The kinds.
const (
	Ed25519  Kind = "ed25519"
	Passkey  Kind = "passkey"
	Sigstore Kind = "sigstore"
)

// A Key is one means by which a person signs; which members count, its kind says, and the
// others are empty.
type Key struct {
	Kind    Kind         `json:"kind"`
	Public  string       `json:"public,omitempty"`  // ed25519: 32 bytes in base64, a line of OpenSSH, or PEM
	Passkey *PasskeyData `json:"passkey,omitempty"` // passkey
	Issuer  string       `json:"issuer,omitempty"`  // sigstore: who says so, a URL
	Subject string       `json:"subject,omitempty"` // sigstore: whom, exactly
}

// A PasskeyData is an enrolled passkey and where it is asked. Its user is always verified.
type PasskeyData struct {
	ID      []byte   `json:"id"`
	Key     []byte   `json:"key"` // COSE_Key
	RP      string   `json:"rp"`
	Origins []string `json:"origins"`
}

func (p *PasskeyData) party() passkey.Party { return passkey.Party{ID: p.RP, Origins: p.Origins} }

// identities are what nobody else's key may share with k.
func (k *Key) identities() ([]string, error) {
	switch k.Kind {
	case Ed25519:
		if k.Passkey != nil || k.Issuer != "" || k.Subject != "" {
			return nil, errMixed
		}
		public, err := ParsePublic(k.Public)
		if err == nil && weak(public) {
			err = errWeak
		}
		return []string{"ed25519 " + string(public)}, err
	case Passkey:
		if k.Public != "" || k.Issuer != "" || k.Subject != "" || k.Passkey == nil || len(k.Passkey.ID) == 0 {
			return nil, errMixed
		}
		if err := k.Passkey.party().Check(); err != nil {
			return nil, err
		}
		return []string{"passkey " + string(k.Passkey.ID), "cose " + string(k.Passkey.Key)}, passkey.CheckKey(k.Passkey.Key)
	case Sigstore:
		if k.Public != "" || k.Passkey != nil || k.Subject == "" || !strings.HasPrefix(k.Issuer, "https://") {
			return nil, errMixed
		}
		return []string{"sigstore " + k.Issuer + "\x00" + k.Subject}, nil
	default:
		return nil, fmt.Errorf("%q is no kind of key; the kinds are %s, %s and %s", k.Kind, Ed25519, Passkey, Sigstore)
	}
}

var (
	errMixed  = errors.New("a key has what its kind needs and nothing else: public; passkey with an id; or an https issuer and a subject")
	errPublic = errors.New("the public key is no Ed25519 key: write 32 bytes in base64, a line ssh-ed25519 …, or PEM")
)

// smallOrder are the points of small order on edwards25519, in hexadecimal without the sign
// of x: under these keys anybody makes a signature that verifies (RFC 8032 section 8.8 leaves
// that to the verifier). The last two are other spellings of the first two.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

var errWeak = errors.New("the public key is a point of small order, under which anybody can sign")

func weak(k ed25519.PublicKey) bool {
	y := bytes.Clone(k)
	y[len(y)-1] &= 0x7f
	return slices.Contains(smallOrder, hex.EncodeToString(y))
}

// ParsePublic reads an Ed25519 public key: base64 of its 32 bytes, the line of a .pub file
// of OpenSSH (RFC 8709), or PEM (RFC 8410).
func ParsePublic(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "ssh-ed25519 "); ok {
		return parseSSH(rest)
	}
	if block, rest := pem.Decode([]byte(text)); block != nil {
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		key, ok := parsed.(ed25519.PublicKey)
		if err != nil || !ok || block.Type != "PUBLIC KEY" || len(bytes.TrimSpace(rest)) > 0 {
			return nil, errPublic
		}
		return key, nil
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, errPublic
	}
	return b, nil
}

// parseSSH reads what follows the name: base64 of the name and the key, each behind its
// length in four bytes, and a comment.
func parseSSH(text string) (ed25519.PublicKey, error) {
	word, _, _ := strings.Cut(text, " ")
	b, err := base64.StdEncoding.Strict().DecodeString(word)
	if err != nil {
		return nil, errPublic
	}
	const name = "ssh-ed25519"
	head := append(binary.BigEndian.AppendUint32(nil, uint32(len(name))), name...)
	head = binary.BigEndian.AppendUint32(head, ed25519.PublicKeySize)
	key, ok := bytes.CutPrefix(b, head)
	if !ok || len(key) != ed25519.PublicKeySize {
		return nil, errPublic
	}
	return key, nil
}

// ParsePrivate reads an Ed25519 private key in PEM (PKCS #8, RFC 8410), as openssl genpkey
// writes it. Its errors say nothing of what was read.
func ParsePrivate(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errPrivate
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, errPrivate
	}
	return key, nil
}

var errPrivate = errors.New("the private key is no Ed25519 key in PEM; make one with openssl genpkey -algorithm ed25519")
