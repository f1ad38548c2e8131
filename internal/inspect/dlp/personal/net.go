package personal

import (
	"bytes"
	"net/netip"
	"slices"
)

// mail looks at the @ at i (RFC 5321 in its plain form), and returns where to go on.
func (l *look) mail(i int) int {
	from := i
	for from > l.floor && i-from < 65 && local(l.text[from-1]) {
		from--
	}
	for from < i && l.text[from] == '.' {
		from++
	}
	to, dot := i+1, 0
	for to < len(l.text) && to-i < 255 && (alnum(l.text[to]) || l.text[to] == '-' || l.text[to] == '.') {
		if l.text[to] == '.' {
			dot = to
		}
		to++
	}
	if dot == to-1 && dot > 0 { // the end of a sentence
		to = dot
		dot = bytes.LastIndexByte(l.text[i:to], '.') + i
	}
	if i-from < 1 || i-from > 64 || dot <= i+1 || to-dot < 3 || !name(l.text[dot+1:to]) {
		return i + 1
	}
	if nobody(l.text[from:i], l.text[i+1:to]) {
		return to
	}
	l.add("mail-address", info, from, to)
	return to
}

func local(c byte) bool {
	return alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' || c == '\''
}

func name(label []byte) bool {
	for _, c := range label {
		if !letter(c) {
			return false
		}
	}
	return true
}

// nobody reports whether an address is no person's: of documentation (RFC 2606), or a
// program's.
func nobody(user, host []byte) bool {
	switch string(user) {
	case "git", "noreply", "no-reply", "user", "username", "name":
		return true
	}
	if slices.Contains([]string{"example.com", "example.org", "example.net", "localhost"}, string(host)) {
		return true
	}
	return bytes.HasSuffix(host, []byte(".test")) || bytes.HasSuffix(host, []byte(".invalid")) || bytes.HasSuffix(host, []byte(".example"))
}

// dotted looks for an address of version 4 in n. It reports whether n is one, or no number at
// all: a version of four parts.
func (l *look) dotted(n *number) bool {
	if n.groups < 4 || n.mark[1] != '.' || !n.even(0, 3) || n.groups > 4 && n.mark[4] == '.' || n.to[3]-n.from[0] > 15 {
		return false
	}
	a, err := netip.ParseAddr(string(l.text[n.from[0]:n.to[3]]))
	if err != nil {
		return false
	}
	n.end = n.to[3]
	if public(a) && !l.joined(n.from[0], n.to[3]) && value(n.part(0, 0)) > 10 {
		l.add("ip-address", info, n.from[0], n.to[3])
	}
	return true
}

// public reports whether an address may be somebody's: no loopback, private network or
// documentation (RFC 5737, RFC 3849).
func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

var reserved = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("240.0.0.0/4"),
}

// address looks for what is written with colons around text[from:to]: an address of version 6,
// or of a network card. 0 where there is none.
func (l *look) address(from, to int) int {
	if !l.sided(from, to) || to-from > 4 || from < l.colon {
		return 0
	}
	start, end := from, to
	for start > max(l.floor, l.colon) && from-start < 40 && colon(l.text[start-1]) {
		start--
	}
	for end < len(l.text) && end-start < 48 && colon(l.text[end]) {
		end++
	}
	for end > to && l.text[end-1] == ':' {
		end--
	}
	if hard(l.text[start:]) && (start == 0 || !alnum(l.text[start-1])) {
		l.add("mac-address", low, start, start+17)
		return start + 17
	}
	l.colon = end
	return l.six(start, end)
}

// sided reports whether a colon stands beside text[from:to], or a hyphen behind it.
func (l *look) sided(from, to int) bool {
	return to < len(l.text) && (l.text[to] == ':' || l.text[to] == '-') || from > l.floor && l.text[from-1] == ':'
}

// six looks at text[start:end] as an address of version 6 (RFC 4291).
func (l *look) six(start, end int) int {
	run := l.text[start:end]
	n := bytes.Count(run, []byte(":"))
	if n < 2 || n > 7 || n < 7 && !bytes.Contains(run, []byte("::")) || len(run) < 6 {
		return 0
	}
	if start > 0 && alnum(l.text[start-1]) || end < len(l.text) && alnum(l.text[end]) {
		return 0
	}
	a, err := netip.ParseAddr(string(run))
	if err != nil || !a.Is6() {
		return 0
	}
	if public(a) {
		l.add("ip-address", info, start, end)
	}
	return end
}

func colon(c byte) bool { return c == ':' || hexLetter(c) }

func hexLetter(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// hard reports whether text begins with the address of a network card: 00:1a:2b:3c:4d:5e.
func hard(text []byte) bool {
	if len(text) < 17 || len(text) > 17 && (alnum(text[17]) || text[17] == text[2]) || text[2] != ':' && text[2] != '-' {
		return false
	}
	digits := false
	for i, c := range text[:17] {
		if i%3 == 2 {
			if c != text[2] {
				return false
			}
			continue
		}
		if !hexLetter(c) {
			return false
		}
		digits = digits || c != '0'
	}
	return digits
}
