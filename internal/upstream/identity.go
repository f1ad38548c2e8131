package upstream

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"slices"

	"github.com/mantlet-mcp/mantlet"
)

// An Identity is who a server has proved to be, by what stays when its certificate is
// renewed: the SPIFFE id, else the configured pins, else its name and the authorities that
// vouch for it. Its JSON is what trust pins (C016).
type Identity struct {
	Host   string   `json:"host,omitempty"`
	SPIFFE string   `json:"spiffe,omitempty"`
	Pins   []string `json:"pins,omitempty"` // as configured, in order
	CAs    []string `json:"cas,omitempty"`  // "sha256/" + base64 of SHA-256 over the public key of each chain's root, in order
}

// identify is what a handshake with id asks; nil asks nobody.
func (o *Options) identify(id mantlet.ServerID) func(Identity) error {
	if o.Identify == nil {
		return nil
	}
	return func(i Identity) error { return o.Identify(id, i) }
}

func (s TLSSpec) identity(state tls.ConnectionState, chains [][]*x509.Certificate) Identity {
	switch {
	case s.TrustDomain != "": // its chain was verified, and it names one URI
		return Identity{SPIFFE: state.PeerCertificates[0].URIs[0].String()}
	case len(s.Pins) > 0:
		return Identity{Host: state.ServerName, Pins: slices.Sorted(slices.Values(s.Pins))}
	}
	i := Identity{Host: state.ServerName}
	for _, chain := range chains {
		sum := sha256.Sum256(chain[len(chain)-1].RawSubjectPublicKeyInfo)
		i.CAs = append(i.CAs, "sha256/"+base64.StdEncoding.EncodeToString(sum[:]))
	}
	slices.Sort(i.CAs)
	i.CAs = slices.Compact(i.CAs)
	return i
}
