package main

import (
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/hidden"
	"github.com/mantlet-mcp/mantlet/internal/inspect/model"
	"github.com/mantlet-mcp/mantlet/internal/inspect/pack"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/test/corpus"
)

// A scorer gives a document a score: more is worse. A new detector is one more row of rows.
type scorer func(d *corpus.Doc) float64

// A row is a detector, and from which score on it speaks as it is shipped: shown, and stopping.
type row struct {
	name        string
	on          string // the suite
	score       scorer
	shown, stop float64
	graded      bool // its scores are fine enough for thresholds of our choice
}

func rows(m *model.Model) []row {
	low, _, high := m.Tiers(model.Definition)
	dataLow, _, dataHigh := m.Tiers(model.Data)
	level := func(s finding.Severity) float64 { return float64(s) }
	list := []row{
		{"model/definition", "definition", logit(m, model.Definition), float64(low), float64(high), true},
		{"rule (definitions)", "definition", rules(), float64(rule.Medium), float64(rule.High), false},
		{"hidden", "definition", find(hidden.Runes{}), level(finding.Low), level(finding.High), false},
		{"model/data", "data", logit(m, model.Data), float64(dataLow), float64(dataHigh), true},
		{"hidden", "data", find(hidden.Runes{}), level(finding.Low), level(finding.High), false},
		{"pack/core", "data", find(packed()), level(finding.Medium), level(finding.Critical), false},
	}
	return append(list, together("definition", list), together("data", list))
}

// together shows what any detector of a suite shows, and stops what any stops.
func together(suite string, list []row) row {
	return row{"all together", suite, func(d *corpus.Doc) (worst float64) {
		for i := range list {
			if list[i].on != suite {
				continue
			}
			switch z := list[i].score(d); {
			case z >= list[i].stop:
				return 2
			case z >= list[i].shown:
				worst = 1
			}
		}
		return worst
	}, 1, 2, false}
}

func logit(m *model.Model, h model.Head) scorer {
	return func(d *corpus.Doc) float64 {
		worst := -30.0
		for _, t := range d.Texts {
			worst = max(worst, float64(m.Logit(h, []byte(t))))
		}
		return worst
	}
}

// A detector is what the room asks.
type detector interface {
	Find(dst []finding.Hit, text []byte) []finding.Hit
}

// find scores a document by the worst hit in its texts.
func find(x detector) scorer {
	return func(d *corpus.Doc) (worst float64) {
		for _, t := range d.Texts {
			worst = max(worst, float64(finding.Worst(x.Find(nil, []byte(t)))))
		}
		return worst
	}
}

// packed is the pack that is compiled in, for what tools answer.
func packed() detector {
	p, err := pack.Builtin()
	if err != nil {
		panic(err) // its own tests read it
	}
	e, err := pack.New(p)
	if err != nil {
		panic(err)
	}
	return e.On("data")
}

// rules scores a definition by the worst finding of the rules, as the scan shows it to them.
func rules() scorer {
	e := rule.New()
	return func(d *corpus.Doc) float64 {
		def, err := rule.Read("server", "tool", d.Raw)
		if err != nil {
			return 0
		}
		return float64(rule.Worst(e.Scan(def)))
	}
}
