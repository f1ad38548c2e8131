package oci

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
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

	repo    name.Repository
	digest  v1.Hash
	options []remote.Option
	report  *provenance.Report
}

// Check looks at s.Name (host/owner/name) of the digest s.Integrity (sha256:...).
func (c *Checker) Check(ctx context.Context, s provenance.Subject) *provenance.Report {
	r := &provenance.Report{Subject: s}
	repo, err := name.NewRepository(s.Name)
	digest, errDigest := v1.NewHash(s.Integrity)
	if err != nil || errDigest != nil || digest.Algorithm != "sha256" {
		r.Add(provenance.CheckIntegrity, provenance.Failed, "the image is not named with its digest (name@sha256:...)")
		return r
	}
	client := fetch.Client{HTTP: c.Client}
	ctx, cancel := client.Timed(ctx)
	defer cancel()
	l := &look{c, repo, digest, []remote.Option{
		remote.WithContext(ctx), remote.WithTransport(client.Transport(repo.RegistryStr())), remote.WithRetryStatusCodes(), remote.WithRetryBackoff(remote.Backoff{Steps: 1}),
	}, r}
	if !l.there() {
		return r
	}
	l.signatures()
	l.attestations()
	l.bundles()
	for _, check := range []string{provenance.CheckSignature, provenance.CheckBuild} {
		if !l.has(check) {
			r.Add(check, provenance.Unknown, "the registry serves none")
		}
	}
	return r
}

func (l *look) has(check string) bool {
	for _, c := range l.report.Checks {
		if c.Name == check {
			return true
		}
	}
	return false
}

// there demands that the registry has bytes of this digest; go-containerregistry hashes them.
func (l *look) there() bool {
	got, err := remote.Get(l.repo.Digest(l.digest.String()), l.options...)
	switch {
	case err != nil:
		l.report.Add(provenance.CheckIntegrity, provenance.Unknown, "the registry gives no manifest of this digest: "+said(err))
	case got.Digest != l.digest:
		l.report.Add(provenance.CheckIntegrity, provenance.Failed, "the registry serves another image than the digest's")
	default:
		l.report.Add(provenance.CheckIntegrity, provenance.Satisfied, "the registry has an image of this digest")
		return true
	}
	return false
}

// said is a registry's error without what the registry wrote.
func said(err error) string {
	if t, ok := errors.AsType[*transport.Error](err); ok {
		return fmt.Sprintf("status %d", t.StatusCode)
	}
	return "it cannot be reached, or its answer cannot be read"
}

func absent(err error) bool {
	t, ok := errors.AsType[*transport.Error](err)
	return ok && t.StatusCode == http.StatusNotFound
}

// A file is one layer with what is written beside it.
type file struct {
	kind        string
	annotations map[string]string
	body        []byte
}

// beside are the files of the tag that cosign keeps beside the image. None there is none,
// and no error.
func (l *look) beside(ending string) ([]file, error) {
	img, err := remote.Image(l.repo.Tag(strings.Replace(l.digest.String(), ":", "-", 1)+ending), l.options...)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return files(img)
}

func files(img v1.Image) ([]file, error) {
	m, err := img.Manifest()
	if err != nil {
		return nil, err
	}
	if len(m.Layers) > maxLayers {
		return nil, errors.New("too many files")
	}
	out := make([]file, 0, len(m.Layers))
	for _, d := range m.Layers {
		if d.Size > maxLayer {
			return nil, errors.New("a file is too long")
		}
		layer, err := img.LayerByDigest(d.Digest)
		if err != nil {
			return nil, err
		}
		body, err := content(layer)
		if err != nil {
			return nil, err
		}
		out = append(out, file{string(d.MediaType), d.Annotations, body})
	}
	return out, nil
}

// content is a layer's bytes; go-containerregistry compares them with their digest.
func content(layer v1.Layer) ([]byte, error) {
	in, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // read only
	body, err := io.ReadAll(io.LimitReader(in, maxLayer+1))
	if err == nil && len(body) > maxLayer {
		err = errors.New("a file is too long")
	}
	return body, err
}

// want is the image's digest as statements name it.
func (l *look) want() bundle.Digest { return bundle.Digest{Algorithm: "sha256", Hex: l.digest.Hex} }
