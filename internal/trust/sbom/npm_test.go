package sbom_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-mcp/mantlet/internal/trust/sbom"
)

func TestFromLock(t *testing.T) {
	got, err := sbom.FromLock([]byte(`{"name":"us","lockfileVersion":3,"packages":{
		"":{"name":"us","version":"1.0.0"},
		"node_modules/a":{"version":"1.0.0","license":"MIT","integrity":"sha512-q80= sha1-AQ==?opt"},
		"node_modules/@s/b":{"version":"2.0.0+x","license":{"type":"MIT"}},
		"node_modules/a/node_modules/other":{"name":"@s/real","version":"3.0.0"},
		"packages/mine":{"version":"0.0.1"},
		"node_modules/mine":{"link":true,"resolved":"packages/mine"}}}`))
	want := []sbom.Component{
		{Name: "a", Version: "1.0.0", PURL: "pkg:npm/a@1.0.0", Ecosystem: "npm", Licences: []string{"MIT"}, Hashes: []sbom.Hash{{Alg: "SHA-512", Value: "abcd"}, {Alg: "SHA-1", Value: "01"}}},
		{Name: "@s/b", Version: "2.0.0+x", PURL: "pkg:npm/%40s/b@2.0.0+x", Ecosystem: "npm"},
		{Name: "@s/real", Version: "3.0.0", PURL: "pkg:npm/%40s/real@3.0.0", Ecosystem: "npm"},
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
	for in, fault := range map[string]string{
		`{"lockfileVersion":1,"dependencies":{}}`:               "version 2 or 3",
		`{"lockfileVersion":3}`:                                 "version 2 or 3",
		`{"packages":{}}`:                                       "version 2 or 3",
		`{"lockfileVersion":3,"packages":{"node_modules/":{}}}`: "no name",
		`{"lockfileVersion":3,"packages":{"node_modules/a":{"integrity":"sha512-!"}}}`:           "base64",
		`{"lockfileVersion":3,"packages":{"node_modules/a":{"version":1}}}`:                      "other than a text",
		`{"lockfileVersion":3,"packages":{"node_modules/a":{"link":1}}}`:                         "other than true",
		`{"lockfileVersion":3,"packages":{"node_modules/a":{},"node_modules/a":{}}}`:             "duplicate",
		`{"lockfileVersion":3,"packages":{"node_modules/` + strings.Repeat("a", 3000) + `":{}}}`: "no name",
	} {
		if got, err := sbom.FromLock([]byte(in)); err == nil || !strings.Contains(err.Error(), fault) || got != nil {
			t.Errorf("%.80s: %v, %v; want %q", in, got, err, fault)
		}
	}
}

// What npm itself writes of real packages, in three forms, is one list.
func TestRealSBOMs(t *testing.T) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("no npm here: run test/peers/install.sh")
	}
	lock, err := os.ReadFile("../../../.cache/npm/node_modules/.package-lock.json")
	if err != nil {
		t.Skip("no packages from npm here: run test/peers/install.sh")
	}
	dir := project(t, lock)
	fromLock, err := sbom.FromLock(lock)
	if err != nil || len(fromLock) < 50 {
		t.Fatal(len(fromLock), err)
	}
	want := names(fromLock)
	for format, prefix := range map[string]string{"cyclonedx": "CycloneDX 1.", "spdx": "SPDX 2."} {
		cmd := exec.Command(npm, "sbom", "--package-lock-only", "--offline", "--sbom-format", format)
		var out, errs bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatal(format, err, errs.String())
		}
		doc, err := sbom.Read(out.Bytes())
		if err != nil || !strings.HasPrefix(doc.Format, prefix) {
			t.Fatal(doc.Format, err)
		}
		got := names(doc.Components)
		delete(got, "npm probe 1.0.0")
		for k := range got {
			if _, ok := want[k]; !ok {
				t.Errorf("%s: %s is not in the lock file", format, k)
			}
		}
		if len(got) < len(want)*9/10 { // npm leaves out what is for other systems
			t.Errorf("%s: %d of %d", format, len(got), len(want))
		}
		t.Logf("%s: %d components, lock file: %d", doc.Format, len(got), len(want))
	}
}

// project is a folder with what npm installed for the tests, as a project of its own.
func project(t *testing.T, lock []byte) string {
	t.Helper()
	dir := t.TempDir()
	var l map[string]any
	if err := json.Unmarshal(lock, &l); err != nil {
		t.Fatal(err)
	}
	needs := make(map[string]any)
	about, err := os.ReadFile("../../../.cache/npm/package.json")
	if err != nil || json.Unmarshal(about, &needs) != nil {
		t.Fatal(err)
	}
	needs["name"], needs["version"] = "probe", "1.0.0"
	packages, _ := l["packages"].(map[string]any)
	packages = maps.Clone(packages)
	packages[""] = needs
	l["name"], l["packages"] = "probe", packages
	for name, v := range map[string]any{"package.json": needs, "package-lock.json": l} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func names(all []sbom.Component) map[string]bool {
	out := make(map[string]bool)
	for _, c := range all {
		out[c.Ecosystem+" "+c.Name+" "+c.Version] = true
	}
	return out
}

func BenchmarkRead(b *testing.B) {
	in := []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[` + strings.Repeat(`{"type":"library","name":"a","purl":"pkg:npm/a@1.0.0","hashes":[{"alg":"SHA-256","content":"ab"}]},`, 999) + `{"name":"b"}]}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, err := sbom.Read(in); err != nil {
			b.Fatal(err)
		}
	}
}
