package scan

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/mantlet-mcp/mantlet"
)

// pageHead begins a page that holds no script and fetches nothing: its policy forbids both,
// should an escape ever be missed.
const pageHead = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>mantlet scan</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{font-size:1.1rem;margin:2rem 0 .5rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.4rem;border-top:1px solid #ddd}
code{overflow-wrap:anywhere}.critical,.high{color:#a00;font-weight:600}.medium{color:#850}.low,.info{color:#057}small{color:#666}
</style></head><body>
<h1>mantlet scan</h1>
`

type htmlSection struct {
	Title    string
	Seen     int
	Findings []Finding
}

// HTML writes the report as one page that needs nothing else. It is written by hand: a
// template would keep every method of the binary alive, for a page with five holes.
func (r *Report) HTML(w io.Writer) error {
	var all []htmlSection
	for i, t := range r.Targets {
		all = append(all, htmlSection{mantlet.Escape(t.Server) + " (" + mantlet.Escape(t.Input) + ")", len(t.Seen), r.of(i)})
	}
	if together := r.of(across); len(together) > 0 {
		all = append(all, htmlSection{"together", 0, together})
	}
	var b strings.Builder
	b.WriteString(pageHead)
	fill(&b, "<p>%s</p>\n", r.summary())
	for _, s := range all {
		s.write(&b)
	}
	for _, note := range r.Notes {
		fill(&b, "<p>note: %s</p>\n", note)
	}
	b.WriteString("</body></html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// fill writes format with every value escaped, as the text of an element or the value of a
// quoted attribute.
func fill(b *strings.Builder, format string, values ...string) {
	escaped := make([]any, len(values))
	for i, v := range values {
		escaped[i] = html.EscapeString(v)
	}
	fmt.Fprintf(b, format, escaped...)
}

func (s *htmlSection) write(b *strings.Builder) {
	fill(b, "<h2>%s</h2>\n<p><small>%s, %s</small></p>\n", s.Title, plural(s.Seen, "definition"), plural(len(s.Findings), "finding"))
	if len(s.Findings) > 0 {
		b.WriteString("<table><thead><tr><th>severity</th><th>rule</th><th>what, and what to do</th></tr></thead><tbody>\n")
		for _, f := range s.Findings {
			severity := f.Severity.String()
			fill(b, "<tr><td class=\"%s\">%s</td><td>%s</td><td><b>%s</b><br><code>%s</code><br>%s</td></tr>\n", severity, severity, f.Rule, f.Title, place(f), f.Words)
		}
		b.WriteString("</tbody></table>")
	}
	b.WriteString("\n")
}
