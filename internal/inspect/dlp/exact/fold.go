package exact

import (
	"unicode"
	"unicode/utf8"
)

// The bounds of a cell.
const (
	maxWords = 8
	maxCell  = 64 // bytes, folded
	minCell  = 4  // letters and digits
)

// A word is where one stands in a text, and in its folded letters.
type word struct{ from, to, at, end int }

// words adds to dst and folded at most n words of text, from the place from on. A word is a run of
// letters and digits; letters are folded to lower case. It returns where it stopped.
func words(dst []word, folded []byte, text []byte, from, n int) (_ []word, _ []byte, at int) {
	for at = from; at < len(text) && n > 0; n-- {
		start, end := run(text, at)
		if start == end {
			return dst, folded, len(text)
		}
		w := word{from: start, to: end, at: len(folded)}
		folded = fold(folded, text[start:end])
		w.end = len(folded)
		dst, at = append(dst, w), end
	}
	return dst, folded, at
}

// run is the next run of letters and digits in text from at on. Bytes of no ASCII belong to
// it where their character does.
func run(text []byte, at int) (start, end int) {
	for at < len(text) {
		n := inWord(text[at:])
		if n > 0 {
			break
		}
		at += max(1, -n)
	}
	for start, end = at, at; end < len(text); {
		n := inWord(text[end:])
		if n <= 0 {
			break
		}
		end += n
	}
	return start, end
}

// inWord is how many bytes the letter or digit has with which text begins; not above 0 where
// it is another character.
func inWord(text []byte) int {
	c := text[0]
	if c < utf8.RuneSelf {
		if c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
			return 1
		}
		return -1
	}
	r, n := utf8.DecodeRune(text)
	if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
		return n
	}
	return -n
}

func fold(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	return dst
}

// folded is a cell as it is hashed; nil where it is too short or too long.
func folded(value string) []byte {
	var buf []byte
	all, letters, at := words(nil, buf, []byte(value), 0, maxWords+1)
	_ = at
	if len(all) > maxWords || len(letters) > maxCell || len(letters) < minCell {
		return nil
	}
	return letters
}
