package release

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet"
)

// MaxReport is how many bytes of a report are read.
const MaxReport = 32 << 20

// maxResults is how many results of a report are looked at.
const maxResults = 200_000

// What is read of SARIF 2.1.0 (OASIS, 27 March 2020); sections in the comments.
type (
	sarifLog struct {
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct { // 3.14
		Tool struct {
			Driver     sarifComponent   `json:"driver"`
			Extensions []sarifComponent `json:"extensions"`
		} `json:"tool"`
		Invocations []struct { // 3.20
			Successful *bool             `json:"executionSuccessful"`
			Overrides  []json.RawMessage `json:"ruleConfigurationOverrides"`
		} `json:"invocations"`
		Results  *[]sarifResult `json:"results"`
		External *struct {
			Results []json.RawMessage `json:"results"`
		} `json:"externalPropertyFileReferences"`
	}
	sarifComponent struct { // 3.19
		Name     string      `json:"name"`
		Version  string      `json:"version"`
		Semantic string      `json:"semanticVersion"`
		Rules    []sarifRule `json:"rules"`
	}
	sarifRule struct { // 3.49
		ID            string `json:"id"`
		Configuration struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration"`
	}
	sarifResult struct { // 3.27
		RuleID string `json:"ruleId"`
		Rule   struct {
			ID string `json:"id"`
		} `json:"rule"`
		Index        *int   `json:"ruleIndex"`
		Kind         string `json:"kind"`
		Level        string `json:"level"`
		Baseline     string `json:"baselineState"`
		Suppressions []struct {
			Status string `json:"status"`
		} `json:"suppressions"`
	}
)

// grades are the levels of 3.27.10, the gravest last.
var grades = []string{"none", "note", "warning", "error"}

// readSARIF is Failed where a result of the level error is left, and Unknown where the run
// did not end well, holds no results, keeps them elsewhere, or leaves some open.
func readSARIF(b []byte) Reading {
	if len(b) > MaxReport {
		return unknown("the report has %d bytes; at most %d are read", len(b), MaxReport)
	}
	var log sarifLog
	if !jsontext.Value(b).IsValid() || json.Unmarshal(b, &log) != nil {
		return unknown("the report is not strict JSON of the shape of SARIF")
	}
	if log.Version != "2.1.0" || len(log.Runs) == 0 {
		return unknown("the report is no SARIF 2.1.0 with a run")
	}
	var n sarifCount
	for i := range log.Runs {
		if why := n.run(&log.Runs[i]); why != "" {
			return Reading{Tool: n.tool(), Why: why}
		}
	}
	r := Reading{Tool: n.tool(), Outcome: Satisfied, Why: fmt.Sprintf("%d errors, %d warnings, %d notes; %d suppressed", n.at[3], n.at[2], n.at[1], n.suppressed)}
	switch {
	case n.at[3] > 0:
		r.Outcome = Failed
	case n.open > 0:
		r.Outcome, r.Why = Unknown, fmt.Sprintf("%d results are left open or for review", n.open)
	}
	return r
}

type sarifCount struct {
	tools            []string
	at               [4]int // by grade
	suppressed, open int
	seen             int
}

func (n *sarifCount) tool() string { return strings.Join(n.tools, ", ") }

// run counts one run, or says why nothing follows from it.
func (n *sarifCount) run(r *sarifRun) (why string) {
	d := &r.Tool.Driver
	if d.Name == "" {
		return "a run does not name its tool"
	}
	version := d.Semantic
	if version == "" {
		version = d.Version
	}
	if len(n.tools) < 10 {
		n.tools = append(n.tools, mantlet.Escape(strings.TrimSpace(fmt.Sprintf("%.200s %.100s", d.Name, version))))
	}
	for _, v := range r.Invocations {
		if v.Successful == nil || !*v.Successful {
			return "the tool did not end well"
		}
		if len(v.Overrides) > 0 {
			return "the run overrides the levels of rules, which is not read"
		}
	}
	switch {
	case r.Results == nil:
		return "the run holds no results: it did not look"
	case r.External != nil && len(r.External.Results) > 0:
		return "the run keeps results in other files"
	}
	if n.seen += len(*r.Results); n.seen > maxResults {
		return fmt.Sprintf("the report has more than %d results", maxResults)
	}
	for i := range *r.Results {
		n.result(r, &(*r.Results)[i])
	}
	return ""
}

func (n *sarifCount) result(r *sarifRun, one *sarifResult) {
	switch {
	case one.suppressed():
		n.suppressed++
		return
	case one.Baseline == "absent": // 3.27.24: it was there before, and is not now
		return
	}
	switch one.Kind { // 3.27.9
	case "", "fail":
		grade := slices.Index(grades, r.level(one))
		if grade < 0 {
			grade = len(grades) - 1 // a level that nobody knows is no smaller than error
		}
		n.at[grade]++
	case "pass", "informational", "notApplicable":
	default: // open, review, and what nobody knows
		n.open++
	}
}

// suppressed is 3.27.23: there are suppressions, and none of them is under review or
// rejected.
func (one *sarifResult) suppressed() bool {
	for _, s := range one.Suppressions {
		if s.Status != "" && s.Status != "accepted" {
			return false
		}
	}
	return len(one.Suppressions) > 0
}

// level is the result's own, or the gravest that its rule has by default, or warning
// (3.27.10).
func (r *sarifRun) level(one *sarifResult) string {
	if one.Level != "" {
		return one.Level
	}
	id, level := one.RuleID, "warning"
	if id == "" {
		id = one.Rule.ID
	}
	if rules := r.Tool.Driver.Rules; id == "" && one.Index != nil && *one.Index >= 0 && *one.Index < len(rules) {
		id = rules[*one.Index].ID
	}
	found := -1
	for _, c := range append([]sarifComponent{r.Tool.Driver}, r.Tool.Extensions...) {
		for _, rule := range c.Rules {
			if rule.ID == id || strings.HasPrefix(id, rule.ID+"/") { // 3.27.5: hierarchical
				found = max(found, slices.Index(grades, rule.Configuration.Level))
			}
		}
	}
	if found >= 0 {
		level = grades[found]
	}
	return level
}
