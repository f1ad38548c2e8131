package sbom_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mantlet-mcp/mantlet/internal/trust/sbom"
)

const cyclone = `{"bomFormat":"CycloneDX","specVersion":%q,"metadata":{"tools":[{"name":"t"}],"component":{"type":"application","name":"us","version":"1"}},
"components":[
 {"type":"library","name":"left","version":"1.0.0","purl":"pkg:npm/%%40s/left@1.0.0","licenses":[{"license":{"id":"MIT"}},{"expression":"MIT OR Apache-2.0"}],
  "hashes":[{"alg":"SHA-256","content":"AB"}],
  "components":[{"type":"library","group":"org.x","name":"in","version":"2","components":[{"type":"library","name":"deep"}]}]},
 {"type":"file","name":"a.js"},
 null]}`

func TestCycloneDX(t *testing.T) {
	want := []sbom.Component{
		{Name: "us", Version: "1"},
		{Name: "@s/left", Version: "1.0.0", PURL: "pkg:npm/%40s/left@1.0.0", Ecosystem: "npm", Licences: []string{"MIT", "MIT OR Apache-2.0"}, Hashes: []sbom.Hash{{Alg: "SHA-256", Value: "ab"}}},
		{Name: "org.x/in", Version: "2"},
		{Name: "deep"},
	}
	for _, v := range []string{"1.4", "1.5", "1.6", "1.7"} {
		got, err := sbom.Read(fmt.Appendf(nil, cyclone, v))
		if err != nil || got.Format != "CycloneDX "+v {
			t.Fatal(v, got.Format, err)
		}
		if d := cmp.Diff(want, got.Components); d != "" {
			t.Error(d)
		}
	}
}

const spdx2 = `{"spdxVersion":%q,"packages":[{"name":"left","versionInfo":"v1.2.0","licenseDeclared":"MIT","licenseConcluded":"NOASSERTION",
"checksums":[{"algorithm":"SHA256","checksumValue":"AB"}],"externalRefs":[
 {"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a:x"},
 {"referenceCategory":%q,"referenceType":"purl","referenceLocator":"pkg:golang/example.com/x/left@v1.2.0"}]},{"name":"bare","licenseDeclared":"MIT","licenseConcluded":"mit"}]}`

func TestSPDX2(t *testing.T) {
	want := []sbom.Component{
		{Name: "example.com/x/left", Version: "1.2.0", PURL: "pkg:golang/example.com/x/left@v1.2.0", Ecosystem: "Go", Licences: []string{"MIT"}, Hashes: []sbom.Hash{{Alg: "SHA-256", Value: "ab"}}},
		{Name: "bare", Licences: []string{"MIT"}},
	}
	for v, category := range map[string]string{"SPDX-2.2": "PACKAGE_MANAGER", "SPDX-2.3": "PACKAGE-MANAGER"} {
		got, err := sbom.Read(fmt.Appendf(nil, spdx2, v, category))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got.Components); d != "" {
			t.Error(d)
		}
	}
}

func TestSPDX3(t *testing.T) {
	got, err := sbom.Read([]byte(`{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
		{"type":"CreationInfo","specVersion":"3.0.1"},
		{"type":"software_Package","name":"a","software_packageVersion":"1","software_packageUrl":"pkg:pypi/a@1","verifiedUsing":[{"type":"Hash","algorithm":"sha256","hashValue":"AB"}]},
		{"type":"software_Package","name":"b","externalIdentifier":[{"externalIdentifierType":"packageUrl","identifier":"pkg:cargo/b@2"}]},
		{"type":"software_File","name":"c"}]}`))
	want := []sbom.Component{
		{Name: "a", Version: "1", PURL: "pkg:pypi/a@1", Ecosystem: "PyPI", Hashes: []sbom.Hash{{Alg: "SHA-256", Value: "ab"}}},
		{Name: "b", Version: "2", PURL: "pkg:cargo/b@2", Ecosystem: "crates.io"},
	}
	if d := cmp.Diff(want, got.Components); err != nil || d != "" || got.Format != "SPDX 3.0.1" {
		t.Error(got.Format, err, d)
	}
}

// What is wrong is an error, and never a shorter list.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ in, fault string }{
		"empty":        {``, "cannot be read"},
		"nothing":      {`{}`, "neither"},
		"null":         {`null`, "neither"},
		"a list":       {`[]`, "cannot be read"},
		"both":         {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[],"packages":[]}`, "or both"},
		"no version":   {`{"bomFormat":"CycloneDX","components":[]}`, "version"},
		"old":          {`{"bomFormat":"CycloneDX","specVersion":"1.3"}`, "1.3"},
		"other case":   {`{"BomFormat":"CycloneDX","specVersion":"1.6"}`, "neither"},
		"twice":        {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[],"components":[]}`, "duplicate"},
		"cut":          {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a"}`, "cannot be read"},
		"more":         {`{"bomFormat":"CycloneDX","specVersion":"1.6"}{}`, "follows"},
		"bad purl":     {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a","purl":"npm/a"}]}`, "package URL"},
		"wrong shape":  {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":{"name":"a"}}`, "other than"},
		"long name":    {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"` + strings.Repeat("a", 5000) + `"}]}`, "more than 2048"},
		"too deep":     {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[` + strings.Repeat(`{"components":[`, 60) + strings.Repeat(`]}`, 60) + `]}`, "deep"},
		"spdx 2.1":     {`{"spdxVersion":"SPDX-2.1","packages":[]}`, "2.1"},
		"spdx 4":       {`{"@context":"x","@graph":[{"type":"CreationInfo","specVersion":"4.0.0"}]}`, "4.0.0"},
		"too many":     {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[` + strings.Repeat(`{"name":"a"},`, sbom.MaxComponents) + `{"name":"a"}]}`, "more than 50000"},
		"escape":       {`{"bomFormat":"CycloneDX","specVersion":"\u001b[2J"}`, `\x1b`},
		"many hashes":  {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"hashes":[` + strings.Repeat(`{"alg":"a","content":"b"},`, 100) + `{"alg":"a","content":"b"}]}]}`, "more than 100"},
		"hash no list": {`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"hashes":1}]}`, "other than"},
	} {
		got, err := sbom.Read([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.fault) || got.Components != nil {
			t.Errorf("%s: %d components, %v; want %q", name, len(got.Components), err, c.fault)
		}
	}
	if _, err := sbom.Read(make([]byte, sbom.MaxBytes+1)); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Error(err)
	}
}

func TestPURL(t *testing.T) {
	for in, want := range map[string][3]string{
		"pkg:npm/foobar@12.3.1":                            {"npm", "foobar", "12.3.1"},
		"pkg:npm/%40angular/animation@12.3.1":              {"npm", "@angular/animation", "12.3.1"},
		"pkg:npm/@angular/animation":                       {"npm", "@angular/animation", ""},
		"pkg:NPM/foobar@12.3.1":                            {"npm", "foobar", "12.3.1"},
		"pkg://npm/foobar@1.0.0-a%2Bb":                     {"npm", "foobar", "1.0.0-a+b"},
		"pkg:pypi/django-allauth@12.23":                    {"PyPI", "django-allauth", "12.23"},
		"pkg:golang/github.com/gorilla/context@v1.1.0#api": {"Go", "github.com/gorilla/context", "1.1.0"},
		"pkg:cargo/rand@0.7.2":                             {"crates.io", "rand", "0.7.2"},
		"pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1?type=zip&classifier=dist":                {"Maven", "org.apache.xmlgraphics:batik-anim", "1.9.1"},
		"pkg:nuget/EnterpriseLibrary.Common@6.0.1304":                                               {"NuGet", "EnterpriseLibrary.Common", "6.0.1304"},
		"pkg:gem/jruby-launcher@1.1.2?platform=java":                                                {"RubyGems", "jruby-launcher", "1.1.2"},
		"pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=debian-12":                                   {"Debian:12", "curl", "7.50.3-1"},
		"pkg:deb/debian/libssl3@3.0.11-1~deb12u2?upstream=openssl%403.0.11&epoch=1&distro=bookworm": {"Debian:12", "openssl", "1:3.0.11-1~deb12u2"},
		"pkg:deb/ubuntu/curl@7?distro=ubuntu-22.04":                                                 {"Ubuntu:22.04", "curl", "7"},
		"pkg:apk/alpine/libcrypto3@3.1.4-r5?arch=x86_64&origin=openssl&distro=alpine-3.20.1":        {"Alpine:v3.20", "openssl", "3.1.4-r5"},
		"pkg:apk/wolfi/curl@8": {"", "curl", "8"},
		"pkg:oci/debian@sha256%3A244fd47e07d1004f0aed9c?tag=latest":                                    {"OCI", "debian", "sha256:244fd47e07d1004f0aed9c"},
		"pkg:docker/smartentry/debian@sha256:abc":                                                      {"OCI", "smartentry/debian", "sha256:abc"},
		"pkg:generic/openssl@1.1.10g?download_url=https://openssl.org/source/openssl-1.1.0g.tar.gz%23": {"", "openssl", "1.1.10g"},
	} {
		p, err := sbom.ParsePURL(in)
		if got := [3]string{p.Ecosystem(), p.OSVName(), p.OSVVersion()}; err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "npm/a@1", "pkg:", "pkg:npm", "pkg:npm/", "pkg:1npm/a", "pkg:n!/a", "pkg:npm/a@%zz", "pkg:npm/%zz", "pkg:npm/%zz/a", "pkg:npm/a?x=%zz", "pkg:npm/" + strings.Repeat("a", 5000)} {
		if p, err := sbom.ParsePURL(in); err == nil {
			t.Errorf("%q is taken as %+v", in, p)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(fmt.Appendf(nil, cyclone, "1.6"))
	f.Add(fmt.Appendf(nil, spdx2, "SPDX-2.3", "x"))
	f.Add([]byte(`{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1","integrity":"sha512-AA=="}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := sbom.Read(b); err != nil && d.Components != nil || err == nil && d.Format == "" {
			t.Error("half an answer")
		}
		if c, err := sbom.FromLock(b); err != nil && c != nil {
			t.Error("half an answer")
		}
	})
}
