package app

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
)

// The evidence of the type sbom is satisfied by fresh data that know the ecosystem and hold
// nothing grave, and by nothing else.
func TestSBOMAsEvidence(t *testing.T) {
	const sbom = `{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","name":"left","version":"1.0.0","purl":"pkg:npm/left@1.0.0"}]}`
	data := func(name, severity, ecosystem string, age time.Duration) string {
		path := filepath.Join(t.TempDir(), "osv.json")
		text := fmt.Sprintf(`{"id":"X-1","modified":%q,"affected":[{"package":{"ecosystem":%q,"name":%q},"versions":["1.0.0"]}],"database_specific":{"severity":%q}}`,
			time.Now().Add(-age).UTC().Format(time.RFC3339), ecosystem, name, severity)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tt := range map[string]struct {
		path, sbom string
		want       release.Outcome
	}{
		"nothing grave":        {data("other", "HIGH", "npm", 0), sbom, release.Satisfied},
		"a medium one":         {data("left", "MODERATE", "npm", 0), sbom, release.Satisfied},
		"a high one":           {data("left", "HIGH", "npm", 0), sbom, release.Failed},
		"nobody rated it":      {data("left", "", "npm", 0), sbom, release.Unknown},
		"old data":             {data("other", "HIGH", "npm", 15*24*time.Hour), sbom, release.Unknown},
		"old data, a high one": {data("left", "HIGH", "npm", 15*24*time.Hour), sbom, release.Failed},
		"another ecosystem":    {data("other", "HIGH", "PyPI", 0), sbom, release.Unknown},
		"no data":              {"", sbom, release.Unknown},
		"data that are gone":   {"/nonexistent", sbom, release.Unknown},
		"no SBOM":              {data("other", "HIGH", "npm", 0), "{}", release.Unknown},
	} {
		cfg, err := config.Parse("", []byte("trust: {firstUse: approve}"))
		if err != nil {
			t.Fatal(err)
		}
		cfg.Trust.Advisories = tt.path
		c := &catalogue{}
		c.terms.Store(&terms{holes: openAdvisories(cfg)})
		if got, why := c.judged([]byte(tt.sbom)); got != tt.want {
			t.Errorf("%s: %q, want %q: %s", name, got, tt.want, why)
		}
	}
}

// A look reads nothing where nothing has changed, and all where anything has.
func TestALookIsCheap(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.json", `{"id":"X-1","modified":"2026-01-01T00:00:00Z"}`)
	a := &advisories{path: dir}
	for i, tt := range []struct {
		change func()
		reads  bool
	}{
		{func() {}, true},
		{func() {}, false},
		{func() { write("b.json", `{"id":"X-2","modified":"2026-01-01T00:00:00Z"}`) }, true},
		{func() {}, false},
		{func() { write("b.json", `{"id":"X-22","modified":"2026-01-01T00:00:00Z"}`) }, true},
		{func() { _ = os.Remove(filepath.Join(dir, "b.json")) }, true},
		{func() { _ = os.RemoveAll(dir) }, true},
		{func() {}, false},
	} {
		tt.change()
		if got := a.look(); got != tt.reads {
			t.Errorf("look %d reads: %v", i, got)
		}
	}
	if data, err := a.known(); data != nil || err == nil {
		t.Error("what is gone is still known", data)
	}
}
