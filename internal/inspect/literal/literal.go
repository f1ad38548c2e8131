// Package literal finds many words in one pass over a text (Aho and Corasick, 1975).
//
// It is the filter before every expression of the inspection room: an expression is tried
// only near a word without which it cannot match, so that text that holds none of the words
// costs one table look-up a byte, however many expressions there are. The time is in
// proportion to the text and to what is found in it; there is no input for which it is not.
package literal

import "slices"

// A Match is an occurrence of a word: its index in the list that the Set was made of, and
// the place after its last byte.
type Match struct{ Word, End int }

// A Set is a list of words, made ready. It is for many goroutines at once.
type Set struct {
	class [256]uint8 // bytes that no word tells apart are one class; 0 stands in no word
	n     int        // classes
	next  []uint32   // state*n + class: the state that follows times n, with ends where a word ends in it
	found [][]int    // what ends in each state
	size  []int      // of each word
}

// New makes words ready. ASCII letters match in either case if fold is set. Empty words are
// never found. It panics beyond 254 different bytes or 1<<24 table entries: words are the
// program's own, or were bounded by who read them.
func New(words []string, fold bool) *Set {
	s := &Set{n: 1}
	for _, w := range words {
		s.size = append(s.size, len(w))
		for i := range len(w) {
			s.know(w[i], fold)
		}
	}
	most := 1 // states, at most
	for _, w := range words {
		most += len(w)
	}
	t := trie{n: s.n, next: make([]int32, s.n, min(most, 1<<16)*s.n), out: make([][]int, 1, min(most, 1<<16))}
	for i, w := range words {
		t.add(w, i, &s.class)
	}
	s.link(&t)
	return s
}

// ends marks a state in which a word ends, so that no other costs more than a look-up.
const ends = 1 << 31

// Len is the length in bytes of the word i.
func (s *Set) Len(i int) int { return s.size[i] }

func (s *Set) know(c byte, fold bool) {
	if s.class[c] != 0 {
		return
	}
	if s.n > 254 {
		panic("literal: more than 254 different bytes")
	}
	s.class[c] = uint8(s.n) //nolint:gosec // at most 254
	if other := c ^ 0x20; fold && (c|0x20 >= 'a' && c|0x20 <= 'z') {
		s.class[other] = s.class[c]
	}
	s.n++
}

// A trie is the words before the links of failure are laid; 0 is no edge.
type trie struct {
	n    int
	next []int32
	out  [][]int
}

func (t *trie) add(w string, i int, class *[256]uint8) {
	at := 0
	for k := range len(w) {
		edge := at*t.n + int(class[w[k]])
		if t.next[edge] == 0 {
			if len(t.next) >= 1<<24 {
				panic("literal: too many words")
			}
			t.next[edge] = int32(len(t.out)) //nolint:gosec // below 1<<24
			t.next = append(t.next, make([]int32, t.n)...)
			t.out = append(t.out, nil)
		}
		at = int(t.next[edge])
	}
	if w != "" {
		t.out[at] = append(t.out[at], i)
	}
}

// link turns the trie into an automaton that has a successor for every byte.
func (s *Set) link(t *trie) {
	s.next, s.found = make([]uint32, len(t.next)), t.out
	fail := make([]int, len(t.out))
	for c := range s.n {
		s.next[c] = uint32(t.next[c]) //nolint:gosec // states are no negative numbers
	}
	for queue := []int{0}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for c := range s.n {
			edge := at*s.n + c
			to := int(t.next[edge])
			if to == 0 {
				if at != 0 {
					s.next[edge] = s.next[fail[at]*s.n+c]
				}
				continue
			}
			s.next[edge] = uint32(to) //nolint:gosec // as above
			if at != 0 {
				fail[to] = int(s.next[fail[at]*s.n+c])
				s.found[to] = append(slices.Clip(s.found[to]), s.found[fail[to]]...)
			}
			queue = append(queue, to)
		}
	}
	for i, to := range s.next {
		s.next[i] = to * uint32(s.n) //nolint:gosec // an entry's number: below 1<<24
		if s.found[to] != nil {
			s.next[i] |= ends
		}
	}
}

// Scan adds every occurrence of every word in text to dst, in the order of their ends.
func (s *Set) Scan(dst []Match, text []byte) []Match {
	at, n := uint32(0), uint32(s.n) //nolint:gosec // at most 255
	for i, c := range text {
		at = s.next[at+uint32(s.class[c])]
		if at < ends {
			continue
		}
		at &^= ends
		for _, w := range s.found[at/n] {
			dst = append(dst, Match{w, i + 1})
		}
	}
	return dst
}

// Any reports whether text holds any of the words.
func (s *Set) Any(text []byte) bool {
	at := uint32(0)
	for _, c := range text {
		if at = s.next[at+uint32(s.class[c])]; at >= ends {
			return true
		}
	}
	return false
}
