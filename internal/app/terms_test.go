package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// A reload puts other terms of release in force at once: who signs, and whether one person
// approves. What takes a start is refused by name, and changes nothing.
func TestAReloadChangesTheTermsOfRelease(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, people ...string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, setOf(t, people...), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	first, second := write("first.json", "ann", "bob"), write("second.json", "ann", "eve")
	url := peerURL(t)
	text := func(trust string) string {
		return fmt.Sprintf("trust: {%s}\nservers: {peer: {url: %q}}\n", trust, url) + pinning
	}
	g := mantlettest.Start(t, text("firstUse: approve, release: "+oneRole+", signersFile: "+first))
	reload := func(trust string) error {
		c, err := config.Parse("", []byte("listen: {address: \"127.0.0.1:0\"}\n"+text(trust)))
		if err != nil {
			t.Fatal(err)
		}
		return g.Reload(c)
	}
	d := proposed(t, g)
	sign(t, d, "ann")
	if s := sign(t, d, "bob"); !s.Released {
		t.Fatal("the first two release nothing, so that nothing is tested", s.Missing)
	}
	if err := reload("firstUse: approve, release: " + oneRole + ", signersFile: " + second); err != nil {
		t.Fatal(err)
	}
	s, err := d.Release(t.Context(), "peer")
	if err != nil || s.Released || len(s.People) != 1 || s.People[0] != "ann" {
		t.Fatalf("bob still counts: %+v, %v", s, err)
	}
	if s := sign(t, d, "eve"); !s.Released {
		t.Error("eve does not count", s.Missing)
	}
	if err := reload("firstUse: approve, release: " + oneRole + ", keyFile: other.key, signersFile: " + first); err == nil || !strings.Contains(err.Error(), "trust.keyFile") || strings.Contains(err.Error(), "signers") {
		t.Error("what takes a start is not named", err)
	}
	if s, err := d.Release(t.Context(), "peer"); err != nil || !s.Released {
		t.Error("a reload that was refused has changed the signers", s.Missing, err)
	}
	if err := reload("firstUse: ask"); err != nil {
		t.Fatal(err)
	}
	one := daemon.Decision{Server: "peer", On: []daemon.Seen{{Kind: "tool", Name: "delete_file", Digest: seenOf(t, d)}}, State: "approved", Code: codeOf(t, g)}
	if err := d.Decide(t.Context(), one); err != nil {
		t.Error("one person does not approve though the configuration says ask", err)
	}
}
