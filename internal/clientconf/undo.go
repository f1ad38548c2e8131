package clientconf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A kept is a backup: which file, what was in it, and what the import made of it.
type kept struct {
	Path    string `json:"path"`
	Content []byte `json:"content"`
	Mode    uint32 `json:"mode"` // 0 in backups of older versions: the file's own
	After   []byte `json:"after"`
}

// backUp writes a whole backup or none: what a kill leaves must be readable.
func backUp(state, stamp string, k kept) error {
	dir := filepath.Join(state, "backups")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	name := stamp + "-" + strings.NewReplacer("/", "_", `\`, "_", ":", "_").Replace(k.Path) + ".json"
	return replaceFile(filepath.Join(dir, name), text, 0o600)
}

// A Restored is a file that was put back. Aside is where a copy is of what was in it
// if somebody had changed it since the import; "" if nobody had.
type Restored struct{ Path, Aside string }

// Undo puts back every file that an import changed, newest first, and returns them.
func Undo(state string) ([]Restored, error) { return restore(state, "") }

// restore puts back the backups of one import, or of all.
func restore(state, stamp string) ([]Restored, error) {
	all, err := filepath.Glob(filepath.Join(state, "backups", stamp+"*.json"))
	if err != nil {
		return nil, err
	}
	slices.Sort(all)
	var back []Restored
	for _, name := range slices.Backward(all) {
		r, err := putBack(name)
		if err != nil {
			return back, err
		}
		back = append(back, r)
		if err := os.Remove(name); err != nil {
			return back, err
		}
	}
	return back, nil
}

func putBack(name string) (Restored, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return Restored{}, err
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return Restored{}, fmt.Errorf("%s is no backup: %w", name, err)
	}
	r := Restored{Path: k.Path}
	if now, ok := present(k.Path); ok && !bytes.Equal(now, k.After) && !bytes.Equal(now, k.Content) {
		r.Aside = strings.TrimSuffix(name, ".json") + ".changed"
		if err := replaceFile(r.Aside, now, 0o600); err != nil {
			return r, err
		}
	}
	mode := fs.FileMode(k.Mode)
	if info, err := os.Stat(k.Path); k.Mode == 0 && err == nil {
		mode = info.Mode().Perm()
	} else if k.Mode == 0 {
		mode = 0o600
	}
	return r, replaceFile(k.Path, k.Content, mode)
}

// present is what is in a file now. What took its place and is no file is not read,
// and is replaced.
func present(path string) ([]byte, bool) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, false
	}
	b, err := os.ReadFile(path)
	return b, err == nil
}
