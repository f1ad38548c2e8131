package distribution_test

import (
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
	"github.com/mantlet-mcp/mantlet/internal/trust/fetch/distribution"
)

// A liar stands before a registry and changes the bytes of what lie names.
type liar struct {
	http.Handler

	lie string
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.lie == "" || !strings.Contains(r.URL.Path, l.lie) {
		l.Handler.ServeHTTP(w, r)
		return
	}
	rec := httptest.NewRecorder()
	l.Handler.ServeHTTP(rec, r)
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(append([]byte(" "), rec.Body.Bytes()[:rec.Body.Len()-1]...))
}

func open(t *testing.T) (*liar, name.Repository, v1.Image, *distribution.Repository) {
	t.Helper()
	l := &liar{Handler: registry.New(registry.Logger(log.New(io.Discard, "", 0)))}
	s := httptest.NewServer(l)
	t.Cleanup(s.Close)
	repo, err := name.NewRepository(strings.TrimPrefix(s.URL, "http://") + "/a/b")
	if err != nil {
		t.Fatal(err)
	}
	img, err := random.Image(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(repo.Tag("latest"), img); err != nil {
		t.Fatal(err)
	}
	r, err := distribution.Open(t.Context(), fetch.Client{HTTP: s.Client()}, repo)
	if err != nil {
		t.Fatal(err)
	}
	return l, repo, img, r
}

// What is served is what its digest names, or it is refused.
func TestDigests(t *testing.T) {
	l, _, img, r := open(t)
	want, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	byTag, err := r.Manifest(t.Context(), "latest")
	if err != nil || byTag.Digest != want.String() || len(byTag.Layers) != 1 {
		t.Fatal(byTag, err)
	}
	if m, err := r.Manifest(t.Context(), want.String()); err != nil || m.Digest != want.String() {
		t.Error(m, err)
	}
	layer := byTag.Layers[0]
	if b, err := r.Blob(t.Context(), layer, 1<<20); err != nil || int64(len(b)) != layer.Size {
		t.Error(len(b), err)
	}
	if _, err := r.Blob(t.Context(), layer, layer.Size-1); err == nil {
		t.Error("a file that is too long is read")
	}
	l.lie = "/manifests/sha256"
	if m, err := r.Manifest(t.Context(), want.String()); !errors.Is(err, distribution.ErrOther) {
		t.Error("other bytes", m, err)
	}
	l.lie = "/blobs/"
	if _, err := r.Blob(t.Context(), layer, 1<<20); !errors.Is(err, distribution.ErrOther) {
		t.Error("other bytes", err)
	}
	l.lie = ""
	if _, err := r.Manifest(t.Context(), "none"); !errors.Is(err, fetch.ErrAbsent) {
		t.Error(err)
	}
}

// A registry without referrers keeps them in a tag.
func TestReferrersTag(t *testing.T) {
	_, repo, img, r := open(t)
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if list, err := r.Referrers(t.Context(), d.String()); !errors.Is(err, fetch.ErrAbsent) {
		t.Error(list, err)
	}
	about, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: about, Descriptor: v1.Descriptor{ArtifactType: "application/vnd.dev.sigstore.bundle.v0.3+json"}})
	if err := remote.WriteIndex(repo.Tag("sha256-"+d.Hex), index); err != nil {
		t.Fatal(err)
	}
	list, err := r.Referrers(t.Context(), d.String())
	if err != nil || len(list) != 1 || list[0].ArtifactType != "application/vnd.dev.sigstore.bundle.v0.3+json" {
		t.Error(list, err)
	}
}
