package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The walk reads the tree into the structs and reports every key and value that
// does not fit, instead of stopping at the first. It uses reflection, at load time
// only.

// decode reads n into v and reports what does not fit.
func (c *checker) decode(path string, n ast.Node, v reflect.Value) {
	n = c.bare(path, n)
	if n == nil {
		return
	}
	if u, ok := reflect.TypeAssert[interface{ UnmarshalYAML(b []byte) error }](v.Addr()); ok {
		c.custom(path, n, u.UnmarshalYAML)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		if c.decode(path, n, p.Elem()); !c.failed[path] {
			v.Set(p)
		}
	case reflect.Struct:
		c.section(path, n, v)
	case reflect.Map:
		c.mapping(path, n, v)
	case reflect.Slice:
		c.list(path, n, v)
	default:
		c.scalar(path, n, v)
	}
}

// bare takes off anchors and tags, and gives nothing for aliases: all were refused
// with their line, so that what they stand at is known to be unread.
func (c *checker) bare(path string, n ast.Node) ast.Node {
	for {
		switch x := n.(type) {
		case *ast.AnchorNode:
			n = x.Value
		case *ast.TagNode:
			n = x.Value
		case *ast.AliasNode:
			c.blame(path)
			return nil
		default:
			return n
		}
		c.blame(path)
	}
}

// An entry is one key of a mapping, its value and its path.
type entry struct {
	key, path string
	line      int
	value     ast.Node
}

// entries are a mapping's. Keys that are there twice are reported and read once.
func (c *checker) entries(path string, n ast.Node) (all []entry, ok bool) {
	m, ok := n.(ast.MapNode)
	if !ok {
		c.wrong(path, n, "name: value pairs")
		return nil, false
	}
	first := make(map[string]int)
	for it := m.MapRange(); it.Next(); {
		line := lineOf(it.Key())
		key, ok := keyOf(it.Key())
		at := below(path, key)
		if line0, twice := first[key]; !ok {
			c.key(path, it.Key(), line)
		} else if twice {
			c.say(at, line, fmt.Sprintf("is there twice, before on line %d; keep one", line0))
		} else {
			first[key], c.lines[at] = line, line
			all = append(all, entry{key, at, line, it.Value()})
		}
	}
	return all, true
}

// key reports a key that is no word, unless it was reported as what it is before.
func (c *checker) key(path string, n ast.Node, line int) {
	switch n.(type) {
	case *ast.MergeKeyNode, *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return
	}
	c.unread(below(path, ""), line, "is a key that is no plain word; write it as name: value")
}

// section reads a struct. A setting without a value is absent.
func (c *checker) section(path string, n ast.Node, v reflect.Value) {
	all, _ := c.entries(path, n)
	known := settings(v.Type())
	for _, e := range all {
		i, ok := known[e.key]
		switch _, null := e.value.(*ast.NullNode); {
		case !ok:
			c.unknown(path, e, known)
		case !null:
			c.decode(e.path, e.value, v.Field(i))
			c.count(e.path, v.Field(i))
		}
	}
}

// count refuses a plain int below 1: its 0 stands for "absent", so that a 0 that is
// written down would silently become the default.
func (c *checker) count(path string, v reflect.Value) {
	if v.Kind() == reflect.Int && v.Type() == reflect.TypeFor[int]() && v.Int() < 1 && c.read(path) {
		c.unread(path, c.line(path), "must be at least 1")
		v.SetInt(0)
	}
}

// unknown reports a key that is no setting. What was probably meant counts as
// unread, so that nobody is told that it is missing.
func (c *checker) unknown(path string, e entry, known map[string]int) {
	guess := nearest(e.key, known)
	if guess == "" {
		c.unread(e.path, e.line, "is no setting; take it out, or see docs/reference/config.md")
		return
	}
	c.unread(e.path, e.line, "is no setting; write %s if you mean that", guess)
	if _, given := c.lines[below(path, guess)]; !given {
		c.blame(below(path, guess))
	}
}

// settings are a struct's fields by their name in the file.
func settings(t reflect.Type) map[string]int {
	out := make(map[string]int)
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); name != "" {
			out[name] = i
		}
	}
	return out
}

// mapping reads a map. A value that does not fit is left out; a null one is kept
// where the type has a nil, for the checks to say what is missing.
func (c *checker) mapping(path string, n ast.Node, v reflect.Value) {
	all, ok := c.entries(path, n)
	if !ok {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range all {
		value := reflect.New(v.Type().Elem()).Elem()
		_, null := e.value.(*ast.NullNode)
		if !null || value.Kind() != reflect.Pointer {
			c.decode(e.path, e.value, value)
		}
		if !c.failed[e.path] {
			v.SetMapIndex(reflect.ValueOf(e.key), value)
		}
	}
}

// list reads a slice. An element that does not fit keeps its place, empty, so that
// the others keep their numbers.
func (c *checker) list(path string, n ast.Node, v reflect.Value) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		c.wrong(path, n, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values)))
	for i, one := range s.Values {
		at := index(path, i)
		c.lines[at] = lineOf(one)
		c.decode(at, one, v.Index(i))
	}
}

func lineOf(n ast.Node) int {
	if n == nil || reflect.ValueOf(n).IsNil() || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	t := n.GetToken()
	if m, ok := n.(ast.MapNode); ok && !strings.HasPrefix(t.Value, "{") { // a block begins at its first key, not at the colon
		if it := m.MapRange(); it.Next() {
			return lineOf(it.Key())
		}
	}
	return t.Position.Line
}
