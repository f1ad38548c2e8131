package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// rated is the tool read_file of startLeft's server, once it was listed.
func rated(t *testing.T, g *mantlettest.Gateway, d *daemon.Client) daemon.Listed {
	t.Helper()
	if _, err := cli(g, "left").Ask(t.Context(), "tools/list", ""); err != nil {
		t.Fatal(err)
	}
	all, err := d.Catalogue(t.Context(), "left")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		if l.Kind == "tool" {
			return l
		}
	}
	t.Fatal("it was never seen", all)
	return daemon.Listed{}
}

func hasTool(t *testing.T, g *mantlettest.Gateway) bool {
	t.Helper()
	m, err := cli(g, "left").Ask(t.Context(), "tools/list", "")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(m.Bytes()), `"read_file"`)
}

// A tool whose trust score is below the least is neither shown nor called, and the caller is
// told why; at that very score it is. What raises the score lets it through at once, and
// what lowers it stops it.
func TestMinimumTrust(t *testing.T) {
	g, d := startLeft(t, "")
	had := rated(t, g, d).Score
	shown, err := d.Score(t.Context(), "left", "tool", "read_file")
	if err != nil || had == 0 || shown.Points != had {
		t.Fatalf("the score in use is %d, the one shown %+v: %v", had, shown, err)
	}
	g, _ = startLeft(t, fmt.Sprint(", minimumTrust: ", had))
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "it was read") || !hasTool(t, g) {
		t.Fatal("its score is enough: ", got)
	}
	g, d = startLeft(t, fmt.Sprint(", minimumTrust: ", had+1))
	if l := rated(t, g, d); l.State != "distrusted" || !strings.Contains(l.Why, fmt.Sprintf("its trust score is %d, and %d is asked for", had, had+1)) {
		t.Errorf("%+v", l)
	}
	got := ask(t, cli(g, "left"), read)
	for _, want := range []string{fmt.Sprintf("tool read_file has a trust score of %d, and %d is asked for here", had, had+1), "mantlet tools show left read_file --score", "exchange "} {
		if !strings.Contains(got, want) {
			t.Errorf("the caller is not told %q: %s", want, got)
		}
	}
	if hasTool(t, g) {
		t.Error("it is listed")
	}
	describe := func(text string) {
		t.Helper()
		if err := d.File(t.Context(), daemon.Filed{Sort: "dossier", Server: "left", Content: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	describe("owner: a@example.com\ndataClass: public\nmanifest: {purpose: Reads., permissions: None., dataHandling: None., interaction: None., security: Reviewed.}\n")
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "it was read") || !hasTool(t, g) {
		t.Error("it has what it takes now: ", got)
	}
	describe("owner: a@example.com\ndataClass: restricted\n")
	if got := ask(t, cli(g, "left"), read); strings.Contains(got, "it was read") || hasTool(t, g) {
		t.Error("it has no longer what it takes: ", got)
	}
	fresh, none := *g.Config, 0
	fresh.Trust.MinimumTrust = &none
	if err := g.Reload(&fresh); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "it was read") || !hasTool(t, g) {
		t.Error("a reload asks for nothing any more: ", got)
	}
}

// A score is there before the first call of a catalogue that was there before; advisories
// that change, change it; and only the tool that is too low is stopped.
func TestScoresFollowTheAdvisories(t *testing.T) {
	o := newOSV(t)
	g, d := startLeft(t, ", advisories: "+o.dir)
	had := rated(t, g, d).Score
	g, d = startLeft(t, fmt.Sprintf(", advisories: %s, minimumTrust: %d", o.dir, had))
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "it was read") {
		t.Fatal(got)
	}
	o.write("GHSA-1", "left", "MODERATE", time.Now()) // warns, and costs points
	tool := settlesAs(t, d, "tool", "distrusted")
	if tool.Score >= had {
		t.Error(tool.Score, had)
	}
	if got := ask(t, cli(g, "left"), read); !strings.Contains(got, "has a trust score of") {
		t.Error(got)
	}
	if err := os.Remove(filepath.Join(o.dir, "GHSA-1.json")); err != nil {
		t.Fatal(err)
	}
	settlesAs(t, d, "tool", "approved")
}

// signedRegistry is an npm registry that has left 1.0.0, signed by the key in the file that it
// returns, or by another one.
func signedRegistry(t *testing.T, forged bool) (url, keys string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	keys = filepath.Join(t.TempDir(), "keys.json")
	text := fmt.Sprintf(`{"keys":[{"keyid":"SHA256:k","keytype":"ecdsa-sha2-nistp256","key":%q}]}`, base64.StdEncoding.EncodeToString(der))
	if err := os.WriteFile(keys, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	integrity := "sha512-" + base64.StdEncoding.EncodeToString(make([]byte, 64))
	message := "left@1.0.0:" + integrity
	if forged {
		message = "left@6.6.6:" + integrity
	}
	sum := sha256.Sum256([]byte(message))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"name":"left","version":"1.0.0","dist":{"integrity":%q,"signatures":[{"keyid":"SHA256:k","sig":%q}]}}`, integrity, base64.StdEncoding.EncodeToString(signature))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/", keys
}

// The registry's signature is verified on the schedule, and is in the score: one that is
// wrong caps it.
func TestARegistrysSignatureIsInTheScore(t *testing.T) {
	for forged, want := range map[bool]string{false: `registry signature +1\.00 .*verified`, true: `registry signature +0\.00 .*failed`} {
		url, keys := signedRegistry(t, forged)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ".npmrc"), []byte("registry="+url+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		npx := filepath.Join(dir, "npx")
		if err := os.WriteFile(npx, []byte(packaged), 0o700); err != nil { //nolint:gosec // it is started
			t.Fatal(err)
		}
		g := mantlettest.Start(t, fmt.Sprintf("trust: {firstUse: scan, observe: 20ms, provenance: {npmRegistry: %q, npmKeysFile: %q}}\nservers: {left: {command: %q, args: [\"left@1.0.0\"], cwd: %q}}\n", url, keys, npx, dir)+pinning)
		d := daemon.New(g.Config.Listen.Socket, "cli", "left")
		t.Cleanup(d.HTTP.CloseIdleConnections)
		rated(t, g, d)
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			s, err := d.Score(t.Context(), "left", "tool", "read_file")
			if err != nil || time.Now().After(end) {
				t.Fatal(s.Terms, err)
			}
			if regexp.MustCompile(want).MatchString(s.Terms) {
				if forged && s.Points > 40 {
					t.Error("a signature that is wrong does not cap the score", s.Points)
				}
				break
			}
		}
	}
}

// A registry's claim that agrees is no signature, and one that contradicts counts against.
func TestAClaimThatContradictsIsInTheScore(t *testing.T) {
	at := good(t).URL
	g := mantlettest.Start(t, "trust: {firstUse: scan}\nservers: {left: {url: \""+at+"\"}}\n"+pinning)
	d := daemon.New(g.Config.Listen.Socket, "cli", "left")
	defer d.HTTP.CloseIdleConnections()
	rated(t, g, d)
	for _, tt := range []struct{ url, want string }{
		{"", `registry signature +0\.00 .*unknown`},
		{at, `registry signature +0\.00 .*unknown`},
		{"https://elsewhere.example/mcp", `registry signature +0\.00 .*failed`},
	} {
		if tt.url != "" {
			text := fmt.Sprintf(`{"name":"io.example/left","description":"x","version":"1.0.0","remotes":[{"type":"streamable-http","url":%q}]}`, tt.url)
			if err := d.File(t.Context(), daemon.Filed{Sort: "claim", Server: "left", Content: []byte(text)}); err != nil {
				t.Fatal(err)
			}
		}
		s, err := d.Score(t.Context(), "left", "tool", "t")
		if err != nil || !regexp.MustCompile(tt.want).MatchString(s.Terms) {
			t.Errorf("%s: %s %v", tt.url, s.Terms, err)
		}
	}
}
