package sink

import (
	"bytes"
	"slices"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/leaf"
)

// A Hit is a finding at a place of the arguments: its offsets are of the text at At, escapes of
// JSON undone. What is found only when other escapes are undone is the whole text.
type Hit struct {
	finding.Hit

	At string // a JSON pointer (RFC 6901)
}

// The bounds of a check.
const (
	maxHits = 200
	maxRead = 1 << 20 // bytes of one text that its rules read; beyond it that is said
)

// A look is one check at work.
type look struct {
	decoder

	p      *Plan
	walker leaf.Walker
	second leaf.Walker // a document that stands in a text
	clean  []byte
	low    []byte
	names  map[string]Kind // of members that no schema knows
	hits   []Hit

	// the text at hand
	path    leaf.Path
	text    []byte
	kind    Kind
	node    *node
	policy  *policy
	lenient bool // the address at hand is of a database
	whole   bool // what is looked at is not the text itself but what it decodes to
	hitsOff int  // hits before this text
}

var looks = sync.Pool{New: func() any { return new(look) }}

// Check returns what is wrong with the arguments, which are one valid JSON object; nil if nothing is.
func (p *Plan) Check(arguments []byte) []Hit {
	k, _ := looks.Get().(*look)
	k.p, k.hits, k.steps = p, nil, 0
	k.walker.Walk(arguments, k.leaf)
	hits := k.hits
	k.p, k.hits, k.node, k.policy = nil, nil, nil, nil
	clear(k.names)             // another tool's words make other kinds of the same names
	if cap(k.buf[0]) < 1<<16 { // what was large once is not kept
		looks.Put(k)
	}
	return hits
}

func (k *look) leaf(l *leaf.Leaf) bool {
	k.path, k.text, k.hitsOff, k.whole = l.Path, l.Text, len(k.hits), false
	switch l.Kind {
	case leaf.Name:
		k.member(l.Text)
		return len(k.hits) < maxHits
	case leaf.Number:
		k.place()
		if k.kind&Money != 0 {
			k.amount(l.Text)
		}
		return len(k.hits) < maxHits
	case leaf.String:
	}
	k.place()
	if k.node == nil || !k.node.closed {
		k.value(l.Text)
	}
	return len(k.hits) < maxHits
}

// place finds what the text at hand becomes.
func (k *look) place() {
	k.node, k.policy = k.p.find(k.path), k.p.none
	if k.node != nil && (k.node.kind != 0 || k.node.why != "") {
		k.kind, k.policy = k.node.kind, k.node.policy
		return
	}
	if k.node != nil {
		k.kind, k.policy = 0, k.node.policy
		return
	}
	k.kind = k.unknown()
}

// unknown is the kind of a place that no schema knows, by the name of the nearest member; it is
// never prose, which is looked at least.
func (k *look) unknown() Kind {
	for _, step := range slices.Backward(k.path) {
		if step.Index >= 0 {
			continue
		}
		name := step.Name
		kind, ok := k.names[string(name)]
		if !ok {
			if k.names == nil {
				k.names = make(map[string]Kind)
			}
			kind, _ = k.p.told.of(&told{name: string(name[:min(len(name), maxName)])})
			k.names[string(name)] = kind
		}
		return kind
	}
	return 0
}

func (k *look) value(text []byte) {
	if len(text) > maxRead {
		k.say(tooLong, finding.Medium, maxRead, len(text))
		text = text[:maxRead]
		k.text = text
	}
	if len(text) == 0 {
		return
	}
	s := shapeOf(text)
	k.steps += len(text)
	k.apply(text, s)
	k.document(text)
	if k.kind.written() && k.kind&(Path|URL|Host|Identifier|Argument|Mail|Header) == 0 {
		return // an escape is what it is there
	}
	if !k.escaped(s) {
		return
	}
	decoded := k.decode(text)
	if k.kind&Path != 0 && s.has(percent|cross) && clinging(text) {
		k.say(encoded, finding.High, 0, len(text))
	}
	if k.odd == 0 && len(decoded) == len(text) {
		return
	}
	k.whole = true
	k.apply(decoded, shapeOf(decoded))
	if k.kind&Path != 0 {
		k.oddPath(decoded)
	}
}

// maxDocument is how long a text may be that is read as JSON.
const maxDocument = 64 << 10

// document looks into a text that is a JSON document: models write lists so, and servers read them.
// What stands in it is of the kind that its member's name says, or of the text's own.
func (k *look) document(text []byte) {
	last := text[len(text)-1]
	if k.kind.written() || len(text) > maxDocument || (text[0] != '{' || last != '}') && (text[0] != '[' || last != ']') {
		return
	}
	kind := k.kind
	k.second.Walk(text, func(l *leaf.Leaf) bool {
		k.whole = true
		switch l.Kind {
		case leaf.Name:
			if bytes.Contains(l.Text, []byte("__proto__")) {
				k.say(prototype, finding.High, 0, len(text))
			}
		case leaf.String:
			if k.kind, _ = byItsName(l.Path.Last()); k.kind == 0 {
				k.kind = kind
			}
			k.steps += len(l.Text)
			k.apply(l.Text, shapeOf(l.Text))
		case leaf.Number:
		}
		return len(k.hits) < maxHits
	})
	k.kind, k.whole = kind, false
}

// escaped reports whether a text of this shape may hold what some reader undoes.
func (k *look) escaped(s shape) bool {
	entities := s.has(ampersand) && s.has(semicolon)
	return s.has(percent|foreign|null|backslash) || entities || s.has(cross) && k.kind&(Path|URL|Host) != 0
}

// apply holds text against the rules of its kinds.
func (k *look) apply(text []byte, s shape) {
	if k.kind&Path != 0 {
		k.filePath(text, s)
	}
	if k.kind&URL != 0 {
		k.address(text, s)
	}
	if k.kind&Host != 0 {
		k.hostName(text, s)
	}
	if k.kind&(Argument|Identifier|Path|Host) != 0 {
		k.word(text, s)
	}
	if k.kind&(Mail|Header) != 0 {
		k.line(text, s)
	}
	if k.kind&Money != 0 {
		k.amount(text)
	}
	if k.kind&LDAP != 0 {
		k.filter(text, s)
	}
	if k.kind&Query != 0 {
		k.documentQuery(text, s)
	}
	if !k.whole {
		k.language(text)
	}
	if !k.kind.written() {
		k.foreignLanguage(text, s)
	}
}

// language holds text against the rules of the language that it is written in.
func (k *look) language(text []byte) {
	if k.kind&(SQL|SQLRead) != 0 {
		k.statements(text)
	}
	if k.kind&Shell != 0 {
		k.commandLine(text)
	}
	if k.kind&Regex != 0 {
		k.expression(text)
	}
	if k.kind&Code != 0 {
		k.calls(text)
	}
}

// say adds a hit of the text at hand, each rule once a text.
func (k *look) say(rule string, severity finding.Severity, from, to int) {
	for i := k.hitsOff; i < len(k.hits); i++ {
		if h := &k.hits[i]; h.Rule == rule {
			h.Severity = max(h.Severity, severity)
			return
		}
	}
	if k.whole {
		from, to = 0, len(k.text)
	}
	to = min(to, len(k.text))
	k.hits = append(k.hits, Hit{finding.Hit{Rule: rule, Severity: severity, Start: min(from, to), End: to, Words: wrong[rule]}, k.path.String()})
}
