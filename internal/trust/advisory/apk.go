package advisory

import (
	"regexp"
	"strings"
)

// An Alpine version is numbers, one letter, suffixes, revision: 1.2.3b_rc1_p2-r4
// (apk-package(5)). A commit, ~hash, is not compared.
type alpine struct {
	numbers  []string
	letter   string
	suffixes []string // as they stand: rc1, p2
	revision string
}

var (
	apk        = by(parseAlpine, compareAlpine)
	alpineForm = regexp.MustCompile(`^(\d+(?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(?:~[0-9a-f]+)?(?:-r(\d+))?$`)
	// alpineSuffixes are below the end (negative) or above it.
	alpineSuffixes = map[string]int{"alpha": -4, "beta": -3, "pre": -2, "rc": -1, "cvs": 1, "svn": 2, "git": 3, "hg": 4, "p": 5}
)

func parseAlpine(s string) (alpine, bool) {
	m := alpineForm.FindStringSubmatch(s)
	if m == nil {
		return alpine{}, false
	}
	v := alpine{numbers: strings.Split(m[1], "."), letter: m[2], revision: m[4]}
	if m[3] != "" {
		v.suffixes = strings.Split(m[3][1:], "_")
	}
	return v, true
}

func compareAlpine(a, b alpine) int {
	if c := alpineNumbers(a.numbers, b.numbers); c != 0 {
		return c
	}
	if c := strings.Compare(a.letter, b.letter); c != 0 {
		return c
	}
	for i := range max(len(a.suffixes), len(b.suffixes)) {
		x, m := alpineSuffix(at(a.suffixes, i))
		y, n := alpineSuffix(at(b.suffixes, i))
		if c := sign(x - y); c != 0 {
			return c
		}
		if c := numeric(m, n); c != 0 {
			return c
		}
	}
	return numeric(a.revision, b.revision)
}

// alpineNumbers: the first as a number; a later one that begins with zero is a fraction,
// compared as text; 1 is below 1.0.
func alpineNumbers(a, b []string) int {
	for i := range min(len(a), len(b)) {
		c := numeric(a[i], b[i])
		if i > 0 && (a[i][0] == '0' || b[i][0] == '0') {
			c = strings.Compare(a[i], b[i])
		}
		if c != 0 {
			return c
		}
	}
	return sign(len(a) - len(b))
}

func alpineSuffix(s string) (rank int, n string) {
	word, n := run(s, isLetter)
	return alpineSuffixes[word], n
}
