package definition

import (
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

func index(i int) string { return strconv.Itoa(i) }

// bound says what a change at p, a keyword, a property or a branch of a schema, does to
// what may be sent. A new property loosens: it asks for something new.
func bound(p place, old, fresh *node) Bound {
	b := Unranked
	switch p.parent {
	case schemas:
		b = ofNamed(p.key, old, fresh)
	case schemaList:
		b = ofBranch(p.key, old, fresh)
	case schema:
		b = ofKeyword(p.key, old, fresh)
	default:
	}
	switch {
	case p.sense == 0:
		return Unranked
	case p.sense < 0 && b == Loosened:
		return Tightened
	case p.sense < 0 && b == Tightened:
		return Loosened
	}
	return b
}

// came is Loosened for what came, Tightened for what went.
func came(old, fresh *node) Bound {
	switch {
	case old == nil:
		return Loosened
	case fresh == nil:
		return Tightened
	}
	return width(old, fresh)
}

func ofNamed(key string, old, fresh *node) Bound {
	if key == "properties" || key == "patternProperties" {
		return came(old, fresh)
	}
	return Unranked
}

func ofBranch(key string, old, fresh *node) Bound {
	switch key {
	case "anyOf":
		return came(old, fresh)
	case "allOf":
		return came(fresh, old)
	}
	return Unranked
}

// width compares two whole schemas, one of which is true or false: true allows all,
// false nothing. nil is true: a keyword that is not there forbids nothing.
func width(old, fresh *node) Bound {
	all := func(n *node) bool { return n == nil || n.kind == jsontext.KindTrue || noMap(n) }
	none := func(n *node) bool { return n != nil && n.kind == jsontext.KindFalse }
	switch {
	case all(old) && all(fresh):
		return Unranked
	case none(old), all(fresh):
		return Loosened
	case none(fresh), all(old):
		return Tightened
	}
	return Unranked
}

var (
	upper = []string{"maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties"}
	lower = []string{"minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties"}
	// limits forbid something where they stand, and nothing where they do not; what
	// they forbid when they change cannot be said.
	limits = []string{
		"pattern", "format", "contentEncoding", "contentMediaType", "const", "multipleOf", "dependentRequired",
		"propertyNames", "contains", "minContains", "allOf", "anyOf", "oneOf", "$ref",
	}
	gates = []string{"additionalProperties", "unevaluatedProperties", "additionalItems", "unevaluatedItems", "items", "not"}
)

func ofKeyword(key string, old, fresh *node) Bound {
	switch {
	case key == "type":
		return ofSet(types(old), types(fresh))
	case key == "enum":
		return ofSet(values(old), values(fresh))
	case key == "required":
		return ofSet(values(present(fresh)), values(present(old))) // the more is required, the less is allowed
	case key == "properties" || key == "patternProperties":
		return came(old, fresh)
	case key == "uniqueItems":
		return width(flipped(old), flipped(fresh))
	case slices.Contains(upper, key):
		return ofNumber(old, fresh)
	case slices.Contains(lower, key):
		return ofNumber(fresh, old).otherwise(old, fresh)
	case slices.Contains(gates, key):
		return width(old, fresh)
	case slices.Contains(limits, key) && fresh == nil:
		return Loosened
	case slices.Contains(limits, key) && old == nil:
		return Tightened
	}
	return Unranked
}

// present is n, or an empty array: nothing required is an empty set, where no enum and
// no type are all there is.
func present(n *node) *node {
	if n == nil {
		return &node{kind: jsontext.KindBeginArray}
	}
	return n
}

// flipped is uniqueItems as a schema: true forbids something.
func flipped(n *node) *node {
	if n != nil && n.kind == jsontext.KindTrue {
		return &node{kind: jsontext.KindFalse}
	}
	return nil
}

// ofNumber compares upper limits; none is no limit.
func ofNumber(old, fresh *node) Bound {
	switch {
	case fresh == nil:
		return Loosened
	case old == nil:
		return Tightened
	}
	was, err := strconv.ParseFloat(old.text, 64)
	is, also := strconv.ParseFloat(fresh.text, 64)
	switch {
	case err != nil || also != nil || was == is:
		return Unranked
	case is > was:
		return Loosened
	}
	return Tightened
}

// otherwise puts right what ofNumber, with its arguments exchanged, said of a lower
// limit that came or went.
func (b Bound) otherwise(old, fresh *node) Bound {
	switch {
	case fresh == nil:
		return Loosened
	case old == nil:
		return Tightened
	}
	return b
}

// ofSet compares what is allowed; nil allows all.
func ofSet(old, fresh []string) Bound {
	lacks := func(a, b []string) bool {
		return b != nil && (a == nil || slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) }))
	}
	wider, narrower := lacks(fresh, old), lacks(old, fresh)
	switch {
	case wider && !narrower:
		return Loosened
	case narrower && !wider:
		return Tightened
	}
	return Unranked
}

func values(n *node) []string {
	if n == nil {
		return nil
	}
	out := []string{}
	for _, item := range n.items {
		out = append(out, string(item.canonical()))
	}
	return out
}

// types are the types that a schema allows. A number may be an integer.
func types(n *node) []string {
	if n == nil {
		return nil
	}
	out := []string{n.text}
	if n.kind == jsontext.KindBeginArray {
		out = []string{}
		for _, item := range n.items {
			out = append(out, item.text)
		}
	}
	if slices.Contains(out, "number") {
		out = append(out, "integer")
	}
	return out
}
