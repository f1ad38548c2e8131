package secret

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// A part of a shape is fixed bytes, or between least and most bytes of a set.
type part struct {
	fixed       string
	of          set
	least, most int
}

// A shape is a format's pattern, made ready: what may stand before the word by which it is
// found, the word, and what stands after it. A run is as long as it can be; there is no second
// try, so that a shape costs at most its own length.
type shape struct {
	before  part // of no bytes where nothing stands before
	word    string
	after   []part
	loose   bool // the word says enough: what stands behind may be glued to it
	telling bool // the word tells whose it is, whatever stands behind it
}

// common are words of tokens with which other names begin too.
var common = map[string]bool{"live_": true, "test_": true, "api-": true, "sdk-": true, "pa-": true, "fc-": true, "fw_": true, "sk_": true, "re_": true,
	"secret_": true, "API-": true, "ico-": true, "key-": true, "pubkey-": true, "sl.": true, "pat.": true, "sat.": true, "jina_": true, "pk_": true}

// parse reads a pattern: bytes that stand for themselves, and {set:least-most}. The first
// bytes that stand for themselves are the word. It panics on what is none: patterns are ours.
func parse(pattern string) (s shape) {
	var parts []part
	for rest := pattern; rest != ""; {
		fixed, more, ok := strings.Cut(rest, "{")
		if fixed != "" {
			parts = append(parts, part{fixed: fixed})
		}
		if !ok {
			break
		}
		var run string
		run, rest, _ = strings.Cut(more, "}")
		parts = append(parts, parseRun(run))
	}
	if parts[0].fixed == "" {
		s.before, parts = parts[0], parts[1:]
	}
	s.word, s.after = parts[0].fixed, parts[1:]
	if s.word == "" {
		panic("secret: no word in " + pattern)
	}
	s.telling = !common[s.word] && s.before.most == 0 && len(s.word) >= 3 && sets[s.word[0]]&alnum != 0 && (strings.ContainsAny(s.word[len(s.word)-1:], "_-.") ||
		s.word == "AKIA" || s.word == "ASIA" || s.word == "AIza")
	s.loose = len(s.word) >= 4 && strings.ContainsAny(s.word, "_-.+")
	return s
}

func parseRun(run string) part {
	least, most, ranged := strings.Cut(run[2:], "-")
	if !ranged {
		most = least
	}
	lo, err := strconv.Atoi(least)
	hi, err2 := strconv.Atoi(most)
	if err != nil || err2 != nil || letters[run[0]] == 0 || hi < lo {
		panic(fmt.Sprintf("secret: %q is no run", run))
	}
	return part{of: letters[run[0]], least: lo, most: hi}
}

// longest is how many bytes a shape has at most.
func (s *shape) longest() int {
	n := s.before.most + len(s.word)
	for i := range s.after {
		n += len(s.after[i].fixed) + s.after[i].most
	}
	return n
}

// match reports where the shape stands whose word ends at end; free is true where it may be a
// part of a longer run of letters.
func (s *shape) match(r *reader, end int, free bool) (from, to int, ok bool) {
	text := r.text
	from = end - len(s.word)
	if string(text[from:end]) != s.word {
		return 0, 0, false // in another case
	}
	if s.before.most > 0 {
		start := back(text, from, from-s.before.most, s.before.of)
		if from-start < s.before.least {
			return 0, 0, false
		}
		from = start
	}
	if !free && from > 0 && sets[text[from]]&alnum != 0 && sets[text[from-1]]&alnum != 0 && !escape(text, from-1) {
		return 0, 0, false
	}
	to, ok = s.follow(r, end)
	if !ok || !free && !s.loose && to < len(text) && s.goesOn(text, to) {
		return 0, 0, false
	}
	return from, to, true
}

// escape reports whether the letter at i belongs to \n, \r or \t written out.
func escape(text []byte, i int) bool {
	return i > 0 && text[i-1] == '\\' && (text[i] == 'n' || text[i] == 'r' || text[i] == 't')
}

func (s *shape) follow(r *reader, at int) (int, bool) {
	for i := range s.after {
		p := &s.after[i]
		if p.fixed != "" {
			if !bytes.HasPrefix(r.text[at:], []byte(p.fixed)) {
				return 0, false
			}
			at += len(p.fixed)
			continue
		}
		end := r.span(at, at+p.most, p.of)
		if end-at < p.least {
			return 0, false
		}
		at = end
	}
	return at, true
}

// goesOn reports whether what stands at to belongs to the token, which is then another one.
func (s *shape) goesOn(text []byte, to int) bool {
	c := sets[text[to]]
	if n := len(s.after); n > 0 && s.after[n-1].fixed == "" {
		last := &s.after[n-1]
		if last.of == dotted && (text[to] == '.' || text[to] == '=') {
			return false
		}
		return c&(last.of|alnum) != 0 && text[to] != '='
	}
	return false
}
