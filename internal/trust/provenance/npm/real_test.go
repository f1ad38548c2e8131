package npm_test

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/npm"
	"github.com/mantlet-mcp/mantlet/test/peers"
)

// seeds are npm's keys and Sigstore's trusted root, as the npm package @sigstore/tuf
// carries them for clients that start.
func seeds(t *testing.T) (keys []npm.Key, root *bundle.Root) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(peers.Module(t, "@sigstore/tuf"), "seeds.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f map[string]struct {
		Targets map[string][]byte `json:"targets"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	targets := f["https://tuf-repo-cdn.sigstore.dev"].Targets
	if keys, err = npm.ParseKeys(targets["registry.npmjs.org%2Fkeys.json"]); err != nil || len(keys) == 0 {
		t.Fatal(keys, err)
	}
	if root, err = bundle.ParseRoot(targets["trusted_root.json"]); err != nil {
		t.Fatal(err)
	}
	return keys, root
}

// Recorded from registry.npmjs.org: the integrity and the signature of public versions,
// one of each of npm's two keys.
var recorded = []struct{ name, version, integrity, keyID, sig string }{
	{"three", "0.185.1", "sha512-5aojFCXKwnjBRZvUnt3WFfEcvUJgkN5LlijRFN95hMy8WVkG4I0QNcJE+OuWvuJ0bOdStrbfXn0pkd6/QyiAlg==", "SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U", "MEUCIQD83Brjvns+dAJNgU8wr8hDhkZhZZZVUSDZ3xSxBGmMsgIgQPnhKIs3cTy93RyE9AA0OJsOsxTrs5hw+Erw939CekQ="},
	{"@node-rs/xxhash", "1.0.0", "sha512-wVhbJT3QumfE7zlMLAZoAllaUufN5r3ia8vatKaqcG/Bau9SdFmcZpo8IuWDfSX+Jqyh9dViSRpUYChrVUvyFw==", "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA", "MEUCIQD+Dksaw6q6YpTDITfpfAwI15qCuQT84NvQKOpMqq4ZdQIgHvVlZ7+kJk4gzGM7hD10eILXlpOfqQa6Z6NZtcOvX+M="},
}

// npm's real signatures verify under npm's real keys, and no other text does.
func TestRecordedSignatures(t *testing.T) {
	keys, root := seeds(t)
	for i, v := range recorded {
		serve := func(integrity string) *provenance.Report {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode(map[string]any{"name": v.name, "version": v.version, "dist": map[string]any{"integrity": integrity, "signatures": []map[string]string{{"keyid": v.keyID, "sig": v.sig}}}})
			}))
			defer s.Close()
			c := npm.Checker{Client: s.Client(), Registry: s.URL, Keys: keys, Root: root, Now: func() time.Time { return time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC) }}
			return c.Check(t.Context(), provenance.Subject{Ecosystem: provenance.NPM, Name: v.name, Version: v.version, Integrity: v.integrity})
		}
		if r := serve(v.integrity); r.Of(provenance.CheckRegistry) != provenance.Satisfied || r.Of(provenance.CheckIntegrity) != provenance.Satisfied {
			t.Error(v.name, r.Why())
		}
		if r := serve("sha512-" + base64.StdEncoding.EncodeToString(make([]byte, 64))); r.Of(provenance.CheckRegistry) != provenance.Failed {
			t.Error("another tarball", v.name, r.Why())
		}
		swapped := recorded[1-i]
		if r := serve(swapped.integrity); r.Of(provenance.CheckRegistry) != provenance.Failed {
			t.Error("another package's tarball", v.name, r.Why())
		}
	}
}

// The tarballs that the registry serves today are those that npm signed.
func TestRealRegistry(t *testing.T) {
	keys, root := seeds(t)
	reach(t)
	for _, v := range recorded[:1] {
		if now := manifestOf(t, v.name, v.version); now != v.integrity {
			t.Errorf("%s: the registry serves %s", v.name, now)
		}
	}
	c := npm.Checker{Client: &http.Client{}, Keys: keys, Root: root}
	verified := 0
	for _, name := range []string{"everything", "filesystem", "memory", "sequential-thinking"} {
		s := provenance.Subject{Ecosystem: provenance.NPM, Name: "@modelcontextprotocol/server-" + name, Version: "2026.8.31"}
		s.Integrity = tarball(t, s.Name, s.Version)
		r := c.Check(t.Context(), s)
		t.Logf("%s@%s: %v", s.Name, s.Version, r.Checks)
		if r.Of(provenance.CheckIntegrity) != provenance.Satisfied || r.Verdict == provenance.Failed {
			t.Error(s.Name, r.Why())
		}
		if r.Of(provenance.CheckRegistry) == provenance.Satisfied {
			verified++
		}
	}
	if verified < 4 {
		t.Logf("NOT VERIFIED FOR REAL: this registry serves the signatures of %d of the four servers; they stay unknown, never satisfied", verified)
	}
}

// tarball is the digest of what the registry serves to be installed.
func tarball(t *testing.T, name, version string) string {
	t.Helper()
	_, short, _ := strings.Cut(name, "/")
	res, err := http.Get(npm.Registry + name + "/-/" + short + "-" + version + ".tgz")
	if err != nil {
		t.Skip("SKIPPED: the npm registry cannot be reached from here")
	}
	defer res.Body.Close() //nolint:errcheck // read only
	h := sha512.New()
	if n, err := io.Copy(h, io.LimitReader(res.Body, 8<<20)); err != nil || n < 1000 || res.StatusCode != http.StatusOK {
		t.Skipf("SKIPPED: the npm registry serves no tarball of %s: status %d", name, res.StatusCode)
	}
	return "sha512-" + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func reach(t *testing.T) {
	t.Helper()
	res, err := http.Get(npm.Registry)
	if err != nil {
		t.Skip("SKIPPED: the npm registry cannot be reached from here")
	}
	_ = res.Body.Close()
}

func manifestOf(t *testing.T, name, version string) string {
	t.Helper()
	res, err := http.Get(npm.Registry + strings.Replace(name, "/", "%2f", 1) + "/" + version)
	if err != nil {
		t.Skip("SKIPPED: the npm registry cannot be reached from here")
	}
	defer res.Body.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Dist struct {
			Integrity string `json:"integrity"`
		} `json:"dist"`
	}
	if res.StatusCode != http.StatusOK || json.Unmarshal(b, &m) != nil {
		t.Skipf("SKIPPED: the npm registry answers about %s with status %d", name, res.StatusCode)
	}
	return m.Dist.Integrity
}

// npm's own publish attestation and provenance of sigstore@1.3.0, through the checks of
// this package.
func TestRecordedAttestations(t *testing.T) {
	keys, root := seeds(t)
	dir := strings.TrimSpace(moduleDir(t))
	const integrity = "sha512-dhdv+jOAi1RgLHw13lxumk3rlgZtumUz9QrCNPTx9MazUnUV3BfAb74oYAMPQQ7uaeogB5vTosbz3POzKbEHUQ=="
	file := func(name string) json.RawMessage {
		b, err := os.ReadFile(filepath.Join(dir, "examples", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			_ = json.NewEncoder(w).Encode(map[string]any{"attestations": []map[string]any{
				{"predicateType": "https://github.com/npm/attestation/tree/main/specs/publish/v0.1", "bundle": file("bundle-publish.json")},
				{"predicateType": "https://slsa.dev/provenance/v0.2", "bundle": file("bundle-provenance.json")},
			}})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"name": "sigstore", "version": "1.3.0", "dist": map[string]any{"integrity": integrity, "attestations": map[string]string{"url": s.URL + "/a"}}})
	}))
	defer s.Close()
	c := npm.Checker{Client: s.Client(), Registry: s.URL, Keys: keys, Root: root}
	r := c.Check(t.Context(), provenance.Subject{Ecosystem: provenance.NPM, Name: "sigstore", Version: "1.3.0", Integrity: integrity})
	if r.Of(provenance.CheckPublish) != provenance.Satisfied || r.Of(provenance.CheckBuild) != provenance.Satisfied {
		t.Fatal(r.Why())
	}
	if r.Source != "https://github.com/sigstore/sigstore-js" || r.Builder != "https://github.com/actions/runner" || r.Commit != "dae8bd8eb433a4147b4655c00fe73e0f22bc0fb1" {
		t.Errorf("%+v", r)
	}
}
