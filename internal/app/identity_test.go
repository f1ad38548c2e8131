package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle/bundletest"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// An identity's signature over exactly these bytes is theirs; an attestation about them, a
// key's signature, another file's, and one of another Sigstore are nobody's.
func TestIdentitiesOfSigstore(t *testing.T) {
	s, other := bundletest.New(t), bundletest.New(t)
	path := filepath.Join(t.TempDir(), "root.json")
	if err := os.WriteFile(path, s.Root(), 0o600); err != nil {
		t.Fatal(err)
	}
	verify, err := app.SigstoreFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ann := bundletest.Claims{Identity: "ann@example.com", Issuer: "https://accounts.example.com"}
	blob := []byte(`{"action":"sha256:1"}`)
	digest := signer.Sum(blob)
	statement := []byte(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"x","digest":{"sha256":"` + digest.String()[7:] + `"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{}}`)
	for name, c := range map[string]struct {
		bundle []byte
		ok     bool
	}{
		"hers":             {s.SignBlob(ann, blob), true},
		"another file":     {s.SignBlob(ann, []byte("other")), false},
		"another Sigstore": {other.SignBlob(ann, blob), false},
		"an attestation":   {s.Attest(ann, statement), false},
		"a key":            {s.AttestKey("k", s.Key(), statement), false},
		"nothing":          {nil, false},
	} {
		issuer, subject, err := verify(c.bundle, digest)
		if (err == nil) != c.ok || c.ok && (issuer != ann.Issuer || subject != ann.Identity) || !c.ok && issuer+subject != "" {
			t.Errorf("%s: %q %q, %v", name, issuer, subject, err)
		}
	}
	if verify, err := app.SigstoreFile(""); verify != nil || err != nil {
		t.Error("without a root somebody is believed", err)
	}
	if _, err := app.SigstoreFile(path + ".none"); err == nil {
		t.Error("a root that is not there")
	}
}
