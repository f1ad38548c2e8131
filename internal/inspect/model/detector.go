package model

import "github.com/mantlet-mcp/mantlet/internal/inspect/finding"

// A Detector is one head as the room asks it.
type Detector struct {
	m     *Model
	head  Head
	rule  string
	words string
}

// Definitions judges what servers say of their tools.
func (m *Model) Definitions() Detector {
	return Detector{m, Definition, "model/definition", "it reads like an order to the model rather than a description; show it to a person before it is approved"}
}

// Data judges results, documents and prompts.
func (m *Model) Data() Detector {
	return Detector{m, Data, "model/data", "it reads like an order to the model rather than data; treat what follows from it as the work of a stranger"}
}

// Find appends one hit, the worst window of text, where the text's score is as rare among
// honest documents as a tier asks; see docs/detection.md for how rare.
func (d Detector) Find(dst []finding.Hit, text []byte) []finding.Hit {
	z, start, end := d.m.judge(d.head, text)
	severity := d.m.heads[d.head].severity(z)
	if severity == 0 {
		return dst
	}
	return append(dst, finding.Hit{Rule: d.rule, Severity: severity, Start: start, End: end, Words: d.words})
}

// severity is never critical: a score alone is no evidence.
func (s *Scales) severity(z float32) finding.Severity {
	switch {
	case z >= s.High:
		return finding.High
	case z >= s.Medium:
		return finding.Medium
	case z >= s.Low:
		return finding.Low
	}
	return 0
}

// Tiers are the logits from which a hit of a head is low, medium and high.
func (m *Model) Tiers(which Head) (low, medium, high float32) {
	s := &m.heads[which].Scales
	return s.Low, s.Medium, s.High
}
