package sink

import "unicode/utf8"

// An oddity is a manner of writing that no honest writer of a path or an address needs.
type oddity uint8

const (
	overlong   oddity = 1 << iota // a byte sequence that is longer than UTF-8 has it, or none
	twice                         // an escape within an escape
	percentU                      // %u002e
	hexByte                       // 0x2e
	unreserved                    // an escape of a letter, a digit or a dot, which needs none
	lookalike                     // a character that some reader folds into an ASCII one
	unseen                        // a character of no width
)

// maxRounds is how often escapes within escapes are undone.
const maxRounds = 5

// A decoder undoes what some reader behind a server undoes: percent escapes as often as they
// are nested, overlong sequences, %u, 0x, HTML's and a program's escapes, characters that
// fold into ASCII. Each round is one pass; what it yields is never longer than the text.
type decoder struct {
	buf   [2][]byte
	odd   oddity
	steps int // bytes looked at, for the tests
}

// decode is text with escapes undone; text itself where there are none. It holds until the next call.
func (d *decoder) decode(text []byte) []byte {
	d.odd = 0
	at := text
	for round := range maxRounds {
		out, changed := d.round(d.buf[round&1][:0], at)
		d.buf[round&1] = out
		if !changed {
			break
		}
		if round > 0 {
			d.odd |= twice
		}
		at = out
	}
	return at
}

func (d *decoder) round(dst, text []byte) (out []byte, changed bool) {
	d.steps += len(text)
	out = dst
	for i := 0; i < len(text); {
		c := text[i]
		if s := shapes[c]; !s.has(percent | ampersand | backslash | foreign | null | cross) {
			out = append(out, c)
			i++
			continue
		}
		r, n := d.one(text[i:])
		if c == '0' || n == 0 {
			n = 0
		}
		if n == 0 && (c == 'x' || c == 'X') && len(out) > 0 && out[len(out)-1] == '0' && i > 0 && text[i-1] == '0' {
			if r, n = d.hexadecimal(text[i:], len(out) > 1 && out[len(out)-2] == '.'); n > 0 {
				out = out[:len(out)-1]
			}
		}
		if n == 0 {
			_, size := utf8.DecodeRune(text[i:])
			out = append(out, text[i:i+size]...)
			i += size
			continue
		}
		changed = true
		if r >= 0 {
			out = appendByteOrRune(out, r)
		}
		i += n
	}
	return out, changed
}

// appendByteOrRune keeps what a percent escape of a byte above ASCII stands for as that byte: the
// next round reads it together with those that follow.
func appendByteOrRune(dst []byte, r rune) []byte {
	if r >= rawByte {
		return append(dst, byte(r-rawByte)) //nolint:gosec // it was a byte
	}
	return utf8.AppendRune(dst, r)
}

const rawByte = 0x200000 // added to a byte that is not yet a character

// one reads the escape that b begins with: what it stands for (-1 is nothing), and its length, 0 if
// it is none.
func (d *decoder) one(b []byte) (r rune, n int) {
	switch {
	case b[0] == '%':
		return d.percent(b)
	case b[0] == '&':
		return entity(b)
	case b[0] == '\\':
		return escape(b)
	case b[0] >= 0x80:
		return d.character(b)
	}
	return 0, 0
}

func (d *decoder) percent(b []byte) (rune, int) {
	if len(b) >= 6 && b[1]|0x20 == 'u' {
		if v, ok := hex(b[2:6]); ok {
			d.odd |= percentU
			return v, 6
		}
	}
	if len(b) < 3 {
		return 0, 0
	}
	v, ok := hex(b[1:3])
	if !ok {
		return 0, 0
	}
	if v >= 0x80 {
		return v + rawByte, 3
	}
	if v >= '0' && v <= '9' || v|0x20 >= 'a' && v|0x20 <= 'z' || v == '.' {
		d.odd |= unreserved
	}
	return v, 3
}

// hexadecimal reads the x2e of 0x2e: dots and slashes alone, which no number needs to be.
func (d *decoder) hexadecimal(b []byte, dotted bool) (rune, int) {
	if len(b) < 3 {
		return 0, 0
	}
	v, ok := hex(b[1:3])
	if !ok || v != '.' && v != '/' && v != '\\' || !dotted && len(b) > 3 && b[3] != '0' && isHex(b[3]) {
		return 0, 0
	}
	d.odd |= hexByte
	return v, 3
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func hex(b []byte) (v rune, ok bool) {
	for _, c := range b {
		if !isHex(c) {
			return 0, false
		}
		if c <= '9' {
			v = v<<4 | rune(c-'0')
		} else {
			v = v<<4 | rune(c|0x20-'a'+10)
		}
	}
	return v, true
}

// escape reads \u002e and \x2e.
func escape(b []byte) (rune, int) {
	if len(b) >= 6 && b[1] == 'u' {
		if v, ok := hex(b[2:6]); ok {
			return v, 6
		}
	}
	if len(b) >= 4 && b[1] == 'x' {
		if v, ok := hex(b[2:4]); ok {
			return v, 4
		}
	}
	return 0, 0
}

var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\'', "sol": '/', "bsol": '\\', "period": '.', "colon": ':', "semi": ';', "num": '#', "lpar": '(', "rpar": ')', "Tab": '\t', "NewLine": '\n', "dollar": '$', "grave": '`', "vert": '|', "verbar": '|', "nbsp": ' ', "lbrace": '{', "lcub": '{', "rcub": '}', "ast": '*', "equals": '=', "percnt": '%'}

func entity(b []byte) (rune, int) {
	end := 1
	for end < len(b) && end < 10 && (b[end] == '#' || isHex(b[end]) || b[end]|0x20 >= 'a' && b[end]|0x20 <= 'z') {
		end++
	}
	if end >= len(b) || b[end] != ';' || end < 3 {
		return 0, 0
	}
	name := b[1:end]
	if name[0] != '#' {
		r, ok := entities[string(name)]
		if !ok {
			return 0, 0
		}
		return r, end + 1
	}
	v, base, digits := rune(0), rune(10), name[1:]
	if digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	for _, c := range digits {
		one, ok := hex([]byte{c})
		if v = v*base + one; !ok || one >= base || v > utf8.MaxRune {
			return 0, 0
		}
	}
	if len(digits) == 0 {
		return 0, 0
	}
	return v, end + 1
}

// character folds one that is not ASCII; what no UTF-8 is, is read as careless decoders do.
func (d *decoder) character(b []byte) (rune, int) {
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n <= 1 {
		d.odd |= overlong
		return careless(b)
	}
	switch {
	case r >= 0xff01 && r <= 0xff5e:
		d.odd |= lookalike
		return r - 0xff01 + '!', n
	case r >= 0x200b && r <= 0x200f, r >= 0x2060 && r <= 0x2064, r == 0xfeff, r == 0xad, r >= 0xe0000 && r <= 0xe007f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		d.odd |= unseen
		return -1, n
	}
	if to, ok := folded[r]; ok {
		d.odd |= lookalike
		return to, n
	}
	return 0, 0
}

var folded = map[rune]rune{0x2024: '.', 0xfe52: '.', 0x2215: '/', 0x2044: '/', 0x29f8: '/', 0x2571: '/', 0x29f5: '\\', 0x2216: '\\', 0xfe68: '\\', 0x2236: ':', 0xa789: ':', 0xfe55: ':', 0x037e: ';', 0xfe54: ';', 0xfe64: '<', 0xfe65: '>', 0xf025: '/', 0xf05c: '\\', 0xfe69: '$', 0xfe60: '&', 0xfe5b: '{', 0xfe5c: '}', 0xfe6a: '%'}

// careless reads a sequence that is no UTF-8 by its low bits alone, as old decoders did.
func careless(b []byte) (rune, int) {
	c := b[0]
	var size int
	switch {
	case c&0xe0 == 0xc0:
		size = 2
	case c&0xf0 == 0xe0:
		size = 3
	case c&0xf8 == 0xf0:
		size = 4
	case c&0xfc == 0xf8:
		size = 5
	case c&0xfe == 0xfc:
		size = 6
	default:
		return -1, 1
	}
	if len(b) < size {
		return -1, 1
	}
	v := rune(c) & (0x7f >> size)
	for _, next := range b[1:size] {
		if next&0xc0 != 0x80 {
			return -1, 1 // the lead is dropped; what follows stands for itself
		}
		v = v<<6 | rune(next&0x3f)
	}
	if v > utf8.MaxRune || v >= 0x80 && v < 0xa0 {
		return -1, 1
	}
	return v, size
}
