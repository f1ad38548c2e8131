package scan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/trust/lookalike"
)

// names looks for tools and servers that could be taken for others. Of two tools that
// resemble each other the later one is reported: which of them is honest nobody knows.
func (g *group) names() {
	var index lookalike.Index
	compared := 0
	first := make(map[string]string) // a tool's name, and the server that had it first
	for i := range g.servers {
		s := &g.servers[i]
		g.impostor(s)
		for j := range s.defs {
			d := &s.defs[j]
			if d.Kind != mantlet.KindTool || d.name == "" {
				continue
			}
			if other, ok := first[d.name]; ok && other != s.ID {
				g.add(s, d, Finding{Rule: checkCollide, Field: "name", Excerpt: cut("also a tool of " + mantlet.Escape(other))})
			} else if compared++; !ok && compared <= maxCompared {
				g.resembles(s, d, &index)
			}
		}
		for _, name := range s.names {
			if _, ok := first[name]; ok {
				continue
			}
			first[name] = s.ID
			if len(name) <= lookalike.MaxName && index.Len() < maxCompared {
				index.Add(s.ID, name)
			}
		}
	}
	if compared > maxCompared {
		g.out.Notes = append(g.out.Notes, fmt.Sprintf("%s has %d tools; only the first %d were compared for look-alikes", mantlet.Escape(g.in.Name), compared, maxCompared))
	}
}

// maxCompared is how many tools of one input are compared for look-alikes: names that a
// hostile list makes much alike cost their square.
const maxCompared = 2000

// resembles reports the gravest resemblance with a tool of a server before.
func (g *group) resembles(s *served, d *defined, index *lookalike.Index) {
	if len(d.name) > lookalike.MaxName {
		return
	}
	found := index.Find(s.ID, d.name)
	i := slices.IndexFunc(found, func(r lookalike.Resemblance) bool { return r.Server != s.ID })
	if i < 0 {
		return
	}
	r := found[i]
	g.add(s, d, Finding{
		Rule: checkTool, Severity: weight(r.How), Field: "name",
		Excerpt: cut(fmt.Sprintf("like %s of %s (%s)", mantlet.Escape(r.Known), mantlet.Escape(r.Server), r.How)),
	})
}

// weight is how likely a resemblance is meant: look-alike letters have no honest reason,
// a letter more or less seldom has, other words and separators often have.
func weight(h lookalike.How) rule.Severity {
	switch h {
	case lookalike.Confusable:
		return rule.High
	case lookalike.Swapped, lookalike.Doubled, lookalike.Dropped, lookalike.Keyboard, lookalike.Typo:
		return rule.Medium
	default:
		return rule.Low
	}
}

// impostor compares the server's name and its package with those that are well known.
func (g *group) impostor(s *served) {
	if s.Entry == nil && s.Image == nil && s.Pointer == "" {
		return // a file's name is nobody's claim
	}
	if r, ok := g.c.known.impostor(s.ID); ok {
		g.addServer(s, Finding{Rule: checkServer, Severity: weight(r.How), Excerpt: cut(fmt.Sprintf("%s is like %s (%s)", mantlet.Escape(s.ID), r.Known, r.How))})
	}
	if s.Entry == nil {
		return
	}
	p := s.Entry.launch()
	if r, ok := g.c.known.impostor(p.Name); ok && !strings.EqualFold(p.Name, s.ID) {
		g.addServer(s, Finding{
			Rule: checkServer, Field: arg(p.Arg), // a package's name is typed by nobody for himself: always high
			Excerpt: cut(fmt.Sprintf("%s is like %s (%s)", mantlet.Escape(p.Name), mantlet.Escape(r.Known), r.How)),
		})
	}
}
