package lookalike

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// MaxName is how much of a name is looked at, in bytes.
const MaxName = 512

// shapes is confusable the other way round: a letter by its double.
var shapes = func() map[rune]byte {
	m := make(map[rune]byte)
	for letter, doubles := range confusable {
		for _, r := range doubles {
			m[r] = letter
		}
	}
	return m
}()

// digits are the letters that digits are taken for. No two have the same one: names that
// differ by a number differ. 6 looks like b, and so does 8, which has it.
var digits = map[byte]byte{'0': 'o', '1': 'l', '2': 'z', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b', '9': 'g'}

// signs are the letters that other signs of ASCII are taken for, within a word.
var signs = map[rune]byte{'$': 's', '@': 'a', '!': 'i', '|': 'l', '€': 'e', '£': 'l', '¢': 'c'}

// Skeleton is what a name looks like: two names that a person could take for each other
// at a glance have one skeleton. It is of [a-z] and digits, save for runes of scripts
// that look like no letter of ASCII. It is not a name, and is never shown.
func Skeleton(name string) string { return skeleton(strings.Join(words(name), "")) }

// words cuts a name into words of lower-case ASCII, where it can: at separators, at
// case, and where digits begin or end. The separators are gone.
func words(name string) (out []string) {
	if len(name) > MaxName {
		name = name[:MaxName]
	}
	var word []byte
	cut := func() {
		if len(word) > 0 {
			out = append(out, string(word))
		}
		word = nil
	}
	var before, two rune // the two runes before, as kinds: 'A', 'a', '0'
	runes := []rune(decomposed(name))
	for i, r := range runes {
		letter, is := plain(r, len(word) > 0 && i+1 < len(runes) && unicode.IsLetter(runes[i+1]))
		if is == 0 { // a separator
			cut()
		}
		if is == 0 || is == 'x' { // or nothing
			if is == 0 {
				before, two = 0, 0
			}
			continue
		}
		switch {
		case is == 'A' && before == 'a', is != '0' && before == '0' && len(word) > 1 && digitsAlone(word), is == '0' && before != '0' && digitsFrom(runes[i:]):
			cut()
		case is == 'a' && before == 'A' && two == 'A' && len(word) > 1: // URLOf is url of
			last := word[len(word)-1]
			word = word[:len(word)-1]
			cut()
			word = append(word, last)
		}
		word = append(word, letter...)
		before, two = is, before
	}
	cut()
	return out
}

// decomposed is name in NFKC, its marks then taken off.
func decomposed(name string) string { return norm.NFKD.String(norm.NFKC.String(name)) }

// plain is a rune as ASCII, where it looks like it, and what it is: 'A' a capital, 'a'
// a small letter, '0' a digit, 'x' nothing that is seen, 0 a separator.
func plain(r rune, within bool) (letter string, is rune) {
	switch {
	case r >= 'a' && r <= 'z':
		return string(r), 'a'
	case r >= 'A' && r <= 'Z':
		return string(r + 'a' - 'A'), 'A'
	case unicode.Is(unicode.Nd, r):
		return string(digit(r)), '0'
	case unicode.In(r, unicode.M, unicode.Cf, unicode.Cc, unicode.Co, unicode.Variation_Selector) || filler(r):
		return "", 'x'
	case within && signs[r] != 0:
		return string(signs[r]), 'a'
	case looks(r) != 0 && unicode.IsUpper(r):
		return string(looks(r)), 'A'
	case looks(r) != 0:
		return string(looks(r)), 'a'
	case unicode.IsLetter(r) || unicode.IsSymbol(r) && r > unicode.MaxASCII || unicode.IsNumber(r):
		return string(unicode.ToLower(r)), 'a'
	}
	return "", 0
}

// looks is the letter that r looks like: itself, or in its other case.
func looks(r rune) byte {
	for _, one := range [...]rune{r, unicode.ToUpper(r), unicode.ToLower(r)} {
		if letter := shapes[one]; letter != 0 {
			return letter
		}
	}
	return 0
}

// filler are letters of Hangul, and a mark, that show nothing.
func filler(r rune) bool {
	return r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0 || r == 0x034f
}

// digit is r, a decimal digit of any script, as ASCII. The digits of a script stand
// together, from 0 to 9 (Unicode 4.6).
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) { //nolint:gosec // code points are below 2^21
			return '0' + (r-rune(t.Lo))%10 //nolint:gosec // as above
		}
	}
	return r
}

// digitsAlone reports that a word is a number so far: what follows is another word.
func digitsAlone(word []byte) bool {
	for _, c := range word {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(word) > 0
}

// digitsFrom reports that the number that begins here ends the word: a version or a
// count, where digits between letters are letters.
func digitsFrom(runes []rune) bool {
	n := 0
	for n < len(runes) && unicode.Is(unicode.Nd, runes[n]) {
		n++
	}
	return n == len(runes) || !unicode.IsLetter(runes[n])
}

// skeleton is plain text as it looks: flat, and rn is m.
func skeleton(plain string) string { return together.Replace(flat(plain)) }

// flat is plain text, letter for letter as it looks: digits are letters, i is l.
func flat(plain string) string {
	b := []byte(plain)
	for i, c := range b {
		if letter := digits[c]; letter != 0 {
			b[i] = letter
		}
		if b[i] == 'i' {
			b[i] = 'l'
		}
	}
	return string(b)
}

// together are letters that make another one side by side.
var together = strings.NewReplacer("rn", "m", "vv", "w")
