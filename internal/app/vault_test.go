package app

import (
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/config"
)

// TestAVaultIsOfItsServers holds that values are forgotten where an id comes to mean another
// server, also after it was away, and are kept where nothing changes.
func TestAVaultIsOfItsServers(t *testing.T) {
	var of tokens
	at := func(url string) *config.Config {
		c := &config.Config{Servers: map[string]*config.Server{"other": {Command: "x"}}}
		if url != "" {
			c.Servers["s"] = &config.Server{URL: url}
		}
		return c
	}
	var last any
	for i, c := range []struct {
		url  string
		kept bool
	}{{"https://a", false}, {"https://a", true}, {"", true}, {"https://b", false}, {"https://b", true}} {
		v, err := of.open(&config.Tokens{Most: 10}, endpoints(at(c.url)))
		if err != nil {
			t.Fatal(err)
		}
		if kept := v == last; kept != c.kept {
			t.Errorf("%d: kept is %v", i, kept)
		}
		last = v
	}
}
