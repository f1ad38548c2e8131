package scan

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet"
)

// A node is one value of a file: where it stands, and under what name. raw is never empty.
type node struct {
	file []byte
	at   int // offset in file
	raw  jsontext.Value
	name string
	path string // RFC 6901
	line int    // in which it begins; 1 is the first
}

// document is the whole of b, which is one JSON value. What stands twice in a definition,
// and text that is no UTF-8, are let through: the definition is reported for them.
func document(b []byte) (node, error) {
	d := decoder(b)
	v, err := d.ReadValue()
	if err != nil {
		return node{}, fmt.Errorf("it is not readable as JSON (%s)", mantlet.Escape(err.Error()))
	}
	end := int(d.InputOffset())
	if len(bytes.TrimSpace(b[end:])) > 0 {
		return node{}, errors.New("something follows the JSON value")
	}
	if v[0] != '{' && v[0] != '[' {
		return node{}, errShape
	}
	at := end - len(v)
	return node{file: b, at: at, raw: v.Clone(), line: 1 + bytes.Count(b[:at], newline)}, nil
}

func decoder(b []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewReader(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// members are those of an object. A name that stands twice is refused: two readers would
// see two files.
func (n node) members() ([]node, error) {
	if n.raw[0] != '{' {
		return nil, fmt.Errorf("%s is not an object", mantlet.Escape(n.path))
	}
	return n.inside(func(d *jsontext.Decoder, _ int) (string, error) {
		t, err := d.ReadToken()
		return t.String(), err
	})
}

// elements are those of an array.
func (n node) elements() ([]node, error) {
	return n.inside(func(_ *jsontext.Decoder, i int) (string, error) { return strconv.Itoa(i), nil })
}

func (n node) inside(name func(*jsontext.Decoder, int) (string, error)) (out []node, err error) {
	d := decoder(n.raw)
	if _, err = d.ReadToken(); err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	last, line := n.at, n.line // every byte is counted once
	for i := 0; d.PeekKind() != '}' && d.PeekKind() != ']'; i++ {
		step, err := name(d, i)
		if err != nil {
			return nil, err
		}
		if seen[step] {
			return nil, fmt.Errorf("%q stands twice in %q; two readers would see two files", mantlet.Escape(step), mantlet.Escape(n.path))
		}
		seen[step] = true
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		at := n.at + int(d.InputOffset()) - len(v)
		line += bytes.Count(n.file[last:at], newline)
		last = at
		out = append(out, node{n.file, at, v.Clone(), step, n.path + "/" + pointer.Replace(step), line})
	}
	return out, nil
}

var pointer = strings.NewReplacer("~", "~0", "/", "~1")

var newline = []byte{'\n'}

func get(all []node, name string) (node, bool) {
	for _, n := range all {
		if n.name == name {
			return n, true
		}
	}
	return node{}, false
}

func has(all []node, name string) bool {
	_, ok := get(all, name)
	return ok
}
