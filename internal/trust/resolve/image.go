package resolve

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch/distribution"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
)

// image asks for the manifest itself and hashes it: a digest in a header is only said.
func (a asker) image(ctx context.Context, p runner.Package) (launch.Resolved, string, error) {
	ref, err := name.ParseReference(p.Spec)
	if err != nil {
		return launch.Resolved{}, "", errors.New("this is no name of an image")
	}
	if first, _, ok := strings.Cut(p.Spec, "/"); a.runner == "podman" && (!ok || !strings.ContainsAny(first, ".:") && first != "localhost") {
		return launch.Resolved{}, "", errors.New("podman asks the registries of its own configuration for a name without one: write the registry, as in docker.io/library/x")
	}
	ctx, cancel := a.Timed(ctx)
	defer cancel()
	repo, err := distribution.Open(ctx, a.Client, ref.Context())
	if err != nil {
		return launch.Resolved{}, "", fmt.Errorf("image %s: %w", p.Name, err)
	}
	got, err := repo.Manifest(ctx, ref.Identifier())
	if err != nil {
		return launch.Resolved{}, "", fmt.Errorf("image %s: %w", p.Name, err)
	}
	digest := got.Digest
	return launch.Resolved{Ecosystem: "oci", Name: ref.Context().Name(), Version: digest, Integrity: digest}, p.Name + "@" + digest, nil
}
