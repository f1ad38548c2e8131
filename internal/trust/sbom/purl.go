package sbom

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/mantlet-mcp/mantlet"
)

// A PURL is a package URL: pkg:type/namespace/name@version?qualifiers#subpath
// (ECMA-427). Its parts are decoded; the subpath is dropped.
type PURL struct {
	Type      string // lower case
	Namespace string // its segments joined by "/"
	Name      string
	Version   string
	Quals     map[string]string // keys in lower case
}

// ParsePURL reads s. A text that has no type or no name is refused.
func ParsePURL(s string) (PURL, error) {
	bad := func(why string) (PURL, error) {
		return PURL{}, fmt.Errorf("%q is no package URL: %s", mantlet.Escape(short(s)), why)
	}
	if len(s) > maxText {
		return bad("it is too long")
	}
	rest, ok := cutScheme(s)
	if !ok {
		return bad("it does not begin with pkg:")
	}
	rest, _ = cutLast(rest, "#")
	rest, quals := cutLast(rest, "?")
	kind, rest, ok := strings.Cut(strings.Trim(rest, "/"), "/")
	if !ok || !isType(kind) {
		return bad("it has no type")
	}
	p := PURL{Type: strings.ToLower(kind)}
	var err error
	if p.Quals, err = qualifiers(quals); err != nil {
		return bad("its qualifiers cannot be decoded")
	}
	if i := strings.LastIndexByte(rest, '@'); i > 0 && rest[i-1] != '/' { // "@scope" is no version
		if p.Version, err = url.PathUnescape(rest[i+1:]); err != nil {
			return bad("its version cannot be decoded")
		}
		rest = rest[:i]
	}
	space, name := path.Split(strings.Trim(rest, "/"))
	if p.Name, err = url.PathUnescape(name); err != nil || p.Name == "" {
		return bad("it has no name")
	}
	if p.Namespace, err = url.PathUnescape(strings.Trim(space, "/")); err != nil {
		return bad("its namespace cannot be decoded")
	}
	return p, nil
}

func cutScheme(s string) (string, bool) {
	if len(s) < 4 || !strings.EqualFold(s[:4], "pkg:") {
		return "", false
	}
	return strings.TrimLeft(s[4:], "/"), true
}

// cutLast cuts around the last sep; all is before where there is none.
func cutLast(s, sep string) (before, after string) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):]
	}
	return s, ""
}

func isType(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789.+-", r)) {
			return false
		}
	}
	return s != ""
}

func qualifiers(s string) (map[string]string, error) {
	if s == "" {
		return nil, nil //nolint:nilnil // none
	}
	out := make(map[string]string)
	for pair := range strings.SplitSeq(s, "&") {
		k, v, _ := strings.Cut(pair, "=")
		v, err := url.PathUnescape(v)
		if err != nil {
			return nil, err
		}
		if k != "" && v != "" {
			out[strings.ToLower(k)] = v
		}
	}
	return out, nil
}

func short(s string) string {
	if len(s) > 120 {
		return s[:120] + "..."
	}
	return s
}

// ecosystems are OSV's words for the types of package URLs.
var ecosystems = map[string]string{
	"npm": "npm", "pypi": "PyPI", "golang": "Go", "cargo": "crates.io", "maven": "Maven", "nuget": "NuGet", "gem": "RubyGems",
	"composer": "Packagist", "hex": "Hex", "pub": "Pub", "deb": "Debian", "apk": "Alpine", "oci": "OCI", "docker": "OCI",
}

// Ecosystem is OSV's word for where p is published, with the release of a distribution
// where p tells it ("Debian:12", "Alpine:v3.20"); "" where OSV has none.
func (p PURL) Ecosystem() string {
	distro := p.Quals["distro"]
	switch p.Type {
	case "deb":
		return debian(strings.ToLower(p.Namespace), distro)
	case "apk":
		if v, ok := strings.CutPrefix(distro, "alpine-"); ok && strings.Count(v, ".") >= 1 {
			parts := strings.SplitN(strings.TrimPrefix(v, "v"), ".", 3)
			return "Alpine:v" + parts[0] + "." + parts[1]
		}
		if !strings.EqualFold(p.Namespace, "alpine") {
			return "" // Wolfi, Chainguard and others order likewise, but are other packages
		}
	}
	return ecosystems[p.Type]
}

// debians are the releases by name.
var debians = map[string]string{"buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14"}

func debian(vendor, distro string) string {
	eco, ok := map[string]string{"debian": "Debian", "ubuntu": "Ubuntu"}[vendor]
	if !ok {
		return ""
	}
	release := strings.TrimPrefix(distro, vendor+"-")
	if n, ok := debians[release]; ok && vendor == "debian" {
		release = n
	}
	if vendor == "debian" {
		release, _, _ = strings.Cut(release, ".") // 12.7 is 12
	}
	if release == "" {
		return eco
	}
	return eco + ":" + release
}

// OSVName is the name under which OSV has it: "@scope/name", "group:artifact",
// "github.com/x/y", a distribution's source package.
func (p PURL) OSVName() string {
	switch p.Type {
	case "maven":
		return p.Namespace + ":" + p.Name
	case "deb":
		return p.source(p.Quals["source"])
	case "apk":
		return p.source(p.Quals["origin"])
	case "nuget", "pypi", "gem", "cargo":
		return p.Name
	}
	if p.Namespace != "" {
		return p.Namespace + "/" + p.Name
	}
	return p.Name
}

// source is the package that p was built from, which advisories name.
func (p PURL) source(named string) string {
	if named == "" {
		named, _, _ = strings.Cut(p.Quals["upstream"], "@")
	}
	if named == "" {
		return p.Name
	}
	return named
}

// OSVVersion is the version as OSV writes it: Go's without its v, Debian's with its epoch.
func (p PURL) OSVVersion() string {
	switch epoch := p.Quals["epoch"]; {
	case p.Type == "golang":
		return strings.TrimPrefix(p.Version, "v")
	case p.Type == "deb" && epoch != "" && epoch != "0" && !strings.Contains(p.Version, ":"):
		return epoch + ":" + p.Version
	}
	return p.Version
}
