package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/mantlet-mcp/mantlet/internal/store"
)

// A Store keeps the entries. See store.DB.
type Store interface {
	Append(ctx context.Context, b store.Batch) error
	Entries(ctx context.Context, from int64, limit int) ([][]byte, error)
	Blob(ctx context.Context, h store.Hash) ([]byte, error)
}

// Keeper keeps the last checkpoint where who writes to the database cannot.
type Keeper interface {
	Load() ([]byte, error) // nil where none was kept yet
	Keep(checkpoint []byte) error
}

// Options are what a Ledger needs, all of it.
type Options struct {
	Store  Store
	Keeper Keeper
	Signer note.Signer     // of checkpoints; its name is the log's origin
	Known  []note.Verifier // whose signature on the kept checkpoint is believed, the signer's own among them
	Adopt  bool            // takes a history that is there while no checkpoint was kept: a new replica's first start
}

// Why a history is refused.
var (
	ErrRolledBack = errors.New("ledger: the catalogue's log is shorter than it was: an older copy was put in its place, or its end was cut off")
	ErrForked     = errors.New("ledger: the catalogue's log is not the one that was here before: entries were changed")
	ErrUnkept     = errors.New("ledger: there is a catalogue's log, and no checkpoint was kept that it could be held against")
	ErrCheckpoint = errors.New("ledger: the kept checkpoint is not one that this log's key has signed")
)

// A Ledger is an open log. It is safe for many goroutines.
type Ledger struct {
	o Options

	mu     sync.Mutex
	size   int64
	hashes memory // of the tree, by stored index
	last   []byte // the signed checkpoint of size
}

// Open reads the whole log, and holds it against the kept checkpoint. each is given every
// entry in order, and keeps nothing of it.
func Open(ctx context.Context, o Options, each func(index int64, entry []byte) error) (*Ledger, error) {
	kept, err := o.kept()
	if err != nil {
		return nil, err
	}
	l := &Ledger{o: o}
	if err := l.read(ctx, each); err != nil {
		return nil, err
	}
	if err := l.check(kept); err != nil {
		return nil, err
	}
	return l, l.sign()
}

// kept is the checkpoint that was kept; the zero Tree where none was.
func (o *Options) kept() (tlog.Tree, error) {
	text, err := o.Keeper.Load()
	if err != nil || text == nil {
		return tlog.Tree{N: -1}, err
	}
	return ParseCheckpoint(text, o.Signer.Name(), o.Known...)
}

func (l *Ledger) check(kept tlog.Tree) error {
	switch {
	case kept.N < 0 && l.size > 0 && !l.o.Adopt:
		return ErrUnkept
	case kept.N <= 0:
		return nil
	case l.size < kept.N:
		return ErrRolledBack
	}
	root, err := tlog.TreeHash(kept.N, l.hashes)
	if err != nil || root != kept.Hash {
		return errors.Join(ErrForked, err)
	}
	return nil
}

// pageSize is how many entries are read at once.
const pageSize = 1000

// read reads what follows.
func (l *Ledger) read(ctx context.Context, each func(int64, []byte) error) error {
	for {
		page, err := l.o.Store.Entries(ctx, l.size, pageSize)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := each(l.size, e); err != nil {
				return fmt.Errorf("entry %d of the catalogue's log: %w", l.size, err)
			}
			if _, err := l.grow(e); err != nil {
				return err
			}
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

// grow adds one entry to the tree in memory, and returns the hashes that it made.
func (l *Ledger) grow(entry []byte) ([]tlog.Hash, error) {
	made, err := tlog.StoredHashes(l.size, entry, l.hashes)
	if err != nil {
		return nil, err
	}
	l.hashes = append(l.hashes, made...)
	l.size++
	return made, nil
}

// Append writes entries at the end, with the blobs that they speak of, and keeps the new
// checkpoint. If others have written meanwhile, their entries are given to each first and
// nothing is appended: store.ErrMoved says so, and the caller decides anew.
func (l *Ledger) Append(ctx context.Context, entries [][]byte, blobs map[store.Hash][]byte, each func(int64, []byte) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	size, stored := l.size, len(l.hashes)
	b := store.Batch{Size: size, Base: int64(stored), Entries: entries, Blobs: blobs}
	for _, e := range entries {
		made, err := l.grow(e)
		if err != nil {
			l.shrink(size, stored)
			return err
		}
		for _, h := range made {
			b.Hashes = append(b.Hashes, store.Hash(h))
		}
	}
	if err := l.o.Store.Append(ctx, b); err != nil {
		l.shrink(size, stored)
		if errors.Is(err, store.ErrMoved) {
			err = errors.Join(err, l.follow(ctx, each))
		}
		return err
	}
	return l.sign()
}

func (l *Ledger) shrink(size int64, stored int) { l.size, l.hashes = size, l.hashes[:stored] }

// Follow gives each what others have written since.
func (l *Ledger) Follow(ctx context.Context, each func(int64, []byte) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.follow(ctx, each)
}

func (l *Ledger) follow(ctx context.Context, each func(int64, []byte) error) error {
	before := l.size
	if err := l.read(ctx, each); err != nil {
		return err
	}
	if l.size == before {
		return nil
	}
	return l.sign()
}

// sign makes the checkpoint of what is there, and has it kept.
func (l *Ledger) sign() error {
	root, err := tlog.TreeHash(l.size, l.hashes)
	if err != nil {
		return err
	}
	signed, err := NewCheckpoint(tlog.Tree{N: l.size, Hash: root}, l.o.Signer)
	if err != nil {
		return err
	}
	if err := l.o.Keeper.Keep(signed); err != nil {
		return fmt.Errorf("ledger: the checkpoint cannot be kept: %w", err)
	}
	l.last = signed
	return nil
}

// Checkpoint is the signed checkpoint of the log as it is now.
func (l *Ledger) Checkpoint() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]byte(nil), l.last...)
}

// Size is how many entries there are.
func (l *Ledger) Size() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size
}

// Prove returns the proof that the entry at index is in the checkpoint's tree, which
// VerifyEntry checks without this ledger.
func (l *Ledger) Prove(index int64) (tlog.RecordProof, []byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, err := tlog.ProveRecord(l.size, index, l.hashes)
	return p, l.last, err
}

// ProveConsistency returns the proof that the tree of size old is the beginning of the
// checkpoint's.
func (l *Ledger) ProveConsistency(old int64) (tlog.TreeProof, []byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, err := tlog.ProveTree(l.size, old, l.hashes)
	return p, l.last, err
}

// memory is a tree's stored hashes.
type memory []tlog.Hash

// ReadHashes implements tlog.HashReader.
func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(m)) {
			return nil, fmt.Errorf("ledger: the tree has no hash %d", at)
		}
		out[i] = m[at]
	}
	return out, nil
}
