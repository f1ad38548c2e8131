// Package distribution reads a registry of images (OCI distribution 1.1): manifests, blobs
// and referrers, each compared with its digest.
//
// The question: what has this registry under this name? The threats are those of fetch; a
// registry that answers with other bytes than the digest's is refused here. It trusts
// go-containerregistry for names and for the registry's log-in (as nobody), and reads the
// rest itself: that library's images and layers would cost every process 0.8 MB.
package distribution

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
)

// Media types of manifests.
const (
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerIndex    = "application/vnd.docker.distribution.manifest.list.v2+json"
)

// ErrOther says that the registry answered with other bytes than the digest's.
var ErrOther = errors.New("the registry serves something else than what the digest names")

// A Repository is one name at its registry.
type Repository struct {
	client http.Client
	base   string // https://host/v2/owner/name/
	host   string
}

// A Descriptor is one thing that a manifest names.
type Descriptor struct {
	MediaType    string            `json:"mediaType"`
	ArtifactType string            `json:"artifactType"`
	Digest       string            `json:"digest"`
	Size         int64             `json:"size"`
	Annotations  map[string]string `json:"annotations"`
	Platform     Platform          `json:"platform"` // in an index
}

// A Platform is what an image runs on, in Go's words.
type Platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
}

// A Manifest is an image's or an index's, as far as somebody asks here.
type Manifest struct {
	Digest    string       `json:"-"` // of the bytes that were served
	Config    Descriptor   `json:"config"`
	Layers    []Descriptor `json:"layers"`
	Manifests []Descriptor `json:"manifests"`
}

// Open logs in at the registry as nobody. Time is ctx's matter.
func Open(ctx context.Context, c fetch.Client, repo name.Repository) (*Repository, error) {
	rt, err := transport.NewWithContext(ctx, repo.Registry, authn.Anonymous, c.Transport(repo.RegistryStr()), []string{repo.Scope(transport.PullScope)})
	if err != nil {
		return nil, fmt.Errorf("%s cannot be reached: %w", repo.RegistryStr(), brief(err))
	}
	return &Repository{
		client: http.Client{Transport: rt}, host: repo.RegistryStr(),
		base: repo.Scheme() + "://" + repo.RegistryStr() + "/v2/" + repo.RepositoryStr() + "/",
	}, nil
}

// brief leaves out what the registry wrote.
func brief(err error) error {
	if t, ok := errors.AsType[*transport.Error](err); ok {
		return fmt.Errorf("status %d", t.StatusCode)
	}
	return errors.New("no answer that can be read")
}

// Manifest is what ref (a tag or a digest) names. fetch.ErrAbsent where it names nothing.
func (r *Repository) Manifest(ctx context.Context, ref string) (*Manifest, error) {
	body, kind, err := r.get(ctx, "manifests/"+ref, strings.Join([]string{ociManifest, ociIndex, dockerManifest, dockerIndex}, ", "))
	if err != nil {
		return nil, err
	}
	return manifest(body, kind, ref)
}

func manifest(body []byte, kind, ref string) (*Manifest, error) {
	media, _, err := mime.ParseMediaType(kind)
	if err != nil || media != ociManifest && media != ociIndex && media != dockerManifest && media != dockerIndex {
		return nil, errors.New("what the registry serves is no manifest")
	}
	m := &Manifest{Digest: digest(body)}
	if strings.Contains(ref, ":") && ref != m.Digest {
		return nil, ErrOther
	}
	if json.Unmarshal(body, m) != nil {
		return nil, errors.New("the manifest cannot be read")
	}
	return m, nil
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Blob is the bytes of d, at most limit of them.
func (r *Repository) Blob(ctx context.Context, d Descriptor, limit int64) ([]byte, error) {
	if d.Size > limit {
		return nil, errors.New("a file is too long")
	}
	body, _, err := r.get(ctx, "blobs/"+d.Digest, "*/*")
	if err == nil && digest(body) != d.Digest {
		err = ErrOther
	}
	return body, err
}

// Referrers are what refers to a digest. A registry without referrers keeps them in a tag
// (OCI distribution 1.1, "referrers tag schema"). fetch.ErrAbsent for none.
func (r *Repository) Referrers(ctx context.Context, of string) ([]Descriptor, error) {
	body, kind, err := r.get(ctx, "referrers/"+of, ociIndex)
	if errors.Is(err, fetch.ErrAbsent) {
		m, err := r.Manifest(ctx, strings.Replace(of, ":", "-", 1))
		if err != nil {
			return nil, err
		}
		return m.Manifests, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := manifest(body, kind, "")
	if err != nil {
		return nil, err
	}
	return m.Manifests, nil
}

func (r *Repository) get(ctx context.Context, path, accept string) (body []byte, kind string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+path, nil)
	if err != nil {
		return nil, "", errors.New("this is no name of an image")
	}
	req.Header.Set("Accept", accept)
	res, err := r.client.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("%s cannot be reached: %w", r.host, brief(err))
	}
	defer res.Body.Close() //nolint:errcheck // read only
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, "", fmt.Errorf("%s: %w", r.host, fetch.ErrAbsent)
	default:
		return nil, "", fmt.Errorf("%s answers with status %d", r.host, res.StatusCode)
	}
	body, err = io.ReadAll(res.Body) // the transport ends it with an error beyond its limit
	if err != nil {
		return nil, "", errors.New("the answer broke off, or is too long")
	}
	return body, res.Header.Get("Content-Type"), nil
}
