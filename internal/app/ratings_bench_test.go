package app

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust"
)

// BenchmarkRate is what it costs to gather and work out the scores of one server of a hundred
// tools, and to work them out again, in catalogues of so many tools.
func BenchmarkRate(b *testing.B) {
	for _, servers := range []int{10, 100} {
		b.Setenv("MANTLET_STATE", b.TempDir())
		cfg, err := config.Parse("", []byte("trust: {firstUse: scan}"))
		if err != nil {
			b.Fatal(err)
		}
		c, err := openTrust(cfg)
		if err != nil {
			b.Fatal(err)
		}
		for s := range servers {
			id := mantlet.ServerID(fmt.Sprint("server", s))
			o := trust.Observation{Method: "tools/list", Complete: true}
			for i := range 100 {
				sum := sha256.Sum256(fmt.Append(nil, s, i))
				name := "read_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:5])) + "_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[5:9]))
				o.Items = append(o.Items, trust.Seen{Target: mantlet.Target{Server: id, Kind: mantlet.KindTool, Name: name},
					Definition: fmt.Appendf(nil, `{"name":%q,"description":"Reads a file and returns what is in it.","inputSchema":{"type":"object"}}`, name)})
			}
			if _, err := c.Observe(b.Context(), id, o); err != nil {
				b.Fatal(err)
			}
		}
		a := &App{ground: ground{trust: c, log: slog.New(slog.DiscardHandler)}}
		a.house.Store(&house{cfg: cfg})
		b.Run(fmt.Sprint("gather-", servers*100), func(b *testing.B) {
			for b.Loop() {
				c.rate(b.Context(), "server1")
			}
		})
		b.Run(fmt.Sprint("refresh-", servers*100), func(b *testing.B) {
			for b.Loop() {
				a.refresh(b.Context(), "server1")
			}
		})
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
