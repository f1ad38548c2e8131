package corpus

import (
	"math/rand/v2"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/model/feature"
)

// An Attack is a text with something put into it: where it stands.
type Attack struct {
	Text     string
	From, To int
	Family   string
}

// A Maker makes texts from templates. Fresh is whether it fills them with what tests use.
type Maker struct {
	Rng   *rand.Rand
	Fresh bool
	Goals []string // orders that wrappers hold
}

func (m *Maker) slot(self string) func(string) string {
	return func(name string) string {
		switch name {
		case "goal":
			return m.goal()
		case "self":
			return self
		}
		list := fillers[name][0]
		if m.Fresh {
			list = fillers[name][1]
		}
		return pick(m.Rng, list)
	}
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// goal is one of Goals, of our own or, in training, one that a user might give as well; it
// starts in lower case half of the time, and has no full stop.
func (m *Maker) goal() string {
	var g string
	switch n := m.Rng.IntN(20); {
	case len(m.Goals) > 0 && (n < 8 || m.Fresh && n < 14):
		g = pick(m.Rng, m.Goals)
	case m.Fresh:
		g = m.Fill(pick(m.Rng, Templates("goal_test")), "this_tool")
	case n < 13:
		g = m.Fill(pick(m.Rng, Templates("goal_train")), "this_tool")
	default:
		g = m.Fill(pick(m.Rng, Templates("neutral")), "this_tool")
	}
	g = strings.TrimRight(strings.TrimSpace(g), ".")
	if m.Rng.IntN(2) == 0 && g != "" {
		g = strings.ToLower(g[:1]) + g[1:]
	}
	return g
}

// Vary writes other words of the same kind for some of the English words of text that steer:
// what is learnt is the kind, not the word.
func (m *Maker) Vary(text string) string {
	fields := strings.SplitAfter(text, " ")
	for i, f := range fields {
		w := strings.TrimFunc(f, func(r rune) bool { return r < 'A' || r > 'z' || r > 'Z' && r < 'a' })
		kin := feature.Kin(strings.ToLower(w))
		if w == "" || len(kin) == 0 || m.Rng.IntN(3) > 0 {
			continue
		}
		other := pick(m.Rng, kin)
		if w == strings.ToUpper(w) {
			other = strings.ToUpper(other)
		}
		fields[i] = strings.Replace(f, w, other, 1)
	}
	return strings.Join(fields, "")
}

// Fill makes a text of a template.
func (m *Maker) Fill(t Template, self string) string { return Expand(t.Line, m.Rng, m.slot(self)) }

// Wrap fills a wrapper; one that comes from a corpus has <INSTRUCTION> where the goal goes.
func (m *Maker) Wrap(t Template) string {
	if strings.Contains(t.Line, "<INSTRUCTION>") {
		return strings.ReplaceAll(t.Line, "<INSTRUCTION>", m.goal())
	}
	return m.Fill(t, "this_tool")
}

// Put puts text into host: at its start, at its end, or between two words or lines.
func (m *Maker) Put(text, host string) Attack {
	at := 0
	switch m.Rng.IntN(10) {
	case 0, 1:
	case 2, 3, 4:
		at = len(host)
	default:
		if len(host) > 0 {
			at = boundary(host, m.Rng.IntN(len(host)))
		}
	}
	before, after := host[:at], host[at:]
	glue := pick(m.Rng, []string{"\n", " ", "\n\n", ". "})
	if before != "" {
		before += glue
	}
	if after != "" {
		after = glue + after
	}
	return Attack{Text: before + text + after, From: len(before), To: len(before) + len(text)}
}

// boundary is the first end of a line behind at, or of a word.
func boundary(s string, at int) int {
	if i := strings.IndexByte(s[at:], '\n'); i >= 0 && i < 200 {
		return at + i
	}
	if i := strings.IndexByte(s[at:], ' '); i >= 0 {
		return at + i
	}
	return len(s)
}

// Clip cuts a host to at most n bytes, at a word, from anywhere in it.
func (m *Maker) Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	from := boundary(s, m.Rng.IntN(len(s)-n))
	s = s[from:]
	if len(s) > n {
		s = s[:strings.LastIndexAny(s[:n], " \n")+1]
	}
	return strings.ToValidUTF8(s, "")
}
