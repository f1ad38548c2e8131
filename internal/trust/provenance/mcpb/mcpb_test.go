package mcpb_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/mcpb"
)

const good = `{"manifest_version":"0.3","name":"server","version":"1.2.3","author":{"name":"o"},"server":{"type":"node","entry_point":"server/index.js","mcp_config":{"command":"node","args":["${__dirname}/server/index.js"]}}}`

func archive(t *testing.T, files ...string) (path, sum string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return save(t, b.Bytes())
}

func save(t *testing.T, b []byte) (path, sum string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "server.mcpb")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, fmt.Sprintf("%x", sha256.Sum256(b))
}

func TestCheck(t *testing.T) {
	path, sum := archive(t, "server/index.js", "x", "manifest.json", good)
	for name, c := range map[string]struct {
		integrity, version string
		want               provenance.Verdict
		read               bool
	}{
		"listed":                 {sum, "1.2.3", provenance.Satisfied, true},
		"with the algorithm":     {"sha256:" + strings.ToUpper(sum), "", provenance.Satisfied, true},
		"another file":           {strings.Repeat("0", 64), "1.2.3", provenance.Failed, false},
		"half a digest":          {sum[:32], "1.2.3", provenance.Failed, false},
		"nobody named a digest":  {"", "1.2.3", provenance.Unknown, true},
		"another version inside": {sum, "2.0.0", provenance.Failed, true},
	} {
		r, m := mcpb.Check(t.Context(), path, provenance.Subject{Ecosystem: provenance.MCPB, Name: "server", Version: c.version, Integrity: c.integrity})
		if r.Verdict != c.want || (m != nil) != c.read {
			t.Errorf("%s: %+v %+v", name, r, m)
		}
		if m != nil && (m.Name != "server" || m.Server.Run.Command != "node" || m.Server.Entry != "server/index.js") {
			t.Errorf("%+v", m)
		}
	}
	if r, _ := mcpb.Check(t.Context(), filepath.Join(t.TempDir(), "none"), provenance.Subject{Integrity: sum}); r.Verdict != provenance.Unknown {
		t.Error(r)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if r, _ := mcpb.Check(ended, path, provenance.Subject{Integrity: sum}); r.Verdict != provenance.Unknown {
		t.Error(r)
	}
}

// What an archive holds is read bounded; the same archive with an honest description is
// read in TestCheck.
func TestArchives(t *testing.T) {
	for name, files := range map[string][]string{
		"no description":        {"server/index.js", "x"},
		"two descriptions":      {"manifest.json", good, "Manifest.json", good},
		"not at the top":        {"a/manifest.json", good},
		"a swollen one":         {"manifest.json", `{"name":"` + strings.Repeat("a", 2<<20) + `"}`},
		"not JSON":              {"manifest.json", "{"},
		"a server without name": {"manifest.json", "{}"},
	} {
		path, sum := archive(t, files...)
		if r, m := mcpb.Check(t.Context(), path, provenance.Subject{Integrity: sum}); r.Of(provenance.CheckManifest) != provenance.Failed || m != nil {
			t.Error(name, r)
		}
	}
	path, sum := save(t, []byte("no archive"))
	if r, m := mcpb.Check(t.Context(), path, provenance.Subject{Integrity: sum}); r.Of(provenance.CheckIntegrity) != provenance.Satisfied || r.Verdict != provenance.Failed || m != nil {
		t.Error(r)
	}
}
