package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet"
)

var (
	now = time.Unix(1_800_000_000, 0)
	ann = mantlet.PrincipalKey{Issuer: "idp", Subject: "ann", Client: "cursor"}
)

func ring(t testing.TB, keys ...Key) *Ring {
	t.Helper()
	if len(keys) == 0 {
		keys = []Key{{ID: 1, Secret: [32]byte{1}}}
	}
	r, err := NewRing(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func handle(payload string) Handle {
	return Handle{Principal: ann, Server: "files", Expires: now.Add(time.Hour), Payload: []byte(payload)}
}

func TestSealThenOpen(t *testing.T) {
	r := ring(t)
	rapid.Check(t, func(t *rapid.T) {
		want := handle(rapid.StringN(0, 400, 1200).Draw(t, "payload"))
		want.Principal.Subject = "s" + rapid.String().Draw(t, "subject")
		p := Purpose(rapid.IntRange(1, int(purposes)-1).Draw(t, "purpose"))
		s, err := r.Seal(p, want)
		if err != nil || len(s) > 2048 {
			t.Fatal(len(s), err)
		}
		got, err := r.Open(p, want.Principal, want.Server, s, now)
		if err != nil || !bytes.Equal(got.Payload, want.Payload) || !got.Expires.Equal(want.Expires) {
			t.Fatalf("opened %+v, %v", got, err)
		}
	})
}

// Whoever is not whom a handle was sealed for learns nothing by bringing it: not
// at this server, not at another, not for another purpose, not altered.
func FuzzForeignHandle(f *testing.F) {
	f.Add("idp", "eve", "cursor", "", "files", uint8(1), uint16(0), byte(0))
	f.Add("idp", "ann", "cursor", "", "mail", uint8(1), uint16(0), byte(0))
	f.Add("idp", "ann", "cursor", "", "files", uint8(2), uint16(0), byte(0))
	f.Add("idp", "ann", "cursor", "", "files", uint8(1), uint16(40), byte(1))
	f.Add("idpa", "nn", "cursor", "", "files", uint8(1), uint16(0), byte(0))
	r := ring(f)
	f.Fuzz(func(t *testing.T, issuer, subject, client, tenant, server string, purpose uint8, at uint16, flip byte) {
		s, err := r.Seal(Session, handle("state"))
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := base64.RawURLEncoding.DecodeString(s)
		raw[int(at)%len(raw)] ^= flip
		who := mantlet.PrincipalKey{Issuer: mantlet.Issuer(issuer), Subject: subject, Client: client, Tenant: tenant}
		_, err = r.Open(Purpose(purpose), who, mantlet.ServerID(server), base64.RawURLEncoding.EncodeToString(raw), now)
		own := who == ann && server == "files" && Purpose(purpose) == Session && flip == 0
		if own != (err == nil) {
			t.Errorf("own %v, err %v", own, err)
		}
		if err != nil && !errors.Is(err, ErrUnknown) {
			t.Errorf("the answer is %v, not ErrUnknown", err)
		}
	})
}

func TestRotation(t *testing.T) {
	old, fresh := Key{ID: 1, Secret: [32]byte{1}}, Key{ID: 2, Secret: [32]byte{2}}
	s, _ := ring(t, old).Seal(Session, handle("x"))
	if _, err := ring(t, fresh, old).Open(Session, ann, "files", s, now); err != nil {
		t.Errorf("the previous key does not open: %v", err)
	}
	if _, err := ring(t, fresh).Open(Session, ann, "files", s, now); !errors.Is(err, ErrUnknown) {
		t.Errorf("a key that is gone opens: %v", err)
	}
}

func TestExpiryAndBurial(t *testing.T) {
	r := ring(t)
	s, _ := r.Seal(Session, handle("x"))
	if _, err := r.Open(Session, ann, "files", s, now.Add(time.Hour)); !errors.Is(err, ErrUnknown) {
		t.Errorf("expired: %v", err)
	}
	if _, err := r.Open(Session, ann, "files", s, now.Add(-time.Hour)); err != nil {
		t.Errorf("the clock went back: %v", err)
	}
	other, _ := r.Seal(Session, handle("x"))
	if err := r.Bury(s, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(Session, ann, "files", s, now); !errors.Is(err, ErrUnknown) {
		t.Errorf("buried: %v", err)
	}
	if _, err := r.Open(Session, ann, "files", other, now); err != nil {
		t.Errorf("its twin is buried too: %v", err)
	}
	for _, spelt := range []string{s + "\n", s[:9] + "\r\n" + s[9:]} { // the same bytes to base64, and no grave
		if b, err := base64.RawURLEncoding.Strict().DecodeString(spelt); err != nil || len(b) == 0 {
			t.Fatalf("base64 takes no line breaks any more: %v", err)
		}
		if _, err := r.Open(Session, ann, "files", spelt, now); !errors.Is(err, ErrUnknown) {
			t.Errorf("buried, in another spelling: %v", err)
		}
	}
}

func TestGravesAreBounded(t *testing.T) {
	r := ring(t)
	soon := time.Now().Add(time.Hour)
	for i := range maxTombstones {
		if err := r.Bury(fmt.Sprint(i), soon); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Bury("one more", soon); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	r := ring(t)
	for name, h := range map[string]Handle{
		"nobody":    {Server: "files", Expires: now},
		"no server": {Principal: ann, Expires: now},
		"no expiry": {Principal: ann, Server: "files"},
		"too long":  handle(strings.Repeat("x", 1600)),
	} {
		if s, err := r.Seal(Session, h); err == nil {
			t.Errorf("%s: sealed %q", name, s)
		}
	}
	if _, err := r.Seal(0, handle("x")); err == nil {
		t.Error("no purpose: sealed")
	}
	if _, err := NewRing(); err == nil {
		t.Error("an empty ring was made")
	}
	if _, err := NewRing(Key{ID: 1}); err == nil {
		t.Error("an empty key was taken")
	}
	if s := fmt.Sprintf("%v %+v %#v", Key{ID: 1}, Key{ID: 1}, Key{ID: 1}); s != "[secret] [secret] [secret]" {
		t.Errorf("a key prints as %s", s)
	}
}

func TestRingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal", "ring")
	if _, err := OpenRing(t.Context(), Source{File: path}); err == nil {
		t.Fatal("a ring that nobody made was opened")
	}
	a, err := OpenRing(t.Context(), Source{File: path, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := a.Seal(Cursor, handle("x"))
	b, err := OpenRing(t.Context(), Source{File: path, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(Cursor, ann, "files", s, now); err != nil {
		t.Errorf("the second opening has another key: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRing(t.Context(), Source{File: path, Create: true}); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("readable by others: %v", err)
	}
}

func BenchmarkOpen(b *testing.B) {
	r := ring(b)
	s, _ := r.Seal(Session, handle("0123456789012345678901234567890123456789"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Open(Session, ann, "files", s, now); err != nil {
			b.Fatal(err)
		}
	}
}

// A command prints the ring: a KMS's client does. Whatever it does wrong is said, and
// nothing of what it printed.
func TestARingFromACommand(t *testing.T) {
	secret := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	sh := func(script string) Source { return Source{Command: []string{"sh", "-c", script}} }
	r, err := OpenRing(t.Context(), sh("echo '# two keys'; echo 2 "+secret+"; echo 1 "+strings.Replace(secret, "B", "C", 1)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Seal(Cursor, handle("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ring(t, Key{ID: 2, Secret: [32]byte(bytes.Repeat([]byte{7}, 32))}).Open(Cursor, ann, "files", s, now); err != nil {
		t.Error("the first key does not seal")
	}
	for name, c := range map[string]struct{ script, want string }{
		"fails":           {"echo 1 " + secret + "; exit 3", "exit status 3"},
		"prints nothing":  {"true", "needs a key"},
		"prints no key":   {"echo hunter2", "line 1 is not"},
		"prints too much": {"yes " + secret, "failed"},
		"a short key":     {"echo 1 aHVudGVyMg==", "line 1 is not"},
	} {
		_, err := OpenRing(t.Context(), sh(c.script))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenRing(t.Context(), Source{Command: []string{"no-such-program"}}); err == nil {
		t.Error("a program that is not there gave a ring")
	}
}

// A ring that is renewed seals with its new first key, opens what the old one sealed for
// as long as that is in it, and forgets no grave.
func TestARenewedRing(t *testing.T) {
	first, second := Key{ID: 1, Secret: [32]byte{1}}, Key{ID: 2, Secret: [32]byte{2}}
	r := ring(t, first)
	seal := func() string {
		s, err := r.Seal(Session, handle("x"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	opens := func(s string) bool {
		_, err := r.Open(Session, ann, "files", s, now)
		return err == nil
	}
	old, buried := seal(), seal()
	if err := r.Bury(buried, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := r.Renew(second, first); err != nil {
		t.Fatal(err)
	}
	fresh := seal()
	if !opens(old) || !opens(fresh) || opens(buried) {
		t.Error("old", opens(old), "fresh", opens(fresh), "buried", opens(buried))
	}
	if err := r.Renew(Key{ID: 3}); err == nil || !opens(fresh) {
		t.Error("an empty key was taken, or the ring is lost")
	}
	if err := r.Renew(second); err != nil || opens(old) || !opens(fresh) {
		t.Error("a key that was taken out still opens")
	}
}
