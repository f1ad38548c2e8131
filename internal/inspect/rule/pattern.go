package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A pattern is a row of elements. Each is a set of words joined by "|", where {name} stands
// for a class of the lexicon and @name for what a token is (token.go). Between two elements
// may stand "..N": the second comes at most N words after the first, in the same sentence;
// "//N": it may also come in the next sentence, at most N words in. Without either it is the
// very next word.
//
// A word or class behind "^" stands only at the front of a sentence, behind "+" at the front of
// a sentence that is not the first (the first says what a tool does: "Delete a file"), behind
// "," only after a comma.
//
//	ignore|forget ..3 {earlier} ..3 {orders}
type pattern struct {
	rule  int   // index into the rules
	first int   // its first element's place in a matcher's state
	gaps  []int // before each element; the first is 0
}

// A hit says that a word may be element of pattern.
type hit struct{ pattern, element int }

// stop is how many words the end of a sentence counts for.
const stop = 1000

// An index knows, for every word, where it can stand.
type index struct {
	patterns []pattern
	words    map[string][]hit
	kinds    [kinds][]hit // by what a token is
	elements int
}

// add compiles one pattern of a rule. A pattern that cannot be read is a mistake of this
// package: it panics, in the first test that builds an Engine.
func (x *index) add(rule int, text string) {
	p := pattern{rule: rule, first: x.elements}
	gap := 0
	for f := range strings.FieldsSeq(text) {
		if n, ok := distance(f); ok {
			gap = n
			continue
		}
		x.element(hit{len(x.patterns), len(p.gaps)}, f)
		p.gaps = append(p.gaps, gap)
		gap = 1
	}
	if len(p.gaps) == 0 || p.gaps[0] != 0 {
		panic(fmt.Sprintf("pattern %q begins with no word", text))
	}
	x.elements += len(p.gaps)
	x.patterns = append(x.patterns, p)
}

func distance(f string) (int, bool) {
	for mark, plus := range map[string]int{"..": 0, "//": stop} {
		if rest, ok := strings.CutPrefix(f, mark); ok {
			n, err := strconv.Atoi(rest)
			if err != nil || n < 1 || n >= stop/2 {
				panic(fmt.Sprintf("distance %q", f))
			}
			return n + plus, true
		}
	}
	return 0, false
}

func (x *index) element(h hit, set string) {
	for w := range strings.SplitSeq(set, "|") {
		if kind, ok := strings.CutPrefix(w, "@"); ok {
			k := slices.Index(kindNames[:], kind)
			if k < 0 {
				panic(fmt.Sprintf("no kind of token is %q", w))
			}
			x.kinds[k] = append(x.kinds[k], h)
			continue
		}
		for _, one := range class(w) {
			if !slices.Contains(x.words[one], h) {
				x.words[one] = append(x.words[one], h)
			}
		}
	}
}

// seal puts later elements first, so that a word moves a pattern by one step only.
func (x *index) seal() {
	later := func(a, b hit) int {
		if a.pattern != b.pattern {
			return a.pattern - b.pattern
		}
		return b.element - a.element
	}
	for _, hits := range x.words {
		slices.SortFunc(hits, later)
	}
	for _, hits := range x.kinds {
		slices.SortFunc(hits, later)
	}
}

// A step is how far a pattern has come at one element: the last place where it stood, and
// the token that the row began with. Zero is nowhere: places begin at stop*2.
type step struct{ place, begin int }

// A matcher walks one layer's tokens through all patterns at once. For each element the
// latest place is kept: whatever a later element can reach from an earlier place, it can
// reach from that one too.
type matcher struct {
	x     *index
	steps []step
	found func(pattern, begin, end int) // token numbers, both included
}

func (m *matcher) reset() {
	if len(m.steps) != m.x.elements {
		m.steps = make([]step, m.x.elements)
	}
	clear(m.steps)
}

// take moves the patterns that hits name on by the token at place.
func (m *matcher) take(hits []hit, token, place int) {
	for _, h := range hits {
		p := &m.x.patterns[h.pattern]
		s := p.first + h.element
		begin := token
		if h.element > 0 {
			before := m.steps[s-1]
			gap := place - before.place
			if before.place == 0 || gap < 1 || gap > p.gaps[h.element] || (gap >= stop/2 && p.gaps[h.element] < stop) {
				continue
			}
			begin = before.begin
		}
		m.steps[s] = step{place, begin}
		if h.element == len(p.gaps)-1 {
			m.found(h.pattern, begin, token)
		}
	}
}
