package exact

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A Column says what a cell of it is.
type Column struct {
	Alone bool // a cell is a sign by itself; others are beside another cell of their row
	Skip  bool // it is left out
}

// Counts say what became of a table.
type Counts struct {
	Rows, Cells, Pairs int
	Left               int // cells that were too short or too long
}

// The bounds of a table.
const (
	MinKey      = 32 // bytes
	maxPrints   = 50_000_000
	magic       = "mantletX"
	version     = 1
	headerBytes = 48
	beginnings  = 32 << 10 // bytes of the bits of cells' first letters
	fixed       = headerBytes + beginnings
	tagAt       = 32
)

// Fingerprint writes the fingerprints of a table: rows, one after the other, with as many
// cells as there are columns. The rows are forgotten. The key has 32 bytes and more.
func Fingerprint(w io.Writer, key []byte, columns []Column, rows func(yield func([]string) bool)) (n Counts, err error) {
	if len(key) < MinKey {
		return n, fmt.Errorf("the key has %d bytes; it needs %d", len(key), MinKey)
	}
	t := table{columns: columns, n: &n, salt: make([]byte, 16)}
	if _, err = rand.Read(t.salt); err != nil {
		return n, err
	}
	t.keys = derive(key, t.salt)
	t.hasher = t.keys.hasher()
	for row := range rows {
		if err = t.add(row); err != nil {
			return n, err
		}
	}
	_, err = w.Write(t.file())
	return n, err
}

type table struct {
	columns []Column
	keys    keys
	hasher  *hasher
	salt    []byte
	prints  []mark
	filter  []uint64 // SipHash of each cell
	first   [beginnings]byte
	n       *Counts
}

func (t *table) add(row []string) error {
	t.n.Rows++
	if len(row) != len(t.columns) {
		return fmt.Errorf("row %d has %d cells, and there are %d columns", t.n.Rows, len(row), len(t.columns))
	}
	var cells []mark
	for i, value := range row {
		if t.columns[i].Skip || value == "" {
			continue
		}
		letters := folded(value)
		if letters == nil {
			t.n.Left++
			continue
		}
		if t.columns[i].Alone {
			t.keep(letters, t.hasher.cell(alone, letters))
		}
		cells = append(cells, t.hasher.cell(cell, letters))
		t.keep(letters, cells[len(cells)-1])
		t.n.Cells++
	}
	for i := range cells {
		for _, other := range cells[i+1:] {
			t.prints = append(t.prints, t.hasher.pair(cells[i], other))
			t.n.Pairs++
		}
	}
	if len(t.prints) > maxPrints {
		return errors.New("the table is too large; leave columns out")
	}
	return nil
}

func (t *table) keep(letters []byte, p mark) {
	t.prints = append(t.prints, p)
	t.filter = append(t.filter, t.keys.filtered(letters))
	at := t.keys.beginning(letters)
	t.first[at/8] |= 1 << (at % 8)
}

// file is the whole file; see the package's comment.
func (t *table) file() []byte {
	slices.SortFunc(t.prints, func(a, b mark) int { return bytes.Compare(a[:], b[:]) })
	t.prints = slices.Compact(t.prints)
	size := uint8(10)
	for 1<<size < 16*len(t.filter) && size < 31 {
		size++
	}
	out := make([]byte, fixed+1<<size/8, fixed+1<<size/8+len(t.prints)*len(mark{}))
	copy(out, magic)
	copy(out[headerBytes:], t.first[:])
	out[8], out[9] = version, size
	binary.BigEndian.PutUint32(out[12:], uint32(len(t.prints))) //nolint:gosec // below maxPrints
	copy(out[16:], t.salt)
	for _, sum := range t.filter {
		for _, at := range places(sum, size) {
			out[fixed+at/8] |= 1 << (at % 8)
		}
	}
	for i := range t.prints {
		out = append(out, t.prints[i][:]...)
	}
	copy(out[tagAt:], t.keys.tag(out))
	return out
}

// places are the two bits of a filter that a sum sets.
func places(sum uint64, size uint8) [2]uint32 {
	//nolint:gosec // the low half, and the high one
	return [2]uint32{uint32(sum) & (1<<size - 1), uint32(sum>>32) & (1<<size - 1)}
}

// tag is over a file without its tag.
func (k *keys) tag(file []byte) []byte {
	h := hmac.New(sha256.New, k.check)
	_, _ = h.Write(file[:tagAt])
	_, _ = h.Write(file[headerBytes:])
	return h.Sum(nil)[:16]
}
