package signer_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey/passkeytest"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

var (
	now   = time.Date(2026, 11, 25, 14, 0, 0, 0, time.UTC)
	later = now.AddDate(1, 0, 0)
)

// key is a person's key, the same for the same name.
func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(name string) string {
	return base64.StdEncoding.EncodeToString(key(name).Public().(ed25519.PublicKey))
}

func person(name string, roles ...signer.Role) signer.Signer {
	return signer.Signer{Name: name, Roles: roles, Keys: []signer.Key{{Kind: signer.Ed25519, Public: public(name)}}, Until: later}
}

func three() signer.Set {
	return signer.Set{Threshold: 2, Signers: []signer.Signer{
		person("ann", signer.Security), person("bob", signer.Privacy, signer.Legal), person("eve", signer.Business),
	}}
}

func sign(t *testing.T, name string, role signer.Role, d signer.Digest) signer.Signature {
	t.Helper()
	s, err := signer.Sign(key(name), d, signer.Signature{Signer: name, Role: role, At: now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func action(t *testing.T, of signer.Type, body string) signer.Digest {
	t.Helper()
	d, err := signer.Of(of, body)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*signer.Set)
		want   string // "": sound
	}{
		"sound":               {func(*signer.Set) {}, ""},
		"nobody":              {func(s *signer.Set) { *s = signer.Set{} }, "threshold"},
		"threshold of one":    {func(s *signer.Set) { s.Threshold = 1 }, "threshold"},
		"more than there are": {func(s *signer.Set) { s.Threshold = 4 }, "threshold"},
		"a name twice":        {func(s *signer.Set) { s.Signers[1].Name = "ann" }, "twice"},
		"one key, two names":  {func(s *signer.Set) { s.Signers[1].Keys = s.Signers[0].Keys }, `also that of "ann"`},
		"one key, spelled otherwise": {func(s *signer.Set) {
			s.Signers[1].Keys = []signer.Key{{Kind: signer.Ed25519, Public: openssh("ann")}}
		}, `also that of "ann"`},
		"a key twice": {func(s *signer.Set) { s.Signers[1].Keys = append(s.Signers[1].Keys, s.Signers[1].Keys[0]) }, "one key"},
		"one identity, two names": {func(s *signer.Set) {
			k := signer.Key{Kind: signer.Sigstore, Issuer: "https://issuer.example", Subject: "ann@example.com"}
			s.Signers[0].Keys, s.Signers[1].Keys = []signer.Key{k}, []signer.Key{k}
		}, "one key"},
		"unknown kind": {func(s *signer.Set) { s.Signers[0].Keys[0].Kind = "rsa" }, "no kind of key"},
		"no kind":      {func(s *signer.Set) { s.Signers[0].Keys[0].Kind = "" }, "no kind of key"},
		"no key":       {func(s *signer.Set) { s.Signers[0].Keys = nil }, "keys"},
		"mixed":        {func(s *signer.Set) { s.Signers[0].Keys[0].Subject = "x" }, "nothing else"},
		"short key":    {func(s *signer.Set) { s.Signers[0].Keys[0].Public = "AAAA" }, "no Ed25519"},
		"weak key":     {func(s *signer.Set) { s.Signers[0].Keys[0].Public = base64.StdEncoding.EncodeToString(make([]byte, 32)) }, "small order"},
		"http issuer": {func(s *signer.Set) {
			s.Signers[0].Keys[0] = signer.Key{Kind: signer.Sigstore, Issuer: "http://x", Subject: "y"}
		}, "nothing else"},
		"no passkey":      {func(s *signer.Set) { s.Signers[0].Keys[0] = signer.Key{Kind: signer.Passkey} }, "nothing else"},
		"unknown role":    {func(s *signer.Set) { s.Signers[0].Roles = []signer.Role{"boss"} }, "no role"},
		"no role":         {func(s *signer.Set) { s.Signers[0].Roles = nil }, "no role"},
		"a role twice":    {func(s *signer.Set) { s.Signers[1].Roles[1] = signer.Privacy }, "twice"},
		"no end":          {func(s *signer.Set) { s.Signers[0].Until = time.Time{} }, "until"},
		"no name":         {func(s *signer.Set) { s.Signers[0].Name = "" }, "name"},
		"a look-alike":    {func(s *signer.Set) { s.Signers[0].Name = "аnn" }, "name"}, //nolint:gosmopolitan // that is what is tested
		"in capitals":     {func(s *signer.Set) { s.Signers[0].Name = "Bob" }, "name"},
		"far too many":    {func(s *signer.Set) { s.Signers = make([]signer.Signer, 201) }, "at most"},
		"too many a head": {func(s *signer.Set) { s.Signers[0].Keys = make([]signer.Key, 11) }, "keys"},
	} {
		s := three()
		c.change(&s)
		err := s.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if _, derr := s.Digest(); (derr == nil) != (err == nil) {
			t.Errorf("%s: the digest: %v", name, derr)
		}
	}
}

// Under each of the points of small order the same signature is anybody's: Go's own
// verifier accepts it.
func TestWeakKeysWouldVerify(t *testing.T) {
	forged := make([]byte, 64)
	forged[0] = 1 // R is the neutral element, S is zero
	for _, y := range []byte{0, 1} {
		k := make([]byte, 32)
		k[0] = y
		ok := false
		for i := range byte(64) {
			ok = ok || ed25519.Verify(k, []byte{i}, forged)
		}
		if !ok {
			t.Errorf("%d: nothing is forged, so that nothing is tested", y)
		}
	}
}

func openssh(name string) string {
	b := append(binary.BigEndian.AppendUint32(nil, 11), "ssh-ed25519"...)
	b = append(binary.BigEndian.AppendUint32(b, 32), key(name).Public().(ed25519.PublicKey)...)
	return "ssh-ed25519 " + base64.StdEncoding.EncodeToString(b) + " " + name + "@host\n"
}

func TestParsePublic(t *testing.T) {
	der, err := x509.MarshalPKIXPublicKey(key("ann").Public())
	if err != nil {
		t.Fatal(err)
	}
	block := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	for _, text := range []string{public("ann"), openssh("ann"), block} {
		if k, err := signer.ParsePublic(text); err != nil || !k.Equal(key("ann").Public()) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "x", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAA", block + block, strings.Replace(block, "PUBLIC", "OTHER", 2), public("ann") + "AA=="} {
		if _, err := signer.ParsePublic(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

func TestOpenSSLKeysAreRead(t *testing.T) {
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl that could make a key")
	}
	text, err := exec.Command(path, "genpkey", "-algorithm", "ed25519").Output()
	if err != nil {
		t.Skipf("this openssl makes no Ed25519 keys: %v", err)
	}
	k, err := signer.ParsePrivate(text)
	if err != nil {
		t.Fatal(err)
	}
	d := action(t, signer.Release, "x")
	s, err := signer.Sign(k, d, signer.Signature{Signer: "ann", Role: signer.Security, At: now})
	if err != nil {
		t.Fatal(err)
	}
	set := three()
	set.Signers[0].Keys[0].Public = base64.StdEncoding.EncodeToString(k.Public().(ed25519.PublicKey))
	if _, err := (&signer.Verifier{Set: set}).Verify(d, s, now); err != nil {
		t.Error(err)
	}
	if _, err := signer.ParsePrivate([]byte("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func TestVerify(t *testing.T) {
	d := action(t, signer.Release, "x")
	set := three()
	for name, c := range map[string]struct {
		change func(*signer.Signature, *signer.Digest, *signer.Verifier)
		want   error
	}{
		"sound":                    {func(*signer.Signature, *signer.Digest, *signer.Verifier) {}, nil},
		"another action":           {func(_ *signer.Signature, d *signer.Digest, _ *signer.Verifier) { *d = action(t, signer.Release, "y") }, signer.ErrProof},
		"the same as another type": {func(_ *signer.Signature, d *signer.Digest, _ *signer.Verifier) { *d = action(t, signer.Bundle, "x") }, signer.ErrProof},
		"no action":                {func(_ *signer.Signature, d *signer.Digest, _ *signer.Verifier) { *d = signer.Digest{} }, signer.ErrProof},
		"another role that they have": {func(s *signer.Signature, _ *signer.Digest, v *signer.Verifier) {
			s.Role, v.Set.Signers[0].Roles = signer.Privacy, signer.Roles
		}, signer.ErrProof},
		"a role that they lack": {func(s *signer.Signature, _ *signer.Digest, _ *signer.Verifier) { s.Role = signer.Legal }, signer.ErrRole},
		"another name": {func(s *signer.Signature, _ *signer.Digest, _ *signer.Verifier) {
			s.Signer, s.Role = "bob", signer.Privacy
		}, signer.ErrProof},
		"nobody":         {func(s *signer.Signature, _ *signer.Digest, _ *signer.Verifier) { s.Signer = "mallory" }, signer.ErrUnknown},
		"another date":   {func(s *signer.Signature, _ *signer.Digest, _ *signer.Verifier) { s.At = s.At.Add(-time.Second) }, signer.ErrProof},
		"below a second": {func(s *signer.Signature, _ *signer.Digest, _ *signer.Verifier) { s.At = s.At.Add(1) }, signer.ErrDate},
		"another zone": {func(s *signer.Signature, _ *signer.Digest, _ *signer.Verifier) {
			s.At = s.At.In(time.FixedZone("x", 3600))
		}, signer.ErrDate},
		"no date":            {func(s *signer.Signature, _ *signer.Digest, _ *signer.Verifier) { s.At = time.Time{} }, signer.ErrDate},
		"one bit":            {func(s *signer.Signature, _ *signer.Digest, _ *signer.Verifier) { s.Proof[7] ^= 1 }, signer.ErrProof},
		"no proof":           {func(s *signer.Signature, _ *signer.Digest, _ *signer.Verifier) { s.Proof = nil }, signer.ErrProof},
		"another kind":       {func(s *signer.Signature, _ *signer.Digest, _ *signer.Verifier) { s.Kind = signer.Passkey }, signer.ErrProof},
		"their time is over": {func(_ *signer.Signature, _ *signer.Digest, v *signer.Verifier) { v.Set.Signers[0].Until = now }, signer.ErrOver},
		"their key was changed": {func(_ *signer.Signature, _ *signer.Digest, v *signer.Verifier) {
			v.Set.Signers[0].Keys[0].Public = public("other")
		}, signer.ErrProof},
	} {
		t.Run(name, func(t *testing.T) {
			v := signer.Verifier{Set: three()}
			s, d := sign(t, "ann", signer.Security, d), d
			c.change(&s, &d, &v)
			got, err := v.Verify(d, s, now)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if err == nil && (got.Signer != "ann" || got.Role != signer.Security) {
				t.Errorf("%+v", got)
			}
		})
	}
	future := sign(t, "ann", signer.Security, d)
	if _, err := (&signer.Verifier{Set: set}).Verify(d, future, now.Add(-time.Hour)); !errors.Is(err, signer.ErrDate) {
		t.Errorf("a signature of tomorrow: %v", err)
	}
	if _, err := (&signer.Verifier{}).Verify(d, future, now); err == nil {
		t.Error("the zero verifier accepts")
	}
}

func TestSigstoreIdentities(t *testing.T) {
	d := action(t, signer.Release, "x")
	v := signer.Verifier{Set: three()}
	v.Set.Signers[0].Keys = []signer.Key{{Kind: signer.Sigstore, Issuer: "https://issuer.example", Subject: "ann@example.com"}}
	s := signer.Signature{Signer: "ann", Role: signer.Security, Kind: signer.Sigstore, At: now, Proof: []byte("bundle")}
	statement, err := s.Statement(d)
	if err != nil {
		t.Fatal(err)
	}
	answers := func(issuer, subject string, err error) signer.VerifyBundle {
		return func(b []byte, digest signer.Digest) (string, string, error) {
			if string(b) != "bundle" || digest != signer.Sum(statement) {
				t.Errorf("%s over %s", b, digest)
			}
			return issuer, subject, err
		}
	}
	for name, c := range map[string]struct {
		door signer.VerifyBundle
		ok   bool
	}{
		"hers": {answers("https://issuer.example", "ann@example.com", nil), true}, "no door": {nil, false},
		"another subject": {answers("https://issuer.example", "ann@example.com.evil", nil), false}, "another issuer": {answers("https://evil.example", "ann@example.com", nil), false},
		"not verified": {answers("https://issuer.example", "ann@example.com", errors.New("no")), false}, "nothing": {answers("", "", nil), false},
	} {
		v.Bundle = c.door
		if _, err := v.Verify(d, s, now); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPasskeys(t *testing.T) {
	k := passkeytest.New(t)
	assertion := func(challenge signer.Digest, flags byte) []byte {
		a := passkeytest.Sound(challenge[:], "https://mantlet.example.com")
		a.Party, a.Flags, a.Count = "example.com", flags, 7
		return k.Get(a)
	}
	d := action(t, signer.Release, "x")
	v := signer.Verifier{Set: three()}
	data := &signer.PasskeyData{ID: k.ID, Key: k.Key(), RP: "example.com", Origins: []string{"https://mantlet.example.com"}}
	v.Set.Signers[0].Keys = []signer.Key{{Kind: signer.Passkey, Passkey: data}}
	s := signer.Signature{Signer: "ann", Role: signer.Security, Kind: signer.Passkey, At: now}
	challenge, err := s.Challenge(d)
	if err != nil {
		t.Fatal(err)
	}
	s.Proof = assertion(challenge, 5)
	if got, err := v.Verify(d, s, now); err != nil || got.Count != 7 || !bytes.Equal(got.Credential, k.ID) {
		t.Errorf("%+v, %v", got, err)
	}
	s.Proof = assertion(challenge, 1)
	if _, err := v.Verify(d, s, now); !errors.Is(err, signer.ErrProof) {
		t.Errorf("without a verified user: %v", err)
	}
	s.Proof = assertion(d, 5)
	if _, err := v.Verify(d, s, now); !errors.Is(err, signer.ErrProof) {
		t.Errorf("over the digest alone, without name, role and date: %v", err)
	}
	v.Set.Signers[1].Keys = []signer.Key{{Kind: signer.Passkey, Passkey: &signer.PasskeyData{ID: []byte("another id"), Key: k.Key(), RP: data.RP, Origins: data.Origins}}}
	if err := v.Set.Check(); err == nil {
		t.Error("two people with one passkey's key")
	}
	v.Set.Signers[1].Keys[0].Passkey.Key = []byte{1}
	if err := v.Set.Check(); err == nil {
		t.Error("a key that nobody can read")
	}
}

func TestQuorum(t *testing.T) {
	d := action(t, signer.Release, "x")
	ann, bob, bobToo := sign(t, "ann", signer.Security, d), sign(t, "bob", signer.Legal, d), sign(t, "bob", signer.Privacy, d)
	forged := bob
	forged.Proof = slices.Clone(ann.Proof)
	for name, c := range map[string]struct {
		signatures []signer.Signature
		many       bool
		persons    string
		roles      int
		ok         bool
	}{
		"two":                   {[]signer.Signature{ann, bob}, false, "ann bob", 2, true},
		"nobody":                {nil, false, "", 0, false},
		"one":                   {[]signer.Signature{ann}, false, "ann", 1, false},
		"one twice":             {[]signer.Signature{ann, ann}, false, "ann", 1, false},
		"one in two roles":      {[]signer.Signature{bob, bobToo}, false, "bob", 1, false},
		"one in two roles, may": {[]signer.Signature{bob, bobToo}, true, "bob", 2, false},
		"one and a forgery":     {[]signer.Signature{ann, forged}, false, "ann", 1, false},
		"two, and a forgery":    {[]signer.Signature{forged, ann, bob}, false, "ann bob", 2, true},
	} {
		v := signer.Verifier{Set: three()}
		v.Set.ManyRoles = c.many
		got, err := v.Quorum(d, c.signatures, now)
		if (err == nil) != c.ok || !slices.Equal(sorted(got.Persons()), strings.Fields(c.persons)) || len(got.Counted) != c.roles {
			t.Errorf("%s: %v %+v, %v", name, got.Persons(), got, err)
		}
	}
	if _, err := (&signer.Verifier{Set: three()}).Quorum(d, make([]signer.Signature, 500), now); err == nil {
		t.Error("500 signatures are read")
	}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

// However signatures are repeated and mixed, no more people are counted than signed.
func TestNobodyCountsTwice(t *testing.T) {
	d := action(t, signer.Release, "x")
	all := []signer.Signature{sign(t, "ann", signer.Security, d), sign(t, "bob", signer.Legal, d), sign(t, "bob", signer.Privacy, d), sign(t, "eve", signer.Business, d)}
	v := signer.Verifier{Set: three()}
	rapid.Check(t, func(t *rapid.T) {
		picked := rapid.SliceOfN(rapid.SampledFrom(all), 0, 12).Draw(t, "signatures")
		v.Set.ManyRoles = rapid.Bool().Draw(t, "many roles")
		want := make(map[string]bool)
		for _, s := range picked {
			want[s.Signer] = true
		}
		got, err := v.Quorum(d, picked, now)
		if len(got.Persons()) != len(want) || (err == nil) != (len(want) >= 2) {
			t.Fatalf("%v for %v: %v", got.Persons(), want, err)
		}
	})
}

func TestDecodeIsStrict(t *testing.T) {
	for text, ok := range map[string]bool{
		`{"threshold":2,"signers":[]}`: true, `{"threshold":2,"threshold":3}`: false, `{"threshold":2,"other":1}`: false, `{"threshold":2} {}`: false,
		"{\"threshold\":2,\"signers\":[{\"name\":\"\xff\"}]}": false, ``: false, `{"threshold":` + strings.Repeat(" ", 2000) + `2}`: false,
	} {
		var s signer.Set
		if err := signer.Decode([]byte(text), 1000, &s); (err == nil) != ok {
			t.Errorf("%.40s: %v", text, err)
		}
	}
}

func TestDigestText(t *testing.T) {
	d := signer.Sum([]byte("x"))
	if got, err := signer.ParseDigest(d.String()); err != nil || got != d {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "sha256:", "md5:" + d.String()[7:], strings.ToUpper(d.String()), d.String() + "00", signer.Digest{}.String()} {
		if _, err := signer.ParseDigest(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// The digests and statements that people have signed must not change with the program.
func TestGolden(t *testing.T) {
	d := action(t, signer.Release, "x")
	s := signer.Signature{Signer: "ann", Role: signer.Security, At: now}
	b, err := s.Statement(d)
	want := `{"action":"` + signer.Sum([]byte(`{"body":"x","type":"mantlet.release/1"}`)).String() + `","at":"2026-11-25T14:00:00Z","role":"security","signer":"ann","type":"mantlet.signature/1"}`
	if err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
}

// What was printed to be signed elsewhere is read as it was printed, and in no other form.
func TestStatementsAreReadAsTheyWerePrinted(t *testing.T) {
	d := action(t, signer.Release, "x")
	s := signer.Signature{Signer: "ann", Role: signer.Security, At: now}
	b, err := s.Statement(d)
	if err != nil {
		t.Fatal(err)
	}
	if got, read, err := signer.ParseStatement(b); err != nil || got != d || read.Signer != "ann" || read.Role != signer.Security || !read.At.Equal(now) {
		t.Errorf("%s %+v, %v", got, read, err)
	}
	text := string(b)
	for name, bad := range map[string]string{
		"nothing": "", "a line break": text + "\n", "space": strings.Replace(text, ",", ", ", 1), "another member": strings.Replace(text, "{", `{"a":1,`, 1),
		"another type": strings.Replace(text, "mantlet.signature/1", "mantlet.release/1", 1),
		"another zone": strings.Replace(text, "14:00:00Z", "14:00:00+00:00", 1), "too long": strings.Repeat(" ", 5000) + text,
	} {
		if _, _, err := signer.ParseStatement([]byte(bad)); err == nil {
			t.Errorf("%s is read: %s", name, bad)
		}
	}
}
