package app

import (
	"path/filepath"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey"
)

// The counters outlive the process: those of passkeys that are enrolled, and of signers',
// whose keys are not kept here and are not enrolled by it.
func TestCountersAreKept(t *testing.T) {
	at := config.Trust{PageAddress: "127.0.0.1:0", PasskeyFile: filepath.Join(t.TempDir(), "passkeys")}
	p, err := openPage(at)
	if err != nil {
		t.Fatal(err)
	}
	_ = p.at.Close()
	p.known = []passkey.Credential{{ID: []byte("mine"), Key: []byte("key")}}
	p.counted(passkey.Assertion{Credential: []byte("mine"), Count: 7})
	p.counted(passkey.Assertion{Credential: []byte("ann's"), Count: 9})
	p.counted(passkey.Assertion{Credential: []byte("without"), Count: 0})
	if err := p.keep(); err != nil {
		t.Fatal(err)
	}
	again, err := openPage(at)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.at.Close()
	if len(again.known) != 1 || again.last([]byte("mine")) != 7 || again.last([]byte("ann's")) != 9 || len(again.counts) != 1 {
		t.Errorf("%+v %v", again.known, again.counts)
	}
}
