package schema

import (
	"errors"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// errBudget says that a value would cost more than it may.
var errBudget = errors.New("the value takes more work to judge than is allowed; send less at once, or simplify the schema")

type spent struct{}

// count makes every schema below s take one step of the judge's budget when it is evaluated.
// The library calls a format's check once for each evaluation, before it goes deeper: so each
// schema has one, which counts and then asks the one that was there.
func (j *judge) count(s *jsonschema.Schema, seen map[*jsonschema.Schema]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	var was jsonschema.Format
	if s.Format != nil {
		was = *s.Format
	}
	s.Format = &jsonschema.Format{Name: was.Name, Validate: func(v any) error {
		if j.steps--; j.steps < 0 {
			panic(spent{})
		}
		if was.Validate == nil {
			return nil
		}
		return was.Validate(v)
	}}
	for _, below := range append(inPlace(s), under(s)...) {
		j.count(below, seen)
	}
}

func (j *judge) validate(v any, steps int) (err error) {
	defer func() {
		switch r := recover(); r.(type) {
		case nil:
		case spent:
			err = errBudget
		default:
			err = errors.New("the value cannot be judged by its schema")
		}
	}()
	j.steps = steps
	err = j.compiled.Validate(v)
	if invalid, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return refusal(invalid)
	}
	return err
}

// inPlace are the schemas that judge the same value as s.
func inPlace(s *jsonschema.Schema) []*jsonschema.Schema {
	out := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else}
	if s.DynamicRef != nil {
		out = append(out, s.DynamicRef.Ref)
	}
	for _, all := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf} {
		out = append(out, all...)
	}
	for _, d := range s.DependentSchemas {
		out = append(out, d)
	}
	for _, d := range s.Dependencies {
		if d, ok := d.(*jsonschema.Schema); ok {
			out = append(out, d)
		}
	}
	return out
}

// under are the schemas that judge what is in the value.
func under(s *jsonschema.Schema) []*jsonschema.Schema {
	out := []*jsonschema.Schema{s.PropertyNames, s.UnevaluatedProperties, s.Contains, s.Items2020, s.UnevaluatedItems, s.ContentSchema}
	out = append(out, s.PrefixItems...)
	for _, p := range s.Properties {
		out = append(out, p)
	}
	for _, p := range s.PatternProperties {
		out = append(out, p)
	}
	for _, one := range []any{s.AdditionalProperties, s.Items, s.AdditionalItems} {
		switch one := one.(type) {
		case *jsonschema.Schema:
			out = append(out, one)
		case []*jsonschema.Schema:
			out = append(out, one...)
		}
	}
	return out
}
