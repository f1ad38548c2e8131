package feature

import (
	"html"
	"unicode/utf8"
)

// markEvery is how many seen bytes apart the places in the source are kept.
const markEvery = 32

// A page is a text as it is seen, and where its parts stood.
type page struct {
	seen  []byte
	low   []byte  // seen with ASCII letters in lower case, then padding
	marks []int32 // source offset of each markEvery-th seen byte
	end   int     // of the source
}

// padding behind low lets eight bytes be read at each of its places.
const padding = 8

// write reads src into the page. White space is one space, or one line end where it held one.
func (p *page) write(src []byte) {
	p.seen, p.marks, p.end = p.seen[:0], p.marks[:0], len(src)
	space := true
	for i := 0; i < len(src); {
		p.mark(i)
		c := src[i]
		if plain[c] {
			p.seen = append(p.seen, c)
			space = false
			i++
			continue
		}
		if c <= ' ' || c == 0x7f {
			space = p.space(c, space)
			i++
			continue
		}
		if p.emphasis(src, i) {
			i++
			continue
		}
		before := len(p.seen)
		i += p.unit(src[i:])
		if n := len(p.seen); n > before {
			space = n == before+1 && p.seen[before] == ' '
		}
	}
	p.lower()
}

// plain are the bytes that stand for themselves.
var plain = func() (t [256]bool) {
	for c := range t {
		t[c] = c > ' ' && c < 0x7f && c != '&' && c != '%' && c != '\\' && c != '*' && c != '_'
	}
	return t
}()

// emphasis reports the marks of Markdown around words: they are not seen. An underscore
// inside a word is part of it, however the letters beside it are written.
func (p *page) emphasis(s []byte, i int) bool {
	switch s[i] {
	case '*':
		return true
	case '_':
		n := len(p.seen)
		if n == 0 || i+1 == len(s) || !wordByte[p.seen[n-1]] {
			return true
		}
		next := s[i+1]
		return !wordByte[next] && next != '&' && next != '%' && next != '\\'
	}
	return false
}

func (p *page) mark(at int) {
	for len(p.marks)*markEvery <= len(p.seen) {
		p.marks = append(p.marks, int32(at)) //nolint:gosec // texts are bounded by maxText
	}
}

// space appends at most one byte for a run of white space; other controls are invisible.
func (p *page) space(c byte, after bool) bool {
	switch {
	case c == '\n' && after && len(p.seen) > 0 && p.seen[len(p.seen)-1] == ' ':
		p.seen[len(p.seen)-1] = '\n'
	case after || c != ' ' && c != '\n' && c != '\t' && c != '\r':
		return after
	case c == '\n':
		p.seen = append(p.seen, '\n')
	default:
		p.seen = append(p.seen, ' ')
	}
	return true
}

func (p *page) lower() {
	p.low = append(p.low[:0], p.seen...)
	for i, c := range p.low {
		if c >= 'A' && c <= 'Z' {
			p.low[i] = c | 0x20
		}
	}
	p.low = append(p.low, make([]byte, padding)...)
}

// source is where the seen byte at stood, to within markEvery bytes.
func (p *page) source(at int) int {
	if at >= len(p.seen) {
		return p.end
	}
	return int(p.marks[at/markEvery])
}

// unit appends what the escape or the rune at the front of s stands for, and gives its length.
func (p *page) unit(s []byte) int {
	switch s[0] {
	case '&':
		return p.entity(s)
	case '%':
		return p.digits(s, 1, 2)
	case '\\':
		return p.escape(s)
	case '_':
		return p.literal(s)
	}
	r, n := utf8.DecodeRune(s)
	p.seen = appendRune(p.seen, r, n, s)
	return n
}

// escape reads \n and \t as white space, and \x41 and \u0041 as what they say.
func (p *page) escape(s []byte) int {
	if len(s) < 2 {
		return p.literal(s)
	}
	switch s[1] {
	case 'n', 'r', 't':
		if len(s) > 2 && s[2] >= 'a' && s[2] <= 'z' && s[1] != 'n' {
			return p.literal(s) // a path of Windows rather than a tab
		}
		p.seen = append(p.seen, ' ')
		return 2
	case 'x':
		return p.digits(s, 2, 2)
	case 'u':
		return p.digits(s, 2, 4)
	}
	return p.literal(s)
}

func (p *page) literal(s []byte) int {
	p.seen = append(p.seen, s[0])
	return 1
}

// digits reads count hexadecimal digits behind skip bytes; what is no visible character stays.
func (p *page) digits(s []byte, skip, count int) int {
	if len(s) < skip+count {
		return p.literal(s)
	}
	v := rune(0)
	for _, c := range s[skip : skip+count] {
		d := nibble(c)
		if d < 0 {
			return p.literal(s)
		}
		v = v<<4 | d
	}
	if v < ' ' || v == 0x7f || count == 2 && v > 0x7f {
		return p.literal(s)
	}
	p.rune(v)
	return skip + count
}

func (p *page) rune(r rune) {
	if r < utf8.RuneSelf {
		p.seen = append(p.seen, byte(r)) //nolint:gosec // ASCII
		return
	}
	var b [utf8.UTFMax]byte
	n := utf8.EncodeRune(b[:], r)
	p.seen = appendRune(p.seen, r, n, b[:])
}

func nibble(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}

// entity reads an HTML entity of at most 10 bytes: by number, or by a name that html knows.
func (p *page) entity(s []byte) int {
	end := 1
	for end < len(s) && end < 10 && s[end] != ';' && s[end] > ' ' {
		end++
	}
	if end < 3 || end >= len(s) || s[end] != ';' {
		return p.literal(s)
	}
	if s[1] != '#' {
		return p.named(s, end)
	}
	v, base, from := rune(0), rune(10), 2
	if s[2]|0x20 == 'x' {
		base, from = 16, 3
	}
	for _, c := range s[from:end] {
		d := nibble(c)
		if d < 0 || d >= base {
			return p.literal(s)
		}
		v = v*base + d
	}
	if v < ' ' || v > utf8.MaxRune || from == end {
		return p.literal(s)
	}
	p.rune(v)
	return end + 1
}

func (p *page) named(s []byte, end int) int {
	switch string(s[1:end]) {
	case "amp":
		p.seen = append(p.seen, '&')
	case "lt":
		p.seen = append(p.seen, '<')
	case "gt":
		p.seen = append(p.seen, '>')
	case "quot":
		p.seen = append(p.seen, '"')
	case "nbsp":
		p.seen = append(p.seen, ' ')
	default:
		r, n := utf8.DecodeRuneInString(html.UnescapeString(string(s[:end+1])))
		if n == 1 {
			return p.literal(s)
		}
		p.rune(r)
	}
	return end + 1
}
