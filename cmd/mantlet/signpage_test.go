package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey/passkeytest"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle/bundletest"
)

// people are the authenticators and the Sigstore of the scripts.
type people struct {
	tb       testing.TB
	sigstore *bundletest.Sigstore

	mu  sync.Mutex
	all map[string]*passkeytest.Authenticator // by the script's directory and the name
}

func newPeople(tb testing.TB) *people {
	tb.Helper()
	return &people{tb: tb, sigstore: bundletest.New(tb), all: make(map[string]*passkeytest.Authenticator)}
}

func (p *people) authenticator(of string) *passkeytest.Authenticator {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all[of] == nil {
		p.all[of] = passkeytest.New(p.tb)
	}
	return p.all[of]
}

// freePort puts a port that nobody listens at into PORT.
func freePort(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("PORT", fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	ts.Check(l.Close())
}

// browse is a person with a browser and a passkey: browse NAME FILE [WORDS...] waits for the
// address of a page in the file, looks for the words on it, and answers it; with ! the
// answer must be refused.
func (p *people) browse(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: browse NAME FILE [WORDS...]")
	}
	address := waitFor(ts, args[1], regexp.MustCompile(`http://localhost:\d+/(approve|enrol)/\w+`))
	origin := regexp.MustCompile(`^http://localhost:\d+`).FindString(address)
	resp, err := http.Get(address) //nolint:gosec // the address that Mantlet has printed
	ts.Check(err)
	b, err := io.ReadAll(resp.Body)
	ts.Check(err)
	_ = resp.Body.Close()
	page := html.UnescapeString(string(b))
	for _, words := range args[2:] {
		if !strings.Contains(page, words) {
			ts.Fatalf("the page does not show %q:\n%s", words, page)
		}
	}
	found := regexp.MustCompile(`"challenge":"([^"]+)"`).FindStringSubmatch(page)
	if found == nil {
		ts.Fatalf("the page asks for nothing:\n%s", page)
	}
	challenge, err := base64.RawURLEncoding.DecodeString(found[1])
	ts.Check(err)
	a := p.authenticator(ts.Getenv("WORK") + args[0])
	said, answer := passkeytest.Sound(challenge, origin), a.Get
	if strings.Contains(address, "/enrol/") {
		said, answer = passkeytest.Enrols(challenge, origin), a.Create
	}
	said.Count = 0
	req, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(answer(said))) //nolint:noctx // the script's own time ends it
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", origin)
	resp, err = http.DefaultClient.Do(req)
	ts.Check(err)
	_ = resp.Body.Close()
	if (resp.StatusCode == http.StatusNoContent) == neg {
		ts.Fatalf("the answer of %s: %s", args[0], resp.Status)
	}
}

func waitFor(ts *testscript.TestScript, file string, pattern *regexp.Regexp) string {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b, _ := os.ReadFile(ts.MkAbs(file)) // it may not be there yet
		if found := pattern.Find(b); found != nil {
			return string(found)
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s has no %s:\n%s", file, pattern, b)
		}
	}
}

// identity is a Sigstore: identity root FILE writes its trusted root, identity WHO FILE BUNDLE
// signs a file as cosign sign-blob does.
func (p *people) identity(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 2 && args[0] == "root" {
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), p.sigstore.Root(), 0o600))
		return
	}
	if len(args) != 3 {
		ts.Fatalf("usage: identity (root FILE | WHO FILE BUNDLE)")
	}
	b, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), p.sigstore.SignBlob(bundletest.Claims{Identity: args[0], Issuer: "https://a.example"}, b), 0o600))
}
