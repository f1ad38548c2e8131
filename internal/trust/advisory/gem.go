package advisory

import "strings"

// A Ruby version is numbers and words, which Gem::Version compares one by one: a word is
// below a number, and so below what is missing, which is zero.
var gem = by(parseGem, compareGem)

func parseGem(s string) ([]string, bool) {
	s = strings.ReplaceAll(strings.TrimSpace(s), "-", ".pre.")
	if s == "" || !isDigit(s[0]) {
		return nil, false
	}
	var out []string
	for part := range strings.SplitSeq(s, ".") {
		if part == "" {
			return nil, false
		}
		for part != "" {
			kind := isLetter
			if isDigit(part[0]) {
				kind = isDigit
			}
			head, rest := run(part, kind)
			if head == "" {
				return nil, false
			}
			out, part = append(out, head), rest
		}
	}
	return canonicalGem(out), true
}

// canonicalGem drops zeros at the end of the numbers and at the end of the words: 1.0.a.0
// is 1.a.
func canonicalGem(all []string) []string {
	word := 0
	for word < len(all) && digits(all[word]) {
		word++
	}
	return append(dropZeros(all[:word:word]), dropZeros(all[word:])...)
}

func dropZeros(all []string) []string {
	for len(all) > 0 && strings.Trim(all[len(all)-1], "0") == "" {
		all = all[:len(all)-1]
	}
	return all
}

func compareGem(a, b []string) int {
	for i := range max(len(a), len(b)) {
		x, y := at(a, i), at(b, i)
		wordX, wordY := x != "" && !digits(x), y != "" && !digits(y)
		c := bools(wordY, wordX)
		switch {
		case wordX && wordY:
			c = strings.Compare(x, y)
		case !wordX && !wordY:
			c = numeric(x, y)
		}
		if c != 0 {
			return c
		}
	}
	return 0
}
