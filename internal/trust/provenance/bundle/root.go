package bundle

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"maps"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"
	tsa "github.com/sigstore/timestamp-authority/v2/pkg/verification"
)

// A Root is whom to believe. The zero Root believes nobody.
type Root struct {
	authorities []authority // Fulcio
	stampers    []authority // RFC 3161
	rekor       map[string]logKey
	ct          map[string]logKey
	keys        map[string]logKey // by hint
}

// A span of time; zero ends are open.
type period struct {
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
}

func (p period) holds(t time.Time) bool {
	return !t.IsZero() && !t.Before(p.Start) && (p.End.IsZero() || !t.After(p.End))
}

type logKey struct {
	host string // of a log's address
	key  crypto.PublicKey
	time period
}

type authority struct {
	root          *x509.Certificate
	intermediates []*x509.Certificate
	leaf          *x509.Certificate // of a timestamp authority
	time          period
}

type formKey struct {
	BaseURL string `json:"baseUrl"`
	Hash    string `json:"hashAlgorithm"`
	Public  struct {
		Raw     []byte `json:"rawBytes"`
		Details string `json:"keyDetails"`
		Valid   period `json:"validFor"`
	} `json:"publicKey"`
	ID struct {
		Key []byte `json:"keyId"`
	} `json:"logId"`
}

type formAuthority struct {
	Chain struct {
		Certificates []rawBytes `json:"certificates"`
	} `json:"certChain"`
	Valid period `json:"validFor"`
}

// ParseRoot reads Sigstore's trusted_root.json. Whether it is the right one, and not an
// old one, is for its caller to know: there is no network here, and no TUF.
func ParseRoot(b []byte) (*Root, error) {
	var f struct {
		MediaType   string          `json:"mediaType"`
		Logs        []formKey       `json:"tlogs"`
		Authorities []formAuthority `json:"certificateAuthorities"`
		CT          []formKey       `json:"ctlogs"`
		Stampers    []formAuthority `json:"timestampAuthorities"`
	}
	bad := errors.New("the trusted root cannot be read")
	if len(b) > maxBundle || json.Unmarshal(b, &f) != nil {
		return nil, bad
	}
	switch f.MediaType {
	case "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "application/vnd.dev.sigstore.trustedroot+json;version=0.2", "application/vnd.dev.sigstore.trustedroot.v0.2+json":
	default:
		return nil, errors.New("the trusted root is of a version that is not known")
	}
	r := &Root{rekor: make(map[string]logKey), ct: make(map[string]logKey), keys: make(map[string]logKey)}
	for i := range f.Logs {
		r.rekor[string(f.Logs[i].ID.Key)] = f.Logs[i].key()
	}
	for i := range f.CT {
		r.ct[string(f.CT[i].ID.Key)] = f.CT[i].key()
	}
	for i := range f.Authorities {
		a, err := f.Authorities[i].chain(false)
		if err != nil {
			return nil, bad
		}
		r.authorities = append(r.authorities, a)
	}
	for i := range f.Stampers {
		a, err := f.Stampers[i].chain(true)
		if err != nil {
			return nil, bad
		}
		r.stampers = append(r.stampers, a)
	}
	return r, nil
}

// key is a log's; a kind that is not known leaves a key that verifies nothing.
func (f *formKey) key() logKey {
	k := logKey{time: f.Public.Valid}
	if u, err := url.Parse(f.BaseURL); err == nil {
		k.host = u.Hostname()
	}
	if pub, err := x509.ParsePKIXPublicKey(f.Public.Raw); err == nil && f.Hash == "SHA2_256" && !k.time.Start.IsZero() {
		k.key = pub
	}
	return k
}

func (f *formAuthority) chain(stamps bool) (authority, error) {
	a := authority{time: f.Valid}
	all := f.Chain.Certificates
	for i, raw := range all {
		c, err := x509.ParseCertificate(raw.Raw)
		switch {
		case err != nil:
			return a, err
		case i == len(all)-1:
			a.root = c
		case i == 0 && stamps:
			a.leaf = c
		default:
			a.intermediates = append(a.intermediates, c)
		}
	}
	if a.root == nil {
		return a, errors.New("no certificates")
	}
	return a, nil
}

// WithKey is r and one key, which signs alone, without a certificate: of a registry, or of
// somebody's own (cosign's key pair). hint is how bundles name it.
func (r *Root) WithKey(hint string, key crypto.PublicKey, start, end time.Time) *Root {
	out := *r
	out.keys = maps.Clone(r.keys)
	if out.keys == nil {
		out.keys = make(map[string]logKey)
	}
	out.keys[hint] = logKey{key: key, time: period{start, end}}
	return &out
}

// Signed reports that sig is key's over message: ECDSA on P-256 with SHA-256, on P-384 with
// SHA-384, or Ed25519. Any other key signs nothing here.
func Signed(key crypto.PublicKey, message, sig []byte) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		sum, ok := hashFor(k, message)
		return ok && ecdsa.VerifyASN1(k, sum, sig)
	case ed25519.PublicKey:
		return len(k) == ed25519.PublicKeySize && ed25519.Verify(k, message, sig)
	}
	return false
}

func hashFor(k *ecdsa.PublicKey, message []byte) ([]byte, bool) {
	switch k.Curve {
	case elliptic.P256():
		sum := sha256.Sum256(message)
		return sum[:], true
	case elliptic.P384():
		sum := sha512.Sum384(message)
		return sum[:], true
	}
	return nil, false
}

// stamped are the times that authorities of the root put on the signature.
func (r *Root) stamped(b *Bundle) []time.Time {
	var out []time.Time
	for _, stamp := range b.stamps {
		for _, a := range r.stampers {
			got, err := tsa.VerifyTimestampResponse(stamp, bytes.NewReader(b.signature), tsa.VerifyOpts{
				Roots: []*x509.Certificate{a.root}, Intermediates: a.intermediates, TSACertificate: a.leaf,
			})
			if err == nil && a.time.holds(got.Time) {
				out = append(out, got.Time)
				break
			}
		}
	}
	return out
}
