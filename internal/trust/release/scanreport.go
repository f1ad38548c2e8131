package release

import (
	"encoding/json"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet"
)

// What is read of the JSON of mantlet scan.
type scanReport struct {
	Version int `json:"version"`
	Known   int `json:"inBaseline"`
	Servers []struct {
		Server string `json:"server"`
		Seen   []struct {
			Kind   string `json:"kind"`
			Digest string `json:"digest"` // as package definition takes it, which is of the name, too
		} `json:"definitions"`
	} `json:"servers"`
	Findings []struct {
		Server   string `json:"server"`
		Kind     string `json:"kind"`
		Severity string `json:"severity"`
	} `json:"findings"`
	Notes []string `json:"notes"`
}

// listed are the kinds that a scan looks at; a launch it judges by the entry.
var listed = map[string]bool{"tool": true, "prompt": true, "resource": true, "template": true, "instructions": true}

// readScan is Failed where a finding about the server is high or critical, and Unknown where
// the report is not one of all of the proposal's definitions, hides findings behind a
// baseline, or says that something was not looked at.
func (p *Proposal) readScan(b []byte) Reading {
	if len(b) > MaxReport {
		return unknown("the report has %d bytes; at most %d are read", len(b), MaxReport)
	}
	var r scanReport
	if !jsontext.Value(b).IsValid() || json.Unmarshal(b, &r) != nil || r.Version != 1 {
		return unknown("it is no JSON report of mantlet scan")
	}
	grave, mild := 0, 0
	for _, f := range r.Findings {
		switch {
		case f.Server != p.Server && f.Server != mantlet.Escape(p.Server) && f.Kind != "configuration":
		case f.Severity == "info" || f.Severity == "low" || f.Severity == "medium":
			mild++
		default:
			grave++
		}
	}
	out := Reading{Tool: "mantlet scan", Outcome: Satisfied, Why: fmt.Sprintf("%d findings of high or critical, %d below", grave, mild)}
	switch why := p.unseen(&r); {
	case grave > 0:
		out.Outcome = Failed
	case r.Known > 0:
		out.Outcome, out.Why = Unknown, "the report was made with a baseline; make it without one"
	case len(r.Notes) > 0:
		out.Outcome, out.Why = Unknown, fmt.Sprintf("the report says that something was not looked at: %.300s", mantlet.Escape(r.Notes[0]))
	case why != "":
		out.Outcome, out.Why = Unknown, why
	}
	return out
}

// unseen says which of the proposal's definitions the report did not look at.
func (p *Proposal) unseen(r *scanReport) string {
	seen := make(map[string]bool)
	for _, s := range r.Servers {
		if s.Server != p.Server {
			continue
		}
		for _, d := range s.Seen {
			seen[d.Kind+" "+d.Digest] = true
		}
	}
	for _, i := range p.Items {
		if listed[i.Kind] && !seen[i.Kind+" "+i.Digest.String()] {
			return fmt.Sprintf("the report did not look at this definition of the %s %.200s", mantlet.Escape(i.Kind), mantlet.Escape(i.Name))
		}
	}
	return ""
}
