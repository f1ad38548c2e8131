package schema

import (
	"slices"
	"unicode"
)

// inContext holds a label against the rules of RFC 5892, appendices A.3 to A.9, which UTS 46
// leaves out, and its exceptions that are never allowed (section 2.6).
func inContext(label []rune) bool {
	for i, r := range label {
		before, after := at(label, i-1), at(label, i+1)
		ok := true
		switch {
		case r == 0xb7:
			ok = before == 'l' && after == 'l'
		case r == 0x375:
			ok = unicode.Is(unicode.Greek, after)
		case r == 0x5f3, r == 0x5f4:
			ok = unicode.Is(unicode.Hebrew, before)
		case r == 0x30fb:
			ok = slices.ContainsFunc(label, func(r rune) bool {
				return r != 0x30fb && unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
			})
		case r >= 0x660 && r <= 0x669:
			ok = !slices.ContainsFunc(label, func(r rune) bool { return r >= 0x6f0 && r <= 0x6f9 })
		case slices.Contains(never, r):
			ok = false
		case r >= 0x80 && !slices.Contains(besides, r):
			ok = unicode.In(r, unicode.Ll, unicode.Lo, unicode.Lm, unicode.Mn, unicode.Mc, unicode.Nd)
		}
		if !ok {
			return false
		}
	}
	return true
}

// besides are valid, and no letters (section 2.6), or joiners, which idna has looked at.
var besides = []rune{0x6fd, 0x6fe, 0xf0b, 0x3007, 0x200c, 0x200d}

var never = []rune{0x640, 0x7fa, 0x302e, 0x302f, 0x3031, 0x3032, 0x3033, 0x3034, 0x3035, 0x303b}

func at(label []rune, i int) rune {
	if i < 0 || i >= len(label) {
		return 0
	}
	return label[i]
}
