package protocol

import (
	"bytes"
	gostrings "strings"
)

func (c *check) space(i int) int {
	for i < len(c.b) && (c.b[i] == ' ' || c.b[i] == '\n' || c.b[i] == '\t' || c.b[i] == '\r') {
		i++
	}
	return i
}

func kindAt(b []byte, i int) kind {
	switch b[i] {
	case '{':
		return object
	case '[':
		return array
	case '"':
		return text
	case 't', 'f':
		return boolean
	case 'n':
		return null
	}
	return number
}

// afterString is the place after the string that begins at i.
func afterString(b []byte, i int) int {
	for from := i + 1; ; {
		n := bytes.IndexByte(b[from:], '"')
		if n < 0 {
			return len(b)
		}
		from += n + 1
		back := 0
		for from-2-back > i && b[from-2-back] == '\\' {
			back++
		}
		if back%2 == 0 {
			return from
		}
	}
}

// afterWord is the place after a number, true, false or null.
func afterWord(b []byte, i int) int {
	for i < len(b) {
		switch b[i] {
		case ',', ']', '}', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}

// skip is the place after the value that begins at i.
func skip(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = afterString(b, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			i++
			continue
		default:
			i = afterWord(b, i)
		}
		if depth <= 0 {
			return i
		}
	}
	return i
}

// isWhole reports whether a number has no fraction, as it is written.
func isWhole(n []byte) bool {
	s := string(n)
	if gostrings.ContainsAny(s, "eE") {
		return false
	}
	_, fraction, found := gostrings.Cut(s, ".")
	return !found || gostrings.Trim(fraction, "0") == ""
}

func (k kind) words() string {
	var out []string
	for _, one := range []struct {
		kind  kind
		words string
	}{{null, "null"}, {boolean, "true or false"}, {number, "a number"}, {text, "a text"}, {array, "a list"}, {object, "an object"}, {integer, "a whole number"}} {
		if k&one.kind != 0 {
			out = append(out, one.words)
		}
	}
	return gostrings.Join(out, " or ")
}
