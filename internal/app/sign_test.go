package app_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey/passkeytest"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle/bundletest"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// oneRole has every tier released by two people, of whom one answers for security.
const oneRole = "{low: {roles: [security], people: 2}, medium: {roles: [security], people: 2}, high: {roles: [security], people: 2}, critical: {roles: [security], people: 2}}"

func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func person(name string, keys ...signer.Key) signer.Signer {
	if len(keys) == 0 {
		keys = []signer.Key{{Kind: signer.Ed25519, Public: base64.StdEncoding.EncodeToString(keyOf(name).Public().(ed25519.PublicKey))}}
	}
	return signer.Signer{Name: name, Roles: []signer.Role{signer.Security, signer.Legal}, Keys: keys, Until: time.Now().AddDate(1, 0, 0).UTC()}
}

// setOf is a set of two or more in JSON.
func setOf(t *testing.T, names ...string) []byte {
	t.Helper()
	set := signer.Set{Threshold: 2}
	for _, name := range names {
		set.Signers = append(set.Signers, person(name))
	}
	b, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func fileOf(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// proposed has the server peer seen, described and proposed.
func proposed(t *testing.T, g *mantlettest.Gateway) *daemon.Client {
	t.Helper()
	listed(t, agent(t, g.URL("peer")))
	d := daemon.New(g.Config.Listen.Socket, "cli", "peer")
	t.Cleanup(d.HTTP.CloseIdleConnections)
	dossier := []byte("{owner: payments@example.com, dataClass: public, manifest: {purpose: Keeps files., permissions: None., dataHandling: Keeps nothing., interaction: None., security: Reviewed.}}")
	if err := d.File(t.Context(), daemon.Filed{Sort: "dossier", Server: "peer", Content: dossier}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Propose(t.Context(), daemon.Proposed{Server: "peer", By: "dev"}); err != nil {
		t.Fatal(err)
	}
	return d
}

// underOf is what is signed now: the release of peer.
func underOf(t *testing.T, d *daemon.Client) (signer.Digest, daemon.Standing) {
	t.Helper()
	s, err := d.Release(t.Context(), "peer")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := signer.ParseDigest(s.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	return digest, s
}

// sign signs for the role security with the Ed25519 key of a name.
func sign(t *testing.T, d *daemon.Client, name string) daemon.Standing {
	t.Helper()
	under, _ := underOf(t, d)
	s, err := signer.Sign(keyOf(name), under, signer.Signature{Signer: name, Role: signer.Security, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	out, err := handIn(t, d, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func handIn(t *testing.T, d *daemon.Client, s signer.Signature) (daemon.Standing, error) {
	t.Helper()
	under, _ := underOf(t, d)
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d.Sign(t.Context(), daemon.Signed{Server: "peer", Manifest: under.String(), Signature: raw})
}

func seenOf(t *testing.T, d *daemon.Client) string {
	t.Helper()
	v, err := d.Review(t.Context(), "peer", "tool", "delete_file")
	if err != nil {
		t.Fatal(err)
	}
	return v.Seen
}

// freePort is a loopback address that nobody has.
func freePort(t *testing.T) (address, origin string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it is free again
	return l.Addr().String(), fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
}

// A signer signs a release with a passkey, on a page that shows what is signed and for which
// role. Another's passkey, one that verifies nobody, an answer to another page, and a role
// that they lack sign nothing.
func TestAPasskeySignsARelease(t *testing.T) {
	at, origin := freePort(t)
	mine, other := passkeytest.New(t), passkeytest.New(t)
	key := func(a *passkeytest.Authenticator) signer.Key {
		return signer.Key{Kind: signer.Passkey, Passkey: &signer.PasskeyData{ID: a.ID, Key: a.Key(), RP: "localhost", Origins: []string{origin}}}
	}
	elsewhere := key(passkeytest.New(t))
	elsewhere.Passkey.Origins = []string{"http://localhost:1"}
	set, err := json.Marshal(signer.Set{Threshold: 2, Signers: []signer.Signer{person("ann", key(mine)), person("bob"), person("eve", key(other)), person("far", elsewhere)}})
	if err != nil {
		t.Fatal(err)
	}
	g := mantlettest.Start(t, fmt.Sprintf("trust: {firstUse: approve, signersFile: %q, pageAddress: %q, release: %s}\nservers: {peer: {url: %q}}\n", fileOf(t, "set.json", set), at, oneRole, peerURL(t))+pinning)
	d := proposed(t, g)
	under, standing := underOf(t, d)
	ask := func(name, role string) (daemon.Asked, error) {
		return d.SignOnPage(t.Context(), daemon.Signing{Server: "peer", Manifest: under.String(), Signer: name, Role: role})
	}
	for who, words := range map[[2]string]string{
		{"mallory", "security"}: "nobody of that name may sign", {"ann", "privacy"}: "does not have that role",
		{"bob", "security"}: "bob has no passkey", {"far", "security"}: "is asked at " + origin,
	} {
		if _, err := ask(who[0], who[1]); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v: %v", who, err)
		}
	}
	if _, err := d.SignOnPage(t.Context(), daemon.Signing{Server: "peer", Manifest: signer.Sum(nil).String(), Signer: "ann", Role: "security"}); err == nil {
		t.Error("another manifest is signed")
	}
	asked, err := ask("ann", "security")
	if err != nil {
		t.Fatal(err)
	}
	text, challenge, _ := opened(t, asked.URL)
	text = html.UnescapeString(text)
	for _, words := range []string{"as ann for the role security", "server: peer", "tier: " + standing.Tier, "proposed by: dev", under.String(), `"name":"delete_file"`, "purpose: Keeps files.", "sha256:" + seenOf(t, d)} {
		if !strings.Contains(text, words) {
			t.Errorf("the page does not show %q", words)
		}
	}
	second, err := ask("eve", "legal")
	if err != nil {
		t.Fatal(err)
	}
	_, otherChallenge, _ := opened(t, second.URL)
	for name, body := range map[string][]byte{
		"another signer's passkey": answer(t, other.Get, passkeytest.Sound, challenge, origin), "one that verifies nobody": answer(t, mine.Get, careless, challenge, origin),
		"an answer to another page": answer(t, mine.Get, passkeytest.Sound, otherChallenge, origin), "the manifest alone": answer(t, mine.Get, passkeytest.Sound, raw64(under[:]), origin),
	} {
		if status := press(t, asked.URL, origin, body); status == http.StatusNoContent {
			t.Errorf("%s signs", name)
		}
	}
	if now, err := d.Answered(t.Context(), asked.ID); err != nil || !now.Waits || now.Done {
		t.Errorf("it does not wait any more: %+v, %v", now, err)
	}
	if _, s := underOf(t, d); len(s.People) != 0 {
		t.Fatal("signed by nobody", s.People)
	}
	if status := press(t, asked.URL, origin, answer(t, mine.Get, passkeytest.Sound, challenge, origin)); status != http.StatusNoContent {
		t.Fatal("ann's own passkey does not sign", status)
	}
	if now, err := d.Answered(t.Context(), asked.ID); err != nil || now.Waits || !now.Done {
		t.Errorf("it is not done: %+v, %v", now, err)
	}
	if _, s := underOf(t, d); len(s.People) != 1 || s.People[0] != "ann" || s.Released {
		t.Fatalf("%+v", s)
	}
	if s := sign(t, d, "bob"); !s.Released {
		t.Error("a key and a passkey release nothing", s.Missing)
	}
}

// A counter that goes back is a copy, whoever's passkey it is.
func TestASignersCounterNeverGoesBack(t *testing.T) {
	at, origin := freePort(t)
	mine := passkeytest.New(t)
	set, err := json.Marshal(signer.Set{Threshold: 2, Signers: []signer.Signer{person("bob"), person("ann", signer.Key{Kind: signer.Passkey, Passkey: &signer.PasskeyData{ID: mine.ID, Key: mine.Key(), RP: "localhost", Origins: []string{origin}}})}})
	if err != nil {
		t.Fatal(err)
	}
	g := mantlettest.Start(t, fmt.Sprintf("trust: {firstUse: approve, signersFile: %q, pageAddress: %q, release: %s}\nservers: {peer: {url: %q}}\n", fileOf(t, "set.json", set), at, oneRole, peerURL(t))+pinning)
	d := proposed(t, g)
	under, _ := underOf(t, d)
	for _, c := range []struct {
		count  uint32
		status int
	}{{5, http.StatusNoContent}, {5, http.StatusForbidden}, {6, http.StatusNoContent}} {
		asked, err := d.SignOnPage(t.Context(), daemon.Signing{Server: "peer", Manifest: under.String(), Signer: "ann", Role: "security"})
		if err != nil {
			t.Fatal(err)
		}
		_, challenge, _ := opened(t, asked.URL)
		b, err := base64.RawURLEncoding.DecodeString(challenge)
		if err != nil {
			t.Fatal(err)
		}
		a := passkeytest.Sound(b, origin)
		a.Count = c.count
		if status := press(t, asked.URL, origin, mine.Get(a)); status != c.status {
			t.Errorf("counter %d: %d", c.count, status)
		}
	}
}

// An identity of Sigstore signs a release: with the bundle that cosign makes over the
// statement, and no other.
func TestASigstoreIdentitySignsARelease(t *testing.T) {
	s := bundletest.New(t)
	ann := bundletest.Claims{Identity: "ann@example.com", Issuer: "https://accounts.example.com"}
	set, err := json.Marshal(signer.Set{Threshold: 2, Signers: []signer.Signer{person("bob"), person("ann", signer.Key{Kind: signer.Sigstore, Issuer: ann.Issuer, Subject: ann.Identity})}})
	if err != nil {
		t.Fatal(err)
	}
	file, url := fileOf(t, "set.json", set), peerURL(t)
	for name, c := range map[string]struct {
		root string
		by   bundletest.Claims
		over func(statement []byte) []byte
		ok   bool
	}{
		"hers":             {fileOf(t, "root.json", s.Root()), ann, func(b []byte) []byte { return b }, true},
		"without a root":   {"", ann, func(b []byte) []byte { return b }, false},
		"another Sigstore": {fileOf(t, "root.json", bundletest.New(t).Root()), ann, func(b []byte) []byte { return b }, false},
		"somebody else":    {fileOf(t, "root.json", s.Root()), bundletest.Claims{Identity: "mallory@example.com", Issuer: ann.Issuer}, func(b []byte) []byte { return b }, false},
		"another issuer":   {fileOf(t, "root.json", s.Root()), bundletest.Claims{Identity: ann.Identity, Issuer: "https://evil.example"}, func(b []byte) []byte { return b }, false},
		"another statement": {fileOf(t, "root.json", s.Root()), ann, func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `"security"`, `"legal"`, 1))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := mantlettest.Start(t, fmt.Sprintf("trust: {firstUse: approve, signersFile: %q, release: %s, provenance: {trustedRootFile: %q}}\nservers: {peer: {url: %q}}\n", file, oneRole, c.root, url)+pinning)
			d := proposed(t, g)
			under, _ := underOf(t, d)
			signature := signer.Signature{Signer: "ann", Role: signer.Security, Kind: signer.Sigstore, At: time.Now().UTC().Truncate(time.Second)}
			statement, err := signature.Statement(under)
			if err != nil {
				t.Fatal(err)
			}
			signature.Proof = s.SignBlob(c.by, c.over(statement))
			if _, err := handIn(t, d, signature); (err == nil) != c.ok {
				t.Fatal(err)
			}
			if !c.ok {
				return
			}
			if v := sign(t, d, "bob"); !v.Released || len(v.People) != 2 {
				t.Errorf("%+v", v)
			}
		})
	}
}
