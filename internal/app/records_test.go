package app_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/exact"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// TestRecords holds that an organisation's own words and records stay inside, each with the
// twin that passes without them.
func TestRecords(t *testing.T) {
	dir := t.TempDir()
	key := bytes.Repeat([]byte("k"), 32)
	var prints bytes.Buffer
	if _, err := exact.Fingerprint(&prints, key, []exact.Column{{Alone: true}, {}, {}}, slices.Values([][]string{{"A-4711-0815", "Grace", "Hopper"}})); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"words": []byte("# projects\n\nproject halyard\n"), "prints": prints.Bytes(), "key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const insecure = "trust: {firstUse: scan}\ninsecure: {allowAnonymous: true, policyAllowAll: true, quotaUnlimited: true}\n"
	server := "servers: {s: {url: \"" + saying(t) + "\"}}\n"
	config := func(in, back string) string {
		return fmt.Sprintf("%s%sinspect:\n  words: [{name: ours, file: %q, in: %s, back: %s}]\n  fingerprints: [{name: people, file: %q, keyFile: %q, in: %[4]s, back: %[5]s}]\n",
			insecure, server, filepath.Join(dir, "words"), in, back, filepath.Join(dir, "prints"), filepath.Join(dir, "key"))
	}
	closed := mantlettest.Start(t, config("block", "mask"))
	in, back := agent(t, closed.URL("s")), agent(t, mantlettest.Start(t, config("note", "mask")).URL("s"))
	open := agent(t, mantlettest.Start(t, insecure+server).URL("s"))
	for _, c := range []struct{ text, masked string }{
		{"about Project Halyard now", "about [custom/ours] now"},
		{"pay a4711 0815 today", "pay [exact/people] today"},
		{"Hopper, Grace asks", "[exact/people/pair] asks"},
	} {
		if got, refused := echoed(t, in, map[string]any{"text": c.text}); !refused {
			t.Errorf("on its way in: %q", got)
		}
		if got, refused := echoed(t, back, map[string]any{"text": c.text}); refused || got != c.masked {
			t.Errorf("on its way back: %q, refused %v", got, refused)
		}
		if got, refused := echoed(t, open, map[string]any{"text": c.text}); refused || got != c.text {
			t.Errorf("without it: %q, refused %v", got, refused)
		}
	}
	if got, refused := echoed(t, in, map[string]any{"text": "Grace met the halyards"}); refused {
		t.Errorf("honest: %q", got)
	}
	for name, b := range map[string][]byte{"words": nil, "prints": []byte("nothing"), "key": bytes.Repeat([]byte("x"), 32)} {
		path := filepath.Join(dir, name)
		was, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := closed.Reload(closed.Config); err == nil || !strings.Contains(err.Error(), "the ") {
			t.Errorf("%s was taken: %v", name, err)
		}
		if err := os.WriteFile(path, was, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
