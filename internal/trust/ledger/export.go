package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is that of C2SP tlog-tiles: 256 hashes, or entries, a tile.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// Export writes the log as it is now below dir, as C2SP tlog-tiles has it: checkpoint,
// tile/L/N and tile/entries/N. An entry has at most 65,535 bytes.
func (l *Ledger) Export(ctx context.Context, dir string) error {
	l.mu.Lock()
	size, hashes, last := l.size, l.hashes, l.last
	l.mu.Unlock() // what is before size does not change any more
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		data, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		if err := put(dir, tilePath(tile), data); err != nil {
			return err
		}
	}
	for from := int64(0); from < size; from += tileWidth {
		n := min(tileWidth, size-from)
		entries, err := l.o.Store.Entries(ctx, from, int(n))
		if err != nil {
			return err
		}
		if int64(len(entries)) != n {
			return ErrRolledBack
		}
		bundle, err := bundleOf(entries)
		if err != nil {
			return err
		}
		tile := tlog.Tile{H: tileHeight, L: -1, N: from / tileWidth, W: int(n)}
		if err := put(dir, tilePath(tile), bundle); err != nil {
			return err
		}
	}
	return put(dir, "checkpoint", last)
}

// tilePath is tlog's path of a tile without the height, which C2SP fixes.
func tilePath(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if rest, data := strings.CutPrefix(path, "data/"); data {
		path = "entries/" + rest
	}
	return filepath.Join("tile", filepath.FromSlash(path))
}

func put(dir, path string, data []byte) error {
	at := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil { //nolint:gosec // the export is for others to read
		return err
	}
	return os.WriteFile(at, data, 0o644) //nolint:gosec // the export is for others to read
}

// bundleOf is entries, each behind its length in two bytes.
func bundleOf(entries [][]byte) ([]byte, error) {
	var out []byte
	for _, e := range entries {
		if len(e) > math.MaxUint16 {
			return nil, fmt.Errorf("ledger: an entry of %d bytes does not fit into a bundle", len(e))
		}
		out = binary.BigEndian.AppendUint16(out, uint16(len(e))) //nolint:gosec // checked above
		out = append(out, e...)
	}
	return out, nil
}

// VerifyExport reads an export, and returns its tree if the checkpoint is one of origin
// that one of known has signed, and every entry is where it says. each is given every
// entry in order, before that is known.
func VerifyExport(dir, origin string, each func(index int64, entry []byte) error, known ...note.Verifier) (tlog.Tree, error) {
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint")) //nolint:gosec // the export that was asked for
	if err != nil {
		return tlog.Tree{}, err
	}
	tree, err := ParseCheckpoint(signed, origin, known...)
	if err != nil {
		return tlog.Tree{}, err
	}
	var l Ledger
	for from := int64(0); from < tree.N; from += tileWidth {
		tile := tlog.Tile{H: tileHeight, L: -1, N: from / tileWidth, W: int(min(tileWidth, tree.N-from))}
		bundle, err := os.ReadFile(filepath.Join(dir, tilePath(tile))) //nolint:gosec // the export that was asked for
		if err != nil {
			return tlog.Tree{}, err
		}
		if err := l.unbundle(bundle, tile.W, each); err != nil {
			return tlog.Tree{}, err
		}
	}
	root, err := tlog.TreeHash(l.size, l.hashes)
	if err != nil || l.size != tree.N || root != tree.Hash {
		return tlog.Tree{}, errors.Join(ErrForked, err)
	}
	return tree, nil
}

var errBundle = errors.New("ledger: a bundle of entries is not whole")

func (l *Ledger) unbundle(b []byte, n int, each func(int64, []byte) error) error {
	for range n {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return errBundle
		}
		entry := b[2 : 2+int(binary.BigEndian.Uint16(b))]
		b = b[2+len(entry):]
		if err := each(l.size, entry); err != nil {
			return err
		}
		if _, err := l.grow(entry); err != nil {
			return err
		}
	}
	if len(b) != 0 {
		return errBundle
	}
	return nil
}
