package npm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

// A Key is one of a registry's.
type Key struct {
	ID         string // SHA256:...
	Public     *ecdsa.PublicKey
	Start, End time.Time // zero for open
	Signs      bool      // name@version:integrity
	Attests    bool      // publications, in bundles
}

// ParseKeys reads a registry's keys in either form: what /-/npm/v1/keys answers, and
// keys.json of npm's TUF repository. Keys of another kind than ECDSA P-256 are left out.
func ParseKeys(b []byte) ([]Key, error) {
	var f struct {
		Keys []struct {
			ID      string     `json:"keyid"`
			Expires *time.Time `json:"expires"`
			Key     []byte     `json:"key"`

			TUFID  string `json:"keyId"`
			Usage  string `json:"keyUsage"`
			Public struct {
				Raw   []byte `json:"rawBytes"`
				Valid struct {
					Start time.Time `json:"start"`
					End   time.Time `json:"end"`
				} `json:"validFor"`
			} `json:"publicKey"`
		} `json:"keys"`
	}
	if len(b) > 1<<20 || json.Unmarshal(b, &f) != nil {
		return nil, errors.New("the registry's keys cannot be read")
	}
	var out []Key
	for _, k := range f.Keys {
		one := Key{ID: k.ID + k.TUFID, Start: k.Public.Valid.Start, End: k.Public.Valid.End, Signs: k.Usage != "npm:attestations", Attests: k.Usage != "npm:signatures"}
		raw := k.Key
		if len(raw) == 0 {
			raw = k.Public.Raw
		}
		if k.Expires != nil {
			one.End = *k.Expires
		}
		pub, err := x509.ParsePKIXPublicKey(raw)
		if ec, ok := pub.(*ecdsa.PublicKey); err == nil && ok && ec.Curve == elliptic.P256() && one.ID != "" {
			one.Public = ec
			out = append(out, one)
		}
	}
	return out, nil
}

// signature checks one signature of a version (docs.npmjs.com, about registry signatures).
func (c *Checker) signature(message, id, sig string) error {
	for _, k := range c.Keys {
		if k.ID != id || !k.Signs {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(sig)
		switch {
		case err != nil || !bundle.Signed(k.Public, []byte(message), raw):
			return errors.New("the registry did not sign this name, version and digest")
		case !k.End.IsZero() && !c.now().Before(k.End):
			// The signature has no time of its own, and whoever has an old key can sign today.
			return unsaid("it is signed by a key that ended on " + k.End.Format(time.DateOnly) + ", and only the registry says when")
		}
		return nil
	}
	return unsaid("it is signed by a key that is not known here")
}
