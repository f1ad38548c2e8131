package app

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

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle/bundletest"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
)

// What nobody vouches for is unknown, what is another artifact has failed, and neither
// satisfies; a launch that fetches nothing has no such evidence.
func TestWhoBuiltIt(t *testing.T) {
	const sum = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
	npm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"name":"server","version":"1.2.3","dist":{"integrity":%q}}`, sum)
	}))
	t.Cleanup(npm.Close)
	b, err := openBuilder(config.Provenance{NPMRegistry: npm.URL + "/"}, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	launch := func(integrity string) []byte {
		return fmt.Appendf(nil, `{"command":"npx","files":[],"resolved":{"ecosystem":"npm","name":"server","version":"1.2.3","integrity":%q}}`, integrity)
	}
	for name, tt := range map[string]struct {
		launch []byte
		want   release.Outcome
		is     bool
	}{
		"nobody has signed":  {launch(sum), release.Unknown, true},
		"another artifact":   {launch(strings.Replace(sum, "z4Ph", "AAAA", 1)), release.Failed, true},
		"it fetches nothing": {[]byte(`{"command":"x","files":[]}`), release.Unknown, false},
		"it is no launch":    {[]byte(`[]`), release.Unknown, false},
	} {
		ref, why, ok := withBuilder(b).built(t.Context(), tt.launch, "mantlet")
		if ok != tt.is || ref.Outcome != tt.want {
			t.Errorf("%s: %q %t %s", name, ref.Outcome, ok, why)
		}
	}
	for _, bad := range []config.Provenance{{NPMKeysFile: "/nonexistent"}, {TrustedRootFile: "/nonexistent"}} {
		if _, err := openBuilder(bad, os.ReadFile); err == nil {
			t.Errorf("%+v is opened", bad)
		}
	}
}

// Rules can be written down, and none asks less of a tier than of the one below.
func TestReleaseRules(t *testing.T) {
	rule := config.ReleaseRule{Evidence: []string{"scan"}, Roles: []string{"security"}, People: 2}
	for name, tt := range map[string]struct {
		written map[string]config.ReleaseRule
		ok      bool
	}{
		"the usual":          {nil, true},
		"another low":        {map[string]config.ReleaseRule{"low": rule}, true},
		"a critical of less": {map[string]config.ReleaseRule{"critical": rule}, false},
		"no such tier":       {map[string]config.ReleaseRule{"none": rule}, false},
		"no such evidence":   {map[string]config.ReleaseRule{"low": {Evidence: []string{"word"}, Roles: []string{"security"}, People: 2}}, false},
		"nobody":             {map[string]config.ReleaseRule{"low": {}}, false},
	} {
		if _, err := rulesOf(tt.written); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What uvx fetches is satisfied where an allowed source published each of its files, and by
// no other.
func TestWhoPublishedAPythonPackage(t *testing.T) {
	const file = "left-1.0.0.tar.gz"
	sum := sha256.Sum256([]byte("its bytes"))
	sigstore := bundletest.New(t)
	claims := bundletest.Claims{Identity: "https://github.com/o/left/.github/workflows/r.yml@refs/tags/v1", Issuer: "https://token.actions.githubusercontent.com", Source: "https://github.com/o/left"}
	raw := sigstore.Attest(claims, fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":%q,"digest":{"sha256":"%x"}}],"predicateType":"https://docs.pypi.org/attestations/publish/v1","predicate":null}`, file, sum))
	var b struct {
		Material struct {
			Certificate struct{ RawBytes string }
			TlogEntries json.RawMessage
		} `json:"verificationMaterial"`
		Envelope struct {
			Payload    string
			Signatures []struct{ Sig string }
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		t.Fatal(err)
	}
	index := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/simple/left/":
			fmt.Fprintf(w, `{"files":[{"filename":%q,"hashes":{"sha256":"%x"}}]}`, file, sum)
		case "/integrity/left/1.0.0/" + file + "/provenance":
			fmt.Fprintf(w, `{"version":1,"attestation_bundles":[{"publisher":{"kind":"GitHub","repository":"o/left"},"attestations":[{"version":1,"verification_material":{"certificate":%q,"transparency_entries":%s},"envelope":{"statement":%q,"signature":%q}}]}]}`,
				b.Material.Certificate.RawBytes, b.Material.TlogEntries, b.Envelope.Payload, b.Envelope.Signatures[0].Sig)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(index.Close)
	root := filepath.Join(t.TempDir(), "root.json")
	if err := os.WriteFile(root, sigstore.Root(), 0o600); err != nil {
		t.Fatal(err)
	}
	started := fmt.Appendf(nil, `{"command":"uvx","files":[],"resolved":{"ecosystem":"pypi","name":"left","version":"1.0.0","integrity":"sha256:%x"}}`, sum)
	known := config.Provenance{PyPIIndex: index.URL + "/simple/", TrustedRootFile: root, Sources: []string{claims.Source}, Issuers: []string{claims.Issuer}}
	for name, tt := range map[string]struct {
		change func(p *config.Provenance)
		want   release.Outcome
	}{
		"as it is":            {func(*config.Provenance) {}, release.Satisfied},
		"another source":      {func(p *config.Provenance) { p.Sources = []string{"https://github.com/o/other"} }, release.Failed},
		"nobody's word":       {func(p *config.Provenance) { p.Issuers = nil }, release.Failed},
		"without a root":      {func(p *config.Provenance) { p.TrustedRootFile = "" }, release.Unknown},
		"an API that is away": {func(p *config.Provenance) { p.PyPIIntegrity = index.URL + "/elsewhere/" }, release.Unknown},
		"an empty folder":     {func(p *config.Provenance) { p.PyPIDir = t.TempDir() }, release.Unknown},
	} {
		p := known
		tt.change(&p)
		builder, err := openBuilder(p, os.ReadFile)
		if err != nil {
			t.Fatal(err)
		}
		c := withBuilder(builder)
		ref, why, ok := c.built(t.Context(), started, "mantlet")
		if !ok || ref.Outcome != tt.want {
			t.Errorf("%s: %q %t %s", name, ref.Outcome, ok, why)
		}
	}
}

// withBuilder is a catalogue that knows who builds, and nothing else.
func withBuilder(b builder) *catalogue {
	c := &catalogue{}
	c.terms.Store(&terms{builder: b})
	return c
}
