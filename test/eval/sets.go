package main

import (
	"encoding/json"
	"math/rand/v2"
	"strings"

	"github.com/mantlet-mcp/mantlet/test/corpus"
	"github.com/mantlet-mcp/mantlet/test/fit"
)

// A set is documents of one kind from one source.
type set struct {
	name   string
	attack bool
	docs   []corpus.Doc
	note   string // what of it the model has seen
}

// A suite is what detectors of definitions, or of data, are measured with.
type suite struct {
	name   string
	honest []set // thresholds come from these: together for data, each alone for definitions
	apart  []set // honest sets that thresholds do not come from
	attack []set
}

const (
	wrapped = 1500 // attacks of a made set
	seed    = 99
)

// definitions has real definitions of servers that training never saw, and poisons.
func definitions(s *fit.Sets) *suite {
	seen := make(map[string]bool)
	for i := range s.Definitions {
		if d := &s.Definitions[i]; corpus.SplitOf(d.Group) != corpus.Test && len(d.Text()) >= 40 {
			seen[d.Text()] = true
		}
	}
	out := &suite{name: "definition"}
	bySource := make(map[string][]corpus.Doc)
	var hosts []corpus.Doc
	for _, d := range s.Definitions {
		if corpus.SplitOf(d.Group) != corpus.Test || seen[d.Text()] {
			continue
		}
		bySource[d.Source] = append(bySource[d.Source], d)
		if d.Text() != "" {
			hosts = append(hosts, d)
		}
	}
	for _, source := range fit.Registries {
		out.honest = append(out.honest, set{name: source, docs: bySource[source], note: "servers and texts unseen"})
	}
	m := &corpus.Maker{Rng: rand.New(rand.NewPCG(seed, 1)), Fresh: true, Goals: goals(s)}
	for _, family := range []string{"explicit trigger", "implicit trigger", "parameter tampering"} {
		out.attack = append(out.attack, set{"poison: " + family, true, poisoned(m, hosts, family), "phrasing and names unseen"})
	}
	out.attack = append(out.attack, set{"poison: held-out lines of training's", true, heldPoison(m, hosts), "lines and names unseen by the first stage"})
	out.attack = append(out.attack, set{"wrapped order in a description", true, poisoned(m, hosts, ""), "wrappers and orders unseen"})
	for _, d := range s.Poisoned {
		note := "source unseen"
		if d.Source == "asb_attack_tools" {
			note = "texts unseen, but training wraps orders of the same source"
		}
		if d.Label == 1 {
			out.attack = add(out.attack, d, note)
		} else {
			out.apart = add(out.apart, d, note)
		}
	}
	return out
}

// add puts a document to the set of its source.
func add(sets []set, d corpus.Doc, note string) []set {
	for i := range sets {
		if sets[i].name == d.Source {
			sets[i].docs = append(sets[i].docs, d)
			return sets
		}
	}
	return append(sets, set{d.Source, d.Label == 1, []corpus.Doc{d}, note})
}

func goals(s *fit.Sets) []string {
	var out []string
	for _, g := range s.Goals {
		if corpus.SplitOf(g.Text) == corpus.Test {
			out = append(out, g.Text)
		}
	}
	return out
}

// poisoned are definitions of hosts with a poison of a family in them; "" is any wrapper.
func poisoned(m *corpus.Maker, hosts []corpus.Doc, family string) []corpus.Doc {
	var list []corpus.Template
	file := "poison_test"
	if family == "" {
		file = "wrap_test"
	}
	for _, t := range corpus.Templates(file) {
		if family == "" || t.Family == family {
			list = append(list, t)
		}
	}
	var out []corpus.Doc
	for range wrapped / 3 {
		d := hosts[m.Rng.IntN(len(hosts))]
		a := m.Put(m.Fill(list[m.Rng.IntN(len(list))], d.Name), d.Text())
		out = append(out, redescribed(d, a.Text))
	}
	return out
}

func heldPoison(m *corpus.Maker, hosts []corpus.Doc) []corpus.Doc {
	var out []corpus.Doc
	for _, t := range fit.HeldOut("poison_train", "poison_more") {
		for range 12 {
			d := hosts[m.Rng.IntN(len(hosts))]
			out = append(out, redescribed(d, m.Put(m.Fill(t, d.Name), d.Text()).Text))
		}
	}
	return out
}

// redescribed is d with another description.
func redescribed(d corpus.Doc, text string) corpus.Doc {
	var m map[string]any
	if json.Unmarshal(d.Raw, &m) != nil {
		m = map[string]any{"name": d.Name}
	}
	m["description"] = text
	d.Raw, _ = json.Marshal(m)
	d.Texts = append([]string{text}, d.Texts[1:]...)
	d.Label = 1
	return d
}

// data has documents and prompts of which training saw no part, and wrapped orders in them.
func data(s *fit.Sets) *suite {
	out := &suite{name: "data"}
	var hosts []corpus.Doc
	for _, d := range s.Honest {
		if corpus.SplitOf(d.Group) != corpus.Test {
			continue
		}
		if d.Label < 0 {
			d.Source = "security documentation"
			out.apart = add(out.apart, d, "files unseen, repositories seen")
			continue
		}
		if !document(&d) {
			d.Source = "honest prompts"
			out.apart = add(out.apart, d, "prompts unseen, sources seen")
			continue
		}
		out.honest = add(out.honest, d, "documents unseen, source seen")
		if len(d.Text()) > 200 {
			hosts = append(hosts, d)
		}
	}
	m := &corpus.Maker{Rng: rand.New(rand.NewPCG(seed, 2)), Fresh: true, Goals: goals(s)}
	out.apart = append(out.apart, overdefence(m))
	out.attack = append(out.attack, unseen(m, hosts), heldOut(m, hosts), bare(m))
	for _, d := range s.Prompts {
		if corpus.SplitOf(d.Group) == corpus.Test {
			out.attack = add(out.attack, d, "prompts unseen, source seen")
		}
	}
	return out
}

// document reports whether a text is what tools return, rather than what people ask a model.
func document(d *corpus.Doc) bool {
	return d.Source != "spikee_seeds" && d.Source != "authensor_bench" && !strings.HasPrefix(d.Source, "prompts_")
}

func overdefence(m *corpus.Maker) set {
	var docs []corpus.Doc
	for _, t := range corpus.Templates("overdefence") {
		have := make(map[string]bool)
		for range 12 {
			text := m.Fill(t, "this_tool")
			if !have[text] {
				docs = append(docs, corpus.Doc{Source: "over-defence", Texts: []string{text}})
			}
			have[text] = true
		}
	}
	return set{"over-defence", false, docs, "templates unseen"}
}

// unseen are orders that training never saw, in wrappers that it never saw, in documents of
// at most 4,000 bytes.
func unseen(m *corpus.Maker, hosts []corpus.Doc) set {
	list := corpus.Templates("wrap_test")
	var docs []corpus.Doc
	for range wrapped {
		host := m.Clip(hosts[m.Rng.IntN(len(hosts))].Text(), 4000)
		a := m.Put(m.Wrap(list[m.Rng.IntN(len(list))]), host)
		docs = append(docs, corpus.Doc{Source: "unseen wrappers", Label: 1, Texts: []string{a.Text}})
	}
	return set{"unseen wrappers", true, docs, "wrappers, orders and documents unseen; seven of ten orders are of sources that training saw others of"}
}

// heldOut are unseen lines of the files that training sees other lines of.
func heldOut(m *corpus.Maker, hosts []corpus.Doc) set {
	var docs []corpus.Doc
	for _, t := range fit.HeldOut("wrap_train", "wrap_more") {
		for range 4 {
			host := m.Clip(hosts[m.Rng.IntN(len(hosts))].Text(), 4000)
			docs = append(docs, corpus.Doc{Source: "held-out lines", Label: 1, Texts: []string{m.Put(m.Wrap(t), host).Text}})
		}
	}
	return set{"held-out lines of training's wrappers", true, docs, "lines, orders and documents unseen by the first stage"}
}

// bare are orders without any wrapper.
func bare(m *corpus.Maker) set {
	var docs []corpus.Doc
	for _, g := range m.Goals {
		docs = append(docs, corpus.Doc{Source: "bare orders", Label: 1, Texts: []string{g}})
	}
	return set{"bare orders", true, docs, "orders unseen, sources seen: see the sources left out"}
}

// wrappedIn are orders in the wrappers of a list, in documents of hosts.
func wrappedIn(s *fit.Sets, list []corpus.Template, hosts []corpus.Doc) []corpus.Doc {
	m := &corpus.Maker{Rng: rand.New(rand.NewPCG(seed, 3)), Fresh: true, Goals: goals(s)}
	var docs []corpus.Doc
	for _, t := range list {
		if strings.HasPrefix(t.Line, "<INSTRUCTION>") {
			continue // no wrapper at all
		}
		for range 8 {
			a := m.Put(m.Wrap(t), m.Clip(hosts[m.Rng.IntN(len(hosts))].Text(), 4000))
			docs = append(docs, corpus.Doc{Source: t.File, Label: 1, Texts: []string{a.Text}})
		}
	}
	return docs
}
