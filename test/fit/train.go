package fit

import (
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/test/corpus"
)

// Both trains both heads by one plan.
func (s *Sets) Both(p *Plan) (*[2]model.Weights, *[2]model.Scales) {
	var weights [2]model.Weights
	var scales [2]model.Scales
	var wg sync.WaitGroup
	for _, h := range []model.Head{model.Definition, model.Data} {
		wg.Go(func() { scales[h] = s.Head(h, p, &weights[h]) })
	}
	wg.Wait()
	return &weights, &scales
}

// Head trains one head into w: the mean of as many trainings as the plan has, whose seeds
// differ.
func (s *Sets) Head(h model.Head, p *Plan, w *model.Weights) model.Scales {
	mean := newLinear(nil)
	for i := range p.Models {
		mean.join(s.linear(h, p, rngOf(p.Seed+uint64(i), uint64(h))), 1/float32(p.Models))
	}
	scales := model.Scales{Bias: mean.bias, Scale: mean.shrink(w)}
	s.tune(h, p, w, &scales)
	return scales
}

// linear trains the first stage once.
func (s *Sets) linear(h model.Head, p *Plan, rng *rand.Rand) *linear {
	l := newLinear(rng)
	l.loose = h == model.Definition
	m := s.maker(h, p, corpus.Train, rng)
	known := append(s.honest(h, p, corpus.Train), s.prompts(h, p, corpus.Train)...)
	attacks := p.Attacks / share[h]
	for epoch := range p.Epochs {
		l.rate = first[h] / float32(1+epoch)
		all := slices.Clone(known)
		for range attacks {
			all = append(all, m.attack(), m.lookalike())
		}
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for i := range all {
			l.learn(&all[i])
		}
	}
	return l
}

func (s *Sets) maker(h model.Head, p *Plan, want corpus.Split, rng *rand.Rand) *maker {
	if h == model.Definition {
		return s.definitionMaker(p, want, rng)
	}
	return s.dataMaker(p, want, rng)
}

// honest are the texts of a split that are no attack, one by one.
func (s *Sets) honest(h model.Head, p *Plan, want corpus.Split) []Example {
	var out []Example
	add := func(docs []corpus.Doc, one int) {
		for i := range docs {
			d := &docs[i]
			if !p.sees(d.Source, d.Group, want) || corpus.Share("some"+d.Group)%one != 0 {
				continue
			}
			weight := float32(1)
			if d.Label < 0 {
				weight = 3 // there are few, and they look most like attacks
			}
			for _, t := range d.Texts {
				out = append(out, Example{Text: t, Weight: weight})
			}
		}
	}
	if h == model.Definition {
		add(s.Definitions, 1)
		add(s.Honest, 10)
		return out
	}
	add(s.Honest, 1)
	add(s.Definitions, 2)
	return out
}

// prompts are the attacks of corpora that one head learns from.
func (s *Sets) prompts(h model.Head, p *Plan, want corpus.Split) []Example {
	var out []Example
	if h == model.Definition {
		return nil
	}
	for i := range s.Prompts {
		d := &s.Prompts[i]
		if p.sees(d.Source, d.Group, want) {
			out = append(out, Example{Text: d.Text(), Attack: true, Weight: promptWeights[d.Source]})
		}
	}
	return out
}

// Whole is the plan of the weights that are compiled in.
func Whole() *Plan { return &Plan{Seed: 20261125, Models: 3, Epochs: 5, Attacks: 40000} }

// Quick is a plan for figures of which each needs a training of its own.
func Quick(leave string) *Plan {
	return &Plan{Seed: 7, Models: 1, Epochs: 2, Attacks: 10000, Leave: leave}
}

// first is the rate of the first epoch of each head.
var first = [2]float32{0.1, 0.3}

// share is the part of a plan's attacks that a head is shown: poisons have fewer templates.
var share = [2]int{3, 1}

func rngOf(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
