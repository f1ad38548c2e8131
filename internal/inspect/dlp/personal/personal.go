package personal

import (
	"bytes"
	"slices"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// Reach is how many bytes lie at most between the first byte that is read for a hit and the
// byte by which it is known.
const Reach = 512

// maxHits is how many are reported of one text.
const maxHits = 500

// Detector finds personal data; its zero value is ready. It is for many goroutines.
type Detector struct{}

// The severities, short, for the tables.
const (
	info   = finding.Info
	low    = finding.Low
	medium = finding.Medium
	high   = finding.High
)

// What stops the walk over a text.
const (
	aDigit = 1
	anAt   = 2
)

var stops = func() (t [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		t[c] = aDigit
	}
	t['@'] = anAt
	return t
}()

// A look is one text as it is walked over.
type look struct {
	text  []byte
	dst   []finding.Hit
	base  int
	floor int // nothing before it is looked at any more
	colon int // nothing before it is an address with colons
	n     number
}

// looks keeps what a look needs, so that a text costs no memory.
var looks = sync.Pool{New: func() any { return new(look) }}

// Find adds the personal data in text to dst, at most 500. Hits do not overlap.
func (Detector) Find(dst []finding.Hit, text []byte) []finding.Hit {
	l := looks.Get().(*look) //nolint:forcetypeassert // the pool holds nothing else
	l.text, l.dst, l.base, l.floor, l.colon = text, dst, len(dst), 0, 0
	for i := 0; i < len(text); {
		switch stops[text[i]] {
		case aDigit:
			i = l.atDigit(i)
		case anAt:
			i = l.mail(i)
		default:
			i++
		}
	}
	dst = l.dst
	l.text, l.dst = nil, nil
	looks.Put(l)
	return dst
}

// add reports a hit, and looks at nothing in it again.
func (l *look) add(rule string, s finding.Severity, from, to int) {
	if from < l.floor && len(l.dst) > l.base || len(l.dst)-l.base >= maxHits {
		return
	}
	t := sayings[rule]
	l.dst = append(l.dst, finding.Hit{Rule: t.id, Severity: s, Start: from, End: to, Words: t.words})
	l.floor = to
}

// atDigit looks at what holds the digit at i, and returns where to go on.
func (l *look) atDigit(i int) int {
	from, to := l.token(i)
	if to-from > maxToken {
		return to
	}
	if end := l.address(from, to); end > 0 {
		return end
	}
	for k := from; k < to; k++ {
		if !isDigit(l.text[k]) {
			return l.mixed(from, to)
		}
	}
	return l.plain(from)
}

// maxToken is how long a run of letters and digits is at most that is looked at: longer ones
// are base64 and the like.
const maxToken = 100

// token is the run of letters and digits around i.
func (l *look) token(i int) (from, to int) {
	from, to = i, i
	for from > l.floor && i-from < maxToken && alnum(l.text[from-1]) {
		from--
	}
	for to < len(l.text) && alnum(l.text[to]) {
		to++
	}
	return from, to
}

func alnum(c byte) bool { return isDigit(c) || letter(c) }

// joined reports whether text[from:to] is a part of a longer name: "a716-446655440000".
func (l *look) joined(from, to int) bool {
	if l.led(from) {
		return true
	}
	if to+1 < len(l.text) && alnum(l.text[to+1]) {
		switch l.text[to] {
		case '-', '_', '.', '+', '=':
			return true
		}
	}
	return to < len(l.text) && (l.text[to] == '_' || alnum(l.text[to]))
}

// led reports whether what stands before from belongs to the same name.
func (l *look) led(from int) bool {
	if from == 0 {
		return false
	}
	switch l.text[from-1] {
	case '-', '.', ',', '+', '~':
		return from > 1 && alnum(l.text[from-2])
	case '_', '%', '&', '\\':
		return true
	}
	return false
}

// minDigits is how many digits a number has at least that is anything: a day.
const minDigits = 4

// plain looks at the number that begins at from.
func (l *look) plain(from int) int {
	n := &l.n
	n.gather(l.text, from)
	if n.groups == 0 || l.dotted(n) {
		return max(n.end, from+1)
	}
	if n.group[n.groups] < minDigits {
		return n.end
	}
	tied := l.joined(n.from[0], n.end)
	switch {
	case tied && n.groups < 3 && !l.extension(n):
		return n.end
	case n.groups == 3 && date(n):
		if !tied {
			l.whole(n, 0)
		}
		return n.end
	}
	before := len(l.dst)
	topics := around(l.text, n.from[0], n.end)
	for a := 0; a < n.groups; a++ {
		for b := min(n.groups, a+maxParts) - 1; b >= a; b-- {
			if n.group[b+1]-n.group[a] < 8 {
				break
			}
			if n.apart(a, b) && (!tied || a > 0 && b < n.groups-1) && l.number(n, a, b, topics) {
				a = b
				break
			}
		}
	}
	if len(l.dst) == before && (!tied || l.extension(n)) {
		l.whole(n, topics)
	}
	return n.end
}

// maxParts is how many groups a number has at most that is known by its digits.
const maxParts = 7

// number tries the groups a to b.
func (l *look) number(n *number, a, b int, topics topic) bool {
	digits := n.part(a, b)
	even := n.even(a, b)
	if s := card(n, a, b, topics); even && s > 0 {
		l.add("card", s, n.from[a], n.to[b])
		return true
	}
	if len(digits) > 18 {
		return false
	}
	for _, id := range byLength[len(digits)] {
		if !id.valid(digits) {
			continue
		}
		if s := id.severity(n, a, b, topics); s > 0 && (even || id.written(n, a, b)) {
			l.add(id.rule, s, n.from[a], n.to[b])
			return true
		}
	}
	return false
}

// whole tries what has no check digits: telephones, dates of birth, numbers that a word names.
func (l *look) whole(n *number, topics topic) {
	first, last := n.from[0], n.to[n.groups-1]
	before := said(l.text[max(0, first-40):first])
	digits := n.part(0, n.groups-1)
	switch {
	case before&(aBirth|aBorn) != 0 && date(n):
		l.add("birth-date", birth(before), first, n.to[2])
	case before&(aBirth|aBorn) != 0 && n.groups == 1 && l.spelt(first, digits, birth(before)):
	case before&aPatient != 0 && len(digits) >= 5 && len(digits) <= 12:
		l.add("medical-record", medium, first, last)
	case before&aPassport != 0 && n.groups == 1 && len(digits) >= 7 && len(digits) <= 9:
		l.add("passport", medium, first, last)
	case before&aLicence != 0 && len(digits) >= 7 && len(digits) <= 12 && !date(n) && before&aPhone == 0:
		l.add("driving-licence", low, first, last)
	default:
		l.phone(n, topics)
	}
}

// birth grades a day by what is said of it.
func birth(said topic) finding.Severity {
	if said&aBirth != 0 {
		return medium
	}
	return low
}

// spelt reports a day whose month is a word: born on March 15, 1985. The year is what digits
// are.
func (l *look) spelt(at int, year []byte, s finding.Severity) bool {
	if y := value(year); len(year) != 4 || y < 1900 || y > 2030 {
		return false
	}
	before := bytes.ToLower(l.text[max(0, at-20):at])
	for _, m := range [...]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"} {
		if i := bytes.LastIndex(before, []byte(m)); i >= 0 && (i == 0 || !letter(before[i-1])) {
			l.floor = min(l.floor, at-len(before)+i)
			l.add("birth-date", s, at-len(before)+i, at+4)
			return true
		}
	}
	return false
}

// date reports whether n is a day: 1980-02-29, 29/2/1980, 2.29.80.
func date(n *number) bool {
	if n.groups < 3 || !n.even(0, 2) {
		return false
	}
	y, m, d := value(n.part(0, 0)), value(n.part(1, 1)), value(n.part(2, 2))
	if n.laid(0, 4) {
		return y > 1899 && y < 2100 && m > 0 && m < 13 && d > 0 && d < 32
	}
	return y > 0 && y < 32 && m > 0 && m < 32 && min(y, m) < 13 && (d < 100 || d > 1899 && d < 2100)
}

func value(digits []byte) (v int) {
	for _, c := range digits[:min(len(digits), 9)] {
		v = v*10 + int(c-'0')
	}
	return v
}

// Rules are the ids of all rules, sorted.
func Rules() (ids []string) {
	for rule := range words {
		ids = append(ids, "personal/"+rule)
	}
	slices.Sort(ids)
	return ids
}
