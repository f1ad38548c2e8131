package sink

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet/internal/inspect/leaf"
)

// Options are what is configured for one tool.
type Options struct {
	Kinds  map[string]Kind   // by place ("/files/*/path") or by argument ("path"): wins over the definition
	Policy Policy            // for all places
	At     map[string]Policy // for one place, as Kinds; in place of Policy
}

// A Plan is what becomes of a tool's arguments, place by place. It is for many goroutines at once.
type Plan struct {
	told subject
	root *node
	none *policy
}

// A node is a place, and the places below it.
type node struct {
	kind   Kind
	why    string
	scalar bool // the schema asks for a text or a number here
	closed bool // the schema lists the values: nothing is left to look at
	policy *policy
	member map[string]*node
	item   *node
}

// The bounds of a plan.
const (
	maxPlaces = 2000
	maxNested = 24
	maxTold   = 4096 // bytes of a description that are read
)

// New reads the definition of a tool (title, description, annotations, inputSchema) or of a prompt
// (title, description, arguments). It is an
// error if the definition cannot be read, or if Options name no place that could be.
func New(tool string, definition []byte, o Options) (*Plan, error) {
	var d struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Annotations struct {
			ReadOnly *bool `json:"readOnlyHint"`
		} `json:"annotations"`
		Input     jsontext.Value `json:"inputSchema"`
		Arguments []struct {     // of a prompt, all texts
			Name        string `json:"name"`
			Title       string `json:"title"`
			Description string `json:"description"`
		} `json:"arguments"`
	}
	if err := json.Unmarshal(definition, &d); err != nil {
		return nil, fmt.Errorf("sink: the definition of %s cannot be read: %w", tool, err)
	}
	none, err := o.Policy.ready()
	if err != nil {
		return nil, err
	}
	p := &Plan{none: none, root: &node{policy: none}}
	p.told.learn(tool, d.Title+" "+d.Description[:min(len(d.Description), maxTold)])
	if r := d.Annotations.ReadOnly; r != nil && *r {
		p.told.reads = true // what its name says of writing stands: a hint is the server's own
	}
	for i := range d.Arguments {
		if a := &d.Arguments[i]; i < maxPlaces {
			n := p.root.at(a.Name, none)
			n.scalar = true
			n.kind, n.why = p.told.of(&told{a.Name, a.Title + " " + a.Description[:min(len(a.Description), maxTold)], ""})
		}
	}
	if len(d.Input) > 0 {
		var whole any
		if err := json.Unmarshal(d.Input, &whole); err != nil {
			return nil, fmt.Errorf("sink: the input schema of %s cannot be read: %w", tool, err)
		}
		r := reader{p: p, whole: whole, left: maxPlaces}
		r.read(p.root, whole, "", 0)
	}
	return p, p.configure(&o)
}

// A reader goes through a schema, which comes from a server: it counts its steps.
type reader struct {
	p     *Plan
	whole any
	left  int
}

func (r *reader) read(n *node, schema any, name string, depth int) {
	s, ok := schema.(map[string]any)
	if r.left--; !ok || r.left < 0 || depth > maxNested {
		return
	}
	r.scalar(n, s, name)
	for _, key := range []string{"anyOf", "oneOf", "allOf"} {
		if all, ok := s[key].([]any); ok {
			for _, one := range all {
				r.read(n, one, name, depth+1)
			}
		}
	}
	if to, ok := s["$ref"].(string); ok {
		r.read(n, r.follow(to), name, depth+1)
	}
	if members, ok := s["properties"].(map[string]any); ok {
		for member, one := range members {
			r.read(n.at(member, r.p.none), one, member, depth+1)
		}
	}
	if one, ok := s["additionalProperties"].(map[string]any); ok {
		r.read(n.at("*", r.p.none), one, name, depth+1)
	}
	for _, key := range []string{"items", "prefixItems"} {
		r.items(n, s[key], name, depth)
	}
}

func (r *reader) items(n *node, items any, name string, depth int) {
	if items == nil {
		return
	}
	if n.item == nil {
		n.item = &node{policy: r.p.none}
	}
	if all, ok := items.([]any); ok {
		for _, one := range all {
			r.read(n.item, one, name, depth+1)
		}
		return
	}
	r.read(n.item, items, name, depth+1)
}

// scalar is what s says of a text or number at n.
func (r *reader) scalar(n *node, s map[string]any, name string) {
	is := func(one any) bool { return one == "string" || one == "number" || one == "integer" || one == "boolean" }
	if all, ok := s["type"].([]any); ok {
		n.scalar = slices.ContainsFunc(all, is) && !slices.Contains(all, any("object")) && !slices.Contains(all, any("array"))
	} else {
		n.scalar = n.scalar || is(s["type"])
	}
	_, listed := s["enum"]
	_, fixed := s["const"]
	if n.closed = n.closed || listed || fixed; n.closed {
		n.why = "its schema lists the values"
		return
	}
	if name == "" || s["type"] == "boolean" {
		return
	}
	description, _ := s["description"].(string)
	title, _ := s["title"].(string)
	format, _ := s["format"].(string)
	if k, why := r.p.told.of(&told{name, title + " " + description[:min(len(description), maxTold)], format}); k != 0 || why != "" && n.why == "" {
		if s["type"] == "integer" || s["type"] == "number" {
			k &= Money
		}
		n.kind, n.why = n.kind|k, why
	}
}

// follow is the part of the schema that a reference within it names; nil if it names none.
func (r *reader) follow(to string) any {
	rest, ok := strings.CutPrefix(to, "#")
	at := r.whole
	for part := range strings.SplitSeq(strings.TrimPrefix(rest, "/"), "/") {
		m, isMap := at.(map[string]any)
		if !ok || !isMap {
			return nil
		}
		at = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	return at
}

func (n *node) at(member string, p *policy) *node {
	if n.member == nil {
		n.member = make(map[string]*node)
	}
	if n.member[member] == nil {
		n.member[member] = &node{policy: p}
	}
	return n.member[member]
}

// configure lays what an administrator says over what the definition does.
func (p *Plan) configure(o *Options) error {
	for place, k := range o.Kinds {
		n, err := p.place(place)
		if err != nil {
			return err
		}
		n.set(k)
	}
	for place, one := range o.At {
		n, err := p.place(place)
		if err != nil {
			return err
		}
		if one.SQL > Defines {
			return errors.New("sink: a statement reads, writes or defines")
		}
		ready, err := one.ready()
		if err != nil {
			return fmt.Errorf("%w (at %s)", err, place)
		}
		n.under(ready)
	}
	return nil
}

// set and under hold for what lies in an array at n too.
func (n *node) set(k Kind) {
	n.kind, n.why, n.closed = k, "it is configured", false
	if n.item != nil {
		n.item.set(k)
	}
}

func (n *node) under(p *policy) {
	n.policy = p
	if n.item != nil {
		n.item.under(p)
	}
}

// place finds or makes the place of a pointer, or of an argument's bare name.
func (p *Plan) place(pointer string) (*node, error) {
	rest, pointed := strings.CutPrefix(pointer, "/")
	if pointer == "" || !pointed && strings.Contains(pointer, "/") {
		return nil, fmt.Errorf("sink: %q is no place; write \"name\" or a JSON pointer such as /files/*/path", pointer)
	}
	n := p.root
	for part := range strings.SplitSeq(rest, "/") {
		if part == "*" {
			if n.item == nil {
				n.item = &node{policy: p.none}
			}
			n = n.item
			continue
		}
		n = n.at(strings.NewReplacer("~1", "/", "~0", "~").Replace(part), p.none)
	}
	return n, nil
}

// find is the place of a leaf; nil where no schema speaks of it.
func (p *Plan) find(path leaf.Path) *node {
	n := p.root
	for i := range path {
		var to *node
		if path[i].Index >= 0 {
			to = n.item
		} else if to = n.member[string(path[i].Name)]; to == nil {
			to = n.member["*"]
		}
		if to == nil {
			return nil
		}
		n = to
	}
	return n
}

// An Explained place is one, what it is taken for, and why.
type Explained struct {
	At   string // a JSON pointer with * for any element or member
	Kind Kind
	Why  string
}

// Explain lists the places in order.
func (p *Plan) Explain() []Explained {
	var out []Explained
	var visit func(n *node, at string)
	visit = func(n *node, at string) {
		if n.member == nil && n.item == nil || n.why != "" {
			out = append(out, Explained{at, n.kind, cmp.Or(n.why, "nothing is known of it")})
		}
		for name, one := range n.member {
			visit(one, at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
		}
		if n.item != nil {
			visit(n.item, at+"/*")
		}
	}
	visit(p.root, "")
	slices.SortFunc(out, func(a, b Explained) int { return strings.Compare(a.At, b.At) })
	return out
}

// String is one line for people.
func (e Explained) String() string {
	return strconv.Quote(e.At) + ": " + e.Kind.String() + " (" + e.Why + ")"
}
