package definition

import (
	"slices"
	"strings"
	"unicode"
)

// A Part says what became of a piece of text.
type Part uint8

// The parts.
const (
	Same Part = iota
	Removed
	Added
)

// A Span is a piece of text and what became of it. Same and Removed spans make the old
// text, Same and Added ones the new, byte for byte.
type Span struct {
	Part Part
	Text string
}

// maxEdits is how many words may differ before a text is shown as replaced. The work
// and the memory are at most its square.
const maxEdits = 400

// words compares two texts word by word, by the algorithm of Myers ("An O(ND)
// Difference Algorithm and Its Variations", 1986).
func words(old, fresh string) []Span {
	a, b := split(old), split(fresh)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var s spans
	s.add(Same, a[:head]...)
	s.middle(a[head:len(a)-tail], b[head:len(b)-tail])
	s.add(Same, a[len(a)-tail:]...)
	return s
}

type spans []Span

// add appends pieces, joined to the span before where it is of the same part.
func (s *spans) add(part Part, pieces ...string) {
	if len(pieces) == 0 {
		return
	}
	text := strings.Join(pieces, "")
	if n := len(*s); n > 0 && (*s)[n-1].Part == part {
		(*s)[n-1].Text += text
		return
	}
	*s = append(*s, Span{part, text})
}

// middle compares what begins and ends differently.
func (s *spans) middle(a, b []string) {
	steps, ok := edits(a, b)
	if !ok {
		s.add(Removed, a...)
		s.add(Added, b...)
		return
	}
	x, y := 0, 0
	for i := 0; i < len(steps); {
		switch j := i; steps[i] {
		case Same:
			s.add(Same, a[x])
			x, y, i = x+1, y+1, i+1
		default: // what went stands before what came
			var gone, come []string
			for ; j < len(steps) && steps[j] != Same; j++ {
				if steps[j] == Removed {
					gone, x = append(gone, a[x]), x+1
				} else {
					come, y = append(come, b[y]), y+1
				}
			}
			s.add(Removed, gone...)
			s.add(Added, come...)
			i = j
		}
	}
}

// edits are the steps from a to b, or false where there are more than maxEdits.
func edits(a, b []string) ([]Part, bool) {
	limit := min(maxEdits, len(a)+len(b))
	furthest := make([]int, 2*limit+3) // x by diagonal
	zero := limit + 1
	var trace [][]int
	for d := 0; d <= limit; d++ {
		trace = append(trace, slices.Clone(furthest[zero-d-1:zero+d+2]))
		for k := -d; k <= d; k += 2 {
			x := furthest[zero+k-1] + 1
			if k == -d || k != d && furthest[zero+k-1] < furthest[zero+k+1] {
				x = furthest[zero+k+1]
			}
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			furthest[zero+k] = x
			if x >= len(a) && x-k >= len(b) {
				return back(trace, len(a), len(b)), true
			}
		}
	}
	return nil, false
}

// back follows the trace from the end.
func back(trace [][]int, x, y int) (steps []Part) {
	for d := len(trace) - 1; d > 0; d-- {
		k, at := x-y, func(k int) int { return trace[d][k+d+1] }
		down := k == -d || k != d && at(k-1) < at(k+1)
		from := k - 1
		if down {
			from = k + 1
		}
		px := at(from)
		py := px - from
		for x > px && y > py {
			steps, x, y = append(steps, Same), x-1, y-1
		}
		if down {
			steps, y = append(steps, Added), y-1
		} else {
			steps, x = append(steps, Removed), x-1
		}
	}
	for ; x > 0; x-- {
		steps = append(steps, Same)
	}
	slices.Reverse(steps)
	return steps
}

// split cuts a text into runs of letters and digits, runs of spaces, and single runes
// of any other sort: what hides within a word stands alone.
func split(s string) (out []string) {
	sort := func(r rune) int {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			return 1
		case r == ' ':
			return 2
		}
		return 0
	}
	start, before := 0, -1
	for i, r := range s {
		now := sort(r)
		if i > 0 && (now != before || now == 0) {
			out, start = append(out, s[start:i]), i
		}
		before = now
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}
