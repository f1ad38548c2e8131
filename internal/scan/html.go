package scan

import (
	"html/template"
	"io"

	"github.com/mantlet-mcp/mantlet"
)

// page holds no script and fetches nothing: its policy forbids both, should an escape
// ever be missed.
var page = template.Must(template.New("report").Funcs(template.FuncMap{"shown": mantlet.Escape, "place": place, "plural": plural}).Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>mantlet scan</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{font-size:1.1rem;margin:2rem 0 .5rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.4rem;border-top:1px solid #ddd}
code{overflow-wrap:anywhere}.critical,.high{color:#a00;font-weight:600}.medium{color:#850}.low,.info{color:#057}small{color:#666}
</style></head><body>
<h1>mantlet scan</h1>
<p>{{.Summary}}</p>
{{range .Sections}}<h2>{{.Title}}</h2>
<p><small>{{plural .Seen "definition"}}, {{plural (len .Findings) "finding"}}</small></p>
{{if .Findings}}<table><thead><tr><th>severity</th><th>rule</th><th>what, and what to do</th></tr></thead><tbody>
{{range .Findings}}<tr><td class="{{.Severity}}">{{.Severity}}</td><td>{{.Rule}}</td><td><b>{{.Title}}</b><br><code>{{place .}}</code><br>{{.Words}}</td></tr>
{{end}}</tbody></table>{{end}}
{{end}}{{range .Notes}}<p>note: {{.}}</p>
{{end}}</body></html>
`))

type htmlSection struct {
	Title    string
	Seen     int
	Findings []Finding
}

// HTML writes the report as one page that needs nothing else.
func (r *Report) HTML(w io.Writer) error {
	var all []htmlSection
	for i, t := range r.Targets {
		all = append(all, htmlSection{mantlet.Escape(t.Server) + " (" + mantlet.Escape(t.Input) + ")", len(t.Seen), r.of(i)})
	}
	if together := r.of(across); len(together) > 0 {
		all = append(all, htmlSection{"together", 0, together})
	}
	return page.Execute(w, map[string]any{"Summary": r.summary(), "Sections": all, "Notes": r.Notes})
}
