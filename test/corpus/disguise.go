package corpus

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// A Disguise writes an attack in another way. Inner changes the attack alone, before it is put
// into its document; Outer makes the texts that a detector sees of the whole.
type Disguise struct {
	Name  string
	Inner func(rng *rand.Rand, s string) string
	Outer func(before, attack, after string) []string
}

// Disguises are the ways that recall is measured after.
var Disguises = []Disguise{
	{Name: "as it is"},
	{Name: "case", Inner: eachLetter(func(rng *rand.Rand, c byte) string {
		if rng.IntN(2) == 0 {
			return strings.ToUpper(string(c))
		}
		return strings.ToLower(string(c))
	})},
	{Name: "letters apart", Inner: func(_ *rand.Rand, s string) string {
		return strings.Join(strings.Split(strings.ReplaceAll(s, " ", "  "), ""), " ")
	}},
	{Name: "spaces and lines", Inner: func(_ *rand.Rand, s string) string { return strings.ReplaceAll(s, " ", " \n  ") }},
	{Name: "zero width", Inner: eachLetter(func(_ *rand.Rand, c byte) string { return string(c) + "\u200b" })},
	{Name: "tags", Inner: eachByte(func(c byte) string {
		if c < utf8.RuneSelf && c >= ' ' {
			return string(rune(0xe0000 + int(c)))
		}
		return string(rune(c))
	})},
	{Name: "look-alikes", Inner: func(_ *rand.Rand, s string) string {
		return strings.NewReplacer("a", "а", "e", "е", "o", "о", "p", "р", "c", "с", "i", "і").Replace(s)
	}},
	{Name: "full width", Inner: eachLetter(func(_ *rand.Rand, c byte) string { return string(rune(0xfee0 + int(c))) })},
	{Name: "base64", Inner: func(_ *rand.Rand, s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{Name: "hexadecimal", Inner: func(_ *rand.Rand, s string) string { return hex.EncodeToString([]byte(s)) }},
	{Name: "percent", Inner: eachByte(func(c byte) string { return fmt.Sprintf("%%%02X", c) })},
	{Name: "rot13", Inner: func(_ *rand.Rand, s string) string { return strings.Map(turned, s) }},
	{Name: "digits for letters", Inner: func(_ *rand.Rand, s string) string {
		return strings.NewReplacer("o", "0", "i", "1", "e", "3", "a", "4", "s", "5", "t", "7").Replace(s)
	}},
	{Name: "HTML entities", Inner: eachLetter(func(_ *rand.Rand, c byte) string { return fmt.Sprintf("&#%d;", c) })},
	{Name: "Markdown", Inner: func(_ *rand.Rand, s string) string {
		words := strings.Fields(s)
		for i := range words {
			words[i] = []string{"**" + words[i] + "**", "_" + words[i] + "_", words[i]}[i%3]
		}
		return "> " + strings.Join(words, " ")
	}},
	{Name: "HTML comment", Inner: func(_ *rand.Rand, s string) string { return "<!-- " + s + " -->" }},
	{Name: "JSON in a string", Inner: func(_ *rand.Rand, s string) string {
		one, _ := json.Marshal(map[string]any{"data": map[string]any{"items": []string{s}}})
		two, _ := json.Marshal(string(one))
		return string(two)
	}},
	{Name: "two fields", Outer: func(before, attack, after string) []string {
		cut := boundary(attack, len(attack)/2)
		return []string{before + attack[:cut], attack[cut:] + after}
	}},
	{Name: "chunks of 64 bytes", Outer: func(before, attack, after string) []string {
		// the room shows each chunk together with what stood before it
		whole, out := before+attack+after, []string(nil)
		for i := 0; i < len(whole); i += 64 {
			out = append(out, strings.ToValidUTF8(whole[max(0, i-256):min(len(whole), i+64)], ""))
		}
		return out
	}},
	{Name: "backwards", Inner: func(_ *rand.Rand, s string) string {
		r := []rune(s)
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		return string(r)
	}},
	{Name: "marks between words", Inner: func(rng *rand.Rand, s string) string {
		words := strings.Fields(s)
		for i := range words {
			words[i] += []string{"", ".", " ;", " --", "...", " ~"}[rng.IntN(6)]
		}
		return strings.Join(words, " ")
	}},
	{Name: "other words of the kind", Inner: func(rng *rand.Rand, s string) string { return (&Maker{Rng: rng}).Vary(s) }},
	{Name: "in 20 KB of honest text", Outer: func(before, attack, after string) []string {
		host := before + after
		long := strings.Repeat(host+"\n", 1+20000/(1+len(host)))
		half := boundary(long, len(long)/2)
		return []string{long[:half] + "\n" + attack + "\n" + long[half:]}
	}},
}

// Apply gives the texts of a disguised attack.
func (d *Disguise) Apply(rng *rand.Rand, a *Attack) []string {
	before, attack, after := a.Text[:a.From], a.Text[a.From:a.To], a.Text[a.To:]
	if d.Inner != nil {
		attack = d.Inner(rng, attack)
	}
	if d.Outer != nil {
		return d.Outer(before, attack, after)
	}
	return []string{before + attack + after}
}

func eachLetter(f func(*rand.Rand, byte) string) func(*rand.Rand, string) string {
	return func(rng *rand.Rand, s string) string {
		var out strings.Builder
		for i := range len(s) {
			if c := s[i]; c|0x20 >= 'a' && c|0x20 <= 'z' {
				out.WriteString(f(rng, c))
			} else {
				out.WriteByte(c)
			}
		}
		return out.String()
	}
}

func eachByte(f func(byte) string) func(*rand.Rand, string) string {
	return func(_ *rand.Rand, s string) string {
		var out strings.Builder
		for i := range len(s) {
			out.WriteString(f(s[i]))
		}
		return out.String()
	}
}

func turned(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return 'a' + (r-'a'+13)%26
	case r >= 'A' && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	}
	return r
}
