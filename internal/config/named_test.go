package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/config"
)

// A configuration of a bundle reads the files that it names from there, though the one on
// disk says something else; what the bundle does not hold is not read at all.
func TestFilesAreReadFromTheBundle(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"ca.pem", "root.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("from disk"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parse := func() *config.Config {
		cfg, err := config.Parse(dir, []byte("trust: {firstUse: ask, provenance: {trustedRootFile: root.json}}\nservers: {one: {url: \"https://one.example\", tls: {caFile: ca.pem}, headers: {X-Key: \"file:key\"}}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	ca, root := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "root.json")
	plain := parse()
	if b, err := plain.ReadFile(ca); err != nil || string(b) != "from disk" || plain.Holds() {
		t.Errorf("a plain file's: %s, %v", b, err)
	}
	cfg := parse()
	for name, files := range map[string]map[string][]byte{"nothing": nil, "one of two": {ca: nil}} {
		if err := cfg.Hold(files); err == nil || !strings.Contains(err.Error(), "root.json is not in the bundle") && !strings.Contains(err.Error(), "ca.pem is not in the bundle") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := cfg.Hold(map[string][]byte{ca: []byte("signed"), root: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	if b, err := cfg.ReadFile(ca); err != nil || string(b) != "signed" || !cfg.Holds() {
		t.Errorf("%s, %v", b, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "other.pem"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.ReadFile(filepath.Join(dir, "other.pem")); err == nil {
		t.Error("a file on disk that the bundle does not hold is read")
	}
	var secrets, held int
	for _, n := range cfg.Names() {
		if n.Outside == "" {
			held++
		} else {
			secrets++
		}
	}
	if held != 2 || secrets < 5 {
		t.Errorf("%+v", cfg.Names())
	}
	if p := cfg.CheckFiles(); !strings.Contains(p.Error(), "ca.pem holds no certificate") {
		t.Errorf("the bundle's file is not looked at: %v", p)
	}
}

// Words and fingerprints are in a bundle; the key, with which values could be tried, is not.
func TestKeysOfFingerprintsStayOutside(t *testing.T) {
	cfg, err := config.Parse(t.TempDir(), []byte("trust: {firstUse: ask}\ninspect: {words: [{name: w, file: w.txt}], fingerprints: [{name: p, file: p.prints, keyFile: p.key}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	outside := map[string]bool{}
	for _, n := range cfg.Names() {
		outside[filepath.Base(n.Path)] = n.Outside != ""
	}
	for name, want := range map[string]bool{"w.txt": false, "p.prints": false, "p.key": true} {
		if got, named := outside[name]; !named || got != want {
			t.Errorf("%s: named %v, outside %v", name, named, got)
		}
	}
}
