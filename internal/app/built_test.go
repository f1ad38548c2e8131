package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/config"
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
		ref, why, ok := b.built(t.Context(), tt.launch, "mantlet")
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
