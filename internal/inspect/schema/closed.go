package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// maxShapes bounds how much of a schema is laid out.
const maxShapes = 5_000

// A shape is what all schemas that judge one place say of it together: which names it may
// have, and what has a limit.
type shape struct {
	open     bool // other names are welcome
	names    map[string]*shape
	patterns []pattern
	rest     *shape // of other names
	items    *shape
	bounded  bool // strings: a length, a choice, or a value is given
	few      bool // arrays: a number is given
}

type pattern struct {
	re jsonschema.Regexp
	of *shape
}

// A layout makes the shapes of a schema, each once.
type layout struct {
	ids  map[*jsonschema.Schema]int
	made map[string]*shape
}

func laidOut(root *jsonschema.Schema) (*shape, error) {
	l := layout{ids: make(map[*jsonschema.Schema]int), made: make(map[string]*shape)}
	s := l.shape([]*jsonschema.Schema{root}, true)
	if len(l.made) > maxShapes {
		return nil, errors.New("the schema is too entangled: it describes more places than are looked at")
	}
	return s, nil
}

// shape is of the place that all of these judge.
func (l *layout) shape(of []*jsonschema.Schema, root bool) *shape {
	all := l.together(of)
	key := l.key(all)
	if s, ok := l.made[key]; ok {
		return s
	}
	s := &shape{names: make(map[string]*shape)}
	l.made[key] = s
	if len(l.made) > maxShapes {
		return s
	}
	named := false
	var rest, items []*jsonschema.Schema
	names := make(map[string][]*jsonschema.Schema)
	for _, one := range all {
		for n, p := range one.Properties {
			names[n], named = append(names[n], p), true
		}
		for re, p := range one.PatternProperties {
			s.patterns, named = append(s.patterns, pattern{re, l.shape([]*jsonschema.Schema{p}, false)}), true
		}
		rest = append(rest, s.others(one)...)
		items = append(items, elements(one)...)
		s.bounded = s.bounded || one.MaxLength != nil || one.Enum != nil || one.Const != nil
		s.few = s.few || one.MaxItems != nil || one.Enum != nil || one.Const != nil
	}
	for n, p := range names {
		s.names[n] = l.shape(p, false)
	}
	s.open = s.open || !named && !root // a place that says nothing of names is a map
	if len(rest) > 0 {
		s.rest = l.shape(rest, false)
	}
	if len(items) > 0 {
		s.items = l.shape(items, false)
	}
	return s
}

// others are the schemas of names that are not listed; s is open where there are any.
func (s *shape) others(one *jsonschema.Schema) (rest []*jsonschema.Schema) {
	switch more := one.AdditionalProperties.(type) {
	case bool:
		s.open = s.open || more
	case *jsonschema.Schema:
		rest = append(rest, more)
	}
	if u := one.UnevaluatedProperties; u != nil {
		rest = append(rest, u)
	}
	rest = slices.DeleteFunc(rest, func(r *jsonschema.Schema) bool { return r.Bool != nil && !*r.Bool })
	s.open = s.open || len(rest) > 0
	return rest
}

func elements(s *jsonschema.Schema) (out []*jsonschema.Schema) {
	out = append(out, s.PrefixItems...)
	for _, one := range []any{s.Items, s.AdditionalItems, s.Items2020, s.UnevaluatedItems, s.Contains} {
		switch one := one.(type) {
		case *jsonschema.Schema:
			if one != nil {
				out = append(out, one)
			}
		case []*jsonschema.Schema:
			out = append(out, one...)
		}
	}
	return out
}

// together are the given schemas and all that judge the same place by them.
func (l *layout) together(of []*jsonschema.Schema) (all []*jsonschema.Schema) {
	seen := make(map[*jsonschema.Schema]bool)
	for todo := slices.Clone(of); len(todo) > 0; {
		one := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if one == nil || seen[one] {
			continue
		}
		seen[one] = true
		all = append(all, one)
		for _, more := range inPlace(one) {
			if more != one.Not {
				todo = append(todo, more)
			}
		}
	}
	return all
}

func (l *layout) key(all []*jsonschema.Schema) string {
	ids := make([]int, len(all))
	for i, s := range all {
		if _, ok := l.ids[s]; !ok {
			l.ids[s] = len(l.ids)
		}
		ids[i] = l.ids[s]
	}
	slices.Sort(ids)
	return strings.Trim(fmt.Sprint(ids), "[]")
}
