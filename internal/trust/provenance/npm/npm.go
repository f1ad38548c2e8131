// Package npm verifies what npm's registry serves with a version: its own signature, its
// word that the version was published, and the provenance of its build.
//
// The question: is this tarball what the registry took in, and who built it? The threats:
// a mirror that serves another tarball, a stolen publishing token (F09). The controls:
// C044, C046. It trusts the registry's keys and Sigstore's trusted root, both given by its
// caller. When the registry serves no signature (a mirror), does not answer or answers
// with something else, the check is Unknown.
package npm

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

// Registry is npm's own.
const Registry = "https://registry.npmjs.org/"

// A Checker asks one registry.
type Checker struct {
	Client   *http.Client
	Registry string       // "" is npm's own
	Keys     []Key        // of the registry; none makes signatures Unknown
	Root     *bundle.Root // Sigstore's; nil makes provenance Unknown
	Now      func() time.Time
}

func (c *Checker) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

type manifest struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Dist    struct {
		Integrity  string `json:"integrity"`
		Signatures []struct {
			KeyID string `json:"keyid"`
			Sig   string `json:"sig"`
		} `json:"signatures"`
		Attestations struct {
			URL string `json:"url"`
		} `json:"attestations"`
	} `json:"dist"`
}

func unsaid(why string) error { return bundle.Unsaid(why) }

// Check looks at one version. With s.Integrity, which a pin or a lock file gave, the
// registry's own must be the same.
func (c *Checker) Check(ctx context.Context, s provenance.Subject) *provenance.Report {
	r := &provenance.Report{Subject: s}
	base := c.Registry
	if base == "" {
		base = Registry
	}
	base = strings.TrimSuffix(base, "/") + "/"
	client := fetch.Client{HTTP: c.Client}
	m, err := version(ctx, client, base, s)
	if err != nil {
		for _, name := range []string{provenance.CheckIntegrity, provenance.CheckRegistry, provenance.CheckPublish, provenance.CheckBuild} {
			r.Note(name, err, "")
		}
		return r
	}
	switch s.Integrity {
	case "":
		r.Subject.Integrity = m.Dist.Integrity
		r.Add(provenance.CheckIntegrity, provenance.Unknown, "nobody said which digest is expected")
	case m.Dist.Integrity:
		r.Add(provenance.CheckIntegrity, provenance.Satisfied, "the digest is the one that was expected")
	default:
		r.Add(provenance.CheckIntegrity, provenance.Failed, "the registry serves another tarball than the one that was expected")
	}
	r.Note(provenance.CheckRegistry, c.signatures(m), "the registry signed name, version and digest")
	c.attestations(ctx, client, base, m, r)
	return r
}

func version(ctx context.Context, client fetch.Client, base string, s provenance.Subject) (*manifest, error) {
	body, _, err := client.Get(ctx, base+strings.Replace(s.Name, "/", "%2f", 1)+"/"+url.PathEscape(s.Version), "application/json")
	if err != nil {
		return nil, unsaid(err.Error())
	}
	var m manifest
	switch {
	case s.Name == "" || s.Version == "" || json.Unmarshal(body, &m) != nil:
		return nil, unsaid("the registry's answer cannot be read")
	case m.Name != s.Name || m.Version != s.Version:
		return nil, unsaid("the registry answers about another version")
	}
	if _, err := sha512Of(m.Dist.Integrity); err != nil {
		return nil, unsaid("the registry gives no SHA-512")
	}
	return &m, nil
}

// sha512Of is the sum in an SRI of npm, in hex.
func sha512Of(integrity string) (string, error) {
	text, ok := strings.CutPrefix(integrity, "sha512-")
	sum, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(sum) != 64 {
		return "", errors.New("this is no SHA-512")
	}
	return hex.EncodeToString(sum), nil
}

// signatures wants one that verifies, and none that is wrong.
func (c *Checker) signatures(m *manifest) error {
	err := unsaid("the registry serves no signature")
	good := false
	for _, s := range m.Dist.Signatures {
		one := c.signature(m.Name+"@"+m.Version+":"+m.Dist.Integrity, s.KeyID, s.Sig)
		switch {
		case one == nil:
			good = true
		case !errors.Is(one, bundle.ErrUnknown):
			return one
		default:
			err = one
		}
	}
	if good {
		return nil
	}
	return err
}
