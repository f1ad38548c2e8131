package app_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// A key is a passkey by hand (WebAuthn, sections 6.1 and 6.5.4). It verifies its user unless
// it is careless.
type key struct {
	t        *testing.T
	id       []byte
	own      *ecdsa.PrivateKey
	careless bool
}

func newKey(t *testing.T) *key {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &key{t: t, id: []byte(rand.Text()), own: own}
}

func (k *key) client(typ, challenge, origin string) []byte {
	b, _ := json.Marshal(map[string]any{"type": typ, "challenge": challenge, "origin": origin, "crossOrigin": false})
	return b
}

func (k *key) data(flags byte) []byte {
	rp := sha256.Sum256([]byte("localhost"))
	if !k.careless {
		flags |= 4
	}
	return binary.BigEndian.AppendUint32(append(rp[:], flags|1), 0)
}

func (k *key) answer(response map[string]any) []byte {
	id := base64.RawURLEncoding.EncodeToString(k.id)
	b, _ := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response})
	return b
}

func (k *key) create(challenge, origin string) []byte {
	point, err := k.own.PublicKey.Bytes()
	if err != nil {
		k.t.Fatal(err)
	}
	m, _ := cbor.CoreDetEncOptions().EncMode()
	cose, _ := m.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	data := binary.BigEndian.AppendUint16(append(k.data(64), make([]byte, 16)...), uint16(len(k.id)))
	object, _ := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": append(append(data, k.id...), cose...)})
	return k.answer(map[string]any{"clientDataJSON": raw64(k.client("webauthn.create", challenge, origin)), "attestationObject": raw64(object)})
}

func (k *key) get(challenge, origin string) []byte {
	client, data := k.client("webauthn.get", challenge, origin), k.data(0)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(bytes.Clone(data), sum[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, k.own, signed[:])
	if err != nil {
		k.t.Fatal(err)
	}
	return k.answer(map[string]any{"clientDataJSON": raw64(client), "authenticatorData": raw64(data), "signature": raw64(sig)})
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
	mine, other := newKey(t), newKey(t)
	_, challenge, origin := opened(t, asked.URL)
	if status := press(t, asked.URL, origin, mine.create(challenge, origin)); status != http.StatusNoContent {
		t.Fatal("the passkey is not enrolled", status)
	}
	if status := press(t, asked.URL, origin, other.create(challenge, origin)); status == http.StatusNoContent {
		t.Fatal("one address has enrolled two")
	}

	if asked, err = d.AskOnPage(t.Context(), decision); err != nil {
		t.Fatal(err)
	}
	text, challenge, origin := opened(t, asked.URL)
	if !strings.Contains(html.UnescapeString(text), `"name":"delete_file"`) {
		t.Fatal("the page does not show what is approved", text)
	}
	stranger := newKey(t)
	stranger.id = mine.id
	careless := *mine
	careless.careless = true
	for name, body := range map[string][]byte{
		"another key": stranger.get(challenge, origin), "a key that verifies nobody": careless.get(challenge, origin),
		"another challenge": mine.get(raw64([]byte(strings.Repeat("x", 32))), origin), "another origin": mine.get(challenge, "http://localhost:1"),
	} {
		if status := press(t, asked.URL, origin, body); status == http.StatusNoContent {
			t.Errorf("%s approves", name)
		}
	}
	if names := listed(t, session); len(names) != 0 {
		t.Fatal("approved by nobody", names)
	}
	if status := press(t, asked.URL, origin, mine.get(challenge, origin)); status != http.StatusNoContent {
		t.Fatal("the person's own passkey does not approve", status)
	}
	if status := press(t, asked.URL, origin, mine.get(challenge, origin)); status == http.StatusNoContent {
		t.Fatal("an answer serves twice")
	}
	if names := listed(t, session); len(names) != 1 || names[0] != "delete_file" {
		t.Fatal(names)
	}
	if v, err = d.Review(t.Context(), "peer", "tool", "delete_file"); err != nil || !strings.HasSuffix(v.By, " by passkey") {
		t.Fatal(v.By, err)
	}
}
