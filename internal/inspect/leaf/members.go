package leaf

import (
	"iter"

	"github.com/go-json-experiment/json/jsontext"
)

// A Member is one member of an object, by its place in the document: the whole of it, and its
// value.
type Member struct {
	Name       string // decoded
	Start, End int
	From       int // of the value, which ends with the member
}

// Members yields the members of the object that begins at i.
func Members(b []byte, i int) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		if i >= len(b) || b[i] != '{' {
			return
		}
		for i = space(b, i+1); i < len(b) && b[i] == '"'; i = space(b, i+1) {
			m := Member{Start: i}
			i = afterString(b, i)
			name, err := jsontext.AppendUnquote(nil, b[m.Start:i])
			if err != nil {
				return
			}
			m.Name = string(name)
			m.From = min(len(b), space(b, space(b, i)+1))
			m.End = after(b, m.From)
			if i = space(b, m.End); !yield(m) || i >= len(b) || b[i] != ',' {
				return
			}
		}
	}
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// after is the place after the value that begins at i.
func after(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch c := b[i]; c {
		case '"':
			i = afterString(b, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			if depth == 0 {
				return i // no value stood there
			}
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
			i++
			continue
		default:
			for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
				i++
			}
		}
		if depth == 0 {
			return i
		}
	}
	return len(b)
}
