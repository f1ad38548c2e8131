// Package canary finds values that no honest call touches.
//
// The question: does somebody carry around what was laid out to be found? The threats: secrets
// that are read and sent on (E03, I04, I06), tools that are tried because they are there (H04).
// The controls: C062, C097. A canary is a value that its owner has put where only a thief looks
// (a decoy key in a file, a record of nobody); a bait is a tool that nobody needs. There are no
// false alarms but those of who uses what they laid out themselves.
//
// A value is found as it is and in what it is turned into to be carried out: base64 (at each
// of the three places at which it may begin), hexadecimal, percent-encoded, reversed. When it
// breaks, the room that asks refuses the message.
package canary

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// MinValue is the length in bytes that a value has at least: a shorter one is found by chance.
const MinValue = 12

// Values is a detector of canaries by their names.
type Values struct {
	set   *literal.Set
	names []string // of each word
}

// New returns the detector of values by their names, which are shown in findings: they tell
// which canary it was, and the value itself is told nowhere.
func New(values map[string]string) (*Values, error) {
	v := &Values{}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		if len(value) < MinValue {
			return nil, fmt.Errorf("the canary %q has %d bytes; it needs %d, so that nobody says it by chance", name, len(value), MinValue)
		}
		for _, w := range shapes(value) {
			if !slices.Contains(words, w) {
				words, v.names = append(words, w), append(v.names, name)
			}
		}
	}
	v.set = literal.New(words, true)
	return v, nil
}

// shapes are the value and what it is turned into to be carried out.
func shapes(value string) []string {
	b := []byte(value)
	back := slices.Clone(b)
	slices.Reverse(back)
	out := []string{value, string(back), hex.EncodeToString(b), url.QueryEscape(value), url.PathEscape(value)}
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			s := e.EncodeToString(append(make([]byte, shift), b...))
			from := (shift*8 + 5) / 6 // the first letter that is the value's alone
			s = s[from:]
			if (shift+len(b))%3 != 0 {
				s = s[:len(s)-1] // the last one has bits of what follows
			}
			out = append(out, s)
		}
	}
	return out
}

// Find reports each canary.
func (v *Values) Find(dst []finding.Hit, text []byte) []finding.Hit {
	var buf [8]literal.Match
	for _, m := range v.set.Scan(buf[:0], text) {
		dst = append(dst, finding.Hit{Rule: "canary/" + v.names[m.Word], Severity: finding.Critical, Start: m.End - v.set.Len(m.Word), End: m.End,
			Words: "it carries a value that was laid out to be found"})
	}
	return dst
}
