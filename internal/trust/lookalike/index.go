package lookalike

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// An Index finds which of many known names one resembles, without comparing it with
// all: it looks only at names that share a skeleton, the words, all letters but one, or
// a third of the letters. It finds what Resembles finds of each. The zero Index is empty
// and ready. It holds about 1.3 KB a name, and may be read by many goroutines while none
// adds.
type Index struct {
	known []entry
	heads map[uint64]int32 // of a chain of links, by what is shared
	links []link
}

type entry struct {
	reading
	server string
	joined string    // bare, as it looks
	flats  [2]string // what is compared letter by letter: all words, and bare
}

type link struct{ known, next int32 }

// MaxFound is how many resemblances Find returns, the gravest first.
const MaxFound = 100

// Len is how many names were added.
func (x *Index) Len() int { return len(x.known) }

// Add makes a name of a server known.
func (x *Index) Add(server, name string) {
	if x.heads == nil {
		x.heads = make(map[uint64]int32)
	}
	e := enter(server, name)
	id := int32(len(x.known)) //nolint:gosec // names beyond 2^31 do not fit into memory
	x.known = append(x.known, e)
	for key := range e.keys {
		x.links = append(x.links, link{id, x.heads[key]})
		x.heads[key] = int32(len(x.links)) //nolint:gosec // as above; 0 ends a chain
	}
}

// keys are under what a known name is found.
func (e *entry) keys(yield func(uint64) bool) {
	for key := range e.shared {
		if !yield(key) {
			return
		}
	}
	for stem := range stuck(e.skeleton) {
		if !yield(hash("glued", stem)) {
			return
		}
	}
	for _, s := range e.forms() {
		for i := range thirds(s) {
			if !yield(piece(len(s), i, s[len(s)*i/3:len(s)*(i+1)/3])) {
				return
			}
		}
	}
}

func enter(server, name string) entry {
	e := entry{reading: read(name), server: server}
	e.joined = strings.Join(e.bare, "")
	e.flats = [2]string{flat(strings.Join(e.words, "")), flat(strings.Join(bare(e.words), ""))}
	return e
}

// forms are flats, each once.
func (e *entry) forms() []string {
	if e.flats[0] == e.flats[1] {
		return e.flats[:1]
	}
	return e.flats[:]
}

// shared are the keys that a known name and one that resembles it both have.
func (e *entry) shared(yield func(uint64) bool) {
	words := slices.Sorted(slices.Values(e.bare))
	if !yield(hash("skeleton", e.skeleton)) || !yield(hash("bare", e.joined)) || !yield(hash("words", strings.Join(words, " "))) {
		return
	}
	for _, s := range e.forms() {
		if len(s) > MaxName { // a third is shared whatever differs, and its letters squared would be too many
			continue
		}
		if !yield(hash("less", s)) {
			return
		}
		for i := range len(s) {
			same := i > 0 && s[i] == s[i-1] // and then the same letters are left
			if !same && !yield(hash("less", s[:i], s[i+1:])) {
				return
			}
		}
	}
}

// sought are the keys to look for: those shared, and those of one side alone.
func (e *entry) sought(yield func(uint64) bool) {
	for key := range e.shared {
		if !yield(key) {
			return
		}
	}
	if !yield(hash("glued", e.skeleton)) {
		return
	}
	for stem := range stuck(e.skeleton) {
		if !yield(hash("skeleton", stem)) {
			return
		}
	}
	for _, s := range e.forms() {
		if !pieces(s, yield) {
			return
		}
	}
}

// far is how many letters may differ between names that share a third.
const far = 2

// pieces are the thirds that a known name might have that differs from s by far letters.
// Letters that were swapped across the end of a third are swapped back: else one slip
// would touch two thirds, and two of them all.
func pieces(s string, yield func(uint64) bool) bool {
	for n := max(len(s)-far, shortest); n <= len(s)+far; n++ {
		for i := range 3 {
			size := n*(i+1)/3 - n*i/3
			for at := max(n*i/3-far, 0); at <= min(n*i/3+far, len(s)-size); at++ {
				if !swappedBack(s, at, at+size, func(text string) bool { return yield(piece(n, i, text)) }) {
					return false
				}
			}
		}
	}
	return true
}

// swappedBack yields s[from:to], and it with its first, its last, or both letters swapped
// with those beside it.
func swappedBack(s string, from, to int, yield func(string) bool) bool {
	text := s[from:to]
	first, last := from > 0 && s[from-1] != s[from], to < len(s) && s[to] != s[to-1]
	switch {
	case !yield(text):
		return false
	case first && !yield(s[from-1:from]+text[1:]):
		return false
	case last && !yield(text[:len(text)-1]+s[to:to+1]):
		return false
	case first && last && len(text) > 1 && !yield(s[from-1:from]+text[1:len(text)-1]+s[to:to+1]):
		return false
	}
	return true
}

// shortest is how long a name is of which two letters may differ; see allowed.
const shortest = 8

// thirds is how many pieces a name has: none where it is short.
func thirds(s string) int {
	if len(s) < shortest {
		return 0
	}
	return 3
}

func piece(length, i int, text string) uint64 {
	return hash("piece", strconv.Itoa(length), strconv.Itoa(i), text)
}

// stuck yields a skeleton without each promise that is stuck to it.
func stuck(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for n := 2; n < min(len(s)-3, 12); n++ {
			if sticks[s[:n]] && !yield(s[n:]) || sticks[s[len(s)-n:]] && !yield(s[:len(s)-n]) {
				return
			}
		}
	}
}

func hash(kind string, parts ...string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(kind + "\x00"))
	for _, p := range parts {
		_, _ = h.Write([]byte(p))
		if kind != "less" { // there the place of the gap means nothing
			_, _ = h.Write([]byte{0})
		}
	}
	return h.Sum64()
}

// Find returns the known names that name, of server, resembles.
func (x *Index) Find(server, name string) (found []Resemblance) {
	x.each(server, name, func(r Resemblance) { found = append(found, r) })
	slices.SortFunc(found, graver)
	return found[:min(len(found), MaxFound)]
}

// Gravest returns the gravest resemblance with a known name that counts; false for none.
func (x *Index) Gravest(server, name string, counts func(known string) bool) (out Resemblance, ok bool) {
	x.each(server, name, func(r Resemblance) {
		if counts(r.Known) && (!ok || graver(r, out) < 0) {
			out, ok = r, true
		}
	})
	return out, ok
}

func graver(a, b Resemblance) int {
	return cmp.Or(cmp.Compare(a.How, b.How), cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Known, b.Known), cmp.Compare(a.Server, b.Server))
}

// each yields the known names that name resembles, each once, in no order.
func (x *Index) each(server, name string, yield func(Resemblance)) {
	e := enter(server, name)
	seen := make(map[int32]bool)
	for key := range e.sought {
		for at := x.heads[key]; at != 0; at = x.links[at-1].next {
			id := x.links[at-1].known
			if seen[id] {
				continue
			}
			seen[id] = true
			if r, ok := e.against(&x.known[id]); ok {
				yield(r)
			}
		}
	}
}

// against compares two names, the dear part only where they are near.
func (e *entry) against(known *entry) (Resemblance, bool) {
	if e.name == known.name {
		return Resemblance{}, false
	}
	r, ok := compare(e.reading, known.reading, e.server == known.server)
	r.Server = known.server
	return r, ok
}
