package rule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Limits of a definition; beyond them Read refuses, and nothing of it is clean.
const (
	maxRaw   = 1 << 20 // bytes
	maxDepth = 64
	maxTexts = 20000
)

// A Part is what kind of text a field holds.
type Part uint8

// The parts.
const (
	Prose Part = iota // descriptions, titles, instructions, comments
	Name              // names of tools, of parameters, of members that no standard names
	Data              // enum, default, const, examples, and all else
)

// A Text is one string that a model reads. Field is where it stands: the names and indexes
// on the way, joined by "/" as in a JSON pointer (RFC 6901, without the first slash); the
// name of a parameter stands at the parameter's own place.
type Text struct {
	Field string
	Value string
	Part  Part
}

// A Definition is what a server says of one tool, prompt or resource, or to the model at
// large (kind "instructions"). Siblings are the names of the same server's other tools,
// Others of other servers' tools: to speak of the first is common, of the second is not.
type Definition struct {
	Server, Kind, Name string
	Texts              []Text
	Params             []string
	Siblings, Others   []string
}

// ErrLimit is in the chain where a definition is too large or too deep to be read.
var ErrLimit = errors.New("the definition is too large or too deep to be inspected; ask its server for a smaller one")

// Read takes every string that a model may read out of one definition (a JSON object), or
// out of instructions (a JSON string). Members that stand twice are read twice.
func Read(server, kind string, raw []byte) (Definition, error) {
	d := Definition{Server: server, Kind: kind}
	if len(raw) > maxRaw {
		return d, fmt.Errorf("%w: %d bytes", ErrLimit, len(raw))
	}
	r := reader{dec: json.NewDecoder(bytes.NewReader(raw)), d: &d}
	r.dec.UseNumber()
	if err := r.value(); err != nil {
		return Definition{}, fmt.Errorf("%s of %s is not readable JSON: %w", kind, server, err)
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return Definition{}, fmt.Errorf("%s of %s: something follows the JSON value", kind, server)
	}
	return d, nil
}

type reader struct {
	dec  *json.Decoder
	d    *Definition
	path []string
}

func (r *reader) value() error {
	t, err := r.dec.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case json.Delim:
		return r.inside(t)
	case string:
		return r.add(t, r.part())
	}
	return nil
}

func (r *reader) inside(open json.Delim) error {
	if len(r.path) >= maxDepth {
		return ErrLimit
	}
	for i := 0; r.dec.More(); i++ {
		step := strconv.Itoa(i)
		if open == '{' {
			t, err := r.dec.Token()
			if err != nil {
				return err
			}
			step, _ = t.(string)
		}
		r.path = append(r.path, step)
		if open == '{' {
			if err := r.member(step); err != nil {
				return err
			}
		}
		if err := r.value(); err != nil {
			return err
		}
		r.path = r.path[:len(r.path)-1]
	}
	_, err := r.dec.Token()
	return err
}

// member notes the name of a member: a parameter's always, another's where no standard
// gives it.
func (r *reader) member(name string) error {
	n := len(r.path)
	if n > 1 && r.path[n-2] == "properties" {
		if n == 3 && r.path[0] == "inputSchema" {
			r.d.Params = append(r.d.Params, name)
		}
		return r.add(name, Name)
	}
	if known[name] {
		return nil
	}
	return r.add(name, Name)
}

func (r *reader) add(value string, part Part) error {
	if value == "" {
		return nil
	}
	if len(r.d.Texts) >= maxTexts {
		return ErrLimit
	}
	if len(r.path) == 1 && r.path[0] == "name" {
		r.d.Name = value
	}
	r.d.Texts = append(r.d.Texts, Text{Field: r.field(), Value: value, Part: part})
	return nil
}

func (r *reader) field() string {
	if len(r.path) == 0 {
		return r.d.Kind
	}
	steps := make([]string, len(r.path))
	for i, s := range r.path {
		steps[i] = strings.NewReplacer("~", "~0", "/", "~1").Replace(s)
	}
	return strings.Join(steps, "/")
}

func (r *reader) part() Part {
	if len(r.path) == 0 {
		return Prose
	}
	switch r.path[len(r.path)-1] {
	case "description", "title", "$comment", "markdownDescription", "instructions", "text":
		return Prose
	case "name":
		return Name
	}
	return Data
}

// spare reports the description of a parameter whose name asks for more than a tool needs:
// inputSchema/properties/sidenote/description.
func spare(field string) bool {
	name, ok := strings.CutPrefix(field, "inputSchema/properties/")
	if !ok {
		return false
	}
	name, ok = strings.CutSuffix(name, "/description")
	return ok && spares[strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))]
}

// Names such as note or reason are common in honest schemas: it is what their descriptions
// ask for that tells.
var spares = words(`context extracontext additionalcontext sidenote sidenotes note notes metadata meta conversation conversationcontext
	conversationhistory chathistory history reasoning thoughts thinking rationale justification reason trace debug telemetry extra
	additional additionalinfo evidence proof verification authcheck securitycontext sessioncontext sessioninfo environment env
	systeminfo feedback memo annotation comment hint sidecar usercontext userinfo`)

// known are the members that MCP and JSON Schema name: they say nothing of the server's own.
var known = words(`name title description inputSchema outputSchema annotations _meta icons arguments required
	uri uriTemplate mimeType size src sizes theme text role content type properties items enum const default
	examples format pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength
	minItems maxItems uniqueItems minProperties maxProperties additionalProperties patternProperties
	propertyNames prefixItems contains allOf anyOf oneOf not if then else dependentRequired dependentSchemas
	dependencies definitions $defs $schema $id $ref $comment $anchor deprecated readOnly writeOnly nullable
	readOnlyHint destructiveHint idempotentHint openWorldHint execution taskSupport audience priority
	lastModified markdownDescription enumNames contentEncoding contentMediaType unevaluatedProperties
	additionalItems`)

func words(list string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}
