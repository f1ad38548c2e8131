package rule

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/mantlet-mcp/mantlet/internal/inspect/view"
)

// An Engine holds all rules, compiled. It is safe for use by many at once.
type Engine struct {
	rules []Rule
	x     index
	about int // the pattern that marks a text about detection, not an order
}

// New compiles the rules.
func New() *Engine {
	e := &Engine{rules: Rules(), x: index{words: make(map[string][]hit)}}
	for i, r := range e.rules {
		for _, p := range r.patterns {
			e.x.add(i, p)
		}
	}
	e.about = len(e.x.patterns)
	e.x.add(-1, "{about}")
	for i, g := range signals {
		for _, p := range g.patterns {
			e.x.add(-2-i, p)
		}
	}
	e.x.seal()
	return e
}

// Scan gives what the rules find in d: at most one finding of a rule in one field, the
// gravest first met, in the order of the fields, then of the places, then of the rules.
func (e *Engine) Scan(d Definition) []Finding {
	s := scan{e: e, d: &d, names: newNames(&d)}
	s.m = matcher{x: &e.x, found: s.matched}
	for i := range d.Texts {
		s.text(&d.Texts[i])
	}
	return s.out
}

// A scan is the state of one call.
type scan struct {
	e     *Engine
	d     *Definition
	names names
	m     matcher
	out   []Finding

	// of the text at hand
	t      *Text
	l      *view.View
	tokens []token
	raw    []match
	about  []int
	signs  []sign
}

// A match is where a pattern, or a rule without one, applies in the text at hand.
type match struct {
	rule       int
	severity   Severity
	start, end int    // of the original
	why        string // what it is made of, for a person; "" says no more than the rule
}

func (s *scan) text(t *Text) {
	s.t, s.raw = t, s.raw[:0]
	s.hidden(t.Value)
	for l := range view.Of(t.Value) {
		s.layer(l)
	}
	slices.SortStableFunc(s.raw, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.rule, b.rule), cmp.Compare(a.end, b.end))
	})
	first := len(s.out)
	for _, m := range s.raw {
		s.keep(m, first)
	}
}

// keep adds a match as a finding, unless its rule has one in this field already; the graver stays.
func (s *scan) keep(m match, first int) {
	r := &s.e.rules[m.rule]
	words := r.Words
	if m.why != "" {
		words += " (" + m.why + ")"
	}
	f := Finding{r.ID, m.severity, s.t.Field, m.start, m.end, words, excerpt(s.t.Value[m.start:m.end])}
	for i := first; i < len(s.out); i++ {
		if s.out[i].Rule == r.ID {
			if f.Severity > s.out[i].Severity {
				s.out[i] = f
			}
			return
		}
	}
	s.out = append(s.out, f)
}

// layer passes the tokens of one layer through the patterns.
func (s *scan) layer(l *view.View) {
	s.l, s.about, s.signs = l, s.about[:0], s.signs[:0]
	s.tokens = s.names.tokens(l, s.tokens)
	if len(s.tokens) > 0 && spare(s.t.Field) {
		s.tokens[0].what |= 1 << isSpare
	}
	first := len(s.raw)
	s.m.reset()
	for i, t := range s.tokens {
		s.m.take(s.e.x.lookup(l.Low[t.from:t.to]), i, t.place)
		if t.lead != 0 && t.to-t.from < 20 {
			s.lead(i, t.lead)
			if t.lead == '^' && i > 0 {
				s.lead(i, '+')
			}
		}
		if verb, _, ok := bytes.Cut(l.Low[t.from:t.to], []byte("_")); ok { // read_file reads
			s.m.take(s.e.x.words[string(verb)], i, t.place)
		}
		for k := range kinds {
			if t.is(k) {
				s.m.take(s.e.x.kinds[k], i, t.place)
			}
		}
	}
	s.weigh(first)
	s.orders()
}

// lead passes token i on as a word that stands where mark says.
func (s *scan) lead(i int, mark byte) {
	t := s.tokens[i]
	var buf [20]byte
	buf[0] = mark
	s.m.take(s.e.x.words[string(buf[:1+copy(buf[1:], s.l.Low[t.from:t.to])])], i, t.place)
}

// matched notes a pattern that came to its end; start and end are tokens until weigh.
func (s *scan) matched(p, begin, end int) {
	if p == s.e.about {
		s.about = append(s.about, s.tokens[end].place)
		return
	}
	if rule := s.e.x.patterns[p].rule; rule < -1 {
		s.signs = append(s.signs, sign{-2 - rule, begin, end})
		return
	}
	r := &s.e.rules[s.e.x.patterns[p].rule]
	if len(r.parts) > 0 && !slices.Contains(r.parts, s.t.Part) || slices.Contains(r.not, s.d.Kind) {
		return
	}
	s.raw = append(s.raw, match{rule: s.e.x.patterns[p].rule, severity: r.Severity, start: begin, end: end})
}

// weigh gives the matches from first on their places and what the text around them makes
// of their severity.
func (s *scan) weigh(first int) {
	for i, last := first, len(s.raw); i < last; i++ {
		m := &s.raw[i]
		r := &s.e.rules[m.rule]
		a, b := s.tokens[m.start], s.tokens[m.end]
		switch {
		case s.l.How != "":
			m.severity = max(r.Severity, r.encoded)
		case r.quoted > 0 && s.isAbout(a.place):
			m.severity = r.quoted
		}
		m.start, m.end = s.l.Source(a.from, b.to)
		if s.l.How != "" && m.severity >= Medium {
			s.add(ruleEncoded, m.start, m.end) // may move s.raw: m is not used below
		}
	}
}

// isAbout reports whether a word of description stands in the same sentence, at most 10
// words before.
func (s *scan) isAbout(begin int) bool {
	i, _ := slices.BinarySearch(s.about, begin-10)
	return i < len(s.about) && s.about[i] <= begin
}

// add notes a match of a rule that has no pattern.
func (s *scan) add(id string, start, end int) { s.addAs(id, 0, start, end) }

func (s *scan) addAs(id string, severity Severity, start, end int) {
	i := slices.IndexFunc(s.e.rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		panic("no rule is " + id)
	}
	if severity == 0 {
		severity = s.e.rules[i].Severity
	}
	s.raw = append(s.raw, match{rule: i, severity: severity, start: start, end: end})
}

// lookup finds a word's hits; digits that stand for letters are tried where it has none.
func (x *index) lookup(w []byte) []hit {
	if hits, ok := x.words[string(w)]; ok {
		return hits
	}
	if len(w) < 4 || len(w) > 24 {
		return nil
	}
	var buf [24]byte
	n := copy(buf[:], w)
	changed := false
	for i, c := range buf[:n] {
		if a := digits[c]; a != 0 {
			buf[i], changed = a, true
		}
	}
	if !changed {
		return nil
	}
	return x.words[string(buf[:n])]
}

var digits = [256]byte{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't'}
