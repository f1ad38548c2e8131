package lookalike

import "strings"

// within is the distance of a and b where it is at most limit, otherwise -1: how many
// letters are to be put in, taken out, exchanged or swapped with the next (Damerau 1964;
// Levenshtein 1966; each letter is touched once). Bytes are letters: names that are
// compared are of ASCII almost throughout.
func within(a, b string, limit int) int {
	if limit <= 0 || len(a)-len(b) > limit || len(b)-len(a) > limit || len(b) > MaxName {
		return -1
	}
	var rows [3][MaxName + 1]int16
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = int16(j) //nolint:gosec // at most MaxName
	}
	for i := range len(a) {
		row[0] = int16(i + 1) //nolint:gosec // as above
		least := row[0]
		for j := range len(b) {
			cost := int16(1)
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			least = min(least, row[j+1])
		}
		if int(least) > limit {
			return -1
		}
		before, last, row = last, row, before
	}
	if d := int(last[len(b)]); d <= limit {
		return d
	}
	return -1
}

// kind says which slip made a of b.
func kind(a, b string, distance int) How {
	if distance != 1 {
		return Typo
	}
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	switch {
	case len(a) == len(b)+1 && (head > 0 && a[head] == a[head-1] || head+1 < len(a) && a[head] == a[head+1]):
		return Doubled
	case len(a)+1 == len(b):
		return Dropped
	case len(a) == len(b) && head+1 < len(a) && a[head] == b[head+1] && a[head+1] == b[head]:
		return Swapped
	case len(a) == len(b) && neighbours(a[head], b[head]):
		return Keyboard
	}
	return Typo
}

// keys are the rows of a keyboard. In skeletons i is l: it has the neighbours of both.
var keys = [...]string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}

// neighbours reports that two keys lie side by side, in a row or across two.
func neighbours(a, b byte) bool {
	for r, row := range keys {
		i := strings.IndexByte(row, a)
		if i < 0 {
			continue
		}
		for s := max(r-1, 0); s <= min(r+1, len(keys)-1); s++ {
			j := strings.IndexByte(keys[s], b)
			if j >= 0 && j-i <= 1 && i-j <= 1 {
				return true
			}
		}
	}
	return (a == 'l' && neighbours('i', b) || b == 'l' && neighbours(a, 'i')) && a != 'i' && b != 'i'
}
