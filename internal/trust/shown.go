package trust

import "github.com/mantlet-mcp/mantlet"

// maxShowings is how many lists of callers are remembered. Beyond that all are forgotten:
// then nobody knows what a caller was shown, and a call meets what is approved now.
const maxShowings = 100_000

// A showing is what one caller was last shown of one list. A definition that was approved
// with other words after that is not the one that this caller's model has read.
type showing struct {
	whole int64            // the epoch when the list was begun that they were shown whole
	since map[string]int64 // by name: shown later than that, in a part of the list
}

func (s showing) of(name string) int64 {
	if at, ok := s.since[name]; ok {
		return at
	}
	return s.whole
}

// show notes that a page went to its caller. It is called with mu held; began is the epoch
// when the list was begun, and whole says that this page ends it.
func (r *Registry) show(w walk, all []seen, began int64, whole bool) {
	s, known := r.shown[w]
	switch {
	case whole:
		s = showing{whole: began}
	case !known:
		return // they have never been shown all: nobody knows
	default:
		s.since = r.shownSince(w, s, all)
	}
	if len(r.shown) >= maxShowings && !known {
		clear(r.shown)
	}
	r.shown[w] = s
}

func (r *Registry) shownSince(w walk, s showing, all []seen) map[string]int64 {
	k := r.lists[w.list]
	for _, i := range all {
		if e := k.item(i.Target.Name); e != nil && e.moved > s.of(i.Target.Name) && i.digest == e.pin {
			if s.since == nil {
				s.since = make(map[string]int64)
			}
			s.since[i.Target.Name] = r.epoch
		}
	}
	return s.since
}

// other reports whether who was shown another definition of t than the approved one.
func (r *Registry) other(t mantlet.Target, i *item, who mantlet.PrincipalKey) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s, known := r.shown[walk{listOf(t), who}]
	return known && i.moved > s.of(t.Name)
}

// item is what is known of a name; nil where nothing is.
func (k *known) item(name string) *item {
	if k == nil {
		return nil
	}
	return k.items[name]
}
