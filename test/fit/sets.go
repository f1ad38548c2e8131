package fit

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/test/corpus"
)

// Registries are the sources of real definitions.
var Registries = []string{"tools_toucan_smithery", "tools_metorial_index", "tools_toolsdk_index"}

// honestData are the sources of texts that steer nobody.
var honestData = []string{
	"piarena", "bipia", "docs_repo_chunks", "args_benign", "pii_presidio_synth", "prompts_wildguard_benign",
	"prompts_deepset", "prompts_pif", "prompts_piguard_valid", "authensor_bench", "spikee_seeds",
}

// promptWeights are the sources of attacks that address a model straight away, with how much
// their labels are trusted. "indirect" and the like are kinds of a source.
var promptWeights = map[string]float32{
	"prompts_deepset": 1, "prompts_pif": 2, "prompts_piguard_valid": 2, "prompts_inthewild_jailbreak": 1,
	"prompts_purplellama_cse": 1, "authensor_bench": 2,
}

// Sets are all documents, read once.
type Sets struct {
	Definitions []corpus.Doc // of registries
	Honest      []corpus.Doc // data that is no attack, and documents about attacks
	Prompts     []corpus.Doc // attacks as they are
	Wrappers    []corpus.Template
	Goals       []Goal
	Poisoned    []corpus.Doc // definitions of others: for figures alone
}

// A Goal is an order that wrappers hold.
type Goal struct{ Source, Text string }

// ReadSets reads the corpora.
func ReadSets() (*Sets, error) {
	s := &Sets{}
	for _, source := range Registries {
		docs, err := corpus.Read(source)
		if err != nil {
			return nil, err
		}
		s.Definitions = append(s.Definitions, docs...)
	}
	for _, source := range append(slices.Clone(honestData), "prompts_inthewild_jailbreak", "prompts_purplellama_cse", "poison_mcpproxy_go_corpus", "asb_attack_tools") {
		docs, err := corpus.Read(source)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			s.file(d)
		}
	}
	return s, nil
}

func (s *Sets) file(d corpus.Doc) {
	switch {
	case d.Kind == "injection_goal":
		if len(d.Text()) < 300 {
			s.Goals = append(s.Goals, Goal{d.Source, d.Text()})
		}
	case d.Kind == "injection_template":
		s.Wrappers = append(s.Wrappers, corpus.Template{File: d.Source, Family: d.Source, Line: d.Text()})
	case d.Kind == "tool_def" || d.Kind == "attacker_tool_desc":
		s.Poisoned = append(s.Poisoned, d)
	case d.Source == "pii_presidio_synth" || d.Label <= 0:
		d.Label = min(d.Label, 0)
		s.Honest = append(s.Honest, d)
	case Steers(&d):
		s.Prompts = append(s.Prompts, d)
	}
}

// Steers reports whether an attack of a corpus is one on a model: some are keys, mail
// addresses or code.
func Steers(d *corpus.Doc) bool {
	if d.Source != "authensor_bench" {
		return promptWeights[d.Source] > 0
	}
	for _, k := range []string{"prompt-injection", "jailbreak", "memory-poisoning"} {
		if len(d.Kind) > len(k) && d.Kind[:len(k)] == k {
			return true
		}
	}
	return false
}

// A Plan says what one training sees.
type Plan struct {
	Seed    uint64
	Models  int // trainings, of which the mean is taken
	Epochs  int
	Attacks int    // made in each epoch
	Leave   string // a source of which nothing is seen; "" leaves none
	Every   int    // of so many groups one is seen; 0 is all
}

func (p *Plan) sees(source, group string, want corpus.Split) bool {
	return !p.leaves(source) && corpus.SplitOf(group) == want && (p.Every < 2 || corpus.Share("every"+group)%p.Every == 0)
}

func (p *Plan) leaves(source string) bool {
	return p.Leave != "" && (source == p.Leave || strings.HasPrefix(source, p.Leave+"/"))
}

// lines are the templates of a file that serve for a split: three of four for the weights,
// the rest for the second stage.
func lines(list []corpus.Template, want corpus.Split) []corpus.Template {
	var out []corpus.Template
	for _, t := range list {
		if (corpus.Share(t.Line) < 75) == (want == corpus.Train) {
			out = append(out, t)
		}
	}
	return out
}

// goals are those that serve for a split, and stand in no source that is left out.
func (s *Sets) goals(p *Plan, want corpus.Split) []string {
	var out []string
	for _, g := range s.Goals {
		if g.Source != p.Leave && (corpus.SplitOf(g.Text) == corpus.Test) == (want == corpus.Test) {
			out = append(out, g.Text)
		}
	}
	return out
}

// A maker makes the examples of one head for one split.
type maker struct {
	*corpus.Maker
	hosts    []string
	attacks  []corpus.Template
	wrappers []corpus.Template
	honest   []corpus.Template
	clip     int
}

func (s *Sets) definitionMaker(p *Plan, want corpus.Split, rng *rand.Rand) *maker {
	m := &maker{Maker: &corpus.Maker{Rng: rng, Goals: s.goals(p, want)}, clip: 600}
	for i := range s.Definitions {
		if d := &s.Definitions[i]; p.sees(d.Source, d.Group, want) && d.Text() != "" {
			m.hosts = append(m.hosts, d.Text())
		}
	}
	m.attacks = lines(slices.Concat(corpus.Templates("poison_train"), corpus.Templates("poison_more")), want)
	m.wrappers = lines(slices.Concat(corpus.Templates("wrap_train"), corpus.Templates("wrap_more")), want)
	m.honest = lines(corpus.Templates("benign_def"), want)
	return m
}

func (s *Sets) dataMaker(p *Plan, want corpus.Split, rng *rand.Rand) *maker {
	m := &maker{Maker: &corpus.Maker{Rng: rng, Goals: s.goals(p, want)}, clip: 3000}
	for i := range s.Honest {
		if d := &s.Honest[i]; d.Label == 0 && p.sees(d.Source, d.Group, want) && d.Kind != "prompt" {
			m.hosts = append(m.hosts, d.Text())
		}
	}
	m.wrappers = lines(slices.Concat(corpus.Templates("wrap_train"), corpus.Templates("wrap_more")), want)
	if p.Leave != "spikee_seeds" {
		m.wrappers = append(m.wrappers, lines(s.Wrappers, want)...)
	}
	m.attacks = m.wrappers
	m.honest = lines(corpus.Templates("benign_data"), want)
	return m
}

// attack makes one attack: three of five are of this head's own templates.
func (m *maker) attack() Example {
	list := m.attacks
	if m.Rng.IntN(5) > 2 {
		list = m.wrappers
	}
	a := m.Put(m.noise(m.vary(m.Wrap(list[m.Rng.IntN(len(list))]))), m.host())
	return Example{Text: a.Text, Attack: true, From: a.From, To: a.To, Weight: 1}
}

// host is an honest text, cut to some length; now and then there is none.
func (m *maker) host() string {
	if m.Rng.IntN(12) == 0 {
		return ""
	}
	return m.Clip(m.hosts[m.Rng.IntN(len(m.hosts))], 100+m.Rng.IntN(m.clip))
}

// lookalike makes one honest text with the words of attacks.
func (m *maker) lookalike() Example {
	text := m.noise(m.vary(m.Fill(m.honest[m.Rng.IntN(len(m.honest))], "this_tool")))
	if m.Rng.IntN(2) == 0 {
		text = m.Put(text, m.host()).Text
	}
	return Example{Text: text, Weight: 1}
}

func (m *maker) vary(text string) string {
	if m.Rng.IntN(2) == 0 {
		return text
	}
	return m.Vary(text)
}

// HeldOut are the lines of files that the weights were not fitted to.
func HeldOut(files ...string) []corpus.Template {
	var all []corpus.Template
	for _, f := range files {
		all = append(all, corpus.Templates(f)...)
	}
	return lines(all, corpus.Tune)
}

// noise writes one text in twelve in another way, attacks and honest ones alike, so that the
// way itself says nothing.
func (m *maker) noise(text string) string {
	if m.Rng.IntN(12) > 0 {
		return text
	}
	name := Noise[m.Rng.IntN(len(Noise))]
	for i := range corpus.Disguises {
		if d := &corpus.Disguises[i]; d.Name == name {
			return d.Inner(m.Rng, text)
		}
	}
	return text
}

// Noise are the disguises that training uses too; the others it never sees.
var Noise = []string{"case", "spaces and lines", "marks between words"}
