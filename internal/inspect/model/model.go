package model

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model/feature"
)

//go:embed weights.bin
var compiledWeights []byte

//go:embed weights.json
var compiledScales []byte

// A Head is the kind of text that is judged.
type Head uint8

// The heads.
const (
	Definition Head = iota // names, descriptions and schemas of tools, and instructions
	Data                   // results, documents, prompts
	heads
)

// String is the head's name.
func (h Head) String() string { return [...]string{"definition", "data"}[h] }

// Scales are what is known of one head beside its weights. Weights are whole numbers from
// -127 to 127, times the scale of their list (words, letters, shapes).
type Scales struct {
	Bias   float32            `json:"bias"`
	Scale  [3]float32         `json:"scale"`
	Second [Summaries]float32 `json:"second"` // weights over Summary
	Low    float32            `json:"low"`    // a score (a logit) from which a hit is low,
	Medium float32            `json:"medium"` // medium,
	High   float32            `json:"high"`   // and high
}

// Weights are one head's weights.
type Weights struct {
	Words  [feature.Words]int8
	Chars  [feature.Chars]int8
	Shapes [feature.Shapes]int8
}

// size is how many bytes a head's weights have.
const size = feature.Words + feature.Chars + feature.Shapes

type head struct {
	Scales
	*Weights
}

// A Model scores texts. It is safe for many goroutines at once.
type Model struct {
	heads [heads]head
	spare sync.Pool
}

// Load returns the model that was compiled in.
var Load = sync.OnceValues(func() (*Model, error) { return Read(compiledWeights, compiledScales) })

// Read makes a model of weights and scales as Write gives them.
func Read(weights, scales []byte) (*Model, error) {
	if len(weights) != int(heads)*size {
		return nil, fmt.Errorf("model: %d bytes of weights, expected %d; run make model", len(weights), int(heads)*size)
	}
	var s [heads]Scales
	if err := json.Unmarshal(scales, &s); err != nil {
		return nil, fmt.Errorf("model: scales: %w; run make model", err)
	}
	m := new(Model)
	for i := range s {
		if !s[i].sane() {
			return nil, errors.New("model: scales are no finite, rising numbers; run make model")
		}
		w := new(Weights)
		rest := weights[i*size:]
		for _, list := range [][]int8{w.Words[:], w.Chars[:], w.Shapes[:]} {
			for j := range list {
				list[j] = int8(rest[j]) //nolint:gosec // the byte is the number
			}
			rest = rest[len(list):]
		}
		m.heads[i] = head{s[i], w}
	}
	m.spare.New = func() any { return new(reading) }
	return m, nil
}

func (s *Scales) sane() bool {
	all := slices.Concat(s.Scale[:], s.Second[:], []float32{s.Bias, s.Low, s.Medium, s.High})
	for _, x := range all {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return false
		}
	}
	return s.Low <= s.Medium && s.Medium <= s.High && s.Second != [Summaries]float32{}
}

// Write gives what Read takes: definition's weights, then data's.
func Write(weights *[2]Weights, scales *[2]Scales) (bin, text []byte, err error) {
	for i := range weights {
		w := &weights[i]
		for _, list := range [][]int8{w.Words[:], w.Chars[:], w.Shapes[:]} {
			for _, x := range list {
				bin = append(bin, byte(x)) //nolint:gosec // the byte is the number
			}
		}
	}
	text, err = json.MarshalIndent(scales, "", " ")
	return bin, append(text, '\n'), err
}
