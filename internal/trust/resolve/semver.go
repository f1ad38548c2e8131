package resolve

import (
	"errors"
	"strconv"
	"strings"
)

// strictSemver is one version (SemVer 2.0.0 section 2), without "v" and wildcards.
var strictSemver = lazy(`^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$`)

type semver struct {
	n   [3]int
	pre string // without its hyphen; "" is a release
}

func parseSemver(s string) (semver, bool) {
	m := strictSemver().FindStringSubmatch(s)
	if m == nil {
		return semver{}, false
	}
	v := semver{pre: m[4]}
	for i := range v.n {
		v.n[i], _ = strconv.Atoi(m[i+1]) // nine digits
	}
	return v, true
}

func sameVersion(a, b string) bool {
	x, okX := parseSemver(a)
	y, okY := parseSemver(b)
	return okX && okY && x == y
}

// less orders by SemVer 2.0.0 section 11.
func (v semver) less(w semver) bool {
	for i := range v.n {
		if v.n[i] != w.n[i] {
			return v.n[i] < w.n[i]
		}
	}
	switch {
	case v.pre == w.pre || v.pre == "":
		return false
	case w.pre == "":
		return true
	}
	a, b := strings.Split(v.pre, "."), strings.Split(w.pre, ".")
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		x, errX := strconv.Atoi(a[i])
		y, errY := strconv.Atoi(b[i])
		switch {
		case errX == nil && errY == nil:
			return x < y
		case (errX == nil) != (errY == nil):
			return errX == nil // numbers come before words
		}
		return a[i] < b[i]
	}
	return len(a) < len(b)
}

// A bound is one comparator: op is <, <=, >, >= or =.
type bound struct {
	op string
	v  semver
}

func (b bound) holds(v semver) bool {
	switch b.op {
	case "<":
		return v.less(b.v)
	case "<=":
		return !b.v.less(v)
	case ">":
		return b.v.less(v)
	case ">=":
		return !v.less(b.v)
	}
	return v == b.v
}

// A span is npm's range: one set of bounds must hold whole.
type span [][]bound

// holds follows node-semver: a pre-release is in a range only where a bound names one of
// the same three numbers.
func (s span) holds(v semver) bool {
	for _, all := range s {
		fits, named := true, v.pre == ""
		for _, b := range all {
			fits = fits && b.holds(v)
			named = named || b.v.pre != "" && b.v.n == v.n
		}
		if fits && named {
			return true
		}
	}
	return false
}

var (
	hyphenRange = lazy(`^(\S+)\s+-\s+(\S+)$`)
	gap         = lazy(`([<>=~^]+)\s+`)
	comparator  = lazy(`^(<=|>=|<|>|=|~>|~|\^)?[v=]*(?:(\d{1,9}|[xX*])(?:\.(\d{1,9}|[xX*]))?(?:\.(\d{1,9}|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)?$`)
)

// rangeLike tells a range from a tag as npm does: what can be read as a range is one.
func rangeLike(s string) bool {
	_, err := parseRange(s)
	return err == nil
}

// parseRange reads node-semver's grammar: ||, hyphens, ^, ~, wildcards, comparators.
func parseRange(s string) (span, error) {
	var out span
	if len(s) > 256 {
		return nil, errors.New("the range is too long")
	}
	for part := range strings.SplitSeq(s, "||") {
		part = strings.TrimSpace(part)
		if m := hyphenRange().FindStringSubmatch(part); m != nil {
			part = ">=" + m[1] + " <=" + m[2]
		}
		all := []bound{}
		for word := range strings.FieldsSeq(gap().ReplaceAllString(part, "$1")) {
			more, ok := bounds(word)
			if !ok {
				return nil, errors.New("the range cannot be read: name an exact version")
			}
			all = append(all, more...)
		}
		out = append(out, all)
	}
	return out, nil
}

// bounds is one word as comparators.
func bounds(word string) ([]bound, bool) {
	m := comparator().FindStringSubmatch(word)
	if m == nil {
		return nil, false
	}
	var v semver
	given := 0 // how many of the three numbers are written
	for i := range v.n {
		n, err := strconv.Atoi(m[i+2])
		if err != nil {
			break
		}
		v.n[i], given = n, i+1
	}
	if given == 3 {
		v.pre = m[5]
	}
	return spread(m[1], v, given), true
}

// spread is what an operator means when only given of the numbers are written. The upper
// end has the pre-release "0", the lowest of all, so that no pre-release of it is inside.
func spread(op string, v semver, given int) []bound {
	next := func(i int) semver {
		w := semver{n: v.n, pre: "0"}
		w.n[i]++
		for j := i + 1; j < len(w.n); j++ {
			w.n[j] = 0
		}
		return w
	}
	last := given - 1
	switch {
	case given == 0 && (op == "<" || op == ">"):
		return []bound{{"<", semver{pre: "0"}}} // below or above everything: nothing
	case given == 0:
		return nil
	case op == "^":
		i := 0
		for i < last && v.n[i] == 0 {
			i++
		}
		return []bound{{">=", v}, {"<", next(i)}}
	case op == "~" || op == "~>":
		return []bound{{">=", v}, {"<", next(min(last, 1))}}
	case given == 3 && op == "":
		return []bound{{"=", v}}
	case given == 3:
		return []bound{{op, v}}
	case op == ">":
		w := next(last)
		w.pre = ""
		return []bound{{">=", w}}
	case op == "<=":
		return []bound{{"<", next(last)}}
	case op == "<":
		return []bound{{"<", semver{n: v.n, pre: "0"}}}
	case op == ">=":
		return []bound{{">=", v}}
	}
	return []bound{{">=", v}, {"<", next(last)}}
}
