package dlp

import (
	"fmt"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// A Dictionary is words and phrases that an organisation has named: projects, customers,
// marks of classification.
type Dictionary struct {
	Name     string // the rule is "custom/" and the name
	Severity finding.Severity
	Words    []string // of three bytes and more; ASCII letters match in either case
}

// Custom finds the words of dictionaries, where they stand as words of their own.
type Custom struct {
	set   *literal.Set
	of    []int // which dictionary each word is of
	rules []finding.Hit
}

// maxTable bounds the memory of a Custom: bytes of all words, times different bytes in them.
const maxTable = 1 << 23

// NewCustom makes dictionaries ready: tens of thousands of words at most (64 MiB of memory).
func NewCustom(dictionaries ...Dictionary) (*Custom, error) {
	c := &Custom{}
	var words []string
	seen, bytes := [256]bool{}, 0
	for i, d := range dictionaries {
		if d.Severity < finding.Info || d.Severity > finding.Critical || d.Name == "" {
			return nil, fmt.Errorf("the dictionary %q needs a name and a severity", d.Name)
		}
		for _, w := range d.Words {
			for _, shape := range shapes(w) {
				words, c.of, bytes = append(words, shape), append(c.of, i), bytes+len(shape)
				for k := range len(shape) {
					seen[shape[k]] = true
				}
			}
			if len(strings.TrimSpace(w)) < 3 {
				return nil, fmt.Errorf("the dictionary %q has the word %q: use three bytes at least", d.Name, w)
			}
		}
		c.rules = append(c.rules, finding.Hit{Rule: "custom/" + d.Name, Severity: d.Severity, Words: "it holds a word of the dictionary " + d.Name})
	}
	different := 1
	for _, is := range seen {
		if is {
			different++
		}
	}
	if bytes*different > maxTable || different > 250 {
		return nil, fmt.Errorf("the dictionaries have %d bytes in %d different ones; use fewer, or fingerprints", bytes, different)
	}
	c.set = literal.New(words, true)
	return c, nil
}

// shapes are a word with single spaces, and its other case where that is not ASCII's.
func shapes(w string) []string {
	w = strings.Join(strings.Fields(w), " ")
	out := []string{w}
	for _, other := range []string{strings.ToLower(w), strings.ToUpper(w)} {
		if !strings.EqualFold(other, w) || !ascii(w) && other != w {
			out = append(out, other)
		}
	}
	return out
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Find adds the words in text to dst, at most 100.
func (c *Custom) Find(dst []finding.Hit, text []byte) []finding.Hit {
	var buf [32]literal.Match
	n := 0
	for _, m := range c.set.Scan(buf[:0], text) {
		start := m.End - c.set.Len(m.Word)
		if n == 100 || start > 0 && within(text[start-1]) && within(text[start]) || m.End < len(text) && within(text[m.End]) && within(text[m.End-1]) {
			continue
		}
		h := c.rules[c.of[m.Word]]
		h.Start, h.End = start, m.End
		dst = append(dst, h)
		n++
	}
	return dst
}

// within reports whether c belongs to a word: what is not ASCII does.
func within(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}
