package leaf

import "github.com/go-json-experiment/json/jsontext"

// A Kind is what a leaf is in its document.
type Kind uint8

// The kinds of leaves.
const (
	String Kind = iota + 1
	Name        // of a member
	Number
)

// A Leaf is one text of a document. It, its Text and its Path hold until the walk goes on.
type Leaf struct {
	Kind Kind
	Text []byte // escapes undone; aliases the document where there are none
	Path Path   // of the value; of the member for a Name

	Start, End int // of the bytes that stand for Text in the document, without quotes

	raw []byte // the document's bytes from Start to End
}

// Plain reports whether the bytes of the document are the text.
func (l *Leaf) Plain() bool { return len(l.raw) == len(l.Text) }

// Source returns where Text[from:to] stands in the document. What begins or ends inside of
// an escape takes the whole of it.
func (l *Leaf) Source(from, to int) (start, end int) {
	if l.Plain() {
		return l.Start + from, l.Start + to
	}
	start, end = -1, l.End
	for in, out := 0, 0; in < len(l.raw); {
		n, made := step(l.raw[in:])
		if start < 0 && out+made > from {
			start = l.Start + in
		}
		if out >= to {
			end = l.Start + in
			break
		}
		in, out = in+n, out+made
	}
	if start < 0 {
		start = end
	}
	return start, max(start, end)
}

// step is the length of what stands first in b, and how many bytes of text it makes.
func step(b []byte) (in, out int) {
	if b[0] != '\\' {
		return 1, 1
	}
	if len(b) < 2 || b[1] != 'u' {
		return min(2, len(b)), 1
	}
	r := hex(b, 2)
	switch {
	case r >= 0xd800 && r < 0xdc00: // the first half of a pair
		return min(12, len(b)), 4
	case r < 0x80:
		return min(6, len(b)), 1
	case r < 0x800:
		return min(6, len(b)), 2
	}
	return min(6, len(b)), 3
}

func hex(b []byte, at int) (r int) {
	for _, c := range b[min(at, len(b)):min(at+4, len(b))] {
		switch {
		case c <= '9':
			r = r<<4 | int(c-'0')
		default:
			r = r<<4 | int(c|0x20-'a'+10)
		}
	}
	return r
}

// A Walker takes documents apart, one after the other. Its zero value is ready; it is for
// one goroutine.
type Walker struct {
	b    []byte
	path Path
	text []byte // of the leaf at hand, where escapes were undone
	leaf Leaf
}

// Walk shows every leaf of b to visit, in order, until visit returns false.
func (w *Walker) Walk(b []byte, visit func(*Leaf) bool) {
	w.b, w.path = b, w.path[:0]
	named := false // the string to come is a member's name
	for i := 0; i < len(b); {
		end, kind := i+1, Kind(0)
		switch c := b[i]; {
		case c == '{':
			w.path, named = append(w.path, Step{Index: -1}), true
		case c == '[':
			w.path, named = append(w.path, Step{}), false
		case c == '}' || c == ']':
			w.path, named = w.path[:max(0, len(w.path)-1)], false
		case c == ',':
			named = w.next()
		case c == ':':
			named = false
		case c == '"':
			if end, kind = afterString(b, i), String; named {
				kind = Name
			}
		case c == '-' || c >= '0' && c <= '9':
			end, kind = afterNumber(b, i), Number
		}
		if kind != 0 && !visit(w.at(kind, i, end)) {
			return
		}
		i = end
	}
}

// next goes on to the next element of an array; in an object a name follows.
func (w *Walker) next() (named bool) {
	if len(w.path) == 0 {
		return false
	}
	last := &w.path[len(w.path)-1]
	if last.Index < 0 {
		return true
	}
	last.Index++
	return false
}

// at is the leaf from i to end, quotes included.
func (w *Walker) at(kind Kind, i, end int) *Leaf {
	l := &w.leaf
	*l = Leaf{Kind: kind, Start: i, End: end}
	if kind != Number {
		l.Start, l.End = i+1, max(i+1, end-1)
	}
	l.raw = w.b[l.Start:l.End]
	l.Text = w.decoded(kind, i, end)
	if kind == Name && len(w.path) > 0 {
		last := &w.path[len(w.path)-1]
		last.Name = l.Text
		if !l.Plain() {
			last.Name = append([]byte(nil), l.Text...) // the next text takes the buffer
		}
	}
	l.Path = w.path
	return l
}

func (w *Walker) decoded(kind Kind, i, end int) []byte {
	raw := w.leaf.raw
	if kind == Number || !escapes(raw) {
		return raw
	}
	out, err := jsontext.AppendUnquote(w.text[:0], w.b[i:end])
	if err != nil {
		return raw
	}
	w.text = out
	return out
}
