package wire

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// A Splice replaces the bytes from Start to End by With. Start == End inserts.
type Splice struct {
	Start, End int
	With       []byte
}

var (
	errOverlap = errors.New("wire: splices overlap or lie outside the message")
	errParent  = errors.New("wire: there is no object to set that member in")
)

// Apply returns m with the splices made, decoded again with the same strictness,
// or m itself if there are none. All bytes outside the splices stay as they are.
func (m *Message) Apply(splices []Splice, l Limits) (*Message, error) {
	if len(splices) == 0 {
		return m, nil
	}
	sorted := slices.SortedStableFunc(slices.Values(splices), func(a, b Splice) int { return a.Start - b.Start })
	size, at := len(m.raw), 0
	for _, s := range sorted {
		if s.Start < at || s.End < s.Start || s.End > len(m.raw) {
			return nil, errOverlap
		}
		size += len(s.With) - (s.End - s.Start)
		at = s.End
	}
	out := make([]byte, 0, size)
	at = 0
	for _, s := range sorted {
		out = append(append(out, m.raw[at:s.Start]...), s.With...)
		at = s.End
	}
	if l.Bytes < l.ListBytes {
		l.Bytes = l.ListBytes // what was let in as a list may be written as one
	}
	return Decode(append(out, m.raw[at:]...), l)
}

// SetID replaces the id. The message must have one.
func (m *Message) SetID(id ID) Splice {
	at, ok := m.Find("id")
	if !ok {
		return Splice{Start: -1}
	}
	return Splice{at.Start, at.End, []byte(id)}
}

// SetName replaces the member of params that Name was read from.
func (m *Message) SetName(name string) (Splice, bool) {
	info, _ := Lookup(m.Method)
	if info.NameField == "" {
		return Splice{}, false
	}
	at, ok := m.Find("params", info.NameField)
	return Splice{at.Start, at.End, Quote(name)}, ok
}

// Set replaces the value at path, or puts the member last into its parent, which
// must be there and be an object.
func (m *Message) Set(path []string, value []byte) (Splice, error) {
	if at, ok := m.Find(path...); ok {
		return Splice{at.Start, at.End, value}, nil
	}
	parent, ok := m.Find(path[:len(path)-1]...)
	if !ok || m.raw[parent.Start] != '{' {
		return Splice{}, errParent
	}
	with, at := append(append(Quote(path[len(path)-1]), ':'), value...), parent.Start+1
	for one := range m.doc().members(parent.Start) {
		at = one.value.End
	}
	if at != parent.Start+1 {
		with = append([]byte{','}, with...)
	}
	return Splice{at, at, with}, nil
}

// Delete takes the member at path out, with one comma.
func (m *Message) Delete(path ...string) (Splice, bool) {
	parent, ok := m.Find(path[:len(path)-1]...)
	if !ok || parent.Empty() || m.raw[parent.Start] != '{' {
		return Splice{}, false
	}
	before, name := -1, path[len(path)-1]
	for one := range m.doc().members(parent.Start) {
		if !is(m.raw, one.key, name) {
			before = one.value.End
			continue
		}
		if next := skipSpace(m.raw, one.value.End); m.raw[next] == ',' {
			return Splice{Start: one.key.Start, End: skipSpace(m.raw, next+1)}, true
		}
		if before >= 0 {
			return Splice{Start: before, End: one.value.End}, true
		}
		return Splice{Start: one.key.Start, End: one.value.End}, true
	}
	return Splice{}, false
}

// Quote is s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func Quote(s string) []byte {
	b, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		return b // AppendQuote has replaced what was invalid
	}
	return b
}
