package sink

import (
	"bytes"
	"math"
	"strconv"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// amount holds an amount against its bounds. Bounds are compared as float64: beyond 15 digits two
// amounts may be one.
func (k *look) amount(text []byte) {
	plain := bytes.Trim(text, " \t$€£¥")
	v, err := strconv.ParseFloat(string(plain), 64)
	bounded := k.policy.Least != nil || k.policy.Most != nil
	switch {
	case err != nil && !bounded && !math.IsInf(v, 0):
		return
	case err != nil, math.IsNaN(v), math.IsInf(v, 0):
		k.say(noAmount, severityIf(bounded), 0, len(text))
		return
	}
	if k.policy.Least != nil && v < *k.policy.Least || k.policy.Most != nil && v > *k.policy.Most {
		k.say(beyond, finding.High, 0, len(text))
	}
	if v < 0 && k.policy.Least == nil {
		k.say(negative, finding.Medium, 0, len(text))
	}
	if bytes.ContainsAny(plain, "eExX_") {
		k.say(noAmount, finding.Medium, 0, len(text))
	}
}

func severityIf(bounded bool) finding.Severity {
	if bounded {
		return finding.High
	}
	return finding.Medium
}
