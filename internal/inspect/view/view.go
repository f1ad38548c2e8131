package view

import (
	"cmp"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A View is a text as it is matched: look-alikes, entities and escapes are ASCII, what is
// invisible is gone. low is raw with ASCII in lower case: the same length.
type View struct {
	Raw, Low []byte
	runs     []run  // where the bytes came from, in order
	How      string // how the text was encoded; "" is not at all
}

// A run says that out and what follows came from src: byte for byte when n is 0, else all of
// it from the n bytes at src.
type run struct{ out, src, n int }

// Source is the range of the original text that low[start:end] came from.
func (l *View) Source(start, end int) (int, int) {
	if end <= start {
		end = start + 1
	}
	from, _ := l.origin(start)
	_, to := l.origin(end - 1)
	return from, max(from, to)
}

func (l *View) origin(at int) (int, int) {
	i, found := slices.BinarySearchFunc(l.runs, at, func(r run, at int) int { return cmp.Compare(r.out, at) })
	if !found {
		i--
	}
	if i < 0 {
		return 0, 0
	}
	if r := l.runs[i]; r.n > 0 {
		return r.src, r.src + r.n
	}
	from := l.runs[i].src + at - l.runs[i].out
	return from, from + 1
}

// Read makes the view of a text that stands as it is.
func Read(s string) *View {
	l := &View{Raw: make([]byte, 0, len(s))}
	straight := false // whether the last run goes on byte for byte
	for i := 0; i < len(s); {
		if plain(s[i]) {
			if !straight {
				l.runs = append(l.runs, run{len(l.Raw), i, 0})
				straight = true
			}
			end := i + 1
			for end < len(s) && plain(s[end]) {
				end++
			}
			l.Raw = append(l.Raw, s[i:end]...)
			i = end
			continue
		}
		n, out := l.next(s[i:])
		if n == 1 && len(out) == 1 && out[0] == s[i] && straight {
			l.Raw = append(l.Raw, out[0])
			i++
			continue
		}
		if len(out) > 0 {
			l.runs = append(l.runs, run{len(l.Raw), i, n})
			l.Raw = append(l.Raw, out...)
		}
		straight = false
		i += n
	}
	l.lower()
	return l
}

func (l *View) lower() {
	l.Low = make([]byte, len(l.Raw))
	for i, c := range l.Raw {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		l.Low[i] = c
	}
}

func plain(c byte) bool { return c < utf8.RuneSelf && c != '&' && c != '%' && c != '\\' }

// next takes one unit from the front of s: its length there, and what it stands for.
func (l *View) next(s string) (int, string) {
	switch s[0] {
	case '&':
		return entity(s)
	case '%':
		return hexUnit(s, 1, 2)
	case '\\':
		return escape(s)
	}
	r, n := utf8.DecodeRuneInString(s)
	return n, fold(r, s[:n])
}

// escape reads \x41, \u0041, \U00000041 and \u{41}.
func escape(s string) (int, string) {
	if len(s) < 3 {
		return 1, s[:1]
	}
	switch s[1] {
	case 'x':
		return hexUnit(s, 2, 2)
	case 'U':
		return hexUnit(s, 2, 8)
	case 'u':
		if end := strings.IndexByte(s[:min(len(s), 11)], '}'); s[2] == '{' && end > 3 {
			if n, out := hexUnit(s[:end], 3, end-3); n > 1 {
				return end + 1, out
			}
			return 1, s[:1]
		}
		return hexUnit(s, 2, 4)
	}
	return 1, s[:1]
}

// hexUnit reads digits hexadecimal digits at skip; what is no visible character stays as it is.
func hexUnit(s string, skip, digits int) (int, string) {
	if len(s) < skip+digits {
		return 1, s[:1]
	}
	v, err := strconv.ParseUint(s[skip:skip+digits], 16, 32)
	if err != nil || v > unicode.MaxRune || v < ' ' || digits == 2 && v > '~' {
		return 1, s[:1]
	}
	r := rune(v)
	return skip + digits, fold(r, string(r))
}

// entity reads an HTML entity of at most 12 bytes.
func entity(s string) (int, string) {
	end := strings.IndexByte(s[:min(len(s), 12)], ';')
	if end < 2 {
		return 1, s[:1]
	}
	out := html.UnescapeString(s[:end+1])
	if r, n := utf8.DecodeRuneInString(out); n == len(out) && r != utf8.RuneError {
		return end + 1, fold(r, out)
	}
	return 1, s[:1]
}

// fold is what a rune is matched as: nothing where it is invisible or a combining mark, a
// space where it is one, ASCII where it looks like ASCII. s is the rune as a string.
func fold(r rune, s string) string {
	if r < utf8.RuneSelf {
		return s
	}
	if a := glyphs[r]; a != "" {
		return a
	}
	switch {
	case Invisible(r), unicode.Is(unicode.Mn, r):
		return ""
	case unicode.Is(unicode.Z, r):
		return " "
	}
	if d := norm.NFKD.PropertiesString(s).Decomposition(); len(d) > 0 {
		return marks(d)
	}
	return s
}

// marks drops the combining marks of a decomposition.
func marks(d []byte) string {
	out := make([]byte, 0, len(d))
	for len(d) > 0 {
		r, n := utf8.DecodeRune(d)
		if a := glyphs[r]; a != "" {
			out = append(out, a...)
		} else if !unicode.Is(unicode.Mn, r) {
			out = append(out, d[:n]...)
		}
		d = d[n:]
	}
	return string(out)
}
