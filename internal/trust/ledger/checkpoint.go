package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// NewCheckpoint is t as a signed note: the origin, which is the signer's name, the size
// in decimal, the root in base64, a line each (C2SP tlog-checkpoint).
func NewCheckpoint(t tlog.Tree, by note.Signer) ([]byte, error) {
	text := by.Name() + "\n" + strconv.FormatInt(t.N, 10) + "\n" + base64.StdEncoding.EncodeToString(t.Hash[:]) + "\n"
	return note.Sign(&note.Note{Text: text}, by)
}

// ParseCheckpoint returns the tree of a checkpoint of origin that one of known has
// signed. Without a verifier nothing is believed. Lines that follow are other people's
// extensions.
func ParseCheckpoint(signed []byte, origin string, known ...note.Verifier) (tlog.Tree, error) {
	n, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return tlog.Tree{}, errors.Join(ErrCheckpoint, err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != origin {
		return tlog.Tree{}, fmt.Errorf("%w: it is of another log", ErrCheckpoint)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, ErrCheckpoint
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, ErrCheckpoint
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

// VerifyEntry reports whether entry stands at index in the tree of a checkpoint, by
// nothing but the proof.
func VerifyEntry(p tlog.RecordProof, checkpoint tlog.Tree, index int64, entry []byte) error {
	return tlog.CheckRecord(p, checkpoint.N, checkpoint.Hash, index, tlog.RecordHash(entry))
}

// VerifyConsistency reports whether one checkpoint's tree is the beginning of another's.
func VerifyConsistency(p tlog.TreeProof, old, young tlog.Tree) error {
	return tlog.CheckTree(p, young.N, young.Hash, old.N, old.Hash)
}

// File keeps the checkpoint in a file, mode 0600, which is replaced whole.
type File string

// Load implements Keeper.
func (f File) Load() ([]byte, error) {
	b, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// Keep implements Keeper.
func (f File) Keep(checkpoint []byte) error {
	t, err := os.CreateTemp(filepath.Dir(string(f)), ".checkpoint-*")
	if err != nil {
		return err
	}
	_, err = t.Write(checkpoint)
	if err = errors.Join(err, t.Sync(), t.Close()); err == nil {
		err = os.Rename(t.Name(), string(f))
	}
	if err != nil {
		_ = os.Remove(t.Name()) // it is of no use
	}
	return err
}
