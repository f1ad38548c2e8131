package app

import (
	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/lookalike"
)

// names are those of all tools as one server's definitions are vetted, which holds until
// the catalogue's log grows.
type names struct {
	server      mantlet.ServerID
	size        int64
	own, others []string
	of          map[string]bool // others
	known       *assessment     // of the server's holes
}

// alike is an index of all names that were ever listed, of whichever server.
type alike struct {
	lookalike.Index

	has map[string]bool
}

// learn is called with naming held.
func (a *alike) learn(names []string) {
	if a.has == nil {
		a.has = make(map[string]bool, len(names))
	}
	for _, name := range names {
		if !a.has[name] {
			a.has[name] = true
			a.Add("", name)
		}
	}
}

// taken is another server's tool whose name is, or could be taken for, that of t: the gravest.
func (c *catalogue) taken(t mantlet.Target) (lookalike.Resemblance, bool) {
	c.namesFor(t.Server)
	c.naming.Lock()
	defer c.naming.Unlock()
	if c.names.server != t.Server { // somebody else has vetted another one meanwhile
		c.fill(t.Server)
	}
	if c.names.of[t.Name] {
		return lookalike.Resemblance{Known: t.Name}, true
	}
	return c.alike.Gravest(string(t.Server), t.Name, func(known string) bool { return c.names.of[known] })
}

// fill is called with naming held.
func (c *catalogue) fill(s mantlet.ServerID) {
	c.names = names{server: s, size: c.Size()}
	c.names.own, c.names.others = c.Names(s)
	c.names.of = make(map[string]bool, len(c.names.others))
	for _, name := range c.names.others {
		c.names.of[name] = true
	}
	c.alike.learn(c.names.others)
}

func (c *catalogue) namesFor(s mantlet.ServerID) (own, others []string) {
	c.naming.Lock()
	defer c.naming.Unlock()
	if c.names.server != s || c.names.size != c.Size() {
		c.fill(s)
	}
	return c.names.own, c.names.others
}
