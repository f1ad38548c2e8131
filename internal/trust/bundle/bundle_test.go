package bundle_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet/internal/trust/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

var now = time.Date(2026, 11, 25, 14, 0, 0, 0, time.UTC)

func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// set is these people, of whom it takes two.
func set(names ...string) signer.Set {
	s := signer.Set{Threshold: 2}
	for _, n := range names {
		k := signer.Key{Kind: signer.Ed25519, Public: base64.StdEncoding.EncodeToString(key(n).Public().(ed25519.PublicKey))}
		s.Signers = append(s.Signers, signer.Signer{Name: n, Roles: []signer.Role{signer.Security, signer.Business}, Keys: []signer.Key{k}, Until: now.AddDate(2, 0, 0)})
	}
	return s
}

func payload(version int64, signers signer.Set) bundle.Payload {
	p := bundle.Payload{
		Type: signer.Bundle, Version: version, Issued: now, Expires: now.AddDate(0, 3, 0), Config: []byte("listen: :8443\n"),
		Files: map[string][]byte{"policies/a.cedar": []byte("permit(principal, action, resource);")}, Signers: signers,
	}
	if version > 1 {
		p.Previous = signer.Sum([]byte("the one before"))
	}
	return p
}

// file is p, signed by names.
func file(t *testing.T, p bundle.Payload, names ...string) []byte {
	t.Helper()
	b, err := bundle.New(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if err := b.Sign(key(n), n, signer.Security, now); err != nil {
			t.Fatal(err)
		}
	}
	f, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func rootOf(t *testing.T, s signer.Set) bundle.Root {
	t.Helper()
	d, err := s.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Root{Signers: d}
}

// accepted is the root of who has accepted version 5 of the set.
func accepted(t *testing.T, s signer.Set) (bundle.Root, bundle.Bundle) {
	t.Helper()
	b, state, err := bundle.Open(file(t, payload(5, s), s.Signers[0].Name, s.Signers[1].Name), rootOf(t, s), now)
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Root{State: &state}, b
}

func TestTheFirstBundle(t *testing.T) {
	three := set("ann", "bob", "eve")
	other := set("ann", "bob", "mallory")
	for name, c := range map[string]struct {
		file []byte
		root bundle.Root
		want error
	}{
		"two people":           {file(t, payload(1, three), "ann", "bob"), rootOf(t, three), nil},
		"any version":          {file(t, payload(7, three), "ann", "bob"), rootOf(t, three), nil},
		"no root":              {file(t, payload(1, three), "ann", "bob"), bundle.Root{}, bundle.ErrRoot},
		"another set's root":   {file(t, payload(1, other), "ann", "bob"), rootOf(t, three), bundle.ErrRoot},
		"unsigned":             {file(t, payload(1, three)), rootOf(t, three), bundle.ErrSigners},
		"one of two":           {file(t, payload(1, three), "ann"), rootOf(t, three), bundle.ErrSigners},
		"one person twice":     {file(t, payload(1, three), "ann", "ann"), rootOf(t, three), bundle.ErrSigners},
		"one and a stranger":   {file(t, payload(1, three), "ann", "mallory"), rootOf(t, three), bundle.ErrSigners},
		"signatures of others": {swap(t, file(t, payload(1, three)), file(t, payload(2, three), "ann", "bob")), rootOf(t, three), bundle.ErrSigners},
	} {
		b, state, err := bundle.Open(c.file, c.root, now)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && (state.Version != b.Payload.Version || state.Payload != b.Digest || string(b.Payload.Config) != "listen: :8443\n") {
			t.Errorf("%s: %+v", name, state)
		}
		if err != nil && (b.Payload.Config != nil || state.Version != 0) {
			t.Errorf("%s: something is returned", name)
		}
	}
}

// swap is a with b's signatures.
func swap(t *testing.T, a, b []byte) []byte {
	t.Helper()
	x, err := bundle.Parse(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := bundle.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	x.Signatures = y.Signatures
	f, _ := x.Encode()
	return f
}

func TestWhatFollows(t *testing.T) {
	three, next := set("ann", "bob", "eve"), set("dan", "fay", "ann")
	root, last := accepted(t, three)
	at := func(version int64, s signer.Set, change func(*bundle.Payload)) bundle.Payload {
		p := payload(version, s)
		if version == 6 {
			p.Previous = last.Digest
		}
		if change != nil {
			change(&p)
		}
		return p
	}
	weaker := set("ann", "bob", "eve", "dan")
	stricter := set("ann", "bob", "eve")
	stricter.Threshold = 3
	same, _ := last.Encode()
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"the next":                         {file(t, at(6, three, nil), "ann", "eve"), nil},
		"a later one":                      {file(t, at(9, three, nil), "ann", "eve"), nil},
		"the same":                         {same, nil},
		"the same, signed by another, too": {file(t, payload(5, three), "ann", "bob", "eve"), nil},
		"the same version, other bytes":    {file(t, at(5, three, func(p *bundle.Payload) { p.Config = []byte("x: y") }), "ann", "bob", "eve"), bundle.ErrSame},
		"an older one":                     {file(t, at(4, three, nil), "ann", "bob", "eve"), bundle.ErrRollback},
		"it follows another":               {file(t, at(6, three, func(p *bundle.Payload) { p.Previous = signer.Sum(nil) }), "ann", "eve"), bundle.ErrChain},
		"one of two":                       {file(t, at(6, three, nil), "ann"), bundle.ErrSigners},
		"new signers, by old and new":      {file(t, at(6, next, nil), "ann", "bob", "dan"), nil},
		"new signers, by the new alone":    {file(t, at(6, next, nil), "dan", "fay"), bundle.ErrSigners},
		"new signers, by the old alone":    {file(t, at(6, next, nil), "bob", "eve"), bundle.ErrSigners},
		"new signers, one of the old":      {file(t, at(6, next, nil), "ann", "dan", "fay"), bundle.ErrSigners},
		"one more signer, by two":          {file(t, at(6, weaker, nil), "ann", "bob"), nil},
		"one more signer, by him":          {file(t, at(6, weaker, nil), "ann", "dan"), bundle.ErrSigners},
		"a higher threshold, by two":       {file(t, at(6, stricter, nil), "ann", "bob"), bundle.ErrSigners},
		"a higher threshold, by three":     {file(t, at(6, stricter, nil), "ann", "bob", "eve"), nil},
		"ended":                            {file(t, at(6, three, func(p *bundle.Payload) { p.Issued, p.Expires = now.AddDate(0, 0, -2), now }), "ann", "bob"), bundle.ErrDate},
		"not issued yet":                   {file(t, at(6, three, func(p *bundle.Payload) { p.Issued = now.Add(time.Hour) }), "ann", "bob"), bundle.ErrDate},
	} {
		_, state, err := bundle.Open(c.file, root, now)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && state.Version < 5 {
			t.Errorf("%s: %+v", name, state)
		}
	}
	// The digest on the command line does not help an older bundle past a state.
	root.Signers = rootOf(t, three).Signers
	if _, _, err := bundle.Open(file(t, at(4, three, nil), "ann", "bob"), root, now); !errors.Is(err, bundle.ErrRollback) {
		t.Errorf("with both: %v", err)
	}
}

// What was accepted goes on when a signer's time is over; a new bundle does not begin with
// them; and what has ended does not go on.
func TestWhatWasAcceptedGoesOn(t *testing.T) {
	s := set("ann", "bob", "eve")
	s.Signers[0].Until = now.AddDate(0, 0, 7)
	root, last := accepted(t, s)
	f, _ := last.Encode()
	later := now.AddDate(0, 0, 8)
	_, state, err := bundle.Open(f, root, later)
	if err != nil || !state.Accepted.Equal(root.State.Accepted) {
		t.Errorf("%+v, %v", state, err)
	}
	p := payload(6, s)
	p.Previous = last.Digest
	if _, _, err := bundle.Open(file(t, p, "ann", "bob"), root, later); !errors.Is(err, bundle.ErrSigners) {
		t.Errorf("a new one by a signer whose time is over: %v", err)
	}
	if _, _, err := bundle.Open(f, root, last.Payload.Expires); !errors.Is(err, bundle.ErrDate) {
		t.Errorf("after its end: %v", err)
	}
}

func TestShape(t *testing.T) {
	three := set("ann", "bob", "eve")
	for name, change := range map[string]func(*bundle.Payload){
		"another type": func(p *bundle.Payload) { p.Type = signer.Release }, "no type": func(p *bundle.Payload) { p.Type = "" },
		"version 0": func(p *bundle.Payload) { p.Version = 0 }, "a version below": func(p *bundle.Payload) { p.Version = -1 }, "beyond counting": func(p *bundle.Payload) { p.Version, p.Previous = 1<<53+1, signer.Sum(nil) },
		"1 follows something": func(p *bundle.Payload) { p.Previous = signer.Sum(nil) }, "2 follows nothing": func(p *bundle.Payload) { p.Version = 2 },
		"for ever": func(p *bundle.Payload) { p.Expires = now.AddDate(10, 0, 0) }, "no end": func(p *bundle.Payload) { p.Expires = time.Time{} }, "ended before": func(p *bundle.Payload) { p.Expires = now.Add(-1) },
		"below a second": func(p *bundle.Payload) { p.Issued = now.Add(1) }, "no configuration": func(p *bundle.Payload) { p.Config = nil },
		"one signer": func(p *bundle.Payload) { p.Signers = set("ann") }, "threshold of one": func(p *bundle.Payload) { p.Signers.Threshold = 1 },
		"one key, two names": func(p *bundle.Payload) { p.Signers.Signers[1].Keys = p.Signers.Signers[0].Keys },
		"a private key": func(p *bundle.Payload) {
			p.Files = map[string][]byte{"k": []byte("x\n  -----BEGIN EC PRIVATE KEY-----\r\n")}
		},
		"one in the configuration":  func(p *bundle.Payload) { p.Config = []byte("-----BEGIN PRIVATE KEY-----\n") },
		"names that differ in case": func(p *bundle.Payload) { p.Files = map[string][]byte{"a": nil, "A": nil} },
		"below a file":              func(p *bundle.Payload) { p.Files = map[string][]byte{"a": nil, "A/b/c": nil} },
		"too many files": func(p *bundle.Payload) {
			for i := range 1001 {
				p.Files[strings.Repeat("a", i%200+1)+"/"+strings.Repeat("b", i/200+1)] = nil
			}
		},
		"too large": func(p *bundle.Payload) { p.Files["big"] = bytes.Repeat([]byte("x"), bundle.MaxBundle*3/4) },
	} {
		p := payload(1, three)
		change(&p)
		if _, err := bundle.New(p); !errors.Is(err, bundle.ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPaths(t *testing.T) {
	for path, ok := range map[string]bool{
		"a": true, "policies/a.cedar": true, "a-b_c/d.e.f": true,
		"": false, ".": false, "..": false, "../a": false, "a/../b": false, "a/../../b": false, "/a": false, "/": false, "a/": false, "a//b": false, "./a": false, ".hidden": false,
		`a\b`: false, `..\a`: false, `C:\a`: false, "C:a": false, "a:b": false, "a\x00b": false, "a\nb": false, "a b": false, "a.": false, "nul": false, "NUL.txt": false, "d/con": false, "é": false, "a\u202eb": false, "\xff": false,
		strings.Repeat("a", 256): false,
	} {
		p := payload(1, set("ann", "bob"))
		p.Files = map[string][]byte{path: []byte("x")}
		if _, err := bundle.New(p); (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// Who does not use New writes what New refuses; Open refuses it, too, well signed or not.
func TestOpenRefusesWhatNewWould(t *testing.T) {
	three := set("ann", "bob", "eve")
	p := payload(1, three)
	p.Files = map[string][]byte{"../../etc/passwd": []byte("x")}
	raw, err := signer.Canonical(&p)
	if err != nil {
		t.Fatal(err)
	}
	d, err := signer.Of(signer.Bundle, signer.Sum(raw))
	if err != nil {
		t.Fatal(err)
	}
	var signatures []signer.Signature
	for _, n := range []string{"ann", "bob"} {
		s, err := signer.Sign(key(n), d, signer.Signature{Signer: n, Role: signer.Security, At: now})
		if err != nil {
			t.Fatal(err)
		}
		signatures = append(signatures, s)
	}
	v := signer.Verifier{Set: three}
	if _, err := v.Quorum(d, signatures, now); err != nil {
		t.Fatalf("it is not well signed, so that nothing is tested: %v", err)
	}
	f, err := signer.Canonical(map[string]any{"payload": raw, "signatures": signatures})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := bundle.Open(f, rootOf(t, three), now); !errors.Is(err, bundle.ErrShape) {
		t.Error(err)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	three := set("ann", "bob", "eve")
	root := rootOf(t, three)
	good := file(t, payload(1, three), "ann", "bob")
	var e map[string]any
	if err := json.Unmarshal(good, &e); err != nil {
		t.Fatal(err)
	}
	with := func(k string, v any) []byte {
		c := maps.Clone(e)
		c[k] = v
		b, _ := signer.Canonical(c)
		return b
	}
	spaced, _ := json.MarshalIndent(e, "", " ")
	raw, _ := base64.StdEncoding.DecodeString(e["payload"].(string))
	for name, f := range map[string][]byte{
		"nothing": nil, "not JSON": []byte("x"), "cut": good[:len(good)/2], "cut at the end": good[:len(good)-3], "twice": append(slices.Clone(good), good...),
		"another member": with("more", 1), "payload that is none": with("payload", "AAAA"), "no payload": with("payload", ""), "many signatures": with("signatures", make([]signer.Signature, 401)),
		"written otherwise": spaced, "payload written otherwise": with("payload", append([]byte(" "), raw...)),
		"payload with another member": with("payload", bytes.Replace(raw, []byte("{"), []byte(`{"a":1,`), 1)),
		"a member twice":              bytes.Replace(good, []byte("{"), []byte(`{"payload":"",`), 1),
		"huge":                        append([]byte(`{"payload":"`), bytes.Repeat([]byte("A"), bundle.MaxBundle)...),
	} {
		if _, _, err := bundle.Open(f, root, now); !errors.Is(err, bundle.ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := bundle.Open(append([]byte("\n "), good...), root, now); err != nil {
		t.Errorf("the twin, with space around it: %v", err)
	}
}

// Whatever byte of a signed file is changed, it is refused, or it says the same.
func TestNoByteCanBeChanged(t *testing.T) {
	three := set("ann", "bob", "eve")
	root, good := rootOf(t, three), file(t, payload(1, three), "ann", "bob")
	want, _, err := bundle.Open(good, root, now)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		f := slices.Clone(good)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			f[rapid.IntRange(0, len(f)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		if got, _, err := bundle.Open(f, root, now); err == nil && got.Digest != want.Digest {
			t.Fatalf("accepted as %s", got.Digest)
		}
	})
}

func FuzzOpen(f *testing.F) {
	three := set("ann", "bob", "eve")
	t := &testing.T{}
	good := file(t, payload(1, three), "ann", "bob")
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(`{"payload":"e30=","signatures":[]}`))
	root := rootOf(t, three)
	want, err := bundle.Parse(good)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, _, err := bundle.Open(b, root, now); err == nil && got.Digest != want.Digest {
			t.Errorf("accepted as %s", got.Digest)
		}
	})
}

func TestStateFile(t *testing.T) {
	root, _ := accepted(t, set("ann", "bob", "eve"))
	f := bundle.File(filepath.Join(t.TempDir(), "state"))
	if s, err := f.Load(); s != nil || err != nil {
		t.Fatalf("%v, %v", s, err)
	}
	if err := f.Keep(*root.State); err != nil {
		t.Fatal(err)
	}
	s, err := f.Load()
	if err != nil || s.Payload != root.State.Payload || s.Version != 5 || len(s.Signers.Signers) != 3 || !s.Accepted.Equal(now) {
		t.Fatalf("%+v, %v", s, err)
	}
	older, same := *s, *s
	older.Version, same.Payload = 4, signer.Sum([]byte("z"))
	for _, bad := range []bundle.State{older, same, {}} {
		if err := f.Keep(bad); err == nil {
			t.Errorf("%+v is kept", bad)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(string(f)), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("%v", left)
	}
	info, err := os.Stat(string(f))
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for _, text := range []string{"", "{}", "x", `{"type":"mantlet.bundle-state/1","version":9}`} {
		if err := os.WriteFile(string(f), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := f.Load(); err == nil || s != nil {
			t.Errorf("%q is a state, or none: %v", text, s)
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := f.Keep(*root.State); err == nil {
		t.Error("what cannot be read is replaced")
	}
	_ = os.Remove(string(f))
	if err := f.Keep(*root.State); err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(string(f), 0o666)
	if _, err := f.Load(); err == nil {
		t.Error("what anybody can write is believed")
	}
}
