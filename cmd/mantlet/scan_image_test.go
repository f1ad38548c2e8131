package main

import (
	"bytes"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// An image is asked of its registry: by its digest without a finding, with --provenance
// unknown while there is no root, and another digest than is served is an error.
func TestScanOfAnImage(t *testing.T) {
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true)))
	defer s.Close()
	repo, err := name.NewRepository(strings.TrimPrefix(s.URL, "http://") + "/mcp/thing")
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.Config(empty.Image, v1.Config{User: "1000", Entrypoint: []string{"/server"}, Labels: map[string]string{"io.modelcontextprotocol.server.name": "io.example/thing"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(repo.Tag("1.0"), img); err != nil {
		t.Fatal(err)
	}
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
		good bool
	}{
		{[]string{"oci:" + repo.Name() + "@" + digest.String()}, "nothing found", true},
		{[]string{"oci:" + repo.Name() + ":1.0"}, "MTL-FLOAT-002", true},
		{[]string{"oci:" + repo.Name() + "@" + digest.String(), "--provenance"}, "MTL-PROV-001", true},
		{[]string{"oci:" + repo.Name() + "@sha256:" + strings.Repeat("ab", 32)}, "", false},
	} {
		var out bytes.Buffer
		root := rootCommand()
		root.SetArgs(append([]string{"scan"}, c.args...))
		root.SetOut(&out)
		root.SetErr(io.Discard)
		err := root.ExecuteContext(t.Context())
		if (err == nil) != c.good || !strings.Contains(out.String(), c.want) || c.good && !strings.Contains(out.String(), "io.example/thing") {
			t.Errorf("%q: %v, %s", c.args, err, out.String())
		}
	}
}
