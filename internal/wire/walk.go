package wire

import (
	"bytes"
	"iter"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// The functions here move over bytes that were already found to be valid JSON.
// They never recurse: how deep the input is costs them nothing.

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the place after the string that begins at i.
func skipString(b []byte, i int) int {
	for i++; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return len(b)
		}
		if i += n + 1; !escaped(b, i-1) {
			return i
		}
	}
}

// escaped reports whether the quote at i follows an odd number of backslashes.
func escaped(b []byte, i int) bool {
	if b[i-1] != '\\' {
		return false
	}
	n := 0
	for i--; i >= 0 && b[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// A doc is valid JSON and where its outer containers end, in the order in which
// they begin. Without the index it is walked just the same, only slower.
type doc struct {
	b     []byte
	outer []Span
}

// from is d with the part of its index that begins at i or after: who walks forward
// searches less.
func (d doc) from(i int) doc {
	n, _ := slices.BinarySearchFunc(d.outer, i, func(s Span, i int) int { return s.Start - i })
	return doc{d.b, d.outer[n:]}
}

// next drops what begins before i from the index, one by one.
func (d *doc) next(i int) {
	for len(d.outer) > 0 && d.outer[0].Start < i {
		d.outer = d.outer[1:]
	}
}

// skipValue returns the place after the value that begins at i. Who calls it for one
// value after the other goes forward through the index.
func (d *doc) skipValue(i int) int {
	switch d.b[i] {
	case '"':
		return skipString(d.b, i)
	case '{', '[':
		if d.next(i); len(d.outer) > 0 && d.outer[0].Start == i {
			return d.outer[0].End
		}
		return skipNested(d.b, i)
	}
	for i < len(d.b) {
		switch d.b[i] {
		case ',', ']', '}', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}

func skipNested(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return i
}

// A member is one member of an object: its name as it stands, quotes included,
// and its value.
type member struct{ key, value Span }

// members yields the members of the object that begins at i.
func (d doc) members(i int) iter.Seq[member] {
	return func(yield func(member) bool) {
		b, d := d.b, d.from(i)
		for i = skipSpace(b, i+1); i < len(b) && b[i] == '"'; i = skipSpace(b, i+1) {
			var m member
			m.key = Span{i, skipString(b, i)}
			i = skipSpace(b, m.key.End) + 1
			i = skipSpace(b, i)
			m.value = Span{i, d.skipValue(i)}
			if !yield(m) {
				return
			}
			if i = skipSpace(b, m.value.End); i >= len(b) || b[i] != ',' {
				return
			}
		}
	}
}

// unquote decodes the JSON string at s. It allocates only where there is an
// escape to decode, or for the string itself.
func unquote(b []byte, s Span) string { return string(text(b, s)) }

// text is the decoded JSON string at s: a part of b, unless there is an escape.
func text(b []byte, s Span) []byte {
	inner := b[s.Start+1 : s.End-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	out, err := jsontext.AppendUnquote(nil, b[s.Start:s.End])
	if err != nil {
		return nil // validated before: cannot be
	}
	return out
}

// is reports whether the member name at s is name, without decoding it unless
// it holds an escape.
func is(b []byte, s Span, name string) bool {
	inner := b[s.Start+1 : s.End-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner) == name
	}
	return unquote(b, s) == name
}

// Members yields the decoded names and the values of the object at s; nothing if
// s holds no object.
func (m *Message) Members(s Span) iter.Seq2[string, Span] {
	return func(yield func(string, Span) bool) {
		if s.Empty() || m.raw[s.Start] != '{' {
			return
		}
		for one := range m.doc().members(s.Start) {
			if !yield(unquote(m.raw, one.key), one.value) {
				return
			}
		}
	}
}

// Elements yields the values of the array at s; nothing if s holds no array.
func (m *Message) Elements(s Span) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		if s.Empty() || m.raw[s.Start] != '[' {
			return
		}
		m.doc().elements(s.Start)(yield)
	}
}

func (d doc) elements(i int) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		b, d := d.b, d.from(i)
		for i = skipSpace(b, i+1); i < len(b) && b[i] != ']'; i = skipSpace(b, i+1) {
			s := Span{i, d.skipValue(i)}
			if !yield(s) {
				return
			}
			if i = skipSpace(b, s.End); i >= len(b) || b[i] != ',' {
				return
			}
		}
	}
}

// child is the value of the member name in the object at s.
func (m *Message) child(s Span, name string) (member, bool) {
	if s.Empty() || m.raw[s.Start] != '{' {
		return member{}, false
	}
	for one := range m.doc().members(s.Start) {
		if is(m.raw, one.key, name) {
			return one, true
		}
	}
	return member{}, false
}

// Find is the value at path, by decoded member names from the top of the message.
func (m *Message) Find(path ...string) (Span, bool) {
	at := m.top
	for _, name := range path {
		one, ok := m.child(at, name)
		if !ok {
			return Span{}, false
		}
		at = one.value
	}
	return at, true
}

// String is the decoded string at s; false if s holds anything else.
func (m *Message) String(s Span) (string, bool) {
	if s.Empty() || m.raw[s.Start] != '"' {
		return "", false
	}
	return unquote(m.raw, s), true
}

// Int is the integer at s; false if s holds anything else, or an integer that
// int64 cannot hold exactly.
func (m *Message) Int(s Span) (int64, bool) { return integer(m.At(s)) }

func integer(b []byte) (n int64, ok bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}
