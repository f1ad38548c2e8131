package app

import (
	"strings"
	"unicode"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/lookalike"
)

// names are those of all tools as one server's definitions are vetted, which holds until
// the catalogue's log grows.
type names struct {
	server      mantlet.ServerID
	size        int64
	own, others []string
	of          map[string]bool   // others
	low         map[string]string // of them, in lower case
	known       *assessment       // of the server's holes
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
	c.names.of, c.names.low = make(map[string]bool, len(c.names.others)), make(map[string]string, len(c.names.others))
	for _, name := range c.names.others {
		c.names.of[name], c.names.low[strings.ToLower(name)] = true, name
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

// fewNames are few enough for a scan to be told all of them.
const fewNames = 2000

// spokenOf are the names of a server's own tools, and those of others' that a definition may
// speak of, for its scan. Where there are many, they are those that stand in it as words: a scan
// is asked for each tool of the catalogue, and to be told of all each time would cost their
// square.
func (c *catalogue) spokenOf(s mantlet.ServerID, definition []byte) (own, others []string) {
	own, others = c.namesFor(s)
	if len(others) <= fewNames {
		return own, others
	}
	c.naming.Lock()
	defer c.naming.Unlock()
	var out []string
	for word := range strings.FieldsFuncSeq(strings.ToLower(string(definition)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' && r != '.' && r != '/'
	}) {
		for _, one := range []string{word, strings.Trim(word, ".-/")} {
			if name, ok := c.names.low[one]; ok {
				out = append(out, name)
			}
		}
	}
	return own, out
}
