package advisory

import "strings"

// A semantic version (semver.org 2.0.0). OSV's records leave out parts now and then, and Go
// writes a v: both are read.
type semantic struct {
	core []string // major, minor, patch; of NuGet a fourth
	pre  []string // identifiers; nil is a release
}

var (
	semver = by(func(s string) (semantic, bool) { return parseSemantic(s, 3) }, compareSemantic)
	// nuget has up to four numbers, and takes no notice of case.
	nuget = by(func(s string) (semantic, bool) { return parseSemantic(strings.ToLower(s), 4) }, compareSemantic)
)

func parseSemantic(s string, parts int) (semantic, bool) {
	s = strings.TrimPrefix(s, "v")
	s, _, _ = strings.Cut(s, "+")
	core, pre, isPre := strings.Cut(s, "-")
	v := semantic{core: strings.Split(core, ".")}
	if len(v.core) > parts {
		return semantic{}, false
	}
	for _, n := range v.core {
		if !digits(n) {
			return semantic{}, false
		}
	}
	if !isPre {
		return v, true
	}
	v.pre = strings.Split(pre, ".")
	for _, id := range v.pre {
		if !words(id) {
			return semantic{}, false
		}
	}
	return v, true
}

// words reports whether s is of [0-9A-Za-z-] alone, and not empty.
func words(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) && !isLetter(s[i]) && s[i] != '-' {
			return false
		}
	}
	return s != ""
}

func compareSemantic(a, b semantic) int {
	if c := numbers(a.core, b.core); c != 0 {
		return c
	}
	if a.pre == nil || b.pre == nil {
		return sign(len(b.pre) - len(a.pre)) // a release stands above what precedes it
	}
	for i := range min(len(a.pre), len(b.pre)) {
		if c := identifiers(a.pre[i], b.pre[i]); c != 0 {
			return c
		}
	}
	return sign(len(a.pre) - len(b.pre))
}

// identifiers compares two of a pre-release: numbers as numbers, and below words.
func identifiers(a, b string) int {
	switch x, y := digits(a), digits(b); {
	case x && y:
		return numeric(a, b)
	case x:
		return -1
	case y:
		return 1
	}
	return strings.Compare(a, b)
}
