package advisory

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"
)

// A Component is one package, named as OSV names it: "npm" and "@scope/name", "Maven" and
// "group:artifact", "Debian:12" and the source package.
type Component struct{ Ecosystem, Name, Version string }

// A Finding is one advisory about a component.
type Finding struct {
	ID       string
	Aliases  []string // CVE and other names of the same hole
	Severity Severity // the worst that the record says
	Score    float64  // CVSS, 0 where it has none
	Summary  string   // by whoever wrote the record: escape it
	Fixed    []string // versions above the component's that mend it, lowest first
	Ranges   []string // those that it is in: ">=1.0.0 <1.2.3"
	Unsure   string   // why it cannot be said whether the component is affected; "" where it is
}

// Data are advisories. They do not change, and serve all.
type Data struct {
	index     map[key][]entry
	newest    map[string]time.Time // by ecosystem
	records   int
	withdrawn int
	broken    int
	why       error // what was wrong with the first of those
	digest    [sha256.Size]byte
}

type key struct{ ecosystem, name string }

type entry struct {
	*record
	release string // what stands behind the ecosystem: "12", "v3.20"
	part
}

// Records is how many advisories are in force, how many were withdrawn, and how many could
// not be read.
func (d *Data) Records() (live, withdrawn, broken int) { return d.records, d.withdrawn, d.broken }

// Digest changes when what the data say may have changed, and not with the order of files.
func (d *Data) Digest() [sha256.Size]byte { return d.digest }

// Newest is when the newest record of an ecosystem was changed ("" is all of them); zero
// where there is none.
func (d *Data) Newest(ecosystem string) time.Time {
	base, _, _ := strings.Cut(ecosystem, ":")
	if base != "" {
		return d.newest[base]
	}
	var newest time.Time
	for _, t := range d.newest {
		if t.After(newest) {
			newest = t
		}
	}
	return newest
}

// Age is now less Newest; negative where a record is from the future.
func (d *Data) Age(ecosystem string, now time.Time) time.Duration {
	return now.Sub(d.Newest(ecosystem))
}

// normal is a name as the ecosystem's own registry tells names apart.
func normal(ecosystem, name string) string {
	switch ecosystem {
	case "PyPI": // PEP 503
		name = strings.ToLower(name)
		parts := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' })
		return strings.Join(parts, "-")
	case "NuGet", "Packagist", "GitHub Actions":
		return strings.ToLower(name)
	}
	return name
}

// Affected is what is known of c: the worst first. No finding says that these data hold
// nothing about it, which Gate judges.
func (d *Data) Affected(c Component) []Finding {
	base, release, _ := strings.Cut(c.Ecosystem, ":")
	found := make(map[string]*Finding)
	var out []*Finding
	entries := d.index[key{base, normal(base, c.Name)}]
	for i := range entries {
		f, ok := entries[i].judge(base, release, c.Version)
		if !ok {
			continue
		}
		if old := found[f.ID]; old != nil {
			old.merge(f)
			continue
		}
		found[f.ID] = f
		out = append(out, f)
	}
	return arranged(base, out)
}

// judge is false where c is not affected.
func (e *entry) judge(base, release, version string) (*Finding, bool) {
	f := &Finding{ID: e.id, Aliases: e.aliases, Severity: max(e.record.severity, e.part.severity), Score: max(e.record.score, e.part.score), Summary: e.summary}
	switch {
	case e.release == "" || e.release == release || release != "" && strings.HasPrefix(e.release+":", release+":"):
	case release == "":
		f.Unsure = "it is not known which release of " + base + " it is from"
	default:
		return nil, false
	}
	in, unsure := e.listed(base, version), ""
	if in {
		f.Ranges = append(f.Ranges, "="+version)
	}
	for i := range e.spans {
		s := &e.spans[i]
		switch yes, known := s.contains(base, version); {
		case yes:
			in = true
			f.Ranges = append(f.Ranges, s.String())
			f.Fixed = append(f.Fixed, s.mends(base, version)...)
		case !known:
			unsure = "the order of its versions is not known here: only those that are listed one by one can be told"
		}
	}
	if unsure == "" && len(e.spans) == 0 && len(e.versions) == 0 {
		unsure = "the advisory names commits, and no version"
	}
	if version == "" {
		in, unsure = false, "its version is not known"
	}
	if !in {
		f.Unsure = unsure
	}
	return f, in || unsure != ""
}

// listed reports whether version is one that the advisory lists.
func (e *entry) listed(base, version string) bool {
	return slices.ContainsFunc(e.versions, func(v string) bool {
		if v == version {
			return true
		}
		cmp := orders[base]
		if cmp == nil {
			return false
		}
		c, ok := cmp(v, version)
		return ok && c == 0
	})
}

// merge joins two parts of one advisory: what is known beats what is not.
func (f *Finding) merge(other *Finding) {
	if f.Unsure != "" && other.Unsure == "" {
		f.Unsure = ""
	}
	f.Severity, f.Score = max(f.Severity, other.Severity), max(f.Score, other.Score)
	f.Fixed, f.Ranges = append(f.Fixed, other.Fixed...), append(f.Ranges, other.Ranges...)
}

func arranged(base string, all []*Finding) []Finding {
	out := make([]Finding, 0, len(all))
	for _, f := range all {
		f.Fixed = ascend(base, f.Fixed)
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Finding) int {
		if c := int(b.Severity) - int(a.Severity); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

func ascend(base string, versions []string) []string {
	cmp := orders[base]
	if cmp == nil {
		cmp = semver
	}
	slices.SortFunc(versions, func(a, b string) int {
		if c, ok := cmp(a, b); ok && c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(versions)
}
