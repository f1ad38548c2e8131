package pypi_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle/bundletest"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/pypi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	wheel, sdist = "mcp_server_x-1.2.3-py3-none-any.whl", "mcp_server_x-1.2.3.tar.gz"
	publishKind  = "https://docs.pypi.org/attestations/publish/v1"
	workflow     = "https://github.com/o/r/.github/workflows/release.yml@refs/tags/v1.2.3"
	actions      = "https://token.actions.githubusercontent.com"
)

func sum(name string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte("bytes of "+name))) }

type m = map[string]any

// A world is an index of one version of two files, attested by its workflow. What it signs is
// made by bundletest's authority: no attestation of the real index is among the vectors.
type world struct {
	t        *testing.T
	sigstore *bundletest.Sigstore
	files    map[string]string // name to hash, as the index has them
	objects  map[string]m
	handler  func(w http.ResponseWriter, r *http.Request) bool // answers first
	checker  pypi.Checker
	subject  provenance.Subject
}

func claims() bundletest.Claims {
	return bundletest.Claims{Identity: workflow, Issuer: actions, Builder: workflow, Source: "https://github.com/o/r", Commit: strings.Repeat("c", 40)}
}

func statement(name, sum, kind, predicate string) []byte {
	return fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":%q,"digest":{"sha256":%q}}],"predicateType":%q,"predicate":%s}`, name, sum, kind, predicate)
}

// attested is a Sigstore bundle in PEP 740's words.
func (w *world) attested(b []byte) m {
	w.t.Helper()
	var f struct {
		Material struct {
			Certificate struct{ RawBytes string }
			TlogEntries []json.RawMessage
		} `json:"verificationMaterial"`
		Envelope struct {
			Payload    string
			Signatures []struct{ Sig string }
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		w.t.Fatal(err)
	}
	return m{
		"version":               1,
		"verification_material": m{"certificate": f.Material.Certificate.RawBytes, "transparency_entries": f.Material.TlogEntries},
		"envelope":              m{"statement": f.Envelope.Payload, "signature": f.Envelope.Signatures[0].Sig},
	}
}

func (w *world) published(c bundletest.Claims, name, sum string) m {
	w.t.Helper()
	return w.attested(w.sigstore.Attest(c, statement(name, sum, publishKind, "null")))
}

func provided(repository string, all ...m) m {
	return m{"version": 1, "attestation_bundles": []m{{"publisher": m{"kind": "GitHub", "repository": repository, "workflow": "release.yml", "environment": nil}, "attestations": all}}}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, sigstore: bundletest.New(t), files: map[string]string{wheel: sum(wheel), sdist: sum(sdist)}, objects: make(map[string]m)}
	for name := range w.files {
		w.objects[name] = provided("o/r", w.published(claims(), name, sum(name)))
	}
	s := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(s.Close)
	root, err := bundle.ParseRoot(w.sigstore.Root())
	if err != nil {
		t.Fatal(err)
	}
	w.checker = pypi.Checker{Client: s.Client(), Index: s.URL + "/simple", Root: root}
	w.subject = provenance.Subject{Ecosystem: provenance.PyPI, Name: "mcp_server.x", Version: "1.2.3", Integrity: "sha256:" + sum(wheel) + " sha256:" + sum(sdist)}
	return w
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	if w.handler != nil && w.handler(rw, r) {
		return
	}
	if r.URL.Path == "/simple/mcp-server-x/" && r.Header.Get("Accept") == "application/vnd.pypi.simple.v1+json" {
		files := []m{{"filename": "mcp_server_x-1.2.2.tar.gz", "hashes": m{"sha256": sum("old")}}, {"filename": "mcp_server_xx-1.2.3.tar.gz", "hashes": m{"sha256": sum("xx")}}}
		for name, one := range w.files {
			files = append(files, m{"filename": name, "hashes": m{"sha256": one}})
		}
		_ = json.NewEncoder(rw).Encode(m{"meta": m{"api-version": "1.3"}, "name": "mcp-server-x", "files": files})
		return
	}
	for name, o := range w.objects {
		if r.URL.Path == "/integrity/mcp-server-x/1.2.3/"+name+"/provenance" && r.Header.Get("Accept") == "application/vnd.pypi.integrity.v1+json" {
			_ = json.NewEncoder(rw).Encode(o)
			return
		}
	}
	http.NotFound(rw, r)
}

func (w *world) check() *provenance.Report { return w.checker.Check(w.t.Context(), w.subject) }

func policy() provenance.Policy {
	return provenance.Policy{Require: []string{provenance.CheckIntegrity, provenance.CheckPublisher}, Sources: []string{"https://github.com/o/r"}, Issuers: []string{actions}}
}

func TestAllIsWell(t *testing.T) {
	w := newWorld(t)
	r := w.check()
	if v, why := policy().Judge(r); v != provenance.Satisfied || r.Source != "https://github.com/o/r" || r.Issuer != actions || r.Workflow != workflow || r.Commit != strings.Repeat("c", 40) || r.Signed.IsZero() {
		t.Errorf("%v %q %+v", v, why, r)
	}
	for name, p := range map[string]provenance.Policy{
		"another source": {Require: policy().Require, Sources: []string{"https://github.com/o/other"}, Issuers: []string{actions}},
		"another issuer": {Require: policy().Require, Sources: policy().Sources, Issuers: []string{"https://gitlab.com"}},
		"nobody":         {Require: policy().Require},
	} {
		if v, _ := p.Judge(r); v != provenance.Failed {
			t.Errorf("%s is allowed: %v", name, v)
		}
	}
}

// What lies in a folder needs nobody to be asked for it, and is verified as strictly.
func TestFromAFolder(t *testing.T) {
	w := newWorld(t)
	w.checker.Dir = t.TempDir()
	for name, o := range w.objects {
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.checker.Dir, name+".provenance"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.objects = nil
	if v, why := policy().Judge(w.check()); v != provenance.Satisfied {
		t.Error(v, why)
	}
	if err := os.Rename(filepath.Join(w.checker.Dir, wheel+".provenance"), filepath.Join(w.checker.Dir, sdist+".provenance")); err != nil {
		t.Fatal(err)
	}
	if v, why := policy().Judge(w.check()); v != provenance.Failed {
		t.Error("another file's provenance is good enough", v, why)
	}
}

// SLSA provenance beside a publication is verified, too, and what is wrong in it fails.
func TestBuiltAndPublished(t *testing.T) {
	const slsa = `{"buildDefinition":{"externalParameters":{"workflow":{"repository":"https://github.com/%s"}}},"runDetails":{"builder":{"id":"https://github.com/actions/runner/github-hosted"}}}`
	for source, want := range map[string]provenance.Verdict{"o/r": provenance.Satisfied, "o/famous": provenance.Failed} {
		w := newWorld(t)
		for name := range w.files {
			build := w.attested(w.sigstore.Attest(claims(), statement(name, sum(name), "https://slsa.dev/provenance/v1", fmt.Sprintf(slsa, source))))
			w.objects[name] = provided("o/r", w.published(claims(), name, sum(name)), build)
		}
		r := w.check()
		if r.Of(provenance.CheckBuild) != want || r.Verdict != want {
			t.Errorf("%s: %v %q", source, r.Verdict, r.Why())
		}
		if want == provenance.Satisfied && r.Builder != "https://github.com/actions/runner/github-hosted" {
			t.Error(r.Builder)
		}
	}
}

// Each of these passes in TestAllIsWell but for its one change.
func TestWrong(t *testing.T) {
	other := claims()
	other.Source = "https://github.com/o/famous"
	for name, change := range map[string]func(w *world){
		"of another file": func(w *world) { w.objects[wheel] = provided("o/r", w.published(claims(), wheel, sum("other"))) },
		"under another name": func(w *world) {
			w.objects[wheel] = provided("o/r", w.published(claims(), "other-1.2.3.tar.gz", sum(wheel)))
		},
		"the index names another": func(w *world) { w.objects[wheel] = provided("o/famous", w.published(claims(), wheel, sum(wheel))) },
		"two sources":             func(w *world) { w.objects[wheel] = provided("o/famous", w.published(other, wheel, sum(wheel))) },
		"one good and one bad": func(w *world) {
			w.objects[wheel] = provided("o/r", w.published(claims(), wheel, sum(wheel)), w.published(claims(), wheel, sum("other")))
		},
		"it says more than it may": func(w *world) {
			w.objects[wheel] = provided("o/r", w.attested(w.sigstore.Attest(claims(), statement(wheel, sum(wheel), publishKind, `{"x":1}`))))
		},
		"a file that nobody expected": func(w *world) { w.files["mcp_server_x-1.2.3-py2-none-any.whl"] = sum("new") },
		"a file that was replaced":    func(w *world) { w.files[wheel] = sum("new") },
		"a statement that was edited": func(w *world) {
			a := w.published(claims(), wheel, sum("other"))
			a["envelope"].(m)["statement"] = w.published(claims(), wheel, sum(wheel))["envelope"].(m)["statement"]
			w.objects[wheel] = provided("o/r", a)
		},
		"no certificate": func(w *world) {
			w.objects[wheel]["attestation_bundles"].([]m)[0]["attestations"].([]m)[0]["verification_material"].(m)["certificate"] = ""
		},
		"two subjects": func(w *world) {
			two := fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":%q,"digest":{"sha256":%q}},{"name":"x","digest":{"sha256":%q}}],"predicateType":%q,"predicate":null}`, wheel, sum(wheel), sum("x"), publishKind)
			w.objects[wheel] = provided("o/r", w.attested(w.sigstore.Attest(claims(), two)))
		},
	} {
		w := newWorld(t)
		change(w)
		r := w.check()
		if r.Verdict != provenance.Failed || r.Source != "" {
			t.Errorf("%s: %v %q, source %q", name, r.Verdict, r.Why(), r.Source)
		}
	}
}

// Nothing can be said, and so nothing is Satisfied.
func TestUnknown(t *testing.T) {
	answer := func(part string, code int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, part) {
				return false
			}
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	for name, change := range map[string]func(w *world){
		"no attestation at all": func(w *world) { w.objects = nil },
		"one file has none":     func(w *world) { delete(w.objects, sdist) },
		"an empty one":          func(w *world) { w.objects[wheel] = provided("o/r") },
		"of another version":    func(w *world) { w.objects[wheel]["version"] = 2 },
		"of another kind of publisher": func(w *world) {
			w.objects[wheel]["attestation_bundles"].([]m)[0]["publisher"] = m{"kind": "Google", "email": "a@example.com"}
		},
		"an attestation of version 2": func(w *world) {
			w.objects[wheel]["attestation_bundles"].([]m)[0]["attestations"].([]m)[0]["version"] = 2
		},
		"no entry of a log": func(w *world) {
			w.objects[wheel]["attestation_bundles"].([]m)[0]["attestations"].([]m)[0]["verification_material"].(m)["transparency_entries"] = []m{}
		},
		"the index is absent":  func(w *world) { w.handler = answer("/simple/", 404, "") },
		"the index is busy":    func(w *world) { w.handler = answer("/simple/", 429, "") },
		"the index is garbage": func(w *world) { w.handler = answer("/simple/", 200, "<html>") },
		"the API is busy":      func(w *world) { w.handler = answer("/integrity/", 429, "") },
		"the API is broken":    func(w *world) { w.handler = answer("/integrity/", 503, "") },
		"the API is garbage":   func(w *world) { w.handler = answer("/integrity/", 200, "[") },
		"the API is huge": func(w *world) {
			w.handler = answer("/integrity/", 200, `{"version":1,"x":"`+strings.Repeat("x", 9<<20)+`"}`)
		},
		"too many":             func(w *world) { w.objects[wheel] = provided("o/r", make([]m, 20)...) },
		"a file is gone":       func(w *world) { delete(w.files, sdist) },
		"nothing was expected": func(w *world) { w.subject.Integrity = "" },
		"an odd hash":          func(w *world) { w.subject.Integrity = "sha512-x" },
		"no root":              func(w *world) { w.checker.Root = nil },
		"another root":         func(w *world) { w.checker.Root, _ = bundle.ParseRoot(bundletest.New(w.t).Root()) },
		"no client":            func(w *world) { w.checker.Client = nil },
		"without https":        func(w *world) { w.checker.Index = "http://index.test/simple" },
		"a folder without it":  func(w *world) { w.checker.Dir = w.t.TempDir() },
		"an API that never says": func(w *world) {
			w.checker.Client = &http.Client{Timeout: 100 * time.Millisecond}
			w.handler = func(_ http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/integrity/") {
					return false
				}
				select {
				case <-hang:
				case <-r.Context().Done():
				}
				return true
			}
		},
	} {
		w := newWorld(t)
		change(w)
		r := w.check()
		if r.Verdict != provenance.Unknown || r.Source != "" {
			t.Errorf("%s: %v %q", name, r.Verdict, r.Why())
		}
		if v, why := policy().Judge(r); v != provenance.Unknown {
			t.Errorf("%s: a policy says %v %q", name, v, why)
		}
	}
}

func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"version":1,"attestation_bundles":[{"publisher":{"kind":"GitHub","repository":"o/r"},"attestations":[{"version":1}]}]}`))
	f.Add([]byte(`{"version":1}`))
	index := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(m{"files": []m{{"filename": sdist, "hashes": m{"sha256": sum(sdist)}}}})
	}))
	f.Cleanup(index.Close)
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, sdist+".provenance"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		c := pypi.Checker{Client: index.Client(), Index: index.URL, Dir: dir}
		if r := c.Check(t.Context(), provenance.Subject{Name: "mcp-server-x", Version: "1.2.3", Integrity: "sha256:" + sum(sdist)}); r.Verdict == provenance.Satisfied {
			t.Errorf("nobody's word is enough: %s", b)
		}
	})
}
