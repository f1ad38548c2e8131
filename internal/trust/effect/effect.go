package effect

import (
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
)

// A Set is what a tool could do. The zero Set is nothing that is known, which is not
// the same as nothing.
type Set uint16

// The effects (C029).
const (
	Read    Set = 1 << iota
	Write       // changes something that stays
	Delete      // takes something away
	Execute     // runs code, commands or queries that the caller writes
	Network     // reaches addresses that the caller names, or the open web
	Secret      // handles passwords, keys, tokens
	Money       // pays, trades, orders
	Send        // tells other people
)

var setNames = []string{"read", "write", "delete", "execute", "network", "secret", "money", "send"}

// Parse returns the effect of a name.
func Parse(name string) (Set, bool) {
	i := slices.Index(setNames, name)
	return 1 << max(i, 0), i >= 0
}

// Names are the names of all effects, for people.
func Names() string { return strings.Join(setNames, ", ") }

// Has reports that all of other is in s.
func (s Set) Has(other Set) bool { return s&other == other }

// String is the effects, joined by "+", or "none".
func (s Set) String() string {
	var out []string
	for i, name := range setNames {
		if s.Has(1 << i) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, "+")
}

// A Source is where evidence was found.
type Source string

// The sources.
const (
	Annotation  Source = "annotation"
	Name        Source = "name"
	Description Source = "description"
	Parameter   Source = "parameter"
)

// A Reason is one piece of evidence. Word is of the definition, and untrusted text.
type Reason struct {
	Effects Set
	From    Source
	Word    string
}

// Effects are what a tool could do, and why that is thought.
type Effects struct {
	Declared Set  // by annotations
	Inferred Set  // from words
	Unclear  bool // nothing was inferred; All then holds Write
	Why      []Reason
}

// changes are the effects that a tool that only reads does not have.
const changes = Write | Delete | Execute | Money | Send

// All is what the tool must be thought able to do. Of an Unclear tool that is to read
// and to write.
func (e Effects) All() Set {
	all := e.Declared | e.Inferred
	if e.Unclear {
		all |= Read | Write
	}
	return all
}

// Changes reports that the tool must be thought able to change something: that it is
// more than a reader. The zero Effects do.
func (e Effects) Changes() bool { return e.All()&changes != 0 || e.Inferred == 0 }

// Contradicts reports that the server declares a tool that only reads while its words
// say that it changes something.
func (e Effects) Contradicts() bool { return e.Declared == Read && e.Inferred&changes != 0 }

// Of says what the tool d could do.
func Of(d definition.Definition) Effects {
	var e Effects
	e.declare(d)
	e.infer(d)
	e.Unclear = e.Inferred == 0
	return e
}

func (e *Effects) add(s Set, from Source, word string) {
	r := Reason{s, from, word}
	if s == 0 || slices.Contains(e.Why, r) {
		return
	}
	e.Why = append(e.Why, r)
	if from == Annotation {
		e.Declared |= s
	} else {
		e.Inferred |= s
	}
}

// declare reads the hints (2025-03-26, ToolAnnotations). Those at their defaults say
// nothing: servers that never thought of them look the same.
func (e *Effects) declare(d definition.Definition) {
	if only, _ := d.Hint("readOnlyHint"); only {
		e.add(Read, Annotation, "readOnlyHint true")
		return
	}
	if _, said := d.Hint("destructiveHint"); said {
		e.add(Write, Annotation, "destructiveHint false")
	}
	if _, said := d.Hint("idempotentHint"); said {
		e.add(Write, Annotation, "idempotentHint true")
	}
}

// infer reads the words.
func (e *Effects) infer(d definition.Definition) {
	lead := opening(d.Description())
	e.name(split(d.Name()), lead)
	e.description(d.Description())
	parameters := d.Parameters()
	for _, p := range parameters {
		e.parameter(p)
	}
	e.money(parameters)
	if e.Inferred == 0 {
		e.nouns(split(d.Name()))
	}
}

// name counts the leading verb of a name, and what stands behind it.
func (e *Effects) name(tokens []string, lead Set) {
	first := slices.IndexFunc(tokens, func(t string) bool { return strong[t] != 0 })
	if first < 0 {
		if lead == 0 || lead&changes != 0 { // else it is a noun: git_log shows
			e.weak(tokens)
		}
		e.objects(tokens, e.Inferred)
		return
	}
	verb := strong[tokens[first]]
	e.add(verb, Name, tokens[first])
	for i, t := range tokens[first+1:] {
		s := strong[t]
		joined := tokens[first+i] == "and" || tokens[first+i] == "or" || tokens[first+i] == "then"
		if s&changes != 0 && (joined || verb&changes == 0 && (lead == 0 || lead&changes != 0)) {
			e.add(s, Name, t)
		}
	}
	e.objects(tokens, verb)
}

// weak counts words that are verbs and nouns, where no certain verb stands: the first
// word, or the last.
func (e *Effects) weak(tokens []string) {
	for i, t := range tokens {
		if i == 0 || i == len(tokens)-1 {
			e.add(weak[t], Name, t)
		}
	}
}

// objects counts what a name speaks of: secrets always, money and messages where
// something is done with them, the web.
func (e *Effects) objects(tokens []string, verb Set) {
	for i, t := range tokens {
		pair := t
		if i > 0 {
			pair = tokens[i-1] + "_" + t
		}
		e.add(secrets[t]|secrets[pair], Name, t)
		e.add(web[t], Name, t)
		if verb&(Write|Execute) != 0 && verb&Delete == 0 {
			e.add(handled[t], Name, t)
		}
	}
}

// nouns counts names that only say what is had: weather, project_info.
func (e *Effects) nouns(tokens []string) {
	for _, t := range tokens {
		if informs[t] {
			e.add(Read, Name, t)
		}
	}
}

// parameter counts what a caller may send.
func (e *Effects) parameter(p definition.Parameter) {
	tokens := split(p.Name)
	whole := strings.Join(tokens, "_")
	e.add(parameters[whole], Parameter, p.Name)
	if n := len(tokens); n > 0 && parameters[whole] == 0 {
		e.add(endings[tokens[n-1]], Parameter, p.Name)
	}
	e.add(secrets[whole], Parameter, p.Name)
	if said := strings.ToLower(p.Description); strings.Contains(said, "sql") && (whole == "query" || whole == "statement") {
		e.add(Execute, Parameter, p.Name)
	}
}

// money counts an amount beside somebody to get it, where more is done than reading.
func (e *Effects) money(parameters []definition.Parameter) {
	amount, other := "", false
	for _, p := range parameters {
		for _, t := range split(p.Name) {
			switch t {
			case "amount", "lamports", "wei", "quantity", "qty":
				amount = p.Name
			case "recipient", "currency", "wallet", "payee", "beneficiary", "iban", "payment", "side", "slippage", "mint":
				other = true
			}
		}
	}
	if amount != "" && other && (e.Inferred&changes != 0 || e.Inferred == 0) {
		e.add(Money, Parameter, amount)
	}
}
