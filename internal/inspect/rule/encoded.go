package rule

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"iter"
	"unicode"
	"unicode/utf8"
)

// The shortest runs that are tried: shorter ones hold no order.
const (
	minBase64 = 16
	minHex    = 20
)

// layers gives the text as it stands, then what its encoded runs decode to, one level deep.
// All of them together are at most a few times as long as s.
func layers(s string) iter.Seq[*layer] {
	return func(yield func(*layer) bool) {
		l := read(s)
		if !yield(l) {
			return
		}
		for d := range runsOf(l) {
			if !yield(d) {
				return
			}
		}
		for _, turn := range []func(*layer) *layer{spaced, rotated, reversed} {
			if d := turn(l); d != nil && !yield(d) {
				return
			}
		}
	}
}

// decoded is the layer of a text that stood encoded at l[from:to].
func decoded(l *layer, from, to int, text []byte, how string) *layer {
	d := read(string(text))
	start, end := l.source(from, to)
	d.runs, d.how = []run{{0, start, max(end-start, 1)}}, how
	return d
}

// runsOf finds the runs of base64 and hexadecimal digits that hold text.
func runsOf(l *layer) iter.Seq[*layer] {
	return func(yield func(*layer) bool) {
		for i := 0; i < len(l.raw); {
			end, hexDigits := i, true
			for end < len(l.raw) && base64Byte(l.raw[end]) {
				hexDigits = hexDigits && hexByte(l.raw[end])
				end++
			}
			if text, how := decode(l.raw[i:end], hexDigits); text != nil && !yield(decoded(l, i, end, text, how)) {
				return
			}
			i = end + 1
		}
	}
}

func decode(b []byte, hexDigits bool) ([]byte, string) {
	if hexDigits && len(b) >= minHex {
		out := make([]byte, len(b)/2)
		if _, err := hex.Decode(out, b[:len(b)&^1]); err == nil && legible(out) {
			return out, "hex"
		}
	}
	if len(b) < minBase64 {
		return nil, ""
	}
	enc := base64.RawStdEncoding
	if bytes.ContainsAny(b, "-_") {
		enc = base64.RawURLEncoding
	}
	if len(b)%4 == 1 {
		b = b[:len(b)-1]
	}
	out := make([]byte, enc.DecodedLen(len(b)))
	if n, err := enc.Decode(out, b); err == nil && legible(out[:n]) {
		return out[:n], "base64"
	}
	return nil, ""
}

// legible reports text: valid UTF-8, no controls but line ends, a tenth at most outside ASCII.
func legible(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	other := 0
	for _, r := range string(b) {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
		case unicode.IsControl(r):
			return false
		case r >= utf8.RuneSelf:
			other++
		}
	}
	return other*10 <= len(b)
}

func base64Byte(c byte) bool { return keyByte(c) || c == '/' }

func hexByte(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// spaced joins letters that stand one by one ("i g n o r e", "i.g.n.o.r.e"): eight of them
// and more. Two spaces, or another separator, end a word.
func spaced(l *layer) *layer {
	b := l.low
	for i := 0; i+15 < len(b); i++ {
		if !lone(b, i) {
			continue
		}
		end, out, count := i, []byte(nil), 0
		for lone(b, end) {
			out = append(out, b[end])
			count++
			gap := end + 1
			for gap < len(b) && !wordByte(b[gap]) && gap-end < 4 {
				gap++
			}
			if gap-end > 2 {
				out = append(out, ' ')
			}
			if gap == end+1 {
				break
			}
			end = gap
		}
		if count >= 8 {
			return decoded(l, i, min(end, len(b)), out, "spaced letters")
		}
		i = max(i, end-1)
	}
	return nil
}

// lone reports a letter with none beside it.
func lone(b []byte, i int) bool {
	return i < len(b) && letter(b[i]) && b[i] < utf8.RuneSelf && (i == 0 || !wordByte(b[i-1])) && (i+1 >= len(b) || !wordByte(b[i+1]))
}

// Words that a text turned by 13 or read backwards would hold, and hardly any other text.
var (
	rot13Words   = words("vtaber cerivbhf vafgehpgvbaf vafgehpgvba flfgrz hfre cnffjbeq perqragvnyf frperg rkrphgr nffvfgnag erirny cebzcg svyr")
	reverseWords = words("erongi suoiverp snoitcurtsni noitcurtsni metsys resu drowssap slaitnederc terces etucexe tnatsissa laever tpmorp neddih")
)

func rotated(l *layer) *layer {
	if !holds(l.low, rot13Words) {
		return nil
	}
	d := &layer{raw: bytes.Clone(l.raw), runs: l.runs, how: "rot13"}
	for i, c := range d.raw {
		if low := c | 0x20; low >= 'a' && low <= 'z' {
			d.raw[i] = c - low + 'a' + (low-'a'+13)%26
		}
	}
	d.lower()
	return d
}

func reversed(l *layer) *layer {
	if !holds(l.low, reverseWords) {
		return nil
	}
	out := bytes.Clone(l.raw)
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return decoded(l, 0, len(l.raw), bytes.ToValidUTF8(out, nil), "reversed")
}

// holds reports whether two of the words stand in b.
func holds(b []byte, list map[string]bool) bool {
	n := 0
	for w := range bytes.FieldsFuncSeq(b, func(r rune) bool { return r < 'a' || r > 'z' }) {
		if list[string(w)] {
			if n++; n == 2 {
				return true
			}
		}
	}
	return false
}
