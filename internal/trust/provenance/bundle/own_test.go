package bundle_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle/bundletest"
)

var claims = bundletest.Claims{
	Identity: "https://github.com/o/r/.github/workflows/release.yml@refs/heads/main", Issuer: "https://token.actions.githubusercontent.com",
	Builder: "https://github.com/o/r/.github/workflows/release.yml@refs/heads/main", Source: "https://github.com/o/r", Commit: strings.Repeat("c", 40), Workflow: "https://github.com/o/r/.github/workflows/release.yml@refs/heads/main",
}

func statement(sum string) []byte {
	return fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a","digest":{"sha256":"%s"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{}}`, sum)
}

// A Rekor of each kind: sigstore-go and we believe the same bundle, and refuse each change.
func TestBothRekors(t *testing.T) {
	s := bundletest.New(t)
	d := bundle.Digest{Algorithm: "sha256", Hex: strings.Repeat("ab", 32)}
	for _, v2 := range []bool{false, true} {
		c := claims
		c.V2 = v2
		b := s.Attest(c, statement(d.Hex))
		if err := referee(s.Root(), b, d); err != nil {
			t.Fatal("sigstore-go refuses what this test made:", err)
		}
		got, err := verify(s.Root(), b, d)
		if err != nil {
			t.Fatal(v2, err)
		}
		if got.Source != c.Source || got.Identity != c.Identity || got.Builder != c.Builder || got.Workflow != c.Workflow || got.Commit != c.Commit {
			t.Errorf("%+v", got)
		}
		edits := map[string]func(m map[string]any){
			"no timestamp and no promise": func(m map[string]any) {
				delete(m["verificationMaterial"].(map[string]any), "timestampVerificationData")
				delete(entryOf(m), "inclusionPromise")
			},
			"no proof": func(m map[string]any) { delete(entryOf(m), "inclusionProof") },
			"another checkpoint": func(m map[string]any) {
				checkpoint := entryOf(m)["inclusionProof"].(map[string]any)["checkpoint"].(map[string]any)
				checkpoint["envelope"] = strings.Replace(checkpoint["envelope"].(string), "\n1\n", "\n2\n", 1)
			},
			"the other kind of log": func(m map[string]any) {
				entryOf(m)["kindVersion"] = map[string]any{"kind": "hashedrekord", "version": "0.0.1"}
			},
			"an index": func(m map[string]any) { entryOf(m)["logIndex"] = "1" },
		}
		for what, edit := range edits {
			if v2 && what == "an index" {
				continue // index 1 of 1 is refused too, below
			}
			if edited := reworked(t, b, edit); verifyQuietly(s.Root(), edited, d) {
				t.Errorf("v2 %t, %s: believed", v2, what)
			}
		}
		if !verifyQuietly(s.Root(), reworked(t, b, func(map[string]any) {}), d) {
			t.Error("written anew, and not edited, it is refused")
		}
		if _, err := verify(bundletest.New(t).Root(), b, d); err == nil {
			t.Error("another Sigstore's is believed")
		}
		fresh := s.Attest(c, statement(strings.Repeat("cd", 32)))
		mixed := reworked(t, b, func(m map[string]any) {
			var other map[string]any
			if err := json.Unmarshal(fresh, &other); err != nil {
				t.Fatal(err)
			}
			m["dsseEnvelope"] = other["dsseEnvelope"]
		})
		if verifyQuietly(s.Root(), mixed, bundle.Digest{Algorithm: "sha256", Hex: strings.Repeat("cd", 32)}) {
			t.Error("one bundle's envelope passes with another's log")
		}
	}
}

func entryOf(m map[string]any) map[string]any {
	return m["verificationMaterial"].(map[string]any)["tlogEntries"].([]any)[0].(map[string]any)
}

func reworked(t *testing.T, b []byte, edit func(map[string]any)) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	edit(m)
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func verifyQuietly(root, b []byte, d bundle.Digest) bool {
	_, err := verify(root, b, d)
	return err == nil
}

// The real bundles, read and written anew without a change, pass: what TestEdited changes
// is what it is refused for.
func TestWrittenAnew(t *testing.T) {
	for _, v := range vectors(t) {
		if _, err := verify(v.root, reworked(t, v.bundle, func(map[string]any) {}), v.digest); err != nil {
			t.Error(v.name, err)
		}
	}
}

func TestStatements(t *testing.T) {
	s := bundletest.New(t)
	sum := strings.Repeat("ab", 32)
	d := bundle.Digest{Algorithm: "sha256", Hex: sum}
	for text, want := range map[string]error{
		string(statement(sum)): nil,
		strings.Replace(string(statement(sum)), "Statement/v1", "Statement/v0.1", 1):                 nil,
		strings.Replace(string(statement(sum)), "Statement/v1", "Statement/v9", 1):                   bundle.ErrUnknown,
		strings.Replace(string(statement(sum)), `"predicate":{}`, `"predicate":{"a":1,"a":2}`, 1):    errors.New("twice"),
		strings.Replace(string(statement(sum)), `"sha256":"`, `"sha512":"`, 1):                       errors.New("another algorithm"),
		strings.Replace(string(statement(sum)), sum, strings.ToUpper(sum), 1):                        errors.New("another spelling"),
		`{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"","predicate":{}}`: errors.New("nothing"),
		`[]`: errors.New("no object"),
	} {
		_, err := verify(s.Root(), s.Attest(claims, []byte(text)), d)
		if (err == nil) != (want == nil) || errors.Is(want, bundle.ErrUnknown) != errors.Is(err, bundle.ErrUnknown) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for name, e := range map[string]string{"no signature": `{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}`, "empty": `{}`} {
		var env bundle.Envelope
		if err := json.Unmarshal([]byte(e), &env); err != nil {
			t.Fatal(err)
		}
		if _, err := bundle.VerifyKey(&env, otherKey(t), d); err == nil {
			t.Error(name)
		}
	}
}
