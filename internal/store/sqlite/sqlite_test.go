package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/store"
	"github.com/mantlet-mcp/mantlet/internal/store/sqlite"
	"github.com/mantlet-mcp/mantlet/internal/store/storetest"
)

func TestStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a ?#%41.db") // a name that a URL would read otherwise
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, path) })
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
}

func open(t *testing.T, path string) *store.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(path, []byte("this is not a database, and long enough to be read as one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := sqlite.Open(t.Context(), path); err == nil {
		t.Fatal("opened", db.Close())
	}
	if db, err := sqlite.Open(t.Context(), filepath.Join(path, "below")); err == nil {
		t.Fatal("opened", db.Close())
	}
}
