package bundle_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"testing"
)

func hexBytes(s string) ([]byte, error) { return hex.DecodeString(s) }

func publicKey(t testing.TB, text []byte) crypto.PublicKey {
	t.Helper()
	p, _ := pem.Decode(text)
	if p == nil {
		t.Fatal("no PEM")
	}
	k, err := x509.ParsePKIXPublicKey(p.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func otherKey(t testing.TB) crypto.PublicKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}
