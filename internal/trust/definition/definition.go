package definition

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/mantlet-mcp/mantlet"
)

// A Definition is one thing that a server showed. The zero Definition is none, and is
// the same as no other. It is never changed, and safe for many goroutines.
type Definition struct {
	kind   mantlet.TargetKind
	name   string
	raw    []byte
	root   *node // normalised and sorted
	digest [32]byte
}

// names are the members that definitions are called by.
var names = map[mantlet.TargetKind]string{
	mantlet.KindTool:     "name",
	mantlet.KindPrompt:   "name",
	mantlet.KindResource: "uri",
	mantlet.KindTemplate: "uriTemplate",
}

// Parse reads a definition: an item of a list, or, for KindInstructions, the
// instructions as a JSON string or the whole result that brought them (initialize,
// server/discover); for KindLaunch an object as package launch makes it; for KindIdentity one as upstream.Identity is. It is refused beyond MaxBytes or MaxDepth, where it is not strict
// JSON (RFC 7493), lacks its name, or is of a kind that has no definition. raw is
// copied.
func Parse(kind mantlet.TargetKind, raw []byte) (Definition, error) {
	key, named := names[kind]
	switch {
	case !named && !kind.Sole():
		return Definition{}, fmt.Errorf("a %s has no definition", kind)
	case len(raw) > MaxBytes:
		return Definition{}, fmt.Errorf("the definition has %d bytes; at most %d are read", len(raw), MaxBytes)
	}
	root, err := parse(raw)
	if err != nil {
		return Definition{}, err
	}
	if root.kind != jsontext.KindBeginObject && (kind != mantlet.KindInstructions || root.kind != jsontext.KindString) {
		return Definition{}, fmt.Errorf("the definition of a %s is not an object", kind)
	}
	d := Definition{kind: kind, name: root.string(key), raw: slices.Clone(raw), root: root}
	if named && d.name == "" {
		return Definition{}, fmt.Errorf("the definition of a %s lacks its %s", kind, key)
	}
	normalise(kind, root)
	root.sort()
	d.digest = sha256.Sum256(root.canonical())
	return d, nil
}

// Kind is what sort of thing is defined.
func (d Definition) Kind() mantlet.TargetKind { return d.kind }

// Name is what it is called by: a name, a URI, a URI template; "" for instructions.
func (d Definition) Name() string { return d.name }

// Raw is what was parsed, byte for byte. It must not be changed.
func (d Definition) Raw() []byte { return d.raw }

// Digest is SHA-256 over what the package's comment says, or zero for none.
func (d Definition) Digest() [32]byte { return d.digest }

// Canonical is what Digest is taken of (RFC 8785), or nil for none.
func (d Definition) Canonical() []byte {
	if d.root == nil {
		return nil
	}
	return d.root.canonical()
}

// Title is what a person sees: title, or that of a tool's annotations.
func (d Definition) Title() string {
	if t := d.root.string("title"); t != "" {
		return t
	}
	return d.root.get("annotations").string("title")
}

// Description is what a model is told of the whole; of instructions it is their text.
func (d Definition) Description() string {
	if d.root != nil && d.root.kind == jsontext.KindString {
		return d.root.text
	}
	if d.kind == mantlet.KindInstructions {
		return d.root.string("instructions")
	}
	return d.root.string("description")
}

// Hint is a hint of a tool's annotations. said is false where the server did not write
// it, or wrote the specification's default.
func (d Definition) Hint(name string) (value, said bool) {
	v := d.root.get("annotations").get(name)
	if v == nil || v.kind != jsontext.KindTrue && v.kind != jsontext.KindFalse {
		return false, false
	}
	return v.kind == jsontext.KindTrue, true
}

// A Parameter is one thing that may be sent: of a tool's input at any depth, or an
// argument of a prompt.
type Parameter struct {
	Name        string
	Title       string
	Description string
	Type        string // "" where the schema says none, or several
	Required    bool
}

// Parameters are the things that may be sent, in the order of their names. Those of
// nested objects, of arrays and of branches of the schema stand among them.
func (d Definition) Parameters() (out []Parameter) {
	if d.kind == mantlet.KindPrompt && d.root.get("arguments") != nil {
		for _, a := range d.root.get("arguments").items {
			r := a.get("required")
			out = append(out, Parameter{
				Name: a.string("name"), Title: a.string("title"), Description: a.string("description"),
				Type: "string", Required: r != nil && r.kind == jsontext.KindTrue,
			})
		}
		return out
	}
	parameters(d.root.get("inputSchema"), &out)
	return out
}

func parameters(schema *node, out *[]Parameter) {
	if schema == nil {
		return
	}
	for _, p := range membersOf(schema.get("properties")) {
		required := schema.get("required")
		*out = append(*out, Parameter{
			Name: p.key, Title: p.value.string("title"), Description: p.value.string("description"), Type: p.value.string("type"),
			Required: required != nil && slices.ContainsFunc(required.items, func(n *node) bool { return n.text == p.key }),
		})
	}
	for _, m := range schema.members {
		eachSchema(m, func(_ string, n *node) { parameters(n, out) })
	}
}

func membersOf(n *node) []member {
	if n == nil {
		return nil
	}
	return n.members
}

// body is the digest of a definition under no name.
func (d Definition) body() [32]byte {
	if d.root == nil {
		return [32]byte{}
	}
	n := *d.root
	n.members = slices.DeleteFunc(slices.Clone(n.members), func(m member) bool { return m.key == names[d.kind] })
	return sha256.Sum256(n.canonical())
}

// onlySpace reports whether a and b are the same words with other white space of ASCII.
func onlySpace(a, b string) bool {
	split := func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }
	return slices.Equal(strings.FieldsFunc(a, split), strings.FieldsFunc(b, split))
}
