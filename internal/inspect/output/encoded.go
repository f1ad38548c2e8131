package output

import (
	"math"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// Encoded is a detector of texts that are for the most part in an encoding, in which anything
// may be carried out: runs of base64's or of hexadecimal letters whose bytes are as even as
// those of what is compressed or encrypted. Its zero value is ready.
type Encoded struct{}

// The bounds of Encoded.
const (
	minEncoded = 4096 // bytes of a text that is looked at
	minRun     = 200  // bytes of a run that counts
	minEntropy = 4.5  // bits a letter: prose has 4.1 to 4.4, base64 of random bytes 6
	hexEntropy = 3.7  // of hexadecimal letters, which have 4 at most
)

// Find reports a text of 4 KiB and more, half of which is such runs.
func (Encoded) Find(dst []finding.Hit, text []byte) []finding.Hit {
	if len(text) < minEncoded {
		return dst
	}
	sum, first, last := 0, -1, 0
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && code(text[end]) {
			end++
		}
		if end-i >= minRun && dense(text[i:end]) {
			if first < 0 {
				first = i
			}
			sum, last = sum+end-i, end
		}
		i = end + 1
	}
	if sum*2 < len(text) {
		return dst
	}
	return append(dst, finding.Hit{Rule: "output/encoded", Severity: finding.Medium, Start: first, End: last,
		Words: "most of it is in an encoding that nobody can read; ask why it is needed"})
}

func code(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '+' || c == '/' || c == '=' || c == '-' || c == '_'
}

// dense reports whether the letters of a run are as even as those of an encoding.
func dense(run []byte) bool {
	var counts [256]int
	hexOnly := true
	for _, c := range run {
		counts[c]++
		hexOnly = hexOnly && (c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f')
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(run))
			bits -= p * math.Log2(p)
		}
	}
	if hexOnly {
		return bits >= hexEntropy
	}
	return bits >= minEntropy
}
