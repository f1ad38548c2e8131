// Package storetest is what every store must do, as a test. It trusts nothing that a
// store says of itself: it reads back what it wrote.
package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/store"
)

// Run holds the stores of open to their contract. Each call of open returns another
// handle of the same database.
func Run(t *testing.T, open func(t *testing.T) *store.DB) {
	t.Helper()
	db := open(t)
	step := func(name string, f func(t *testing.T, db *store.DB)) {
		t.Run(name, func(t *testing.T) { f(t, db) })
	}
	step("an empty log has no entry", empty)
	step("what was appended is read back", appended)
	step("a batch for another size is refused whole", moved)
	step("a hash that is taken refuses the whole batch", atomic)
	step("a blob that is there stays", blobs)
	t.Run("of many writers one wins each place", func(t *testing.T) { writers(t, db, open(t)) })
	t.Run("another handle reads the same", func(t *testing.T) { same(t, db, open(t)) })
}

func batch(size int64, entries ...string) store.Batch {
	b := store.Batch{Size: size, Base: size}
	for _, e := range entries {
		b.Entries = append(b.Entries, []byte(e))
		b.Hashes = append(b.Hashes, sha256.Sum256([]byte(e)))
	}
	return b
}

func entries(t *testing.T, db *store.DB, from int64, limit int) []string {
	t.Helper()
	all, err := db.Entries(t.Context(), from, limit)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(all))
	for i, e := range all {
		out[i] = string(e)
	}
	return out
}

func empty(t *testing.T, db *store.DB) {
	t.Helper()
	if got := entries(t, db, 0, 10); len(got) != 0 {
		t.Fatal(got)
	}
	if _, err := db.Hashes(t.Context(), []int64{0}); !errors.Is(err, store.ErrMissing) {
		t.Fatal(err)
	}
}

func appended(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.Append(t.Context(), batch(0, "a", "b\x00\xff", "c")); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, db, 1, 10); len(got) != 2 || got[0] != "b\x00\xff" || got[1] != "c" {
		t.Fatalf("%q", got)
	}
	if got := entries(t, db, 0, 2); len(got) != 2 || got[0] != "a" {
		t.Fatalf("%q", got)
	}
	h, err := db.Hashes(t.Context(), []int64{2, 0})
	if err != nil || h[0] != sha256.Sum256([]byte("c")) || h[1] != sha256.Sum256([]byte("a")) {
		t.Fatal(h, err)
	}
}

func moved(t *testing.T, db *store.DB) {
	t.Helper()
	for _, size := range []int64{0, 2, 4} {
		if err := db.Append(t.Context(), batch(size, "x")); !errors.Is(err, store.ErrMoved) {
			t.Fatalf("at %d: %v", size, err)
		}
	}
	if got := entries(t, db, 0, 10); len(got) != 3 {
		t.Fatal(got)
	}
}

func atomic(t *testing.T, db *store.DB) {
	t.Helper()
	b := batch(3, "d")
	b.Base = 2 // is taken
	b.Blobs = map[store.Hash][]byte{{1}: []byte("never")}
	if err := db.Append(t.Context(), b); err == nil {
		t.Fatal("appended")
	}
	if got := entries(t, db, 0, 10); len(got) != 3 {
		t.Fatal(got)
	}
	if _, err := db.Blob(t.Context(), store.Hash{1}); !errors.Is(err, store.ErrMissing) {
		t.Fatal(err)
	}
}

func blobs(t *testing.T, db *store.DB) {
	t.Helper()
	h := store.Hash{7}
	for _, data := range []string{"first", "second"} {
		size := int64(len(entries(t, db, 0, 100)))
		b := batch(size, "with "+data)
		b.Blobs = map[store.Hash][]byte{h: []byte(data)}
		if err := db.Append(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := db.Blob(t.Context(), h); err != nil || string(got) != "first" {
		t.Fatalf("%q %v", got, err)
	}
}

func writers(t *testing.T, handles ...*store.DB) {
	t.Helper()
	const each = 20
	before := len(entries(t, handles[0], 0, 1000))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			db := handles[w%len(handles)]
			for i := range each {
				if err := insist(context.Background(), db, fmt.Sprintf("%d.%d", w, i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	all := entries(t, handles[0], int64(before), 1000)
	seen := make(map[string]bool)
	for _, e := range all {
		seen[e] = true
	}
	if len(all) != 4*each || len(seen) != 4*each {
		t.Fatalf("%d entries, %d different; want %d", len(all), len(seen), 4*each)
	}
}

// insist appends e at the log's end, wherever that is by then.
func insist(ctx context.Context, db *store.DB, e string) error {
	for {
		all, err := db.Entries(ctx, 0, 1000)
		if err != nil {
			return err
		}
		err = db.Append(ctx, batch(int64(len(all)), e))
		if !errors.Is(err, store.ErrMoved) {
			return err
		}
	}
}

func same(t *testing.T, one, other *store.DB) {
	t.Helper()
	a, err := one.Entries(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	b, err := other.Entries(t.Context(), 0, 1000)
	if err != nil || len(a) == 0 || !bytes.Equal(bytes.Join(a, nil), bytes.Join(b, nil)) {
		t.Fatal(len(a), len(b), err)
	}
}
