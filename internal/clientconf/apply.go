package clientconf

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"
)

// A Changed is a file that an import changed.
type Changed struct {
	Path  string
	Token bool // it holds a token now, and has mode 0600
}

// step is called before each file is changed; for tests of what a kill leaves.
var step = func(string) {}

// Apply changes the clients' files, each after a backup. If one cannot be changed,
// or is no longer what was shown, those before it are put back. What a kill leaves
// half-way, Undo puts back.
func (p Plan) Apply(ids []string) ([]Changed, error) {
	edits := make(map[string][]edit)
	var order []string
	for i, e := range p.Entries {
		if edits[e.at] == nil {
			order = append(order, e.at)
		}
		edits[e.at] = append(edits[e.at], edit{e, ids[i]})
	}
	stamp := time.Now().UTC().Format("20060102T150405.000")
	var changed []Changed
	for _, at := range order {
		step(at)
		c, err := p.change(edits[at], stamp)
		if err != nil {
			_, undoErr := restore(p.State, stamp)
			return nil, errors.Join(err, undoErr)
		}
		changed = append(changed, c)
	}
	return changed, nil
}

// An edit is an entry that becomes the server id.
type edit struct {
	Entry
	id string
}

// change rewrites one file. Its bytes outside of the entries stay as they are.
func (p Plan) change(edits []edit, stamp string) (Changed, error) {
	f := edits[0].File
	at, before, err := read(f)
	if err != nil {
		return Changed{}, fmt.Errorf("%s: %w", f.Path, err)
	}
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(b.start, a.start) }) // from the end, so that places before stay true
	out := Changed{Path: f.Path}
	after := bytes.Clone(before)
	for _, e := range edits {
		if at != e.at || !bytes.Equal(before, e.seen) {
			return Changed{}, fmt.Errorf("%s was changed since it was shown; run the import again", f.Path)
		}
		text, err := p.replacement(e.Entry, e.id)
		if err != nil {
			return Changed{}, err
		}
		after = slices.Replace(after, e.start, e.end, text...)
		out.Token = out.Token || e.Direct()
	}
	info, err := os.Stat(at)
	if err != nil {
		return Changed{}, err
	}
	mode := info.Mode().Perm()
	if err := backUp(p.State, stamp, kept{Path: at, Content: before, Mode: uint32(mode), After: after}); err != nil {
		return Changed{}, err
	}
	if out.Token {
		mode = fs.FileMode(0o600)
	}
	return out, replaceFile(at, after, mode)
}
