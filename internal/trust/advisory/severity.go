package advisory

import (
	"fmt"
	"strings"

	cvss20 "github.com/pandatix/go-cvss/20"
	cvss30 "github.com/pandatix/go-cvss/30"
	cvss31 "github.com/pandatix/go-cvss/31"
	cvss40 "github.com/pandatix/go-cvss/40"
)

// A Severity is how bad a hole is. Unrated, which nobody rated, is not the least.
type Severity uint8

// The severities, in CVSS's words.
const (
	Unrated Severity = iota
	None
	Low
	Medium
	High
	Critical
)

var severities = [...]string{"unrated", "none", "low", "medium", "high", "critical"}

func (s Severity) String() string {
	if int(s) < len(severities) {
		return severities[s]
	}
	return severities[Unrated]
}

// ParseSeverity reads low, medium, high or critical, and GitHub's moderate.
func ParseSeverity(s string) (Severity, error) {
	for i, name := range severities {
		if i > 0 && strings.EqualFold(s, name) {
			return Severity(i), nil //nolint:gosec // below 6
		}
	}
	if strings.EqualFold(s, "moderate") {
		return Medium, nil
	}
	return Unrated, fmt.Errorf("%q is no severity; write low, medium, high or critical", s)
}

// A rating is the worst that anybody said of a hole.
type rating struct {
	severity Severity
	score    float64 // CVSS base score, 0 where no vector was read
}

func (r *rating) worse(other rating) {
	r.severity = max(r.severity, other.severity)
	r.score = max(r.score, other.score)
}

// rate reads one of OSV's severity entries; what cannot be read rates nothing.
func rate(kind, score string) rating {
	switch kind {
	case "CVSS_V2", "CVSS_V3", "CVSS_V4":
		if n, ok := base(score); ok {
			return rating{level(n, kind == "CVSS_V2"), n}
		}
	default: // Ubuntu and others say a word
		s, _ := ParseSeverity(score)
		return rating{severity: s}
	}
	return rating{}
}

// base is the base score of a vector of any version, 0.0 to 10.0; for CVSS 4.0 its score
// with the threat and environmental metrics that it holds.
func base(vector string) (float64, bool) {
	switch {
	case strings.HasPrefix(vector, "CVSS:4.0/"):
		v, err := cvss40.ParseVector(vector)
		if err != nil {
			return 0, false
		}
		return v.Score(), true
	case strings.HasPrefix(vector, "CVSS:3.1/"):
		v, err := cvss31.ParseVector(vector)
		if err != nil {
			return 0, false
		}
		return v.BaseScore(), true
	case strings.HasPrefix(vector, "CVSS:3.0/"):
		v, err := cvss30.ParseVector(vector)
		if err != nil {
			return 0, false
		}
		return v.BaseScore(), true
	}
	v, err := cvss20.ParseVector(strings.Trim(vector, "()"))
	if err != nil {
		return 0, false
	}
	return v.BaseScore(), true
}

// level is the qualitative scale of CVSS 3 and 4; NVD's for version 2, which has no
// critical and no none.
func level(score float64, two bool) Severity {
	switch {
	case score >= 9 && !two:
		return Critical
	case score >= 7:
		return High
	case score >= 4:
		return Medium
	case score > 0 || two:
		return Low
	}
	return None
}
