package sink

import (
	"bytes"
	"strings"
	"unsafe"

	"github.com/corazawaf/libinjection-go"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// maxForeign is how much of a text is held against foreign languages, from each end: an argument
// that is one is short.
const maxForeign = 8 << 10

// foreignLanguage finds what is a command to an interpreter behind the server, in a place that is
// for none.
func (k *look) foreignLanguage(text []byte, s shape) {
	if len(text) > 2*maxForeign {
		k.foreignPart(text[:maxForeign])
		k.foreignPart(text[len(text)-maxForeign:])
		return
	}
	k.foreign(text, s)
}

func (k *look) foreignPart(part []byte) { k.foreign(part, shapeOf(part)) }

func (k *look) foreign(text []byte, s shape) {
	if k.kind&URL != 0 && !s.has(quote|parenthesis|star|semicolon) {
		s &^= equals | hash | dash | pipe // each has some
	}
	if s.has(quote|semicolon|hash|parenthesis|equals|star|backtick|pipe) || s.has(dash) && bytes.Contains(text, []byte("--")) || s.has(blank) && k.exact() {
		k.fragment(text)
	}
	if s.has(brace | angle | dollar) {
		k.templates(text, s)
	}
	if s.has(angle) || s.has(colon) && hasPrefixFold(bytes.TrimLeft(text, " "), "javascript:") {
		k.markup(text)
	}
	if s.has(parenthesis) && s.has(star|pipe|ampersand|equals) && k.kind&LDAP == 0 {
		k.filterInjected(text)
	}
	if s.has(dollar|quote|brace|semicolon|pipe) && k.kind&Query == 0 {
		k.operators(text)
	}
	if k.kind&(Identifier|Argument|Path|Host) == 0 && s.has(semicolon|pipe|ampersand|dollar|backtick|newline) {
		k.commandInjected(text)
	}
	if k.kind&(Path|URL) == 0 && s.has(slash|backslash) {
		k.pathInjected(text, s)
	}
	if k.kind&(Path|URL|Host) == 0 && s.has(colon) && s.has(slash) && !s.has(blank) {
		if i := bytes.Index(text[:min(len(text), 40)], []byte("://")); i > 1 && letters(text) {
			k.address(text, s)
		}
	}
}

// exact reports whether an honest value here is a word, and no sentence.
func (k *look) exact() bool { return k.kind&(Identifier|Argument|Host|Money|Mail) != 0 }

func (k *look) grade(exact, other finding.Severity) finding.Severity {
	if k.exact() {
		return exact
	}
	return other
}

// asString is text for a callee that keeps none of it.
func asString(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) } //nolint:gosec // read before Check returns

// Words of which a piece of SQL has one, and pieces that no name or key holds.
var (
	sqlSigns     = literal.New(sqlSignWords, true)
	sqlSignWords = []string{"or", "and", "union", "select", "insert", "update", "delete", "drop", "exec", "sleep", "benchmark", "waitfor", "like", "having", "order", "group", "into", "xor", "||", "&&", "--", "/*", "=", "#", "char(", "@@", "version", "concat", "0x", "is ", "null", "if(", "case"}
	sqlPieces    = literal.New([]string{"order by ", "waitfor delay", "union select", "union all select", "sleep(", "benchmark(", "xp_cmdshell", "information_schema", "@@version", "insert into ", "drop table", "select * from", "select @@", "utl_inaddr", "sysusers", "all_tables", "(select ", "or true", "and true", "and false", "or 1", "and 1", "or x=", "and x=", "group by ", "having 1"}, true)
	sqlSure      = literal.New([]string{"waitfor delay '", "union select ", "union all select ", "xp_cmdshell", "information_schema.", "utl_inaddr", "benchmark(", "pg_sleep(", "or sleep(", "and sleep("}, true)
)

// fragment finds a piece of SQL that ends a string or a condition and goes on.
func (k *look) fragment(text []byte) {
	k.steps += len(text)
	if !signed(text) {
		return
	}
	if hit, _ := libinjection.IsSQLi(asString(text)); hit {
		k.say(sqlPiece, k.grade(finding.High, finding.Medium), 0, len(text))
		return
	}
	if k.exact() && k.piece(text) {
		k.say(sqlPiece, finding.High, 0, len(text))
	} else if k.kind&Path == 0 && sqlSure.Any(text) {
		k.say(sqlPiece, finding.Medium, 0, len(text))
	}
}

// signed reports whether text has a sign of SQL that is a word, or a mark that is not within one.
func signed(text []byte) bool {
	var buf [32]literal.Match
	for _, m := range sqlSigns.Scan(buf[:0], text) {
		start := m.End - sqlSigns.Len(m.Word)
		switch c := text[start]; {
		case c == '#':
			if m.End == len(text) || text[m.End] <= ' ' {
				return true
			}
		case !letter(c), start == 0 || !letter(text[start-1]):
			if !letter(c) || m.End == len(text) || !letter(text[m.End]) || text[m.End-1] == '(' {
				return true
			}
		}
	}
	return false
}

// piece reports whether what is a word or key elsewhere goes on as a condition would, after the
// value that the server puts it behind.
func (k *look) piece(text []byte) bool {
	rest := bytes.TrimLeft(text, "),'\" ")
	k.low = append(append(k.low[:0], "1 "...), rest...)
	if hit, _ := libinjection.IsSQLi(asString(k.low)); hit && shapeOf(text).has(blank) {
		return true
	}
	return sqlPieces.Any(text) && (len(rest) < len(text) || shapeOf(text).has(equals|parenthesis|quote|hash|star) || bytes.Contains(text, []byte("--")))
}

func (k *look) markup(text []byte) {
	k.steps += len(text)
	if libinjection.IsXSS(asString(text)) {
		k.say(markup, finding.Low, 0, len(text))
	}
}

// The words that make an expression of a template more than a placeholder.
var reaching = literal.New([]string{"__class__", "__globals__", "__init__", "__mro__", "__subclasses__", "__builtins__", "__import__", "getruntime", "runtime.exec", "processbuilder", "freemarker.template", "?new()", "t(java", "java.lang", "os.system", "os.popen", "popen(", "subprocess", ".system(", "system(", "`id`", "file.open", "file.read", "io.popen", "config.items", "self.module", "self.template", "request|attr", "request.application", "smarty", "{php}", "_self.env", "registerundefinedfiltercallback", "constructor.constructor", ".constructor(", "child_process", "global.process", "process.mainmodule", "eval(", "exec(", "#context", "#_memberaccess", "@java", "jndi:", "${env:", "${sys:", "lipsum", "cycler", "get_flashed_messages", "url_for.", "class.classloader", "getclass()", "toString().getClass", "debug()", "include(", "|filter(", "|map('", "passthru", "shell_exec"}, true)

// templates finds expressions of template engines.
func (k *look) templates(text []byte, s shape) {
	k.steps += len(text)
	for i := 0; i+1 < len(text); i++ {
		c, next := text[i], text[i+1]
		var end string
		switch {
		case c == '{' && next == '{':
			end = "}}"
		case c == '{' && next == '%':
			end = "%}"
		case c == '<' && next == '%':
			end = "%>"
		case (c == '$' || c == '#' || c == '*' || c == '@') && next == '{':
			end = "}"
		case c == '{' && (next == '$' || next == '#'):
			end = "}"
		default:
			continue
		}
		n := bytes.Index(text[i+2:min(len(text), i+512)], []byte(end))
		if n < 0 {
			continue
		}
		k.expressionOf(text[i+2:i+2+n], i, i+2+n+len(end))
		i += n + 1
	}
	if s.has(brace) && reaching.Any(text) && (bytes.Contains(text, []byte("{{")) || bytes.Contains(text, []byte("${")) || bytes.Contains(text, []byte("#{")) || bytes.Contains(text, []byte("{%")) || bytes.Contains(text, []byte("{$"))) {
		k.say(template, finding.High, 0, len(text))
	}
}

// expressionOf grades an expression: a name in it is a placeholder that was left over.
func (k *look) expressionOf(e []byte, from, to int) {
	switch {
	case reaching.Any(e):
		k.say(template, finding.High, from, to)
	case bytes.ContainsAny(e, "*+(|['\""):
		k.say(template, finding.Medium, from, to)
	default:
		k.say(template, k.grade(finding.Medium, finding.Low), from, to)
	}
}

// filterInjected finds what ends one condition of an LDAP filter and begins another.
func (k *look) filterInjected(text []byte) {
	for _, w := range []string{")(", "*)", "*(|", "(|(", "*|", "(&("} {
		i := bytes.Index(text, []byte(w))
		if i < 0 {
			continue
		}
		after := text[i+1:]
		if w == ")(" && bytes.IndexByte(after, '=') < 0 && !bytes.ContainsAny(after, "|&!") {
			continue
		}
		if w == "*)" && i+2 < len(text) && text[i+2] != '(' && text[i+2] != ')' {
			continue
		}
		k.say(ldap, k.grade(finding.High, finding.Medium), i, len(text))
		return
	}
}

// filter holds an LDAP filter, or a value for one: a filter is balanced, a value has no parentheses.
func (k *look) filter(text []byte, s shape) {
	if s.has(null) {
		k.say(ldap, finding.High, 0, len(text))
	}
	if !s.has(parenthesis | star | pipe) {
		return
	}
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) > 0 && trimmed[0] == '(' {
		if !oneFilter(trimmed) {
			k.say(ldap, finding.High, 0, len(text))
		}
		return
	}
	if s.has(parenthesis) {
		k.say(ldap, finding.High, 0, len(text))
	} else if bytes.Equal(trimmed, []byte("*")) || s.has(pipe) {
		k.say(ldap, finding.Medium, 0, len(text))
	}
}

// oneFilter reports whether text is one filter, and not two.
func oneFilter(text []byte) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 || depth == 0 && i != len(text)-1 {
				return false
			}
		}
	}
	return depth == 0
}

var operatorWords = []string{"$where", "$ne", "$gt", "$gte", "$lt", "$lte", "$regex", "$exists", "$nin", "$or", "$and", "$not", "$function", "$accumulator", "$expr", "$comment", "this.", "&exists", "sleep(", "new date(", "mapreduce", "db.", "name()=", "return "}
var operatorSet = literal.New(operatorWords, true)

// operators finds conditions of a document database's, where a value is asked for.
func (k *look) operators(text []byte) {
	var buf [16]literal.Match
	k.steps += len(text)
	for _, m := range operatorSet.Scan(buf[:0], text) {
		w := operatorWords[m.Word]
		start := m.End - len(w)
		before := bytes.TrimRight(text[:start], " \t")
		after := bytes.TrimLeft(text[m.End:], " \t'\"")
		var is bool
		switch w[0] {
		case '$':
			opened := len(before) == 0 || bytes.ContainsAny(before[len(before)-1:], `{[,'"(`)
			is = opened && len(after) > 0 && (after[0] == ':' || after[0] == ']')
		case '&':
			is = len(after) > 0 && after[0] == ':'
		default: // a string that ended
			is = bytes.ContainsAny(before, "'\"") && bytes.ContainsAny(before, "';&|+")
			is = is || w == "db." && len(before) == 0 && bytes.IndexByte(after, '(') > 0 && bytes.IndexByte(after, '.') > 0
		}
		if is {
			k.say(noSQL, k.grade(finding.High, finding.Medium), start, len(text))
			return
		}
	}
}

// commandInjected finds a command after what separates commands.
func (k *look) commandInjected(text []byte) {
	k.steps += len(text)
	tries := 0
	for i, c := range text {
		switch c {
		case ';', '|', '`', '\n', '&':
		case '$':
			if i+1 >= len(text) || text[i+1] != '(' {
				continue
			}
		default:
			continue
		}
		if tries++; tries > 256 {
			return
		}
		if c == '\n' && !k.whole || c == '&' && k.kind&URL != 0 {
			continue
		}
		if after := bytes.TrimLeft(text[i+1:min(len(text), i+64)], "$"); begins(after, true) {
			severity := k.grade(finding.High, finding.Medium)
			if c == '`' && quotedInProse(text, i) {
				severity = finding.Info
			}
			k.say(injected, severity, i, len(text))
			if severity > finding.Info {
				return
			}
		}
	}
}

// quotedInProse reports whether the backtick at i begins or ends a quotation among words, as Markdown has it.
func quotedInProse(text []byte, i int) bool {
	end := bytes.IndexByte(text[i+1:], '`')
	if end < 0 {
		return false
	}
	end += i + 1
	before, after := i == 0 || text[i-1] == ' ' || text[i-1] == '(', end == len(text)-1 || strings.IndexByte(" .,;:)?!", text[end+1]) >= 0
	return before && after && (i > 0 || end < len(text)-1)
}

// pathInjected finds a path that climbs, where no path is asked for.
func (k *look) pathInjected(text []byte, s shape) {
	if s.has(blank) && !k.whole || !s.has(dot) {
		return
	}
	c := cleaned(k.clean, text)
	k.steps += len(text)
	k.clean = c.path
	if !c.up || c.scheme {
		return
	}
	switch {
	case c.climbs >= 3, c.climbs > 0 && (c.absolute || k.whole):
		k.say(traversal, finding.High, 0, len(text))
	case k.exact():
		k.say(traversal, finding.Medium, 0, len(text))
	}
}
