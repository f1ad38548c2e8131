package bundle_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sgbundle "github.com/sigstore/sigstore-go/pkg/bundle"
	sgroot "github.com/sigstore/sigstore-go/pkg/root"
	sgverify "github.com/sigstore/sigstore-go/pkg/verify"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

// module is where a module's own vectors lie.
func module(t testing.TB, path string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func read(t testing.TB, elements ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const sigstoreJS = "76176ffa33808b54602c7c35de5c6e9a4deb96066dba6533f50ac234f4f1f4c6b3527515dc17c06fbe2860030f410eee69ea20079bd3a2c6f3dcf3b329b10751" // sigstore@1.3.0

// A vector is a real bundle of sigstore-go's module with the root that it is of.
type vector struct {
	name         string
	bundle, root []byte
	digest       bundle.Digest
	identity     string
}

func vectors(t testing.TB) []vector {
	t.Helper()
	dir := module(t, "github.com/sigstore/sigstore-go")
	good := read(t, dir, "examples", "trusted-root-public-good.json")
	js := vector{"sigstore 2.0.0", read(t, dir, "pkg/testing/data/bundles/sigstore.js@2.0.0-provenance.sigstore.json"), good, bundle.Digest{}, "https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main"}
	js.digest = subject(t, js.bundle)
	return []vector{
		{"sigstore 1.3.0", read(t, dir, "examples", "bundle-provenance.json"), good, bundle.Digest{Algorithm: "sha512", Hex: sigstoreJS}, js.identity},
		js, // with an inclusion proof and a checkpoint of Rekor v1
	}
}

// subject is the digest that a bundle's own statement names.
func subject(t testing.TB, b []byte) bundle.Digest {
	t.Helper()
	var f struct {
		DSSE struct {
			Payload []byte `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	var s struct {
		Subject []struct {
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
	}
	if err := errors.Join(json.Unmarshal(b, &f), json.Unmarshal(f.DSSE.Payload, &s)); err != nil {
		t.Fatal(err)
	}
	return bundle.Digest{Algorithm: "sha512", Hex: s.Subject[0].Digest["sha512"]}
}

func verify(root, b []byte, d bundle.Digest) (*bundle.Signature, error) {
	r, err := bundle.ParseRoot(root)
	if err != nil {
		return nil, err
	}
	parsed, err := bundle.Parse(b)
	if err != nil {
		return nil, err
	}
	return r.Verify(parsed, d)
}

// referee is sigstore-go's judgement under the same demands.
func referee(root, b []byte, d bundle.Digest) error {
	var in sgbundle.Bundle
	if err := in.UnmarshalJSON(b); err != nil {
		return err
	}
	r, err := sgroot.NewTrustedRootFromJSON(root)
	if err != nil {
		return err
	}
	v, err := sgverify.NewVerifier(r, sgverify.WithSignedCertificateTimestamps(1), sgverify.WithTransparencyLog(1), sgverify.WithObserverTimestamps(1))
	if err != nil {
		return err
	}
	sum, err := hexBytes(d.Hex)
	if err != nil {
		return err
	}
	_, err = v.Verify(&in, sgverify.NewPolicy(sgverify.WithArtifactDigest(d.Algorithm, sum), sgverify.WithoutIdentitiesUnsafe()))
	return err
}

func TestRealBundles(t *testing.T) {
	for _, v := range vectors(t) {
		begin := time.Now()
		s, err := verify(v.root, v.bundle, v.digest)
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		t.Logf("%s: %v, %s of %s at %s", v.name, time.Since(begin).Round(time.Microsecond), s.Commit, s.Source, s.Time.UTC())
		if s.Identity != v.identity || s.Issuer != "https://token.actions.githubusercontent.com" || s.Source != "https://github.com/sigstore/sigstore-js" || len(s.Commit) != 40 || !strings.HasPrefix(s.Statement.Named.Name, "pkg:npm/sigstore@") || s.Time.Year() != 2023 {
			t.Errorf("%+v", s)
		}
		if err := referee(v.root, v.bundle, v.digest); err != nil {
			t.Error("the referee refuses it", err)
		}
	}
}

// Each change of a bundle is refused, where the untouched one passes (TestRealBundles).
func TestEdited(t *testing.T) {
	for _, v := range vectors(t) {
		base, err := verify(v.root, v.bundle, v.digest)
		if err != nil {
			t.Fatal(err)
		}
		refused := func(what string, b []byte, d bundle.Digest) {
			t.Helper()
			if s, err := verify(v.root, b, d); err == nil {
				t.Errorf("%s, %s: believed: %+v", v.name, what, s)
			}
		}
		refused("another artifact", v.bundle, bundle.Digest{Algorithm: "sha512", Hex: strings.Repeat("0", 128)})
		refused("another algorithm", v.bundle, bundle.Digest{Algorithm: "sha256", Hex: v.digest.Hex})
		refused("no artifact", v.bundle, bundle.Digest{})
		refused("nothing", nil, v.digest)
		for n := range 40 {
			refused("cut off", v.bundle[:len(v.bundle)*n/40], v.digest)
		}
		for _, c := range changes(t, v.bundle) {
			refused(c.what, c.bundle, v.digest)
		}
		_ = base
	}
}

type change struct {
	what   string
	bundle []byte
}

// changes are bundles with one member gone, or one letter of one text another.
func changes(t testing.TB, b []byte) []change {
	t.Helper()
	var out []change
	edit := func(what string, do func(map[string]any)) {
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		do(m)
		edited, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, change{what, edited})
	}
	material := func(m map[string]any) map[string]any { return m["verificationMaterial"].(map[string]any) }
	entry := func(m map[string]any) map[string]any {
		return material(m)["tlogEntries"].([]any)[0].(map[string]any)
	}
	envelope := func(m map[string]any) map[string]any { return m["dsseEnvelope"].(map[string]any) }
	flip := func(m map[string]any, key string) {
		s := []byte(m[key].(string))
		i := len(s) / 2
		if s[i] == 'A' {
			s[i] = 'B'
		} else {
			s[i] = 'A'
		}
		m[key] = string(s)
	}
	edit("no log", func(m map[string]any) { material(m)["tlogEntries"] = []any{} })
	edit("no certificate", func(m map[string]any) { delete(material(m), "x509CertificateChain") })
	edit("a key in place of the certificate", func(m map[string]any) {
		delete(material(m), "x509CertificateChain")
		material(m)["publicKey"] = map[string]any{"hint": "x"}
	})
	edit("a key beside the certificate", func(m map[string]any) { material(m)["publicKey"] = map[string]any{"hint": "x"} })
	edit("the certificate", func(m map[string]any) {
		flip(material(m)["x509CertificateChain"].(map[string]any)["certificates"].([]any)[0].(map[string]any), "rawBytes")
	})
	edit("the payload", func(m map[string]any) { flip(envelope(m), "payload") })
	edit("the payload's type", func(m map[string]any) { envelope(m)["payloadType"] = "application/json" })
	edit("no signature", func(m map[string]any) { envelope(m)["signatures"] = []any{} })
	edit("two signatures", func(m map[string]any) {
		s := envelope(m)["signatures"].([]any)
		envelope(m)["signatures"] = append(s, s[0])
	})
	edit("the signature", func(m map[string]any) { flip(envelope(m)["signatures"].([]any)[0].(map[string]any), "sig") })
	edit("the log's time", func(m map[string]any) { entry(m)["integratedTime"] = "1692374736" })
	edit("a time when the certificate had ended", func(m map[string]any) { entry(m)["integratedTime"] = "1792374736" })
	edit("the log's index", func(m map[string]any) { entry(m)["logIndex"] = "1" })
	edit("the log's body", func(m map[string]any) { flip(entry(m), "canonicalizedBody") })
	edit("another log", func(m map[string]any) { flip(entry(m)["logId"].(map[string]any), "keyId") })
	edit("no promise", func(m map[string]any) { delete(entry(m), "inclusionPromise") })
	edit("the promise", func(m map[string]any) {
		flip(entry(m)["inclusionPromise"].(map[string]any), "signedEntryTimestamp")
	})
	edit("the version", func(m map[string]any) { m["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=9.9" })
	edit("a member that nobody knows", func(m map[string]any) { m["more"] = true })
	edit("the entry twice", func(m map[string]any) {
		material(m)["tlogEntries"] = []any{entry(m), entry(m)}
	})
	edit("the entry's kind", func(m map[string]any) {
		entry(m)["kindVersion"].(map[string]any)["kind"] = "dsse"
	})
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if p, ok := entry(m)["inclusionProof"].(map[string]any); ok && p != nil {
		proof := func(m map[string]any) map[string]any { return entry(m)["inclusionProof"].(map[string]any) }
		edit("the proof's root", func(m map[string]any) { flip(proof(m), "rootHash") })
		edit("the proof's size", func(m map[string]any) { proof(m)["treeSize"] = "27657876" })
		edit("the proof's index", func(m map[string]any) { proof(m)["logIndex"] = "7" })
		edit("a hash less", func(m map[string]any) { proof(m)["hashes"] = proof(m)["hashes"].([]any)[1:] })
		edit("the checkpoint", func(m map[string]any) {
			c := proof(m)["checkpoint"].(map[string]any)
			c["envelope"] = strings.Replace(c["envelope"].(string), "Timestamp: 1", "Timestamp: 2", 1)
		})
		edit("the checkpoint's signature", func(m map[string]any) {
			c := proof(m)["checkpoint"].(map[string]any)
			c["envelope"] = strings.Replace(c["envelope"].(string), "wNI9ajBE", "wNI9ajBF", 1)
		})
	}
	return out
}

// Who is not in the root is not believed; with the root untouched the same bundle passes.
func TestAnotherRoot(t *testing.T) {
	v := vectors(t)[0]
	for _, without := range []string{"tlogs", "certificateAuthorities", "ctlogs"} {
		var m map[string]any
		if err := json.Unmarshal(v.root, &m); err != nil {
			t.Fatal(err)
		}
		m[without] = []any{}
		root, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := verify(root, v.bundle, v.digest); err == nil {
			t.Errorf("without %s: %+v", without, s)
		}
	}
	scaffolding := read(t, module(t, "github.com/sigstore/sigstore-go"), "pkg/testing/data/trusted-roots/scaffolding.json")
	if s, err := verify(scaffolding, v.bundle, v.digest); !errors.Is(err, bundle.ErrUnknown) {
		t.Error("another root", s, err)
	}
	if s, err := (&bundle.Root{}).Verify(nil, v.digest); err == nil {
		t.Error("nothing", s)
	}
	parsed, err := bundle.Parse(v.bundle)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := (*bundle.Root)(nil).Verify(parsed, v.digest); !errors.Is(err, bundle.ErrUnknown) {
		t.Error("no root", s, err)
	}
}

// The publish attestation of npm is signed by a key.
func TestKeySigned(t *testing.T) {
	dir := module(t, "github.com/sigstore/sigstore-go")
	b, root := read(t, dir, "examples", "bundle-publish.json"), read(t, dir, "examples", "trusted-root-public-good.json")
	parsed, err := bundle.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	r, err := bundle.ParseRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	d, key := bundle.Digest{Algorithm: "sha512", Hex: sigstoreJS}, publicKey(t, read(t, dir, "examples", "publish_key.pub"))
	const hint = "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA"
	start, end := time.Date(2022, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, 1, 29, 0, 0, 0, 0, time.UTC)
	if s, err := r.WithKey(hint, key, start, end).Verify(parsed, d); err != nil || s.Key != hint || s.Identity != "" || s.Statement.Kind != "https://github.com/npm/attestation/tree/main/specs/publish/v0.1" {
		t.Error(s, err)
	}
	for what, other := range map[string]*bundle.Root{
		"no key": r, "under another name": r.WithKey("x", key, start, end), "a key that had ended": r.WithKey(hint, key, start, start.AddDate(0, 1, 0)),
		"a key of later": r.WithKey(hint, key, end, time.Time{}), "another key": r.WithKey(hint, otherKey(t), start, end), "no log": (&bundle.Root{}).WithKey(hint, key, start, end),
	} {
		if s, err := other.Verify(parsed, d); err == nil {
			t.Errorf("%s: %+v", what, s)
		}
	}
}

// Nothing that sigstore-go refuses passes here. The seeds are real bundles and each of
// their changes.
func FuzzVerify(f *testing.F) {
	vs := vectors(f)
	for i, v := range vs {
		f.Add(i, v.bundle)
		for _, c := range changes(f, v.bundle) {
			f.Add(i, c.bundle)
		}
	}
	f.Fuzz(func(t *testing.T, which int, b []byte) {
		v := vs[uint(which)%uint(len(vs))]
		if _, err := verify(v.root, b, v.digest); err != nil {
			return
		}
		if err := referee(v.root, b, v.digest); err != nil && !bytes.Equal(b, v.bundle) {
			t.Errorf("believed, and sigstore-go says: %v", err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v := vectors(b)[1]
	for b.Loop() {
		if _, err := verify(v.root, v.bundle, v.digest); err != nil {
			b.Fatal(err)
		}
	}
}
