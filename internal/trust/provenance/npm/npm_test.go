package npm_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle/bundletest"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/npm"
)

const (
	pkg, version = "@o/server", "1.2.3"
	workflow     = "https://github.com/o/r/.github/workflows/release.yml@refs/tags/v1.2.3"
	actions      = "https://token.actions.githubusercontent.com"
)

// A world is a registry of one version, signed and attested in all its ways.
type world struct {
	t        *testing.T
	sigstore *bundletest.Sigstore
	key      *ecdsa.PrivateKey

	integrity, sum string // what the registry says of the tarball
	signature      string // base64
	attestations   []map[string]any
	handler        func(w http.ResponseWriter, r *http.Request) bool // answers first
	url            string
	checker        npm.Checker
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, sigstore: bundletest.New(t)}
	w.key = w.sigstore.Key()
	sum := sha512.Sum512([]byte("the tarball"))
	w.integrity, w.sum = "sha512-"+base64.StdEncoding.EncodeToString(sum[:]), fmt.Sprintf("%x", sum)
	w.signature = w.sign(pkg + "@" + version + ":" + w.integrity)
	w.attestations = []map[string]any{
		{"predicateType": "https://github.com/npm/attestation/tree/main/specs/publish/v0.1", "bundle": json.RawMessage(w.sigstore.AttestKey("SHA256:k", w.key, w.published(pkg, version, w.sum)))},
		{"predicateType": "https://slsa.dev/provenance/v1", "bundle": json.RawMessage(w.sigstore.Attest(claims(), w.built(purl, w.sum, "https://github.com/o/r")))},
	}
	s := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(s.Close)
	root, err := bundle.ParseRoot(w.sigstore.Root())
	if err != nil {
		t.Fatal(err)
	}
	w.url = s.URL
	w.checker = npm.Checker{Client: s.Client(), Registry: s.URL, Root: root, Keys: []npm.Key{{ID: "SHA256:k", Public: &w.key.PublicKey, Signs: true, Attests: true}}}
	return w
}

const purl = "pkg:npm/%40o/server@1.2.3"

func claims() bundletest.Claims {
	return bundletest.Claims{Identity: workflow, Issuer: actions, Builder: workflow, Source: "https://github.com/o/r", Commit: strings.Repeat("c", 40)}
}

func (w *world) sign(message string) string {
	sum := sha256.Sum256([]byte(message))
	sig, err := ecdsa.SignASN1(rand.Reader, w.key, sum[:])
	if err != nil {
		w.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sig)
}

func (w *world) published(name, version, sum string) []byte {
	return fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v0.1","subject":[{"name":"%s","digest":{"sha512":"%s"}}],"predicateType":"https://github.com/npm/attestation/tree/main/specs/publish/v0.1","predicate":{"name":"%s","version":"%s","registry":"https://registry.npmjs.org"}}`,
		purl, sum, name, version)
}

func (w *world) built(subject, sum, source string) []byte {
	return fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"%s","digest":{"sha512":"%s"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"externalParameters":{"workflow":{"ref":"refs/tags/v1.2.3","repository":"%s","path":".github/workflows/release.yml"}},"resolvedDependencies":[{"uri":"git+%s@refs/tags/v1.2.3","digest":{"gitCommit":"%s"}}]},"runDetails":{"builder":{"id":"https://github.com/actions/runner/github-hosted"}}}}`,
		subject, sum, source, source, strings.Repeat("c", 40))
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	if w.handler != nil && w.handler(rw, r) {
		return
	}
	switch r.URL.Path {
	case "/" + pkg + "/" + version:
		dist := map[string]any{"integrity": w.integrity, "attestations": map[string]any{"url": w.url + "/-/npm/v1/attestations/x"}}
		if w.signature != "" {
			dist["signatures"] = []map[string]string{{"keyid": "SHA256:k", "sig": w.signature}}
		}
		_ = json.NewEncoder(rw).Encode(map[string]any{"name": pkg, "version": version, "dist": dist})
	case "/-/npm/v1/attestations/x":
		_ = json.NewEncoder(rw).Encode(map[string]any{"attestations": w.attestations})
	default:
		http.NotFound(rw, r)
	}
}

func (w *world) check() *provenance.Report {
	return w.checker.Check(w.t.Context(), provenance.Subject{Ecosystem: provenance.NPM, Name: pkg, Version: version, Integrity: w.integrity})
}

var all = []string{provenance.CheckIntegrity, provenance.CheckRegistry, provenance.CheckPublish, provenance.CheckBuild}

func TestAllIsWell(t *testing.T) {
	w := newWorld(t)
	r := w.check()
	for _, name := range all {
		if r.Of(name) != provenance.Satisfied {
			t.Error(name, r.Of(name), r.Why())
		}
	}
	if r.Verdict != provenance.Satisfied || r.Builder != "https://github.com/actions/runner/github-hosted" || r.Source != "https://github.com/o/r" || r.Commit != strings.Repeat("c", 40) || r.Workflow != workflow || r.Issuer != actions || r.Signed.IsZero() {
		t.Errorf("%+v", r)
	}
	p := provenance.Policy{Require: all, Builders: []string{"https://github.com/actions/runner/github-hosted"}, Sources: []string{"https://github.com/o/r"}, Issuers: []string{actions}, Integrity: w.integrity}
	if v, why := p.Judge(r); v != provenance.Satisfied {
		t.Error(v, why)
	}
	p.Sources = []string{"https://github.com/o/other"}
	if v, why := p.Judge(r); v != provenance.Failed {
		t.Error("another source is enough", why)
	}
}

// Each of these passes in TestAllIsWell but for its one change.
func TestWrong(t *testing.T) {
	other := strings.Repeat("ab", 64)
	bundleOf := func(i int, b func(w *world) []byte) func(w *world) {
		return func(w *world) { w.attestations[i]["bundle"] = json.RawMessage(b(w)) }
	}
	for name, c := range map[string]struct {
		change func(w *world)
		check  string
	}{
		"a signature of another version":  {func(w *world) { w.signature = w.sign(pkg + "@9.9.9:" + w.integrity) }, provenance.CheckRegistry},
		"a signature that is cut":         {func(w *world) { w.signature = w.signature[:20] }, provenance.CheckRegistry},
		"another key under the same name": {func(w *world) { w.checker.Keys[0].Public = &w.sigstore.Key().PublicKey }, provenance.CheckRegistry},
		"provenance of another tarball": {bundleOf(1, func(w *world) []byte {
			return w.sigstore.Attest(claims(), w.built(purl, other, "https://github.com/o/r"))
		}), provenance.CheckBuild},
		"provenance of another package": {bundleOf(1, func(w *world) []byte {
			return w.sigstore.Attest(claims(), w.built("pkg:npm/x@1.2.3", w.sum, "https://github.com/o/r"))
		}), provenance.CheckBuild},
		"provenance that names a source that its certificate does not": {bundleOf(1, func(w *world) []byte {
			return w.sigstore.Attest(claims(), w.built(purl, w.sum, "https://github.com/o/famous"))
		}), provenance.CheckBuild},
		"provenance signed by a key": {bundleOf(1, func(w *world) []byte {
			return w.sigstore.AttestKey("SHA256:k", w.key, w.built(purl, w.sum, "https://github.com/o/r"))
		}), provenance.CheckBuild},
		"a publication signed by somebody with a certificate": {bundleOf(0, func(w *world) []byte { return w.sigstore.Attest(claims(), w.published(pkg, version, w.sum)) }), provenance.CheckPublish},
		"a publication of another version": {bundleOf(0, func(w *world) []byte {
			return w.sigstore.AttestKey("SHA256:k", w.key, w.published(pkg, "9.9.9", w.sum))
		}), provenance.CheckPublish},
	} {
		w := newWorld(t)
		c.change(w)
		r := w.check()
		if r.Of(c.check) != provenance.Failed || r.Verdict != provenance.Failed {
			t.Errorf("%s: %v %q", name, r.Of(c.check), r.Why())
		}
		if c.check == provenance.CheckBuild && (r.Source != "" || r.Builder != "") {
			t.Errorf("%s: the report names what was refused", name)
		}
	}
	w := newWorld(t)
	expected := w.integrity
	w.integrity = "sha512-" + base64.StdEncoding.EncodeToString(make([]byte, 64))
	r := w.checker.Check(t.Context(), provenance.Subject{Ecosystem: provenance.NPM, Name: pkg, Version: version, Integrity: expected})
	if r.Of(provenance.CheckIntegrity) != provenance.Failed || r.Of(provenance.CheckRegistry) != provenance.Failed || r.Of(provenance.CheckBuild) != provenance.Failed {
		t.Error("another tarball", r.Why())
	}
}

// Nothing can be said, and so nothing is Satisfied.
func TestUnknown(t *testing.T) {
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	answer := func(code int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	attestations := func(h func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			return strings.Contains(r.URL.Path, "attestations") && h(w, r)
		}
	}
	slow := func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
		return true
	}
	for name, c := range map[string]struct {
		change func(w *world)
		checks []string
	}{
		"the version is absent":    {func(w *world) { w.handler = answer(404, "") }, all},
		"busy":                     {func(w *world) { w.handler = answer(429, "") }, all},
		"broken":                   {func(w *world) { w.handler = answer(500, "") }, all},
		"garbage":                  {func(w *world) { w.handler = answer(200, "<html>") }, all},
		"huge":                     {func(w *world) { w.handler = answer(200, strings.Repeat(" ", 9<<20)) }, all},
		"another version":          {func(w *world) { w.handler = answer(200, `{"name":"@o/server","version":"1.2.4","dist":{}}`) }, all},
		"no digest":                {func(w *world) { w.handler = answer(200, `{"name":"@o/server","version":"1.2.3","dist":{}}`) }, all},
		"unreachable":              {func(w *world) { w.checker.Registry = "http://127.0.0.1:1" }, all},
		"without https":            {func(w *world) { w.checker.Registry = "http://registry.test" }, all},
		"no client":                {func(w *world) { w.checker.Client = nil }, all},
		"no signatures (a mirror)": {func(w *world) { w.signature = "" }, all[1:2]},
		"a key that is not known":  {func(w *world) { w.checker.Keys[0].ID = "SHA256:other" }, all[1:3]},
		"a key that has ended":     {func(w *world) { w.checker.Keys[0].End = time.Now().Add(-time.Hour) }, all[1:2]},
		"no root":                  {func(w *world) { w.checker.Root = nil }, all[2:]},
		"another root":             {func(w *world) { w.checker.Root, _ = bundle.ParseRoot(bundletest.New(w.t).Root()) }, all[2:]},
		"no attestations":          {func(w *world) { w.attestations = nil }, all[2:]},
		"attestations absent":      {func(w *world) { w.handler = attestations(answer(404, "")) }, all[2:]},
		"attestations busy":        {func(w *world) { w.handler = attestations(answer(429, "")) }, all[2:]},
		"attestations broken":      {func(w *world) { w.handler = attestations(answer(503, "")) }, all[2:]},
		"attestations are garbage": {func(w *world) { w.handler = attestations(answer(200, "[")) }, all[2:]},
		"attestations are huge": {func(w *world) {
			w.handler = attestations(answer(200, `{"attestations":[],"a":"`+strings.Repeat("a", 9<<20)+`"}`))
		}, all[2:]},
		"a bundle that cannot be read": {func(w *world) { w.attestations[1]["bundle"] = "x" }, all[3:]},
		"attestations never come": {func(w *world) {
			w.handler = attestations(slow)
			w.checker.Client = &http.Client{Timeout: 100 * time.Millisecond}
		}, all[2:]},
		"attestations at another's host": {func(w *world) { u := w.url; w.url = strings.Replace(u, "127.0.0.1", "localhost", 1) }, all[2:]},
	} {
		w := newWorld(t)
		c.change(w)
		r := w.check()
		for _, check := range c.checks {
			if v := r.Of(check); v != provenance.Unknown {
				t.Errorf("%s: %s is %v: %q", name, check, v, r.Why())
			}
		}
		if r.Verdict != provenance.Unknown {
			t.Errorf("%s: %v", name, r.Verdict)
		}
		if v, _ := (provenance.Policy{Require: c.checks}).Judge(r); v != provenance.Unknown {
			t.Errorf("%s: a policy says %v", name, v)
		}
	}
}

func TestKeys(t *testing.T) {
	k := bundletest.New(t).Key()
	der, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString(der)
	keys, err := npm.ParseKeys(fmt.Appendf(nil, `{"keys":[{"expires":"2025-01-29T00:00:00.000Z","keyid":"SHA256:a","keytype":"ecdsa-sha2-nistp256","key":"%s"},{"keyid":"SHA256:b","key":"AAAA"}]}`, b64))
	if err != nil || len(keys) != 1 || keys[0].ID != "SHA256:a" || keys[0].End.Year() != 2025 || !keys[0].Signs || !keys[0].Attests {
		t.Errorf("%+v %v", keys, err)
	}
	keys, err = npm.ParseKeys(fmt.Appendf(nil, `{"keys":[{"keyId":"SHA256:a","keyUsage":"npm:signatures","publicKey":{"rawBytes":"%s","validFor":{"start":"1999-01-01T00:00:00.000Z"}}}]}`, b64))
	if err != nil || len(keys) != 1 || keys[0].ID != "SHA256:a" || keys[0].Start.Year() != 1999 || !keys[0].Signs || keys[0].Attests {
		t.Errorf("%+v %v", keys, err)
	}
	if keys, err := npm.ParseKeys([]byte("{")); err == nil {
		t.Error(keys)
	}
}
