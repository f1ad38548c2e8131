package sink

import (
	"bytes"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// member holds a member's name against what a careless reader makes of it.
func (k *look) member(name []byte) {
	if len(name) == 0 || k.ordinary(name) {
		return
	}
	switch {
	case bytes.Contains(name, []byte("__proto__")), bytes.Contains(name, []byte("constructor.prototype")), bytes.Contains(name, []byte("constructor][prototype")):
		k.say(prototype, finding.High, 0, len(name))
	case string(name) == "prototype" && len(k.path) > 1 && string(k.path[len(k.path)-2].Name) == "constructor":
		k.say(prototype, finding.High, 0, len(name))
	case name[0] == '$' || bytes.Contains(name, []byte("[$")):
		k.operator(name)
	case string(name) == "constructor":
		k.say(prototype, finding.Low, 0, len(name))
	}
}

// ordinary reports whether a name is none of those without looking at it twice.
func (k *look) ordinary(name []byte) bool {
	return name[0] != '$' && name[0] != '_' && name[0] != 'c' && name[0] != 'p' && bytes.IndexByte(name, '_') < 0 && bytes.IndexByte(name, '$') < 0
}

// operator judges a member's name that a document database takes for a condition.
func (k *look) operator(name []byte) {
	n := k.p.find(k.path[:len(k.path)-1])
	kind := Kind(0)
	if n != nil {
		kind = n.kind
	}
	switch string(name) {
	case "$where", "$function", "$accumulator":
		k.say(noSQL, finding.High, 0, len(name)) // they run code
		return
	case "$ref", "$schema", "$id", "$defs", "$type", "$comment", "$anchor", "$date", "$oid":
		if n == nil || !n.scalar {
			return
		}
	}
	switch {
	case n != nil && n.scalar:
		k.say(noSQL, finding.High, 0, len(name))
	case kind&Query == 0 && len(k.path) > 1:
		k.say(noSQL, finding.Low, 0, len(name))
	}
}

// documentQuery: conditions are what it is for; code that the database runs is not.
func (k *look) documentQuery(text []byte, s shape) {
	if !s.has(dollar) || k.whole {
		return
	}
	for _, w := range []string{"$where", "$function", "$accumulator"} {
		if i := bytes.Index(text, []byte(w)); i >= 0 {
			k.say(noSQL, finding.High, i, len(text))
			return
		}
	}
}
