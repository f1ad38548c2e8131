package definition

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/mantlet-mcp/mantlet"
)

// A Weight says whether a change needs a new approval (SEP-3140). The zero Weight is
// Material.
type Weight uint8

// Cosmetic is what no model reads and what widens nothing: an icon from where icons
// came before, the white space of a title. When in doubt a change is Material.
const (
	Material Weight = iota
	Cosmetic
)

// A Bound says what a change of a schema does to the values that it allows.
type Bound uint8

// The bounds. Unranked is any change of which this cannot be said, and of anything
// that is no schema.
const (
	Unranked  Bound = iota
	Loosened        // more may be sent than before
	Tightened       // less may be sent than before
)

// A Change is one place where two definitions differ.
type Change struct {
	At       jsontext.Pointer // RFC 6901; "" is the whole definition
	Old, New []byte           // canonical JSON; nil where there was, or is, nothing
	Weight   Weight
	Bound    Bound
	Words    []Span // of a text: what went and what came, word by word
}

// A Difference is what differs between two definitions. The zero Difference is none.
type Difference struct {
	Changes []Change
	told    []string
}

// Empty reports that there is none: the digests are equal.
func (d Difference) Empty() bool { return len(d.Changes) == 0 }

// Material reports that some change needs a new approval.
func (d Difference) Material() bool {
	return slices.ContainsFunc(d.Changes, func(c Change) bool { return c.Weight == Material })
}

// Loosened reports that some schema allows more than before.
func (d Difference) Loosened() bool {
	return slices.ContainsFunc(d.Changes, func(c Change) bool { return c.Bound == Loosened })
}

// NewlyTold is what a model would newly be told: sentences that are new, or from which
// something went; names of new parameters; new values. Icons and _meta are left out: no
// model reads them.
func (d Difference) NewlyTold() []string { return d.told }

// Compare says what differs. Of two definitions of one kind it is empty if and only if
// their digests are equal; of definitions of two kinds, and of the zero Definition, it
// never is. Its cost grows with the size of both times their depth, texts aside, whose
// cost is bounded.
func Compare(old, fresh Definition) Difference {
	if old.digest == fresh.digest && old.kind == fresh.kind && old.root != nil {
		return Difference{}
	}
	w := walker{icons: sources(old.root), said: make(map[string]bool)}
	w.value(place{role: roleOf(old.kind, fresh.kind)}, old.root, fresh.root)
	if len(w.difference.Changes) == 0 { // the same text as another kind of thing
		w.leaf(place{}, old.root, fresh.root)
	}
	return w.difference
}

// A role says how a place of a definition is read.
type role uint8

const (
	data role = iota // anything
	whole
	information // serverInfo
	iconList
	icon
	metadata
	schema
	schemas    // by name
	schemaList // in an order
)

func roleOf(a, b mantlet.TargetKind) role {
	if a != b {
		return data
	}
	return whole
}

// A place is where the walk is.
type place struct {
	at     jsontext.Pointer
	role   role
	key    string // the member or keyword that led here
	parent role
	sense  int8 // of schemas: 1 as written, -1 within not, 0 where it cannot be said
}

type walker struct {
	difference Difference
	icons      map[string]bool // from where icons came before
	said       map[string]bool // what is told already
}

func (p place) child(key string) place {
	c := place{at: p.at.AppendToken(key), key: key, parent: p.role, sense: p.sense}
	switch p.role {
	case whole:
		c.role, c.sense = ofWhole(key), 1
	case information:
		if key == "icons" {
			c.role = iconList
		}
	case iconList:
		c.role = icon
	case metadata:
		c.role = metadata
	case schemas, schemaList:
		c.role = schema
		c.key = p.key // whose branch, or whose property, it is
	case schema:
		c.role = ofSchemaKey(key)
		c.sense = turned(key, p.sense)
	case data, icon:
	}
	return c
}

func ofWhole(key string) role {
	switch key {
	case "inputSchema", "outputSchema":
		return schema
	case "icons":
		return iconList
	case "serverInfo":
		return information
	case "_meta":
		return metadata
	}
	return data
}

func ofSchemaKey(key string) role {
	switch {
	case slices.Contains(namedSchemas, key):
		return schemas
	case slices.Contains(oneSchema, key):
		return schema // an array under items is told by its kind
	case slices.Contains(listSchemas, key):
		return schemaList
	}
	return data
}

// turned is the sense of what stands under a keyword.
func turned(key string, sense int8) int8 {
	switch key {
	case "not":
		return -sense
	case "if", "then", "else", "oneOf", "dependentSchemas", "contains":
		return 0
	}
	return sense
}

// value walks to where old and new differ. Either may be nil.
func (w *walker) value(p place, old, fresh *node) {
	switch {
	case equal(old, fresh):
	case old == nil || fresh == nil || old.kind != fresh.kind:
		w.leaf(p, old, fresh)
	case old.kind == jsontext.KindBeginObject:
		keys := make(map[string]bool)
		for _, m := range slices.Concat(old.members, fresh.members) {
			keys[m.key] = true
		}
		was, is := byKey(old), byKey(fresh)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			w.value(p.child(key), was[key], is[key])
		}
	case old.kind == jsontext.KindBeginArray && !flat(old, fresh):
		if p.role == schema {
			p.role = schemaList
		}
		for i := range max(len(old.items), len(fresh.items)) {
			w.value(p.child(index(i)), at(old.items, i), at(fresh.items, i))
		}
	default:
		w.leaf(p, old, fresh)
	}
}

func byKey(n *node) map[string]*node {
	m := make(map[string]*node, len(n.members))
	for _, one := range n.members {
		m[one.key] = one.value
	}
	return m
}

func at(items []*node, i int) *node {
	if i < len(items) {
		return items[i]
	}
	return nil
}

// flat reports that both hold only scalars: such arrays change as a whole.
func flat(old, fresh *node) bool {
	nested := func(n *node) bool { return !n.scalar() }
	return !slices.ContainsFunc(old.items, nested) && !slices.ContainsFunc(fresh.items, nested)
}

// leaf records that old became new.
func (w *walker) leaf(p place, old, fresh *node) {
	c := Change{At: p.at, Weight: w.weigh(p, old, fresh)}
	if old != nil {
		c.Old = old.canonical()
	}
	if fresh != nil {
		c.New = fresh.canonical()
	}
	if p.parent == schema || p.parent == schemas || p.parent == schemaList {
		c.Bound = bound(p, old, fresh)
	}
	was, text := textOf(old)
	is, also := textOf(fresh)
	if text && also {
		c.Words = words(was, is)
	}
	w.difference.Changes = append(w.difference.Changes, c)
	w.tell(p, old, fresh, c.Words)
}

// textOf is what a string says. Nothing says nothing; what is no string is no text.
func textOf(n *node) (string, bool) {
	switch {
	case n == nil:
		return "", true
	case n.kind == jsontext.KindString:
		return n.text, true
	}
	return "", false
}

// weigh says whether a change is cosmetic.
func (w *walker) weigh(p place, old, fresh *node) Weight {
	was, text := textOf(old)
	is, also := textOf(fresh)
	switch {
	case p.parent == icon && (p.key == "sizes" || p.key == "theme"),
		p.parent == icon && p.key == "src" && fresh != nil && w.icons[origin(is)],
		p.parent == icon && p.key == "mimeType" && text && also && !strings.Contains(is, "svg"),
		p.role == icon && w.plainIcon(fresh),
		p.role == iconList && fresh == nil,
		p.role == iconList && fresh.kind == jsontext.KindBeginArray && !slices.ContainsFunc(fresh.items, func(n *node) bool { return !w.plainIcon(n) }),
		p.key == "title" && p.parent != schema && p.parent != schemas && text && also && old != nil && fresh != nil && onlySpace(was, is):
		return Cosmetic
	}
	return Material
}

// plainIcon reports that n is no icon, or one from where icons came before, with
// nothing in it but what an icon has.
func (w *walker) plainIcon(n *node) bool {
	if n == nil {
		return true
	}
	known := []string{"src", "mimeType", "sizes", "theme"}
	odd := slices.ContainsFunc(n.members, func(m member) bool { return !slices.Contains(known, m.key) })
	return !odd && w.icons[origin(n.string("src"))] && !strings.Contains(n.string("mimeType"), "svg")
}

// pixels is what stands for a picture in the definition itself, which fetches nothing
// and, unlike SVG, runs nothing.
const pixels = "data:pixels"

// origin is from where an icon comes.
func origin(src string) string {
	for _, kind := range []string{"png", "jpeg", "jpg", "webp", "gif"} {
		if strings.HasPrefix(src, "data:image/"+kind+";") {
			return pixels
		}
	}
	u, err := url.Parse(src)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "?" + src
	}
	return "https://" + u.Host
}

// sources are the origins of the icons of a definition.
func sources(n *node) map[string]bool {
	out := map[string]bool{pixels: true}
	for _, list := range []*node{n.get("icons"), n.get("serverInfo").get("icons")} {
		if list == nil {
			continue
		}
		for _, one := range list.items {
			out[origin(one.string("src"))] = true
		}
	}
	return out
}
