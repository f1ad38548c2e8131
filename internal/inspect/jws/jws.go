package jws

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Member is the name under _meta.
const Member = "io.mantlet/signature"

// Type is the typ of the header.
const Type = "mcp-result+jws"

// Keys are a server's keys by their ids, and which nonces were seen. They are for many
// goroutines at once.
type Keys struct {
	of     map[string]any // ed25519.PublicKey or *ecdsa.PublicKey
	nonces nonces
}

// Read reads a JWK set. Every key has an id of its own, and is Ed25519 or P-256.
func Read(b []byte) (*Keys, error) {
	var set struct {
		Keys []struct {
			Kty string `json:"kty"`
			Crv string `json:"crv"`
			Kid string `json:"kid"`
			X   string `json:"x"`
			Y   string `json:"y"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(b, &set); err != nil {
		return nil, fmt.Errorf("it is no JWK set: %w", err)
	}
	k := &Keys{of: make(map[string]any)}
	for _, one := range set.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(one.X)
		y, errY := base64.RawURLEncoding.DecodeString(one.Y)
		if _, again := k.of[one.Kid]; again || one.Kid == "" || errX != nil || errY != nil {
			return nil, fmt.Errorf("the key %q has no id of its own, or is no key", one.Kid)
		}
		switch {
		case one.Kty == "OKP" && one.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize:
			k.of[one.Kid] = ed25519.PublicKey(x)
		case one.Kty == "EC" && one.Crv == "P-256" && len(x) == 32 && len(y) == 32:
			key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
			if err != nil {
				return nil, fmt.Errorf("the key %q is no point of its curve", one.Kid)
			}
			k.of[one.Kid] = key
		default:
			return nil, fmt.Errorf("the key %q is neither Ed25519 nor P-256", one.Kid)
		}
	}
	if len(k.of) == 0 {
		return nil, errors.New("it holds no key")
	}
	return k, nil
}

// ErrUnsigned says that a result carries no signature.
var ErrUnsigned = errors.New("the result is not signed")

var (
	errForged = errors.New("the result's signature is not its server's: the result is not what was signed")
	errOther  = errors.New("the result was signed as the answer to another request")
	errAgain  = errors.New("the result was signed for an answer that was given before")
)

type header struct {
	Alg   string   `json:"alg"`
	Kid   string   `json:"kid"`
	Typ   string   `json:"typ"`
	Nonce string   `json:"nonce"`
	Req   string   `json:"req"`
	Crit  []string `json:"crit"`
}

// Verify holds a result against its signature. It returns nil, ErrUnsigned, or why the result
// is not what its server signed for this request.
func (k *Keys) Verify(method string, params, result []byte) error {
	signature, payload, err := split(result)
	if err != nil {
		return err
	}
	protected, rest, ok := strings.Cut(signature, "..")
	if !ok || strings.Contains(rest, ".") {
		return errForged
	}
	h, err := k.header(protected)
	if err != nil {
		return err
	}
	input := protected + "." + base64.RawURLEncoding.EncodeToString(payload)
	raw, err := base64.RawURLEncoding.DecodeString(rest)
	if err != nil || !k.signed(h, []byte(input), raw) {
		return errForged
	}
	want, err := Request(method, params)
	switch {
	case err != nil:
		return err
	case h.Req != want:
		return errOther
	case !k.nonces.first(h.Kid + "\x00" + h.Nonce):
		return errAgain
	}
	return nil
}

func (k *Keys) header(protected string) (h header, err error) {
	b, err := base64.RawURLEncoding.DecodeString(protected)
	if err != nil || !jsontext.Value(b).IsValid() || json.Unmarshal(b, &h) != nil {
		return h, errForged
	}
	if h.Typ != Type || len(h.Crit) > 0 || len(h.Nonce) < 16 || len(h.Nonce) > 128 {
		return h, errForged
	}
	return h, nil
}

func (k *Keys) signed(h header, input, signature []byte) bool {
	switch key := k.of[h.Kid].(type) {
	case ed25519.PublicKey:
		return h.Alg == "EdDSA" && ed25519.Verify(key, input, signature)
	case *ecdsa.PublicKey:
		if h.Alg != "ES256" || len(signature) != 64 {
			return false
		}
		sum := sha256.Sum256(input)
		return ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
	}
	return false
}

// Request is what a signature says of the request that it answers.
func Request(method string, params []byte) (string, error) {
	m := map[string]json.RawMessage{}
	if len(params) > 0 {
		if err := json.Unmarshal(params, &m); err != nil {
			return "", err
		}
	}
	delete(m, "_meta")
	b, err := json.Marshal(map[string]any{"method": method, "params": m})
	if err != nil {
		return "", err
	}
	v := jsontext.Value(b)
	if err := v.Canonicalize(); err != nil {
		return "", err
	}
	sum := sha256.Sum256(v)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// split is the signature of a result, and the canonical form of the result without it.
func split(result []byte) (signature string, payload []byte, err error) {
	if !bytes.Contains(result, []byte(Member)) {
		return "", nil, ErrUnsigned
	}
	var whole, meta map[string]json.RawMessage
	if err := json.Unmarshal(result, &whole); err != nil {
		return "", nil, err
	}
	if json.Unmarshal(whole["_meta"], &meta) != nil || meta[Member] == nil {
		return "", nil, ErrUnsigned
	}
	if err := json.Unmarshal(meta[Member], &signature); err != nil {
		return "", nil, errForged
	}
	delete(meta, Member)
	if whole["_meta"], err = json.Marshal(meta); err != nil {
		return "", nil, err
	}
	if len(meta) == 0 {
		delete(whole, "_meta") // it was there for the signature
	}
	b, err := json.Marshal(whole)
	if err != nil {
		return "", nil, err
	}
	v := jsontext.Value(b)
	if err := v.Canonicalize(); err != nil {
		return "", nil, err
	}
	return signature, v, nil
}
