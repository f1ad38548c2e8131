package scan

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/trust/advisory"
)

const today = "2026-11-20T00:00:00Z"

// osv is one advisory about versions below 2.0.0.
func osv(id, ecosystem, name, rating string) string {
	return fmt.Sprintf(`{"schema_version":"1.6.0","id":%q,"modified":%q,"aliases":["CVE-2026-0001"],"affected":[{"package":{"ecosystem":%q,"name":%q},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.0.0"}]}]}],"database_specific":{"severity":%q}}`,
		id, today, ecosystem, name, rating)
}

func knowing(t *testing.T, now string, records ...string) *Checker {
	t.Helper()
	path := filepath.Join(t.TempDir(), "osv.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(records, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := advisory.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	c := New()
	c.Know(Advisories{d, at})
	return c
}

func checked(t *testing.T, c *Checker, file string) Report {
	t.Helper()
	in, err := Parse("file.json", []byte(file))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return c.Check([]Input{in})
}

func withID(r *Report, id string) (out []Finding) {
	for _, f := range r.Findings {
		if f.Rule == id {
			out = append(out, f)
		}
	}
	return out
}

const (
	cyclone = `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"x","version":"%s","purl":"pkg:npm/x@%[1]s"}]}`
	lock    = `{"name":"me","lockfileVersion":3,"packages":{"":{"name":"me"},"node_modules/x":{"version":"%s","resolved":"https://registry.npmjs.org/x/-/x.tgz"}}}`
)

// A package with a known hole is found wherever it is named with its version; a mended one
// is not; without advisories nothing is claimed.
func TestHoles(t *testing.T) {
	c := knowing(t, today, osv("GHSA-1", "npm", "x", "HIGH"), osv("GHSA-2", "PyPI", "my-x", "MODERATE"), osv("GHSA-3", "npm", "odd", ""))
	for name, one := range map[string]struct {
		file string
		want rule.Severity
	}{
		"npx": {command("npx", "-y", "x@1.2.3"), rule.High}, "npx, mended": {command("npx", "-y", "x@2.0.0"), 0}, "beside": {command("npx", "-p", "x@v1.2.3", "-p", "y@1.0.0", "y"), rule.High},
		"uvx": {command("uvx", "My_X==1.0"), rule.Medium}, "uvx, at": {command("uvx", "my.x@1.0"), rule.Medium}, "uvx, mended": {command("uvx", "my-x==2.1"), 0},
		"unrated": {command("npx", "odd@1.0.0"), rule.High},
		"sbom":    {fmt.Sprintf(cyclone, "1.0.0"), rule.High}, "sbom, mended": {fmt.Sprintf(cyclone, "2.0.0"), 0},
		"lock": {fmt.Sprintf(lock, "1.0.0"), rule.High}, "lock, mended": {fmt.Sprintf(lock, "2.0.0"), 0},
	} {
		r := checked(t, c, one.file)
		got := withID(&r, checkHole)
		if (one.want == 0) != (len(got) == 0) || len(got) > 0 && (got[0].Severity != one.want || !strings.Contains(got[0].Words, "CVE-2026-0001") || !strings.Contains(got[0].Words, "fixed in 2.0.0")) {
			t.Errorf("%s: %+v", name, got)
		}
		without := checked(t, New(), one.file)
		if len(withID(&without, checkHole)) > 0 || !slices.ContainsFunc(without.Notes, func(n string) bool { return strings.Contains(n, "not looked for") }) {
			t.Errorf("%s without advisories: %+v", name, without)
		}
	}
	r := checked(t, c, command("npx", "-p", "y@1.0.0", "-p", "x@1.2.3", "y"))
	if got := withID(&r, checkHole); len(got) != 1 || got[0].Field != "args/3" {
		t.Errorf("a hole of a package beside: %+v", got)
	}
	if r := checked(t, New(), command("node", "/srv/x.js")); len(r.Notes) > 0 {
		t.Error("a note about nothing", r.Notes)
	}
}

// What the data cannot say is unknown, and never clean.
func TestHolesUnknown(t *testing.T) {
	x := osv("GHSA-1", "npm", "other", "HIGH")
	for name, one := range map[string]struct {
		c    *Checker
		file string
		want string
	}{
		"stale":     {knowing(t, "2027-06-01T00:00:00Z", x), command("npx", "x@1.2.3"), "older than"},
		"broken":    {knowing(t, today, x, `{"id":7}`), command("npx", "x@1.2.3"), "cannot be read"},
		"ecosystem": {knowing(t, today, x), command("uvx", "x==1.2.3"), "know nothing of PyPI"},
		"floating":  {knowing(t, today, x), command("npx", "-y", "x"), "not known before it starts"},
		"no purl":   {knowing(t, today, x), `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"x","version":"1.0.0"}]}`, "where x is published"},
	} {
		r := checked(t, one.c, one.file)
		if got := withID(&r, checkUnknown); len(got) != 1 || !strings.Contains(got[0].Excerpt, one.want) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	r := checked(t, knowing(t, today, x), command("npx", "x@1.2.3"))
	if got := withID(&r, checkUnknown); len(got) != 0 {
		t.Errorf("fresh data are unknown: %+v", got)
	}
}

func TestMaterialsThatCannotBeRead(t *testing.T) {
	for _, file := range []string{`{"bomFormat":"CycloneDX","specVersion":"9","components":7}`, `{"lockfileVersion":1}`, `{"spdxVersion":"SPDX-1"}`} {
		if in, err := Parse("x.json", []byte(file)); err == nil {
			t.Errorf("%s is read as %+v", file, in)
		}
	}
}
