package rule

import (
	"math"
	"slices"
)

// A model is the weight of each feature, in units of log-odds.
type model [featureCount]float64

// score is what a window weighs. What honest texts say takes off mostPlain at most, as in the engine.
func (m *model) score(w *instance) float64 {
	sum, plain := m[biasFeature]-w.off+m[spanFeature]*w.span, 0.0
	for _, f := range w.features {
		if f < len(signals) && m[f] < 0 {
			plain += m[f]
		} else {
			sum += m[f]
		}
	}
	return sum + max(plain, mostPlain/unit)
}

// best is the heaviest window of a bag; nil where it has none.
func (m *model) best(b *bag) (score float64, at *instance) {
	score = math.Inf(-1)
	for i := range b.windows {
		if x := m.score(&b.windows[i]); x > score {
			score, at = x, &b.windows[i]
		}
	}
	return score, at
}

// cut is the score above which at most share of each registry's definitions lie.
func (m *model) cut(bags []bag, share float64) float64 {
	by := make(map[string][]float64)
	for i := range bags {
		if b := &bags[i]; !b.attack {
			s, _ := m.best(b)
			by[b.registry] = append(by[b.registry], s)
		}
	}
	worst := math.Inf(-1)
	for _, scores := range by {
		slices.Sort(scores)
		worst = max(worst, scores[len(scores)-1-int(share*float64(len(scores)))]+1e-6)
	}
	return worst
}

// prior is what a feature weighs before anything is seen: what its meaning says.
func prior(i int) float64 {
	switch {
	case i == spanFeature:
		return -0.1
	case i == fieldFeature:
		return -0.5
	case i >= firstStructure && i < firstStructure+len(structures):
		return 0.5
	case i < len(signals)-len(plainSignals):
		return 0.4
	case i < len(signals):
		return -0.6
	}
	return 0
}

// bounds keep a weight at the sign of its meaning. Attacks that were written without
// parameters must not teach that one who names his own parameter is honest.
func bounds(i int) (least, most float64) {
	switch {
	case i == fieldFeature:
		return -1.5, 0
	case i < len(signals) && signals[i].name == "own":
		return -1.2, 0
	case i < len(signals) && signals[i].name == "self":
		return -0.6, 0
	case prior(i) < 0:
		return -2.5, 0
	}
	return 0, 3.5
}

// gradient sums what is wrong with the heaviest window of each bag outside fold. An attack
// counts so much that all of them together weigh a tenth of the honest.
func (m *model) gradient(bags []bag, fold int, lift float64) (g model) {
	total := 0.0
	for i := range bags {
		b := &bags[i]
		s, at := m.best(b)
		if b.fold == fold || at == nil {
			continue
		}
		y, mass := 0.0, b.mass
		if b.attack {
			y, mass = 1, b.mass*lift
		}
		d := (1/(1+math.Exp(-s)) - y) * mass
		total += mass
		for _, f := range at.features {
			g[f] += d
		}
		g[spanFeature] += d * at.span / 4
		g[biasFeature] += d
	}
	for i := range g {
		g[i] /= total
	}
	return g
}

// fit is a logistic regression over the heaviest windows, by Adam, drawn to prior.
func fit(bags []bag, fold int) *model {
	const ridge, first, second = 0.0006, 0.9, 0.99
	honest, attacks := 0.0, 0.0
	for i := range bags {
		switch b := &bags[i]; {
		case b.fold == fold:
		case b.attack:
			attacks += b.mass
		default:
			honest++
		}
	}
	var m, mean, square model
	for i := range m {
		m[i] = prior(i)
	}
	m[biasFeature] = -5
	for epoch := range 250 {
		g := m.gradient(bags, fold, 0.1*honest/attacks)
		step := 0.06 / (1 + float64(epoch)/80)
		for i := range m {
			if prior(i) == 0 && i != biasFeature {
				continue
			}
			if i != biasFeature {
				g[i] += ridge * (m[i] - prior(i))
			}
			mean[i] = first*mean[i] + (1-first)*g[i]
			square[i] = second*square[i] + (1-second)*g[i]*g[i]
			a, b := mean[i]/(1-math.Pow(first, float64(epoch+1))), square[i]/(1-math.Pow(second, float64(epoch+1)))
			m[i] -= step * a / (math.Sqrt(b) + 1e-7)
			if least, most := bounds(i); i != biasFeature {
				m[i] = min(max(m[i], least), most)
			}
		}
	}
	return &m
}
