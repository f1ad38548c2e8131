package config

import (
	"maps"
	"net/textproto"
	"slices"
	"strings"
)

// credentialNames are parts of the names of headers whose value is a secret.
var credentialNames = []string{"authorization", "cookie", "proxy-authorization", "token", "key", "secret", "password", "credential"}

func secretName(name string) bool {
	lower := strings.ToLower(name)
	return slices.ContainsFunc(credentialNames, func(n string) bool { return strings.Contains(lower, n) })
}

// ownHeaders are those that Mantlet writes into every request, that frame a message,
// or that say who is at the other end of a hop. A fixed value of one would lie about
// the request that it stands in.
var ownHeaders = []string{
	"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect",
	"accept", "accept-encoding", "content-type", "content-encoding", "last-event-id", "forwarded",
	"keep-alive", "proxy-connection", "traceparent", "tracestate",
}

var ownHeaderPrefixes = []string{"mcp-", "x-forwarded-"}

func ownHeader(name string) bool {
	lower := strings.ToLower(name)
	return slices.Contains(ownHeaders, lower) ||
		slices.ContainsFunc(ownHeaderPrefixes, func(p string) bool { return strings.HasPrefix(lower, p) })
}

func (c *checker) headers(at string, all map[string]string) {
	seen := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		canonical, here := textproto.CanonicalMIMEHeaderKey(name), below(at, name)
		switch {
		case !isToken(name):
			c.add(here, "is not a header's name; use letters, digits and -")
		case ownHeader(name):
			c.add(here, "is written by mantlet itself or belongs to the connection; take it out")
		case seen[canonical]:
			c.add(here, "is there twice, in other capitals; keep one")
		case secretName(name) && !strings.HasPrefix(all[name], "file:"):
			c.add(here, "is a credential; put it into a file of mode 0600 and write file:PATH")
		default:
			if why := badHeaderValue(all[name]); why != "" {
				c.add(here, "%s", why)
			}
		}
		seen[canonical] = true
	}
}

// isToken is RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// badHeaderValue says why a value cannot be sent. It is a secret: the words repeat
// nothing of it.
func badHeaderValue(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return (r < 0x20 && r != '\t') || r == 0x7f }) {
		return "holds a line break, a NUL or another control character; a header's value is one line"
	}
	return ""
}
