package main

import (
	"math/rand/v2"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/test/corpus"
	"github.com/mantlet-mcp/mantlet/test/fit"
)

const sample = 250 // attacks that a detector shows, of each head

// evade measures recall of the model after each disguise, of attacks that it shows as they are.
func (r *report) evade(s *fit.Sets, m *model.Model) {
	r.say("\n## After a disguise\n\nAttacks that are shown as they are (unseen wrappers and poisons, in honest texts of at most 1,500 bytes), written in another way. Training uses three of these ways (%s). %%.\n\n", strings.Join(fit.Noise, ", "))
	r.say("| disguise | model/definition | model/data |\n|---|---|---|\n")
	found := [2][]corpus.Attack{shownAttacks(s, m, model.Definition), shownAttacks(s, m, model.Data)}
	for i := range corpus.Disguises {
		d := &corpus.Disguises[i]
		r.say("| %s |", d.Name)
		for h, attacks := range found {
			share := after(m, model.Head(h), d, attacks)
			r.say(" %.0f |", 100*share)
			r.note(key("evade", model.Head(h).String(), d.Name), 100*share)
		}
		r.say("\n")
	}
}

func after(m *model.Model, h model.Head, d *corpus.Disguise, attacks []corpus.Attack) float64 {
	rng := rand.New(rand.NewPCG(seed, 5))
	low, _, _ := m.Tiers(h)
	n := 0
	for i := range attacks {
		doc := corpus.Doc{Texts: d.Apply(rng, &attacks[i])}
		if logit(m, h)(&doc) >= float64(low) {
			n++
		}
	}
	return float64(n) / float64(max(1, len(attacks)))
}

// shownAttacks are made until the model shows enough of them.
func shownAttacks(s *fit.Sets, m *model.Model, h model.Head) []corpus.Attack {
	mk := &corpus.Maker{Rng: rand.New(rand.NewPCG(seed, 6+uint64(h))), Fresh: true, Goals: goals(s)}
	lines, su := corpus.Templates("poison_test"), definitions(s)
	if h == model.Data {
		lines, su = corpus.Templates("wrap_test"), data(s)
	}
	var hosts []string
	for i := range su.honest {
		for j := range su.honest[i].docs {
			if t := su.honest[i].docs[j].Text(); len(t) > 60 {
				hosts = append(hosts, t)
			}
		}
	}
	low, _, _ := m.Tiers(h)
	var out []corpus.Attack
	for range 20 * sample {
		a := mk.Put(mk.Wrap(lines[mk.Rng.IntN(len(lines))]), mk.Clip(hosts[mk.Rng.IntN(len(hosts))], 1500))
		if m.Logit(h, []byte(a.Text)) >= low {
			out = append(out, a)
		}
		if len(out) == sample {
			break
		}
	}
	return out
}
