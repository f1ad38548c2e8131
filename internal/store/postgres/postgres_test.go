package postgres_test

import (
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/store"
	"github.com/mantlet-mcp/mantlet/internal/store/postgres"
	"github.com/mantlet-mcp/mantlet/internal/store/storetest"
	"github.com/mantlet-mcp/mantlet/test/peers"
)

func TestStore(t *testing.T) {
	url := peers.Postgres(t)
	storetest.Run(t, func(t *testing.T) *store.DB {
		t.Helper()
		db, err := postgres.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	})
}

func TestAnErrorHoldsNoPassword(t *testing.T) {
	for _, url := range []string{"postgres://u:hunter2@127.0.0.1:1/x?sslmode=disable", "postgres://u:hunter2@127.0.0.1:notaport/x"} {
		db, err := postgres.Open(t.Context(), url)
		if err == nil {
			t.Fatal("opened", db.Close())
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Error(err)
		}
	}
}
