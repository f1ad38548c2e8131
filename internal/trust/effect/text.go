package effect

import (
	"strings"
	"unicode"
)

// split cuts a name into lower-case words: at anything that is no letter, where digits
// begin or end, and where case says so (getURLOf is get url of).
func split(name string) (out []string) {
	runes := []rune(name)
	start := 0
	cut := func(end int) {
		if end > start {
			out = append(out, strings.ToLower(string(runes[start:end])))
		}
		start = end
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			cut(i)
			start = i + 1
		case i == 0 || i == start:
		case unicode.IsDigit(r) != unicode.IsDigit(runes[i-1]),
			unicode.IsUpper(r) && !unicode.IsUpper(runes[i-1]),
			unicode.IsUpper(r) && i+1 < len(runes) && unicode.IsLower(runes[i+1]):
			cut(i)
		}
	}
	cut(len(runes))
	return out
}

// maxSaid is how much of a description is read, in bytes.
const maxSaid = 4096

// sentences are the words of each sentence of s, in lower case; a comma is a word.
func sentences(s string) (out [][]string) {
	if len(s) > maxSaid {
		s = s[:maxSaid]
	}
	for line := range strings.FieldsFuncSeq(strings.ReplaceAll(s, ". ", "\n"), func(r rune) bool { return r == '\n' || r == '!' || r == ';' || r == '。' }) {
		line = strings.ReplaceAll(strings.ToLower(line), ",", " , ")
		var words []string
		for w := range strings.FieldsSeq(line) {
			w = strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && r != ',' })
			if w != "" {
				words = append(words, w)
			}
		}
		if len(words) > 0 {
			out = append(out, words)
		}
	}
	return out
}

// base is the verb that w is a form of, and whether it is the third person: deletes,
// fetches, copies. "" is none that is known.
func base(w string) (verb string, third bool) {
	if strong[w] != 0 || weak[w] != 0 {
		return w, false
	}
	for _, end := range [][2]string{{"ies", "y"}, {"es", ""}, {"s", ""}} {
		if v, ok := strings.CutSuffix(w, end[0]); ok && (strong[v+end[1]] != 0 || weak[v+end[1]] != 0) {
			return v + end[1], true
		}
	}
	for _, end := range []string{"", "e"} {
		if v, ok := strings.CutSuffix(w, "ing"); ok && strong[v+end] != 0 {
			return v + end, false
		}
	}
	return "", false
}

// before are words that may stand before the verb that begins a sentence.
var before = words(`a an the this tool that it to use used allows lets enables can will you your users user let us please simply
	function command endpoint api method for which helper utility action be able agent safely quickly securely efficiently
	recursively automatically permanently programmatically asynchronously batch bulk async mcp and or important note advanced tools by`)

// maxBefore is how many words may stand before it.
const maxBefore = 6

// begin is the place of the verb that begins a sentence, or -1.
func begin(sentence []string) int {
	for i, w := range sentence[:min(len(sentence), maxBefore)] {
		if v, _ := base(w); v != "" {
			return i
		}
		if !before[w] {
			return -1
		}
	}
	return -1
}

func effects(verb string) Set { return strong[verb] | weak[verb] }

// opening is what the verb that begins a description does, or 0.
func opening(description string) Set {
	all := sentences(description)
	if len(all) == 0 || begin(all[0]) < 0 {
		return 0
	}
	verb, _ := base(all[0][begin(all[0])])
	return effects(verb)
}

// description counts the verbs of a description.
func (e *Effects) description(text string) {
	for n, s := range sentences(text) {
		at := begin(s)
		if at < 0 {
			continue
		}
		verb, third := base(s[at])
		if n > 0 && (!third || strong[verb] == 0) { // notes, tags and flags begin sentences too
			continue
		}
		e.add(effects(verb), Description, s[at])
		for i := at + 1; i < len(s); i++ {
			joined := s[i-1] == "and" || s[i-1] == "or" || s[i-1] == "then" || s[i-1] == ","
			v, again := base(s[i])
			if joined && strong[v] != 0 && again == third && followed(s, i) {
				e.add(strong[v], Description, s[i])
			}
		}
		if n == 0 {
			e.spoken(s, effects(verb))
		}
	}
}

// followed reports that the word at i has something to act on, or ends a list of verbs:
// "search, update and delete them" and not "for create, update events".
func followed(s []string, i int) bool {
	return i+1 < len(s) && s[i+1] != "events" && s[i+1] != "operations"
}

// spoken counts the web, and what is handled, in the first sentence.
func (e *Effects) spoken(s []string, verb Set) {
	for i, w := range s {
		e.add(web[w], Description, w)
		pair := w
		if i > 0 {
			pair = s[i-1] + "_" + w
		}
		e.add(runs[pair], Description, pair)
		if verb&(Write|Execute) != 0 && verb&Delete == 0 && i < maxBefore {
			e.add(handled[w], Description, w)
		}
	}
}
