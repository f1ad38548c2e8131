package main

import (
	"cmp"
	"slices"
	"sync"

	"github.com/mantlet-mcp/mantlet/test/corpus"
)

// scores are those of docs, in order.
func scores(s scorer, docs []corpus.Doc) []float64 {
	out := make([]float64, len(docs))
	var wg sync.WaitGroup
	const workers = 2
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(docs); i += workers {
				out[i] = s(&docs[i])
			}
		})
	}
	wg.Wait()
	return out
}

// above is the share of scores that are at or over a threshold.
func above(s []float64, threshold float64) float64 {
	n := 0
	for _, x := range s {
		if x >= threshold {
			n++
		}
	}
	return float64(n) / float64(max(1, len(s)))
}

// threshold is the lowest that at most share of the scores reach.
func threshold(s []float64, share float64) float64 {
	s = slices.Sorted(slices.Values(s))
	at := len(s) - 1 - int(share*float64(len(s)))
	if at < 0 {
		return 1e9
	}
	return s[at] + 1e-6
}

// auc is the probability that an attack's score is over an honest one's (ties count half).
func auc(honest, attack []float64) float64 {
	type one struct {
		x      float64
		attack bool
	}
	var all []one
	for _, x := range honest {
		all = append(all, one{x, false})
	}
	for _, x := range attack {
		all = append(all, one{x, true})
	}
	slices.SortFunc(all, func(a, b one) int { return cmp.Compare(a.x, b.x) })
	won, below := 0.0, 0.0
	for i := 0; i < len(all); {
		j, h, a := i, 0.0, 0.0
		for ; j < len(all) && all[j].x == all[i].x; j++ {
			if all[j].attack {
				a++
			} else {
				h++
			}
		}
		won += a * (below + h/2)
		below += h
		i = j
	}
	return won / float64(max(1, len(honest))) / float64(max(1, len(attack)))
}

// prevalence is one attack in so many documents, for precision as an operator would meet it.
const prevalence = 1000

func precision(recall, alarms float64) float64 {
	if recall == 0 {
		return 0
	}
	return recall / (recall + alarms*(prevalence-1))
}
