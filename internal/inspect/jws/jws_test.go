package jws_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet/internal/inspect/jws"
)

var b64 = base64.RawURLEncoding

// A signer is a server that signs.
type signer struct {
	alg, kid string
	sign     func(input []byte) []byte
	jwk      string
}

func edwards(t *testing.T) signer {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer{"EdDSA", "e", func(in []byte) []byte { return ed25519.Sign(private, in) }, fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":"e","x":%q}`, b64.EncodeToString(public))}
}

func p256(t *testing.T) signer {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x, y := make([]byte, 32), make([]byte, 32)
	private.X.FillBytes(x)
	private.Y.FillBytes(y)
	return signer{"ES256", "p", func(in []byte) []byte {
		sum := sha256.Sum256(in)
		r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		out := make([]byte, 64)
		r.FillBytes(out[:32])
		s.FillBytes(out[32:])
		return out
	}, fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":"p","x":%q,"y":%q}`, b64.EncodeToString(x), b64.EncodeToString(y))}
}

// result is a signed one; change may alter the header before it is signed.
func (s signer) result(t *testing.T, body, method, params, nonce string, change func(map[string]any)) string {
	t.Helper()
	req, err := jws.Request(method, []byte(params))
	if err != nil {
		t.Fatal(err)
	}
	h := map[string]any{"alg": s.alg, "kid": s.kid, "typ": jws.Type, "nonce": nonce, "req": req}
	if change != nil {
		change(h)
	}
	head, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	v := jsontext.Value(body)
	if err := v.Canonicalize(); err != nil {
		t.Fatal(err)
	}
	input := b64.EncodeToString(head) + "." + b64.EncodeToString(v)
	signature := b64.EncodeToString(head) + ".." + b64.EncodeToString(s.sign([]byte(input)))
	return strings.TrimSuffix(body, "}") + fmt.Sprintf(`,"_meta":{%q:%q}}`, jws.Member, signature)
}

const (
	body  = `{"content":[{"type":"text","text":"na\u00efve"}], "structuredContent":{"n":1.50}}`
	asked = `{"name":"read","arguments":{"a":1},"_meta":{"progressToken":7}}`
)

func nonce() string { return rand.Text()[:20] }

func TestVerify(t *testing.T) {
	for _, s := range []signer{edwards(t), p256(t)} {
		keys, err := jws.Read([]byte(`{"keys":[` + s.jwk + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		good := s.result(t, body, "tools/call", asked, nonce(), nil)
		again := s.result(t, body, "tools/call", asked, nonce(), nil)
		for _, c := range []struct {
			name, method, params, result string
			ok                           bool
		}{
			{"as it was signed", "tools/call", asked, good, true},
			{"a second time", "tools/call", asked, good, false},
			{"with other spaces, and another token of progress", "tools/call", `{"_meta":{"progressToken":8},"arguments":{"a":1.0},"name":"read"}`, strings.ReplaceAll(again, `, "str`, `,"str`), true},
			{"changed", "tools/call", asked, strings.Replace(s.result(t, body, "tools/call", asked, nonce(), nil), "na", "ma", 1), false},
			{"more", "tools/call", asked, strings.Replace(s.result(t, body, "tools/call", asked, nonce(), nil), `{"content"`, `{"isError":true,"content"`, 1), false},
			{"another request", "tools/call", `{"name":"read","arguments":{"a":2}}`, s.result(t, body, "tools/call", asked, nonce(), nil), false},
			{"another method", "prompts/get", asked, s.result(t, body, "tools/call", asked, nonce(), nil), false},
			{"another key's name", "tools/call", asked, s.result(t, body, "tools/call", asked, nonce(), func(h map[string]any) { h["kid"] = "x" }), false},
			{"no algorithm", "tools/call", asked, s.result(t, body, "tools/call", asked, nonce(), func(h map[string]any) { h["alg"] = "none" }), false},
			{"another algorithm", "tools/call", asked, s.result(t, body, "tools/call", asked, nonce(), func(h map[string]any) { h["alg"] = "HS256" }), false},
			{"another type", "tools/call", asked, s.result(t, body, "tools/call", asked, nonce(), func(h map[string]any) { h["typ"] = "JWT" }), false},
			{"what has to be understood", "tools/call", asked, s.result(t, body, "tools/call", asked, nonce(), func(h map[string]any) { h["crit"] = []string{"b64"} }), false},
			{"a short nonce", "tools/call", asked, s.result(t, body, "tools/call", asked, "short", nil), false},
			{"an empty signature", "tools/call", asked, `{"_meta":{"` + jws.Member + `":".."}}`, false},
			{"no text", "tools/call", asked, `{"_meta":{"` + jws.Member + `":7}}`, false},
		} {
			if err := keys.Verify(c.method, []byte(c.params), []byte(c.result)); (err == nil) != c.ok {
				t.Errorf("%s, %s: %v", s.alg, c.name, err)
			}
		}
		if err := keys.Verify("tools/call", []byte(asked), []byte(body)); !errors.Is(err, jws.ErrUnsigned) {
			t.Errorf("unsigned: %v", err)
		}
	}
}

func TestRead(t *testing.T) {
	e := edwards(t).jwk
	for name, set := range map[string]string{
		"no key": `{"keys":[]}`, "no JSON": `x`, "one id twice": `{"keys":[` + e + `,` + e + `]}`, "no id": `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}`,
		"a symmetric one": `{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}`, "no point": `{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"` + b64.EncodeToString(make([]byte, 32)) + `","y":"` + b64.EncodeToString(make([]byte, 32)) + `"}]}`,
	} {
		if _, err := jws.Read([]byte(set)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(body)
	f.Add(`{"_meta":{"` + jws.Member + `":"e30..AA"}}`)
	public, _, _ := ed25519.GenerateKey(nil)
	keys, err := jws.Read(fmt.Appendf(nil, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"e","x":%q}]}`, b64.EncodeToString(public)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, result string) {
		if err := keys.Verify("tools/call", []byte(asked), []byte(result)); err == nil {
			t.Fatal("nobody signed this")
		}
	})
}
