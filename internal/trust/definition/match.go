package definition

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"unicode"
)

// A Fate is what became of a definition between two lists.
type Fate uint8

// The fates. Of Appeared there is no old one, of Gone no new one.
const (
	Unchanged Fate = iota
	Changed        // the same name, another definition
	Renamed        // the same definition, or one like it, under another name
	Swapped        // the same name, and the definition that another name had, which has changed too
	Appeared
	Gone
)

// Similar is how much alike two definitions must be for a rename to be seen: the
// share of their words that both have (Dice), 1 being all. Of definitions with fewer
// than minWords words only the very same is a rename.
const (
	Similar  = 0.75
	minWords = 6
	maxPairs = 250_000 // compared at most; beyond, only the very same is a rename
)

// A Pairing is an old and a new definition that belong together. Old and New are
// indices, -1 for none.
type Pairing struct {
	Fate  Fate
	Old   int
	New   int
	Alike float64 // of Renamed: 1 for the very same
}

// Match pairs the definitions of two lists of one server. The order of the lists means
// nothing. Each definition stands in one Pairing; of several with one name the first
// is paired, and the others have Appeared or are Gone. The pairings of new definitions come
// first, in the order of new.
func Match(old, fresh []Definition) []Pairing {
	m := matcher{old: old, fresh: fresh, byNew: make([]Pairing, len(fresh)), free: make(map[int]bool)}
	m.sameName()
	m.swaps()
	m.sameBody()
	m.similar()
	out := m.byNew
	for i := range old {
		if m.free[i] {
			out = append(out, Pairing{Fate: Gone, Old: i, New: -1})
		}
	}
	return out
}

type matcher struct {
	old, fresh []Definition
	byNew      []Pairing
	free       map[int]bool // old ones that nobody has
}

type called struct {
	kind uint8
	name string
}

func (d Definition) called() called { return called{uint8(d.kind), d.name} }

func (m *matcher) sameName() {
	at := make(map[called]int)
	for i, d := range m.old {
		m.free[i] = true
		if _, twice := at[d.called()]; !twice {
			at[d.called()] = i
		}
	}
	for i, d := range m.fresh {
		m.byNew[i] = Pairing{Fate: Appeared, Old: -1, New: i}
		if o, ok := at[d.called()]; ok && m.free[o] {
			delete(m.free, o)
			m.byNew[i] = Pairing{Fate: Unchanged, Old: o, New: i}
			if m.old[o].digest != d.digest {
				m.byNew[i].Fate = Changed
			}
		}
	}
}

// swaps finds, among the changed, those that have what another changed one had.
func (m *matcher) swaps() {
	had := make(map[[32]byte]bool)
	for _, p := range m.byNew {
		if p.Fate == Changed {
			had[m.old[p.Old].body()] = true
		}
	}
	for i, p := range m.byNew {
		if p.Fate == Changed && had[m.fresh[p.New].body()] {
			m.byNew[i].Fate = Swapped
		}
	}
}

func (m *matcher) sameBody() {
	bodies := make(map[[32]byte]int)
	for i := range m.old {
		if m.free[i] {
			bodies[m.old[i].body()] = i
		}
	}
	for i, p := range m.byNew {
		if o, ok := bodies[m.fresh[i].body()]; ok && p.Fate == Appeared && m.free[o] && m.old[o].kind == m.fresh[i].kind {
			m.rename(o, i, 1)
		}
	}
}

func (m *matcher) rename(old, fresh int, alike float64) {
	delete(m.free, old)
	m.byNew[fresh] = Pairing{Fate: Renamed, Old: old, New: fresh, Alike: alike}
}

// similar pairs what is left, the most alike first.
func (m *matcher) similar() {
	var added []int
	for i, p := range m.byNew {
		if p.Fate == Appeared {
			added = append(added, i)
		}
	}
	if len(added)*len(m.free) > maxPairs || len(added) == 0 || len(m.free) == 0 {
		return
	}
	marks := make(map[int][]uint64, len(added))
	for _, i := range added {
		marks[i] = m.fresh[i].marks()
	}
	var found []Pairing
	for o := range m.old {
		if !m.free[o] {
			continue
		}
		of := m.old[o].marks()
		for _, i := range added {
			if a := dice(of, marks[i]); a >= Similar && m.old[o].kind == m.fresh[i].kind {
				found = append(found, Pairing{Renamed, o, i, a})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Pairing) int { return cmp.Compare(b.Alike, a.Alike) })
	for _, p := range found {
		if m.free[p.Old] && m.byNew[p.New].Fate == Appeared {
			m.rename(p.Old, p.New, p.Alike)
		}
	}
}

// marks are the words of the description, the parameters and what is said of them, as
// sorted hashes.
func (d Definition) marks() []uint64 {
	var out []uint64
	add := func(section, text string) {
		for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			h := fnv.New64a()
			_, _ = h.Write([]byte(section + w))
			out = append(out, h.Sum64())
		}
	}
	add("d ", d.Description())
	for _, p := range d.Parameters() {
		add("p ", p.Name)
		add("d ", p.Description)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// dice is twice what both have, of all that each has.
func dice(a, b []uint64) float64 {
	if len(a) < minWords || len(b) < minWords {
		return 0
	}
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := cmp.Compare(a[i], b[j]); {
		case c == 0:
			both, i, j = both+1, i+1, j+1
		case c < 0:
			i++
		default:
			j++
		}
	}
	return 2 * float64(both) / float64(len(a)+len(b))
}
