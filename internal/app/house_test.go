package app

import (
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/config"
)

// The front ends no call before its server's own limit does, whose words name the server.
func TestTheFrontsLimitsAreTheServers(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	cfg, err := config.Parse("", []byte("servers: {a: {url: \"http://127.0.0.1/\", timeouts: {call: 20m, stream: 48h}}, b: {url: \"http://127.0.0.1/\"}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if call, stream := longest(cfg); call <= 20*time.Minute || stream <= 48*time.Hour {
		t.Errorf("%s, %s", call, stream)
	}
	cfg.Servers["a"].Timeouts.Call, cfg.Servers["b"].Timeouts.Call = 0, 0
	if call, _ := longest(cfg); call <= 5*time.Minute {
		t.Errorf("a command that a program brought has %s", call)
	}
}
