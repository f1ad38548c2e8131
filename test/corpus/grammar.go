package corpus

import (
	"embed"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

//go:embed text
var texts embed.FS

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// A Template is a line of text/ with choices and slots.
type Template struct {
	File, Family string
	Line         string
}

// Templates gives the lines of a file of text/; it panics where there is no such file.
func Templates(file string) []Template {
	list, ok := parsed.Load(file)
	if !ok {
		list, _ = parsed.LoadOrStore(file, parse(file))
	}
	return list.([]Template)
}

var parsed sync.Map // of files that were read

func parse(file string) []Template {
	raw, err := texts.ReadFile("text/" + file + ".txt")
	if err != nil {
		panic(err)
	}
	var out []Template
	family := ""
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "", strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "## "):
			family = line[3:]
		default:
			out = append(out, Template{file, family, line})
		}
	}
	return out
}

// Expand chooses among the choices of line and fills its slots.
func Expand(line string, rng *rand.Rand, slot func(name string) string) string {
	var out strings.Builder
	e := expander{rng: rng, slot: slot, out: &out}
	e.sequence(line)
	return out.String()
}

type expander struct {
	rng  *rand.Rand
	slot func(string) string
	out  *strings.Builder
}

func (e *expander) sequence(s string) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			if s[i] == 'n' {
				e.out.WriteByte('\n')
			} else {
				e.out.WriteByte(s[i])
			}
		case c == '{':
			end := closing(s, i)
			options := choices(s[i+1 : end])
			e.sequence(options[e.rng.IntN(len(options))])
			i = end
		case c == '<' && slotAt(s, i) != "":
			name := slotAt(s, i)
			e.out.WriteString(e.slot(name))
			i += len(name) + 1
		default:
			e.out.WriteByte(c)
		}
	}
}

var slots = []string{"goal", "tool", "self", "param", "value", "path", "mail", "url", "name"}

func slotAt(s string, i int) string {
	for _, name := range slots {
		if strings.HasPrefix(s[i+1:], name+">") {
			return name
		}
	}
	return ""
}

// closing is the place of the brace that closes the one at i.
func closing(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	panic("corpus: a template's brace is not closed: " + s)
}

func choices(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			depth--
		case '|':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	return append(out, s[from:])
}

// fillers are the rows of names.txt: the words of each slot, for training and for tests.
var fillers = func() map[string][2][]string {
	m := make(map[string][2][]string)
	for _, t := range Templates("names") {
		name, list, _ := strings.Cut(t.Line, ": ")
		words := strings.Fields(list)
		cut := len(words) * 2 / 3
		m[name] = [2][]string{words[:cut], words[cut:]}
	}
	return m
}()
