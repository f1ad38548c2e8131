package scan

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle/bundletest"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/npm"
)

// A store is an npm registry of one version of x, signed and attested.
type store struct {
	sum, integrity string
	signature      string
	attestation    []byte
	down           bool
	asked          int
	prover         Prover
}

func built(sum string) []byte {
	return fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"pkg:npm/x@1.2.3","digest":{"sha512":"%s"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"externalParameters":{"workflow":{"ref":"refs/tags/v1.2.3","repository":"%s","path":".github/workflows/release.yml"}},"resolvedDependencies":[{"uri":"git+%s@refs/tags/v1.2.3","digest":{"gitCommit":"%s"}}]},"runDetails":{"builder":{"id":"https://github.com/actions/runner/github-hosted"}}}}`,
		sum, source, source, strings.Repeat("c", 40))
}

func newStore(t *testing.T, sigstore *bundletest.Sigstore) *store {
	t.Helper()
	key := sigstore.Key()
	sum := sha512.Sum512([]byte("the tarball"))
	s := &store{sum: fmt.Sprintf("%x", sum), integrity: "sha512-" + base64.StdEncoding.EncodeToString(sum[:])}
	message := sha256.Sum256([]byte("x@1.2.3:" + s.integrity))
	sig, err := ecdsa.SignASN1(rand.Reader, key, message[:])
	if err != nil {
		t.Fatal(err)
	}
	s.signature, s.attestation = base64.StdEncoding.EncodeToString(sig), sigstore.Attest(claims(), built(s.sum))
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	root, err := bundle.ParseRoot(sigstore.Root())
	if err != nil {
		t.Fatal(err)
	}
	s.prover.NPM = npm.Checker{Client: server.Client(), Registry: server.URL, Root: root, Keys: []npm.Key{{ID: "SHA256:k", Public: &key.PublicKey, Signs: true, Attests: true}}}
	return s
}

func (s *store) serve(w http.ResponseWriter, r *http.Request) {
	s.asked++
	switch {
	case s.down:
		w.WriteHeader(http.StatusTooManyRequests)
	case r.URL.Path == "/x/1.2.3":
		_ = json.NewEncoder(w).Encode(map[string]any{"name": "x", "version": "1.2.3", "dist": map[string]any{
			"integrity": s.integrity, "attestations": map[string]any{"url": s.prover.NPM.Registry + "/-/a"}, "signatures": []map[string]string{{"keyid": "SHA256:k", "sig": s.signature}},
		}})
	case r.URL.Path == "/-/a" && s.attestation != nil:
		_ = json.NewEncoder(w).Encode(map[string]any{"attestations": []map[string]any{{"predicateType": "https://slsa.dev/provenance/v1", "bundle": json.RawMessage(s.attestation)}}})
	default:
		http.NotFound(w, r)
	}
}

// What is signed and attested is clean; what is missing or cannot be asked is unknown (low),
// and what is wrong is high. Nobody is asked unless somebody says so.
func TestProvenance(t *testing.T) {
	sigstore := bundletest.New(t)
	exactly := command("npx", "-y", "x@1.2.3")
	for name, c := range map[string]struct {
		file   string
		change func(s *store)
		want   string
		asked  bool
	}{
		"well":             {exactly, func(*store) {}, "", true},
		"no keys":          {exactly, func(s *store) { s.prover.NPM.Keys = nil }, checkOrigin, true},
		"no root":          {exactly, func(s *store) { s.prover.NPM.Root = nil }, checkOrigin, true},
		"no client":        {exactly, func(s *store) { s.prover.NPM.Client = nil }, checkOrigin, false},
		"down":             {exactly, func(s *store) { s.down = true }, checkOrigin, true},
		"no attestation":   {exactly, func(s *store) { s.attestation = nil }, checkOrigin, true},
		"another tarball":  {exactly, func(s *store) { s.attestation = sigstore.Attest(claims(), built(strings.Repeat("ab", 64))) }, checkForged, true},
		"another's key":    {exactly, func(s *store) { s.prover.NPM.Keys[0].Public = &sigstore.Key().PublicKey }, checkForged, true},
		"floating":         {command("npx", "-y", "x"), func(*store) {}, checkOrigin, false},
		"another registry": {command("npx", "--registry", "https://r.example", "x@1.2.3"), func(*store) {}, checkOrigin, false},
		"python":           {command("uvx", "x==1.2.3"), func(*store) {}, checkOrigin, false},
		"a file":           {command("node", "/srv/x.js"), func(*store) {}, "", false},
	} {
		s := newStore(t, sigstore)
		c.change(s)
		in, err := Parse("f.json", []byte(c.file))
		if err != nil {
			t.Fatal(err)
		}
		inputs := []Input{in, in}
		inputs[1].Servers = append([]Server{}, in.Servers...)
		s.prover.Prove(t.Context(), inputs, quiet)
		r := New().Check(inputs)
		unknown, wrong := withID(&r, checkOrigin), withID(&r, checkForged)
		if (len(unknown) > 0) != (c.want == checkOrigin) || (len(wrong) > 0) != (c.want == checkForged) || (s.asked > 0) != c.asked || s.asked > 2 {
			t.Errorf("%s: %d questions, %+v", name, s.asked, r)
		}
		for _, f := range append(unknown, wrong...) {
			if want := map[string]rule.Severity{checkOrigin: rule.Low, checkForged: rule.High}[f.Rule]; f.Severity != want || !strings.Contains(f.Excerpt, "x") || !strings.HasPrefix(f.Field, "args/") {
				t.Errorf("%s: %+v", name, f)
			}
		}
		plain := New().Check([]Input{{Servers: []Server{{ID: "s", Entry: in.Servers[0].Entry}}}})
		if len(withID(&plain, checkOrigin))+len(withID(&plain, checkForged)) > 0 {
			t.Errorf("%s: a claim though nobody asked: %+v", name, plain)
		}
	}
}

func TestClientIsBounded(t *testing.T) {
	c := Client()
	defer c.CloseIdleConnections()
	transport, ok := c.Transport.(*http.Transport)
	if !ok || transport.DialContext == nil || transport.TLSHandshakeTimeout == 0 || transport.ResponseHeaderTimeout == 0 || transport.MaxResponseHeaderBytes == 0 {
		t.Fatalf("%+v", c.Transport)
	}
}
