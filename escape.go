package mantlet

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Escape returns s fit for a terminal, a log or an error message: what would move
// the cursor, change colours, reverse text or hide is written as an escape (\x1b,
// \u202e). All text from a peer passes here before a person sees it. Text that
// needs nothing is returned as it is.
func Escape(s string) string {
	clean := true
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e || s[i] == '\\' {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\\':
			b.WriteString(`\\`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		case hidden(r) && r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// hidden are the runes that a person does not see, or that change how others are
// seen: controls, formats (bidirectional, zero width, tags), surrogates, private
// use, line and paragraph separators, variation selectors and fillers.
func hidden(r rune) bool {
	switch {
	case unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Variation_Selector):
		return true
	case unicode.Is(unicode.Zs, r):
		return r != ' '
	}
	return r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0 || r == 0x034f || r == utf8.RuneError
}

// EscapeJSON returns b, valid JSON, fit for a terminal, with the same meaning: in it such
// runes stand in strings alone, where \u says the same. Line breaks between its tokens
// become spaces.
func EscapeJSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch high, low := utf16.EncodeRune(r); {
		case r < ' ':
			out = append(out, ' ')
		case r != '\x7f' && !hidden(r):
			out = append(out, b[i:i+n]...)
		case r > 0xffff:
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += n
	}
	return out
}
