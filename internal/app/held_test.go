package app_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// A server's authorities are those of the bundle: who swaps the file on disk has changed
// nothing. By a plain file the same swap is believed.
func TestASwappedFileIsNotBelieved(t *testing.T) {
	s := httptest.NewUnstartedServer(good(t).Config.Handler)
	s.StartTLS()
	t.Cleanup(s.Close)
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	other := authority(t)
	for name, c := range map[string]struct {
		disk, held []byte // no held: a plain file
		reached    bool
	}{
		"swapped on disk, for nothing":   {other, own, true},
		"swapped on disk, for its own":   {own, other, false},
		"swapped where it is not held":   {own, nil, true},
		"another where it is not held":   {other, nil, false},
		"not even there on disk":         {nil, own, true},
		"neither one nor the other's CA": {other, other, false},
	} {
		t.Run(name, func(t *testing.T) {
			ca := filepath.Join(t.TempDir(), "ca.pem")
			if c.disk != nil {
				if err := os.WriteFile(ca, c.disk, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			g := mantlettest.Start(t, mantlettest.Anonymous)
			cfg, err := config.Parse(filepath.Dir(ca), fmt.Appendf(nil, "listen: {address: \"127.0.0.1:0\"}\nservers: {one: {url: %q, tls: {caFile: ca.pem}}}\n%s", s.URL, mantlettest.Anonymous))
			if err != nil {
				t.Fatal(err)
			}
			if c.held != nil {
				if err := cfg.Hold(map[string][]byte{ca: c.held}); err != nil {
					t.Fatal(err)
				}
			}
			if err := g.Reload(cfg); err != nil {
				t.Fatal(err)
			}
			d := cli(g, "one")
			defer d.HTTP.CloseIdleConnections()
			m, err := d.Ask(t.Context(), "tools/call", `"name":"t","arguments":{},`)
			if reached := err == nil && strings.Contains(string(m.Bytes()), "ok"); reached != c.reached {
				t.Errorf("reached: %t, %v", reached, err)
			}
		})
	}
}

// authority is a CA in PEM that nobody knows.
func authority(t *testing.T) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "other"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
