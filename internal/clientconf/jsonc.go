package clientconf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A field is one member of an object, with where its value stands in the file.
type field struct {
	name       string
	start, end int
	value      jsontext.Value
}

// members returns the members of the object at path in a client's file, which may
// hold comments and trailing commas; none where there is no such object. Duplicate
// names are refused on the way: two readers would see two different files.
func members(b []byte, path []string) ([]field, error) {
	b, err := plain(b)
	if err != nil {
		return nil, err
	}
	all, err := fields(b, 0)
	for _, key := range path {
		if err != nil {
			return nil, err
		}
		var at *field
		for i := range all {
			if all[i].name == key {
				at = &all[i]
			}
		}
		if at == nil || at.value.Kind() != '{' {
			return nil, nil
		}
		all, err = fields(at.value, at.start)
	}
	return all, err
}

// fields reads the members of the object in b, whose first byte is at base in the file.
func fields(b []byte, base int) ([]field, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(b))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return nil, errors.New("it is not a JSON object")
	}
	var out []field
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		text := name.String()
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		end := base + int(d.InputOffset())
		out = append(out, field{text, end - len(v), end, v.Clone()})
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	if rest := bytes.TrimSpace(b[d.InputOffset():]); len(rest) > 0 {
		return nil, errors.New("something follows the JSON object")
	}
	return out, nil
}

// plain is b with spaces where comments, trailing commas and a byte order mark
// stand, so that every offset stays what it was. It does not recurse: a file may
// have come with a hostile project.
func plain(b []byte) ([]byte, error) {
	out := bytes.Clone(b)
	if bytes.HasPrefix(out, []byte("\xef\xbb\xbf")) {
		copy(out, "   ")
	}
	comma := -1 // a comma that nothing but space follows so far
	for i := 0; i < len(out); {
		end, err := skip(out, i)
		if err != nil {
			return nil, err
		}
		switch c := out[i]; {
		case c == '/':
			blank(out[i:end])
		case c == ',':
			comma = i
		case (c == '}' || c == ']') && comma >= 0:
			out[comma], comma = ' ', -1
		case !strings.ContainsRune(" \t\r\n", rune(c)):
			comma = -1
		}
		i = end
	}
	return out, nil
}

// skip is where the string, the comment or the byte at i ends.
func skip(b []byte, i int) (int, error) {
	rest := b[i:]
	switch {
	case rest[0] == '"':
		for j := 1; j < len(rest); j++ {
			switch rest[j] {
			case '\\':
				j++
			case '"':
				return i + j + 1, nil
			}
		}
		return 0, errors.New("a string does not end")
	case bytes.HasPrefix(rest, []byte("//")):
		if n := bytes.IndexByte(rest, '\n'); n >= 0 {
			return i + n, nil
		}
		return len(b), nil
	case bytes.HasPrefix(rest, []byte("/*")):
		n := bytes.Index(rest[2:], []byte("*/"))
		if n < 0 {
			return 0, errors.New("a comment does not end")
		}
		return i + 2 + n + 2, nil
	case rest[0] == '/':
		return 0, fmt.Errorf("byte %d is neither JSON nor a comment", i)
	}
	return i + 1, nil
}

// blank leaves the line breaks, for the sake of line numbers.
func blank(b []byte) {
	for i, c := range b {
		if c != '\n' && c != '\r' {
			b[i] = ' '
		}
	}
}
