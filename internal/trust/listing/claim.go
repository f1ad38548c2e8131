package listing

import "strings"

// A Claim is one thing that a server.json says a launch would be: a package, or an address.
type Claim struct {
	Registry   string // npm, pypi, nuget, oci, mcpb, cargo; "" for an address
	Identifier string
	Version    string
	SHA256     string
	URL        string // of a remote
}

// Claims are those of s, to be compared with what somebody configured.
func Claims(s Server) []Claim {
	var out []Claim
	for _, p := range s.Packages {
		out = append(out, Claim{Registry: p.Registry, Identifier: p.Identifier, Version: p.Version, SHA256: p.SHA256})
	}
	for _, r := range s.Remotes {
		out = append(out, Claim{URL: r.URL})
	}
	return out
}

// A Likeness is how far a claim and what was seen are one.
type Likeness uint8

// The likenesses.
const (
	Other   Likeness = iota // the claim is about something else, or says too little
	Differs                 // the same package in another version or with another hash
	Same                    // all that is claimed was seen
)

// Against compares c with what was seen of a launch, in c's own words. What is claimed and
// was not seen is not the same; a template of an address is like nothing.
func (c Claim) Against(seen Claim) Likeness {
	switch {
	case c.URL != "":
		if c.URL == seen.URL && !strings.ContainsAny(c.URL, "{}") {
			return Same
		}
		return Other
	case c.Identifier == "" || c.Registry != seen.Registry || c.Identifier != seen.Identifier:
		return Other
	case c.Version != seen.Version || c.SHA256 != "" && !strings.EqualFold(c.SHA256, seen.SHA256):
		return Differs
	}
	return Same
}
