package trust_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/store"
	"github.com/mantlet-mcp/mantlet/internal/store/postgres"
	"github.com/mantlet-mcp/mantlet/internal/store/sqlite"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/ledger"
	"github.com/mantlet-mcp/mantlet/test/peers"
)

// BenchmarkGrowth is what a catalogue of 100,000 tools of 100 servers costs: to be seen
// first, to be opened, to be looked at again, and a lookup in it.
func BenchmarkGrowth(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "trust.db")
		grow(b, func() *store.DB {
			db, err := sqlite.Open(b.Context(), path)
			if err != nil {
				b.Fatal(err)
			}
			return db
		})
	})
	b.Run("postgres", func(b *testing.B) {
		url := peers.Postgres(b)
		grow(b, func() *store.DB {
			db, err := postgres.Open(b.Context(), url)
			if err != nil {
				b.Fatal(err)
			}
			return db
		})
	})
}

func grow(b *testing.B, open func() *store.DB) {
	b.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, "test/catalogue")
	if err != nil {
		b.Fatal(err)
	}
	signer, _ := note.NewSigner(secret)
	known, _ := note.NewVerifier(public)
	kept := ledger.File(filepath.Join(b.TempDir(), "kept"))
	opened := func() (*trust.Registry, *store.DB) {
		db := open()
		r, err := trust.Open(b.Context(), trust.Options{FirstUse: trust.Scan, Vet: clean, Ledger: ledger.Options{Store: db, Keeper: kept, Signer: signer, Known: []note.Verifier{known}}})
		if err != nil {
			b.Fatal(err)
		}
		return r, db
	}
	const servers, tools = 100, 1000
	r, db := opened()
	b.Run("seen first, 1000 of 100000", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			observe(b, r, i%servers, tools)
		}
	})
	for i := range servers {
		observe(b, r, i, tools)
	}
	b.Run("looked at again, 1000 of 100000", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			observe(b, r, i%servers, tools)
		}
	})
	b.Run("lookup in 100000", func(b *testing.B) {
		b.ReportAllocs()
		t := mantlet.Target{Server: "s7", Kind: mantlet.KindTool, Name: "tool_500"}
		for b.Loop() {
			if e, err := r.Lookup(b.Context(), t, mantlet.PrincipalKey{}); err != nil || e.State != trust.Approved {
				b.Fatal(e, err)
			}
		}
	})
	_ = db.Close()
	b.Run("opened, 100000", func(b *testing.B) {
		for b.Loop() {
			_, db := opened()
			_ = db.Close()
		}
	})
}

func observe(b *testing.B, r *trust.Registry, server, tools int) {
	b.Helper()
	id := mantlet.ServerID(fmt.Sprint("s", server))
	o := trust.Observation{Method: "tools/list", Complete: true}
	for i := range tools {
		name := fmt.Sprint("tool_", i)
		o.Items = append(o.Items, trust.Seen{Target: mantlet.Target{Server: id, Kind: mantlet.KindTool, Name: name}, Definition: []byte(tool(name, strings.Repeat("Reads a file. ", 25)))})
	}
	if _, err := r.Observe(b.Context(), id, o); err != nil {
		b.Fatal(err)
	}
}
