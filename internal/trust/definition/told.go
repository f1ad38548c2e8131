package definition

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// tell adds what a model would newly read at p.
func (w *walker) tell(p place, old, fresh *node, spans []Span) {
	switch {
	case fresh == nil || silent(p):
		return
	case old != nil && fresh.kind == jsontext.KindString && old.kind == jsontext.KindString:
		w.say(changed(spans)...)
		return
	case p.parent == schemas:
		w.say(p.at.LastToken())
	}
	var before []string
	leaves(old, p.role, &before)
	var now []string
	leaves(fresh, p.role, &now)
	for _, s := range now {
		if !slices.Contains(before, s) {
			w.say(s)
		}
	}
}

// silent are the places that no model reads.
func silent(p place) bool {
	return p.role == icon || p.role == iconList || p.role == metadata || p.parent == icon || p.key == "$schema"
}

// maxTold is how many things are told; the changes have them all.
const maxTold = 1000

func (w *walker) say(texts ...string) {
	for _, s := range texts {
		if s != "" && len(w.difference.told) < maxTold && !w.said[s] {
			w.said[s] = true
			w.difference.told = append(w.difference.told, s)
		}
	}
}

// leaves are the texts in n, and the names of parameters and of members of data.
// The keywords of a schema and the members of a definition are not told; what they hold
// is.
func leaves(n *node, r role, out *[]string) {
	if n == nil || len(*out) > maxTold {
		return
	}
	if n.kind == jsontext.KindString {
		*out = append(*out, n.text)
	}
	for _, m := range n.members {
		p := place{role: r}.child(m.key)
		if silent(p) {
			continue
		}
		if r == schemas || r == data {
			*out = append(*out, m.key)
		}
		leaves(m.value, p.role, out)
	}
	for _, item := range n.items {
		leaves(item, place{role: r}.child("0").role, out)
	}
}

// changed are the sentences of the new text that hold something new, or from which
// something went.
func changed(spans []Span) (out []string) {
	var text strings.Builder
	var marks [][2]int
	for _, s := range spans {
		from := text.Len()
		if s.Part != Removed {
			text.WriteString(s.Text)
		}
		if s.Part != Same {
			marks = append(marks, [2]int{from, text.Len()})
		}
	}
	for _, s := range sentences(text.String()) {
		if slices.ContainsFunc(marks, func(m [2]int) bool { return m[0] < s[1] && m[1] > s[0] || m[0] == m[1] && s[0] <= m[0] && m[0] <= s[1] }) {
			out = append(out, strings.Trim(text.String()[s[0]:s[1]], " \t\r\n"))
		}
	}
	return out
}

// sentences are where each begins and ends: at a line's end, at a full stop before a
// space, at the full stop of Chinese and Japanese.
func sentences(s string) (out [][2]int) {
	start := 0
	for i, r := range s {
		end := i + len(string(r))
		space := end == len(s) || s[end] == ' ' || s[end] == '\n'
		if r == '\n' || r == '。' || space && (r == '.' || r == '!' || r == '?') {
			out, start = append(out, [2]int{start, end}), end
		}
	}
	if start < len(s) {
		out = append(out, [2]int{start, len(s)})
	}
	return out
}
