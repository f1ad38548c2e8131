package token

import (
	"bytes"
	"crypto/subtle"

	"github.com/mantlet-mcp/mantlet"
)

// A Span is a value that was put back: where it stands in the new text, and of which class it
// is. Policy, flow and detection judge the new text.
type Span struct {
	Start, End int
	Class      string
}

// Restore puts the values of tokens back in a text that is the argument param of a call of
// server. It fails where anything in text has a token's shape and may not be put back: a
// token of another conversation or server, of a class that no Grant names for param, one
// that was forged, cut short, forgotten or has expired. There is no half: out is nil then.
func (v *Vault) Restore(bound mantlet.Conversation, server, param string, text []byte) (out []byte, restored []Span, err error) {
	if bound.IsZero() || server == "" {
		return nil, nil, ErrRefused
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.held[bound]
	if d != nil {
		d.expire(v.o.Now())
	}
	at := 0
	for s := (scanner{text: text, digits: d != nil && len(v.digits) > 0}); ; {
		from, to := s.next(at)
		if from < 0 {
			break
		}
		e := v.entry(bound, d, text[from:to])
		if e == nil || e.server != server || !v.grants[Grant{server, param, e.class}] {
			if e != nil && e.digits || e == nil && !shapedWord(text[from:to]) {
				at = copied(&out, text, at, to) // a number that is none of this server's is a number
				continue
			}
			return nil, nil, ErrRefused
		}
		out = append(out, text[at:from]...)
		restored = append(restored, Span{len(out), len(out) + len(e.value), e.class})
		out = append(out, e.value...)
		at = to
	}
	if len(restored) == 0 {
		return text, nil, nil
	}
	return append(out, text[at:]...), restored, nil
}

func copied(out *[]byte, text []byte, from, to int) int {
	*out = append(*out, text[from:to]...)
	return to
}

// A scanner finds what has the shape of a token, each byte once.
type scanner struct {
	text         []byte
	digits       bool // numbers count: this conversation has tokens of digits
	word, number [2]int
}

// next is what has the shape of a token from at on; from is negative where nothing has.
func (s *scanner) next(at int) (from, to int) {
	if s.word[0] >= 0 && s.word[0] < at || s.word[1] == 0 {
		s.word[0], s.word[1] = wordRun(s.text, at)
	}
	if !s.digits {
		return s.word[0], s.word[1]
	}
	if s.number[0] >= 0 && s.number[0] < at || s.number[1] == 0 {
		s.number[0], s.number[1] = digitRun(s.text, at)
	}
	if s.number[0] >= 0 && (s.word[0] < 0 || s.number[1] <= s.word[0]) {
		return s.number[0], s.number[1]
	}
	return s.word[0], s.word[1]
}

// wordRun is the next run that begins as a token does, in any case, with all letters and
// digits behind it: a token with more behind it is another one.
func wordRun(text []byte, at int) (from, to int) {
	for at+len(Prefix) <= len(text) {
		n := bytes.IndexByte(text[at:], '1')
		if n < 0 {
			break
		}
		at += n + 1
		from = at - len(Prefix) + 1
		if from < 0 || at >= len(text) || !bytes.EqualFold(text[from:at+1], []byte(Prefix)) {
			continue
		}
		for to = at + 1; to < len(text) && InWord(text[to]); {
			to++
		}
		return from, to
	}
	return -1, -1
}

// InWord reports whether a token goes on with c.
func InWord(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }

func shapedWord(t []byte) bool {
	return len(t) >= len(Prefix) && bytes.EqualFold(t[:len(Prefix)], []byte(Prefix))
}

// entry is what t stands for in this conversation, if what it says of itself still adds up.
func (v *Vault) entry(bound mantlet.Conversation, d *drawer, t []byte) *entry {
	if d == nil {
		return nil
	}
	if !shapedWord(t) {
		e := d.byToken[digitsOf(string(t))]
		if e == nil || !e.digits {
			return nil
		}
		return e
	}
	e := d.byToken[string(t)]
	if e == nil || e.digits || subtle.ConstantTimeCompare([]byte(v.word(bound, e)), t) != 1 {
		return nil
	}
	return e
}

// Void is what the prefix of a foreign token becomes.
const Void = "mtok-void-"

// Neutralise makes everything in a result of server harmless that has a token's shape and was
// not minted for this conversation and server: its prefix becomes Void, by which nothing is
// ever put back. It returns text itself where nothing was.
func (v *Vault) Neutralise(bound mantlet.Conversation, server string, text []byte) (out []byte, made int) {
	at := 0
	for _, s := range v.Tokens(nil, bound, server, text) {
		if s.Class != "" {
			continue
		}
		out = append(append(out, text[at:s.Start]...), Void...)
		at = s.End
		made++
	}
	if made == 0 {
		return text, 0
	}
	return append(out, text[at:]...), made
}

// Tokens adds to dst, in order, what in text has a token's shape: the tokens that were minted
// for this conversation and server, with their class, and the prefixes of all that were not,
// without one. A number that is none of this server's is a number.
func (v *Vault) Tokens(dst []Span, bound mantlet.Conversation, server string, text []byte) []Span {
	if from, _ := wordRun(text, 0); from < 0 && len(v.digits) == 0 {
		return dst
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	d := v.held[bound]
	if d != nil {
		d.expire(v.o.Now())
	}
	for s, at := (scanner{text: text, digits: d != nil && len(v.digits) > 0}), 0; ; {
		from, to := s.next(at)
		if from < 0 {
			return dst
		}
		at = to
		if e := v.entry(bound, d, text[from:to]); e != nil && e.server == server {
			dst = append(dst, Span{from, to, e.class})
		} else if shapedWord(text[from:to]) {
			at = from + len(Prefix) // another may begin in what looks like its letters
			dst = append(dst, Span{Start: from, End: at})
		}
	}
}
