package fit

import (
	"math"
	"slices"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
)

// A case is a document as the second stage sees it.
type summed struct {
	x      [model.Summaries]float64
	attack bool
}

// second fits a logistic regression by Newton's method; attacks and honest documents weigh
// the same in sum.
func second(all []summed) (out [model.Summaries]float32) {
	attacks := 0
	for _, c := range all {
		if c.attack {
			attacks++
		}
	}
	weight := [2]float64{0.5 / float64(max(1, len(all)-attacks)), 0.5 / float64(max(1, attacks))}
	var w [model.Summaries]float64
	for range 30 {
		var grad [model.Summaries]float64
		var hess [model.Summaries][model.Summaries]float64
		for i := range w {
			grad[i], hess[i][i] = 1e-4*w[i], 1e-4
		}
		for i := range all {
			newton(&all[i], &w, weight, &grad, &hess)
		}
		step := solve(hess, grad)
		for i := range w {
			w[i] -= step[i]
		}
	}
	for i := range w {
		out[i] = float32(w[i])
	}
	return out
}

func newton(c *summed, w *[model.Summaries]float64, weight [2]float64, grad *[model.Summaries]float64, hess *[model.Summaries][model.Summaries]float64) {
	z := 0.0
	for i, x := range c.x {
		z += float64(x * w[i])
	}
	p, y, m := 1/(1+math.Exp(-z)), 0.0, weight[0]
	if c.attack {
		y, m = 1, weight[1]
	}
	for i, x := range c.x {
		grad[i] += float64(m * (p - y) * x)
		for j := range c.x {
			hess[i][j] += float64(m * p * (1 - p) * x * c.x[j])
		}
	}
}

// solve gives x of a*x = b, by Gauss with the largest pivot.
func solve(a [model.Summaries][model.Summaries]float64, b [model.Summaries]float64) [model.Summaries]float64 {
	n := len(b)
	for i := range n {
		p := i
		for r := i; r < n; r++ {
			if math.Abs(a[r][i]) > math.Abs(a[p][i]) {
				p = r
			}
		}
		a[i], a[p], b[i], b[p] = a[p], a[i], b[p], b[i]
		for r := i + 1; r < n; r++ {
			f := a[r][i] / a[i][i]
			for c := i; c < n; c++ {
				a[r][c] -= float64(f * a[i][c])
			}
			b[r] -= float64(f * b[i])
		}
	}
	for i := n - 1; i >= 0; i-- {
		for c := i + 1; c < n; c++ {
			b[i] -= float64(a[i][c] * b[c])
		}
		b[i] /= a[i][i]
	}
	return b
}

// Threshold is the lowest score that at most share of the scores reach, a little above them.
func Threshold(scores []float32, share float64) float32 {
	s := slices.Clone(scores)
	slices.Sort(s)
	at := len(s) - 1 - int(share*float64(len(s)))
	if at < 0 {
		return 30
	}
	return s[at] + 1e-3
}
