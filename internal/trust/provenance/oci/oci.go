package oci

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
	"github.com/mantlet-mcp/mantlet/internal/trust/fetch/distribution"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

// Limits of one image.
const (
	maxLayer  = 4 << 20 // bytes of a signature's or an attestation's file
	maxLayers = 32      // of one tag
	maxRefs   = 64      // referrers
)

// A Checker asks the registry that an image's name says.
type Checker struct {
	Client *http.Client

	Key     crypto.PublicKey // of the image's signer; nil for none
	KeyName string           // how reports and policies call it, and its hint in bundles
	Root    *bundle.Root     // Sigstore's; nil makes keyless signatures Unknown
}

func (c *Checker) root() *bundle.Root {
	if c.Key == nil || c.Root == nil {
		return c.Root
	}
	return c.Root.WithKey(c.KeyName, c.Key, time.Time{}, time.Time{})
}

// A look is one image looked at.
type look struct {
	*Checker

	repo   *distribution.Repository
	digest string // sha256:...
	report *provenance.Report
}

var imageDigest = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{64}$`) })

// Check looks at s.Name (host/owner/name) of the digest s.Integrity (sha256:...).
func (c *Checker) Check(ctx context.Context, s provenance.Subject) *provenance.Report {
	r := &provenance.Report{Subject: s}
	named, err := name.NewRepository(s.Name)
	if err != nil || !imageDigest().MatchString(s.Integrity) {
		r.Add(provenance.CheckIntegrity, provenance.Failed, "the image is not named with its digest (name@sha256:...)")
		return r
	}
	client := fetch.Client{HTTP: c.Client}
	ctx, cancel := client.Timed(ctx)
	defer cancel()
	repo, err := distribution.Open(ctx, client, named)
	if err == nil {
		_, err = repo.Manifest(ctx, s.Integrity)
	}
	switch {
	case errors.Is(err, distribution.ErrOther):
		r.Add(provenance.CheckIntegrity, provenance.Failed, err.Error())
		return r
	case err != nil:
		r.Add(provenance.CheckIntegrity, provenance.Unknown, err.Error())
		return r
	}
	r.Add(provenance.CheckIntegrity, provenance.Satisfied, "the registry has an image of this digest")
	l := &look{c, repo, s.Integrity, r}
	l.signatures(ctx)
	l.attestations(ctx)
	l.bundles(ctx)
	for _, check := range []string{provenance.CheckSignature, provenance.CheckBuild} {
		if !l.has(check) {
			r.Add(check, provenance.Unknown, "the registry serves none")
		}
	}
	return r
}

func (l *look) has(check string) bool {
	return slices.ContainsFunc(l.report.Checks, func(c provenance.Check) bool { return c.Name == check })
}

// A file is one layer with what is written beside it.
type file struct {
	kind        string
	annotations map[string]string
	body        []byte
}

// beside are the files of the tag that cosign keeps beside the image. None there is none,
// and no error.
func (l *look) beside(ctx context.Context, ending string) ([]file, error) {
	all, err := l.files(ctx, strings.Replace(l.digest, ":", "-", 1)+ending)
	if errors.Is(err, fetch.ErrAbsent) {
		return nil, nil
	}
	return all, err
}

func (l *look) files(ctx context.Context, ref string) ([]file, error) {
	m, err := l.repo.Manifest(ctx, ref)
	if err != nil {
		return nil, err
	}
	if len(m.Layers) > maxLayers {
		return nil, errors.New("it has too many files")
	}
	out := make([]file, 0, len(m.Layers))
	for _, d := range m.Layers {
		body, err := l.repo.Blob(ctx, d, maxLayer)
		if err != nil {
			return nil, fmt.Errorf("a file of it: %s", err.Error()) //nolint:errorlint // that a file is absent does not make the signature so
		}
		out = append(out, file{d.MediaType, d.Annotations, body})
	}
	return out, nil
}

// want is the image's digest as statements name it.
func (l *look) want() bundle.Digest {
	return bundle.Digest{Algorithm: "sha256", Hex: strings.TrimPrefix(l.digest, "sha256:")}
}
