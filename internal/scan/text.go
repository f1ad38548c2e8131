package scan

import (
	"fmt"
	"io"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
)

// maxShown is how many places of one rule a person is shown of one server.
const maxShown = 5

// colours are SGR codes (ECMA-48, 8.3.117) by severity.
var colours = map[rule.Severity]string{rule.Critical: "1;31", rule.High: "31", rule.Medium: "33", rule.Low: "36", rule.Info: "2"}

// Text writes the report for a person: by server, the gravest first, what of one rule is
// wrong once with the places below it. Everything that came from a peer is escaped.
func (r *Report) Text(w io.Writer, colour bool) error {
	p := printer{colour: colour}
	for i, t := range r.Targets {
		p.target(t, r.of(i))
	}
	p.target(Target{}, r.of(across))
	for _, n := range r.Notes {
		p.line("note: " + n)
	}
	p.line(r.summary())
	_, err := io.WriteString(w, p.b.String())
	return err
}

type printer struct {
	b      strings.Builder
	colour bool
}

func (p *printer) line(s string) { p.b.WriteString(s + "\n") }

func (p *printer) target(t Target, found []Finding) {
	head := fmt.Sprintf("%s (%s): ", mantlet.Escape(t.Server), mantlet.Escape(t.Input))
	if t.Input == "" {
		if len(found) == 0 {
			return
		}
		head = "together: "
	}
	if len(t.Seen) > 0 || len(found) == 0 {
		head += plural(len(t.Seen), "definition") + ", "
	}
	p.line(head + plural(len(found), "finding"))
	for len(found) > 0 {
		n := 1
		for n < len(found) && found[n].Rule == found[0].Rule && found[n].Severity == found[0].Severity {
			n++
		}
		p.rule(found[:n])
		found = found[n:]
	}
	p.line("")
}

// rule writes the findings of one rule and severity.
func (p *printer) rule(found []Finding) {
	f := found[0]
	mark := fmt.Sprintf("%-8s", f.Severity)
	if p.colour {
		mark = "\x1b[" + colours[f.Severity] + "m" + mark + "\x1b[0m"
	}
	p.line(fmt.Sprintf("  %s %s %s", mark, f.Rule, f.Title))
	for i, f := range found {
		if i == maxShown {
			p.line(fmt.Sprintf("             and %d more (--output json shows all)", len(found)-i))
			break
		}
		p.line("             " + place(f))
	}
	p.line("           " + f.Words)
}

// place says where a finding is, and shows it.
func place(f Finding) string {
	var at []string
	if f.Kind != "server" && f.Kind != "configuration" {
		at = append(at, strings.TrimSpace(f.Kind+" "+cut(mantlet.Escape(f.Name))))
	}
	if f.Kind == "configuration" {
		at = append(at, mantlet.Escape(f.Input))
	}
	if f.Field != "" && f.Field != f.Name {
		at = append(at, cut(mantlet.Escape(f.Field)))
	}
	out := strings.Join(at, ", ")
	if f.Excerpt != "" {
		out = strings.TrimPrefix(out+": "+f.Excerpt, ": ")
	}
	return out
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (r *Report) summary() string {
	var counts []string
	for s := rule.Critical; s >= rule.Info; s-- {
		if n := r.Count(s); n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, s))
		}
	}
	found := "nothing found"
	if len(counts) > 0 {
		found = strings.Join(counts, ", ")
	}
	out := fmt.Sprintf("%s, %s: %s", plural(len(r.Targets), "server"), plural(r.Definitions(), "definition"), found)
	if r.Known > 0 {
		out += fmt.Sprintf("; %d in the baseline are not shown", r.Known)
	}
	return out
}
