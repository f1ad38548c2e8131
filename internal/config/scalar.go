package config

import (
	"math"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// scalar reads text, a number or a switch.
func (c *checker) scalar(path string, n ast.Node, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if text, ok := textOf(n); ok {
			v.SetString(text)
			return
		}
		c.wrong(path, n, "text")
	case reflect.Bool:
		if b, ok := n.(*ast.BoolNode); ok {
			v.SetBool(b.Value)
			return
		}
		c.wrong(path, n, "true or false")
	case reflect.Int:
		c.number(path, n, v)
	default:
		c.unread(path, c.line(path), "cannot be read by this version; report it") // a kind of field that has no reader
	}
}

// number reads a whole number.
func (c *checker) number(path string, n ast.Node, v reflect.Value) {
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		c.wrong(path, n, "a whole number")
		return
	}
	value, ok := i.Value.(int64)
	if u, unsigned := i.Value.(uint64); unsigned && u <= math.MaxInt64 {
		value, ok = int64(u), true
	}
	switch {
	case !ok || value > math.MaxInt32 || value < math.MinInt32:
		c.unread(path, c.line(path), "is out of range; write a smaller number")
	default:
		v.SetInt(value)
	}
}

// custom reads what has a reader of its own, a size or a time span.
func (c *checker) custom(path string, n ast.Node, read func([]byte) error) {
	text, ok := textOf(n)
	if !ok {
		c.wrong(path, n, "text like 4MiB or 30s")
		return
	}
	if err := read([]byte(text)); err != nil {
		c.unread(path, c.line(path), "%v", err)
	}
}

// textOf is a scalar as it is written: 1.10 stays 1.10.
func textOf(n ast.Node) (string, bool) {
	switch x := n.(type) {
	case *ast.StringNode:
		return x.Value, true
	case *ast.LiteralNode:
		return x.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// keyOf is a key as it is written.
func keyOf(n ast.Node) (string, bool) {
	if _, null := n.(*ast.NullNode); null {
		return n.GetToken().Value, true
	}
	return textOf(n)
}

// wrong reports a value of another type than the setting's. The value is not
// repeated: it can be a secret that stands one level too high.
func (c *checker) wrong(path string, n ast.Node, want string) {
	line := c.line(path)
	if path == "" {
		path, line = "file", lineOf(n)
	}
	c.unread(path, line, "is %s; it must be %s", typeOf(n), want)
}

func typeOf(n ast.Node) string {
	switch n.(type) {
	case ast.MapNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "empty"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	}
	return "text"
}
