package rule

import (
	"strings"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet"
)

const maxExcerpt = 120 // bytes

// excerpt is s for a person: escaped, cut to maxExcerpt, what looks like a secret left out.
func excerpt(s string) string {
	if len(s) > 4*maxExcerpt { // what is cut off below needs no escaping
		s = s[:4*maxExcerpt]
	}
	s = mantlet.Escape(conceal(s))
	if len(s) <= maxExcerpt {
		return s
	}
	cut := maxExcerpt - len("…")
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// conceal replaces runs of 16 and more characters that keys are made of, where letters and
// digits mix, and what follows "password=" and its like.
func conceal(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && keyByte(s[end]) {
			end++
		}
		switch {
		case end-i >= 16 && mixed(s[i:end]), end > i && end-i >= 4 && assigned(s[:i]):
			b.WriteString("[secret]")
		case end > i:
			b.WriteString(s[i:end])
		default:
			b.WriteByte(s[i])
			end++
		}
		i = end
	}
	return b.String()
}

func keyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '+'
}

func mixed(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ContainsAny(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz")
}

// assigned reports whether before ends as an assignment to a secret's name does.
func assigned(before string) bool {
	before = strings.ToLower(strings.TrimRight(before[max(0, len(before)-24):], ` "'`))
	for _, op := range []string{"=", ":"} {
		if name, ok := strings.CutSuffix(before, op); ok {
			for _, n := range []string{"password", "passwd", "token", "secret", "key", "pwd"} {
				if strings.HasSuffix(strings.TrimRight(name, ` "'`), n) {
					return true
				}
			}
		}
	}
	return false
}
