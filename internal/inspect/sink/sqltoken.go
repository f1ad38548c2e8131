package sink

import "bytes"

// A reading is a dialect's way to take text apart, where dialects differ. Which database is behind
// a server is not known: a statement is what it is in the worst reading that reads it to its end.
type reading struct {
	escapes  bool // \' within a string (MySQL; E'' in PostgreSQL is read by itself)
	hash     bool // # begins a comment (MySQL)
	nested   bool // comments nest (PostgreSQL, SQL Server)
	dollars  bool // $tag$ quotes (PostgreSQL)
	brackets bool // [name] quotes (SQL Server, SQLite)
	runs     bool // /*! runs */ (MySQL, MariaDB)
	spaced   bool // -- begins a comment only before a blank (MySQL)
}

var readings = [...]reading{
	{nested: true, dollars: true},
	{escapes: true, hash: true, runs: true, spaced: true},
	{brackets: true},
	{brackets: true, nested: true},
}

// The kinds of tokens.
const (
	tokenEnd = iota
	tokenWord
	tokenName // a quoted identifier
	tokenText // a string
	tokenNumber
	tokenMark // one byte of punctuation
	tokenOpen // a quote or a comment that does not end
)

// A token is a part of a statement.
type token struct {
	kind       int
	start, end int
}

// A lexer goes over text once.
type lexer struct {
	text []byte
	at   int
	r    *reading

	comments bool // there was one
	ran      bool // there was one that MySQL runs
	inRun    bool
	low      []byte // the word at hand, in lower case
}

func (l *lexer) next() token {
	for l.at < len(l.text) {
		c := l.text[l.at]
		switch {
		case c <= ' ' || c == 0xa0 || c == 0xc2:
			l.at++
			continue
		case l.inRun && c == '*' && l.follows("*/"):
			l.at, l.inRun = l.at+2, false
			continue
		}
		if skipped, open := l.comment(c); open {
			return token{tokenOpen, l.at, len(l.text)}
		} else if skipped {
			continue
		}
		return l.token(c)
	}
	return token{tokenEnd, len(l.text), len(l.text)}
}

func (l *lexer) follows(s string) bool { return bytes.HasPrefix(l.text[l.at:], []byte(s)) }

// comment skips one, if it begins here.
func (l *lexer) comment(c byte) (skipped, open bool) {
	switch {
	case c == '-' && l.follows("--") && (!l.r.spaced || l.at+2 >= len(l.text) || l.text[l.at+2] <= ' '), c == '#' && l.r.hash:
		l.comments = true
		if n := bytes.IndexByte(l.text[l.at:], '\n'); n >= 0 {
			l.at += n + 1
		} else {
			l.at = len(l.text)
		}
		return true, false
	case c == '/' && l.r.runs && (l.follows("/*!") || l.follows("/*M!")):
		l.ran, l.inRun = true, true
		l.at += 3
		for l.at < len(l.text) && (l.text[l.at] >= '0' && l.text[l.at] <= '9' || l.text[l.at] == '!') {
			l.at++
		}
		return true, false
	case c == '/' && l.follows("/*"):
		l.comments = true
		return true, !l.block()
	}
	return false, false
}

// block skips a comment and reports whether it ends.
func (l *lexer) block() bool {
	depth := 1
	for i := l.at + 2; i < len(l.text); i++ {
		switch {
		case l.text[i] == '*' && i+1 < len(l.text) && l.text[i+1] == '/':
			i++
			if depth--; depth == 0 {
				l.at = i + 1
				return true
			}
		case l.r.nested && l.text[i] == '/' && i+1 < len(l.text) && l.text[i+1] == '*':
			i++
			depth++
		}
	}
	return false
}

func (l *lexer) token(c byte) token {
	start := l.at
	switch {
	case c == '\'':
		return l.quoted(start, c, tokenText, l.r.escapes)
	case c == '"':
		return l.quoted(start, c, tokenName, l.r.escapes)
	case c == '`':
		return l.quoted(start, c, tokenName, false)
	case c == '[' && l.r.brackets:
		return l.quoted(start, ']', tokenName, false)
	case c == '$' && l.r.dollars:
		if t, ok := l.dollar(start); ok {
			return t
		}
	case letter(c):
		return l.word(start)
	case c >= '0' && c <= '9':
		for l.at < len(l.text) && (letter(l.text[l.at]) || l.text[l.at] >= '0' && l.text[l.at] <= '9' || l.text[l.at] == '.') {
			l.at++
		}
		return token{tokenNumber, start, l.at}
	}
	l.at++
	return token{tokenMark, start, l.at}
}

func letter(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 || c == '@'
}

func (l *lexer) word(start int) token {
	for l.at < len(l.text) && (letter(l.text[l.at]) || l.text[l.at] >= '0' && l.text[l.at] <= '9' || l.text[l.at] == '$') {
		l.at++
	}
	if l.at-start == 1 && l.at < len(l.text) && l.text[l.at] == '\'' {
		if c := l.text[start] | 0x20; c == 'e' && l.r.dollars || c == 'n' || c == 'b' || c == 'x' {
			return l.quoted(l.at, '\'', tokenText, l.r.escapes || c == 'e')
		}
	}
	l.low = lower(l.low[:0], l.text[start:min(l.at, start+64)])
	return token{tokenWord, start, l.at}
}

// quoted reads up to the quote that ends; a doubled one is one of the text.
func (l *lexer) quoted(start int, end byte, kind int, escapes bool) token {
	for i := start + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '\\' && escapes:
			i++
		case c == end && i+1 < len(l.text) && l.text[i+1] == end:
			i++
		case c == end:
			l.at = i + 1
			if kind == tokenName {
				l.low = lower(l.low[:0], l.text[start+1:min(i, start+65)])
			}
			return token{kind, start, l.at}
		}
	}
	l.at = len(l.text)
	return token{tokenOpen, start, l.at}
}

// dollar reads $$text$$ and $tag$text$tag$.
func (l *lexer) dollar(start int) (token, bool) {
	end := start + 1
	for end < len(l.text) && end-start < 64 && (letter(l.text[end]) || end > start+1 && l.text[end] >= '0' && l.text[end] <= '9') {
		end++
	}
	if end >= len(l.text) || l.text[end] != '$' {
		return token{}, false
	}
	tag := l.text[start : end+1]
	n := bytes.Index(l.text[end+1:], tag)
	if n < 0 {
		l.at = len(l.text)
		return token{tokenOpen, start, l.at}, true
	}
	l.at = end + 1 + n + len(tag)
	return token{tokenText, start, l.at}, true
}
