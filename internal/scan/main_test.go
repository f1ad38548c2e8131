package scan

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
)

func TestMain(m *testing.M) {
	process.Supervise() // does not return in a supervisor
	if os.Getenv("MANTLET_SCAN_STUB") != "" {
		stub()
		return
	}
	goleak.VerifyTestMain(m)
}
