package definition

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The limits of one definition. What is larger is refused.
const (
	MaxBytes = 1 << 20
	MaxDepth = 64
)

// A node is one JSON value: its kind is that of jsontext ('{', '[', '"', '0', 't',
// 'f', 'n').
type node struct {
	kind    jsontext.Kind
	text    string // of a string: what it says; of a number: its canonical spelling
	members []member
	items   []*node
}

type member struct {
	key   string
	value *node
}

// parse reads one JSON value and nothing after it. Duplicate names, invalid UTF-8, lone
// surrogates and depth beyond MaxDepth are refused (RFC 7493).
func parse(raw []byte) (*node, error) {
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	n, err := read(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the definition")
	}
	return n, nil
}

func read(d *jsontext.Decoder) (*node, error) {
	t, err := d.ReadToken()
	if err != nil {
		return nil, fmt.Errorf("the definition is not strict JSON: %w", err)
	}
	switch n := (&node{kind: t.Kind()}); n.kind {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		if d.StackDepth() > MaxDepth {
			return nil, fmt.Errorf("the definition is nested deeper than %d", MaxDepth)
		}
		return n, readWithin(d, n)
	case jsontext.KindString:
		n.text = t.String()
		return n, nil
	case jsontext.KindNumber:
		n.text = number(t.String())
		return n, nil
	default:
		return n, nil
	}
}

// readWithin reads what is in n, and its end.
func readWithin(d *jsontext.Decoder, n *node) error {
	for d.PeekKind() != jsontext.KindEndObject && d.PeekKind() != jsontext.KindEndArray {
		key := ""
		if n.kind == jsontext.KindBeginObject {
			t, err := d.ReadToken()
			if err != nil {
				return fmt.Errorf("the definition is not strict JSON: %w", err)
			}
			key = t.String()
		}
		value, err := read(d)
		if err != nil {
			return err
		}
		if n.kind == jsontext.KindBeginObject {
			n.members = append(n.members, member{key, value})
		} else {
			n.items = append(n.items, value)
		}
	}
	_, err := d.ReadToken()
	return err
}

// number is raw as RFC 8785 section 3.2.2.3 writes it. A whole number that a double
// would round, and a number that is none of a double's, keep their digits: Python and
// Go read them as they are written.
func number(raw string) string {
	whole := strings.Trim(raw, "-0123456789") == ""
	if whole && len(raw) <= 15 && raw[0] != '-' {
		return raw // below 2^53
	}
	v := jsontext.Value(raw)
	_, beyond := strconv.ParseFloat(raw, 64)
	switch err := v.Canonicalize(); {
	case whole && (err != nil || beyond != nil || decimal(string(v)) != decimal(raw)):
		return raw
	case err != nil || beyond != nil:
		return decimal(raw)
	}
	return string(v)
}

// decimal is a number as its significant digits and a power of ten: one spelling for
// one number. A power that no int holds leaves raw as it is.
func decimal(raw string) string {
	sign, rest := "", raw
	if rest[0] == '-' {
		sign, rest = "-", rest[1:]
	}
	mantissa, power := rest, 0
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		mantissa = rest[:i]
		n, err := strconv.ParseInt(rest[i+1:], 10, 32)
		if err != nil {
			return raw
		}
		power = int(n)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	power -= len(fraction)
	if digits == "" {
		return "0"
	}
	short := strings.TrimRight(digits, "0")
	return sign + short + "e" + strconv.Itoa(power+len(digits)-len(short))
}

// canonical is n in the form of RFC 8785. Numbers are canonical already.
func (n *node) canonical() []byte {
	v := jsontext.Value(n.write(nil))
	if err := v.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.CanonicalizeRawFloats(false)); err != nil {
		return nil // what was read strictly is always written
	}
	return v
}

func (n *node) write(b []byte) []byte {
	switch n.kind {
	case jsontext.KindBeginObject:
		b = append(b, '{')
		for i, m := range n.members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(quote(b, m.key), ':')
			b = m.value.write(b)
		}
		return append(b, '}')
	case jsontext.KindBeginArray:
		b = append(b, '[')
		for i, item := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.write(b)
		}
		return append(b, ']')
	case jsontext.KindString:
		return quote(b, n.text)
	case jsontext.KindNumber:
		return append(b, n.text...)
	case jsontext.KindTrue:
		return append(b, "true"...)
	case jsontext.KindFalse:
		return append(b, "false"...)
	default:
		return append(b, "null"...)
	}
}

// quote appends s, which was read as valid UTF-8.
func quote(b []byte, s string) []byte {
	out, err := jsontext.AppendQuote(b, s)
	if err != nil {
		return append(b, `""`...)
	}
	return out
}

// get is the member of that name, or nil.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

func (n *node) remove(key string) {
	n.members = slices.DeleteFunc(n.members, func(m member) bool { return m.key == key })
}

// string is what the member of that name says, or "" where it is no string.
func (n *node) string(key string) string {
	if v := n.get(key); v != nil && v.kind == jsontext.KindString {
		return v.text
	}
	return ""
}

func (n *node) scalar() bool {
	return n.kind != jsontext.KindBeginObject && n.kind != jsontext.KindBeginArray
}

func equal(a, b *node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.kind != b.kind || a.text != b.text || len(a.members) != len(b.members) || len(a.items) != len(b.items) {
		return false
	}
	for i, m := range a.members { // both are sorted
		if m.key != b.members[i].key || !equal(m.value, b.members[i].value) {
			return false
		}
	}
	for i, item := range a.items {
		if !equal(item, b.items[i]) {
			return false
		}
	}
	return true
}

// sort puts the members of every object in one order, by the bytes of their names.
func (n *node) sort() {
	slices.SortFunc(n.members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	for _, m := range n.members {
		m.value.sort()
	}
	for _, item := range n.items {
		item.sort()
	}
}
