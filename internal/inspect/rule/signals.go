package rule

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// A signal is a piece of an order: a named feature. One alone is common in honest texts;
// several, close together, are how a description speaks that wants the model to do something
// for somebody else: a trigger, a duty, an act or a value, a reason or a threat.
//
// A signal counts once in a window. The weights (twenty points are one unit of log-odds) are
// those of a logistic regression over the heaviest window of each of 30,371 definitions of
// three registries and of some 450 own attacks (testdata/attacks.txt, wrappers_dev.txt; of
// both with and without the siblings), bound to the sign that the meaning of the
// signal gives; fit_test.go finds them anew (but for @tool and @spare, of which the
// corpora hold nothing). The tables are open: what a text scored, and
// by what, stands in the finding.
type signal struct {
	name     string
	weight   int // in points; below zero where honest texts speak so
	patterns []string
}

const (
	ruleOrder = "MTL-ORDER-001"
	window    = 48 // tokens in which signals count together
	least     = 3  // signals that make an order at all
)

// What an order weighs at least, and what is taken off: for every ten tokens of the window
// (orders are dense, manuals are not), for a parameter's own description (it may well say
// how the parameter is to be filled).
const (
	high      = 59
	shown     = 49 // as low: not held back
	perTen    = 16
	mostPlain = -56 // so that no order is talked away by honest words around it
	inAField  = 30
	patience  = 40 // instructions are made to tell the model what to do; no corpus of them is at hand
)

// scales are the sentences that a window may hold, and what is taken off for them.
var scales = []struct{ sentences, off int }{{1, 0}, {2, 12}, {3, 24}}

var signals = slices.Concat(whenSignals, whySignals, actSignals, plainSignals)

// calls are the signals of which one must be there: it says when, or that it must be.
var calls = setOf("asks", "every", "whenever", "before", "after", "using", "doing", "event", "first", "must", "should", "needs",
	"passive", "active", "directive", "posed", "aside", "errand", "threat", "regardless", "usurp", "hush")

// orderly are the signals of which one must be there: something is demanded.
var orderly = setOf("must", "should", "needs", "passive", "active", "directive", "posed", "aside", "errand", "order: send", "order: tamper",
	"order: deny", "threat", "regardless", "usurp", "hush", "instead")

// strange are what the descriptions of most tools never speak of.
var strange = setOf("called", "foreign", "sibling", "path", "place", "address", "hook", "secret", "memory", "stranger", "spare", "hush", "regardless", "usurp")

// A sign is a signal in the layer at hand: its number and the tokens where it stands.
type sign struct{ number, begin, end int }

// A found is a window, by its first and last token, with its signals and its points.
type found struct {
	points, from, to int
	held             set
}

// orders looks for the window in which signals weigh most, within one sentence, two or three,
// and reports it where that is enough.
func (s *scan) orders() {
	slices.SortFunc(s.signs, func(a, b sign) int { return cmp.Compare(a.begin, b.begin) })
	var best found
	for _, sc := range scales {
		s.windows(sc.sentences, func(held set, from, to int) {
			if p := held.weight() - sc.off - (to-from)*perTen/10 - s.allowance(); p > best.points {
				best = found{p, from, to, held}
			}
		})
	}
	if best.points < shown {
		return
	}
	severity := Low // honest texts come near: nobody need wait for it
	switch {
	case best.points < high:
	case s.isAbout(s.tokens[best.from].place):
		severity = Medium
	default:
		severity = High
	}
	start, _ := s.l.Source(s.tokens[best.from].from, s.tokens[best.from].to)
	_, end := s.l.Source(s.tokens[best.to].from, s.tokens[best.to].to)
	s.addAs(ruleOrder, severity, min(start, end), max(start, end))
	s.raw[len(s.raw)-1].why = best.String()
}

// allowance is what the text at hand may say beyond a description.
func (s *scan) allowance() int {
	switch {
	case s.d.Kind == "instructions":
		return patience
	case strings.HasPrefix(s.t.Field, "inputSchema") && s.t.Part == Prose && !spare(s.t.Field):
		return inAField
	}
	return 0
}

// String is what the points are made of, the heaviest first.
func (f found) String() string {
	type term struct {
		name   string
		weight int
	}
	var terms []term
	for i := range structures {
		if structures[i].in(f.held) {
			terms = append(terms, term{structures[i].name, structures[i].weight})
		}
	}
	for h := f.held; h != 0; h &= h - 1 {
		g := &signals[bits.TrailingZeros64(uint64(h))]
		terms = append(terms, term{g.name, g.weight})
	}
	slices.SortStableFunc(terms, func(a, b term) int { return b.weight - a.weight })
	var out strings.Builder
	fmt.Fprintf(&out, "%d points of %d:", f.points, high)
	for i, t := range terms {
		if t.weight != 0 {
			if i > 0 {
				out.WriteByte(',')
			}
			fmt.Fprintf(&out, " %s %+d", t.name, t.weight)
		}
	}
	return out.String()
}

// windows gives the windows that cannot be made longer: the signals in each, its first and
// its last token. The cost is linear in the signs: each comes in once and goes out once.
func (s *scan) windows(sentences int, visit func(held set, from, to int)) {
	var count [64]int
	var held set
	first, last := 0, 0
	for i, g := range s.signs {
		if i > first && s.apart(s.signs[first], g, sentences) {
			visit(held, s.signs[first].begin, last)
		}
		for first < i && s.apart(s.signs[first], g, sentences) {
			n := s.signs[first].number
			if count[n]--; count[n] == 0 {
				held &^= 1 << n
			}
			first++
		}
		count[g.number]++
		held |= 1 << g.number
		last = max(last, g.end)
	}
	if len(s.signs) > 0 {
		visit(held, s.signs[first].begin, last)
	}
}

// apart reports whether b is too far behind a: more than window tokens, or another sentence
// than the last of so many.
func (s *scan) apart(a, b sign, sentences int) bool {
	return a.begin < b.end-window || s.tokens[b.end].place-s.tokens[a.begin].place >= sentences*stop
}

// speaks reports that something is demanded and that it is said when, or that two things
// stand together that a description has no business with.
func (h set) speaks() bool {
	if bits.OnesCount64(uint64(h)) < least {
		return false
	}
	return h&(calls|strange) != 0 && (h&orderly != 0 || h&strange != 0)
}

// weight is the points of the signals that are there and of what they make together; 0 where
// nothing says when or that it must be.
func (h set) weight() int {
	if !h.speaks() {
		return 0
	}
	sum, plain := 0, 0
	for i := range structures {
		if structures[i].in(h) {
			sum += structures[i].weight
		}
	}
	for ; h != 0; h &= h - 1 {
		if w := signals[bits.TrailingZeros64(uint64(h))].weight; w < 0 {
			plain += w
		} else {
			sum += w
		}
	}
	return sum + max(plain, mostPlain)
}
