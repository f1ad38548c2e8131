package pack

import (
	"regexp"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// A rule is a Rule, compiled.
type rule struct {
	id, words     string
	severity      finding.Severity
	within        int
	match, unless *regexp.Regexp
}

// beside is how far from a match an exception may stand: who writes an attack must not be able
// to write one somewhere else.
const beside = 60

// try is where the rule applies in a window of a view.
func (r *rule) try(window []byte) (from, to int, ok bool) {
	at := r.match.FindIndex(window)
	if at == nil || r.unless != nil && r.unless.Match(window[max(0, at[0]-beside):min(len(window), at[1]+beside)]) {
		return 0, 0, false
	}
	return at[0], at[1], true
}
