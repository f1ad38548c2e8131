package scan

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
)

// JSON writes the report for programs: counts by severity, the targets, the findings.
func (r *Report) JSON(w io.Writer) error {
	type graded struct {
		Finding
		Severity string `json:"severity"`
	}
	out := struct {
		Version  int            `json:"version"`
		Counts   map[string]int `json:"counts"`
		Known    int            `json:"inBaseline"`
		Targets  []Target       `json:"servers"`
		Findings []graded       `json:"findings"`
		Notes    []string       `json:"notes"`
	}{1, make(map[string]int), r.Known, append([]Target{}, r.Targets...), []graded{}, append([]string{}, r.Notes...)}
	for s := rule.Info; s <= rule.Critical; s++ {
		out.Counts[s.String()] = r.Count(s)
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, graded{f, f.Severity.String()})
	}
	return write(w, out)
}

// write is JSON that a terminal may show: what would hide in it is escaped.
func write(w io.Writer, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	for line := range strings.SplitSeq(string(raw), "\n") {
		if _, err := w.Write(append(mantlet.EscapeJSON([]byte(line)), '\n')); err != nil {
			return err
		}
	}
	return nil
}

type (
	suites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Suites   []suite  `xml:"testsuite"`
	}
	suite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []*testcase `xml:"testcase"`
	}
	testcase struct {
		Class    string    `xml:"classname,attr"`
		Name     string    `xml:"name,attr"`
		Failures []failure `xml:"failure"`
		Out      string    `xml:"system-out,omitempty"`
	}
	failure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes one suite for each server and one case for each definition, beside one for
// how the server is started. What is below failOn is told, and is no failure.
func (r *Report) JUnit(w io.Writer, failOn rule.Severity) error {
	all := suites{Name: "mantlet scan"}
	for i, t := range r.Targets {
		s := suite{Name: mantlet.Escape(t.Server)}
		for _, seen := range append([]Seen{{Kind: "server"}}, t.Seen...) {
			s.Cases = append(s.Cases, &testcase{Class: mantlet.Escape(t.Server) + "." + seen.Kind, Name: mantlet.Escape(seen.Name + t.ifServer(seen))})
		}
		all.add(s, t.Seen, r.of(i), failOn)
	}
	if together := r.of(across); len(together) > 0 {
		all.add(suite{Name: "together", Cases: []*testcase{{Class: "configuration", Name: "together"}}}, nil, together, failOn)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (t Target) ifServer(s Seen) string {
	if s.Kind == "server" {
		return t.Server
	}
	return ""
}

// add puts each finding to its case; the first case is the server's own.
func (all *suites) add(s suite, seen []Seen, found []Finding, failOn rule.Severity) {
	at := make(map[Seen]*testcase, len(seen))
	for i, one := range seen {
		one.Digest = "" // a finding has none
		if at[one] == nil {
			at[one] = s.Cases[i+1]
		}
	}
	failed := make(map[*testcase]bool)
	for _, f := range found {
		c := at[Seen{Kind: f.Kind, Name: f.Name}]
		if c == nil {
			c = s.Cases[0]
		}
		text := fmt.Sprintf("%s %s: %s: %s. %s", f.Severity, f.Rule, f.Title, place(f), f.Words)
		if f.Severity < failOn {
			c.Out += text + "\n"
			continue
		}
		failed[c] = true
		c.Failures = append(c.Failures, failure{Message: f.Title, Type: f.Rule, Text: text})
	}
	s.Tests, s.Failures = len(s.Cases), len(failed)
	all.Tests, all.Failures = all.Tests+s.Tests, all.Failures+s.Failures
	all.Suites = append(all.Suites, s)
}
