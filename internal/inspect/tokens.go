package inspect

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/token"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/leaf"
)

// A held is a part of the leaf at hand that a token will stand for.
type held struct {
	from, to    int
	class, rule string
}

// restore puts the values of tokens back, before anything else is judged: the corridor then
// judges the values. It reports whether there is an edit, or a refusal. A token stands where a
// grant wants it, and is the whole of its argument: beside other words nobody could tell what
// becomes of the value.
func (k *look) restore() bool {
	if k.r.o.Tokens == nil || k.c.Back {
		return false
	}
	k.walker.Walk(k.c.Text, k.putBack)
	return len(k.rep.Restored) > 0 || k.rep.Refused != ""
}

func (k *look) putBack(l *leaf.Leaf) bool {
	if k.wasRestored(l) {
		return true
	}
	out, spans, err := k.r.o.Tokens.Restore(k.c.Bound, string(k.c.Target.Server), k.param(l), l.Text)
	if err == nil && len(spans) == 0 {
		return true
	}
	with, ok := k.inPlace(l, out, spans)
	if err != nil || !ok {
		k.rep.Cuts, k.rep.Restored = nil, nil
		k.rep.Refused = token.ErrRefused.Error()
		k.say("token/refused", finding.High, place(l), Block, "it holds a token that may not be used there")
		return false
	}
	k.learn("token.restored")
	k.rep.Cuts = append(k.rep.Cuts, Cut{Start: l.Start, End: l.End, With: with})
	k.rep.Restored = append(k.rep.Restored, Restored{At: l.Path.String(), Class: spans[0].Class})
	k.say("token/restored", finding.Info, place(l), Note, "its value was put back")
	return true
}

// inPlace is the value as it stands in JSON. It is none where the token was not all of the
// argument, or the message was edited already.
func (k *look) inPlace(l *leaf.Leaf, out []byte, spans []token.Span) (with []byte, ok bool) {
	if k.c.Again || len(spans) != 1 || spans[0].Start != 0 || spans[0].End != len(out) {
		return nil, false
	}
	if l.Kind == leaf.Number {
		return out, number(out)
	}
	quoted, err := jsontext.AppendQuote(nil, out)
	if err != nil {
		return nil, false
	}
	return quoted[1 : len(quoted)-1], true
}

// number reports whether b is digits that JSON takes as a number.
func number(b []byte) bool {
	v := jsontext.Value(b)
	return v.Kind() == '0' && v.IsValid()
}

// param is the argument that l is the value of, as grants write it: the tool's name and the
// names that lead to the value, with "/" between them (escaped as RFC 6901 has it), "*" for
// each element of an array. "" is no argument of a tool.
func (k *look) param(l *leaf.Leaf) string {
	if k.c.Method != "tools/call" || k.c.Kind != Request || l.Kind == leaf.Name || len(l.Path) < 2 || !l.Path.In("arguments") {
		return ""
	}
	var b strings.Builder
	b.WriteString(escaped.Replace(k.c.Target.Name))
	for _, step := range l.Path[1:] {
		b.WriteByte('/')
		if step.Index >= 0 {
			b.WriteByte('*')
			continue
		}
		b.WriteString(escaped.Replace(string(step.Name)))
	}
	return b.String()
}

// "*" is "~2", so that no name is an element.
var escaped = strings.NewReplacer("~", "~0", "/", "~1", "*", "~2")

// wasRestored reports whether an earlier look has put the value of l back.
func (k *look) wasRestored(l *leaf.Leaf) bool {
	if k.c.Back || len(k.c.Restored) == 0 || l.Kind == leaf.Name {
		return false
	}
	at := l.Path.String()
	return slices.ContainsFunc(k.c.Restored, func(r Restored) bool { return r.At == at })
}

// recognise looks for tokens in l. On the way back those that are not this server's in this
// conversation become words; on the way in what was put back is shown to no judge.
func (k *look) recognise(l *leaf.Leaf) {
	k.tokens, k.restored = k.tokens[:0], false
	if k.r.o.Tokens == nil {
		return
	}
	if !k.c.Back {
		if k.restored = k.wasRestored(l); k.restored {
			k.hidden = append(k.hidden, span{0, len(l.Text), "token/restored"})
		}
		return
	}
	k.tokens = k.r.o.Tokens.Tokens(k.tokens, k.c.Bound, string(k.c.Target.Server), l.Text)
	for _, t := range k.tokens {
		if t.Class == "" {
			k.neutralise(t, l)
		}
	}
	for i := range k.given {
		k.repeated(&k.given[i], l)
	}
}

// A given is a value that was put back into the request that is being answered.
type given struct {
	class string
	value []byte
}

// remember keeps what was put back into the request: a server that repeats it says it to the
// model, also where no detector would know it without the words that stood beside it.
func (k *look) remember() {
	if k.r.o.Tokens == nil || !k.c.Back || len(k.c.Restored) == 0 {
		return
	}
	k.walker.Walk(k.c.Asked, func(l *leaf.Leaf) bool {
		at := l.Path.String()
		i := slices.IndexFunc(k.c.Restored, func(r Restored) bool { return r.At == at })
		if i >= 0 && l.Kind != leaf.Name && len(l.Text) > 0 {
			k.given = append(k.given, given{k.c.Restored[i].Class, bytes.Clone(l.Text)})
		}
		return true
	})
}

// repeated makes the same token of a value that was put back, wherever it stands in l.
func (k *look) repeated(g *given, l *leaf.Leaf) {
	row := Row{Fact: g.class, Do: Tokenise, From: finding.Info, Private: true, Returned: true}
	for from := 0; ; {
		i := bytes.Index(l.Text[from:], g.value)
		if i < 0 {
			return
		}
		from += i + len(g.value)
		k.hit(&row, &finding.Hit{Rule: "token/repeated", Severity: finding.Info, Start: from - len(g.value), End: from, Words: "it repeats a value that was put back"}, l)
	}
}

func (k *look) neutralise(t token.Span, l *leaf.Leaf) {
	const rule, words = "token/forged", "it has the shape of a token, and is none of this server's"
	k.learn("token.forged")
	if l.Kind == leaf.Name {
		if k.rep.Refused == "" {
			k.rep.Refused = words
		}
		k.say(rule, finding.Medium, place(l), Block, words)
		return
	}
	start, end := l.Source(t.Start, t.End)
	k.rep.Cuts = append(k.rep.Cuts, Cut{Start: start, End: end, With: []byte(token.Void)})
	k.hidden = append(k.hidden, span{t.Start, t.End, rule})
	k.say(rule, finding.Medium, place(l), Mask, words)
}

// token reports whether a hit is a token of this conversation and server: it says nothing.
func (k *look) token(h *finding.Hit) bool {
	return slices.ContainsFunc(k.tokens, func(t token.Span) bool { return t.Class != "" && t.Start <= h.Start && h.End <= t.End })
}

// mint puts tokens in the place of what rows want replaced in l. Hits that overlap are one value,
// of the class of the first. What can have no token is masked.
func (k *look) mint(l *leaf.Leaf) {
	slices.SortStableFunc(k.held, func(a, b held) int { return cmp.Compare(a.from, b.from) })
	for i := 0; i < len(k.held); {
		h := k.held[i]
		for i++; i < len(k.held) && k.held[i].from <= h.to; i++ {
			h.to = max(h.to, k.held[i].to)
		}
		k.replaced(h, l)
	}
	k.held = k.held[:0]
}

func (k *look) replaced(h held, l *leaf.Leaf) {
	t, ok := k.minted(h, l)
	if !ok {
		k.rep.Cuts = append(k.rep.Cuts, cut(l, h.from, h.to, h.rule, Mask))
		k.say(h.rule, finding.Info, place(l), Mask, "it can have no token, and was masked")
		return
	}
	start, end := l.Source(h.from, h.to)
	k.rep.Cuts = append(k.rep.Cuts, Cut{Start: start, End: end, With: t})
}

// minted is the token of a value. There is none for a part of a number, where a number would
// not stay one, and where a letter follows that would be read as the token's.
func (k *look) minted(h held, l *leaf.Leaf) ([]byte, bool) {
	whole := h.from == 0 && h.to == len(l.Text)
	if l.Kind == leaf.Number && !whole || h.to < len(l.Text) && token.InWord(l.Text[h.to]) {
		return nil, false
	}
	t, err := k.r.o.Tokens.Mint(k.c.Bound, string(k.c.Target.Server), h.class, l.Text[h.from:h.to])
	return t, err == nil && (l.Kind != leaf.Number || number(t))
}
