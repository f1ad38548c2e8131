package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mantlet-mcp/mantlet/internal/trust/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// awaitText waits until a file matches a pattern: appears FILE PATTERN.
func awaitText(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: appears FILE PATTERN")
	}
	pattern := regexp.MustCompile(args[1])
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && pattern.Match(b) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s has no %s:\n%s", args[0], args[1], b)
		}
	}
}

const served = "listen: {address: '127.0.0.1:0'}\ntrust: {firstUse: approve}\ninsecure: {policyAllowAll: true, quotaUnlimited: true}\n"

// signedBundle writes one that two people signed, and returns serve's flags for it.
func signedBundle(t *testing.T, config string, issued, expires time.Time) signedFlags {
	t.Helper()
	set, keys := signer.Set{Threshold: 2}, map[string]ed25519.PrivateKey{}
	for _, name := range []string{"ann", "bob"} {
		seed := sha256.Sum256([]byte(name))
		keys[name] = ed25519.NewKeyFromSeed(seed[:])
		public := base64.StdEncoding.EncodeToString(keys[name].Public().(ed25519.PublicKey))
		set.Signers = append(set.Signers, signer.Signer{Name: name, Roles: []signer.Role{signer.Security}, Until: issued.AddDate(2, 0, 0), Keys: []signer.Key{{Kind: signer.Ed25519, Public: public}}})
	}
	b, err := bundle.New(bundle.Payload{Type: signer.Bundle, Version: 1, Issued: issued, Expires: expires, Config: []byte(config), Signers: set})
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range keys {
		if err := b.Sign(key, name, signer.Security, issued); err != nil {
			t.Fatal(err)
		}
	}
	file, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	root, err := set.Digest()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f := signedFlags{file: filepath.Join(dir, "mantlet.bundle"), state: filepath.Join(dir, "kept", "bundle.state"), root: root.String()}
	if err := os.WriteFile(f.file, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

// What has ended does not begin, nor what is not issued yet; the same in its time does.
func TestABundleOutsideOfItsTime(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	for name, tc := range map[string]struct {
		issued, expires time.Time
		want            error
	}{
		"in its time":    {now.AddDate(0, 0, -2), now.AddDate(0, 0, 1), nil},
		"ended":          {now.AddDate(0, 0, -2), now.AddDate(0, 0, -1), bundle.ErrDate},
		"not issued yet": {now.AddDate(0, 0, 1), now.AddDate(0, 0, 2), bundle.ErrDate},
	} {
		f := signedBundle(t, served, tc.issued, tc.expires)
		s, err := f.source("")
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := s.load()
		if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) || (cfg == nil) != (err != nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !strings.Contains(err.Error(), "make and sign the next version") {
			t.Errorf("%s: nothing says what to do: %v", name, err)
		}
	}
}

// What cannot be kept is not used: an older one could follow it. Nor is it used where what
// was kept cannot be read.
func TestABundleThatCannotBeKeptIsNotUsed(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	for want, place := range map[string]func(bundle string) string{
		"cannot be believed": func(bundle string) string { return bundle }, // a file, so that nothing is below it
		"cannot be kept": func(bundle string) string {
			dir := filepath.Join(filepath.Dir(bundle), "nowhere")
			if err := os.Symlink(dir+".gone", dir); err != nil {
				t.Skip("no symbolic links here:", err)
			}
			return dir
		},
	} {
		f := signedBundle(t, served, now, now.AddDate(0, 0, 1))
		t.Setenv("MANTLET_STATE", t.TempDir())
		c, out := rootCommand(), &bytes.Buffer{}
		c.SetArgs([]string{"serve", "--bundle", f.file, "--root", f.root, "--bundle-state", filepath.Join(place(f.file), "bundle.state")})
		c.SetOut(out)
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
		defer stop()
		if err := c.ExecuteContext(ctx); err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("%s: %v, %s", want, err, out)
		}
	}
}

// A configuration that is refused is not kept as accepted: the one before still starts.
func TestABundleWithABadConfigurationIsNotKept(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	for _, text := range []string{"log: {level: loud}\n", "trust: {firstUse: approve}\n", served + "servers: {a: {command: no-such-command}}\n"} {
		f := signedBundle(t, text, now, now.AddDate(0, 0, 1))
		t.Setenv("MANTLET_STATE", t.TempDir())
		c := rootCommand()
		c.SetArgs([]string{"serve", "--bundle", f.file, "--root", f.root, "--bundle-state", f.state})
		if err := c.ExecuteContext(t.Context()); err == nil {
			t.Errorf("%q is served", text)
		}
		if _, err := os.Lstat(f.state); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: something is kept: %v", text, err)
		}
	}
}

// What is in force ends when it said that it would, to the second, and not before; one that
// followed it goes on.
func TestTheBundleInForceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s signed
		s.read = time.Now().Add(time.Hour)
		s.took()
		ctx, stop := s.guard(t.Context(), slog.New(slog.DiscardHandler))
		defer stop()
		time.Sleep(time.Hour - time.Second)
		if synctest.Wait(); ctx.Err() != nil {
			t.Fatal("it ended too soon")
		}
		s.read = s.read.Add(time.Hour)
		s.took()
		time.Sleep(time.Hour)
		if synctest.Wait(); ctx.Err() != nil {
			t.Fatal("the one that followed does not go on")
		}
		time.Sleep(time.Second)
		if synctest.Wait(); !errors.Is(context.Cause(ctx), errEnded) {
			t.Errorf("it goes on after its end: %v", context.Cause(ctx))
		}
	})
}

// serve stops with it, and says why.
func TestServeStopsAtTheEndOfItsBundle(t *testing.T) {
	for life := time.Second; life < time.Minute; life *= 2 {
		now := time.Now().UTC().Truncate(time.Second)
		f := signedBundle(t, served, now, now.Add(time.Second+life))
		state, err := os.MkdirTemp("", "ms") // short: a unix socket's path has 107 bytes
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(state) //nolint:errcheck // a test's
		t.Setenv("MANTLET_STATE", state)
		c := rootCommand()
		c.SetArgs([]string{"serve", "--bundle", f.file, "--root", f.root, "--bundle-state", f.state})
		c.SetOut(io.Discard)
		err = c.ExecuteContext(t.Context())
		if errors.Is(err, bundle.ErrDate) {
			continue // a slow machine: it had ended before it was read
		}
		if !errors.Is(err, errEnded) {
			t.Errorf("%v", err)
		}
		return
	}
	t.Error("no bundle lived long enough to be read")
}

// A bundle whose configuration names a file that it does not hold is refused, though the
// file lies on disk.
func TestABundleHoldsWhatItNames(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	f := signedBundle(t, strings.Replace(served, "firstUse: approve", "firstUse: approve, provenance: {trustedRootFile: root.json}", 1), now, now.AddDate(0, 0, 1))
	if err := os.WriteFile(filepath.Join(filepath.Dir(f.file), "root.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := f.source("")
	if err != nil {
		t.Fatal(err)
	}
	if cfg, err := s.load(); cfg != nil || err == nil || !strings.Contains(err.Error(), "root.json is not in the bundle, and a file on disk does not stand in for it") {
		t.Error(err)
	}
}
