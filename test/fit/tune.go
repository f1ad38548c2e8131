package fit

import (
	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/internal/inspect/model/feature"
	"github.com/mantlet-mcp/mantlet/test/corpus"
)

// The shares of honest documents that each tier may flag, in the source where it flags most.
const (
	lowShare    = 0.005
	mediumShare = 0.001
	highShare   = 0.0002

	likeShare  = 0.08 // of honest data with the words of attacks, from lines that the weights never saw
	aboutShare = 0.03 // of documents about attacks
)

// tune fits the second stage and the tiers to documents that the first stage never saw.
func (s *Sets) tune(h model.Head, p *Plan, w *model.Weights, scales *model.Scales) {
	rng := rngOf(p.Seed, uint64(h)+101)
	m := s.maker(h, p, corpus.Tune, rng)
	f := &folding{w: w, scales: scales}
	var all []summed
	docs := s.Definitions
	if h == model.Data {
		docs = s.Honest
	}
	honest := make(map[string][][]*model.Summary)
	for i := range docs {
		d := &docs[i]
		if !p.sees(d.Source, d.Group, corpus.Tune) {
			continue
		}
		var texts []*model.Summary
		for _, t := range d.Texts {
			if sum := f.summary(t); sum.Windows > 0 {
				texts = append(texts, sum)
				all = append(all, summed{numbers(sum), false})
			}
		}
		honest[d.Source] = append(honest[d.Source], texts)
	}
	for range max(400, p.Attacks/4) {
		a := m.attack()
		if sum := f.summary(a.Text); sum.Windows > 0 {
			all = append(all, summed{numbers(sum), true})
		}
	}
	scales.Second = second(all)
	s.tiers(honest, scales)
	if h == model.Data {
		f.lookalikes(m)
		f.about(s, p)
	}
}

// tiers sets each tier by the source that needs the highest threshold for it; small sources
// have no say.
func (s *Sets) tiers(honest map[string][][]*model.Summary, scales *model.Scales) {
	scales.Low, scales.Medium, scales.High = -30, -30, -30
	var together []float32
	for _, list := range honest {
		scores := make([]float32, len(list))
		for i, texts := range list {
			scores[i] = -30
			for _, sum := range texts {
				scores[i] = max(scores[i], dot(sum, scales))
			}
		}
		together = append(together, scores...)
		if len(scores) >= 400 {
			scales.Low = max(scales.Low, Threshold(scores, lowShare))
			scales.Medium = max(scales.Medium, Threshold(scores, mediumShare))
		}
	}
	scales.Low = max(scales.Low, Threshold(together, lowShare))
	scales.Medium = max(scales.Medium, scales.Low, Threshold(together, mediumShare))
	scales.High = max(scales.Medium, Threshold(together, highShare)+1)
}

// lookalikes raises the tiers until few honest texts with the words of attacks reach them.
func (f *folding) lookalikes(m *maker) {
	scores := make([]float32, 1500)
	for i := range scores {
		text := m.Fill(m.honest[m.Rng.IntN(len(m.honest))], "this_tool")
		scores[i] = dot(f.summary(text), f.scales)
	}
	f.raise(Threshold(scores, likeShare))
}

// about raises the tiers until few documents about attacks reach them.
func (f *folding) about(s *Sets, p *Plan) {
	var scores []float32
	for i := range s.Honest {
		if d := &s.Honest[i]; d.Label < 0 && p.sees(d.Source, d.Group, corpus.Tune) {
			scores = append(scores, dot(f.summary(d.Text()), f.scales))
		}
	}
	if len(scores) > 0 {
		f.raise(Threshold(scores, aboutShare))
	}
}

func (f *folding) raise(low float32) {
	f.scales.Low = max(f.scales.Low, low)
	f.scales.Medium = max(f.scales.Medium, f.scales.Low)
	f.scales.High = max(f.scales.High, f.scales.Medium+1)
}

func numbers(sum *model.Summary) (x [model.Summaries]float64) {
	for i, v := range sum.Numbers() {
		x[i] = float64(v)
	}
	return x
}

func dot(sum *model.Summary, scales *model.Scales) (z float32) {
	for i, v := range sum.Numbers() {
		z += float32(v * scales.Second[i])
	}
	return z
}

// A folding sums up documents by the whole numbers of a head.
type folding struct {
	w       *model.Weights
	scales  *model.Scales
	scanner feature.Scanner
	fold    model.Folder
}

func (f *folding) summary(text string) *model.Summary {
	f.fold.Bias = f.scales.Bias
	f.fold.Begin()
	f.scanner.Scan([]byte(text), f)
	sum := *f.fold.Summary()
	return &sum
}

// Block implements feature.Sink.
func (f *folding) Block(b *feature.Block) {
	f.fold.Add(model.Sum(f.w, f.scales, b), b)
}
