// Package hidden finds what a person does not see and a model, or a terminal, reads.
//
// The question: does this text hold anything beside what it shows? The threats: escape
// sequences that hide words (B08), text in tags, selectors and zero-width letters (H01, H08).
// The controls: C027, C052. It trusts no text. A text that needs nothing costs a look at each
// byte.
//
// An invisible rune that does what it is made for is let through: joiners and selectors in
// emoji and in scripts that need them, flags of regions, a byte order mark at the front.
package hidden

import (
	"unicode"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// Runes is the detector of this package; its zero value is ready.
type Runes struct{}

// The rules, by what they find.
const (
	ANSI      = "hidden/ansi"      // escape sequences of terminals (ECMA-48)
	Control   = "hidden/control"   // other control characters and what is no character
	Tags      = "hidden/tags"      // letters of the tag block, which spell ASCII unseen
	Selectors = "hidden/selectors" // variation selectors where there is nothing to select
	Bidi      = "hidden/bidi"      // what turns the direction of the text around it
	Invisible = "hidden/invisible" // zero width, fillers and other formats
	Private   = "hidden/private"   // private use: what it shows is the font's affair
)

var severities = map[string]finding.Severity{
	ANSI: finding.High, Control: finding.Medium, Tags: finding.High, Selectors: finding.High,
	Bidi: finding.High, Invisible: finding.Medium, Private: finding.Info,
}

const words = "it holds characters that a person does not see; ask whoever wrote it to leave them out"

// Find reports each run of one sort.
func (Runes) Find(dst []finding.Hit, text []byte) []finding.Hit {
	for i := next(text, 0); i < len(text); i = next(text, i) {
		rule, end := at(text, i)
		if rule == "" {
			i = end
			continue
		}
		for end < len(text) {
			more, after := at(text, end)
			if more != rule {
				break
			}
			end = after
		}
		dst = append(dst, finding.Hit{Rule: rule, Severity: severities[rule], Start: i, End: end, Words: words})
		i = end
	}
	return dst
}

// next is the place of the next byte, from i on, that is not plain ASCII.
func next(text []byte, i int) int {
	for ; i < len(text); i++ {
		if c := text[i]; c >= 0x7f || c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			break
		}
	}
	return i
}

// at names what stands at i, "" where it is to be seen or in its place, and where it ends.
func at(text []byte, i int) (rule string, end int) {
	if text[i] == 0x1b {
		return ANSI, i + sequence(text[i:])
	}
	r, n := utf8.DecodeRune(text[i:])
	if r == 0x9b {
		return ANSI, i + n + parameters(text[i+n:])
	}
	rule = Rule(r)
	if rule != "" && atWork(text, i, r, n) {
		rule = ""
	}
	return rule, i + n
}

// sequence is the length of the escape sequence that b begins with (ECMA-48, 5.4 and 5.6):
// one of control (CSI), a string (OSC, DCS, SOS, PM, APC) with its end, or two bytes.
func sequence(b []byte) int {
	if len(b) < 2 {
		return 1
	}
	switch b[1] {
	case '[':
		return 2 + parameters(b[2:])
	case ']', 'P', 'X', '^', '_':
		for i := 2; i < len(b) && i < 4096; i++ {
			switch {
			case b[i] == 0x07:
				return i + 1
			case b[i] == 0x1b && i+1 < len(b) && b[i+1] == '\\':
				return i + 2
			}
		}
	}
	if b[1] < utf8.RuneSelf {
		return 2
	}
	return 1
}

// parameters is the length of what follows CSI, its last byte included.
func parameters(b []byte) int {
	for i, c := range b {
		switch {
		case c >= 0x40 && c <= 0x7e:
			return i + 1
		case c < 0x20 || c > 0x7e || i > 64:
			return i
		}
	}
	return len(b)
}

// Rule is what is said of a rune that nobody sees; "" of all others.
func Rule(r rune) string {
	switch {
	case r == '\n', r == '\t', r == '\r', r >= ' ' && r < 0x7f, r == 0xad:
		return ""
	case r < 0xa0, r == utf8.RuneError:
		return Control
	case r < 0x34f:
		return ""
	case unicode.Is(unicode.Co, r):
		return Private
	case r >= 0xe0000 && r <= 0xe007f:
		return Tags
	case unicode.Is(unicode.Variation_Selector, r):
		return Selectors
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return Bidi
	case r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, r == 0x34f, unicode.Is(unicode.Cf, r), unicode.In(r, unicode.Zl, unicode.Zp):
		return Invisible
	}
	return ""
}

// atWork are the places where an invisible rune does what it is made for.
func atWork(text []byte, i int, r rune, n int) bool {
	if r == 0xfeff && i == 0 || r == utf8.RuneError && n == 3 {
		return true // a byte order mark; the character that stands for one that was lost
	}
	before, _ := utf8.DecodeLastRune(text[:i])
	after, _ := utf8.DecodeRune(text[i+n:])
	switch {
	case r == 0xfe0e || r == 0xfe0f:
		return unicode.In(before, unicode.S, unicode.N, unicode.P)
	case r >= 0x180b && r <= 0x180f:
		return unicode.Is(unicode.Mongolian, before)
	case r >= 0xe0100 && r <= 0xe01ef, r >= 0xfe00 && r <= 0xfe02:
		return unicode.Is(unicode.Han, before)
	case r == 0x200d || r == 0x200c:
		return before >= 0xa9 && after >= 0xa9 && Rule(after) == ""
	case r == 0x200e || r == 0x200f || r == 0x061c, r >= 0x2066 && r <= 0x2069:
		return rightward(before) || rightward(after)
	case r >= 0x600 && r <= 0x605, r == 0x6dd, r == 0x70f:
		return rightward(after) || unicode.IsDigit(after)
	case r == 0x2060 || r == 0x200b:
		return unicode.In(before, noSpaces...) && unicode.In(after, noSpaces...)
	case r >= 0xe0020 && r <= 0xe007f:
		return region(text[:i])
	}
	return false
}

// noSpaces are scripts that write no spaces, and mark by zero-width ones where a line may
// break.
var noSpaces = []*unicode.RangeTable{unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan}

func rightward(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko)
}

// region reports whether before ends in a black flag and at most 6 tags (UTS 51).
func region(before []byte) bool {
	for range 7 {
		r, n := utf8.DecodeLastRune(before)
		if r == 0x1f3f4 {
			return true
		}
		if r < 0xe0020 || r > 0xe007f {
			return false
		}
		before = before[:len(before)-n]
	}
	return false
}
