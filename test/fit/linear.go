package fit

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/internal/inspect/model/feature"
)

// An Example is a document or a part of one, and where in it the attack stands.
type Example struct {
	Text     string
	Attack   bool
	From, To int // of the attack; To 0 is the whole text
	Weight   float32
}

const lists = 3

// A linear is one head while it is trained.
type linear struct {
	bias    float32
	biasSum float32
	w, sum  [lists][]float32
	rate    float32
	scanner feature.Scanner
	blocks  blocks
	windows []window
	rng     *rand.Rand
	loose   bool        // lists are left out by chance
	off     [lists]bool // lists that the step at hand leaves out
}

func newLinear(rng *rand.Rand) *linear {
	l := &linear{rate: 0.25, rng: rng}
	for i, n := range []int{feature.Words, feature.Chars, feature.Shapes} {
		l.w[i], l.sum[i] = make([]float32, n), make([]float32, n)
	}
	return l
}

// blocks keeps a document's features.
type blocks struct {
	list [lists][]uint32
	ends [][lists]int
	span [][2]int
	view []int // the first block of the view of each block
}

// Block implements feature.Sink.
func (b *blocks) Block(x *feature.Block) {
	first := len(b.ends)
	if !x.First && first > 0 {
		first = b.view[first-1]
	}
	for i, list := range [lists][]uint32{x.Words, x.Chars, x.Shapes} {
		b.list[i] = append(b.list[i], list...)
	}
	b.ends = append(b.ends, [lists]int{len(b.list[0]), len(b.list[1]), len(b.list[2])})
	b.span = append(b.span, [2]int{x.Start, x.End})
	b.view = append(b.view, first)
}

func (b *blocks) reset() {
	for i := range b.list {
		b.list[i] = b.list[i][:0]
	}
	b.ends, b.span, b.view = b.ends[:0], b.span[:0], b.view[:0]
}

// A window is some blocks with their score.
type window struct {
	first, last int
	z           float32
}

// features are the window's numbers of list i.
func (b *blocks) features(w window, i int) []uint32 {
	from := 0
	if w.first > 0 {
		from = b.ends[w.first-1][i]
	}
	return b.list[i][from:b.ends[w.last][i]]
}

// look makes the windows of a text and scores them.
func (l *linear) look(text string) {
	l.off = [lists]bool{}
	l.blocks.reset()
	l.scanner.Scan([]byte(text), &l.blocks)
	l.windows = l.windows[:0]
	b := &l.blocks
	for i := range b.ends {
		whole := i+1 == len(b.ends) || b.view[i+1] != b.view[i]
		have := i - b.view[i] + 1
		for j, size := range [...]int{model.Narrow, model.Middle} {
			if have < size && (!whole || j > 0) {
				continue
			}
			w := window{first: max(b.view[i], i+1-size), last: i}
			w.z = l.score(w)
			l.windows = append(l.windows, w)
		}
	}
}

func norm(n, list int) float32 {
	return max(float32(math.Sqrt(float64(n))), model.Least[list])
}

func (l *linear) score(w window) float32 {
	z := l.bias
	for i := range lists {
		if l.off[i] {
			continue
		}
		f := l.blocks.features(w, i)
		sum := float32(0)
		for _, n := range f {
			sum += l.w[i][n]
		}
		z += float32(sum / norm(len(f), i))
	}
	return z
}

// learn fits the head to one example.
func (l *linear) learn(e *Example) {
	l.look(e.Text)
	if len(l.windows) == 0 {
		return
	}
	if !e.Attack {
		l.honest(e)
		return
	}
	l.attack(e)
}

// honest fits to the worst windows of a text, and to one by chance.
func (l *linear) honest(e *Example) {
	one := l.windows[l.rng.IntN(len(l.windows))]
	slices.SortFunc(l.windows, func(a, b window) int {
		return cmp.Or(cmp.Compare(b.z, a.z), cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last))
	})
	for _, w := range l.windows[:min(hardest, len(l.windows))] {
		if w.z > hard || w == l.windows[0] {
			l.step(w, 0, e.Weight)
		}
	}
	if len(l.windows) > 1 {
		l.step(one, 0, e.Weight)
	}
}

// Of an honest text so many windows count that look worse than this.
const (
	hardest = 5
	hard    = -2
)

// attack fits to windows at least half of whose bytes, or of the attack's, are the attack.
func (l *linear) attack(e *Example) {
	to := e.To
	if to == 0 {
		to = len(e.Text)
	}
	held := l.windows[:0]
	for _, w := range l.windows {
		start, end := l.blocks.span[w.first][0], l.blocks.span[w.last][1]
		common := min(end, to) - max(start, e.From)
		if common*2 >= min(end-start, to-e.From) {
			held = append(held, w)
		}
	}
	if len(held) == 0 {
		return
	}
	best := held[0]
	for _, w := range held {
		if w.z > best.z {
			best = w
		}
	}
	if e.To == 0 { // nobody knows where in the text it is
		l.step(best, 1, e.Weight)
		return
	}
	l.step(held[l.rng.IntN(len(held))], 1, e.Weight)
	if len(held) > 1 {
		l.step(held[l.rng.IntN(len(held))], 1, e.Weight)
	}
}

// drop leaves out lists by chance, so that each learns to say it alone.
func (l *linear) drop() {
	l.off = [lists]bool{}
	if !l.loose {
		return
	}
	switch l.rng.IntN(8) {
	case 0:
		l.off[0], l.off[1] = true, true
	case 2:
		l.off[1] = true
	case 3:
		l.off[2] = true
	}
}

const decay = 2e-5 // of a weight, each time that it is touched

func (l *linear) step(w window, y, weight float32) {
	l.drop()
	z := l.score(w)
	g := (float32(1/(1+math.Exp(-float64(z)))) - y) * weight
	if float32(math.Abs(float64(g))) < 1e-3 {
		return
	}
	l.biasSum += float32(g * g)
	l.bias -= float32(l.rate * g / float32(math.Sqrt(float64(l.biasSum)+1)))
	for i := range lists {
		if l.off[i] {
			continue
		}
		f := l.blocks.features(w, i)
		scale := g / norm(len(f), i)
		for _, n := range f {
			x := scale + float32(decay*l.w[i][n])
			l.sum[i][n] += float32(x * x)
			l.w[i][n] -= float32(l.rate * x / float32(math.Sqrt(float64(l.sum[i][n])+1e-3)))
		}
	}
}

// join adds another head's weights, each by its share.
func (l *linear) join(other *linear, share float32) {
	l.bias += float32(other.bias * share)
	for i := range lists {
		for n, x := range other.w[i] {
			l.w[i][n] += float32(x * share)
		}
	}
}

// shrink makes whole numbers of the weights.
func (l *linear) shrink(out *model.Weights) (scale [3]float32) {
	for i, list := range [lists][]int8{out.Words[:], out.Chars[:], out.Shapes[:]} {
		scale[i] = spread(l.w[i]) / 127
		for n, x := range l.w[i] {
			list[n] = int8(max(-127, min(127, math.Round(float64(x/scale[i])))))
		}
	}
	return scale
}

// spread is the size that all but one weight in 2,000 have: larger ones are cut.
func spread(w []float32) float32 {
	const steps = 4096
	most := float32(1e-6)
	for _, x := range w {
		most = max(most, float32(math.Abs(float64(x))))
	}
	var count [steps + 1]int
	for _, x := range w {
		count[int(float32(math.Abs(float64(x)))/most*steps)]++
	}
	left := len(w) / 2000
	at := steps
	for left -= count[at]; left >= 0 && at > 0; {
		at--
		left -= count[at]
	}
	return most * float32(at+1) / steps
}
