package token_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/token"
)

func of(subject, handle string) mantlet.Conversation {
	return mantlet.Conversation{Principal: mantlet.PrincipalKey{Issuer: "i", Subject: subject}, Handle: handle}
}

var ada = of("ada", "")

// A clock is moved by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

var granted = []token.Grant{{"bank", "pay/account", "iban"}, {"bank", "pay/name", "name"}, {"crm", "find/card", "card"}}

func vault(t testing.TB, o token.Options) *token.Vault {
	t.Helper()
	if o.Grants == nil {
		o.Grants = granted
	}
	v, err := token.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func mint(t testing.TB, v *token.Vault, bound mantlet.Conversation, server, class, value string) string {
	t.Helper()
	tok, err := v.Mint(bound, server, class, []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	return string(tok)
}

func TestThereAndBack(t *testing.T) {
	v := vault(t, token.Options{})
	tok := mint(t, v, ada, "bank", "iban", "DE68210501700012345678")
	if len(tok) != token.Size || !strings.HasPrefix(tok, token.Prefix) || strings.Contains(tok, "2105") {
		t.Errorf("the token is %q", tok)
	}
	if again := mint(t, v, ada, "bank", "iban", "DE68210501700012345678"); again != tok {
		t.Error("the same value has another token")
	}
	if other := mint(t, v, ada, "bank", "iban", "DE68210501700012345679"); other == tok {
		t.Error("another value has the same token")
	}
	text := "to " + tok + ", or " + tok + "."
	out, spans, err := v.Restore(ada, "bank", "pay/account", []byte(text))
	if err != nil || string(out) != "to DE68210501700012345678, or DE68210501700012345678." || len(spans) != 2 {
		t.Errorf("%s, %v, %v", out, spans, err)
	}
	for _, s := range spans {
		if string(out[s.Start:s.End]) != "DE68210501700012345678" || s.Class != "iban" {
			t.Errorf("%+v", s)
		}
	}
	plain := []byte("nothing of that kind, 123456789")
	if out, spans, err := v.Restore(ada, "bank", "pay/account", plain); err != nil || spans != nil || string(out) != string(plain) {
		t.Errorf("%s, %v, %v", out, spans, err)
	}
}

func TestRefused(t *testing.T) {
	v := vault(t, token.Options{})
	tok := mint(t, v, ada, "bank", "iban", "DE68210501700012345678")
	flipped := []byte(tok)
	flipped[len(flipped)-3] ^= 1
	for name, c := range map[string]struct {
		bound               mantlet.Conversation
		server, param, text string
	}{
		"another principal":             {of("eve", ""), "bank", "pay/account", tok},
		"another conversation":          {of("ada", "2"), "bank", "pay/account", tok},
		"nobody":                        {mantlet.Conversation{}, "bank", "pay/account", tok},
		"another server":                {ada, "crm", "find/card", tok},
		"another server with the param": {ada, "crm", "pay/account", tok},
		"another parameter":             {ada, "bank", "pay/memo", tok},
		"another class's parameter":     {ada, "bank", "pay/name", tok},
		"no parameter":                  {ada, "bank", "", tok},
		"forged":                        {ada, "bank", "pay/account", token.Prefix + strings.Repeat("a", 26)},
		"changed":                       {ada, "bank", "pay/account", string(flipped)},
		"cut short":                     {ada, "bank", "pay/account", tok[:len(tok)-1]},
		"its prefix":                    {ada, "bank", "pay/account", token.Prefix},
		"longer":                        {ada, "bank", "pay/account", tok + "a"},
		"in another case":               {ada, "bank", "pay/account", strings.ToUpper(tok)},
		"beside a good one":             {ada, "bank", "pay/account", tok + " " + string(flipped)},
	} {
		out, spans, err := v.Restore(c.bound, c.server, c.param, []byte(c.text))
		if !errors.Is(err, token.ErrRefused) || out != nil || spans != nil {
			t.Errorf("%s: %q, %v, %v", name, out, spans, err)
		}
		if err != nil && strings.Contains(err.Error(), "DE68") {
			t.Errorf("%s: the error tells the value", name)
		}
	}
	if _, _, err := v.Restore(ada, "bank", "pay/account", []byte(tok)); err != nil {
		t.Error("where it may be, it is refused too: the test says nothing")
	}
}

func TestExpiryAndBounds(t *testing.T) {
	c := &clock{time.Unix(1e9, 0)}
	v := vault(t, token.Options{Now: c.now, Most: 3, Bounds: 2, Age: time.Hour})
	tok := mint(t, v, ada, "bank", "iban", "one")
	c.at = c.at.Add(59 * time.Minute)
	if _, _, err := v.Restore(ada, "bank", "pay/account", []byte(tok)); err != nil {
		t.Error(err)
	}
	c.at = c.at.Add(time.Minute)
	if _, _, err := v.Restore(ada, "bank", "pay/account", []byte(tok)); err == nil {
		t.Error("it is put back after its hour")
	}
	if again := mint(t, v, ada, "bank", "iban", "one"); again == tok {
		t.Error("a new token is the one that has expired")
	}
	for i := range 10 {
		tok = mint(t, v, ada, "bank", "iban", fmt.Sprint("value", i))
		if n := v.Len(ada); n > 3 {
			t.Fatalf("%d values are held", n)
		}
	}
	if _, _, err := v.Restore(ada, "bank", "pay/account", []byte(tok)); err != nil {
		t.Error("the newest was forgotten")
	}
	mint(t, v, of("b", ""), "bank", "iban", "x")
	mint(t, v, of("c", ""), "bank", "iban", "x")
	if v.Len(ada) != 0 {
		t.Error("three conversations are held; the bound is two")
	}
	v.Forget(of("c", ""))
	if v.Len(of("c", "")) != 0 {
		t.Error("it was not forgotten")
	}
}

func TestMintRefuses(t *testing.T) {
	v := vault(t, token.Options{Digits: []string{"card"}})
	for name, c := range map[string]struct {
		bound                mantlet.Conversation
		server, class, value string
	}{
		"nobody": {mantlet.Conversation{}, "s", "c", "v"}, "no server": {ada, "", "c", "v"}, "no class": {ada, "s", "", "v"},
		"no value": {ada, "s", "c", ""}, "a large value": {ada, "s", "c", strings.Repeat("x", 4097)},
		"letters as digits": {ada, "s", "card", "4111a"}, "few digits": {ada, "s", "card", "41111111"},
	} {
		if _, err := v.Mint(c.bound, c.server, c.class, []byte(c.value)); err == nil {
			t.Errorf("%s: it has a token", name)
		}
	}
	if _, err := token.New(token.Options{Grants: []token.Grant{{Server: "s", Class: "c"}}}); err == nil {
		t.Error("a grant without a parameter is taken")
	}
}

func TestDigits(t *testing.T) {
	v := vault(t, token.Options{Digits: []string{"card"}})
	const value = "4539 1488 0343 6467"
	tok := mint(t, v, ada, "crm", "card", value)
	if len(tok) != len(value) || tok == value || tok[4] != ' ' || strings.Trim(tok, "0123456789 ") != "" {
		t.Errorf("%q", tok)
	}
	for _, written := range []string{tok, strings.ReplaceAll(tok, " ", ""), strings.ReplaceAll(tok, " ", "-")} {
		out, spans, err := v.Restore(ada, "crm", "find/card", []byte("card "+written+" and 12345678"))
		if err != nil || len(spans) != 1 || string(out) != "card "+value+" and 12345678" {
			t.Errorf("%s: %s, %v, %v", written, out, spans, err)
		}
	}
	for _, c := range []struct {
		bound         mantlet.Conversation
		server, param string
	}{{of("eve", ""), "crm", "find/card"}, {ada, "bank", "find/card"}, {ada, "crm", "find/other"}} {
		out, spans, err := v.Restore(c.bound, c.server, c.param, []byte(tok))
		if err != nil || spans != nil || string(out) != tok {
			t.Errorf("%+v: %s, %v, %v", c, out, spans, err)
		}
	}
	if mint(t, v, of("eve", ""), "crm", "card", value) == tok {
		t.Error("another principal's token is the same")
	}
}

func TestNeutralise(t *testing.T) {
	v := vault(t, token.Options{})
	tok := mint(t, v, ada, "bank", "iban", "DE68210501700012345678")
	forged := token.Prefix + strings.Repeat("b", 26)
	text := "pay " + forged + " and " + tok + " " + strings.ToUpper(token.Prefix) + "X"
	out, n := v.Neutralise(ada, "bank", []byte(text))
	if n != 2 || !bytes.Contains(out, []byte(tok)) || bytes.Contains(out, []byte(forged)) {
		t.Errorf("%d: %s", n, out)
	}
	out, n = v.Neutralise(ada, "crm", []byte(text)) // what another server says
	if n != 3 || bytes.Contains(bytes.ToLower(out), []byte(token.Prefix)) {
		t.Errorf("%d: %s", n, out)
	}
	if out, spans, err := v.Restore(ada, "bank", "pay/account", out); err != nil || spans != nil {
		t.Errorf("what was made harmless is put back: %s, %v, %v", out, spans, err)
	}
	if out, n := v.Neutralise(ada, "bank", []byte("mtok mtok1 nothing")); n != 0 || string(out) != "mtok mtok1 nothing" {
		t.Errorf("%d: %s", n, out)
	}
}

// Whatever is minted, and whoever asks: a value comes back only in its own conversation, for
// its own server, where its class is granted.
func TestNoValueComesBackElsewhere(t *testing.T) {
	servers, params, classes := []string{"bank", "crm"}, []string{"pay/account", "pay/name", "find/card"}, []string{"iban", "name", "card"}
	subjects, handles := []string{"ada", "eve"}, []string{"", "1"}
	grants := map[token.Grant]bool{}
	for _, g := range granted {
		grants[g] = true
	}
	rapid.Check(t, func(t *rapid.T) {
		v, err := token.New(token.Options{Grants: granted})
		if err != nil {
			t.Fatal(err)
		}
		type minted struct {
			bound         mantlet.Conversation
			server, class string
			value, token  string
		}
		var all []minted
		for range rapid.IntRange(1, 12).Draw(t, "values") {
			m := minted{
				bound:  of(rapid.SampledFrom(subjects).Draw(t, "subject"), rapid.SampledFrom(handles).Draw(t, "handle")),
				server: rapid.SampledFrom(servers).Draw(t, "server"), class: rapid.SampledFrom(classes).Draw(t, "class"),
				value: "SECRET" + rapid.StringMatching(`[A-Z]{3}`).Draw(t, "value"),
			}
			tok, err := v.Mint(m.bound, m.server, m.class, []byte(m.value))
			if err != nil {
				t.Fatal(err)
			}
			m.token = string(tok)
			all = append(all, m)
		}
		bound := of(rapid.SampledFrom(subjects).Draw(t, "who"), rapid.SampledFrom(handles).Draw(t, "where"))
		server, param := rapid.SampledFrom(servers).Draw(t, "to"), rapid.SampledFrom(params).Draw(t, "param")
		for _, m := range all {
			may := m.bound == bound && m.server == server && grants[token.Grant{Server: server, Param: param, Class: m.class}]
			out, spans, err := v.Restore(bound, server, param, []byte("x "+m.token+" y"))
			switch {
			case may && (err != nil || string(out) != "x "+m.value+" y" || len(spans) != 1):
				t.Fatalf("it may come back, and does not: %s, %v", out, err)
			case !may && (err == nil || bytes.Contains(out, []byte("SECRET"))):
				t.Fatalf("it came back to %v %s %s: %+v", bound, server, param, m)
			}
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	v := vault(t, token.Options{Most: 50, Bounds: 4})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			bound := of(fmt.Sprint("p", w%6), "")
			for i := range 200 {
				value := fmt.Sprintf("value-%d-%d", w, i)
				tok, err := v.Mint(bound, "bank", "iban", []byte(value))
				if err != nil {
					t.Error(err)
					return
				}
				out, _, err := v.Restore(bound, "bank", "pay/account", tok)
				if err == nil && string(out) != value {
					t.Errorf("%s came back as %s", value, out)
				}
				v.Neutralise(bound, "bank", tok)
			}
		})
	}
	wg.Wait()
}

func FuzzRestore(f *testing.F) {
	v := vault(f, token.Options{Digits: []string{"card"}})
	tok := mint(f, v, ada, "bank", "iban", "SECRETVALUE")
	number := mint(f, v, ada, "crm", "card", "4539148803436467")
	for _, s := range []string{tok, tok[:20], strings.ToUpper(tok), token.Prefix, "mtok1", number, "1_1_1_mtok1_", tok + tok, number + "-" + tok, "000000-", " 1 1 1 1 1 1 "} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, bound := range []mantlet.Conversation{ada, of("eve", "")} {
			out, spans, err := v.Restore(bound, "crm", "find/card", text)
			if err == nil && bytes.Contains(out, []byte("SECRETVALUE")) && !bytes.Contains(text, []byte("SECRETVALUE")) {
				t.Fatalf("a value of another server came back: %q", out)
			}
			for _, s := range spans {
				if s.Start < 0 || s.End > len(out) || s.Class != "card" || bound != ada {
					t.Fatalf("%+v in %q", s, out)
				}
			}
			clean, _ := v.Neutralise(bound, "crm", text)
			if again, n := v.Neutralise(bound, "crm", clean); n != 0 || !bytes.Equal(again, clean) {
				t.Fatalf("it is not harmless: %q", clean)
			}
		}
	})
}

func BenchmarkRestore(b *testing.B) {
	v := vault(b, token.Options{})
	tok := mint(b, v, ada, "bank", "iban", "DE68210501700012345678")
	for name, text := range map[string]string{"clean": strings.Repeat("some text 1 of it ", 570), "one": strings.Repeat("some text 1 of it ", 570) + tok, "tokens": strings.Repeat(tok+" ", 310)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := v.Restore(ada, "bank", "pay/account", []byte(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
