package upstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// An authority issues certificates.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t}
	c := a.issue(func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage, c.IPAddresses = true, true, x509.KeyUsageCertSign, nil, nil
	})
	a.cert, a.key = c.Leaf, c.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

func (a *authority) issue(change func(*x509.Certificate)) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<60))
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if change != nil {
		change(c)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (a *authority) file() string {
	a.t.Helper()
	path := filepath.Join(a.t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

func pin(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return "sha256/" + base64.StdEncoding.EncodeToString(sum[:])
}

func spiffe(id string) func(*x509.Certificate) {
	u, _ := url.Parse(id)
	return func(c *x509.Certificate) { c.URIs, c.IPAddresses = []*url.URL{u}, nil }
}

// secured is a server that answers every request as initialize.
func secured(t testing.TB, config *tls.Config) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":1,"result":%s}`, welcome)
	}))
	s.TLS, s.Config.ErrorLog = config, log.New(io.Discard, "", 0) // handshakes fail by intent
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// reaches asks the server at the address with what spec demands of it.
func reaches(t testing.TB, at string, spec TLSSpec) error {
	t.Helper()
	b := newBench(t, Spec{Protocol: Legacy, HTTP: &HTTPSpec{URL: at, TLS: spec}})
	_, err := b.send(b.legacy(ann, "n", initialize))
	return err
}

func TestTLS(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	leaf := ca.issue(nil)
	spare := pin(other.cert)
	workload := func(id string) tls.Certificate { return ca.issue(spiffe(id)) }
	for name, c := range map[string]struct {
		cert tls.Certificate
		spec TLSSpec
		ok   bool
	}{
		"known CA":                   {leaf, TLSSpec{CAFile: ca.file()}, true},
		"another CA":                 {leaf, TLSSpec{CAFile: other.file()}, false},
		"the system's roots":         {leaf, TLSSpec{}, false},
		"expired":                    {ca.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), TLSSpec{CAFile: ca.file()}, false},
		"another host":               {ca.issue(func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 9)} }), TLSSpec{CAFile: ca.file()}, false},
		"a client's certificate":     {ca.issue(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), TLSSpec{CAFile: ca.file()}, false},
		"pin of the leaf":            {leaf, TLSSpec{CAFile: ca.file(), Pins: []string{pin(leaf.Leaf), spare}}, true},
		"pin of the CA":              {leaf, TLSSpec{CAFile: ca.file(), Pins: []string{pin(ca.cert), spare}}, true},
		"backup pin":                 {leaf, TLSSpec{CAFile: ca.file(), Pins: []string{spare, pin(leaf.Leaf)}}, true},
		"wrong pins":                 {leaf, TLSSpec{CAFile: ca.file(), Pins: []string{spare, pin(newAuthority(t).cert)}}, false},
		"a pin in place of trust":    {leaf, TLSSpec{CAFile: other.file(), Pins: []string{pin(leaf.Leaf), spare}}, false},
		"right trust domain":         {workload("spiffe://prod.example/mcp"), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, true},
		"wrong trust domain":         {workload("spiffe://test.example/mcp"), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, false},
		"a domain that begins alike": {workload("spiffe://prod.example.evil/mcp"), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, false},
		"another scheme":             {workload("https://prod.example/mcp"), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, false},
		"the domain itself":          {workload("spiffe://prod.example"), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, false},
		"no SPIFFE id":               {leaf, TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, false},
		"two SPIFFE ids":             {ca.issue(func(c *x509.Certificate) { spiffe("spiffe://prod.example/a")(c); c.URIs = append(c.URIs, c.URIs[0]) }), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, false},
		"an authority as workload": {ca.issue(func(c *x509.Certificate) {
			spiffe("spiffe://prod.example/a")(c)
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
		}), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, false},
		"right domain, another CA": {workload("spiffe://prod.example/mcp"), TLSSpec{CAFile: other.file(), TrustDomain: "prod.example"}, false},
		"right domain, expired": {ca.issue(func(c *x509.Certificate) {
			spiffe("spiffe://prod.example/a")(c)
			c.NotAfter = time.Now().Add(-time.Minute)
		}), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example"}, false},
		"right domain, wrong pins":         {workload("spiffe://prod.example/mcp"), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example", Pins: []string{spare, spare}}, false},
		"right domain, pin of the CA":      {workload("spiffe://prod.example/mcp"), TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example", Pins: []string{pin(ca.cert), spare}}, true},
		"a trust domain, and no workloads": {leaf, TLSSpec{CAFile: ca.file()}, true},
	} {
		t.Run(name, func(t *testing.T) {
			at := secured(t, &tls.Config{Certificates: []tls.Certificate{c.cert}, MinVersion: tls.VersionTLS13})
			if err := reaches(t, at, c.spec); c.ok {
				if err != nil {
					t.Fatal(err)
				}
			} else {
				wants(t, err, mantlet.Unavailable, "server s could not be reached")
			}
			if !c.ok { // the server answers whoever does not look
				tr := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
				resp, err := (&http.Client{Transport: tr}).Get(at)
				if err != nil {
					t.Fatalf("the attack does not work without the check: %v", err)
				}
				_ = resp.Body.Close()
			}
		})
	}
}

func TestTLSVersions(t *testing.T) {
	ca := newAuthority(t)
	leaf := ca.issue(nil)
	for name, c := range map[string]struct {
		server *tls.Config
		min    string
		ok     bool
	}{
		"1.3 by default":        {&tls.Config{MinVersion: tls.VersionTLS13}, "", true},
		"1.2 by default":        {&tls.Config{MaxVersion: tls.VersionTLS12}, "", false},
		"1.2 where 1.3 is said": {&tls.Config{MaxVersion: tls.VersionTLS12}, "1.3", false},
		"1.2 where it may be":   {&tls.Config{MaxVersion: tls.VersionTLS12}, "1.2", true},
		"1.3 where 1.2 may be":  {&tls.Config{MinVersion: tls.VersionTLS13}, "1.2", true},
		"1.1":                   {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "1.2", false},
		"1.2 with AEAD":         {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}}, "1.2", true},
		"1.2 with CBC":          {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}, "1.2", false},
	} {
		t.Run(name, func(t *testing.T) {
			c.server.Certificates = []tls.Certificate{leaf}
			err := reaches(t, secured(t, c.server), TLSSpec{CAFile: ca.file(), MinVersion: c.min})
			if (err == nil) != c.ok {
				t.Error(err)
			}
		})
	}
}

func TestTLSSettingsThatCannotBe(t *testing.T) {
	ca := newAuthority(t)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]TLSSpec{
		"version": {MinVersion: "1.1"}, "no such file": {CAFile: "/nonexistent"}, "no certificate": {CAFile: empty}, "a domain without a CA": {TrustDomain: "prod.example"},
		"a pin without its kind": {Pins: []string{base64.StdEncoding.EncodeToString(make([]byte, 32))}}, "a short pin": {Pins: []string{"sha256/AAAA"}}, "another hash": {Pins: []string{"sha1/" + base64.StdEncoding.EncodeToString(make([]byte, 20))}},
	} {
		if _, err := s.config(nil); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := (TLSSpec{CAFile: ca.file(), TrustDomain: "prod.example", Pins: []string{pin(ca.cert)}, MinVersion: "1.2"}).config(nil); err != nil {
		t.Error(err)
	}
}
