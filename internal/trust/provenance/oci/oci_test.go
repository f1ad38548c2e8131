package oci_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle/bundletest"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/oci"
)

const (
	workflow = "https://github.com/o/r/.github/workflows/image.yml@refs/heads/main"
	actions  = "https://token.actions.githubusercontent.com"
)

func claims() bundletest.Claims {
	return bundletest.Claims{Identity: workflow, Issuer: actions, Builder: workflow, Source: "https://github.com/o/r", Commit: strings.Repeat("c", 40)}
}

// A world is a registry on loopback with one image.
type world struct {
	t        *testing.T
	server   *httptest.Server
	repo     name.Repository
	image    v1.Image
	digest   v1.Hash
	sigstore *bundletest.Sigstore
	key      *ecdsa.PrivateKey
	checker  oci.Checker
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, sigstore: bundletest.New(t)}
	w.server = httptest.NewServer(registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(w.server.Close)
	var err error
	w.repo, err = name.NewRepository(strings.TrimPrefix(w.server.URL, "http://") + "/mcp/fetch")
	w.must(err)
	w.image, err = random.Image(64, 1)
	w.must(err)
	w.must(remote.Write(w.repo.Tag("latest"), w.image))
	w.digest, err = w.image.Digest()
	w.must(err)
	root, err := bundle.ParseRoot(w.sigstore.Root())
	w.must(err)
	w.key = w.sigstore.Key()
	w.checker = oci.Checker{Client: w.server.Client(), Root: root, Key: &w.key.PublicKey, KeyName: "release"}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) sign(k *ecdsa.PrivateKey, message []byte) string {
	sum := sha256.Sum256(message)
	sig, err := ecdsa.SignASN1(rand.Reader, k, sum[:])
	w.must(err)
	return base64.StdEncoding.EncodeToString(sig)
}

func simple(digest string) []byte {
	return fmt.Appendf(nil, `{"critical":{"identity":{"docker-reference":"mcp/fetch"},"image":{"docker-manifest-digest":"%s"},"type":"cosign container image signature"},"optional":null}`, digest)
}

// tag puts one file beside the image.
func (w *world) tag(ending, kind string, body []byte, notes map[string]string) {
	w.t.Helper()
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{Layer: static.NewLayer(body, types.MediaType(kind)), Annotations: notes})
	w.must(err)
	w.must(remote.Write(w.repo.Tag("sha256-"+w.digest.Hex+ending), img))
}

// refer puts a Sigstore bundle as a referrer of the image.
func (w *world) refer(b []byte) {
	w.t.Helper()
	const kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
	img, err := mutate.Append(mutate.MediaType(mutate.ConfigMediaType(empty.Image, kind), types.OCIManifestSchema1), mutate.Addendum{Layer: static.NewLayer(b, kind)})
	w.must(err)
	about, err := partial.Descriptor(w.image)
	w.must(err)
	bound, ok := mutate.Subject(img, *about).(v1.Image)
	if !ok {
		w.t.Fatal("no image")
	}
	d, err := bound.Digest()
	w.must(err)
	w.must(remote.Write(w.repo.Digest(d.String()), bound))
}

func (w *world) signature(k *ecdsa.PrivateKey, payload []byte) {
	w.tag(".sig", "application/vnd.dev.cosign.simplesigning.v1+json", payload, map[string]string{"dev.cosignproject.cosign/signature": w.sign(k, payload)})
}

func statement(kind, hex, source string) []byte {
	return fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"image","digest":{"sha256":"%s"}}],"predicateType":"%s","predicate":{"buildDefinition":{"externalParameters":{"workflow":{"repository":"%s"}},"resolvedDependencies":[{"uri":"git+%s","digest":{"gitCommit":"%s"}}]},"runDetails":{"builder":{"id":"https://builder.test/v1"}}}}`,
		hex, kind, source, source, strings.Repeat("c", 40))
}

func envelope(payload []byte, sig string) []byte {
	return fmt.Appendf(nil, `{"payloadType":"application/vnd.in-toto+json","payload":"%s","signatures":[{"keyid":"","sig":"%s"}]}`, base64.StdEncoding.EncodeToString(payload), sig)
}

func (w *world) check() *provenance.Report {
	return w.checker.Check(w.t.Context(), provenance.Subject{Ecosystem: provenance.OCI, Name: w.repo.Name(), Integrity: w.digest.String()})
}

const (
	slsa   = "https://slsa.dev/provenance/v1"
	signed = "https://sigstore.dev/cosign/sign/v1"
	source = "https://github.com/o/r"
)

var other = "sha256:" + strings.Repeat("ab", 32)

// A signature of each kind is Satisfied, and the same one with one thing wrong is not.
func TestSignature(t *testing.T) {
	keyless := func(w *world, digest string, edit func(*bundletest.Legacy)) {
		payload := simple(digest)
		l := w.sigstore.SignLegacy(claims(), payload)
		if edit != nil {
			edit(&l)
		}
		w.tag(".sig", "application/vnd.dev.cosign.simplesigning.v1+json", payload, map[string]string{
			"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(l.Signature), "dev.sigstore.cosign/certificate": l.Certificate, "dev.sigstore.cosign/bundle": l.Bundle,
		})
	}
	for name, c := range map[string]struct {
		put    func(w *world)
		want   provenance.Verdict
		signer string
	}{
		"a key":                    {func(w *world) { w.signature(w.key, simple(w.digest.String())) }, provenance.Satisfied, "release"},
		"a key, another image":     {func(w *world) { w.signature(w.key, simple(other)) }, provenance.Failed, ""},
		"another key":              {func(w *world) { w.signature(w.sigstore.Key(), simple(w.digest.String())) }, provenance.Failed, ""},
		"a key that nobody trusts": {func(w *world) { w.signature(w.key, simple(w.digest.String())); w.checker.Key = nil }, provenance.Unknown, ""},
		"a key, another kind of statement": {func(w *world) {
			w.signature(w.key, []byte(`{"critical":{"image":{"docker-manifest-digest":"`+w.digest.String()+`"},"type":"x"}}`))
		}, provenance.Failed, ""},
		"a payload of another kind":      {func(w *world) { w.tag(".sig", "text/plain", simple(w.digest.String()), nil) }, provenance.Unknown, ""},
		"an identity":                    {func(w *world) { keyless(w, w.digest.String(), nil) }, provenance.Satisfied, workflow},
		"an identity, another image":     {func(w *world) { keyless(w, other, nil) }, provenance.Failed, ""},
		"an identity, another signature": {func(w *world) { keyless(w, w.digest.String(), func(l *bundletest.Legacy) { l.Signature[8] ^= 1 }) }, provenance.Failed, ""},
		"an identity, another's log": {func(w *world) {
			keyless(w, w.digest.String(), func(l *bundletest.Legacy) { l.Bundle = w.sigstore.SignLegacy(claims(), []byte("x")).Bundle })
		}, provenance.Failed, ""},
		"an identity, no log":  {func(w *world) { keyless(w, w.digest.String(), func(l *bundletest.Legacy) { l.Bundle = "" }) }, provenance.Unknown, ""},
		"an identity, no root": {func(w *world) { keyless(w, w.digest.String(), nil); w.checker.Root = nil }, provenance.Unknown, ""},
		"a bundle":             {func(w *world) { w.refer(w.sigstore.Attest(claims(), statement(signed, w.digest.Hex, source))) }, provenance.Satisfied, workflow},
		"a bundle by a key": {func(w *world) {
			w.refer(w.sigstore.AttestKey("release", w.key, statement(signed, w.digest.Hex, source)))
		}, provenance.Satisfied, "release"},
		"a bundle by another key": {func(w *world) {
			w.refer(w.sigstore.AttestKey("release", w.sigstore.Key(), statement(signed, w.digest.Hex, source)))
		}, provenance.Failed, ""},
		"a bundle of another image":    {func(w *world) { w.refer(w.sigstore.Attest(claims(), statement(signed, other[7:], source))) }, provenance.Failed, ""},
		"a bundle of another Sigstore": {func(w *world) { w.refer(bundletest.New(w.t).Attest(claims(), statement(signed, w.digest.Hex, source))) }, provenance.Unknown, ""},
		"a bundle that cannot be read": {func(w *world) { w.refer([]byte("{")) }, provenance.Unknown, ""},
		"nothing":                      {func(*world) {}, provenance.Unknown, ""},
	} {
		w := newWorld(t)
		c.put(w)
		r := w.check()
		if v := r.Of(provenance.CheckSignature); v != c.want || r.Signer != c.signer {
			t.Errorf("%s: %v by %q, want %v by %q: %q", name, v, r.Signer, c.want, c.signer, r.Why())
		}
		p := provenance.Policy{Require: []string{provenance.CheckSignature, provenance.CheckIntegrity}, Signers: []string{"release", workflow}, Issuers: []string{actions}}
		if v, _ := p.Judge(r); (v == provenance.Satisfied) != (c.want == provenance.Satisfied) {
			t.Errorf("%s: the policy says %v", name, v)
		}
		p.Signers = nil
		if v, _ := p.Judge(r); v == provenance.Satisfied {
			t.Errorf("%s: an empty list of signers lets it pass", name)
		}
	}
}

func TestProvenance(t *testing.T) {
	att := func(w *world, k *ecdsa.PrivateKey, payload []byte) {
		w.tag(".att", "application/vnd.dsse.envelope.v1+json", envelope(payload, w.sign(k, bundletest.PAE(payload))), nil)
	}
	for name, c := range map[string]struct {
		put  func(w *world)
		want provenance.Verdict
	}{
		"a bundle": {func(w *world) { w.refer(w.sigstore.Attest(claims(), statement(slsa, w.digest.Hex, source))) }, provenance.Satisfied},
		"a bundle in Rekor v2": {func(w *world) {
			c := claims()
			c.V2 = true
			w.refer(w.sigstore.Attest(c, statement(slsa, w.digest.Hex, source)))
		}, provenance.Satisfied},
		"a bundle that names another one": {func(w *world) {
			w.refer(w.sigstore.Attest(claims(), statement(slsa, w.digest.Hex, "https://github.com/o/famous")))
		}, provenance.Failed},
		"a bundle of another image": {func(w *world) { w.refer(w.sigstore.Attest(claims(), statement(slsa, other[7:], source))) }, provenance.Failed},
		"a key's":                   {func(w *world) { att(w, w.key, statement(slsa, w.digest.Hex, source)) }, provenance.Satisfied},
		"a key's, another image":    {func(w *world) { att(w, w.key, statement(slsa, other[7:], source)) }, provenance.Failed},
		"another key's":             {func(w *world) { att(w, w.sigstore.Key(), statement(slsa, w.digest.Hex, source)) }, provenance.Failed},
		"an SBOM alone":             {func(w *world) { att(w, w.key, statement("https://spdx.dev/Document", w.digest.Hex, source)) }, provenance.Unknown},
		"no envelope":               {func(w *world) { w.tag(".att", "application/vnd.dsse.envelope.v1+json", []byte("["), nil) }, provenance.Unknown},
	} {
		w := newWorld(t)
		c.put(w)
		r := w.check()
		if v := r.Of(provenance.CheckBuild); v != c.want {
			t.Errorf("%s: %v, want %v: %q", name, v, c.want, r.Why())
		}
		if ok := r.Source == source && r.Builder == "https://builder.test/v1"; ok != (c.want == provenance.Satisfied) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// A registry that does not answer, or lies about a digest, never leads to Satisfied.
func TestRegistry(t *testing.T) {
	subject := func(s *httptest.Server, digest string) provenance.Subject {
		return provenance.Subject{Ecosystem: provenance.OCI, Name: strings.TrimPrefix(s.URL, "http://") + "/a/b", Integrity: digest}
	}
	for name, h := range map[string]http.HandlerFunc{
		"absent":  http.NotFound,
		"busy":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"broken":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"garbage": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"another manifest": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", string(types.OCIManifestSchema1))
			w.Header().Set("Docker-Content-Digest", other) // as it was asked
			_ = json.NewEncoder(w).Encode(map[string]any{"schemaVersion": 2})
		},
		"huge": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strings.Repeat("a", 9<<20))) },
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://localhost:1"+r.URL.Path, http.StatusFound)
		},
	} {
		s := httptest.NewServer(h)
		c := oci.Checker{Client: s.Client()}
		want := provenance.Unknown
		if name == "another manifest" {
			want = provenance.Failed
		}
		if r := c.Check(t.Context(), subject(s, other)); r.Verdict != want {
			t.Errorf("%s: %+v", name, r)
		}
		s.Close()
	}
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer s.Close()
	for _, digest := range []string{"", "latest", "sha512:" + strings.Repeat("a", 128)} {
		c := oci.Checker{Client: s.Client()}
		if r := c.Check(t.Context(), subject(s, digest)); r.Verdict != provenance.Failed {
			t.Error(digest, r)
		}
	}
	w := newWorld(t)
	w.signature(w.key, simple(w.digest.String()))
	w.checker.Client = nil
	if r := w.check(); r.Verdict == provenance.Satisfied {
		t.Error("without a client", r)
	}
}
