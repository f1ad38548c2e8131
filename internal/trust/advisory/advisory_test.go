package advisory_test

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust/advisory"
)

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, text string) *advisory.Data {
	t.Helper()
	d, err := advisory.Open(write(t, "osv.json", text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// record is one advisory about one package; ranges is what stands in affected beside it.
func record(id, ecosystem, name, ranges string) string {
	return fmt.Sprintf(`{"schema_version":"1.6.0","id":%q,"modified":"2026-11-20T00:00:00Z","summary":"a hole","details":"long","aliases":["CVE-2026-1"],
	"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
	"affected":[{"package":{"ecosystem":%q,"name":%q,"purl":"pkg:x/y"},%s,"database_specific":{"x":[1]}}],"database_specific":{"severity":"MODERATE"}}`, id, ecosystem, name, ranges)
}

func ranges(kind, events string) string {
	return fmt.Sprintf(`"ranges":[{"type":%q,"events":[%s]}]`, kind, events)
}

// What is in a range, by each kind of range and ecosystem.
func TestAffected(t *testing.T) {
	for name, c := range map[string]struct {
		ecosystem, ranges      string
		in, out, unsure, fixed string // versions, parted by spaces
	}{
		"semver":              {"npm", ranges("SEMVER", `{"introduced":"1.0.0"},{"fixed":"1.2.3"}`), "1.0.0 1.2.2 1.2.3-rc.1", "0.9.9 1.0.0-alpha 1.2.3 2.0.0", "latest", "1.2.3"},
		"from the first":      {"Go", ranges("SEMVER", `{"introduced":"0"},{"fixed":"1.2.3"}`), "0 0.0.0-0 1.0.0 v1.2.2", "1.2.3 v1.2.3", "", "1.2.3"},
		"to the last":         {"npm", ranges("SEMVER", `{"introduced":"1.0.0"},{"last_affected":"1.2.3"}`), "1.0.0 1.2.3", "0.1.0 1.2.4", "", ""},
		"only one":            {"npm", ranges("SEMVER", `{"last_affected":"1.0.0"},{"introduced":"1.0.0"}`), "1.0.0", "1.0.1 0.9.0", "", ""},
		"never fixed":         {"npm", ranges("SEMVER", `{"introduced":"0"}`), "0 1.0.0 99.0.0", "", "", ""},
		"two stretches":       {"crates.io", ranges("SEMVER", `{"fixed":"2.0.5"},{"introduced":"2.0.0"},{"introduced":"1.0.0"},{"fixed":"1.5.0"}`), "1.0.0 1.4.9 2.0.0", "0.1.0 1.5.0 1.9.0 2.0.5", "", ""},
		"two ranges":          {"npm", `"ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"1.1.0"}]},{"type":"SEMVER","events":[{"introduced":"2.0.0"},{"fixed":"2.1.0"}]}]`, "1.0.0 2.0.0", "1.1.0 2.1.0", "", ""},
		"fixed, and again":    {"npm", ranges("SEMVER", `{"introduced":"0"},{"fixed":"1.0.0"},{"introduced":"1.0.0"},{"fixed":"2.0.0"}`), "0.5.0 1.0.0 1.5.0", "2.0.0", "", ""},
		"a limit":             {"npm", ranges("SEMVER", `{"introduced":"1.0.0"},{"limit":"2.0.0"}`), "1.0.0 1.9.9", "0.9.0 2.0.0 3.0.0", "", ""},
		"no limit":            {"npm", ranges("SEMVER", `{"introduced":"1.0.0"},{"limit":"*"}`), "1.0.0 9.0.0", "0.9.0", "", ""},
		"listed beside":       {"npm", ranges("SEMVER", `{"introduced":"1.0.0"},{"fixed":"1.1.0"}`) + `,"versions":["1.0.0","3.0.0","odd"]`, "1.0.0 1.0.5 3.0.0 odd", "2.0.0", "", ""},
		"only listed":         {"npm", `"versions":["1.0.0","1.0.1"]`, "1.0.0 1.0.1", "1.0.2", "", ""},
		"Python":              {"PyPI", ranges("ECOSYSTEM", `{"introduced":"0"},{"fixed":"2.0rc1"}`) + `,"versions":["1.0","1.0.post1","2.0b1"]`, "1.0 1.0.post1 2.0b1 2.0.dev1 0", "2.0rc1 2.0 1!0.1", "", ""},
		"Maven":               {"Maven", ranges("ECOSYSTEM", `{"introduced":"2.0-beta9"},{"fixed":"2.15.0"}`), "2.0 2.0-rc1 2.14.1 2.15.0-SNAPSHOT", "2.0-alpha1 1.2 2.15.0 2.15", "", "2.15.0"},
		"Ruby":                {"RubyGems", ranges("ECOSYSTEM", `{"introduced":"5.0.0"},{"fixed":"5.2.4.3"}`), "5.0.0 5.2.4.2 5.2.4.rc1", "5.0.0.beta1 5.2.4.3 6", "", "5.2.4.3"},
		"NuGet":               {"NuGet", ranges("ECOSYSTEM", `{"introduced":"4.0.0"},{"fixed":"4.0.0.5"}`), "4.0.0 4.0.0.4", "4.0.0-rc1 4.0.0.5", "", "4.0.0.5"},
		"Debian":              {"Debian:12", ranges("ECOSYSTEM", `{"introduced":"0"},{"fixed":"3.0.11-1~deb12u2"}`), "3.0.11-1~deb12u1 1.0-1", "3.0.11-1~deb12u2 3.0.11-1 1:0.1-1", "", ""},
		"Alpine":              {"Alpine:v3.20", ranges("ECOSYSTEM", `{"introduced":"0"},{"fixed":"3.1.4-r5"}`), "3.1.4-r4 3.1.3", "3.1.4-r5 3.1.5", "", ""},
		"an order unknown":    {"Bitnami Fork", ranges("ECOSYSTEM", `{"introduced":"0"},{"fixed":"2"}`) + `,"versions":["1","1.5"]`, "1 1.5", "", "1.6 2 3", ""},
		"semver anywhere":     {"Bitnami Fork", ranges("SEMVER", `{"introduced":"1.0.0"},{"fixed":"2.0.0"}`), "1.5.0", "2.0.0", "", "2.0.0"},
		"a kind unknown":      {"npm", ranges("MOON", `{"introduced":"1.0.0"}`), "", "", "1.0.0 0.1.0", ""},
		"events out of order": {"npm", ranges("SEMVER", `{"introduced":"yesterday"},{"fixed":"2.0.0"}`), "", "", "1.0.0 2.0.0", ""},
		"commits only":        {"npm", ranges("GIT", `{"introduced":"0"},{"fixed":"abc"}`), "", "", "1.0.0", ""},
		"commits beside":      {"npm", `"ranges":[{"type":"GIT","events":[{"introduced":"0"}]},{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"1.1.0"}]}]`, "1.0.0", "1.1.0", "", "1.1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, record("X-1", c.ecosystem, "p", c.ranges))
			ask := func(v string) []advisory.Finding {
				return d.Affected(advisory.Component{Ecosystem: c.ecosystem, Name: "p", Version: v})
			}
			for v := range strings.FieldsSeq(c.in) {
				f := ask(v)
				if len(f) != 1 || f[0].Unsure != "" || f[0].ID != "X-1" || f[0].Severity != advisory.Critical || f[0].Score != 9.8 || len(f[0].Ranges) == 0 {
					t.Errorf("%s should be affected: %+v", v, f)
				}
				if c.fixed != "" && strings.Join(f[0].Fixed, " ") != c.fixed {
					t.Errorf("%s is fixed in %v", v, f[0].Fixed)
				}
			}
			for v := range strings.FieldsSeq(c.out) {
				if f := ask(v); len(f) != 0 {
					t.Errorf("%s should not be affected: %+v", v, f)
				}
			}
			for v := range strings.FieldsSeq(c.unsure) {
				if f := ask(v); len(f) != 1 || f[0].Unsure == "" {
					t.Errorf("%s should be unsure: %+v", v, f)
				}
			}
			if f := ask(""); len(f) != 1 || f[0].Unsure == "" {
				t.Errorf("no version should be unsure: %+v", f)
			}
			if f := d.Affected(advisory.Component{Ecosystem: c.ecosystem, Name: "q", Version: "1.0.0"}); len(f) != 0 {
				t.Errorf("another package: %+v", f)
			}
		})
	}
}

func TestNames(t *testing.T) {
	one := ranges("ECOSYSTEM", `{"introduced":"0"}`)
	d := open(t, "["+strings.Join([]string{
		record("P", "PyPI", "Zope.Interface_x", one), record("N", "NuGet", "Newtonsoft.Json", one), record("D12", "Debian:12", "curl", one),
		record("D", "Debian", "curl", one), record("U", "Ubuntu:22.04:LTS", "curl", one), record("G", "npm", "Left", one),
	}, ",")+"]")
	for _, c := range []struct{ ecosystem, name, want string }{
		{"PyPI", "zope-interface.X", "P"},
		{"NuGet", "newtonsoft.json", "N"},
		{"npm", "Left", "G"},
		{"npm", "left", ""},
		{"PyPI", "curl", ""},
		{"Debian:12", "curl", "D D12"},
		{"Debian:11", "curl", "D"},
		{"Debian:1", "curl", "D"},
		{"Debian", "curl", "D D12?"},
		{"Ubuntu:22.04", "curl", "U"},
		{"Ubuntu:20.04", "curl", ""},
	} {
		var got []string
		for _, f := range d.Affected(advisory.Component{Ecosystem: c.ecosystem, Name: c.name, Version: "1.0"}) {
			if f.Unsure != "" {
				f.ID += "?"
			}
			got = append(got, f.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %s: %v, want %q", c.ecosystem, c.name, got, c.want)
		}
	}
}

func TestSeverity(t *testing.T) {
	for in, want := range map[string]string{
		`"severity":[{"type":"CVSS_V2","score":"AV:N/AC:L/Au:N/C:N/I:N/A:C"}]`:                                                           "high 7.8", // FIRST's guide to version 2, 3.3.1
		`"severity":[{"type":"CVSS_V2","score":"(AV:N/AC:L/Au:N/C:C/I:C/A:C)"}]`:                                                         "high 10.0",
		`"severity":[{"type":"CVSS_V3","score":"CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}]`:                                         "medium 6.1", // FIRST's examples
		`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]`:                                         "critical 9.8",
		`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"}]`:                                         "none 0.0",
		`"severity":[{"type":"CVSS_V4","score":"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}]`:                      "critical 9.3",
		`"severity":[{"type":"CVSS_V4","score":"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N"}]`:                      "none 0.0",
		`"severity":[{"type":"CVSS_V3","score":"9.8"}]`:                                                                                  "unrated 0.0",
		`"severity":[{"type":"Ubuntu","score":"medium"}]`:                                                                                "medium 0.0",
		`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}],"database_specific":{"severity":"HIGH"}`: "high 6.1",
		`"database_specific":{"severity":"MODERATE"}`:                                                                                    "medium 0.0",
		`"database_specific":"text"`:         "unrated 0.0",
		`"database_specific":{"severity":7}`: "unrated 0.0",
		`"severity":null`:                    "unrated 0.0",
	} {
		d := open(t, `{"id":"X","modified":"2026-11-20T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"p"},"versions":["1.0.0"]}],`+in+`}`)
		f := d.Affected(advisory.Component{Ecosystem: "npm", Name: "p", Version: "1.0.0"})
		if got := fmt.Sprintf("%s %.1f", f[0].Severity, f[0].Score); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	d := open(t, `{"id":"MAL-2026-1","modified":"2026-11-20T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"p"},"versions":["1.0.0"]}]}`)
	if f := d.Affected(advisory.Component{Ecosystem: "npm", Name: "p", Version: "1.0.0"}); f[0].Severity != advisory.Critical {
		t.Error("a malicious package is", f[0].Severity)
	}
	d = open(t, `{"id":"X","modified":"2026-11-20T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"p"},"versions":["1.0.0"],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}]}`)
	if f := d.Affected(advisory.Component{Ecosystem: "npm", Name: "p", Version: "1.0.0"}); f[0].Score != 9.8 {
		t.Error("a package's own rating", f[0])
	}
	for in, want := range map[string]advisory.Severity{"LOW": advisory.Low, "moderate": advisory.Medium, "critical": advisory.Critical, "unrated": 0, "": 0, "worst": 0} {
		if got, err := advisory.ParseSeverity(in); got != want || (err == nil) != (want != 0) {
			t.Error(in, got, err)
		}
	}
}

// One set of records is one set, in whatever files it lies.
func TestOpen(t *testing.T) {
	a, b := record("A", "npm", "a", `"versions":["1.0.0"]`), record("B", "PyPI", "b", `"versions":["1.0"]`)
	oneLine := func(s string) string { return strings.ReplaceAll(s, "\n", " ") }
	a, b = oneLine(a), oneLine(b)
	dir := t.TempDir()
	for name, text := range map[string]string{"a.json": a, "deep/er/b.json": b, "README.md": "no record", ".git/x": "no record"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := advisory.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for form, path := range map[string]string{
		"a list":     write(t, "all.json", "["+b+","+a+"]"),
		"lines":      write(t, "all.jsonl", b+"\n"+a+"\n"),
		"a zip":      zipped(t, map[string]string{"B.json": b, "A.json": a, "x/README": "none"}),
		"turned":     write(t, "all.ndjson", a+"\n"+b),
		"zip in dir": filepath.Dir(zipped(t, map[string]string{"B.json": b, "A.json": a})),
	} {
		got, err := advisory.Open(path)
		if err != nil {
			t.Fatal(form, err)
		}
		if live, withdrawn, broken := got.Records(); live != 2 || withdrawn+broken != 0 || got.Digest() != want.Digest() {
			t.Error(form, live, withdrawn, broken, got.Digest() == want.Digest())
		}
	}
	other := open(t, strings.Replace(a, "1.0.0", "1.0.1", 1)+b)
	if other.Digest() == want.Digest() {
		t.Error("the data changed, and the digest did not")
	}
}

func zipped(t testing.TB, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "all.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for name, text := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// What cannot be read is an error or is counted: never nothing.
func TestBroken(t *testing.T) {
	good := strings.ReplaceAll(record("A", "npm", "a", `"versions":["1.0.0"]`), "\n", " ")
	for name, path := range map[string]string{
		"not there":     filepath.Join(t.TempDir(), "none"),
		"empty":         write(t, "x.json", ""),
		"empty list":    write(t, "x.json", "[]"),
		"empty folder":  t.TempDir(),
		"no zip":        write(t, "x.zip", "PK"),
		"only a broken": write(t, "x.json", `{"id":"A"}`),
		"null":          write(t, "x.json", `null`),
	} {
		if d, err := advisory.Open(path); err == nil || d != nil {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
	for name, bad := range map[string]string{
		"cut":        `{"id":"B",`,
		"no time":    `{"id":"B"}`,
		"bad time":   `{"id":"B","modified":"today"}`,
		"twice":      strings.Replace(good, `"id"`, `"id":"B","id"`, 1),
		"schema 2":   strings.Replace(good, `"1.6.0"`, `"2.0.0"`, 1),
		"wrong kind": strings.Replace(good, `["1.0.0"]`, `"1.0.0"`, 1),
		"deep":       strings.Replace(good, `[1]`, strings.Repeat("[", 90)+strings.Repeat("]", 90), 1),
	} {
		for _, path := range []string{write(t, "x.jsonl", good+"\n"+bad), zipped(t, map[string]string{"a.json": good, "b.json": bad})} {
			d, err := advisory.Open(path)
			if err != nil {
				t.Fatal(name, err)
			}
			if live, _, broken := d.Records(); live != 1 || broken != 1 {
				t.Errorf("%s: %d live, %d broken", name, live, broken)
			}
			if v := (advisory.Gate{}).Judge(d, []advisory.Component{{Ecosystem: "npm", Name: "z", Version: "1.0.0"}}, now); v.Outcome != advisory.Unknown || !slices.ContainsFunc(v.Reasons, func(s string) bool { return strings.Contains(s, "cannot be read") }) {
				t.Errorf("%s: %+v", name, v)
			}
		}
	}
	huge := zipped(t, map[string]string{"a.json": good, "b.json": `{"x":"` + strings.Repeat(" ", 17<<20) + `"}`})
	if d, err := advisory.Open(huge); err != nil {
		t.Error(err)
	} else if _, _, broken := d.Records(); broken != 1 {
		t.Error("17 MiB of a record were read")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(record("A", "npm", "a", ranges("SEMVER", `{"introduced":"0"},{"fixed":"1.0.0"}`))), "npm", "1.0.0")
	f.Add([]byte(record("A", "PyPI", "a", ranges("ECOSYSTEM", `{"introduced":"0"},{"last_affected":"1.0a1"}`))), "PyPI", "1.0.dev1")
	f.Add([]byte(record("A", "Maven", "a", ranges("ECOSYSTEM", `{"introduced":"0"},{"limit":"1-sp-1"}`))), "Maven", "1.0-ga")
	path := filepath.Join(f.TempDir(), "x.json")
	f.Fuzz(func(t *testing.T, b []byte, ecosystem, version string) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := advisory.Open(path)
		if err != nil {
			return
		}
		c := advisory.Component{Ecosystem: ecosystem, Name: "a", Version: version}
		for _, f := range d.Affected(c) {
			if f.ID == "" {
				t.Error("a finding without a name")
			}
		}
		if v := (advisory.Gate{}).Judge(d, nil, now); v.Outcome == advisory.Satisfied {
			t.Error("nothing is satisfied")
		}
	})
}
