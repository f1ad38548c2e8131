// Package conformance holds Mantlet against the protocol: with the official suite,
// directly and through Mantlet, and with an intermediary suite of our own.
package conformance

import (
	"os"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
)

func TestMain(m *testing.M) {
	process.Supervise() // does not return in a supervisor
	if len(os.Args) == 2 && os.Args[1] == "modern-server" {
		modernServer(os.Stdin, os.Stdout)
		return
	}
	if len(os.Args) == 3 && os.Args[1] == "hearing-server" {
		hearingServer(os.Stdin, os.Stdout, os.Args[2] == "modern")
		return
	}
	os.Exit(m.Run())
}
