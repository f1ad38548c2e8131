package feature

import (
	"encoding/base64"
	"unicode"
	"unicode/utf8"
)

// The shortest runs that are decoded: a shorter one holds no order.
const (
	minBase64 = 20
	minHex    = 24
)

// decode looks for runs of base64 and hexadecimal digits in the page at hand, and gives each
// that holds text, with its range in the source.
func (s *Scanner) decode(give func(from, to int)) {
	b := s.main.seen
	for i := 0; i < len(b); {
		kind := digitKind[b[i]]
		if kind == 0 {
			i++
			continue
		}
		end, hex := i, byte(isHex)
		for end < len(b) && digitKind[b[end]] != 0 {
			hex &= digitKind[b[end]]
			end++
		}
		if end-i >= minBase64 && s.decoded(b[i:end], hex != 0) {
			give(s.main.source(i), s.main.source(end))
		}
		i = end
	}
}

const (
	isBase64 = 1 << iota
	isHex
)

var digitKind = func() (t [256]byte) {
	for c := range t {
		b := byte(c) //nolint:gosec // below 256
		if b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '+' || b == '/' || b == '-' || b == '_' {
			t[c] = isBase64
		}
		if nibble(b) >= 0 {
			t[c] |= isHex
		}
	}
	return t
}()

// decoded leaves what b says in s.plain, and reports whether it is text.
func (s *Scanner) decoded(b []byte, hex bool) bool {
	if hex {
		if len(b) >= minHex && len(b)%2 == 0 {
			s.plain = s.plain[:0]
			for i := 0; i < len(b); i += 2 {
				s.plain = append(s.plain, byte(nibble(b[i])<<4|nibble(b[i+1]))) //nolint:gosec // two nibbles
			}
			return legible(s.plain)
		}
		return false
	}
	enc := base64.RawStdEncoding
	for _, c := range b {
		if c == '-' || c == '_' {
			enc = base64.RawURLEncoding
			break
		}
	}
	if len(b)%4 == 1 {
		b = b[:len(b)-1]
	}
	if n := enc.DecodedLen(len(b)); cap(s.plain) < n {
		s.plain = make([]byte, n)
	}
	s.plain = s.plain[:cap(s.plain)]
	n, err := enc.Decode(s.plain, b)
	s.plain = s.plain[:n]
	return err == nil && legible(s.plain)
}

// legible reports text: UTF-8 without controls but line ends, three of five runes letters.
func legible(b []byte) bool {
	letters, all := 0, 0
	for i := 0; i < len(b); all++ {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && n == 1, r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f:
			return false
		case r < utf8.RuneSelf && (r|0x20 >= 'a' && r|0x20 <= 'z' || r == ' '), r >= utf8.RuneSelf && unicode.IsLetter(r):
			letters++
		}
		i += n
	}
	return letters*5 >= all*3
}

// A turn is a way of writing that a second reading undoes.
type turn uint8

const (
	straight turn = iota
	rotated       // by 13
	reversed
	digited // with digits for letters
	spaced  // letter by letter
)

// undo writes the text, turned back, to s.plain.
func (s *Scanner) undo(t turn, text []byte) {
	s.plain = append(s.plain[:0], s.main.seen...)
	switch t {
	case rotated:
		for i, c := range s.plain {
			if low := c | 0x20; low >= 'a' && low <= 'z' {
				s.plain[i] = c - low + 'a' + (low-'a'+13)%26
			}
		}
	case reversed:
		for i, j := 0, len(s.plain)-1; i < j; i, j = i+1, j-1 {
			s.plain[i], s.plain[j] = s.plain[j], s.plain[i]
		}
	case digited:
		undigit(s.plain)
	case spaced:
		s.plain = join(s.plain[:0], text) // as it came: two spaces end a word
	case straight:
	}
}

// letterOf is the letter that a digit or mark stands for between letters.
var letterOf = [256]byte{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', '$': 's', '!': 'i', '|': 'l'}

func undigit(b []byte) {
	for i, c := range b {
		l := letterOf[c]
		if l != 0 && (i > 0 && letter(b[i-1]) || i+1 < len(b) && letter(b[i+1])) {
			b[i] = l
		}
	}
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// join appends b without the marks between letters that stand one by one; of two marks one
// stays, and ends the word.
func join(dst, b []byte) []byte {
	for i, c := range b {
		if !letter(c) && i > 0 && i+1 < len(b) && letter(b[i-1]) && letter(b[i+1]) &&
			(i < 2 || !letter(b[i-2])) && (i+2 >= len(b) || !letter(b[i+2])) {
			continue
		}
		dst = append(dst, c)
	}
	return dst
}
