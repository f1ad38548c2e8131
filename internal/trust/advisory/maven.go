package advisory

import (
	"slices"
	"strings"
)

// A Maven version is tokens of digits or of letters, split at dots, hyphens and where
// digits meet letters (Maven's POM reference, "Version Order Specification").
type mavenToken struct {
	dot   bool // it stands behind a dot, or first
	digit bool
	text  string
}

var maven = by(parseMaven, compareMaven)

// mavenWords are the qualifiers that are known, in order; "" is a release. Others stand
// behind them, by the alphabet.
var mavenWords = []string{"alpha", "beta", "milestone", "rc", "snapshot", "", "sp"}

// mavenSame are other words for them; mavenShort only where a digit follows at once.
var (
	mavenSame  = map[string]string{"ga": "", "final": "", "release": "", "cr": "rc"}
	mavenShort = map[string]string{"a": "alpha", "b": "beta", "m": "milestone"}
)

func parseMaven(s string) (out []mavenToken, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return nil, false
		}
	}
	dot := true
	for rest := s; ; {
		var t mavenToken
		t, rest = mavenNext(rest)
		t.dot = dot && t.digit // a qualifier behind a dot is as one behind a hyphen
		if out = append(out, t); rest == "" {
			return trimMaven(out), s != ""
		}
		dot = rest[0] == '.'
		if dot || rest[0] == '-' {
			rest = rest[1:]
		}
	}
}

// mavenNext cuts one token; an empty one is zero.
func mavenNext(s string) (t mavenToken, rest string) {
	if s == "" || s[0] == '.' || s[0] == '-' {
		return mavenToken{digit: true, text: "0"}, s
	}
	if isDigit(s[0]) {
		t.digit = true
		t.text, rest = run(s, isDigit)
		return t, rest
	}
	t.text, rest = run(s, func(c byte) bool { return !isDigit(c) && c != '.' && c != '-' })
	if long, ok := mavenShort[t.text]; ok && rest != "" && isDigit(rest[0]) {
		t.text = long
	}
	if same, ok := mavenSame[t.text]; ok {
		t.text = same
	}
	return t, rest
}

// trimMaven drops what means nothing at the end and before each hyphen: 1.0.0-foo.0 is
// 1-foo.
func trimMaven(all []mavenToken) []mavenToken {
	for i, t := range slices.Backward(all) {
		nothing := strings.Trim(t.text, "0") == ""
		if nothing && (i == len(all)-1 || !all[i+1].dot) {
			all = slices.Delete(all, i, i+1)
		}
	}
	return all
}

func compareMaven(a, b []mavenToken) int {
	for i := range max(len(a), len(b)) {
		var x, y mavenToken // the shorter one goes on with releases
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if c := mavenTokens(x, y); c != 0 {
			return c
		}
	}
	return 0
}

func mavenTokens(x, y mavenToken) int {
	switch {
	case x.digit != y.digit:
		return bools(x.digit, y.digit) // a word is below a number
	case x.digit && x.dot != y.dot:
		return bools(x.dot, y.dot) // -1 is below .1
	case x.digit:
		return numeric(x.text, y.text)
	}
	m, n := mavenRank(x.text), mavenRank(y.text)
	if m == n {
		return strings.Compare(x.text, y.text)
	}
	return sign(m - n)
}

func mavenRank(s string) int {
	if i := slices.Index(mavenWords, s); i >= 0 {
		return i
	}
	return len(mavenWords)
}
