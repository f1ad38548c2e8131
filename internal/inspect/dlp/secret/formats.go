package secret

import (
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// A check looks at what a pattern found at text[from:to]. It says where the secret ends and
// how bad it is in place of what the table says; 0 is no hit.
type check func(text []byte, from, to int) (int, finding.Severity)

// A format is a kind of token: its rule, how bad it is, its patterns with spaces between
// them, and a check of what a pattern found, or nil.
type format struct {
	rule     string
	severity finding.Severity
	patterns string
	check    check
}

// A trial is a shape to be tried where its word stands.
type trial struct {
	shape
	rule, words string
	severity    finding.Severity
	check       check
	free        bool // it adds up, so that what stands around it says nothing
	plain       bool // its check alone says what is a placeholder
}

func trials() (all []trial) {
	for _, table := range [][]format{clouds, forges, models, payments, services, talk, machines} {
		for _, f := range table {
			for pattern := range strings.FieldsSeq(f.patterns) {
				all = append(all, f.trial(pattern))
			}
		}
	}
	return all
}

func (f *format) trial(pattern string) trial {
	what := strings.ReplaceAll(strings.TrimPrefix(f.rule, "secret/"), "-", " ")
	t := trial{shape: parse(pattern), rule: f.rule, severity: f.severity, check: f.check,
		words: "it holds a secret (" + what + "); take it out, and replace it where it was issued"}
	t.free = f.rule == "secret/github-token" || f.rule == "secret/npm-token"
	t.plain = t.word == "-----BEGIN" || t.word == "://" || t.word == "otpauth://" || strings.HasPrefix(t.word, "eyJ")
	return t
}

// The severities, short, for the tables.
const (
	crit   = finding.Critical
	high   = finding.High
	medium = finding.Medium
	low    = finding.Low
)
