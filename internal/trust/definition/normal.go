package definition

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/mantlet-mcp/mantlet"
)

// A rule says which values of a member are the same as none.
type rule struct {
	key    string
	unsaid func(*node) bool
}

func null(n *node) bool  { return n.kind == jsontext.KindNull }
func no(n *node) bool    { return null(n) || n.kind == jsontext.KindFalse }
func yes(n *node) bool   { return null(n) || n.kind == jsontext.KindTrue }
func empty(n *node) bool { return null(n) || bare(n) }
func any1(*node) bool    { return true }

// bare is an object or an array with nothing in it.
func bare(n *node) bool { return !n.scalar() && len(n.members) == 0 && len(n.items) == 0 }

func zero(n *node) bool  { return n.kind == jsontext.KindNumber && n.text == "0" }
func isNo(n *node) bool  { return n.kind == jsontext.KindFalse }
func noMap(n *node) bool { return n.kind == jsontext.KindBeginObject && bare(n) }
func noSet(n *node) bool { return n.kind == jsontext.KindBeginArray && bare(n) }

func says(text string) func(*node) bool {
	return func(n *node) bool { return null(n) || n.kind == jsontext.KindString && n.text == text }
}

// within are the rules of an object's members, by the member that holds it; "" are
// those of the definition itself. They are applied after those within, so that what
// became empty goes too.
type within map[string][]rule

var (
	told   = []rule{{"title", null}, {"description", null}, {"icons", empty}, {"annotations", empty}, {"_meta", empty}}
	normal = map[mantlet.TargetKind]within{
		mantlet.KindTool: {
			"": append([]rule{{"outputSchema", null}, {"execution", empty}}, told...),
			"annotations": {
				{"title", null}, {"readOnlyHint", no}, {"destructiveHint", yes}, {"idempotentHint", no}, {"openWorldHint", yes},
			},
			"execution": {{"taskSupport", says("forbidden")}},
		},
		mantlet.KindPrompt: {"": append([]rule{{"arguments", empty}}, told...)},
		mantlet.KindResource: {
			"":            append([]rule{{"mimeType", null}, {"size", any1}}, told...),
			"annotations": {{"audience", null}, {"priority", null}, {"lastModified", any1}},
		},
		mantlet.KindTemplate: {
			"":            append([]rule{{"mimeType", null}}, told...),
			"annotations": {{"audience", null}, {"priority", null}, {"lastModified", null}},
		},
		mantlet.KindInstructions: {
			"": {
				{"protocolVersion", any1}, {"supportedVersions", any1}, {"resultType", any1}, {"ttlMs", any1}, {"cacheScope", any1},
				{"instructions", null}, {"serverInfo", empty}, {"_meta", empty},
			},
			"serverInfo": {{"title", null}, {"description", null}, {"websiteUrl", null}, {"icons", empty}},
		},
	}
	ofArgument = []rule{{"title", null}, {"description", null}, {"required", no}}
	ofSchema   = []rule{
		{"required", noSet}, {"properties", noMap}, {"patternProperties", noMap}, {"dependentSchemas", noMap}, {"dependentRequired", noMap},
		{"$defs", noMap}, {"definitions", noMap}, {"minLength", zero}, {"minItems", zero}, {"minProperties", zero},
		{"uniqueItems", isNo}, {"deprecated", isNo}, {"readOnly", isNo}, {"writeOnly", isNo},
	}
)

// infoKey is where 2026-07-28 says who the server is.
const infoKey = "io.modelcontextprotocol/serverInfo"

// normalise drops from n what is the same as nothing; see the package's comment.
func normalise(kind mantlet.TargetKind, n *node) {
	if meta := n.get("_meta"); kind == mantlet.KindInstructions && n.get("serverInfo") == nil && meta.get(infoKey) != nil {
		n.members = append(n.members, member{"serverInfo", meta.get(infoKey)})
		meta.remove(infoKey)
	}
	if arguments := n.get("arguments"); kind == mantlet.KindPrompt && arguments != nil {
		for _, a := range arguments.items {
			drop(a, ofArgument)
		}
	}
	if kind == mantlet.KindTool {
		normaliseSchemas(n)
	}
	for key, rules := range normal[kind] {
		if v := n.get(key); key != "" && v != nil {
			drop(v, rules)
		}
	}
	drop(n, normal[kind][""])
}

func drop(n *node, rules []rule) {
	n.members = slices.DeleteFunc(n.members, func(m member) bool {
		return slices.ContainsFunc(rules, func(r rule) bool { return r.key == m.key && r.unsaid(m.value) })
	})
}

func normaliseSchemas(tool *node) {
	for _, key := range []string{"inputSchema", "outputSchema"} {
		schema := tool.get(key)
		if schema == nil {
			continue
		}
		if strings.TrimSuffix(schema.string("$schema"), "#") == "https://json-schema.org/draft/2020-12/schema" {
			schema.remove("$schema")
		}
		normaliseSchema(schema)
	}
}

func normaliseSchema(schema *node) {
	for _, m := range schema.members {
		if m.key == "required" || m.key == "type" {
			sortSet(m.value)
		}
		eachSchema(m, func(_ string, n *node) { normaliseSchema(n) })
	}
	drop(schema, ofSchema)
}

// sortSet puts an array of strings in order. Anything else is left as it is.
func sortSet(n *node) {
	for _, item := range n.items {
		if item.kind != jsontext.KindString {
			return
		}
	}
	slices.SortFunc(n.items, func(a, b *node) int { return strings.Compare(a.text, b.text) })
}

// The keywords of JSON Schema (2020-12 and before) that hold schemas: one, several by
// name, or several in an order.
var (
	oneSchema = []string{
		"items", "additionalItems", "unevaluatedItems", "additionalProperties", "unevaluatedProperties", "contains",
		"propertyNames", "not", "if", "then", "else", "contentSchema",
	}
	namedSchemas = []string{"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"}
	listSchemas  = []string{"allOf", "anyOf", "oneOf", "prefixItems", "items"}
)

// eachSchema calls f for each schema that the keyword m holds, with its name or "".
func eachSchema(m member, f func(name string, schema *node)) {
	switch {
	case m.value.kind == jsontext.KindBeginObject && slices.Contains(oneSchema, m.key):
		f("", m.value)
	case m.value.kind == jsontext.KindBeginObject && slices.Contains(namedSchemas, m.key):
		for _, p := range m.value.members {
			f(p.key, p.value)
		}
	case m.value.kind == jsontext.KindBeginArray && slices.Contains(listSchemas, m.key):
		for _, item := range m.value.items {
			f("", item)
		}
	}
}
