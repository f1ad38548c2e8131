package passkey

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/mantlet-mcp/mantlet"
)

// page is a as one page that holds no script of its own: approve.js reads data-options. It
// is written by hand: a template would keep every method of the binary alive.
func page(a *Action, options string) string {
	button, done := "Approve with a passkey", "Approved. This page can be closed."
	if a.Enrol != nil {
		button, done = "Enrol a passkey", "Enrolled. This page can be closed."
	}
	var b strings.Builder
	b.WriteString(`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="/approve.css"><script src="/approve.js" defer></script>
`)
	fill(&b, "<title>Mantlet: %s</title></head><body>\n<main>\n<p class=\"mark\">Mantlet asks</p>\n<h1>%s</h1>\n", visible(a.Title), visible(a.Title))
	for _, p := range a.Passages {
		fill(&b, "<section><h2>%s</h2><pre>%s</pre></section>\n", visible(p.Label), visible(p.Text))
	}
	fill(&b, "<p class=\"digest\">Digest <code>%x</code></p>\n", a.Challenge)
	fill(&b, "<p class=\"act\"><button id=\"act\" data-options=\"%s\" data-done=\"%s\" data-enrol=\"%s\">%s</button></p>\n", options, done, strconv.FormatBool(a.Enrol != nil), button)
	b.WriteString("<p id=\"outcome\" role=\"status\" aria-live=\"polite\"></p>\n<noscript><p>This page needs its script to reach the passkey.</p></noscript>\n</main></body></html>\n")
	return b.String()
}

// visible is text in which what hides, reverses or moves text is written as an escape; line
// breaks stay.
func visible(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = mantlet.Escape(line)
	}
	return strings.Join(lines, "\n")
}

// fill writes format with every value escaped, as the text of an element or the value of a
// quoted attribute.
func fill(b *strings.Builder, format string, values ...any) {
	for i, v := range values {
		if s, ok := v.(string); ok {
			values[i] = html.EscapeString(s)
		}
	}
	fmt.Fprintf(b, format, values...)
}
