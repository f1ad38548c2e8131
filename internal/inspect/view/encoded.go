package view

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// The shortest runs that are tried: shorter ones hold no order.
const (
	minBase64 = 16
	minHex    = 20
)

// Of gives the text as it stands, then what its encoded runs decode to, one level deep.
// All of them together are at most a few times as long as s.
func Of(s string) iter.Seq[*View] {
	return func(yield func(*View) bool) {
		l := Read(s)
		if !yield(l) {
			return
		}
		for d := range runsOf(l) {
			if !yield(d) {
				return
			}
		}
		for _, turn := range []func(*View) *View{again, parted, pairs, spaced, rotated, reversed} {
			if d := turn(l); d != nil && !yield(d) {
				return
			}
		}
	}
}

// decoded is the view of a text that stood encoded at l[from:to].
func decoded(l *View, from, to int, text []byte, how string) *View {
	d := Read(string(text))
	start, end := l.Source(from, to)
	d.runs, d.How = []run{{0, start, max(end-start, 1)}}, how
	return d
}

// runsOf finds the runs of base64 and hexadecimal digits that hold text.
func runsOf(l *View) iter.Seq[*View] {
	return func(yield func(*View) bool) {
		for i := 0; i < len(l.Raw); {
			end, hexDigits := i, true
			for end < len(l.Raw) && base64Byte(l.Raw[end]) {
				hexDigits = hexDigits && hexByte(l.Raw[end])
				end++
			}
			if text, how := decode(l.Raw[i:end], hexDigits); text != nil && !yield(decoded(l, i, end, text, how)) {
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

// again reads what entities and escapes stood for once more: "%2569" is "%69" is "i".
func again(l *View) *View {
	if len(l.runs) < 2 || !bytes.ContainsAny(l.Raw, "&%\\") {
		return nil
	}
	d := decoded(l, 0, len(l.Raw), l.Raw, "encoded twice")
	if bytes.Equal(d.Raw, l.Raw) {
		return nil
	}
	return d
}

// parted reads a name by its words: ignore_previousRules is "ignore previous Rules". Names
// reach the model too, so that orders stand in them.
func parted(l *View) *View {
	if len(l.Raw) < 12 || len(l.Raw) > 512 || bytes.ContainsAny(l.Raw, " \n\t") {
		return nil
	}
	out := make([]byte, 0, len(l.Raw)+16)
	for i, c := range l.Raw {
		switch {
		case c == '_' || c == '-' || c == '.':
			out = append(out, ' ')
			continue
		case c >= 'A' && c <= 'Z' && i > 0 && l.Raw[i-1] >= 'a' && l.Raw[i-1] <= 'z':
			out = append(out, ' ')
		}
		out = append(out, c)
	}
	if bytes.IndexByte(out, ' ') < 0 {
		return nil
	}
	return decoded(l, 0, len(l.Raw), out, "")
}

// pairs reads hexadecimal bytes that stand one by one: "69 67 6e", "0x69, 0x67".
func pairs(l *View) *View {
	b, out, from, to := l.Low, []byte(nil), 0, 0
	for i := 0; i+1 < len(b); i++ {
		if !hexByte(b[i]) || !hexByte(b[i+1]) || i > 0 && wordByte(b[i-1]) && b[i-1] != 'x' || i+2 < len(b) && wordByte(b[i+2]) {
			continue
		}
		if len(out) > 0 && i-to > 5 {
			if len(out)*2 >= minHex && legible(out) {
				break
			}
			out = out[:0]
		}
		if len(out) == 0 {
			from = i
		}
		v, _ := hex.DecodeString(string(b[i : i+2]))
		out, to = append(out, v...), i+2
	}
	if len(out)*2 < minHex || !legible(out) {
		return nil
	}
	return decoded(l, from, to, out, "hex")
}

// spaced joins letters that stand one by one ("i g n o r e", "i.g.n.o.r.e"): eight of them
// and more. Two marks, or another than the first, end a word.
func spaced(l *View) *View {
	b := l.Low
	for i := 0; i+15 < len(b); i++ {
		if !lone(b, i) {
			continue
		}
		var buf [64]byte
		end, out, count, mark := i, buf[:0], 0, byte(0)
		for lone(b, end) {
			out = append(out, b[end])
			count++
			gap := end + 1
			for gap < len(b) && !wordByte(b[gap]) && gap-end < 4 {
				gap++
			}
			if count == 1 && gap < len(b) {
				mark = b[end+1]
			}
			if gap-end > 2 || gap < len(b) && b[end+1] != mark {
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

func rotated(l *View) *View {
	if !holds(l.Low, rot13Words) {
		return nil
	}
	d := &View{Raw: bytes.Clone(l.Raw), runs: l.runs, How: "rot13"}
	for i, c := range d.Raw {
		if low := c | 0x20; low >= 'a' && low <= 'z' {
			d.Raw[i] = c - low + 'a' + (low-'a'+13)%26
		}
	}
	d.lower()
	return d
}

func reversed(l *View) *View {
	if !holds(l.Low, reverseWords) {
		return nil
	}
	out := bytes.Clone(l.Raw)
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return decoded(l, 0, len(l.Raw), bytes.ToValidUTF8(out, nil), "reversed")
}

// turned finds the first letters of both lists' words: a text without any is not split.
var turned = literal.New(slices.Collect(func(yield func(string) bool) {
	for _, list := range []map[string]bool{rot13Words, reverseWords} {
		for w := range list {
			if !yield(w) {
				return
			}
		}
	}
}), false)

// holds reports whether two of the words stand in b.
func holds(b []byte, list map[string]bool) bool {
	if !turned.Any(b) {
		return false
	}
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

func words(list string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

func keyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '+'
}

func wordByte(c byte) bool { return letter(c) || c >= '0' && c <= '9' || c == '_' }

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 0x80 }
