package rule

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/view"
)

// What a token is beside its word. A token may be several of them.
const (
	isPath   = iota // a sensitive path or file: ~/.ssh/id_rsa, .env, mcp.json
	isPlace         // an absolute path of the system or of a home: /etc/hosts, ~/notes, C:\Users
	isURL           // has a scheme
	isHook          // a URL or host of a public collector, or a bare IP address
	isEmail         // has an @ between words
	isTool          // another server's tool
	isSib           // the same server's other tool
	isSelf          // the tool itself
	isIdent         // looks like a name of a program, and is no parameter, sibling or the tool itself
	isParam         // a parameter of the tool
	isQuoted        // stands in quotes
	isNumber        // digits
	isKey           // a member of an object in JSON, or a name that a list explains: followed by a colon
	isSpare         // stands first in the description of a parameter that no purpose needs
	isCall          // isIdent, and begins with a verb as names of tools do: get_user, sendMail
	kinds
)

var kindNames = [kinds]string{"path", "place", "url", "hook", "email", "tool", "sib", "self", "ident", "param", "quoted", "number", "key", "spare", "call"}

// A token is one word of a layer, or one chunk that is read as a whole (a path, a URL, a
// name): bytes from to in the layer; what it is as a set of bits; its place counts words,
// line ends and ends of sentences before it.
type token struct {
	from, to int
	what     uint16
	place    int
	lead     byte // '^' at the front of a sentence, ',' after a comma, else 0
}

func (t token) is(kind int) bool { return t.what&(1<<kind) != 0 }

// names is what is known about the names that a text may speak of, in lower case.
type names struct {
	kind map[string]uint16
}

func newNames(d *Definition) names {
	n := names{kind: make(map[string]uint16)}
	n.add(d.Others, isTool)
	n.add(d.Siblings, isSib)
	n.add(d.Params, isParam)
	n.add([]string{d.Name}, isSelf)
	return n
}

// add notes names; what is known by a nearer one (later call) is no other server's.
func (n *names) add(list []string, kind int) {
	for _, name := range list {
		if len(name) > 2 {
			n.kind[strings.ToLower(name)] = 1 << kind
		}
	}
}

// tokens cuts a layer into tokens. It is one pass; the slice is reused.
func (n *names) tokens(l *view.View, into []token) []token {
	into = into[:0]
	place, last := stop*2, 0
	for i := 0; i < len(l.Low); {
		from, to, what := n.next(l, i)
		if from < 0 {
			break
		}
		rest := pause(l.Low[last:from])
		place += 1 + rest
		into = append(into, token{from, to, what, place, lead(l.Low[last:from], rest > 0 || last == 0)})
		i, last = to, to
	}
	return into
}

// next finds the next token at or after i.
func (n *names) next(l *view.View, i int) (from, to int, what uint16) {
	b := l.Low
	for i < len(b) && !wordByte(b[i]) {
		if (b[i] == '~' || b[i] == '.' || b[i] == '/' || b[i] == '@') && (i == 0 || boundary(b[i-1])) {
			if end, what := n.chunk(l, i); what != 0 {
				return i, end, what
			}
		}
		i++
	}
	if i == len(b) {
		return -1, 0, 0
	}
	if i == 0 || boundary(b[i-1]) {
		if end, what := n.chunk(l, i); what != 0 {
			return i, end, what
		}
	}
	if n := ideograph(b[i:]); n > 0 {
		return i, i + n, 0
	}
	from = i
	for i < len(b) && ideograph(b[i:]) == 0 && (wordByte(b[i]) || b[i] == '\'' && i+1 < len(b) && letter(b[i+1])) {
		i++
	}
	return from, i, n.simple(l, from, i)
}

// ideograph is the length of the Chinese character that b begins with; each is a word.
func ideograph(b []byte) int {
	if len(b) >= 3 && (b[0] == 0xe4 && b[1] >= 0xb8 || b[0] >= 0xe5 && b[0] <= 0xe9) {
		return 3
	}
	return 0
}

// simple is what a word without inner marks is.
func (n *names) simple(l *view.View, from, to int) uint16 {
	w := l.Low[from:to]
	what := n.kind[string(w)]
	if key(l.Low, to) && (from > 0 && quote(l.Low[from-1]) || identifier(l.Raw[from:to])) {
		return what&^(1<<isTool|1<<isSib) | 1<<isKey
	}
	if quoted(l.Low, from, to) {
		what |= 1 << isQuoted
	}
	if w[0] >= '0' && w[0] <= '9' {
		what |= 1 << isNumber
	}
	if what&(1<<isSib|1<<isSelf|1<<isParam|1<<isTool) == 0 && identifier(l.Raw[from:to]) {
		what |= 1 << isIdent
		if verbal(l.Raw[from:to]) {
			what |= 1 << isCall
		}
	}
	if what&(1<<isTool) != 0 && !identifier(l.Raw[from:to]) && what&(1<<isQuoted) == 0 {
		what &^= 1 << isTool // a tool that is named "search" does not own the word
	}
	return what
}

// key reports that a colon follows at to, behind a quote or not.
func key(b []byte, to int) bool {
	if to < len(b) && quote(b[to]) {
		to++
	}
	return to < len(b) && b[to] == ':' && (to+1 == len(b) || b[to+1] <= ' ' || quote(b[to+1]))
}

// identifier reports snake_case and camelCase.
func identifier(w []byte) bool {
	lower := false
	for i, c := range w {
		switch {
		case c == '_' && i > 0 && i < len(w)-1:
			return true
		case c >= 'a' && c <= 'z':
			lower = true
		case c >= 'A' && c <= 'Z' && lower && i < len(w)-1:
			return true
		}
	}
	return false
}

// verbal reports that the first word of a name is a verb that names of tools begin with.
func verbal(w []byte) bool {
	end := 0
	for end < len(w) && w[end] >= 'a' && w[end] <= 'z' {
		end++
	}
	if end == len(w) || !toolVerbs[string(w[:end])] {
		return false
	}
	for _, tail := range fieldTails {
		if bytes.HasSuffix(w, []byte(tail)) {
			return !nounVerbs[string(w[:end])]
		}
	}
	return true
}

// Names such as listId and post_type begin with a word that is a verb too, and name fields.
var (
	fieldTails = []string{"Id", "ID", "Ids", "Name", "Key", "Type", "Date", "Number", "Status", "Url", "_id", "_ids", "_name", "_key", "_type", "_date", "_number", "_status", "_url", "_by", "_at", "_to"}
	nounVerbs  = words("list post order store log record report index request call select query search export view book check run label file query reply page sort")
)

var toolVerbs = words(`get list read write send create delete update search find fetch execute run query add remove set open edit
	move copy post book check call make lookup browse browser navigate upload download retrieve show view describe buy sell
	transfer pay schedule cancel start stop insert append save load export import generate convert translate compute calculate
	submit publish reply forward invite assign merge push pull commit deploy install build click fill take resolve validate verify
	analyze summarize extract select replace rename sync index store log record report request order`)

// chunk reads what runs on without a space from i; what is 0 where it is no whole.
func (n *names) chunk(l *view.View, i int) (end int, what uint16) {
	end = i
	for end < len(l.Low) && end-i < 512 && !boundary(l.Low[end]) {
		end++
	}
	b := bytes.TrimRight(l.Low[i:end], ".,;:!?'*")
	end = i + len(b)
	mark := bytes.IndexAny(b, "/.@:-~\\")
	if mark < 0 {
		return end, 0
	}
	if known := n.kind[string(b)]; known != 0 {
		return end, known
	}
	what = shape(b)
	if what != 0 && quoted(l.Low, i, end) {
		what |= 1 << isQuoted
	}
	return end, what
}

// shape is what a chunk with marks inside is by its form.
func shape(b []byte) (what uint16) {
	if sensitive(b) {
		what |= 1 << isPath
	}
	if bytes.HasPrefix(b, []byte("~/")) || bytes.HasPrefix(b, []byte(`c:\`)) || rooted(b) {
		what |= 1 << isPlace
	}
	if at := bytes.Index(b, []byte("://")); at > 1 {
		what |= 1 << isURL
		if collector(b[at+3:]) {
			what |= 1 << isHook
		}
	} else if at := bytes.IndexByte(b, '@'); at > 0 && bytes.IndexByte(b[at:], '.') > 1 {
		what |= 1 << isEmail
	} else if address(b) {
		what |= 1 << isHook
	}
	return what
}

// rooted reports a path below a directory that every system has.
func rooted(b []byte) bool {
	if len(b) < 2 || b[0] != '/' {
		return false
	}
	top, _, _ := bytes.Cut(b[1:], []byte("/"))
	return systemDirs[string(top)]
}

var systemDirs = words("etc home root var usr opt srv proc users boot private mnt library")

// sensitive reports a path or file that holds secrets, by whole steps of the path.
func sensitive(b []byte) bool {
	whole := string(b)
	for _, p := range secretPaths {
		if strings.Contains(whole, p) {
			return true
		}
	}
	for s := range strings.FieldsFuncSeq(whole, func(r rune) bool { return r == '/' || r == '\\' }) {
		if secretFiles[s] || strings.HasPrefix(s, ".env.") && !strings.HasSuffix(s, "example") {
			return true
		}
	}
	return false
}

// collector reports a host (with what follows it) that takes in whatever is sent.
func collector(b []byte) bool {
	host, _, _ := bytes.Cut(b, []byte("/"))
	for _, h := range collectors {
		if bytes.Contains(host, []byte(h)) {
			return true
		}
	}
	return address(host)
}

// address reports a bare IPv4 address of one host that is not of this host or a private
// network, with a port or without.
func address(b []byte) bool {
	host, _, _ := bytes.Cut(b, []byte(":"))
	ip, err := netip.ParseAddr(string(host))
	if len(host) < len("1.1.1.1") || err != nil || !ip.Is4() {
		return false
	}
	return !ip.IsPrivate() && !ip.IsLoopback() && !bytes.HasSuffix(host, []byte(".0")) &&
		!slices.ContainsFunc(ownNets, func(p string) bool { return bytes.HasPrefix(host, []byte(p)) })
}

var ownNets = []string{"0.", "255.", "1.1.1.1", "8.8.8.8", "8.8.4.4"}

// lead is what stands before a token that follows gap.
func lead(gap []byte, front bool) byte {
	switch {
	case front || bytes.IndexByte(gap, ':') >= 0:
		return '^'
	case bytes.IndexByte(gap, ',') >= 0 || bytes.IndexByte(gap, ';') >= 0:
		return ','
	}
	return 0
}

// pause is how many words the bytes between two tokens count for: stop where a sentence or
// an item of a list ends.
func pause(b []byte) int {
	for i, c := range b {
		switch c {
		case '.', '!', '?':
			if i+1 == len(b) || b[i+1] <= ' ' || b[i+1] == '"' || b[i+1] == '<' || b[i+1] == '*' {
				return stop
			}
		case '\n':
			if rest := bytes.TrimLeft(b[i+1:], " \t\r"); len(rest) > 0 && strings.IndexByte("\n-*#+@|0", rest[0]) >= 0 {
				return stop
			}
		}
	}
	return 0
}

func wordByte(c byte) bool { return letter(c) || c >= '0' && c <= '9' || c == '_' }

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 0x80 }

// boundary reports what a chunk begins after and ends before.
func boundary(c byte) bool {
	return c <= ' ' || strings.IndexByte("\"'`()[]{}<>,;|=", c) >= 0
}

// quoted reports whether quotes stand close on both sides, or "=" and a quote.
func quoted(b []byte, from, to int) bool {
	return from > 0 && quote(b[from-1]) && (to >= len(b) || quote(b[to]) || b[to] == ' ' || b[to] == '-')
}

func quote(c byte) bool { return c == '\'' || c == '"' || c == '`' }
