package model

import (
	"math"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model/feature"
)

// Blocks of the three windows; a block is a sentence, a line, or about 64 bytes.
const (
	Narrow = 2
	Middle = 5
	Wide   = 12
)

// Least are the lengths below which a list of features is not scaled up.
var Least = [3]float32{8, 8, 4}

// Summaries is how many numbers a document's windows are summed up in.
const Summaries = 13

// A Summary is what the windows of a document gave.
type Summary struct {
	Best, Middle, Wide float32 // the highest windows
	Second             float32 // the highest narrow one apart from the best
	Mean               float32
	Windows            int
	Shapes             int // of the best window
	Decoded            bool
	At                 int // the best window's number
	Start, End         int // where it stands in the text
}

// longest is the number of windows from which a document counts as equally long: the score
// falls with the length, and nobody is to hide an attack by padding it.
const longest = 12

// Numbers are the summary as the second stage weighs it.
func (s *Summary) Numbers() [Summaries]float32 {
	long := float32(math.Log2(float64(1 + min(s.Windows, longest))))
	decoded := float32(0)
	if s.Decoded {
		decoded = 1
	}
	return [Summaries]float32{
		1, s.Best, s.Wide, s.Second, s.Mean, long, decoded, float32(s.Shapes) / 32,
		1 / float32(1+s.At), 1 / float32(max(1, s.Windows-s.At)), float32(s.Best*long) / 8, s.Middle, float32(s.Middle*long) / 8,
	}
}

// A Window is the sum of some blocks: of each list the weights and how many they are.
type Window struct {
	Sum [3]float32
	N   [3]int
}

// Score is the window's logit.
func (w *Window) Score(bias float32) float32 {
	z := bias
	for i, sum := range w.Sum {
		z += float32(sum / max(float32(math.Sqrt(float64(w.N[i]))), Least[i]))
	}
	return z
}

// A Folder sums up the windows of a document as their blocks come.
type Folder struct {
	Bias    float32
	ring    [Wide]Window
	span    [Wide][2]int
	n       int // blocks of this view
	decoded bool
	total   float64
	out     Summary
}

// Begin forgets what came before.
func (f *Folder) Begin() {
	f.n, f.total, f.decoded = 0, 0, false
	low := float32(-30)
	f.out = Summary{Best: low, Middle: low, Wide: low, Second: low}
}

// Add takes the next block: its sums, and where it stands.
func (f *Folder) Add(w Window, b *feature.Block) {
	if b.First {
		f.closeView()
		f.n, f.decoded = 0, b.Decoded
	}
	f.ring[f.n%Wide], f.span[f.n%Wide] = w, [2]int{b.Start, b.End}
	f.n++
	if f.n >= Narrow {
		f.narrow(Narrow)
	}
	if f.n >= Middle {
		f.out.Middle = max(f.out.Middle, f.window(Middle).Score(f.Bias))
	}
	if f.n >= Wide {
		f.out.Wide = max(f.out.Wide, f.window(Wide).Score(f.Bias))
	}
}

// closeView looks at a view that was shorter than a window.
func (f *Folder) closeView() {
	if f.n > 0 && f.n < Narrow {
		f.narrow(f.n)
	}
	if f.n > 0 && f.n < Middle {
		f.out.Middle = max(f.out.Middle, f.window(f.n).Score(f.Bias))
	}
	if f.n > 0 && f.n < Wide {
		f.out.Wide = max(f.out.Wide, f.window(f.n).Score(f.Bias))
	}
}

func (f *Folder) window(blocks int) *Window {
	var sum Window
	for i := f.n - blocks; i < f.n; i++ {
		w := &f.ring[i%Wide]
		for j := range sum.Sum {
			sum.Sum[j] += w.Sum[j]
			sum.N[j] += w.N[j]
		}
	}
	return &sum
}

func (f *Folder) narrow(blocks int) {
	w := f.window(blocks)
	z := w.Score(f.Bias)
	o := &f.out
	o.Windows++
	f.total += float64(z)
	apart := o.Windows-1-o.At >= Narrow || o.Windows == 1
	if z <= o.Best {
		if apart {
			o.Second = max(o.Second, z)
		}
		return
	}
	if apart {
		o.Second = max(o.Second, o.Best)
	}
	o.Best, o.At, o.Shapes, o.Decoded = z, o.Windows-1, w.N[2], f.decoded
	o.Start, o.End = f.span[(f.n-blocks)%Wide][0], f.span[(f.n-1)%Wide][1]
}

// Summary is the document's; it is empty where Windows is 0.
func (f *Folder) Summary() *Summary {
	f.closeView()
	f.n = 0
	o := &f.out
	if o.Windows > 0 {
		o.Mean = float32(f.total / float64(o.Windows))
		o.Second = max(o.Second, o.Best-8) // a document of one window has no second
	}
	return o
}

// A reading is one text under judgement; it is the sink of its scanner.
type reading struct {
	scanner feature.Scanner
	fold    Folder
	head    *head
}

// Block implements feature.Sink.
func (r *reading) Block(b *feature.Block) {
	r.fold.Add(Sum(r.head.Weights, &r.head.Scales, b), b)
}

// Sum weighs one block.
func Sum(h *Weights, s *Scales, b *feature.Block) Window {
	var words, chars, shapes int32
	for _, n := range b.Words {
		words += int32(h.Words[n&(feature.Words-1)])
	}
	for _, n := range b.Chars {
		chars += int32(h.Chars[n&(feature.Chars-1)])
	}
	for _, n := range b.Shapes {
		shapes += int32(h.Shapes[n&(feature.Shapes-1)])
	}
	return Window{
		Sum: [3]float32{float32(words) * s.Scale[0], float32(chars) * s.Scale[1], float32(shapes) * s.Scale[2]},
		N:   [3]int{len(b.Words), len(b.Chars), len(b.Shapes)},
	}
}

// keepBuffer is the longest text whose buffers stay allocated.
const keepBuffer = 1 << 20

// judge gives the text's logit, and where its worst window stands.
func (m *Model) judge(which Head, text []byte) (z float32, start, end int) {
	r := m.spare.Get().(*reading) //nolint:forcetypeassert // it holds nothing else
	z, start, end = r.read(&m.heads[which], text)
	m.spare.Put(r)
	return z, start, end
}

func (r *reading) read(h *head, text []byte) (z float32, start, end int) {
	r.head = h
	r.fold.Bias = h.Bias
	r.fold.Begin()
	r.scanner.Scan(text, r)
	s := r.fold.Summary()
	z = none
	if s.Windows > 0 {
		z, start, end = h.second(s), s.Start, s.End
	}
	r.scanner.Trim(keepBuffer)
	return z, start, end
}

// none is the logit of a text that says nothing.
const none = -30

func (s *Scales) second(sum *Summary) float32 {
	z := float32(0)
	for i, x := range sum.Numbers() {
		z += float32(x * s.Second[i])
	}
	return z
}

// Score is the probability that text is an attack, if one in two such documents were.
func (m *Model) Score(which Head, text []byte) float32 {
	z := m.Logit(which, text)
	return float32(1 / (1 + math.Exp(-float64(z))))
}

// Logit is the score before it is squeezed between 0 and 1: where it is compared, more of it
// is left.
func (m *Model) Logit(which Head, text []byte) float32 {
	z, _, _ := m.judge(which, text)
	return z
}
