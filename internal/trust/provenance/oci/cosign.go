package oci

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

// What cosign writes into manifests (cosign's SIGNATURE_SPEC.md).
const (
	simpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json"
	envelopeType  = "application/vnd.dsse.envelope.v1+json"
	noteSignature = "dev.cosignproject.cosign/signature"
	noteCert      = "dev.sigstore.cosign/certificate"
	noteBundle    = "dev.sigstore.cosign/bundle"
)

// signatures looks at the .sig tag. Several signers may each have signed; one that verifies
// is enough, and one that names another image is not outweighed by it.
func (l *look) signatures(ctx context.Context) {
	all, err := l.beside(ctx, ".sig")
	if err != nil {
		l.report.Add(provenance.CheckSignature, provenance.Unknown, err.Error())
		return
	}
	l.best(provenance.CheckSignature, len(all), func(i int) error {
		if all[i].kind != simpleSigning {
			return errUnknownKind
		}
		return l.signature(&all[i])
	}, "the image's digest is signed")
}

// attestations looks at the .att tag.
func (l *look) attestations(ctx context.Context) {
	all, err := l.beside(ctx, ".att")
	if err != nil {
		l.report.Add(provenance.CheckBuild, provenance.Unknown, err.Error())
		return
	}
	l.best(provenance.CheckBuild, len(all), func(i int) error { return l.attestation(&all[i]) }, "a builder signed what was built from what")
}

var errUnknownKind = bundle.Unsaid("it is of a kind that is not known")

// best writes down one check for n files: Satisfied if one verifies, else the worst.
func (l *look) best(check string, n int, verify func(int) error, good string) {
	if n == 0 {
		return
	}
	var unknown, wrong error
	for i := range n {
		err := verify(i)
		switch {
		case err == nil:
			l.report.Note(check, nil, good)
			return
		case errors.Is(err, bundle.ErrUnknown):
			unknown = err
		default:
			wrong = err
		}
	}
	if wrong != nil {
		unknown = wrong
	}
	l.report.Note(check, unknown, "")
}

// signature verifies one simple signing payload: by the key, or else by the certificate and
// the line of the log that stand beside it.
func (l *look) signature(f *file) error {
	sig, err := base64.StdEncoding.DecodeString(f.annotations[noteSignature])
	if err != nil || len(sig) == 0 {
		return bundle.Unsaid("the signature cannot be read")
	}
	signer, issuer := l.KeyName, ""
	if cert := f.annotations[noteCert]; cert != "" {
		s, err := l.keyless(cert, f.annotations[noteBundle], f.body, sig)
		if err != nil {
			return err
		}
		signer, issuer = s.Identity, s.Issuer
	} else if l.Key == nil {
		return bundle.Unsaid("it is signed by a key, and none is trusted")
	} else if !bundle.Signed(l.Key, f.body, sig) {
		return errors.New("it is not signed by the key that is trusted")
	}
	if err := l.payload(f.body); err != nil {
		return err
	}
	l.report.Signer, l.report.SignerIssuer = signer, issuer
	return nil
}

// payload demands that what was signed names this digest.
func (l *look) payload(body []byte) error {
	var p struct {
		Critical struct {
			Image struct {
				Digest string `json:"docker-manifest-digest"` //nolint:tagliatelle // cosign's word
			} `json:"image"`
			Type string `json:"type"`
		} `json:"critical"`
	}
	if json.Unmarshal(body, &p) != nil || p.Critical.Type != "cosign container image signature" && p.Critical.Type != "https://sigstore.dev/cosign/sign/v1" {
		return errors.New("what is signed is no image's signature")
	}
	if p.Critical.Image.Digest != l.digest {
		return errors.New("what is signed is another image")
	}
	return nil
}

func (l *look) keyless(cert, line string, body, sig []byte) (*bundle.Signature, error) {
	b, err := bundle.ParseCosign([]byte(cert), []byte(line), body, sig)
	if err != nil {
		return nil, err
	}
	return l.Root.Verify(b, bundle.SHA256(body))
}

// attestation verifies one envelope of the .att tag.
func (l *look) attestation(f *file) error {
	var e bundle.Envelope
	if f.kind != envelopeType || json.Unmarshal(f.body, &e) != nil {
		return errUnknownKind
	}
	if f.annotations[noteCert] != "" {
		b, err := bundle.ParseCosignEnvelope([]byte(f.annotations[noteCert]), []byte(f.annotations[noteBundle]), &e)
		if err != nil {
			return err
		}
		s, err := l.Root.Verify(b, l.want())
		if err != nil {
			return err
		}
		return l.build(s)
	}
	if l.Key == nil {
		return bundle.Unsaid("it is signed by a key, and none is trusted")
	}
	s, err := bundle.VerifyKey(&e, l.Key, l.want())
	if err != nil {
		return err
	}
	return l.build(&bundle.Signature{Key: l.KeyName, Statement: s})
}

// build takes a provenance; other attestations (an SBOM, a scan) say nothing of a build.
func (l *look) build(s *bundle.Signature) error {
	if !provenance.IsBuild(s.Statement.Kind) {
		return bundle.Unsaid("it is an attestation of something else than the build")
	}
	if s.Identity == "" && s.Issuer == "" {
		s.Issuer = s.Key // a key vouches for itself, under its name
	}
	return l.report.Build(s)
}
