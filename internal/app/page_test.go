package app_test

import (
	"bytes"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey/passkeytest"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// answer is what a page at origin gets; made is an authenticator's Get or Create. It has no
// counter, as one whose passkeys are synchronised.
func answer(t *testing.T, made func(passkeytest.Answer) []byte, as func([]byte, string) passkeytest.Answer, challenge, origin string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(challenge)
	if err != nil {
		t.Fatal(err)
	}
	a := as(b, origin)
	a.Count = 0
	return made(a)
}

// careless is Sound of an authenticator that verifies nobody.
func careless(challenge []byte, origin string) passkeytest.Answer {
	a := passkeytest.Sound(challenge, origin)
	a.Flags = passkeytest.Present
	return a
}

func raw64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// opened is the page as a browser gets it, and its challenge.
func opened(t *testing.T, address string) (text, challenge, origin string) {
	t.Helper()
	resp, err := http.Get(address) //nolint:gosec // the address that Mantlet has printed
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // the test is over
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(address)
	found := regexp.MustCompile(`"challenge":"([^"]+)"`).FindStringSubmatch(html.UnescapeString(string(b)))
	if found == nil {
		return string(b), "", ""
	}
	return string(b), found[1], u.Scheme + "://" + u.Host
}

func press(t *testing.T, address, origin string, body []byte) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", origin)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// A person enrols a passkey with a code, and approves on a page that shows what a model
// would read. A key that nobody enrolled, one that verifies nobody, and an answer that is
// sent twice approve nothing.
func TestAPasskeyApproves(t *testing.T) {
	g := mantlettest.Start(t, "trust: {firstUse: ask, pageAddress: \"127.0.0.1:0\"}\nservers: {peer: {url: \""+peerURL(t)+"\"}}\n"+pinning)
	session := agent(t, g.URL("peer"))
	listed(t, session)
	d := daemon.New(g.Config.Listen.Socket, "cli", "peer")
	v, err := d.Review(t.Context(), "peer", "tool", "delete_file")
	if err != nil {
		t.Fatal(err)
	}
	decision := daemon.Decision{Server: "peer", On: []daemon.Seen{{Kind: "tool", Name: v.Name, Digest: v.Seen}}, State: "approved"}
	if _, err := d.AskOnPage(t.Context(), decision); err == nil || !strings.Contains(err.Error(), "no passkey is enrolled") {
		t.Fatal("asked though nobody can answer", err)
	}
	if _, err := d.Enrol(t.Context(), daemon.Enrolment{Code: "000000x"}); err == nil {
		t.Fatal("a program enrols a passkey")
	}
	asked, err := d.Enrol(t.Context(), daemon.Enrolment{Code: codeOf(t, g)})
	if err != nil {
		t.Fatal(err)
	}
	mine, other := passkeytest.New(t), passkeytest.New(t)
	_, challenge, origin := opened(t, asked.URL)
	if status := press(t, asked.URL, origin, answer(t, mine.Create, passkeytest.Enrols, challenge, origin)); status != http.StatusNoContent {
		t.Fatal("the passkey is not enrolled", status)
	}
	if status := press(t, asked.URL, origin, answer(t, other.Create, passkeytest.Enrols, challenge, origin)); status == http.StatusNoContent {
		t.Fatal("one address has enrolled two")
	}

	if asked, err = d.AskOnPage(t.Context(), decision); err != nil {
		t.Fatal(err)
	}
	text, challenge, origin := opened(t, asked.URL)
	if !strings.Contains(html.UnescapeString(text), `"name":"delete_file"`) {
		t.Fatal("the page does not show what is approved", text)
	}
	stranger := passkeytest.New(t)
	stranger.ID = mine.ID
	for name, body := range map[string][]byte{
		"another key": answer(t, stranger.Get, passkeytest.Sound, challenge, origin), "a key that verifies nobody": answer(t, mine.Get, careless, challenge, origin),
		"another challenge": answer(t, mine.Get, passkeytest.Sound, raw64([]byte(strings.Repeat("x", 32))), origin), "another origin": answer(t, mine.Get, passkeytest.Sound, challenge, "http://localhost:1"),
	} {
		if status := press(t, asked.URL, origin, body); status == http.StatusNoContent {
			t.Errorf("%s approves", name)
		}
	}
	if names := listed(t, session); len(names) != 0 {
		t.Fatal("approved by nobody", names)
	}
	if status := press(t, asked.URL, origin, answer(t, mine.Get, passkeytest.Sound, challenge, origin)); status != http.StatusNoContent {
		t.Fatal("the person's own passkey does not approve", status)
	}
	if status := press(t, asked.URL, origin, answer(t, mine.Get, passkeytest.Sound, challenge, origin)); status == http.StatusNoContent {
		t.Fatal("an answer serves twice")
	}
	if names := listed(t, session); len(names) != 1 || names[0] != "delete_file" {
		t.Fatal(names)
	}
	if v, err = d.Review(t.Context(), "peer", "tool", "delete_file"); err != nil || !strings.HasSuffix(v.By, " by passkey") {
		t.Fatal(v.By, err)
	}
}
