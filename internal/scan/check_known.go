package scan

import (
	"fmt"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/trust/advisory"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
	"github.com/mantlet-mcp/mantlet/internal/trust/sbom"
)

// Advisories are what is known of packages, and the time at which their age is judged.
// The zero value knows nothing, and a report then says so.
type Advisories struct {
	Data *advisory.Data
	Now  time.Time
}

// everything is a gate that weighs nothing by itself: each hole is a finding of its own,
// and what remains of its verdict is what it does not know.
var everything = advisory.Gate{Fail: advisory.Critical + 1}

// holes compares the packages that a server is with the advisories.
func (g *group) holes(s *served) {
	parts, unknown := components(s.Server)
	if len(parts)+len(unknown) == 0 {
		return
	}
	if g.c.advisories.Data == nil {
		g.uncompared = g.uncompared || len(parts) > 0
		return
	}
	if len(parts) > 0 {
		v := everything.Judge(g.c.advisories.Data, parts, g.c.advisories.Now)
		for i := range v.Matches {
			g.addServer(s, hole(s, &v.Matches[i]))
		}
		unknown = append(unknown, v.Reasons...)
		g.compared += len(parts)
	}
	for i, why := range unknown {
		if i == maxUnknown {
			g.addServer(s, Finding{Rule: checkUnknown, Excerpt: fmt.Sprintf("and %d more", len(unknown)-i)})
			return
		}
		g.addServer(s, Finding{Rule: checkUnknown, Excerpt: cut(why)})
	}
}

// maxUnknown is how many reasons are written out: an SBOM of packages from nowhere has one
// for each.
const maxUnknown = 20

// components are the packages of which the version is known, as OSV names them, and why
// nothing can be said of the others.
func components(s *Server) (parts []advisory.Component, unknown []string) {
	for _, c := range s.Parts {
		parts = append(parts, advisory.Component{Ecosystem: c.Ecosystem, Name: c.Name, Version: c.Version})
	}
	if s.Entry == nil {
		return parts, nil
	}
	line := runner.Parse(s.Entry.Command, s.Entry.Args)
	for _, p := range line.Packages {
		ecosystem := ecosystems[p.Kind]
		switch {
		case ecosystem == "":
		case line.Unsure != "" || !p.Exact():
			unknown = append(unknown, "the version of "+mantlet.Escape(p.Name)+" is not known before it starts")
		default:
			parts = append(parts, advisory.Component{Ecosystem: ecosystem, Name: p.Name, Version: exact(p)})
		}
	}
	return parts, unknown
}

// ecosystems are OSV's words; it has none for images, repositories and addresses.
var ecosystems = map[runner.Kind]string{runner.NPM: "npm", runner.Python: "PyPI"}

// exact is the version alone of a spec that is exact: "==1.2.3 ; python_version > '3'"
// and "v1.2.3" hold more.
func exact(p runner.Package) string {
	version, _, _ := strings.Cut(p.Version(), ";")
	return strings.TrimLeft(strings.TrimSpace(version), "=v ")
}

// hole is a finding about one advisory. A hole that nobody rated counts as high: it is not
// known to be less.
func hole(s *served, m *advisory.Match) Finding {
	words := "no version that mends it is known; use another server, or find out whether it can be reached"
	if len(m.Fixed) > 0 {
		words = "fixed in " + strings.Join(m.Fixed, ", ") + "; start that version"
	}
	if m.Unsure != "" {
		words = "it may be affected (" + m.Unsure + "); " + words
	}
	names := append([]string{m.ID}, m.Aliases...)
	f := Finding{
		Rule: checkHole, Severity: severities[m.Severity],
		Words:   cut(mantlet.Escape(strings.Join(names, ", ") + ": " + words)),
		Excerpt: cut(mantlet.Escape(strings.TrimSpace(m.Component.Name+" "+m.Component.Version) + ": " + m.ID)),
	}
	if s.Entry != nil {
		for _, p := range runner.Parse(s.Entry.Command, s.Entry.Args).Packages {
			if p.Name == m.Component.Name {
				f.Field = arg(p.Arg)
			}
		}
	}
	if m.Severity == advisory.Unrated {
		f.Words += "; nobody rated it"
	}
	return f
}

var severities = map[advisory.Severity]rule.Severity{
	advisory.Unrated: rule.High, advisory.None: rule.Low, advisory.Low: rule.Low, advisory.Medium: rule.Medium, advisory.High: rule.High, advisory.Critical: rule.Critical,
}

// account says how far known vulnerabilities were looked for.
func (r *Report) account(compared int, uncompared bool) {
	if uncompared {
		r.Notes = append(r.Notes, "known vulnerabilities were not looked for; give OSV data with --advisories")
	}
	if compared > 0 {
		r.Notes = append(r.Notes, counted(compared, "package was", "packages were")+" compared with the advisories")
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// materials reads an SBOM or npm's lock file; ok is false for anything else.
func materials(b []byte, all []node) (parts []sbom.Component, ok bool, err error) {
	switch {
	case has(all, "bomFormat"), has(all, "spdxVersion"), has(all, "@graph"):
		d, err := sbom.Read(b)
		return d.Components, true, err
	case has(all, "lockfileVersion"):
		parts, err := sbom.FromLock(b)
		return parts, true, err
	}
	return nil, false, nil
}
