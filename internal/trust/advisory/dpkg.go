package advisory

import "strings"

// A Debian version is [epoch:]upstream[-revision] (Debian policy 5.6.12).
type debian struct{ epoch, upstream, revision string }

var dpkg = by(parseDebian, func(a, b debian) int {
	if c := numeric(a.epoch, b.epoch); c != 0 {
		return c
	}
	if c := alternating(a.upstream, b.upstream); c != 0 {
		return c
	}
	return alternating(a.revision, b.revision)
})

func parseDebian(s string) (debian, bool) {
	var v debian
	if before, after, ok := strings.Cut(s, ":"); ok {
		if !digits(before) {
			return debian{}, false
		}
		v.epoch, s = before, after
	}
	v.upstream = s
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		v.upstream, v.revision = s[:i], s[i+1:]
	}
	ok := v.upstream != "" && isDigit(v.upstream[0])
	for i := range len(s) {
		if !isDigit(s[i]) && !isLetter(s[i]) && !strings.ContainsRune(".+-~:", rune(s[i])) {
			ok = false
		}
	}
	return v, ok
}

// alternating compares what is no digit, then digits, and again. A tilde is below the end,
// the end below letters, letters below the rest.
func alternating(a, b string) int {
	other := func(c byte) bool { return !isDigit(c) }
	for a != "" || b != "" {
		var x, y string
		x, a = run(a, other)
		y, b = run(b, other)
		if c := tildes(x, y); c != 0 {
			return c
		}
		x, a = run(a, isDigit)
		y, b = run(b, isDigit)
		if c := numeric(x, y); c != 0 {
			return c
		}
	}
	return 0
}

func tildes(a, b string) int {
	weight := func(s string, i int) int {
		switch {
		case i >= len(s):
			return 0
		case s[i] == '~':
			return -1
		case isLetter(s[i]):
			return int(s[i])
		}
		return int(s[i]) + 256
	}
	for i := range max(len(a), len(b)) {
		if c := sign(weight(a, i) - weight(b, i)); c != 0 {
			return c
		}
	}
	return 0
}
