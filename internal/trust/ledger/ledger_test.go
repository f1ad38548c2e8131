package ledger_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	_ "modernc.org/sqlite" // to tamper with

	"github.com/mantlet-mcp/mantlet/internal/store"
	"github.com/mantlet-mcp/mantlet/internal/store/sqlite"
	"github.com/mantlet-mcp/mantlet/internal/trust/ledger"
)

const origin = "mantlet.test/catalogue"

// A bench is a ledger and everything that it stands on.
type bench struct {
	dir    string
	signer note.Signer
	known  note.Verifier
	db     *store.DB
}

func newBench(t *testing.T) *bench {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{dir: t.TempDir()}
	if b.signer, err = note.NewSigner(secret); err != nil {
		t.Fatal(err)
	}
	if b.known, err = note.NewVerifier(public); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) path() string      { return filepath.Join(b.dir, "trust.db") }
func (b *bench) kept() ledger.File { return ledger.File(filepath.Join(b.dir, "kept")) }

func (b *bench) open(t *testing.T) (*ledger.Ledger, []string, error) {
	t.Helper()
	if b.db != nil {
		_ = b.db.Close()
	}
	var err error
	if b.db, err = sqlite.Open(t.Context(), b.path()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.db.Close() })
	var seen []string
	l, err := ledger.Open(t.Context(), ledger.Options{Store: b.db, Keeper: b.kept(), Signer: b.signer, Known: []note.Verifier{b.known}}, func(i int64, e []byte) error {
		if i != int64(len(seen)) {
			return fmt.Errorf("index %d after %d", i, len(seen))
		}
		seen = append(seen, string(e))
		return nil
	})
	return l, seen, err
}

// filled is a bench whose ledger has n entries and is closed.
func filled(t *testing.T, n int) *bench {
	t.Helper()
	b := newBench(t)
	l, _, err := b.open(t)
	if err != nil {
		t.Fatal(err)
	}
	add(t, l, 0, n)
	if err := b.db.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

func add(t *testing.T, l *ledger.Ledger, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		if err := l.Append(t.Context(), [][]byte{fmt.Appendf(nil, "entry %d", i)}, nil, nothing); err != nil {
			t.Fatal(err)
		}
	}
}

func nothing(int64, []byte) error { return nil }

func (b *bench) exec(t *testing.T, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", b.path())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasAppendedIsThereAgain(t *testing.T) {
	b := filled(t, 7)
	l, seen, err := b.open(t)
	if err != nil || len(seen) != 7 || seen[6] != "entry 6" {
		t.Fatal(seen, err)
	}
	add(t, l, 7, 1)
	if _, seen, err = b.open(t); err != nil || len(seen) != 8 {
		t.Fatal(seen, err)
	}
}

// Everything that can be done to the database is noticed at the next start, and would
// not be by a ledger without a kept checkpoint.
func TestTampering(t *testing.T) {
	const n = 9
	for name, tt := range map[string]struct {
		statements []string
		want       error
		only       bool // the kept checkpoint alone notices
	}{
		"an entry is edited":          {[]string{"UPDATE log_entries SET data='forged' WHERE idx=3"}, ledger.ErrForked, true},
		"the last entry is edited":    {[]string{"UPDATE log_entries SET data='forged' WHERE idx=8"}, ledger.ErrForked, true},
		"two entries change places":   {[]string{"UPDATE log_entries SET data='entry 4' WHERE idx=3", "UPDATE log_entries SET data='entry 3' WHERE idx=4"}, ledger.ErrForked, true},
		"the end is cut off":          {[]string{"DELETE FROM log_entries WHERE idx=8", "DELETE FROM log_hashes"}, ledger.ErrRolledBack, true},
		"everything is gone":          {[]string{"DELETE FROM log_entries", "DELETE FROM log_hashes"}, ledger.ErrRolledBack, true},
		"an entry in the middle goes": {[]string{"DELETE FROM log_entries WHERE idx=3"}, store.ErrMissing, false},
		"the first entry goes":        {[]string{"DELETE FROM log_entries WHERE idx=0"}, store.ErrMissing, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := filled(t, n)
			b.exec(t, tt.statements...)
			if l, _, err := b.open(t); !errors.Is(err, tt.want) || l != nil {
				t.Fatalf("%v; want %v", err, tt.want)
			}
			if err := os.Remove(string(b.kept())); err != nil {
				t.Fatal(err)
			}
			_, err := ledger.Open(t.Context(), ledger.Options{Store: b.db, Keeper: b.kept(), Signer: b.signer, Known: []note.Verifier{b.known}, Adopt: true}, nothing)
			if (err == nil) != tt.only {
				t.Fatalf("without the checkpoint: %v", err)
			}
		})
	}
}

func TestACheckpointThatIsNotOursIsNotBelieved(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, b *bench, text string) string{
		"of another key": func(t *testing.T, _ *bench, _ string) string {
			t.Helper()
			o := filled(t, 2)
			text, err := o.kept().Load()
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		},
		"its size is edited": func(_ *testing.T, _ *bench, text string) string {
			return strings.Replace(text, "\n3\n", "\n2\n", 1)
		},
		"it is empty": func(*testing.T, *bench, string) string { return "" },
		"of another log": func(t *testing.T, b *bench, _ string) string {
			t.Helper()
			text, err := note.Sign(&note.Note{Text: "elsewhere\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"}, b.signer)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := filled(t, 3)
			text, err := b.kept().Load()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(string(b.kept()), []byte(change(t, b, string(text))), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := b.open(t); !errors.Is(err, ledger.ErrCheckpoint) {
				t.Fatal(err)
			}
		})
	}
}

// A checkpoint that is replayed (an older one of our own) lets no older database in that
// is not its continuation, and no younger one is refused for it.
func TestAReplayedCheckpoint(t *testing.T) {
	b := filled(t, 3)
	old, err := b.kept().Load()
	if err != nil {
		t.Fatal(err)
	}
	l, _, err := b.open(t)
	if err != nil {
		t.Fatal(err)
	}
	add(t, l, 3, 3)
	if err := b.kept().Keep(old); err != nil {
		t.Fatal(err)
	}
	if _, seen, err := b.open(t); err != nil || len(seen) != 6 {
		t.Fatal(seen, err)
	}
	if err := b.kept().Keep(old); err != nil {
		t.Fatal(err)
	}
	b.exec(t, "UPDATE log_entries SET data='forged' WHERE idx=1")
	if _, _, err := b.open(t); !errors.Is(err, ledger.ErrForked) {
		t.Fatal(err)
	}
}

func TestWithoutAKeptCheckpointAHistoryIsNotTaken(t *testing.T) {
	b := filled(t, 3)
	if err := os.Remove(string(b.kept())); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.open(t); !errors.Is(err, ledger.ErrUnkept) {
		t.Fatal(err)
	}
}

// Two replicas write to one database: each learns what the other wrote before it adds.
func TestReplicas(t *testing.T) {
	b := newBench(t)
	one, _, err := b.open(t)
	if err != nil {
		t.Fatal(err)
	}
	add(t, one, 0, 2)
	other, err := sqlite.Open(t.Context(), b.path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	kept := ledger.File(filepath.Join(b.dir, "kept2"))
	two, err := ledger.Open(t.Context(), ledger.Options{Store: other, Keeper: kept, Signer: b.signer, Known: []note.Verifier{b.known}, Adopt: true}, nothing)
	if err != nil {
		t.Fatal(err)
	}
	add(t, one, 2, 1)
	var learned []string
	each := func(_ int64, e []byte) error { learned = append(learned, string(e)); return nil }
	if err := two.Append(t.Context(), [][]byte{[]byte("late")}, nil, each); !errors.Is(err, store.ErrMoved) || len(learned) != 1 || learned[0] != "entry 2" {
		t.Fatal(err, learned)
	}
	if err := two.Append(t.Context(), [][]byte{[]byte("late")}, nil, each); err != nil {
		t.Fatal(err)
	}
	learned = nil
	if err := one.Follow(t.Context(), each); err != nil || len(learned) != 1 || learned[0] != "late" {
		t.Fatal(err, learned)
	}
	if string(one.Checkpoint()) != string(two.Checkpoint()) {
		t.Fatal("the replicas' checkpoints differ")
	}
}

// What others verify with: the proofs hold for another implementation of RFC 6962.
func TestProofsHoldElsewhere(t *testing.T) {
	b := filled(t, 300)
	l, seen, err := b.open(t)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := ledger.ParseCheckpoint(l.Checkpoint(), origin, b.known)
	if err != nil || tree.N != 300 {
		t.Fatal(tree, err)
	}
	for _, at := range []int64{0, 1, 255, 256, 299} {
		p, _, err := l.Prove(at)
		if err != nil {
			t.Fatal(err)
		}
		if err := ledger.VerifyEntry(p, tree, at, []byte(seen[at])); err != nil {
			t.Fatal(err)
		}
		if err := ledger.VerifyEntry(p, tree, at, []byte("forged")); err == nil {
			t.Fatal("a forged entry is proved")
		}
		leaf := rfc6962.DefaultHasher.HashLeaf([]byte(seen[at]))
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(at), uint64(tree.N), leaf, bytesOf(p), tree.Hash[:]); err != nil { //nolint:gosec // small
			t.Fatal(err)
		}
	}
	old := tree
	add(t, l, 300, 77)
	p, signed, err := l.ProveConsistency(old.N)
	if err != nil {
		t.Fatal(err)
	}
	young, err := ledger.ParseCheckpoint(signed, origin, b.known)
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.VerifyConsistency(p, old, young); err != nil {
		t.Fatal(err)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, 300, 377, bytesOf(p), old.Hash[:], young.Hash[:]); err != nil {
		t.Fatal(err)
	}
	old.Hash[0] ^= 1
	if err := ledger.VerifyConsistency(p, old, young); err == nil {
		t.Fatal("a fork is consistent")
	}
}

func bytesOf(p []tlog.Hash) [][]byte {
	out := make([][]byte, len(p))
	for i := range p {
		out[i] = p[i][:]
	}
	return out
}

func TestExport(t *testing.T) {
	b := filled(t, 600)
	l, _, err := b.open(t)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := l.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"checkpoint", "tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/88"} {
		if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
			t.Error(err)
		}
	}
	n := 0
	count := func(int64, []byte) error { n++; return nil }
	if tree, err := ledger.VerifyExport(dir, origin, count, b.known); err != nil || tree.N != 600 || n != 600 {
		t.Fatal(tree, n, err)
	}
	if _, err := ledger.VerifyExport(dir, origin, count); !errors.Is(err, ledger.ErrCheckpoint) {
		t.Fatal("believed without a key", err)
	}
	path := filepath.Join(dir, "tile/entries/001")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, forged := range map[string][]byte{"edited": append([]byte{text[0], text[1], text[2] ^ 1}, text[3:]...), "cut": text[:len(text)-1], "longer": append(slices.Clip(text), 0)} {
		if err := os.WriteFile(path, forged, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.VerifyExport(dir, origin, count, b.known); err == nil {
			t.Errorf("%s: verified", name)
		}
	}
}

// If the checkpoint cannot be kept, whoever appended is told; the next start still holds.
func TestACheckpointThatCannotBeKept(t *testing.T) {
	b := newBench(t)
	l, _, err := b.open(t)
	if err != nil {
		t.Fatal(err)
	}
	add(t, l, 0, 1)
	gone := filepath.Join(b.dir, "kept")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(gone, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(context.Background(), [][]byte{[]byte("x")}, nil, nothing); err == nil {
		t.Fatal("appended without a checkpoint")
	}
}
