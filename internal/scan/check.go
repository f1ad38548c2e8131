package scan

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
	"github.com/mantlet-mcp/mantlet/internal/trust/effect"
)

// maxNames is how many names of other tools a definition is read with: beyond, the cost
// would grow with the square of a hostile list.
const maxNames = 1000

// A Checker holds the rules, compiled. It is safe for use by many at once.
type Checker struct {
	engine *rule.Engine
	rules  map[string]rule.Rule
	known  *knownNames

	advisories Advisories
}

// Know has known vulnerabilities looked for.
func (c *Checker) Know(a Advisories) { c.advisories = a }

// New compiles the rules.
func New() *Checker {
	c := &Checker{engine: rule.New(), rules: make(map[string]rule.Rule), known: newKnownNames()}
	for _, r := range Rules() {
		c.rules[r.ID] = r
	}
	return c
}

// Check says all that is wrong with the inputs. Each input stands by itself: its servers
// are used together.
func (c *Checker) Check(inputs []Input) Report {
	var r Report
	compared, uncompared := 0, false
	for i := range inputs {
		in := &inputs[i]
		g := group{c: c, in: in, out: &r}
		g.read()
		for j := range g.servers {
			g.server(&g.servers[j])
		}
		g.names()
		g.toxic()
		compared, uncompared = compared+g.compared, uncompared || g.uncompared
	}
	r.account(compared, uncompared)
	for i := range r.Findings {
		r.Findings[i].Fingerprint = r.Findings[i].fingerprint()
	}
	return r
}

// A group is one input while it is checked.
type group struct {
	c       *Checker
	in      *Input
	out     *Report
	servers []served

	compared   int  // packages, with advisories
	uncompared bool // a package could have been, and there are no advisories
}

// A served server and its definitions, read.
type served struct {
	*Server
	target int // among the report's
	defs   []defined
	names  []string // of its tools
}

// A defined item; def is the zero Definition, and effects are not set, where it cannot be
// read as such.
type defined struct {
	Item
	name    string
	text    rule.Definition
	textErr error
	def     definition.Definition
	defErr  error
	effects effect.Effects
}

// digest is what a release names the definition by.
func (d *defined) digest() string {
	sum := d.def.Digest()
	if sum == ([32]byte{}) {
		return ""
	}
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (g *group) read() {
	for i := range g.in.Servers {
		s := served{Server: &g.in.Servers[i], target: len(g.out.Targets)}
		t := Target{Input: g.in.Name, Server: s.ID, Seen: []Seen{}}
		for _, it := range s.Items {
			d := define(s.ID, it)
			if it.Kind == mantlet.KindTool && d.name != "" {
				s.names = append(s.names, d.name)
			}
			t.Seen = append(t.Seen, Seen{it.Kind.String(), d.shown(), d.digest()})
			s.defs = append(s.defs, d)
		}
		g.servers = append(g.servers, s)
		g.out.Targets = append(g.out.Targets, t)
	}
}

func define(server string, it Item) defined {
	d := defined{Item: it}
	d.text, d.textErr = rule.Read(server, it.Kind.String(), it.Raw)
	if d.def, d.defErr = definition.Parse(it.Kind, it.Raw); d.defErr == nil {
		d.effects = effect.Of(d.def)
	}
	if d.name = d.def.Name(); d.name == "" {
		d.name = d.text.Name
	}
	return d
}

// shown is what a definition is called in a report.
func (d *defined) shown() string {
	switch {
	case d.name != "":
		return d.name
	case d.Kind == mantlet.KindInstructions:
		return "instructions"
	}
	return d.Pointer
}

// add notes a finding about a definition.
func (g *group) add(s *served, d *defined, f Finding) {
	f.Kind, f.Name, f.Pointer, f.Line = d.Kind.String(), d.shown(), d.Pointer, d.Line
	if f.Field != "" && d.Kind != mantlet.KindInstructions {
		f.Pointer += "/" + f.Field
	}
	g.note(s, f)
}

// addServer notes a finding about a configured entry. field is a JSON pointer in it,
// without the first slash.
func (g *group) addServer(s *served, f Finding) {
	f.Kind, f.Pointer, f.Line = "server", s.Pointer, s.Line
	if f.Field != "" {
		f.Pointer += "/" + f.Field
	}
	g.note(s, f)
}

// note takes what is the rule's, or the server's; s is nil for several servers.
func (g *group) note(s *served, f Finding) {
	r := g.c.rules[f.Rule]
	f.Title, f.Refs, f.Input, f.target = r.Title, r.Refs, g.in.Name, across
	if s != nil {
		f.Server, f.target = s.ID, s.target
	}
	if f.Severity == 0 {
		f.Severity = r.Severity
	}
	if f.Words == "" {
		f.Words = r.Words
	}
	g.out.Findings = append(g.out.Findings, f)
}

func (g *group) server(s *served) {
	if s.Broken != "" {
		g.addServer(s, Finding{Rule: checkRead, Severity: rule.Medium, Excerpt: mantlet.Escape(s.Broken)})
	}
	if s.Entry != nil {
		g.entry(s)
	}
	if s.Image != nil {
		g.image(s)
	}
	g.holes(s)
	g.origins(s)
	g.stray(s)
	if s.Open {
		g.addServer(s, Finding{Rule: checkNoAuth, Words: "it lists its tools to anybody; have it ask for credentials, or put Mantlet in front of it"})
	}
	others := g.others(s)
	for i := range s.defs {
		d := &s.defs[i]
		d.text.Siblings, d.text.Others = s.names[:min(len(s.names), maxNames)], others
		g.definition(s, d)
	}
}

// others are the names of the tools of the other servers that s has not.
func (g *group) others(s *served) (out []string) {
	mine := make(map[string]bool)
	for _, name := range s.names {
		mine[name] = true
	}
	for i := range g.servers {
		for _, name := range g.servers[i].names {
			if &g.servers[i] != s && !mine[name] && len(out) < maxNames {
				out = append(out, name)
			}
		}
	}
	return out
}

func (g *group) definition(s *served, d *defined) {
	for _, f := range g.c.engine.Scan(d.text) {
		g.add(s, d, Finding{Rule: f.Rule, Severity: f.Severity, Field: f.Field, Words: f.Words, Excerpt: f.Excerpt})
	}
	if err := errors.Join(d.textErr, d.defErr); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		g.add(s, d, Finding{Rule: checkRead, Excerpt: cut(mantlet.Escape(first))})
	}
	if d.defErr != nil || d.Kind != mantlet.KindTool {
		return
	}
	g.effect(s, d)
	g.schema(s, d)
}

// cut is text of a bounded length, for a report.
func cut(s string) string {
	const most = 160
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func (g *group) effect(s *served, d *defined) {
	if d.effects.Contradicts() {
		what, why := evidence(d.effects, effect.Write|effect.Delete|effect.Execute|effect.Money|effect.Send)
		g.add(s, d, Finding{Rule: checkEffect, Field: "annotations/readOnlyHint", Excerpt: cut(fmt.Sprintf("may %s, by %s", what, why))})
	}
	// Its name must say so: what a description mentions is too weak for a reproach.
	what, why := named(d.effects, effect.Delete|effect.Execute|effect.Money)
	if what != 0 && reader(s.ID) {
		g.add(s, d, Finding{Rule: checkPurpose, Field: "name", Excerpt: cut(fmt.Sprintf("%s may %s, by %s", mantlet.Escape(s.ID), what, why))})
	}
}

// evidence is what of mask was inferred, and the first reason.
func evidence(e effect.Effects, mask effect.Set) (what effect.Set, why string) {
	for _, r := range e.Why {
		if r.From == effect.Annotation || r.Effects&mask == 0 {
			continue
		}
		if what == 0 {
			why = fmt.Sprintf("its %s: %q", r.From, mantlet.Escape(r.Word))
		}
		what |= r.Effects & mask
	}
	return what, why
}

func named(e effect.Effects, mask effect.Set) (what effect.Set, why string) {
	byName := effect.Effects{}
	for _, r := range e.Why {
		if r.From == effect.Name {
			byName.Why = append(byName.Why, r)
		}
	}
	return evidence(byName, mask)
}

// reader reports that a server's name speaks of reading alone.
func reader(id string) bool {
	reads := false
	for _, w := range words(id) {
		switch w {
		case "reader", "readonly", "viewer", "docs", "documentation", "weather", "clock", "calculator", "dictionary", "wikipedia", "wiki", "news", "translate", "translator", "forecast", "lookup":
			reads = true
		case "editor", "admin", "writer", "runner", "exec", "shell", "manager", "write", "edit":
			return false
		}
	}
	return reads
}

// words are those of a name, in lower case.
func words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// schema looks at what a tool lets its caller send; one finding of a kind for a tool.
func (g *group) schema(s *served, d *defined) {
	var tool struct {
		Input struct {
			Properties map[string]json.RawMessage `json:"properties"`
			Additional json.RawMessage            `json:"additionalProperties"`
		} `json:"inputSchema"`
	}
	if json.Unmarshal(d.Raw, &tool) != nil {
		return // a schema that is no object, such as true, says nothing of its members
	}
	if wide := unbounded(tool.Input.Properties); len(wide) > 0 {
		g.add(s, d, Finding{Rule: checkText, Field: "inputSchema/properties", Excerpt: cut(mantlet.Escape(strings.Join(wide, ", ")))})
	}
	executes := d.effects.Inferred.Has(effect.Execute) && string(tool.Input.Additional) != "false"
	anything := len(tool.Input.Properties) == 0 && string(tool.Input.Additional) == "true"
	switch {
	case anything:
		g.add(s, d, Finding{Rule: checkOpen, Field: "inputSchema", Excerpt: "no properties, and additionalProperties true"})
	case executes:
		g.add(s, d, Finding{Rule: checkOpen, Field: "inputSchema", Excerpt: "it executes, and additionalProperties is not false"})
	}
}
