package sink

import "github.com/mantlet-mcp/mantlet/internal/inspect/finding"

// A group of a regular expression, as far as it was read.
type group struct {
	start     int
	unbounded bool // an atom of it repeats without end
	fixed     bool // an atom of it must stand between repetitions
}

const maxGroups = 64

// A scan is an expression, as far as it was read.
type scan struct {
	k     *look
	text  []byte
	stack [maxGroups]group
	depth int
	wide  int // repetitions of any character, one after the other
}

// expression finds repetitions within repetitions with nothing between them, (a+)+ and (\w+\s?)*,
// and counts without reason: what makes an engine that backtracks try every way. It does not see
// alternatives that overlap, (a|a)*.
func (k *look) expression(text []byte) {
	s := scan{k: k, text: text}
	for i := 0; i < len(text); {
		k.steps++
		switch text[i] {
		case '(':
			if s.depth++; s.depth == maxGroups {
				k.say(backtracks, finding.Medium, 0, len(text))
				return
			}
			s.stack[s.depth] = group{start: i}
			i++
		case '|':
			i, s.wide = i+1, 0
		case ')':
			i = s.end(i + 1)
		case '[':
			i = s.atom(i, afterClass(text, i))
		case '\\':
			i = s.atom(i, min(i+2, len(text)))
		default:
			i = s.atom(i, i+1)
		}
	}
}

// end closes a group, which ends before i, and returns where its quantifier ends.
func (s *scan) end(i int) int {
	if s.depth == 0 {
		return i
	}
	g := s.stack[s.depth]
	s.depth--
	n, least, most := quantifier(s.text[i:])
	if most < 0 && g.unbounded && !g.fixed {
		s.k.say(backtracks, finding.Medium, g.start, i+n)
	}
	s.k.counted(most, least, i, n)
	outer := &s.stack[s.depth]
	outer.unbounded = outer.unbounded || most < 0 || g.unbounded && n > 0
	outer.fixed = outer.fixed || g.fixed && least > 0
	return i + n
}

// atom reads the quantifier of the atom from start to i, and returns where it ends.
func (s *scan) atom(start, i int) int {
	n, least, most := quantifier(s.text[i:])
	s.k.counted(most, least, i, n)
	g := &s.stack[s.depth]
	if most < 0 {
		g.unbounded = true
		if s.text[start] == '.' {
			s.wide++
		}
	} else if least > 0 && literalAtom(s.text[start:i]) {
		g.fixed, s.wide = true, 0
	}
	if s.wide == 4 {
		s.k.say(backtracks, finding.Medium, 0, i+n)
	}
	return i + n
}

func (k *look) counted(most, least, i, n int) {
	if most > 1000 || least > 1000 {
		k.say(backtracks, finding.Medium, i, i+n)
	}
}

// literalAtom reports whether an atom stands for one character, or few.
func literalAtom(atom []byte) bool {
	switch {
	case len(atom) == 1:
		return atom[0] != '.' && atom[0] != '^' && atom[0] != '$'
	case atom[0] == '\\':
		c := atom[1] | 0x20
		return c != 'w' && c != 's' && c != 'd' && c != 'b'
	}
	return len(atom) <= 5 && len(atom) > 2 && atom[1] != '^'
}

func afterClass(text []byte, i int) int {
	i++
	if i < len(text) && text[i] == '^' {
		i++
	}
	for first := true; i < len(text); i++ {
		if text[i] == '\\' {
			i++
		} else if text[i] == ']' && !first {
			return i + 1
		}
		first = false
	}
	return len(text)
}

// quantifier reads what follows an atom: its length, and how often the atom stands; most is -1
// where there is no end.
func quantifier(b []byte) (n, least, most int) {
	least, most = 1, 1
	if len(b) == 0 {
		return 0, least, most
	}
	switch b[0] {
	case '*':
		n, least, most = 1, 0, -1
	case '+':
		n, most = 1, -1
	case '?':
		n, least = 1, 0
	case '{':
		if n, least, most = braces(b); n == 0 {
			return 0, 1, 1
		}
	default:
		return 0, least, most
	}
	if n < len(b) && b[n] == '+' {
		return n + 1, least, max(most, least) // possessive: it never goes back
	}
	if n < len(b) && b[n] == '?' {
		n++
	}
	return n, least, most
}

func braces(b []byte) (n, least, most int) {
	i := 1
	number := func() (v int, ok bool) {
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			v, ok = min(v*10+int(b[i]-'0'), 1<<20), true
			i++
		}
		return v, ok
	}
	least, ok := number()
	if !ok || i >= len(b) {
		return 0, 0, 0
	}
	most = least
	if b[i] == ',' {
		i++
		if most, ok = number(); !ok {
			most = -1
		}
	}
	if i >= len(b) || b[i] != '}' {
		return 0, 0, 0
	}
	return i + 1, least, most
}
