// Package finding holds the words that the detectors of the inspection room share: what was
// found, where in a text, and how bad it is. It decides nothing: what follows from a hit is
// the room's configuration.
package finding

import (
	"fmt"
	"strconv"
)

// A Severity says how bad a hit is. What each leads to is configured; as it comes, high and
// critical stop what they stand in, and what is lower is shown.
type Severity uint8

// The severities, in rising order. The zero value is none.
const (
	Info Severity = iota + 1
	Low
	Medium
	High
	Critical
)

var severities = [...]string{"none", "info", "low", "medium", "high", "critical"}

// String is the severity's name in lower case.
func (s Severity) String() string {
	if int(s) < len(severities) {
		return severities[s]
	}
	return "severity " + strconv.Itoa(int(s))
}

// ParseSeverity reads a severity's name.
func ParseSeverity(s string) (Severity, error) {
	for i, name := range severities[1:] {
		if s == name {
			return Severity(i + 1), nil //nolint:gosec // there are five
		}
	}
	return 0, fmt.Errorf("%q is no severity; use info, low, medium, high or critical", s)
}

// A Hit is one thing that a detector found in one text.
type Hit struct {
	Rule       string // whose meaning never changes: "secret/github-token", "sink/path-traversal"
	Severity   Severity
	Start, End int    // bytes of the text that was looked at
	Words      string // what is wrong, then what to do; for people, never holding the text itself
}

// Worst is the highest severity among hits; zero where there are none.
func Worst(hits []Hit) (worst Severity) {
	for i := range hits {
		worst = max(worst, hits[i].Severity)
	}
	return worst
}
