package pack

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// Core is the pack that is compiled in.
//
//go:embed core.yaml
var Core []byte

// A Pack is a document of rules. Version rises with each change: an older one than was in force
// is refused by who keeps the versions.
type Pack struct {
	Name    string `yaml:"pack"`
	Version int    `yaml:"version"`
	Rules   []Rule `yaml:"rules"`
}

// A Rule is one thing that is looked for. Its id never changes its meaning.
type Rule struct {
	ID       string   `yaml:"id"` // "inject/ignore-previous"
	Title    string   `yaml:"title"`
	Severity string   `yaml:"severity"`
	On       []string `yaml:"surfaces"` // surfaces: argument, answer, data, description, question, remark
	Threats  []string `yaml:"threats"`  // of reference threats, or of others' lists: H05, MCP06
	Source   string   `yaml:"source"`   // where the case was seen
	Words    string   `yaml:"words"`    // what is wrong, and what to do
	Near     []string `yaml:"near"`     // lower case; one of them stands wherever the rule applies
	Match    string   `yaml:"match"`    // RE2 over lower case
	Unless   string   `yaml:"unless"`   // RE2: where it applies in the same window, the rule does not
	Within   int      `yaml:"within"`   // bytes before and after a word that are looked at; 200
	Finds    []string `yaml:"finds"`
	Spares   []string `yaml:"spares"`
}

// The bounds of a pack.
const (
	MaxBytes   = 4 << 20
	MaxRules   = 2000
	MaxWithin  = 2000
	minNear    = 3
	maxProgram = 2000 // instructions of an expression
)

// Surfaces are what rules may be on.
var Surfaces = []string{"argument", "answer", "data", "description", "question", "remark"}

// Read reads a pack. It is an error if anything in it is unknown, or if its rules do not find
// what they say they find.
func Read(b []byte) (*Pack, error) {
	if len(b) > MaxBytes || bytes.IndexByte(b, '*') >= 0 && aliased(b) {
		return nil, fmt.Errorf("the pack has more than %d bytes, or aliases", MaxBytes)
	}
	p := &Pack{}
	d := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict(), yaml.DisallowUnknownField())
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("the pack cannot be read: %w", err)
	}
	if p.Name == "" || p.Version < 1 || len(p.Rules) == 0 || len(p.Rules) > MaxRules {
		return nil, fmt.Errorf("a pack has a name, a version from 1 on, and 1 to %d rules", MaxRules)
	}
	seen := make(map[string]bool)
	for i := range p.Rules {
		r := &p.Rules[i]
		if seen[r.ID] {
			return nil, fmt.Errorf("%s stands twice", r.ID)
		}
		seen[r.ID] = true
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("rule %q: %w", r.ID, err)
		}
	}
	return p, p.hold()
}

// Builtin is Core. Its examples were tried by this package's tests, and are not tried again.
func Builtin() (*Pack, error) {
	p := &Pack{}
	return p, yaml.NewDecoder(bytes.NewReader(Core), yaml.Strict()).Decode(p)
}

// aliased reports whether a line of b refers to an anchor, by which a small document may become
// a large one.
func aliased(b []byte) bool {
	for line := range bytes.Lines(b) {
		if _, value, ok := bytes.Cut(line, []byte(": ")); ok && bytes.HasPrefix(bytes.TrimSpace(value), []byte("*")) {
			return true
		}
	}
	return false
}

func (r *Rule) check() error {
	if !strings.Contains(r.ID, "/") || r.Title == "" || r.Words == "" || len(r.On) == 0 || len(r.Finds) == 0 || len(r.Spares) == 0 {
		return errors.New("it needs an id such as group/name, a title, words, surfaces, and examples of what it finds and of what it does not")
	}
	if _, err := finding.ParseSeverity(r.Severity); err != nil {
		return err
	}
	for _, s := range r.On {
		if !slices.Contains(Surfaces, s) {
			return fmt.Errorf("%q is no surface; use %s", s, strings.Join(Surfaces, ", "))
		}
	}
	if len(r.Near) == 0 {
		return errors.New("it names no word without which it cannot apply")
	}
	for _, n := range r.Near {
		if len(n) < minNear || n != strings.ToLower(n) {
			return fmt.Errorf("%q is shorter than %d bytes, or not in lower case", n, minNear)
		}
	}
	if r.Within < 0 || r.Within > MaxWithin {
		return fmt.Errorf("within is 0 to %d", MaxWithin)
	}
	for _, e := range []string{r.Match, r.Unless} {
		if err := cheap(e); err != nil {
			return err
		}
	}
	if r.Match == "" {
		return errors.New("it has no expression")
	}
	return nil
}

// cheap refuses an expression that is large once it is compiled: its cost a byte is in
// proportion.
func cheap(e string) error {
	parsed, err := syntax.Parse(e, syntax.Perl)
	if err != nil {
		return err
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return err
	}
	if len(prog.Inst) > maxProgram {
		return fmt.Errorf("the expression has %d instructions, and %d are allowed", len(prog.Inst), maxProgram)
	}
	return nil
}

// hold tries the rules' examples.
func (p *Pack) hold() error {
	e, err := New(p)
	if err != nil {
		return err
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		for _, text := range r.Finds {
			if !e.finds(r, text) {
				return fmt.Errorf("rule %q does not find its example %q", r.ID, text)
			}
		}
		for _, text := range r.Spares {
			if e.finds(r, text) {
				return fmt.Errorf("rule %q finds %q, which it says it does not", r.ID, text)
			}
		}
	}
	return nil
}

func (e *Engine) finds(r *Rule, text string) bool {
	for _, h := range e.On(r.On[0]).Find(nil, []byte(text)) {
		if h.Rule == r.ID {
			return true
		}
	}
	return false
}

func (r *Rule) within() int {
	if r.Within == 0 {
		return 200
	}
	return r.Within
}

func compile(e string) *regexp.Regexp {
	if e == "" {
		return nil
	}
	return regexp.MustCompile(e) // checked before
}
