package pack

import (
	"slices"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
	"github.com/mantlet-mcp/mantlet/internal/inspect/view"
)

// An Engine holds the rules of some packs, compiled. It is for many goroutines at once.
type Engine struct {
	on map[string]*Detector
}

// New compiles the rules of packs, each by its surfaces.
func New(packs ...*Pack) (*Engine, error) {
	e := &Engine{on: make(map[string]*Detector)}
	made := make(map[*Rule]rule)
	for _, p := range packs {
		for i := range p.Rules {
			r := &p.Rules[i]
			severity, err := finding.ParseSeverity(r.Severity)
			if err != nil {
				return nil, err
			}
			made[r] = rule{id: r.ID, words: r.Words, severity: severity, within: r.within(), match: compile(r.Match), unless: compile(r.Unless)}
		}
	}
	for _, s := range Surfaces {
		e.on[s] = newDetector(s, packs, made)
	}
	return e, nil
}

// On is the detector of the rules that are on a surface.
func (e *Engine) On(surface string) *Detector { return e.on[surface] }

// A Detector looks for the rules of one surface.
type Detector struct {
	words *literal.Set
	of    [][]int // the rules of each word
	rules []rule
	spare sync.Pool
}

func newDetector(surface string, packs []*Pack, made map[*Rule]rule) *Detector {
	d := &Detector{}
	var words []string
	for _, p := range packs {
		for i := range p.Rules {
			r := &p.Rules[i]
			if !slices.Contains(r.On, surface) {
				continue
			}
			d.rules = append(d.rules, made[r])
			for _, n := range r.Near {
				k := slices.Index(words, n)
				if k < 0 {
					k = len(words)
					words, d.of = append(words, n), append(d.of, nil)
				}
				d.of[k] = append(d.of[k], len(d.rules)-1)
			}
		}
	}
	d.words = literal.New(words, false)
	d.spare.New = func() any { return &state{windows: make([][]window, len(d.rules))} }
	return d
}

// budget is how many bytes of windows are looked at for each byte of a text, and at least.
const (
	budget    = 40
	minBudget = 64 << 10
)

// state is what one call needs; it is used again.
type state struct {
	matches []literal.Match
	windows [][]window // of each rule
	touched []int
}

// A window is a part of a text that an expression is tried on.
type window struct{ from, to int }

// Find reports each rule at most once in each view of the text.
func (d *Detector) Find(dst []finding.Hit, text []byte) []finding.Hit {
	if len(d.rules) == 0 || d.idle(text) {
		return dst
	}
	s := d.spare.Get().(*state) //nolint:forcetypeassert // it holds nothing else
	defer d.spare.Put(s)
	first, left := len(dst), max(budget*len(text), minBudget)
	for v := range view.Of(string(text)) {
		s.matches = d.words.Scan(s.matches[:0], v.Low)
		if len(s.matches) == 0 {
			continue
		}
		d.gather(s, v)
		if left = d.judge(s, v, left, &dst, first); left < 0 {
			return append(dst, finding.Hit{Rule: "pack/exhausted", Severity: finding.High, Start: 0, End: len(text), Words: "it is made so that looking at it would take too long"})
		}
	}
	return dst
}

// short is the length in bytes up to which a text is first looked at as it is.
const short = 48

// idle reports whether a short text holds no word of any rule, and nothing that a view would
// read otherwise: most texts of a message are the names of its parts.
func (d *Detector) idle(text []byte) bool {
	if len(text) > short {
		return false
	}
	var low [short]byte
	space := len(text) < 12 // else it may be a name of several words
	for i, c := range text {
		switch {
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		case c == ' ':
			space = true
		case c >= 0x80 || c < ' ' || c == '&' || c == '%' || c == '\\':
			return false
		}
		low[i] = c
	}
	return space && !d.words.Any(low[:len(text)])
}

// gather makes the windows of each rule, those that touch as one.
func (d *Detector) gather(s *state, v *view.View) {
	for _, i := range s.touched {
		s.windows[i] = s.windows[i][:0]
	}
	s.touched = s.touched[:0]
	for _, m := range s.matches {
		for _, i := range d.of[m.Word] {
			w := window{max(0, m.End-d.words.Len(m.Word)-d.rules[i].within), min(len(v.Low), m.End+d.rules[i].within)}
			all := s.windows[i]
			if len(all) == 0 {
				s.touched = append(s.touched, i)
			}
			if n := len(all); n > 0 && w.from <= all[n-1].to {
				all[n-1] = window{min(all[n-1].from, w.from), max(all[n-1].to, w.to)}
				continue
			}
			s.windows[i] = append(all, w)
		}
	}
}

// judge tries the expressions of the rules that were touched, and returns what is left of the
// budget; it is negative where that was not enough.
func (d *Detector) judge(s *state, v *view.View, left int, dst *[]finding.Hit, first int) int {
	for _, i := range s.touched {
		r := &d.rules[i]
		for _, w := range s.windows[i] {
			if left -= w.to - w.from; left < 0 {
				return left
			}
			from, to, ok := r.try(v.Low[w.from:w.to])
			if !ok {
				continue
			}
			start, end := v.Source(w.from+from, w.from+to)
			h := finding.Hit{Rule: r.id, Severity: r.severity, Start: start, End: end, Words: r.words}
			if !slices.ContainsFunc((*dst)[first:], func(o finding.Hit) bool { return o.Rule == h.Rule && o.Start == h.Start }) {
				*dst = append(*dst, h)
			}
			break
		}
	}
	return left
}
