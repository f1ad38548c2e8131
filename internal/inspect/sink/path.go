package sink

import (
	"bytes"
	"math"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// A clean is a path, made plain: slashes of one kind, no dots, no empty parts.
type clean struct {
	path      []byte // "/a/b", "c:/a", `\\host/share`, or without a slash first where it is relative
	absolute  bool
	network   bool             // \\host\share
	elsewhere bool             // file://host/
	climbs    int              // how often .. leads above where it begins
	dots      int              // parts of three dots and more
	up        bool             // a part is ..
	variable  bool             // it begins with ~, $NAME or %NAME%
	stream    finding.Severity // of a file's alternate stream (NTFS)
	wrapper   bool             // php://, data: and their like, which some readers of files open
	scheme    bool             // http:// and their like
	doubt     int              // how long path was when Unix and Windows first read it otherwise
	cut       bool             // it holds a NUL, where it ends for half of its readers
}

// cleaned makes text plain, in dst. Cleaning what is clean changes nothing.
func cleaned(dst, text []byte) (c clean) {
	if i := bytes.IndexByte(text, 0); i >= 0 {
		text, c.cut = text[:i], true
	}
	text = bytes.TrimLeft(text, " \t")
	c.doubt = math.MaxInt
	if len(text) > 0 && text[0] == '\\' {
		c.doubt = 0
	}
	out := dst[:0]
	out, text = c.begin(out, text)
	base := len(out)
	for len(text) > 0 {
		if len(out) == 0 { // as at the beginning: what was before it is gone
			if out, text = c.begin(out, bytes.TrimLeft(text, "/\\ \t")); len(text) == 0 {
				break
			}
			base = len(out)
		}
		end := 0
		for end < len(text) && text[end] != '/' && text[end] != '\\' {
			end++
		}
		out = c.part(out, base, text[:end])
		if end < len(text) && text[end] == '\\' {
			c.doubt = min(c.doubt, len(out))
		}
		text = text[min(end+1, len(text)):]
	}
	if c.network && len(out) == base {
		out = append(out[:0], '/')
	}
	c.path = out
	return c
}

// begin reads what a path begins with, and returns the root and the rest.
func (c *clean) begin(out, text []byte) (root, rest []byte) {
	text = c.unwrap(text)
	slashed := func(n int) bool { return len(text) > n && (text[n] == '/' || text[n] == '\\') }
	if slashed(0) && slashed(1) && len(text) > 3 && (text[2] == '?' || text[2] == '.') && slashed(3) {
		text = text[4:] // \\?\C:\ and \\.\C:\
		c.absolute, c.doubt = true, 0
	} else if slashed(0) && slashed(1) && len(text) > 2 && !slashed(2) && text[0] == '\\' {
		c.network, c.absolute = true, true
		return append(out, `\\`...), text[2:]
	}
	if len(text) >= 2 && text[1] == ':' && text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z' {
		c.absolute = true
		return append(out, text[0]|0x20, ':', '/'), text[2:]
	}
	if slashed(0) || c.absolute {
		c.absolute = true
		return append(out, '/'), text
	}
	c.variable = variable(text)
	return out, text
}

// variable reports whether a path begins with what a shell puts a directory in for.
func variable(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	switch text[0] {
	case '~':
		return true
	case '$':
		return len(text) > 1 && (text[1] == '{' || text[1] >= 'A' && text[1] <= 'Z' || text[1] == '(')
	case '%':
		i := bytes.IndexByte(text[1:min(len(text), 40)], '%')
		return i > 2 && !bytes.ContainsAny(text[1:i+1], `/\.`)
	}
	return false
}

var wrappers = []string{"php:", "phar:", "expect:", "data:", "zip:", "glob:", "zlib:", "compress.zlib:", "compress.bzip2:", "ogg:", "rar:", "ssh2:", "jar:", "netdoc:", "dict:", "gopher:"}

// unwrap takes file: off, and notes other schemes.
func (c *clean) unwrap(text []byte) []byte {
	for hasPrefixFold(text, "file:") {
		text = bytes.TrimLeft(c.file(text[5:]), " \t")
	}
	i := bytes.IndexByte(text[:min(len(text), 20)], ':')
	if i < 2 {
		return text
	}
	if bytes.HasPrefix(text[i:], []byte("://")) && !bytes.ContainsAny(text[:i], `/\. `) {
		c.scheme = true
	}
	for _, w := range wrappers {
		c.wrapper = c.wrapper || hasPrefixFold(text, w)
	}
	return text
}

// file takes off what stands between file: and a path.
func (c *clean) file(text []byte) []byte {
	if bytes.HasPrefix(text, []byte("//")) {
		text = text[2:]
		if hasPrefixFold(text, "localhost/") {
			text = text[9:]
		}
		if len(text) > 0 && text[0] != '/' && text[0] != '.' && (len(text) < 2 || text[1] != ':') {
			c.elsewhere = true
		}
	}
	if len(text) > 2 && text[0] == '/' && text[2] == ':' {
		text = text[1:] // file:///C:/
	}
	return text
}

func hasPrefixFold(text []byte, prefix string) bool {
	if len(text) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		c := text[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != prefix[i] {
			return false
		}
	}
	return true
}

// part adds one part of a path to out. Where some reader takes it for another one than what is
// added, that is a doubt.
func (c *clean) part(out []byte, base int, part []byte) []byte {
	switch {
	case len(part) == 0, string(part) == ".":
		return out
	case string(part) == "..":
		return c.climb(out, base)
	}
	if i := bytes.IndexByte(part, ';'); i > 0 && i <= 2 && len(bytes.Trim(part[:i], ".")) == 0 {
		part = part[:i] // ..;x is .. for some servers of Java
	}
	plain := bytes.TrimRight(part, ". ") // Windows drops them
	if len(plain) < len(part) {
		c.doubt = min(c.doubt, len(out))
	}
	switch dots := bytes.Count(part, []byte(".")); {
	case len(plain) == 0 && dots == 2, string(plain) == ".?" || string(plain) == "?.": // a shell's pattern, which .. matches
		out = c.climb(out, base)
		c.doubt = min(c.doubt, len(out))
		return out
	case len(plain) == 0:
		if dots > 2 {
			c.dots++
		}
		return out
	}
	return c.down(out, base, plain)
}

func (c *clean) down(out []byte, base int, part []byte) []byte {
	if i := bytes.IndexByte(part, ':'); i > 0 && !c.scheme && !c.wrapper && i+1 < len(part) && bytes.IndexByte(part[:i], '.') >= 0 && letters(part[i+1:]) {
		if c.stream = max(c.stream, finding.Medium); part[i+1] == ':' || part[i+1] == '$' {
			c.stream = finding.High
		}
	}
	if c.network && len(out) == base && len(part) == 1 && part[0] == '?' {
		return out
	}
	if len(out) > 0 && out[len(out)-1] != '/' && (!c.network || len(out) != base) {
		out = append(out, '/')
	}
	return append(out, part...)
}

// letters reports whether a stream's name follows, and no line number.
func letters(b []byte) bool {
	return b[0] == ':' || b[0] == '$' || b[0]|0x20 >= 'a' && b[0]|0x20 <= 'z'
}

func (c *clean) climb(out []byte, base int) []byte {
	c.up = true
	if len(out) <= base {
		c.climbs++
		return out
	}
	if i := bytes.LastIndexByte(out[base:], '/'); i >= 0 {
		return out[:base+i]
	}
	return out[:base]
}

// filePath holds a path against the roots, and against what no honest one leads to.
func (k *look) filePath(text []byte, s shape) {
	c := cleaned(k.clean, text)
	k.steps += len(text)
	k.clean = c.path
	if k.kind&URL != 0 && c.scheme {
		return // its address is looked at
	}
	k.low = k.low[:0]
	if !c.absolute {
		k.low = append(k.low, '/')
	}
	k.low = lower(k.low, c.path)
	all := len(text)
	if c.cut {
		k.say(nul, finding.High, bytes.IndexByte(text, 0), all)
	}
	if c.wrapper {
		k.say(wrapper, finding.High, 0, all)
	}
	if c.stream > 0 {
		k.say(stream, c.stream, 0, all)
	}
	if c.scheme && !c.wrapper {
		k.say(remote, finding.Medium, 0, all)
	}
	if c.network || c.elsewhere {
		k.say(network, finding.Medium, 0, all)
	}
	k.climbing(&c, s, all)
	k.confined(&c, all)
	k.known(&c, all)
}

// climbing judges .. where no root does.
func (k *look) climbing(c *clean, s shape, all int) {
	switch {
	case c.up && k.whole && k.odd&^unseen != 0:
		k.say(traversal, finding.High, 0, all) // nobody writes .. in an encoding but to hide it
	case c.climbs > 0 && c.absolute, c.climbs >= 3:
		k.say(traversal, finding.High, 0, all)
	case c.dots >= 2:
		k.say(traversal, finding.High, 0, all)
	case c.climbs > 0, c.dots == 1 && s.has(backslash):
		k.say(traversal, finding.Medium, 0, all)
	}
}

// confined holds a path against the roots.
func (k *look) confined(c *clean, all int) {
	if k.policy.Roots == nil || c.scheme && k.kind&URL != 0 {
		return
	}
	if c.network || c.elsewhere || c.variable || c.wrapper || c.scheme || c.dots > 0 || len(k.policy.roots) == 0 {
		k.say(outside, finding.High, 0, all)
		return
	}
	if !c.absolute {
		if c.climbs > 0 || c.up && c.doubt != math.MaxInt {
			k.say(outside, finding.High, 0, all)
		}
		return
	}
	for _, root := range k.policy.roots {
		if rest, ok := bytes.CutPrefix(c.path, []byte(root)); ok && (len(rest) == 0 || rest[0] == '/') && (c.doubt == math.MaxInt || c.doubt > len(root) && !c.up || len(root) > 1 && root[1] == ':') {
			return
		}
	}
	k.say(outside, finding.High, 0, all)
}

// oddPath judges an encoding that nobody needs to write a path.
func (k *look) oddPath(decoded []byte) {
	switch {
	case k.odd&(overlong|percentU) != 0, k.odd&hexByte != 0 && k.odd&twice != 0:
		k.say(encoded, finding.High, 0, len(k.text))
	case clinging(decoded):
		k.say(encoded, finding.High, 0, len(k.text))
	case k.odd&twice != 0 || k.odd&hexByte != 0 && bytes.Contains(decoded, []byte("..")):
		k.say(encoded, finding.High, 0, len(k.text))
	case k.odd&unreserved != 0 && bytes.IndexByte(decoded, '.') >= 0, k.odd&lookalike != 0:
		k.say(encoded, finding.Medium, 0, len(k.text))
	}
}

// clinging reports whether an escape that nobody can read stands beside two dots.
func clinging(b []byte) bool {
	return bytes.Contains(b, []byte("..%")) || bytes.Contains(b, []byte("..0x"))
}

func lower(dst, text []byte) []byte {
	for _, c := range text {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// known finds the places that it matters to reach.
func (k *look) known(c *clean, all int) {
	if c.scheme {
		return
	}
	read, write := reached(k.low, c)
	if read > 0 {
		k.say(sensitive, read, 0, all)
	}
	if write > 0 && k.p.told.writes {
		k.say(executes, write, 0, all)
	}
}
