// Package e2e drives real MCP servers from npm through Mantlet with the official
// SDKs' clients.
package e2e

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
)

func TestMain(m *testing.M) {
	process.Supervise() // does not return in a supervisor
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}
