package secret

import "math/bits"

// A set of bytes is a bit in each byte's entry of sets.
type set uint16

const (
	digit   set = 1 << iota // d: 0-9
	hexLow                  // h: 0-9a-f
	hexAny                  // H: 0-9a-fA-F
	upper                   // u: A-Z0-9
	base32                  // b: A-Z2-7
	lower                   // l: a-z0-9
	alnum                   // a: A-Za-z0-9
	word                    // w: alnum and _ -
	under                   // n: alnum and _
	base64                  // s: alnum and + / =
	dotted                  // x: word and . ~ =
	hexDash                 // g: hexLow and -
	percent                 // p: base64, percent-encoded
	quoted                  // what ends no value: all but space, quotes, and ` , ; < > and controls
)

var letters = map[byte]set{'d': digit, 'h': hexLow, 'H': hexAny, 'u': upper, 'b': base32, 'l': lower, 'a': alnum, 'w': word,
	'n': under, 's': base64, 'x': dotted, 'g': hexDash, 'p': percent}

var sets = func() (t [256]set) {
	add := func(s set, bytes string) {
		for i := range len(bytes) {
			t[bytes[i]] |= s
		}
	}
	const digits, az, up = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	add(digit, digits)
	add(hexLow, digits+"abcdef")
	add(hexAny, digits+"abcdefABCDEF")
	add(upper, up+digits)
	add(base32, up+"234567")
	add(lower, az+digits)
	add(alnum, digits+az+up)
	add(word, digits+az+up+"_-")
	add(under, digits+az+up+"_")
	add(base64, digits+az+up+"+/=")
	add(dotted, digits+az+up+"_-.~=")
	add(hexDash, digits+"abcdef-")
	add(percent, digits+az+up+"+/=%")
	for c := 0x21; c < 0x100; c++ {
		switch c {
		case '"', '\'', '`', ',', ';', '<', '>', 0x7f:
		default:
			t[c] |= quoted
		}
	}
	return t
}()

// span is the end of the run of s that begins at from, at most at limit.
func span(text []byte, from, limit int, s set) int {
	for limit = min(limit, len(text)); from < limit && sets[text[from]]&s != 0; {
		from++
	}
	return from
}

// A reader reads runs of one text, and remembers for each set where the last one ended: words
// that stand in the same run cost its length once, and not once each.
type reader struct {
	text     []byte
	from, to [16]int
}

// span is as the function of that name, of a set that is one bit.
func (r *reader) span(from, limit int, s set) int {
	i := bits.TrailingZeros16(uint16(s)) & 15
	if from < r.from[i] || from > r.to[i] {
		r.from[i], r.to[i] = from, from
	}
	if r.to[i] < limit {
		r.to[i] = span(r.text, r.to[i], limit, s)
	}
	return min(r.to[i], limit)
}

// back is the start of the run of s that ends at to, at least at limit.
func back(text []byte, to, limit int, s set) int {
	for limit = max(limit, 0); to > limit && sets[text[to-1]]&s != 0; {
		to--
	}
	return to
}
