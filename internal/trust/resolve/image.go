package resolve

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

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
	got, err := remote.Get(ref, remote.WithContext(ctx), remote.WithTransport(a.Transport(ref.Context().RegistryStr())),
		remote.WithRetryStatusCodes(), remote.WithRetryBackoff(remote.Backoff{Steps: 1}))
	if err != nil {
		return launch.Resolved{}, "", fmt.Errorf("image %s: the registry gives no manifest: %w", p.Name, err)
	}
	if !got.MediaType.IsImage() && !got.MediaType.IsIndex() {
		return launch.Resolved{}, "", fmt.Errorf("image %s: what the registry gives is no manifest", p.Name)
	}
	digest := got.Digest.String()
	return launch.Resolved{Ecosystem: "oci", Name: ref.Context().Name(), Version: digest, Integrity: digest}, p.Name + "@" + digest, nil
}
