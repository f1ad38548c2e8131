package advisory

import (
	"strings"
)

// An order compares two versions of one ecosystem: negative, zero, positive. It is false
// where one of them is no version there.
type order func(a, b string) (int, bool)

// orders are the ecosystems whose order is known here. In one that is not, a package is
// known to be affected only where an advisory lists its version as it is written.
var orders = map[string]order{
	"npm": semver, "Go": semver, "crates.io": semver, "Hex": semver, "Pub": semver, "SwiftURL": semver,
	"PyPI": pep440, "Maven": maven, "RubyGems": gem, "NuGet": nuget, "Debian": dpkg, "Ubuntu": dpkg, "Alpine": apk,
}

// by makes an order of a parser and a comparison.
func by[V any](parse func(string) (V, bool), compare func(a, b V) int) order {
	return func(a, b string) (int, bool) {
		x, ok := parse(a)
		if !ok {
			return 0, false
		}
		y, ok := parse(b)
		if !ok {
			return 0, false
		}
		return compare(x, y), true
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// digits reports whether s is digits alone, and at least one.
func digits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// numeric compares digits of any length, without reading them into a number: a version may
// hold a date, a commit or an attack. "" is zero.
func numeric(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return sign(len(a) - len(b))
	}
	return strings.Compare(a, b)
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// run cuts the longest head of s that in holds for.
func run(s string, in func(byte) bool) (head, rest string) {
	i := 0
	for i < len(s) && in(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

// numbers compares lists of numbers; the shorter one goes on with zeros.
func numbers(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if c := numeric(at(a, i), at(b, i)); c != 0 {
			return c
		}
	}
	return 0
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
