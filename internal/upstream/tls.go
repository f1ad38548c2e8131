package upstream

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// A TLSSpec says how a server proves itself. Pins and the trust domain come on
// top of the usual verification, never in its place.
type TLSSpec struct {
	CAFile      string   // PEM; "" is the system's roots
	CA          []byte   // what CAFile holds, where somebody has read it; nil: it is read from disk
	Pins        []string // "sha256/" + base64 of SHA-256 over a certificate's public key (RFC 7469, 2.4), of the leaf or a CA in its chain; two or more, so that one can be rotated
	TrustDomain string   // a SPIFFE trust domain that the leaf must name; needs CAFile
	MinVersion  string   // "1.3" or "1.2"; "" is 1.3
}

var errPin = errors.New("the server's certificate chain holds none of the pinned keys")

func (s TLSSpec) config(known func(Identity) error) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS13}
	switch s.MinVersion {
	case "", "1.3":
	case "1.2":
		c.MinVersion = tls.VersionTLS12
		c.CipherSuites = AEADSuites()
	default:
		return nil, fmt.Errorf("tls.minVersion %q is neither 1.2 nor 1.3", s.MinVersion)
	}
	if s.CAFile != "" {
		pem, err := s.CA, error(nil)
		if pem == nil {
			pem, err = os.ReadFile(s.CAFile)
		}
		if err != nil {
			return nil, err
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", s.CAFile)
		}
	}
	pins, err := parsePins(s.Pins)
	if err != nil {
		return nil, err
	}
	if s.TrustDomain != "" && s.CAFile == "" {
		return nil, errors.New("a SPIFFE trust domain needs the caFile of its authority")
	}
	if s.TrustDomain != "" { // the identity is the URI, not the host name
		c.InsecureSkipVerify = true //nolint:gosec // the chain is verified below, by the trust domain's own roots
	}
	c.VerifyConnection = func(state tls.ConnectionState) error {
		chains, err := s.verify(state, c.RootCAs, pins)
		if err != nil || known == nil {
			return err
		}
		return known(s.identity(state, chains))
	}
	return c, nil
}

// AEADSuites are TLS 1.2's suites with authenticated encryption and forward secrecy
// (RFC 9325, section 4.2).
func AEADSuites() []uint16 {
	var out []uint16
	for _, s := range tls.CipherSuites() {
		if strings.Contains(s.Name, "ECDHE") && (strings.Contains(s.Name, "GCM") || strings.Contains(s.Name, "POLY1305")) {
			out = append(out, s.ID)
		}
	}
	return out
}

func parsePins(all []string) (map[[32]byte]bool, error) {
	out := make(map[[32]byte]bool)
	for _, p := range all {
		text, ok := strings.CutPrefix(p, "sha256/")
		b, err := base64.StdEncoding.Strict().DecodeString(text)
		if !ok || err != nil || len(b) != 32 {
			return nil, fmt.Errorf("pin %q is not sha256/ and 44 characters of base64", p)
		}
		out[[32]byte(b)] = true
	}
	return out, nil
}

func (s TLSSpec) verify(state tls.ConnectionState, roots *x509.CertPool, pins map[[32]byte]bool) ([][]*x509.Certificate, error) {
	chains := state.VerifiedChains
	if s.TrustDomain != "" {
		var err error
		if chains, err = s.verifySPIFFE(state, roots); err != nil {
			return nil, err
		}
	}
	if len(pins) == 0 {
		return chains, nil
	}
	for _, chain := range chains {
		for _, cert := range chain {
			if pins[sha256.Sum256(cert.RawSubjectPublicKeyInfo)] {
				return chains, nil
			}
		}
	}
	return nil, errPin
}

// verifySPIFFE verifies the chain by its roots alone and the identity by its URI
// (X.509-SVID, sections 4 and 5).
func (s TLSSpec) verifySPIFFE(state tls.ConnectionState, roots *x509.CertPool) ([][]*x509.Certificate, error) {
	leaf, between := state.PeerCertificates[0], x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	if err != nil {
		return nil, err
	}
	if leaf.IsCA || leaf.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0 {
		return nil, errors.New("the server shows an authority's certificate, which is nobody's identity")
	}
	if len(leaf.URIs) != 1 || !member(leaf.URIs[0], s.TrustDomain) {
		return nil, fmt.Errorf("the server is not of the SPIFFE trust domain %s", s.TrustDomain)
	}
	return chains, nil
}

// member: a workload of domain, which has a path (SPIFFE-ID, section 2).
func member(id *url.URL, domain string) bool {
	return id.Scheme == "spiffe" && id.Host == domain && len(id.Path) > 1 && id.User == nil && id.RawQuery == "" && id.Fragment == ""
}
