package rule

import "strconv"

// A Severity says what a finding should do: high and critical keep a definition back at
// first sight, what is lower is shown.
type Severity uint8

// The severities, in rising order. The zero value is none.
const (
	Info Severity = iota + 1
	Low
	Medium
	High
	Critical
)

// String is the severity's name in lower case.
func (s Severity) String() string {
	names := [...]string{"none", "info", "low", "medium", "high", "critical"}
	if int(s) < len(names) {
		return names[s]
	}
	return "severity " + strconv.Itoa(int(s))
}

// A Rule is one thing that is looked for. ID never changes its meaning. Refs name threats
// (H01 is reference threat 2H), OWASP's MCP top ten (MCP03), SAFE-MCP techniques (SAFE-T1001).
type Rule struct {
	ID       string
	Title    string
	Severity Severity // the highest that it gives, but for what stands in an encoded text
	Words    string   // what is wrong and what to do
	Refs     []string
	True     []string // descriptions that it must find
	False    []string // descriptions that it must not find at high or above

	patterns []string // see pattern.go
	quoted   Severity // instead of Severity where the text is about detection or is an example; 0 leaves it
	encoded  Severity // instead of Severity where the text was encoded; 0 leaves it
	parts    []Part   // where it looks; none is everywhere
	not      []string // kinds of definition in which it is no news
}

// A Finding is one place where a rule applies. Start and End are bytes of the field's value
// as it came. Excerpt is escaped, at most 120 bytes, without what looks like a secret.
type Finding struct {
	Rule       string
	Severity   Severity
	Field      string
	Start, End int
	Words      string
	Excerpt    string
}

// Worst is the highest severity among findings; zero where there are none.
func Worst(found []Finding) (worst Severity) {
	for _, f := range found {
		worst = max(worst, f.Severity)
	}
	return worst
}
