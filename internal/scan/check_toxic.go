package scan

import (
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/effect"
)

// A role is what a server can be in a leak: where strangers write, where private things
// lie, where data can leave.
type role uint8

const (
	untrusted role = 1 << iota
	private
	sink
)

var roleNames = []string{"strangers write in", "private things lie in", "data can leave by"}

// toxic reports an input whose servers have all three roles together.
func (g *group) toxic() {
	var by [3][]string
	for i := range g.servers {
		s := &g.servers[i]
		roles := g.c.roles(s)
		for r := range by {
			if roles&(1<<r) != 0 {
				by[r] = append(by[r], mantlet.Escape(s.ID))
			}
		}
	}
	var said []string
	for r, servers := range by {
		if len(servers) == 0 {
			return
		}
		slices.Sort(servers)
		servers = slices.Compact(servers)
		more := ""
		if len(servers) > 3 {
			servers, more = servers[:3], " and others"
		}
		said = append(said, roleNames[r]+" "+strings.Join(servers, ", ")+more)
	}
	g.note(nil, Finding{Rule: checkToxic, Kind: "configuration", Excerpt: cut(strings.Join(said, "; ")), Line: 1})
}

// roles are those that a server's tools have, and those that its package is known for.
func (c *Checker) roles(s *served) (out role) {
	if s.Entry != nil {
		out = c.known.roles(s.ID, s.Entry)
	}
	for i := range s.defs {
		if d := &s.defs[i]; d.defErr == nil {
			out |= rolesOf(d.name, d.effects)
		}
	}
	return out
}

// rolesOf reads a tool's name and what it could do: both must fit, so that a word alone
// says nothing.
func rolesOf(name string, e effect.Effects) (out role) {
	all := e.Inferred
	for _, w := range words(snake(name)) {
		switch w {
		case "fetch", "browse", "crawl", "scrape", "webpage", "web", "issue", "issues", "inbox", "email", "emails", "mail", "mails", "comments", "tickets", "reviews":
			if all&(effect.Read|effect.Network) != 0 {
				out |= untrusted
			}
		}
		switch w {
		case "file", "files", "directory", "database", "sql", "inbox", "email", "emails", "mail", "calendar", "contacts", "notes", "drive", "secrets", "customers", "messages":
			if all.Has(effect.Read) && !all.Has(effect.Network) {
				out |= private
			}
		}
	}
	if all.Has(effect.Send) || all.Has(effect.Network|effect.Write) {
		out |= sink
	}
	return out
}

// snake puts "_" between the words of a name in camel case.
func snake(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		if lower && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		lower = r >= 'a' && r <= 'z'
		b.WriteRune(r)
	}
	return b.String()
}
