package netguard

import (
	"net/netip"
	"slices"
	"strings"
)

// localNames are names, and ends of names, that are never public (RFC 6761, 6762,
// 8375, and .internal as ICANN set it aside).
var localNames = []string{"localhost", "localdomain", "local", "internal", "home.arpa"}

// readHost reads a host as an address or as a name in lower case; exactly one of
// them is set. It takes the canonical spelling of each: 127.1, 0x7f000001, 017700000001
// and 2130706433, which some resolvers read as IPv4 addresses, are neither.
func readHost(host string) (a netip.Addr, name string, err error) {
	if a, err = netip.ParseAddr(host); err == nil {
		if a.Zone() != "" || a.Is4In6() {
			return netip.Addr{}, "", refuse("the address has a zone or maps another")
		}
		return a, "", nil
	}
	name = strings.ToLower(host)
	labels := strings.Split(name, ".")
	if len(name) > 253 || slices.ContainsFunc(labels, badLabel) {
		return netip.Addr{}, "", refuse("the host is neither an address nor a name")
	}
	if numeric(labels[len(labels)-1]) {
		return netip.Addr{}, "", refuse("the host is an address in a spelling that is not its own")
	}
	return netip.Addr{}, name, nil
}

// badLabel refuses what is no host name's label: an empty one too, and so a dot at
// the end.
func badLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return true
	}
	return strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// numeric: a last label that makes the whole an IPv4 address (WHATWG URL, "ends in
// a number").
func numeric(s string) bool {
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(s, "0123456789") == ""
}

// local reports whether a name can only be this machine's or network's own. A name
// of one label is: a resolver would complete it.
func local(name string) bool {
	return !strings.Contains(name, ".") || slices.ContainsFunc(localNames, func(l string) bool {
		return name == l || strings.HasSuffix(name, "."+l)
	})
}
