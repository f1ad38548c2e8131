package sink

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// An authority is what a URL goes to, as the most lenient reader takes it.
type authority struct {
	scheme     string // in lower case, "" where there is none
	user       []byte // what stands before @; nil where there is none
	host, port []byte
	rest       []byte // path, query and fragment
	from, to   int    // of the host in the text
	backslash  bool   // some readers end the authority there, others do not
	opaque     bool   // the scheme is not followed by //
}

// schemes that run something, or read what is no address of the web.
var refused = []string{"javascript", "vbscript", "livescript", "file", "gopher", "dict", "ldap", "ldaps", "jar", "netdoc", "phar", "php", "expect", "intent", "content", "android-app", "chrome", "chrome-extension", "about", "view-source", "smb", "cifs", "nfs", "tftp", "telnet", "rmi", "jndi", "iiop", "corba", "rdp", "vnc", "shell", "cmd", "powershell", "res", "resource", "blob", "filesystem", "steam", "itms-services", "market", "sms", "tel", "facetime", "x-apple.systempreferences", "zip", "glob", "ogg", "mhtml", "mk", "wyciwyg", "unix", "npipe", "data"}

// readURL takes a URL apart; ok is false where it has no scheme.
func readURL(text []byte) (a authority, ok bool) {
	i := 0
	for i < len(text) && i < 32 && (text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z' || i > 0 && (text[i] >= '0' && text[i] <= '9' || text[i] == '+' || text[i] == '-' || text[i] == '.')) {
		i++
	}
	slashes := func(i int) int {
		n := 0
		for i+n < len(text) && (text[i+n] == '/' || text[i+n] == '\\') {
			n++
		}
		return n
	}
	at := 0
	if i > 0 && i < len(text) && text[i] == ':' && !portFollows(text[i+1:]) {
		a.scheme, ok, at = schemeOf(text[:i]), true, i+1
		n := slashes(at)
		a.opaque = n == 0
		at += n
	} else if n := slashes(0); n >= 2 {
		at, ok = n, true
	}
	a.place(text, at)
	return a, ok
}

// schemeOf is a scheme in lower case; those of every day are not made anew.
func schemeOf(b []byte) string {
	switch string(b) {
	case "https":
		return "https"
	case "http":
		return "http"
	case "file":
		return "file"
	}
	return string(lower(nil, b))
}

// portFollows reports whether what stands after a colon makes what stood before it a host.
func portFollows(b []byte) bool {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n > 0 && n <= 5 && (n == len(b) || b[n] == '/' || b[n] == '?' || b[n] == '#')
}

func (a *authority) place(text []byte, at int) {
	end := at
	for end < len(text) && text[end] != '/' && text[end] != '?' && text[end] != '#' {
		if text[end] == '\\' {
			a.backslash = true
			break
		}
		end++
	}
	a.rest = text[end:]
	if i := bytes.LastIndexByte(text[at:end], '@'); i >= 0 {
		a.user = text[at : at+i]
		at += i + 1
	} else if a.backslash {
		if i := bytes.IndexByte(text[end:], '@'); i >= 0 {
			a.user = text[at:end]
		}
	}
	a.host, a.from, a.to = text[at:end], at, end
	if i := bytes.LastIndexByte(a.host, ':'); i >= 0 && bytes.IndexByte(a.host[i:], ']') < 0 && (a.host[0] == '[' || bytes.Count(a.host[:min(len(a.host), maxHost)], []byte(":")) == 1) {
		a.host, a.port, a.to = a.host[:i], a.host[i+1:], at+i
	}
}

// address holds a URL against the schemes, hosts and ports.
func (k *look) address(text []byte, s shape) {
	if s.has(newline|null|control) || s.has(blank) && bytes.IndexByte(text, '\t') >= 0 { // browsers leave them out
		i := bytes.IndexFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
		k.say(lineBreak, finding.High, i, i+1)
		text, k.whole = withoutControls(text), true
	}
	if s.has(blank) {
		before := len(text)
		text = bytes.TrimLeft(text, " \t")
		k.whole = k.whole || len(text) < before
	}
	k.steps += len(text)
	a, ok := readURL(text)
	if k.kind&Path != 0 && (a.scheme == "file" || a.scheme == "") {
		return // it is looked at as a path
	}
	if !ok {
		if i := bytes.IndexAny(text[:min(len(text), maxHost)], "/?#"); i >= 0 && bytes.IndexByte(text[:i], '.') < 0 && !bytes.HasPrefix(text, []byte("localhost")) || bytes.IndexByte(text, ' ') >= 0 || i == 0 || bytes.HasPrefix(text, []byte(".")) || !s.has(dot|colon) {
			return // a path or a word: what it is relative to says where it leads
		}
	}
	if !k.scheme(&a, text) {
		return
	}
	k.user(&a)
	k.lenient = databases[a.scheme]
	k.goesTo(a.host, a.port, a.from, a.to)
	k.lenient = false
	k.within(a.rest)
}

// scheme reports whether there is a host to look at.
func (k *look) scheme(a *authority, text []byte) bool {
	to := min(len(text), len(a.scheme)+1)
	switch {
	case a.scheme == "":
		return true
	case k.policy.Schemes != nil:
		if !slices.Contains(k.policy.Schemes, a.scheme) {
			k.say(scheme, finding.High, 0, to)
		}
		return !a.opaque
	case a.scheme == "data" && hasPrefixFold(text[5:], "image/") && !hasPrefixFold(text[5:], "image/svg"):
		return false
	case slices.Contains(refused, a.scheme), strings.HasPrefix(a.scheme, "ms-"):
		k.say(scheme, finding.High, 0, to)
		return false
	}
	return !a.opaque || a.scheme == "http" || a.scheme == "https"
}

// user judges what stands before @: a name there hides the host, or is a secret on its way.
func (k *look) user(a *authority) {
	switch {
	case a.backslash:
		k.say(confusing, finding.High, 0, a.to)
	case a.user == nil || a.scheme == "mailto" || a.scheme == "ssh" || a.scheme == "git" || a.scheme == "" && !bytes.ContainsAny(a.user, ":."):
	case bytes.ContainsAny(beforeColon(a.user), `.#\@`) && !databases[a.scheme]:
		k.say(confusing, finding.High, 0, a.from)
	case a.scheme == "http" || a.scheme == "https":
		k.say(userInfo, finding.Medium, 0, a.from)
	}
}

func beforeColon(user []byte) []byte {
	name, _, _ := bytes.Cut(user, []byte(":"))
	return name
}

var databases = map[string]bool{"postgres": true, "postgresql": true, "mysql": true, "mongodb": true, "mongodb+srv": true, "redis": true, "rediss": true, "amqp": true, "amqps": true}

// goesTo judges a host and a port.
func (k *look) goesTo(name, port []byte, from, to int) {
	h := readHost(name)
	if h.verdict != public && h.verdict != noHost && k.policy.knows(h.name, h.addr) && (h.verdict != disguised || h.addr.IsValid() && string(name) == h.name) {
		h.verdict = public
	}
	switch h.verdict {
	case metadata:
		k.say(cloud, finding.Critical, from, to)
	case disguised:
		k.say(disguise, finding.High, from, to)
	case inner:
		severity := finding.High
		if k.kind&Host != 0 && k.kind&URL == 0 || k.lenient {
			severity = finding.Medium // devices and databases are named so; nobody fetches them for an answer
		}
		if !h.addr.IsValid() && bytes.IndexByte(name, '.') < 0 && h.name != "localhost" {
			severity = finding.Medium // a single word, which may be anything
		}
		k.say(inside, severity, from, to)
	case noHost:
		k.say(badHost, finding.Medium, from, to)
	case public:
	}
	if k.policy.Hosts != nil && !below(k.policy.Hosts, h.name) {
		k.say(notListed, finding.High, from, to)
	}
	if len(port) > 0 && k.policy.Ports != nil {
		if n, err := strconv.ParseUint(string(port), 10, 16); err != nil || !slices.Contains(k.policy.Ports, uint16(n)) {
			k.say(badPort, finding.High, from, to+1+len(port))
		}
	}
}

// within looks at addresses in the query, which the server at the other end may be sent on to.
func (k *look) within(rest []byte) {
	_, query, _ := bytes.Cut(rest, []byte("?"))
	for part := range bytes.SplitSeq(query, []byte("&")) {
		_, value, _ := bytes.Cut(part, []byte("="))
		if !bytes.Contains(value, []byte("//")) && !bytes.Contains(value, []byte("%2")) && !hasPrefixFold(value, "javascript:") {
			continue
		}
		k.sentOn(value)
	}
}

func (k *look) sentOn(value []byte) {
	if bytes.IndexByte(value, '%') >= 0 {
		var d decoder
		value = d.decode(value)
		k.steps += d.steps
	}
	a, ok := readURL(value)
	if !ok {
		return
	}
	if a.opaque || slices.Contains(refused, a.scheme) {
		if slices.Contains(refused, a.scheme) {
			k.say(sends, finding.High, 0, len(k.text))
		}
		return
	}
	switch h := readHost(a.host); h.verdict {
	case metadata, disguised:
		k.say(sends, finding.High, 0, len(k.text))
	case inner:
		if !k.policy.knows(h.name, h.addr) {
			k.say(sends, finding.Medium, 0, len(k.text))
		}
	case public, noHost:
	}
}

func withoutControls(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, c := range text {
		if c >= ' ' && c != 0x7f {
			out = append(out, c)
		}
	}
	return out
}

// hostName holds a host, with or without a port, against the hosts.
func (k *look) hostName(text []byte, s shape) {
	if s.has(slash | at) {
		if _, ok := readURL(text); ok || s.has(at) {
			k.address(text, s)
			return
		}
		if i := bytes.IndexByte(text, '/'); i > 0 && len(text)-i <= 4 { // a range
			text = text[:i]
		}
	}
	if text = bytes.Trim(text, " \t"); len(text) == 0 {
		return
	}
	var a authority
	a.place(text, 0)
	if s.has(dot|colon) || bytes.EqualFold(a.host, []byte("localhost")) || bytes.Equal(a.host, []byte("metadata")) || k.policy.Hosts != nil {
		k.goesTo(a.host, a.port, a.from, a.to)
	}
}
