package resolve

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// A pep440 is a version of Python, as PEP 440 orders them.
type pep440 struct {
	text    string
	epoch   int
	release []int
	written int     // how many numbers the text has; release is without zeros at its end
	key     [3]part // pre-release, post-release, development release
	local   string
}

// A part is a letter's rank and a number; rank orders what is missing.
type part struct{ rank, n int }

var pep440Form = lazy(`^v?(?:(\d{1,9})!)?(\d{1,9}(?:\.\d{1,9})*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d{0,9}))?(?:(?:[-_.]?(post|rev|r)[-_.]?(\d{0,9}))|-(\d{1,9}))?(?:[-_.]?(dev)[-_.]?(\d{0,9}))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$`)

func parsePEP440(s string) (pep440, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	m := pep440Form().FindStringSubmatch(s)
	if m == nil || len(s) > 128 {
		return pep440{}, false
	}
	v := pep440{text: s, epoch: number(m[1]), local: m[10]}
	for n := range strings.SplitSeq(m[2], ".") {
		v.release = append(v.release, number(n))
	}
	v.written = len(v.release)
	for len(v.release) > 1 && v.release[len(v.release)-1] == 0 {
		v.release = v.release[:len(v.release)-1]
	}
	post, dev := m[5] != "" || m[7] != "", m[8] != ""
	switch {
	case m[3] != "":
		v.key[0] = part{map[byte]int{'a': 1, 'b': 2}[m[3][0]], number(m[4])}
		if v.key[0].rank == 0 {
			v.key[0].rank = 3 // rc, c, pre, preview
		}
	case !post && dev:
		v.key[0] = part{} // 1.0.dev1 comes before 1.0a1
	default:
		v.key[0] = part{rank: 4}
	}
	if post {
		v.key[1] = part{1, number(m[6] + m[7])}
	}
	v.key[2] = part{rank: 1}
	if dev {
		v.key[2] = part{0, number(m[9])}
	}
	return v, true
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // at most nine digits; "" is 0
	return n
}

func (v *pep440) pre() bool { return v.key[0].rank < 4 || v.key[2].rank == 0 }

func (v *pep440) compare(w *pep440) int {
	if v.epoch != w.epoch {
		return v.epoch - w.epoch
	}
	if c := slices.Compare(v.release, w.release); c != 0 {
		return c
	}
	for i := range v.key {
		if v.key[i].rank != w.key[i].rank {
			return v.key[i].rank - w.key[i].rank
		}
		if v.key[i].n != w.key[i].n {
			return v.key[i].n - w.key[i].n
		}
	}
	return strings.Compare(v.local, w.local)
}

func (v *pep440) less(w pep440) bool  { return v.compare(&w) < 0 }
func (v *pep440) equal(w pep440) bool { return v.compare(&w) == 0 }

// specifiers are what must hold of a version, all of them.
type specifiers []specifier

type specifier struct {
	op   string
	v    pep440
	wild int // of ==1.2.*: how many numbers must be the same; 0 for none
}

var specifierForm = lazy(`^(===|==|!=|<=|>=|<|>|~=)\s*(\S+)$`)

// parseSpecifiers reads ">=1,<2". Markers behind ";" choose by the machine and are refused.
func parseSpecifiers(s string) (specifiers, error) {
	var out specifiers
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(s, ",") {
		m := specifierForm().FindStringSubmatch(strings.TrimSpace(one))
		if m == nil {
			return nil, errors.New("the version cannot be read: name an exact one, as in name==1.2.3")
		}
		text, star := strings.CutSuffix(m[2], ".*")
		v, ok := parsePEP440(text)
		if !ok || star && m[1] != "==" && m[1] != "!=" || m[1] == "~=" && v.written < 2 {
			return nil, errors.New("the version cannot be read: name an exact one, as in name==1.2.3")
		}
		sp := specifier{op: m[1], v: v}
		if star || m[1] == "~=" {
			sp.wild = v.written
		}
		out = append(out, sp)
	}
	return out, nil
}

func (s specifiers) holds(v pep440) bool {
	for i := range s {
		if !s[i].holds(&v) {
			return false
		}
	}
	return true
}

// only reports specifiers that name one version.
func (s specifiers) only() bool {
	return len(s) == 1 && strings.HasPrefix(s[0].op, "==") && s[0].wild == 0
}

// pre reports specifiers that name a pre-release.
func (s specifiers) pre() bool {
	return slices.ContainsFunc(s, func(one specifier) bool { return one.op != "!=" && one.v.pre() })
}

func (s *specifier) holds(v *pep440) bool {
	plain := *v
	if s.v.local == "" {
		plain.local = "" // 1.0+cu1 is 1.0 to all that name no local part
	}
	c := plain.compare(&s.v)
	switch s.op {
	case "==", "===":
		return s.wild > 0 && s.starts(v, s.wild) || s.wild == 0 && c == 0
	case "!=":
		return s.wild > 0 && !s.starts(v, s.wild) || s.wild == 0 && c != 0
	case "<=":
		return c <= 0
	case ">=":
		return c >= 0
	case "<": // PEP 440: no pre-release of the version itself
		return c < 0 && (s.v.pre() || !v.pre() || !s.sameRelease(v))
	case ">": // nor a post-release of it
		return c > 0 && (s.v.key[1].rank > 0 || v.key[1].rank == 0 || !s.sameRelease(v))
	case "~=":
		return c >= 0 && s.starts(v, s.wild-1)
	}
	return false
}

func (s *specifier) sameRelease(v *pep440) bool {
	return s.v.epoch == v.epoch && slices.Equal(s.v.release, v.release)
}

// starts reports that v's first n numbers are those of s; a number that is not written is 0.
func (s *specifier) starts(v *pep440, n int) bool {
	at := func(list []int, i int) int {
		if i < len(list) {
			return list[i]
		}
		return 0
	}
	for i := range n {
		if at(v.release, i) != at(s.v.release, i) {
			return false
		}
	}
	return v.epoch == s.v.epoch
}
