package config

import (
	"maps"
	"slices"
	"strings"
)

// nearest is the known key that is at most two letters away from key and nearest to
// it, "" where none is. Capitals count for nothing: keyfile is keyFile.
func nearest(key string, known map[string]int) string {
	best, least := "", 3
	for _, k := range slices.Sorted(maps.Keys(known)) {
		d := distance(strings.ToLower(key), strings.ToLower(k), least)
		if d < least && d < len(k) {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters must be changed, added or taken out to get from a to
// b; where it is limit or more it may say limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
