package app_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// A quorum is people who may sign releases, and a remote server that waits for them.
type quorum struct {
	t    *testing.T
	g    *mantlettest.Gateway
	d    *daemon.Client
	keys map[string]ed25519.PrivateKey
	url  string
}

// remote is a server over TLS with one tool, behind a Mantlet that releases by provenance
// alone. pinned says that its key is pinned.
func remote(t *testing.T, pinned bool, more ...string) *quorum {
	t.Helper()
	s := httptest.NewTLSServer(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return offering("read_log") }, &mcp.StreamableHTTPOptions{Stateless: true}))
	t.Cleanup(s.Close)
	q := &quorum{t: t, keys: make(map[string]ed25519.PrivateKey), url: s.URL}
	dir := t.TempDir()
	ca, set := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "signers.json")
	q.write(ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	q.write(set, q.signers())
	tls := fmt.Sprintf("caFile: %q", ca)
	if pinned {
		sum, backup := sha256.Sum256(s.Certificate().RawSubjectPublicKeyInfo), sha256.Sum256(nil)
		tls += fmt.Sprintf(", pins: [%q, %q]", "sha256/"+base64.StdEncoding.EncodeToString(sum[:]), "sha256/"+base64.StdEncoding.EncodeToString(backup[:]))
	}
	var rules []string
	for _, tier := range []string{"low", "medium", "high", "critical"} {
		rules = append(rules, tier+": {evidence: [provenance], roles: [security], people: 2, holds: 24h, fresh: 24h}")
	}
	q.g = mantlettest.Start(t, fmt.Sprintf("trust: {firstUse: approve, signersFile: %q, probation: 1h, release: {%s}%s}\nservers: {peer: {url: %q, tls: {%s}}}\n", set, strings.Join(rules, ", "), strings.Join(more, ""), s.URL, tls)+pinning)
	q.d = daemon.New(q.g.Config.Listen.Socket, "cli", "peer")
	t.Cleanup(q.d.HTTP.CloseIdleConnections)
	return q
}

func (q *quorum) write(path, text string) {
	q.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		q.t.Fatal(err)
	}
}

func (q *quorum) signers() string {
	q.t.Helper()
	var set signer.Set
	set.Threshold = 2
	for _, one := range []struct {
		name string
		role signer.Role
	}{{"ann", signer.Security}, {"cat", signer.Security}, {"bob", signer.Business}} {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			q.t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			q.t.Fatal(err)
		}
		q.keys[one.name] = private
		set.Signers = append(set.Signers, signer.Signer{Name: one.name, Roles: []signer.Role{one.role}, Until: time.Now().AddDate(1, 0, 0).UTC().Truncate(time.Second),
			Keys: []signer.Key{{Kind: signer.Ed25519, Public: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}}})
	}
	b, err := json.Marshal(set)
	if err != nil {
		q.t.Fatal(err)
	}
	return string(b)
}

func (q *quorum) file(sort, name, text string) {
	q.t.Helper()
	if err := q.d.File(q.t.Context(), daemon.Filed{Sort: sort, Server: "peer", Name: name, Content: []byte(text)}); err != nil {
		q.t.Fatal(err)
	}
}

func (q *quorum) describe(class string) {
	q.t.Helper()
	q.file("dossier", "", "owner: a@example.com\ndataClass: "+class+"\nmanifest: {purpose: Reads., permissions: None., dataHandling: None., interaction: None., security: Reviewed.}\n")
}

func (q *quorum) propose() daemon.Standing {
	q.t.Helper()
	s, err := q.d.Propose(q.t.Context(), daemon.Proposed{Server: "peer", By: "dev"})
	if err != nil {
		q.t.Fatal(err)
	}
	return s
}

// sign signs what is proposed, or a report of it.
func (q *quorum) sign(s daemon.Standing, name string, role signer.Role, evidence string) daemon.Standing {
	q.t.Helper()
	if err := q.trySign(s, name, role, evidence); err != nil {
		q.t.Fatal(err)
	}
	out, err := q.d.Release(q.t.Context(), "peer")
	if err != nil {
		q.t.Fatal(err)
	}
	return out
}

func (q *quorum) trySign(s daemon.Standing, name string, role signer.Role, evidence string) error {
	q.t.Helper()
	var p release.Proposal
	if err := json.Unmarshal(s.Proposal, &p); err != nil {
		q.t.Fatal(err)
	}
	digest, err := p.Digest()
	if i := slices.IndexFunc(p.Evidence, func(e release.EvidenceRef) bool { return string(e.Type) == evidence && e.Tool != release.Own }); evidence != "" {
		digest, err = p.EvidenceDigest(&p.Evidence[i])
	}
	if err != nil {
		q.t.Fatal(err)
	}
	signed, err := signer.Sign(q.keys[name], digest, signer.Signature{Signer: name, Role: role, At: time.Now()})
	if err != nil {
		q.t.Fatal(err)
	}
	raw, err := json.Marshal(signed)
	if err != nil {
		q.t.Fatal(err)
	}
	_, err = q.d.Sign(q.t.Context(), daemon.Signed{Server: "peer", Manifest: s.Manifest, Signature: raw, Evidence: evidence})
	return err
}

func (q *quorum) release() daemon.Standing {
	q.t.Helper()
	q.sign(q.propose(), "ann", signer.Security, "")
	s, err := q.d.Release(q.t.Context(), "peer")
	if err != nil {
		q.t.Fatal(err)
	}
	return q.sign(s, "bob", signer.Business, "")
}

// look has Mantlet see what the server shows by now.
func (q *quorum) look() {
	q.t.Helper()
	_, _ = cli(q.g, "peer").Ask(q.t.Context(), "tools/list", "") // what may not be asked yet is refused
}

func (q *quorum) identity() string {
	q.t.Helper()
	all, err := q.d.Catalogue(q.t.Context(), "peer")
	if err != nil {
		q.t.Fatal(err)
	}
	for _, l := range all {
		if l.Kind == "identity" {
			return l.Seen
		}
	}
	q.t.Fatal("no identity was seen", all)
	return ""
}

func (q *quorum) statement(url, result string) string {
	return fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":%q,"digest":{"sha256":%q}}],"predicateType":"https://slsa.dev/verification_summary/v1",
		"predicate":{"verifier":{"id":"https://verifier.example"},"timeVerified":%q,"resourceUri":%[1]q,"verificationResult":%[4]q}}`, url, q.identity(), time.Now().UTC().Add(-time.Minute).Format(time.RFC3339), result)
}

func wants(t *testing.T, s daemon.Standing, want string) {
	t.Helper()
	found := slices.ContainsFunc(s.Missing, func(m string) bool { return strings.Contains(m, want) })
	if want == "" && slices.ContainsFunc(s.Missing, func(m string) bool { return strings.Contains(m, "provenance") }) || want != "" && !found {
		t.Errorf("missing %q, want %q", s.Missing, want)
	}
}

// A remote server that only some CA vouches for has no provenance; one whose key is pinned
// has, below the tier high.
func TestWhoAnswersIsProvenance(t *testing.T) {
	q := remote(t, false)
	q.look()
	q.describe("public")
	wants(t, q.propose(), "evidence of the type provenance that holds: its outcome is not known")
	if s := q.release(); s.Released {
		t.Error("it is released though any CA's word is enough")
	}
	q = remote(t, true)
	q.look()
	q.describe("public")
	wants(t, q.propose(), "")
	if s := q.release(); !s.Released {
		t.Fatal(s.Missing)
	}
	q.look()
	if s := q.release(); !s.Released || s.Tier != "low" {
		t.Fatal(s.Missing, s.Tier)
	}
	q.file("claim", "", fmt.Sprintf(`{"name":"io.example/peer","description":"x","version":"1.0.0","remotes":[{"type":"streamable-http","url":%q}]}`, "https://elsewhere.example/mcp"))
	wants(t, q.propose(), "its outcome is not known")
	q.file("claim", "", fmt.Sprintf(`{"name":"io.example/peer","description":"x","version":"1.0.0","remotes":[{"type":"streamable-http","url":%q}]}`, q.url))
	wants(t, q.propose(), "")
}

// From the tier high on it also takes a statement about this very address and identity, that
// somebody of the role security has signed.
func TestWhoVouchesForAnEndpoint(t *testing.T) {
	q := remote(t, true)
	q.look()
	q.describe("restricted")
	if s := q.release(); !s.Released { // of the identity: no tool was seen
		t.Fatal(s.Missing)
	}
	q.look()
	s := q.propose()
	if s.Tier != "high" {
		t.Fatal(s.Tier)
	}
	wants(t, s, "its outcome is not known")
	for name, text := range map[string]string{
		"of another":   q.statement("https://elsewhere.example/mcp", "PASSED"),
		"of no kind":   "{}",
		"of no result": q.statement(q.url, "MAYBE"),
	} {
		q.file("evidence", "provenance", text)
		if s := q.propose(); len(s.Missing) == 0 || !strings.Contains(strings.Join(s.Missing, ""), "its outcome is not known") {
			t.Errorf("%s: %q", name, s.Missing)
		}
	}
	q.file("evidence", "provenance", q.statement(q.url, "FAILED"))
	wants(t, q.propose(), "it failed")
	q.file("evidence", "provenance", q.statement(q.url, "PASSED"))
	s = q.propose()
	wants(t, s, "provenance that holds: nobody of the role security has signed it")
	q.sign(s, "cat", signer.Security, "provenance")
	wants(t, q.propose(), "")
	if s := q.release(); !s.Released {
		t.Fatal(s.Missing)
	}
	q.look()
	if got := ask(t, cli(q.g, "peer"), `"name":"read_log","arguments":{},`); !strings.Contains(got, "done") {
		t.Error(got)
	}
}
