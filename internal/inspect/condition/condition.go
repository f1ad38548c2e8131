package condition

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
)

// Conditions are what the calls of some tools have to fulfil. They do not change, and are for
// many goroutines at once.
type Conditions struct {
	of map[string]*cedar.PolicySet // by "server/tool" or "server/*"
}

// The bounds of what is read.
const (
	MaxBytes    = 1 << 20
	MaxPolicies = 1000
)

// everything is allowed but for what is forbidden.
const everything = "permit (principal, action, resource);"

// Read reads conditions, and runs their fixtures.
func Read(policies []byte, fixtures []Fixture) (*Conditions, error) {
	if len(policies) > MaxBytes {
		return nil, fmt.Errorf("the conditions have more than %d bytes", MaxBytes)
	}
	all, err := cedar.NewPolicyListFromBytes("conditions", policies)
	if err != nil {
		return nil, err
	}
	if len(all) > MaxPolicies {
		return nil, fmt.Errorf("there are more than %d conditions", MaxPolicies)
	}
	c := &Conditions{of: make(map[string]*cedar.PolicySet)}
	for _, p := range all {
		if err := c.add(p); err != nil {
			return nil, fmt.Errorf("line %d: %w", p.Position().Line, err)
		}
	}
	for i, f := range fixtures {
		if err := f.hold(c); err != nil {
			return nil, fmt.Errorf("fixture %d (%s): %w", i+1, f.Tool, err)
		}
	}
	return c, nil
}

func (c *Conditions) add(p *cedar.Policy) error {
	a := p.Annotations()
	id, tool := string(a["id"]), string(a["tool"])
	server, name, ok := strings.Cut(tool, "/")
	switch {
	case id == "":
		return errors.New(`a condition has a name; write @id("...") before it`)
	case !ok || server == "" || name == "":
		return fmt.Errorf(`the condition %s is of no tool; write @tool("server/tool") before it, or "server/*"`, id)
	case p.Effect() != cedar.Forbid:
		return fmt.Errorf("the condition %s permits; conditions forbid, and what none forbids may pass", id)
	}
	set := c.of[tool]
	if set == nil {
		var err error
		if set, err = cedar.NewPolicySetFromBytes("", []byte(everything)); err != nil {
			return err
		}
		c.of[tool] = set
	}
	if !set.Add(cedar.PolicyID(id), p) {
		return fmt.Errorf("there are two conditions %s for %s", id, tool)
	}
	return nil
}

// A Refusal is a condition that a call does not fulfil.
type Refusal struct {
	ID    string
	Words string // for the caller: the condition's own
}

func (r *Refusal) Error() string { return r.Words }

// Check holds the arguments of a call of a server's tool against its conditions. It returns
// nil, a *Refusal, or another error where it could not be judged, which is not a yes.
func (c *Conditions) Check(server, tool string, arguments []byte) error {
	one, every := c.of[server+"/"+tool], c.of[server+"/*"]
	if one == nil && every == nil {
		return nil
	}
	given, err := record(arguments)
	if err != nil {
		return err
	}
	r := cedar.Request{
		Principal: cedar.NewEntityUID("Caller", "any"), Action: cedar.NewEntityUID("Action", "tools/call"),
		Resource: cedar.NewEntityUID("Tool", cedar.String(server+"/"+tool)),
		Context:  types.NewRecord(types.RecordMap{"arguments": given}),
	}
	for _, set := range []*cedar.PolicySet{one, every} {
		if set == nil {
			continue
		}
		if err := judge(set, r); err != nil {
			return err
		}
	}
	return nil
}

func judge(set *cedar.PolicySet, r cedar.Request) error {
	decision, d := cedar.Authorize(set, types.EntityMap{}, r)
	if len(d.Errors) > 0 {
		return fmt.Errorf("the condition %s cannot be judged: %s; mend it, or send what it asks for", d.Errors[0].PolicyID, d.Errors[0].Message)
	}
	if decision == cedar.Allow {
		return nil
	}
	slices.SortFunc(d.Reasons, func(a, b cedar.DiagnosticReason) int { return cmp.Compare(a.PolicyID, b.PolicyID) })
	if len(d.Reasons) == 0 {
		return errors.New("the conditions cannot be judged")
	}
	id := d.Reasons[0].PolicyID
	words := string(set.Get(id).Annotations()["words"])
	return &Refusal{ID: string(id), Words: cmp.Or(words, "the arguments do not fulfil a condition of this tool")}
}

// record is a JSON object as Cedar knows it.
func record(arguments []byte) (types.Record, error) {
	var v map[string]any
	if len(arguments) > 0 {
		d := json.NewDecoder(strings.NewReader(string(arguments)))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return types.Record{}, err
		}
	}
	out, err := value(v)
	if err != nil {
		return types.Record{}, err
	}
	return out.(types.Record), nil //nolint:forcetypeassert // of a map it is one
}

// value is v as Cedar knows it; nil of null.
func value(v any) (types.Value, error) {
	switch v := v.(type) {
	case string:
		return types.String(v), nil
	case bool:
		return types.Boolean(v), nil
	case json.Number:
		return number(v)
	case []any:
		return set(v)
	case map[string]any:
		m := make(types.RecordMap, len(v))
		for name, one := range v {
			made, err := value(one)
			if err != nil {
				return nil, err
			}
			if made != nil {
				m[types.String(name)] = made
			}
		}
		return types.NewRecord(m), nil
	}
	return nil, nil //nolint:nilnil // null is nothing
}

func set(all []any) (types.Value, error) {
	out := make([]types.Value, 0, len(all))
	for _, one := range all {
		made, err := value(one)
		if err != nil {
			return nil, err
		}
		if made != nil {
			out = append(out, made)
		}
	}
	return types.NewSet(out...), nil
}

var errNumber = errors.New("an argument is a number that conditions cannot compare; send a whole number of 64 bits, or one with four digits after the point at most")

func number(n json.Number) (types.Value, error) {
	if i, err := n.Int64(); err == nil {
		return types.Long(i), nil
	}
	d, err := types.ParseDecimal(string(n))
	if err != nil {
		return nil, errNumber
	}
	return d, nil
}
