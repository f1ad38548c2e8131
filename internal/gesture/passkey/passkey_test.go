package passkey_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey"
	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey/passkeytest"
)

const origin = "http://localhost:8017"

var party = passkey.Party{ID: "localhost", Origins: []string{origin}}

func digest(s string) []byte {
	d := sha256.Sum256([]byte(s))
	return d[:]
}

func TestVerify(t *testing.T) {
	a, other := passkeytest.New(t), passkeytest.New(t)
	other.ID = a.ID
	challenge := digest("this action")
	for name, c := range map[string]struct {
		by     *passkeytest.Authenticator
		change func(*passkeytest.Answer)
		want   error // nil: accepted
	}{
		"sound":                {by: a, change: func(*passkeytest.Answer) {}},
		"no user verified":     {by: a, change: func(h *passkeytest.Answer) { h.Flags = passkeytest.Present }, want: passkey.ErrRefused},
		"no user present":      {by: a, change: func(h *passkeytest.Answer) { h.Flags = passkeytest.Verified }, want: passkey.ErrRefused},
		"another action":       {by: a, change: func(h *passkeytest.Answer) { h.Challenge = digest("that action") }, want: passkey.ErrRefused},
		"no challenge":         {by: a, change: func(h *passkeytest.Answer) { h.Challenge = nil }, want: passkey.ErrRefused},
		"another origin":       {by: a, change: func(h *passkeytest.Answer) { h.Origin = "http://localhost:8018" }, want: passkey.ErrRefused},
		"origin in other case": {by: a, change: func(h *passkeytest.Answer) { h.Origin = "http://LOCALHOST:8017" }, want: passkey.ErrRefused},
		"another party":        {by: a, change: func(h *passkeytest.Answer) { h.Party = "localhost.example" }, want: passkey.ErrRefused},
		"embedded":             {by: a, change: func(h *passkeytest.Answer) { h.Cross = true }, want: passkey.ErrRefused},
		"an enrolment":         {by: a, change: func(h *passkeytest.Answer) { h.Type = "webauthn.create" }, want: passkey.ErrRefused},
		"another key":          {by: other, change: func(*passkeytest.Answer) {}, want: passkey.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			h := passkeytest.Sound(challenge, origin)
			c.change(&h)
			got, err := party.Verify(c.by.Get(h), challenge, a.Credential())
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if err == nil && (got.Count != 1 || !bytes.Equal(got.Credential, a.ID)) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestCounterNeverGoesBack(t *testing.T) {
	a, challenge := passkeytest.New(t), digest("x")
	for _, c := range []struct {
		kept, shown uint32
		ok          bool
	}{{0, 0, true}, {0, 1, true}, {4, 5, true}, {5, 5, false}, {5, 4, false}, {5, 0, false}} {
		h, credential := passkeytest.Sound(challenge, origin), a.Credential()
		h.Count, credential.Count = c.shown, c.kept
		_, err := party.Verify(a.Get(h), challenge, credential)
		if (err == nil) != c.ok || !c.ok && !errors.Is(err, passkey.ErrCounter) {
			t.Errorf("%d after %d: %v", c.shown, c.kept, err)
		}
	}
}

func TestFinish(t *testing.T) {
	a, challenge := passkeytest.New(t), digest("code")
	got, err := party.Finish(a.Create(passkeytest.Enrols(challenge, origin)), challenge)
	if err != nil || !bytes.Equal(got.ID, a.ID) || !bytes.Equal(got.Key, a.Key()) {
		t.Fatalf("%+v, %v", got, err)
	}
	got.Count = 0
	if _, err := party.Verify(a.Get(passkeytest.Sound(challenge, origin)), challenge, got); err != nil {
		t.Errorf("what was enrolled does not sign: %v", err)
	}
	for name, change := range map[string]func(*passkeytest.Answer){
		"no user verified": func(h *passkeytest.Answer) { h.Flags = passkeytest.Present | passkeytest.Attested },
		"another origin":   func(h *passkeytest.Answer) { h.Origin = "https://localhost:8017" },
		"another code":     func(h *passkeytest.Answer) { h.Challenge = digest("other") },
		"an assertion":     func(h *passkeytest.Answer) { h.Type = "webauthn.get" },
		"no key":           func(h *passkeytest.Answer) { h.Flags = passkeytest.Present | passkeytest.Verified },
	} {
		h := passkeytest.Enrols(challenge, origin)
		change(&h)
		if _, err := party.Finish(a.Create(h), challenge); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParty(t *testing.T) {
	for _, c := range []struct {
		id, origin string
		ok         bool
	}{
		{"localhost", "http://localhost:1", true}, {"example.com", "https://mantlet.example.com", true}, {"example.com", "https://example.com", true},
		{"", "http://localhost:1", false}, {"localhost", "", false}, {"example.com", "http://example.com", false}, {"127.0.0.1", "http://127.0.0.1:1", false},
		{"example.com", "https://badexample.com", false}, {"localhost", "http://localhost:1/", false}, {"localhost", "http://u@localhost:1", false},
		{"localhost", "http://Localhost:1", false}, {"example.com", "https://example.com.evil.test", false},
	} {
		p := passkey.Party{ID: c.id, Origins: []string{c.origin}}
		if err := p.Check(); (err == nil) != c.ok {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if _, err := (passkey.Party{}).Verify(nil, digest(""), passkey.Credential{}); err == nil {
		t.Error("the zero party accepts")
	}
}

func TestOptionsAskForAVerifiedUser(t *testing.T) {
	a := passkeytest.New(t)
	ask, err := party.Ask(digest("x"), []passkey.Credential{a.Credential()})
	if err != nil || !strings.Contains(string(ask), `"userVerification":"required"`) || !strings.Contains(string(ask), base64.RawURLEncoding.EncodeToString(a.ID)) {
		t.Errorf("%s, %v", ask, err)
	}
	begin, err := party.Begin(digest("x"), passkey.User{ID: []byte{1}, Name: "ann"}, nil)
	var o map[string]any
	if json.Unmarshal(begin, &o) != nil || err != nil || o["authenticatorSelection"].(map[string]any)["userVerification"] != "required" || o["attestation"] != "none" {
		t.Errorf("%s, %v", begin, err)
	}
}

func TestTicketsAreUsedOnce(t *testing.T) {
	var tickets passkey.Tickets
	now := time.Unix(1_000_000, 0)
	id, err := tickets.Add(passkey.Action{Challenge: digest("x"), Until: now.Add(passkey.Life)}, now)
	if err != nil || len(id) < 26 {
		t.Fatalf("%q, %v", id, err)
	}
	if _, ok := tickets.Peek(id, now.Add(passkey.Life)); ok {
		t.Error("a ticket outlives its end")
	}
	var wg sync.WaitGroup
	got := make(chan bool, 16)
	for range cap(got) {
		wg.Go(func() {
			_, ok := tickets.Take(id, now)
			got <- ok
		})
	}
	wg.Wait()
	close(got)
	n := 0
	for ok := range got {
		if ok {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d took it", n)
	}
	if _, err := tickets.Add(passkey.Action{Challenge: digest("x")}, now); err == nil {
		t.Error("a ticket without an end")
	}
	for range 100 {
		_, err = tickets.Add(passkey.Action{Challenge: digest("x"), Until: now.Add(time.Second)}, now)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tickets.Add(passkey.Action{Challenge: digest("x"), Until: now.Add(time.Second)}, now); !errors.Is(err, passkey.ErrTickets) {
		t.Errorf("the 101st: %v", err)
	}
	if _, err := tickets.Add(passkey.Action{Challenge: digest("x"), Until: now.Add(time.Hour)}, now.Add(time.Minute)); err != nil {
		t.Errorf("ended tickets still count: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":"e30","authenticatorData":"","signature":""}}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AAAA"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := party.Verify(b, digest("x"), passkey.Credential{ID: []byte{0}, Key: []byte{0xa0}}); err == nil {
			t.Error("accepted without a key")
		}
		if _, err := party.Finish(b, digest("x")); err == nil {
			t.Error("enrolled for a challenge that nobody saw")
		}
	})
}
