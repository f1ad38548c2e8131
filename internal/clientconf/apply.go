package clientconf

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Plan is what an import does: which entries become which servers.
type Plan struct {
	State   string // Mantlet's state directory: backups and secrets go below it
	Mantlet string // the path of the program that the clients start
	Entries []Entry
}

// A Server is one imported server, for Mantlet's own configuration. Values of
// secrets are "file:PATH".
type Server struct {
	ID      string
	Command string
	Args    []string
	Env     map[string]string
	URL     string
	Headers map[string]string
}

// Servers names the plan's servers. Two entries that say the same become one; two
// that differ under one name get numbers.
func (p Plan) Servers() (servers []Server, ids []string, err error) {
	taken := make(map[string]Entry)
	for _, e := range p.Entries {
		id := e.ID()
		for n := 2; ; n++ {
			other, ok := taken[id]
			if !ok || same(other, e) {
				break
			}
			id = fmt.Sprintf("%s-%d", e.ID(), n)
		}
		ids = append(ids, id)
		if _, ok := taken[id]; ok {
			continue
		}
		taken[id] = e
		s := Server{ID: id, Command: e.Command, Args: e.Args, URL: e.URL}
		if s.Env, err = p.hide(id, "env", e.Env); err != nil {
			return nil, nil, err
		}
		if s.Headers, err = p.hide(id, "header", e.Header); err != nil {
			return nil, nil, err
		}
		servers = append(servers, s)
	}
	return servers, ids, nil
}

func same(a, b Entry) bool {
	return a.Command == b.Command && a.URL == b.URL &&
		slices.Equal(a.Args, b.Args) && maps.Equal(a.Env, b.Env) && maps.Equal(a.Header, b.Header)
}

// hide puts every value into a file of mode 0600 of its own: any of them may be a
// secret, and none belongs into a configuration that people show each other.
func (p Plan) hide(id, kind string, values map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(values))
	dir := filepath.Join(p.State, "secrets")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for name, v := range values {
		if strings.ContainsAny(name, `/\`) || strings.Contains(name, "..") {
			return nil, fmt.Errorf("server %s: %q cannot be a name", id, name)
		}
		path := filepath.Join(dir, id+"."+kind+"."+name)
		if err := os.WriteFile(path, []byte(v), 0o600); err != nil {
			return nil, err
		}
		out[name] = "file:" + path
	}
	return out, nil
}

// Apply changes the clients' files, each after a backup, and returns the files it
// changed. If one cannot be changed, those before it are put back.
func (p Plan) Apply(ids []string) ([]string, error) {
	edits := make(map[File][]int)
	var order []File
	for i, e := range p.Entries {
		if edits[e.File] == nil {
			order = append(order, e.File)
		}
		edits[e.File] = append(edits[e.File], i)
	}
	stamp := time.Now().UTC().Format("20060102T150405.000")
	var changed []string
	for _, f := range order {
		if err := p.change(f, edits[f], ids, stamp); err != nil {
			_, undoErr := restore(p.State, stamp)
			return nil, errors.Join(err, undoErr)
		}
		changed = append(changed, f.Path)
	}
	return changed, nil
}

func (p Plan) change(f File, entries []int, ids []string, stamp string) error {
	b, err := os.ReadFile(f.Path)
	if err != nil {
		return err
	}
	fields, err := object(b, f.Key)
	if err != nil {
		return err
	}
	out := slices.Clone(b)
	for _, s := range slices.Backward(fields) { // from the end, so that places before stay true
		for _, i := range entries {
			if p.Entries[i].Name == s.name {
				out = slices.Replace(out, s.start, s.end, replacement(p.Mantlet, ids[i], f.Client)...)
			}
		}
	}
	if err := backUp(p.State, stamp, f.Path, b); err != nil {
		return err
	}
	return replaceFile(f.Path, out)
}

// A kept is a backup: which file, and what was in it.
type kept struct {
	Path    string `json:"path"`
	Content []byte `json:"content"`
}

func backUp(state, stamp, path string, b []byte) error {
	dir := filepath.Join(state, "backups")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	text, err := json.Marshal(kept{path, b})
	if err != nil {
		return err
	}
	name := stamp + "-" + strings.NewReplacer("/", "_", `\`, "_", ":", "_").Replace(path) + ".json"
	return os.WriteFile(filepath.Join(dir, name), text, 0o600)
}

// replaceFile writes beside the file and renames, so that no client reads half.
func replaceFile(path string, b []byte) error {
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	tmp := path + ".mantlet"
	if err := os.WriteFile(tmp, b, mode); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// Undo puts back every file that an import changed, newest first, and returns them.
func Undo(state string) ([]string, error) { return restore(state, "") }

// restore puts back the backups of one import, or of all.
func restore(state, stamp string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(state, "backups", stamp+"*.json"))
	if err != nil {
		return nil, err
	}
	slices.Sort(all)
	var back []string
	for _, name := range slices.Backward(all) {
		text, err := os.ReadFile(name)
		if err != nil {
			return back, err
		}
		var k kept
		if err := json.Unmarshal(text, &k); err != nil {
			return back, fmt.Errorf("%s is no backup: %w", name, err)
		}
		if err := replaceFile(k.Path, k.Content); err != nil {
			return back, err
		}
		back = append(back, k.Path)
		if err := os.Remove(name); err != nil {
			return back, err
		}
	}
	return back, nil
}
