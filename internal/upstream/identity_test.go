package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"testing"

	"github.com/mantlet-mcp/mantlet"
)

// proves is who a server with the certificate proves to be, and what a call came to when
// the one who was asked said verdict.
func proves(t *testing.T, cert tls.Certificate, spec TLSSpec, verdict error) (Identity, error) {
	t.Helper()
	var got []Identity
	at := secured(t, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13})
	o := Options{Identify: func(_ mantlet.ServerID, i Identity) error { got = append(got, i); return verdict }}
	b := newBenchWith(t, Spec{Protocol: Legacy, HTTP: &HTTPSpec{URL: at, TLS: spec}}, o)
	_, err := b.send(b.legacy(ann, "n", initialize))
	if len(got) == 0 {
		return Identity{}, err
	}
	return got[0], err
}

func sameOne(a, b Identity) bool {
	return a.Host == b.Host && a.SPIFFE == b.SPIFFE && slices.Equal(a.Pins, b.Pins) && slices.Equal(a.CAs, b.CAs)
}

// A certificate that is renewed is the same server; another authority, another workload and
// other pins are another one.
func TestIdentityOutlivesRotation(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	workload := func(a *authority, id string) tls.Certificate { return a.issue(spiffe(id)) }
	leaf, renewed := ca.issue(nil), ca.issue(nil)
	pins := []string{pin(leaf.Leaf), pin(renewed.Leaf)}
	swapped := []string{pins[1], pins[0]}
	for name, c := range map[string]struct {
		before, after tls.Certificate
		was, is       TLSSpec
		same          bool
	}{
		"by its authority, renewed":     {leaf, renewed, TLSSpec{CAFile: ca.file()}, TLSSpec{CAFile: ca.file()}, true},
		"by its authority, another one": {leaf, other.issue(nil), TLSSpec{CAFile: ca.file()}, TLSSpec{CAFile: other.file()}, false},
		"by SPIFFE, renewed":            {workload(ca, "spiffe://prod.example/files"), workload(other, "spiffe://prod.example/files"), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, TLSSpec{CAFile: other.file(), TrustDomain: "prod.example"}, true},
		"by SPIFFE, another workload":   {workload(ca, "spiffe://prod.example/files"), workload(ca, "spiffe://prod.example/mail"), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, false},
		"by pins, on to the spare":      {leaf, renewed, TLSSpec{CAFile: ca.file(), Pins: pins}, TLSSpec{CAFile: ca.file(), Pins: swapped}, true},
		"by pins, other ones":           {leaf, renewed, TLSSpec{CAFile: ca.file(), Pins: pins}, TLSSpec{CAFile: ca.file(), Pins: []string{pins[1], pin(ca.cert)}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			was, err := proves(t, c.before, c.was, nil)
			is, err2 := proves(t, c.after, c.is, nil)
			if err != nil || err2 != nil || sameOne(was, is) != c.same || sameOne(was, Identity{}) {
				t.Fatalf("%+v, %+v, %v, %v", was, is, err, err2)
			}
		})
	}
}

// Who is not whom they were is sent nothing, and the fault is told as it is.
func TestIdentityThatIsRefused(t *testing.T) {
	ca := newAuthority(t)
	fault := &mantlet.Fault{Kind: mantlet.Untrusted, Public: "it is another one"}
	if _, err := proves(t, ca.issue(nil), TLSSpec{CAFile: ca.file()}, fault); !errors.Is(err, fault) {
		t.Fatal(err)
	}
	var unknown x509.UnknownAuthorityError
	if i, err := proves(t, ca.issue(nil), TLSSpec{CAFile: newAuthority(t).file()}, nil); !errors.As(err, &unknown) || !sameOne(i, Identity{}) {
		t.Fatal("asked about one that has proved nothing", i, err)
	}
}
