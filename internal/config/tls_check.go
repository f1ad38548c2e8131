package config

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// given says that anything of it was written down.
func (t ServerTLS) given() bool {
	return t.CAFile != "" || len(t.Pins) > 0 || t.TrustDomain != "" || t.MinVersion != ""
}

// trustDomain is what the SPIFFE ID specification, section 2.1, allows.
var trustDomain = regexp.MustCompile(`^[a-z0-9._-]{1,255}$`)

func (c *checker) tls(at string, s *Server) {
	t := s.TLS
	if t.given() && strings.HasPrefix(strings.ToLower(s.URL), "http:") {
		c.add(at, "says how the server proves itself, which http:// cannot; use https, or take it out")
	}
	if t.MinVersion != "" && t.MinVersion != "1.2" && t.MinVersion != "1.3" {
		c.add(at+".minVersion", "%q is neither \"1.2\" nor \"1.3\"", t.MinVersion)
	}
	switch {
	case t.TrustDomain == "":
	case !trustDomain.MatchString(t.TrustDomain):
		c.add(at+".trustDomain", "%q is not a SPIFFE trust domain; write it like prod.example, without spiffe://", t.TrustDomain)
	case t.CAFile == "" && c.sure(at+".caFile"):
		c.add(at+".trustDomain", "needs caFile, the authority of that domain")
	}
	c.pins(at+".pins", t.Pins)
}

// pins counts different keys: the same one twice is no backup.
func (c *checker) pins(at string, all []string) {
	keys, bad := make(map[[32]byte]bool), !c.sure(at)
	for i, p := range all {
		key, ok := pin(p)
		switch {
		case !ok:
			c.add(index(at, i), "is not a pin; write sha256/ and the 44 characters of base64 of a key's SHA-256")
			bad = true
		case keys[key]:
			c.add(index(at, i), "is there twice; the backup must be another key")
			bad = true
		default:
			keys[key] = true
		}
	}
	if len(keys) == 1 && !bad {
		c.add(at, "holds one pin; add a backup, or nothing works when the key changes")
	}
}

func pin(s string) (key [32]byte, ok bool) {
	text, ok := strings.CutPrefix(s, "sha256/")
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(text) != 44 || len(b) != 32 {
		return key, false
	}
	return [32]byte(b), true
}
