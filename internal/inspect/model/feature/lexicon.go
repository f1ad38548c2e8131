package feature

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed lexicon.txt
var lexiconText string

// A kind is what a word is to the shapes; 0 is none.
type kind uint8

// The kinds that no list holds are seen by the form of a word.
const (
	kindNone  kind = iota
	kindIdent      // a name with marks or capitals inside: read_file, readFile
	kindPath
	kindLink // an address of the web or of mail
	kindCaps // a word in capitals
	kindMark // <|, ]], ###, <!--: what frames
	kindQuote
	firstListed
)

// kinds is how many kinds there may be.
const kinds = 40

// A lexicon maps hashes of words to kinds, by open addressing.
type lexicon struct {
	keys  []uint32
	kinds []kind
	turns []turn
}

var words = readLexicon()

const lexiconSize = 1 << 13

func readLexicon() *lexicon {
	l := &lexicon{keys: make([]uint32, lexiconSize), kinds: make([]kind, lexiconSize), turns: make([]turn, lexiconSize)}
	number := make(map[string]kind)
	for row := range strings.Lines(lexiconText) {
		name, list, ok := strings.Cut(row, ":")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		if number[name] == 0 {
			number[name] = firstListed + kind(len(number)) //nolint:gosec // the list is short
		}
		for w := range strings.FieldsSeq(list) {
			l.add(w, number[name])
		}
	}
	if int(firstListed)+len(number) > kinds {
		panic("feature: the lexicon has too many kinds")
	}
	return l
}

// add keeps a word; a long one of ASCII also turned by 13 and backwards.
func (l *lexicon) add(w string, k kind) {
	var p page
	p.write([]byte(w))
	low := p.low[:len(p.seen)]
	l.put(wordHash(low), k, straight)
	if len(low) < 5 || low[0] >= utf8.RuneSelf {
		return
	}
	turned := make([]byte, len(low))
	for i, c := range low {
		turned[i] = c
		if letter(c) {
			turned[i] = 'a' + (c-'a'+13)%26
		}
	}
	l.put(wordHash(turned), 0, rotated)
	for i, c := range low {
		turned[len(low)-1-i] = c
	}
	l.put(wordHash(turned), 0, reversed)
}

// put keeps the first meaning of a word.
func (l *lexicon) put(h uint32, k kind, t turn) {
	at := h % lexiconSize
	for l.keys[at] != 0 {
		if l.keys[at] == h {
			return
		}
		at = (at + 1) % lexiconSize
	}
	l.keys[at], l.kinds[at], l.turns[at] = h, k, t
}

func (l *lexicon) find(h uint32) (kind, turn) {
	for at := h % lexiconSize; l.keys[at] != 0; at = (at + 1) % lexiconSize {
		if l.keys[at] == h {
			return l.kinds[at], l.turns[at]
		}
	}
	return 0, 0
}

// wordHash is the hash of a word in lower case; ideographs are hashed in the same way, one by
// one or two together.
func wordHash(w []byte) uint32 {
	h := uint32(hashStart)
	for _, c := range w {
		h = (h ^ uint32(c)) * hashStep
	}
	return h ^ h>>15
}

const (
	hashStart = 2166136261
	hashStep  = 16777619
)

// Kin are the English words of the kind of w, an English word in lower case; training writes
// one for another.
func Kin(w string) []string { return kin()[w] }

var kin = sync.OnceValue(func() map[string][]string {
	m := make(map[string][]string)
	done := make(map[string]bool)
	for row := range strings.Lines(lexiconText) {
		name, list, ok := strings.Cut(row, ":")
		if !ok || done[name] || strings.HasPrefix(name, "#") {
			continue
		}
		done[name] = true // the first row of a kind is English
		all := strings.Fields(list)
		for _, w := range all {
			if m[w] == nil {
				m[w] = all
			}
		}
	}
	return m
})
