package scan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
	"github.com/mantlet-mcp/mantlet/internal/trust/fetch/distribution"
)

// label is where an image says which server of the MCP Registry it is (the registry's
// rules for OCI packages).
const label = "io.modelcontextprotocol.server.name"

// maxConfig bounds an image's config, in bytes.
const maxConfig = 4 << 20

// An Image is what a registry says of an image. Nothing of its layers is read.
type Image struct {
	Name   string // host/owner/name
	Digest string // of what the reference names, sha256:...
	Pinned bool   // the reference itself names the digest
	Tagged bool   // it names a tag other than latest
	User   string // whom it runs as; "" is root
	Start  Entry  // its entrypoint and command, and its variables
}

// config is an image's (OCI image-spec 1.1, config.md), as far as somebody asks here.
type config struct {
	Config struct {
		User       string            `json:"User"`       //nolint:tagliatelle // OCI's words, as the next ones
		Env        []string          `json:"Env"`        //nolint:tagliatelle // NAME=value
		Entrypoint []string          `json:"Entrypoint"` //nolint:tagliatelle // before Cmd
		Cmd        []string          `json:"Cmd"`        //nolint:tagliatelle // its arguments, or all
		Labels     map[string]string `json:"Labels"`     //nolint:tagliatelle // free
	} `json:"config"`
}

// Ask reads the config of an image from its registry, as nobody. A digest in the reference
// is verified; nothing is pulled or started.
func Ask(ctx context.Context, client *http.Client, spec string) (Input, []string, error) {
	in := Input{Name: "oci:" + spec}
	ref, err := name.ParseReference(spec)
	if err != nil {
		return in, nil, fmt.Errorf("%s is no name of an image; write HOST/NAME@sha256:... or HOST/NAME:TAG", mantlet.Escape(in.Name))
	}
	c := fetch.Client{HTTP: client}
	ctx, cancel := c.Timed(ctx)
	defer cancel()
	digest, conf, err := configOf(ctx, c, ref)
	if err != nil {
		return in, nil, fmt.Errorf("%s: %w", mantlet.Escape(in.Name), err)
	}
	s, notes := server(ref, digest, conf)
	in.Servers = []Server{s}
	return in, notes, nil
}

func configOf(ctx context.Context, c fetch.Client, ref name.Reference) (digest string, conf config, err error) {
	repo, err := distribution.Open(ctx, c, ref.Context())
	if err != nil {
		return "", conf, err
	}
	m, err := repo.Manifest(ctx, ref.Identifier())
	if err != nil {
		return "", conf, err
	}
	digest = m.Digest
	if len(m.Manifests) > 0 {
		if m, err = repo.Manifest(ctx, platform(m.Manifests)); err != nil {
			return "", conf, err
		}
	}
	if m.Config.Digest == "" {
		return "", conf, errors.New("it is no image: its manifest names no config")
	}
	b, err := repo.Blob(ctx, m.Config, maxConfig)
	if err == nil && json.Unmarshal(b, &conf) != nil {
		err = errors.New("its config cannot be read")
	}
	return digest, conf, err
}

// platform is the image of an index that would run here, or its first.
func platform(all []distribution.Descriptor) string {
	for _, d := range all {
		if d.Platform.OS == "linux" && d.Platform.Architecture == runtime.GOARCH {
			return d.Digest
		}
	}
	return all[0].Digest
}

func server(ref name.Reference, digest string, conf config) (Server, []string) {
	var notes []string
	_, pinned := ref.(name.Digest)
	i := &Image{
		Name: ref.Context().Name(), Digest: digest, Pinned: pinned, Tagged: !pinned && ref.Identifier() != "latest",
		User: conf.Config.User, Start: Entry{Env: make(map[string]string)},
	}
	if all := slices.Concat(conf.Config.Entrypoint, conf.Config.Cmd); len(all) > 0 {
		i.Start.Command, i.Start.Args = all[0], all[1:]
	}
	for _, one := range conf.Config.Env {
		if n, value, ok := strings.Cut(one, "="); ok {
			i.Start.Env[n] = value
		}
	}
	id := conf.Config.Labels[label]
	if id == "" {
		id = ref.Context().RepositoryStr()
		notes = append(notes, mantlet.Escape(i.Name)+" has no label "+label+": it does not say which server it is")
	}
	return Server{ID: id, Image: i}, notes
}

// image looks at how an image starts. Its program lies in the image, so where is no
// matter; its entrypoint's launches float like any other.
func (g *group) image(s *served) {
	i := s.Image
	if !i.Pinned {
		f := Finding{Rule: checkImage, Excerpt: cut(mantlet.Escape("it is " + i.Name + "@" + i.Digest + " now"))}
		if i.Tagged {
			f.Severity = rule.Low
		}
		g.addServer(s, f)
	}
	if user, _, _ := strings.Cut(i.User, ":"); user == "" || user == "0" || user == "root" {
		g.addServer(s, Finding{Rule: checkUser, Field: "user"})
	}
	inner := *s.Server
	inner.Entry = &i.Start
	within := *s
	within.Server = &inner
	g.secrets(&within)
	if i.Start.Command != "" {
		g.floating(&within)
		g.shell(&within)
	}
}
