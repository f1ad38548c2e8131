package scan

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	pseudo "github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle/bundletest"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/oci"
)

// A shelf is a registry on loopback. blobs are those that were read.
type shelf struct {
	t      *testing.T
	server *httptest.Server
	repo   name.Repository
	mu     sync.Mutex
	blobs  []string
	swap   func(path string) []byte // answers first, if it is not nil
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t}
	inner := registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0)))
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") {
			s.mu.Lock()
			s.blobs = append(s.blobs, r.URL.Path)
			s.mu.Unlock()
		}
		if s.swap != nil {
			if b := s.swap(r.URL.Path); b != nil {
				w.Header().Set("Content-Type", "application/vnd.docker.distribution.manifest.v2+json")
				_, _ = w.Write(b)
				return
			}
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(s.server.Close)
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections) //nolint:forcetypeassert // it is one
	var err error
	s.repo, err = name.NewRepository(strings.TrimPrefix(s.server.URL, "http://") + "/mcp/thing")
	s.must(err)
	return s
}

func (s *shelf) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// put stores an image of one layer, and gives its digest.
func (s *shelf) put(tag string, c v1.Config) string {
	s.t.Helper()
	img, err := pseudo.Image(64, 1)
	s.must(err)
	img, err = mutate.Config(img, c)
	s.must(err)
	s.must(remote.Write(s.repo.Tag(tag), img))
	d, err := img.Digest()
	s.must(err)
	return d.String()
}

func (s *shelf) ask(ref string) (Report, []string, error) {
	s.t.Helper()
	in, notes, err := Ask(s.t.Context(), s.server.Client(), s.repo.Name()+ref)
	return New().Check([]Input{in}), notes, err
}

func ids(r Report) (out []string) {
	for _, f := range r.Findings {
		out = append(out, f.Rule)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var careful = v1.Config{User: "1000:1000", Entrypoint: []string{"/server"}, Cmd: []string{"--stdio"}, Env: []string{"PATH=/usr/bin"}, Labels: map[string]string{label: "io.example/thing"}}

// What an image's config says is found, and an image that says nothing bad is clean.
func TestImage(t *testing.T) {
	with := func(change func(*v1.Config)) v1.Config {
		c := careful
		change(&c)
		return c
	}
	for want, c := range map[string]v1.Config{
		"":          careful,
		checkUser:   with(func(c *v1.Config) { c.User = "" }),
		checkShell:  with(func(c *v1.Config) { c.Entrypoint = []string{"/bin/sh", "-c", "node x"} }),
		checkFloat:  with(func(c *v1.Config) { c.Entrypoint, c.Cmd = []string{"npx"}, []string{"-y", "x"} }),
		checkSecret: with(func(c *v1.Config) { c.Env = []string{"API_TOKEN=hunter2hunter2"} }),
	} {
		s := newShelf(t)
		digest := s.put("1.0", c)
		r, notes, err := s.ask("@" + digest)
		if err != nil || len(notes) > 0 || strings.Join(ids(r), " ") != want || r.Targets[0].Server != "io.example/thing" {
			t.Errorf("%q: %v, %q, %+v", want, err, notes, r)
		}
		if len(s.blobs) != 1 {
			t.Errorf("more than the config is read: %q", s.blobs)
		}
		for form, out := range forms(t, &r) {
			if strings.Contains(out, "hunter2") {
				t.Errorf("%s repeats a secret", form)
			}
		}
	}
	for _, user := range []string{"0", "root", "0:0", "root:staff"} {
		s := newShelf(t)
		if r, _, err := s.ask("@" + s.put("1.0", with(func(c *v1.Config) { c.User = user }))); err != nil || !slices.Equal(ids(r), []string{checkUser}) {
			t.Errorf("user %s: %v, %+v", user, err, r)
		}
	}
}

// A tag is found, and its digest is told; so is an image that does not say what it is.
func TestImageByTag(t *testing.T) {
	s := newShelf(t)
	digest := s.put("1.0", v1.Config{User: "1"})
	s.put("latest", v1.Config{User: "1"})
	r, notes, err := s.ask(":1.0")
	if err != nil || !slices.Equal(ids(r), []string{checkImage}) || r.Findings[0].Severity != rule.Low || !strings.Contains(r.Findings[0].Excerpt, digest) || len(notes) != 1 || r.Targets[0].Server != "mcp/thing" {
		t.Errorf("%v, %q, %+v", err, notes, r)
	}
	if r, _, err := s.ask(""); err != nil || !slices.Equal(ids(r), []string{checkImage}) || r.Findings[0].Severity != rule.Medium {
		t.Errorf("%v, %+v", err, r)
	}
}

// Of an index the image for this machine is read, and the digest is the index's.
func TestImageOfIndex(t *testing.T) {
	s := newShelf(t)
	index := mutate.AppendManifests(empty.Index)
	for _, arch := range []string{"other", "amd64", "arm64"} {
		img, err := pseudo.Image(64, 1)
		s.must(err)
		c := careful
		if arch == "other" {
			c.User = "root"
		}
		img, err = mutate.Config(img, c)
		s.must(err)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	s.must(remote.WriteIndex(s.repo.Tag("1.0"), index))
	d, err := index.Digest()
	s.must(err)
	in, _, err := Ask(t.Context(), s.server.Client(), s.repo.Name()+"@"+d.String())
	if err != nil || in.Servers[0].Image.Digest != d.String() || in.Servers[0].Image.User != "1000:1000" {
		t.Fatalf("%v, %+v", err, in)
	}
}

// A registry that serves something else than the digest's, or nothing, is an error.
func TestImageThatIsAnother(t *testing.T) {
	s := newShelf(t)
	good := s.put("1.0", careful)
	other := s.put("2.0", v1.Config{User: "root"})
	img, err := remote.Image(s.repo.Digest(other))
	s.must(err)
	raw, err := img.RawManifest()
	s.must(err)
	conf, err := img.RawConfigFile()
	s.must(err)
	if _, _, err := s.ask("@" + good); err != nil {
		t.Fatal("it is refused before it is changed", err)
	}
	for name, swap := range map[string]func(path string) []byte{
		"manifest": func(p string) []byte {
			if strings.Contains(p, "/manifests/") {
				return raw
			}
			return nil
		},
		"config": func(p string) []byte {
			if strings.Contains(p, "/blobs/") {
				return conf
			}
			return nil
		},
		"no config": func(p string) []byte {
			if strings.Contains(p, "/manifests/") {
				return []byte(`{}`)
			}
			return nil
		},
	} {
		s.swap = swap
		if r, _, err := s.ask("@" + good); err == nil {
			t.Errorf("another %s passes: %+v", name, r)
		}
	}
	s.swap = nil
	if _, _, err := s.ask(":nosuch"); err == nil {
		t.Error("a tag that is not there passes")
	}
	if _, _, err := Ask(t.Context(), s.server.Client(), "UPPER//x"); err == nil {
		t.Error("no name of an image passes")
	}
}

const (
	workflow = "https://github.com/o/r/.github/workflows/release.yml@refs/tags/v1.2.3"
	source   = "https://github.com/o/r"
	actions  = "https://token.actions.githubusercontent.com"
)

func claims() bundletest.Claims {
	return bundletest.Claims{Identity: workflow, Issuer: actions, Builder: workflow, Source: source, Commit: strings.Repeat("c", 40)}
}

// refer puts a Sigstore bundle as a referrer of an image.
func (s *shelf) refer(digest string, b []byte) {
	s.t.Helper()
	const kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
	target, err := remote.Image(s.repo.Digest(digest))
	s.must(err)
	about, err := partial.Descriptor(target)
	s.must(err)
	img, err := mutate.Append(mutate.MediaType(mutate.ConfigMediaType(empty.Image, kind), types.OCIManifestSchema1), mutate.Addendum{Layer: static.NewLayer(b, kind)})
	s.must(err)
	bound, ok := mutate.Subject(img, *about).(v1.Image)
	if !ok {
		s.t.Fatal("no image")
	}
	d, err := bound.Digest()
	s.must(err)
	s.must(remote.Write(s.repo.Digest(d.String()), bound))
}

// An image that a builder attested is clean; one that nobody attested is unknown, and one
// whose attestation is of another image is wrong.
func TestImageProvenance(t *testing.T) {
	sigstore := bundletest.New(t)
	statement := func(digest string) []byte {
		return fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"image","digest":{"sha256":"%s"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"externalParameters":{"workflow":{"repository":"%s"}},"resolvedDependencies":[{"uri":"git+%s","digest":{"gitCommit":"%s"}}]},"runDetails":{"builder":{"id":"https://builder.test/v1"}}}}`,
			digest, source, source, strings.Repeat("c", 40))
	}
	for name, c := range map[string]struct {
		attest func(digest string) []byte
		rooted bool
		want   string
	}{
		"attested":          {func(d string) []byte { return sigstore.Attest(claims(), statement(d[7:])) }, true, ""},
		"attested, no root": {func(d string) []byte { return sigstore.Attest(claims(), statement(d[7:])) }, false, checkOrigin},
		"not attested":      {nil, true, checkOrigin},
		"another image":     {func(string) []byte { return sigstore.Attest(claims(), statement(strings.Repeat("ab", 32))) }, true, checkForged},
	} {
		s := newShelf(t)
		digest := s.put("1.0", careful)
		if c.attest != nil {
			s.refer(digest, c.attest(digest))
		}
		p := Prover{OCI: oci.Checker{Client: s.server.Client()}}
		if c.rooted {
			root, err := bundle.ParseRoot(sigstore.Root())
			s.must(err)
			p.OCI.Root = root
		}
		in, _, err := Ask(t.Context(), s.server.Client(), s.repo.Name()+"@"+digest)
		s.must(err)
		launch, err := Parse("f.json", []byte(command("docker", "run", "-i", s.repo.Name()+"@"+digest)))
		s.must(err)
		inputs := []Input{in, launch}
		p.Prove(t.Context(), inputs, quiet)
		r := New().Check(inputs)
		if got := strings.Join(ids(r), " "); got != c.want {
			t.Errorf("%s: %s, want %s: %+v", name, got, c.want, r)
		}
		if c.want == "" && !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.HasSuffix(n, "was built by https://builder.test/v1 from "+source) }) {
			t.Errorf("%s: %q", name, r.Notes)
		}
		if c.want != "" && len(withID(&r, c.want)) != 2 {
			t.Errorf("%s: of the image and of its launch: %+v", name, r)
		}
	}
}
