package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/mantlet-mcp/mantlet"
)

// An Issue is one thing that is wrong with a value. Neither part holds anything of the value
// but the names on the way to it.
type Issue struct {
	At    string // JSON pointer (RFC 6901); "" is the whole value
	Words string // what is wrong there, and what the schema asks for
}

// A Refusal says why a value is not what its schema describes: at most five issues, in order
// of their places.
type Refusal struct{ Issues []Issue }

func (r *Refusal) Error() string {
	all := make([]string, len(r.Issues))
	for i, one := range r.Issues {
		all[i] = cmp.Or(one.At, "the whole") + " " + one.Words
	}
	return strings.Join(all, "; ")
}

// refusal gathers what the library found, deepest places first met, each said once.
func refusal(e *jsonschema.ValidationError) *Refusal {
	r := &Refusal{}
	r.gather(e)
	slices.SortStableFunc(r.Issues, func(a, b Issue) int { return cmp.Compare(a.At, b.At) })
	r.Issues = slices.Compact(r.Issues)
	if len(r.Issues) > maxIssues {
		r.Issues = r.Issues[:maxIssues]
	}
	return r
}

const maxGathered = 100

func (r *Refusal) gather(e *jsonschema.ValidationError) {
	if len(r.Issues) >= maxGathered {
		return
	}
	if words := say(e.ErrorKind); words != "" {
		r.Issues = append(r.Issues, Issue{mantlet.Escape(pointer(e.InstanceLocation)), words})
	}
	switch e.ErrorKind.(type) {
	case *kind.OneOf, *kind.AnyOf:
		if len(e.Causes) > 3 {
			return // every branch fails in its own way: that none fits is what helps
		}
	}
	for _, c := range e.Causes {
		r.gather(c)
	}
}

// say puts a finding into words; "" for what only holds others together.
func say(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return fmt.Sprintf("is of type %s, and has to be %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Required:
		return "lacks " + listed(k.Missing)
	case *kind.AdditionalProperties:
		return "has what is not known: " + listed(k.Properties)
	case *kind.Enum:
		return "has to be one of " + values(k.Want)
	case *kind.Const:
		return "has to be " + values([]any{k.Want})
	case *kind.Pattern:
		return "does not match the pattern " + short(k.Want)
	case *kind.Format:
		return "is not in the format " + short(k.Want)
	case *kind.FalseSchema:
		return "may not stand here"
	case *kind.UniqueItems:
		return "holds the same element twice"
	case *kind.AnyOf:
		return "fits none of the forms that it may have"
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			return "fits more than one of the forms of which it has to be one"
		}
		return "fits none of the forms that it may have"
	case *kind.Not:
		return "has a form that is excluded"
	}
	return sized(k)
}

// sized is for the bounds of numbers and lengths.
func sized(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinLength:
		return fmt.Sprintf("has to have at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("may have %d characters at most", k.Want)
	case *kind.Minimum:
		return "has to be at least " + k.Want.RatString()
	case *kind.Maximum:
		return "may be " + k.Want.RatString() + " at most"
	case *kind.ExclusiveMinimum:
		return "has to be more than " + k.Want.RatString()
	case *kind.ExclusiveMaximum:
		return "has to be less than " + k.Want.RatString()
	case *kind.MultipleOf:
		return "has to be a multiple of " + k.Want.RatString()
	case *kind.MinItems:
		return fmt.Sprintf("has to have at least %d elements", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("may have %d elements at most", k.Want)
	case *kind.MinProperties:
		return fmt.Sprintf("has to have at least %d members", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("may have %d members at most", k.Want)
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf, *kind.PropertyNames:
		return ""
	}
	return "is not what its schema describes"
}

func listed(names []string) string {
	var out []string
	for i, n := range names {
		if i == 20 {
			out = append(out, "and others")
			break
		}
		out = append(out, short(n))
	}
	return strings.Join(out, ", ")
}

// values shows what the schema itself lists; at most ten of them.
func values(all []any) string {
	var out []string
	for i, v := range all {
		if i == 10 {
			out = append(out, "and others")
			break
		}
		out = append(out, short(fmt.Sprint(v)))
	}
	return strings.Join(out, ", ")
}

// short cuts s at 80 bytes, and escapes it: a schema is its server's.
func short(s string) string {
	if len(s) > 80 {
		s = strings.ToValidUTF8(s[:80], "") + "..."
	}
	return mantlet.Escape(s)
}
