package mantlet_test

import (
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
)

// Whatever people call a thing, what is made of it is an id.
func TestServerIDFrom(t *testing.T) {
	for name, want := range map[string]string{
		"files": "files", "My Files!": "my-files", "  --": "server", "": "server", "é": "server", "a__b": "a-b", "@scope/pkg": "scope-pkg",
		"0123456789abcdefghijklm-nop": "0123456789abcdefghijklm", strings.Repeat("x", 99): strings.Repeat("x", 24),
	} {
		got := mantlet.ServerIDFrom(name, 24)
		if _, err := mantlet.ParseServerID(got); err != nil || got != want {
			t.Errorf("%q: %q, want %q (%v)", name, got, want, err)
		}
	}
}
