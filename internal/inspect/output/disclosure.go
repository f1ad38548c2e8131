package output

import (
	"bytes"
	"net/netip"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/literal"
)

// Disclosure is a detector; New makes it.
type Disclosure struct {
	words *literal.Set
	signs []sign
}

// The rules, by what they find.
const (
	Trace    = "output/stack-trace"
	Address  = "output/private-address" // RFC 1918, 4193, 3927, 6598
	Name     = "output/internal-name"
	Home     = "output/home-path"
	Version  = "output/version"
	Database = "output/database-error"
)

// A sign is a word without which a rule finds nothing, and how far the finding goes from it.
type sign struct {
	word, rule string
	extent     func(text []byte, start, end int) (from, to int, ok bool)
}

func signs() (all []sign) {
	add := func(rule string, extent func([]byte, int, int) (int, int, bool), words ...string) {
		for _, w := range words {
			all = append(all, sign{w, rule, extent})
		}
	}
	add(Trace, frames, "Traceback (most recent call last)", "\n\tat ", "\n    at ", " [running]:", "Exception in thread \"", "thread 'main' panicked", "PHP Fatal error:", "\nCaused by: ", "Stack trace:", "stack backtrace:")
	add(Address, address, "10.", "172.", "192.168.", "169.254.", "100.", "fd")
	add(Name, name, ".internal", ".local", ".lan", ".corp", ".intra", ".home.arpa", ".consul", ".intranet")
	add(Home, home, "/home/", "/Users/", `:\Users\`, "/root/")
	add(Version, version, "Server: ", "X-Powered-By: ", "Apache/", "nginx/", "PHP/", "OpenSSL/", "Microsoft-IIS/", "Tomcat/", "Jetty/", "Werkzeug/", "gunicorn/")
	add(Database, line, "SQLSTATE[", "ORA-0", "You have an error in your SQL syntax", "psycopg2.", "sqlite3.OperationalError", "com.mysql.jdbc", "org.postgresql.util.PSQLException", "MongoServerError", "Unclosed quotation mark after")
	return all
}

var told = map[string]struct {
	severity finding.Severity
	words    string
}{
	Trace:    {finding.Medium, "it shows a stack trace; let the server say what went wrong instead"},
	Address:  {finding.Low, "it names an address of a private network"},
	Name:     {finding.Low, "it names a host of a private network"},
	Home:     {finding.Info, "it names a person's own directory"},
	Version:  {finding.Low, "it tells the version of a program behind the server"},
	Database: {finding.Medium, "it shows the words of a database's own error; let the server say what went wrong instead"},
}

// New returns the detector.
func New() *Disclosure {
	d := &Disclosure{signs: signs()}
	words := make([]string, len(d.signs))
	for i, s := range d.signs {
		words[i] = s.word
	}
	d.words = literal.New(words, false)
	return d
}

// Find reports what is told of the inside, at most 100 times in one text.
func (d *Disclosure) Find(dst []finding.Hit, text []byte) []finding.Hit {
	var buf [32]literal.Match
	last, n := 0, 0
	for _, m := range d.words.Scan(buf[:0], text) {
		s := &d.signs[m.Word]
		start := m.End - len(s.word)
		if start < last || n == 100 {
			continue
		}
		from, to, ok := s.extent(text, start, m.End)
		if !ok || from < last {
			continue
		}
		t := told[s.rule]
		dst = append(dst, finding.Hit{Rule: s.rule, Severity: t.severity, Start: from, End: to, Words: t.words})
		last, n = to, n+1
	}
	return dst
}

// frames goes on over the lines that belong to a trace: at most 200.
func frames(text []byte, start, end int) (from, to int, ok bool) {
	from, to = start, lineEnd(text, end)
	if text[from] == '\n' {
		from++
	}
	for range 200 {
		if to >= len(text) {
			break
		}
		next := lineEnd(text, to+1)
		if !frame(text[to+1 : next]) {
			break
		}
		to = next
	}
	return from, to, true
}

// frame reports whether a line goes on with a trace.
func frame(l []byte) bool {
	if len(l) == 0 {
		return false
	}
	if l[0] == ' ' || l[0] == '\t' || l[0] == '#' {
		return true
	}
	for _, p := range []string{"at ", "Caused by:", "goroutine ", "created by ", "main.", "File "} {
		if bytes.HasPrefix(l, []byte(p)) {
			return true
		}
	}
	return bytes.IndexByte(l[:min(len(l), 200)], '(') > 0 && bytes.HasSuffix(bytes.TrimRight(l, "\r"), []byte(")"))
}

func lineEnd(text []byte, from int) int {
	if from >= len(text) {
		return len(text)
	}
	if n := bytes.IndexByte(text[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(text)
}

// line is the sign and the rest of its line, at most 300 bytes.
func line(text []byte, start, end int) (from, to int, ok bool) {
	return start, min(lineEnd(text, end), start+300), true
}

var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7"),
}

func address(text []byte, start, _ int) (from, to int, ok bool) {
	if start > 0 && addressByte(text[start-1]) {
		return 0, 0, false
	}
	to = start
	for to < len(text) && to-start < 40 && addressByte(text[to]) {
		to++
	}
	for to > start && (text[to-1] == '.' || text[to-1] == ':') {
		to--
	}
	a, err := netip.ParseAddr(string(text[start:to]))
	if err != nil {
		at, perr := netip.ParseAddrPort(string(text[start:to]))
		if perr != nil {
			return 0, 0, false
		}
		a = at.Addr()
	}
	for _, p := range private {
		if p.Contains(a) {
			return start, to, true
		}
	}
	return 0, 0, false
}

func addressByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' || c == '.' || c == ':'
}

func hostByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-' || c == '.' || c == '_'
}

// name is a host whose name ends here: two labels at least, and no address of a mailbox or
// member of an object that is called so.
func name(text []byte, start, end int) (from, to int, ok bool) {
	if end < len(text) && (hostByte(text[end]) && text[end] != '.' || text[end] == '(' || assigned(text[end:])) {
		return 0, 0, false
	}
	if end+1 < len(text) && text[end] == '.' && hostByte(text[end+1]) {
		return 0, 0, false
	}
	from = start
	for from > 0 && start-from < 253 && hostByte(text[from-1]) {
		from--
	}
	if start-from < 2 || text[from] == '.' || from > 0 && (text[from-1] == '/' && (from < 2 || text[from-2] != '/') || text[from-1] == '\\') {
		return 0, 0, false
	}
	return from, end, true
}

// assigned reports whether a value is given to what stands before: it is a member's name.
func assigned(after []byte) bool {
	after = bytes.TrimLeft(after[:min(len(after), 8)], " ")
	return len(after) > 0 && after[0] == '='
}

// home is a directory with the name that follows.
func home(text []byte, start, end int) (from, to int, ok bool) {
	to = end
	for to < len(text) && hostByte(text[to]) {
		to++
	}
	if to == end || start > 0 && hostByte(text[start-1]) && text[start] == '/' {
		return 0, 0, false
	}
	return start, to, true
}

// version is the sign with the number that follows it on the same line.
func version(text []byte, start, end int) (from, to int, ok bool) {
	to = end
	for to < len(text) && to-end < 80 && text[to] > ' ' && text[to] < 0x7f && text[to] != '"' && text[to] != ',' && text[to] != '<' {
		to++
	}
	digits := bytes.ContainsAny(text[end:to], "0123456789")
	return start, to, digits && bytes.IndexByte(text[end:to], '.') >= 0
}
