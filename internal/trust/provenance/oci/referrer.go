package oci

import (
	"context"
	"errors"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

const (
	bundleType = "application/vnd.dev.sigstore.bundle" // and its version
	signedKind = "https://sigstore.dev/cosign/sign/v1"
)

// bundles looks at the Sigstore bundles that refer to the image.
func (l *look) bundles(ctx context.Context) {
	list, err := l.repo.Referrers(ctx, l.digest)
	if errors.Is(err, fetch.ErrAbsent) {
		return
	}
	if err != nil {
		for _, check := range []string{provenance.CheckSignature, provenance.CheckBuild} {
			if !l.has(check) {
				l.report.Add(check, provenance.Unknown, err.Error())
			}
		}
		return
	}
	var built, signed []error
	for i, d := range list {
		if i == maxRefs {
			signed = append(signed, bundle.Unsaid("too much refers to the image"))
			break
		}
		if !strings.HasPrefix(d.ArtifactType, bundleType) {
			continue
		}
		b, s := l.referred(ctx, d.Digest)
		built, signed = append(built, b...), append(signed, s...)
	}
	l.best(provenance.CheckBuild, len(built), func(i int) error { return built[i] }, "a builder signed what was built from what")
	l.best(provenance.CheckSignature, len(signed), func(i int) error { return signed[i] }, "the image's digest is signed")
}

// referred verifies the bundles of one referrer. One that cannot be read, or whose
// signature is wrong, counts against both checks: nobody knows what it would have said.
func (l *look) referred(ctx context.Context, digest string) (built, signed []error) {
	all, err := l.files(ctx, digest)
	if err != nil {
		err = bundle.Unsaid(err.Error())
		return []error{err}, []error{err}
	}
	for i := range all {
		s, err := l.verified(all[i].body)
		switch {
		case err != nil:
			built, signed = append(built, err), append(signed, err)
		case provenance.IsBuild(s.Statement.Kind):
			built = append(built, l.build(s))
		case s.Statement.Kind == signedKind:
			l.report.Signer, l.report.SignerIssuer = s.Identity+s.Key, s.Issuer // one of the two is ""
			signed = append(signed, nil)
		}
	}
	return built, signed
}

func (l *look) verified(raw []byte) (*bundle.Signature, error) {
	b, err := bundle.Parse(raw)
	if err != nil {
		return nil, err
	}
	s, err := l.root().Verify(b, l.want())
	if err == nil && s.Statement == nil {
		err = bundle.Unsaid("it is a bare signature, which names no image")
	}
	return s, err
}
