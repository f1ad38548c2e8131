package secret

import (
	"slices"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// Reach is how many bytes lie at most between the start of a secret and the byte by which it
// is known to be one.
const Reach = 512

// maxHits is how many secrets are reported of one text.
const maxHits = 200

// Detector finds secrets; New makes it. It is for many goroutines.
type Detector struct {
	words  *literal.Set
	trials [][]trial // of each word
	names  [][]name  // of each word
	pool   sync.Pool // of *work
}

// A work is what is needed while one text is read.
type work struct {
	reader

	matches []literal.Match
	near    int // nothing before it is nearly a token
}

// New makes the formats ready.
func New() *Detector {
	d := &Detector{}
	var words []string
	index := make(map[string]int)
	place := func(w string) int {
		at, ok := index[w]
		if !ok {
			at = len(words)
			index[w] = at
			words, d.trials, d.names = append(words, w), append(d.trials, nil), append(d.names, nil)
		}
		return at
	}
	for _, t := range trials() {
		at := place(t.word)
		d.trials[at] = append(d.trials[at], t)
	}
	for w, names := range namedWords() {
		d.names[place(w)] = names
	}
	d.words = literal.New(words, true)
	d.pool.New = func() any { return new(work) }
	return d
}

// Rules are the ids of all rules, sorted.
func Rules() (ids []string) {
	ids = append(ids, "secret/seed-phrase", "secret/aws-secret-key")
	for _, t := range trials() {
		ids = append(ids, t.rule)
	}
	for _, names := range namedWords() {
		for _, n := range names {
			ids = append(ids, n.rule)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Find adds the secrets in text to dst, at most 200: those of known forms, then those that are
// named, then phrases, each in order. Few overlap.
func (d *Detector) Find(dst []finding.Hit, text []byte) []finding.Hit {
	w := d.pool.Get().(*work) //nolint:forcetypeassert // the pool holds nothing else
	w.reader, w.near = reader{text: text}, 0
	w.matches = d.words.Scan(w.matches[:0], text)
	dst = seeds(d.find(dst, w), text)
	w.text = nil
	d.pool.Put(w)
	return dst
}

func (d *Detector) find(dst []finding.Hit, w *work) []finding.Hit {
	base := len(dst)
	for _, m := range w.matches {
		if len(dst)-base >= maxHits {
			break
		}
		dst = d.formats(dst, base, w, m)
	}
	f := formal{at: base, end: len(dst)}
	for _, m := range w.matches {
		if len(d.names[m.Word]) > 0 && len(dst)-base < maxHits {
			dst = d.named(dst, &f, w, m)
		}
	}
	return dst
}

// formats tries the formats whose word m is.
func (d *Detector) formats(dst []finding.Hit, base int, w *work, m literal.Match) []finding.Hit {
	for i := range d.trials[m.Word] {
		t := &d.trials[m.Word][i]
		if len(dst) > base && dst[len(dst)-1].End >= m.End && dst[len(dst)-1].Severity >= t.severity {
			continue // it stands in what was found
		}
		from, to, ok := t.match(&w.reader, m.End, t.free)
		if !ok {
			continue
		}
		h := finding.Hit{Rule: t.rule, Severity: t.severity, Start: from, End: to, Words: t.words}
		if t.grade(&h, w.text) {
			dst = put(dst, base, h)
			if t.rule == "secret/aws-key-id" && h.Severity > low {
				dst = pair(dst, w.text, from, to)
			}
		}
		return dst
	}
	return d.near(dst, base, w, m)
}

// near looks at what begins as a known token does, and is not as long: issuers change their
// forms, and people who make one up do not count.
func (d *Detector) near(dst []finding.Hit, base int, w *work, m literal.Match) []finding.Hit {
	text := w.text
	from := m.End - d.words.Len(m.Word)
	if len(d.trials[m.Word]) == 0 || from < w.near || len(dst) > base && dst[len(dst)-1].End > from {
		return dst
	}
	t := &d.trials[m.Word][0]
	if !t.telling || string(text[from:m.End]) != t.word || from > 0 && sets[text[from-1]]&word != 0 {
		return dst
	}
	to := w.span(m.End, m.End+maxValue, dotted)
	w.near = to
	for to > m.End && (text[to-1] == '.' || text[to-1] == '-' || text[to-1] == '=') {
		to--
	}
	h := finding.Hit{Rule: t.rule, Start: from, End: to, Words: t.words}
	switch v := text[m.End:to]; {
	case to-m.End == maxValue:
		return dst
	case random(v):
		h.Severity = medium
	case invented(v) || len(v) >= 12 && assorted(v) && hasDigit(v) && !filler(v) || example(text[from:to]) && varied(v) >= 10:
		h.Severity = low
	default:
		return dst
	}
	return put(dst, base, h)
}

// grade says how bad h is, and where it ends. It reports whether it is a hit at all.
func (t *trial) grade(h *finding.Hit, text []byte) bool {
	if t.check != nil {
		h.End, h.Severity = t.check(text, h.Start, h.End)
	}
	if h.Severity == 0 || t.plain {
		return h.Severity != 0
	}
	found := text[h.Start:h.End]
	switch {
	case example(found):
		h.Severity = low
	case t.free && h.Severity == crit:
	case filler(found[min(len(found)-1, len(t.word)*boolInt(t.before.most == 0)):]):
		h.Severity = low
		return varied(found) >= 12
	}
	return true
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// put adds h, unless it lies in what was found last and is no worse.
func put(dst []finding.Hit, base int, h finding.Hit) []finding.Hit {
	if len(dst) == base || dst[len(dst)-1].End <= h.Start {
		return append(dst, h)
	}
	if last := &dst[len(dst)-1]; h.Severity > last.Severity {
		h.Start, h.End = min(h.Start, last.Start), max(h.End, last.End)
		*last = h
	}
	return dst
}

// pair looks for the secret that belongs to an AWS key id: 40 letters of base64 within 200
// bytes of it.
func pair(dst []finding.Hit, text []byte, from, to int) []finding.Hit {
	for at := max(0, from-200); at < min(len(text), to+200); {
		end := span(text, at, at+100, base64)
		if v := text[at:end]; end-at == 40 && !hexadecimal(v) && entropy(v) > 4.2 && (at == 0 || sets[text[at-1]]&base64 == 0) {
			severity := crit
			if example(v) {
				severity = low
			}
			h := finding.Hit{Rule: "secret/aws-secret-key", Severity: severity, Start: at, End: end,
				Words: "it holds the secret key of an AWS user; take it out, and replace it"}
			dst[len(dst)-1].Severity = max(dst[len(dst)-1].Severity, min(severity, high))
			if at < from {
				dst = slices.Insert(dst, len(dst)-1, h)
				return dst
			}
			return append(dst, h)
		}
		at = end + 1
	}
	return dst
}

// formal are the hits of formats, in order: dst[at:end], the first of which may still overlap
// what follows.
type formal struct{ at, end int }

// named tries what the word m may be the name of.
func (d *Detector) named(dst []finding.Hit, f *formal, w *work, m literal.Match) []finding.Hit {
	text := w.text
	from, to, ok := d.valueOf(w, m)
	if !ok {
		return dst
	}
	for f.at < f.end && dst[f.at].End <= from {
		f.at++
	}
	if f.at < f.end && dst[f.at].Start < to || len(dst) > f.end && dst[len(dst)-1].End > from {
		return dst
	}
	for i := range d.names[m.Word] {
		n := &d.names[m.Word][i]
		s := n.judge(text[from:to])
		if n.kind == bearer || n.kind == basic {
			s = authorization(n.kind, text[from:to])
		}
		if s > 0 && example(text[from:to]) {
			s = low
		}
		if s > 0 {
			return append(dst, finding.Hit{Rule: n.rule, Severity: s, Start: from, End: to, Words: n.words})
		}
	}
	return dst
}

func (d *Detector) valueOf(w *work, m literal.Match) (from, to int, ok bool) {
	text := w.text
	if k := d.names[m.Word][0].kind; k == bearer || k == basic {
		from = m.End
		if from >= len(text) || text[from] != ' ' {
			return 0, 0, false
		}
		to = span(text, from+1, from+1+maxValue, dotted|base64)
		return from + 1, to, to-from > 12
	}
	return value(&w.reader, m.End-d.words.Len(m.Word), m.End)
}

// Named grades the value of a member by its name, as a JSON document gives it: the two stand
// in no text together.
func (d *Detector) Named(dst []finding.Hit, member string, text []byte) []finding.Hit {
	if len(text) < 6 || len(text) > maxValue || span(text, 0, len(text), quoted) != len(text) {
		return dst
	}
	var buf [8]literal.Match
	key := []byte(member)
	for _, m := range d.words.Scan(buf[:0], key[:min(len(key), 100)]) {
		for i := range d.names[m.Word] {
			n := &d.names[m.Word][i]
			if s := n.judge(text); s > 0 {
				return append(dst, finding.Hit{Rule: n.rule, Severity: s, End: len(text), Words: n.words})
			}
		}
	}
	return dst
}
