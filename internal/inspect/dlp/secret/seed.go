package secret

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

//go:embed bip39.txt
var bip39 string

// A wordlist is BIP 39's words by their numbers. The first four letters tell them apart: slots
// is a table by these, with a number and one in each place, 0 where it is free.
type wordlist struct {
	words []string
	slots [8192]uint16
}

// english is made for the first text.
var english = sync.OnceValue(func() *wordlist {
	l := &wordlist{words: strings.Fields(bip39)}
	for i, w := range l.words {
		at := slot(head([]byte(w)))
		for l.slots[at] != 0 {
			at = (at + 1) % len(l.slots)
		}
		l.slots[at] = uint16(i + 1) //nolint:gosec // there are 2,048
	}
	return l
})

// head is the first four letters of a word.
func head(w []byte) uint32 {
	h := uint32(w[0]) | uint32(w[1])<<8 | uint32(w[2])<<16
	if len(w) > 3 {
		h |= uint32(w[3]) << 24
	}
	return h
}

func slot(h uint32) int { return int(h * 0x9e3779b1 >> 19) }

// number is the place of w in the list.
func (l *wordlist) number(w []byte) (uint16, bool) {
	for at := slot(head(w)); l.slots[at] != 0; at = (at + 1) % len(l.slots) {
		if n := l.slots[at] - 1; l.words[n] == string(w) {
			return n, true
		}
	}
	return 0, false
}

// The bounds of a phrase.
const (
	minPhrase = 47 // bytes of twelve words of three letters
	step      = 40 // of the places that are looked at: no phrase lies between two of them
	maxPhrase = 30 // words of a run that is a phrase and what stands beside it; more is a list
	maxGap    = 6  // bytes between two words: ", ", "\n", " 11. "
	maxRuns   = 8  // runs of twelve words that are looked at in one text
)

// seeds finds the words that a wallet is kept by (BIP 39): twelve and more of the list one
// after the other, whose last bits are the checksum of the others.
func seeds(dst []finding.Hit, text []byte) []finding.Hit {
	for at, floor, runs := 0, 0, 0; at < len(text)-8 && runs < maxRuns; {
		r := runAround(text, at, floor)
		if r.n >= 12 {
			runs++
			dst = r.judge(dst, text)
		}
		floor = max(floor, r.end)
		at = max(at+step, r.end)
	}
	return dst
}

// A run is words of the list that follow each other.
type run struct {
	number   [maxPhrase]uint16
	from, to [maxPhrase]int
	n, end   int
}

// runAround is the run that holds the word at, or after, at. Nothing before floor is looked at.
func runAround(text []byte, at, floor int) (r run) {
	from := wordStart(text, at, floor)
	if _, _, ok := wordAt(text, from); !ok {
		return run{end: at}
	}
	for {
		prev := before(text, from, floor)
		if prev < 0 {
			break
		}
		if _, _, ok := wordAt(text, prev); !ok {
			break
		}
		from = prev
	}
	for r.end = at; from < len(text); {
		to, num, ok := wordAt(text, from)
		if !ok {
			break
		}
		if r.n < maxPhrase {
			r.number[r.n], r.from[r.n], r.to[r.n] = num, from, to
		}
		r.n++
		r.end = to
		from = to
		for from < len(text) && from-to <= maxGap && !isLetter(text[from]) {
			from++
		}
		if from-to > maxGap {
			break
		}
	}
	return r
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }

// wordStart is the start of the word that holds at, or of the next one.
func wordStart(text []byte, at, floor int) int {
	if isLetter(text[at]) {
		for n := 0; at > floor && isLetter(text[at-1]) && n < 9; n++ {
			at--
		}
		return at
	}
	for n := 0; at < len(text)-1 && !isLetter(text[at]) && n < maxGap; n++ {
		at++
	}
	return at
}

// before is the start of the word before from; -1 where there is none.
func before(text []byte, from, floor int) int {
	at := from
	for at > floor && from-at <= maxGap && !isLetter(text[at-1]) {
		at--
	}
	if at <= floor || from-at > maxGap || at == from {
		return -1
	}
	end := at
	for at > floor && isLetter(text[at-1]) && end-at < 9 {
		at--
	}
	return at
}

// wordAt is the end and the number of the word of the list that starts at from.
func wordAt(text []byte, from int) (to int, num uint16, ok bool) {
	var low [8]byte
	for to = from; to < len(text) && isLetter(text[to]); to++ {
		if to-from == len(low) {
			return 0, 0, false
		}
		low[to-from] = text[to] | 0x20
	}
	if to-from < 3 {
		return 0, 0, false
	}
	num, ok = english().number(low[:to-from])
	return to, num, ok
}

// judge reports the longest part of a run that adds up. The list itself, and longer runs, are
// nobody's phrase.
func (r *run) judge(dst []finding.Hit, text []byte) []finding.Hit {
	if r.n > maxPhrase {
		return dst
	}
	for _, words := range [...]int{24, 21, 18, 15, 12} {
		for i := 0; i+words <= r.n; i++ {
			if !adds(r.number[i : i+words]) {
				continue
			}
			h := finding.Hit{Rule: "secret/seed-phrase", Severity: medium, Start: r.from[i], End: r.to[i+words-1],
				Words: "it holds the words that a wallet is kept by; take them out, and move what the wallet holds"}
			around := text[max(0, h.Start-80):h.Start]
			switch {
			case different(r.number[i:i+words]) < words*3/4: // of a test, or a list that repeats itself
				h.Severity = low
			case r.n-words <= 2, words >= 15, contextual(around): // a word beside it may be of the list by chance
				h.Severity = crit
			}
			return append(dst, h)
		}
	}
	return dst
}

func different(words []uint16) (n int) {
	for i, w := range words {
		if !slices.Contains(words[:i], w) {
			n++
		}
	}
	return n
}

func contextual(before []byte) bool {
	low := bytes.ToLower(before)
	for _, w := range []string{"seed", "mnemonic", "recovery", "wallet", "phrase", "backup"} {
		if bytes.Contains(low, []byte(w)) {
			return true
		}
	}
	return false
}

// adds reports whether the last bits of the words' numbers are the first of the SHA-256 of the
// others.
func adds(words []uint16) bool {
	var bits [33]byte
	for i, w := range words {
		for b := range 11 {
			if w>>(10-b)&1 == 1 {
				at := i*11 + b
				bits[at/8] |= 0x80 >> (at % 8)
			}
		}
	}
	size, sum := len(words)*4/3, len(words)/3
	digest := sha256.Sum256(bits[:size])
	return bits[size]>>(8-sum) == digest[0]>>(8-sum)
}
