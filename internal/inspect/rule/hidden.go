package rule

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet/internal/inspect/view"
)

// Rules that have no pattern: what they find is seen in the text as it came.
const (
	ruleInvisible = "MTL-HIDDEN-001"
	ruleBidi      = "MTL-HIDDEN-002"
	ruleTags      = "MTL-HIDDEN-003"
	ruleSelectors = "MTL-HIDDEN-004"
	ruleControl   = "MTL-HIDDEN-005"
	ruleANSI      = "MTL-HIDDEN-006"
	ruleComment   = "MTL-HIDDEN-007"
	rulePadding   = "MTL-HIDDEN-008"
	ruleStyle     = "MTL-HIDDEN-009"
	ruleScripts   = "MTL-HIDDEN-010"
	ruleEncoded   = "MTL-HIDDEN-011"
	ruleMarkup    = "MTL-HIDDEN-012"
	ruleTemplate  = "MTL-INJECT-002"
)

// hidden looks at the runes and the marks of a text.
func (s *scan) hidden(v string) {
	if strings.ContainsFunc(v, func(r rune) bool { return r >= utf8.RuneSelf || r < ' ' && r != '\n' && r != '\t' && r != '\r' }) {
		s.runes(v)
		s.scripts(v)
	}
	s.padding(v)
	s.marks(v)
}

// runes reports what is invisible: each kind once, over all that stands together.
func (s *scan) runes(v string) {
	for i := 0; i < len(v); {
		r, n := utf8.DecodeRuneInString(v[i:])
		id := hiddenRune(r)
		if id == "" || allowed(v, i, r) {
			i += n
			continue
		}
		end := i + n
		for end < len(v) {
			r, n := utf8.DecodeRuneInString(v[end:])
			if hiddenRune(r) != id || allowed(v, end, r) {
				break
			}
			end += n
		}
		s.add(id, i, end)
		i = end
	}
}

func hiddenRune(r rune) string {
	switch {
	case r == 0x1b || r == 0x9b:
		return ruleANSI
	case r == '\n', r == '\t', r == '\r', r >= ' ' && r < 0x7f, r == 0xad:
		return ""
	case r < 0xa0, unicode.Is(unicode.Co, r), r > 0xffff && !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cf):
		return ruleControl
	case r >= 0xe0000 && r <= 0xe007f:
		return ruleTags
	case unicode.Is(unicode.Variation_Selector, r):
		return ruleSelectors
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return ruleBidi
	case view.Invisible(r):
		return ruleInvisible
	}
	return ""
}

// allowed are the places where an invisible rune does what it is made for: joiners and
// selectors after a rune outside ASCII (emoji, Indic and Arabic letters), the flags of
// regions, a byte order mark at the front, marks of direction beside letters that run so.
func allowed(v string, i int, r rune) bool {
	if r == 0xfeff && i == 0 {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(v[:i])
	after, _ := utf8.DecodeRuneInString(v[i+utf8.RuneLen(r):])
	switch {
	case r == 0xfe0e || r == 0xfe0f:
		return unicode.In(before, unicode.S, unicode.N, unicode.P)
	case r == 0x200d || r == 0x200c:
		return before >= 0xa9 && after >= 0xa9 && hiddenRune(after) == ""
	case r == 0x200e || r == 0x200f || r == 0x061c:
		return rightward(before) || rightward(after)
	case r >= 0xe0020 && r <= 0xe007f:
		return regionFlag(v[:i])
	}
	return false
}

func rightward(r rune) bool { return unicode.In(r, unicode.Arabic, unicode.Hebrew) }

// regionFlag reports whether before ends in a black flag and at most 6 tags (UTS 51).
func regionFlag(before string) bool {
	for range 7 {
		r, n := utf8.DecodeLastRuneInString(before)
		if r == 0x1f3f4 {
			return true
		}
		if r < 0xe0020 || r > 0xe007f {
			return false
		}
		before = before[:len(before)-n]
	}
	return false
}

// scripts reports a word in which ASCII letters mix with Cyrillic or Greek ones that look so.
func (s *scan) scripts(v string) {
	begin, latin, like := -1, 0, 0
	for i, r := range v + " " {
		switch {
		case r|0x20 >= 'a' && r|0x20 <= 'z':
			latin++
		case unicode.In(r, unicode.Cyrillic, unicode.Greek) && view.Glyph(r) != "":
			like++
		case unicode.IsLetter(r):
			like -= 100
		default:
			if begin >= 0 && latin >= 2 && like > 0 {
				s.add(ruleScripts, begin, i)
			}
			begin, latin, like = -1, 0, 0
			continue
		}
		if begin < 0 {
			begin = i
		}
	}
}

// padding reports space that pushes what follows it out of sight: 100 columns or 20 lines.
func (s *scan) padding(v string) {
	for i := 0; i < len(v); {
		if v[i] != ' ' && v[i] != '\n' {
			next := strings.IndexAny(v[i:], " \n")
			if next < 0 {
				return
			}
			i += next
		}
		end, lines, columns, widest := i, 0, 0, 0
		for ; end < len(v) && strings.IndexByte(" \t\r\n", v[end]) >= 0; end++ {
			if columns++; v[end] == '\n' {
				lines, columns = lines+1, 0
			}
			widest = max(widest, columns)
		}
		if end < len(v) && (lines >= 20 || widest >= 100) {
			s.add(rulePadding, i, end)
		}
		i = end
	}
}

// marks looks for markup that hides or that plays a role.
func (s *scan) marks(v string) {
	if strings.IndexByte(v, '<') < 0 && strings.IndexByte(v, '[') < 0 {
		return
	}
	low := asciiLower(v)
	s.between(low, "<!--", "-->", ruleComment)
	for _, t := range templates {
		s.each(low, t, ruleTemplate)
	}
	for i := range len(low) {
		if low[i] == '<' || low[i] == '[' {
			s.tag(low, i)
		}
	}
	for _, t := range unseen {
		s.each(low, t, ruleStyle)
	}
}

func asciiLower(v string) string {
	b := []byte(v)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// each reports where literal stands first.
func (s *scan) each(low, literal, id string) {
	if i := strings.Index(low, literal); i >= 0 {
		s.add(id, i, i+len(literal))
	}
}

func (s *scan) between(low, open, shut, id string) {
	i := strings.Index(low, open)
	if i < 0 {
		return
	}
	end := strings.Index(low[i:], shut)
	if end < 0 {
		s.add(id, i, len(low))
		return
	}
	s.add(id, i, i+end+len(shut))
}

// tag reports an element or a bracket that opens at i, by name: <important>, [system: ...].
func (s *scan) tag(low string, i int) {
	end := i + 1
	for end < len(low) && end-i < 32 && strings.IndexByte(">]:<[\n", low[end]) < 0 {
		end++
	}
	name := strings.Trim(low[i+1:end], "! #-*")
	if end < len(low) && strings.IndexByte(">]:", low[end]) >= 0 && stage[name] {
		s.add(ruleMarkup, i, end)
	}
}

var (
	templates = []string{"<|im_start|>", "<|im_end|>", "<|system|>", "<|assistant|>", "<|user|>", "<|endoftext|>", "<|start_header_id|>", "<|eot_id|>", "<|begin_of_text|>", "[inst]", "[/inst]", "<<sys>>", "<start_of_turn>", "<end_of_turn>", "\n\nhuman:", "\n\nassistant:"}
	stage     = map[string]bool{
		"important": true, "system": true, "secret": true, "hidden": true, "critical": true, "admin": true, "override": true, "mandatory": true,
		"system-reminder": true, "assistant instructions": true, "system message": true, "system prompt": true, "hidden instructions": true, "system override": true,
	}
	unseen = []string{"font-size:0", "font-size: 0", "display:none", "display: none", "visibility:hidden", "visibility: hidden", "color:white", "color: white", "color:#fff", "color: #fff", "opacity:0", "opacity: 0", "color:transparent", "<div hidden", "<span hidden", "<p hidden"}
)
