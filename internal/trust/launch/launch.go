// Package launch describes how a local server is started, so that it can be pinned as what
// it says of itself is.
//
// The question: is this the program that was approved? The threats: an executable that was
// replaced, a package that moved under a floating version, another argument or variable
// (F01, F09, A17 of npx and uvx). The controls: C016, C030, C046. It trusts the file system
// at the moment of the start: what is replaced between the look and the start is for the
// sandbox. When it breaks, nothing is started.
//
// What is described: the executable, its interpreter where it is a script, every argument
// that is a file, the package that any of them is a part of (all of its files, and the
// lock file that names its dependencies), the arguments, the directory and the names of
// the variables. Values of variables are secrets, and change.
package launch

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
)

// A Spec is what is to be started.
type Spec struct {
	Command string
	Args    []string
	Dir     string            // "" is where Mantlet runs
	Env     map[string]string // PATH in it, where it is, finds the command

	// Resolved is what the arguments were made to name, if somebody asked a registry. It
	// does not hide arguments that still float.
	Resolved *Resolved
}

// A File is one file that the start reads.
type File struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// A Package is a folder of an npm package, and what else was installed with it.
type Package struct {
	Path    string `json:"path"`
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	SHA256  string `json:"sha256"`         // over all of its files, in order
	Lock    string `json:"lock,omitempty"` // SHA-256 of node_modules/.package-lock.json
}

// A Launch is a Spec as it would be started now. Its JSON is what is pinned.
type Launch struct {
	Command  string    `json:"command"`
	Args     []string  `json:"args,omitempty"`
	Dir      string    `json:"dir,omitempty"`
	Env      []string  `json:"env,omitempty"` // names, in order
	Files    []File    `json:"files"`         // the executable first
	Packages []Package `json:"packages,omitempty"`
	Floating string    `json:"floating,omitempty"` // why nobody knows what will run; "" where it is known
	Resolved *Resolved `json:"resolved,omitempty"` // what a floating launch was found to mean; Floating is "" then
}

// A Resolved is what a launch fetches, exactly.
type Resolved struct {
	Ecosystem string     `json:"ecosystem"` // npm, pypi or oci
	Name      string     `json:"name"`
	Version   string     `json:"version"`        // of an image its digest
	Integrity string     `json:"integrity"`      // SRI of npm, "sha256:..." of an image, of each file of a Python package
	With      []Resolved `json:"with,omitempty"` // what is fetched beside it
}

// Limits of what is read.
const (
	maxFile  = 1 << 30 // bytes
	maxFiles = 20_000  // of a package
	maxTree  = 512 << 20
)

// Describe looks at what s would start. An error says that it cannot be known.
func Describe(s Spec) (Launch, error) {
	l := Launch{Command: s.Command, Args: s.Args, Dir: s.Dir, Env: slices.Sorted(maps.Keys(s.Env)), Floating: runner.Parse(s.Command, s.Args).Floating(), Resolved: s.Resolved}
	path, err := find(s)
	if err != nil {
		return Launch{}, err
	}
	if err := l.add(path, s); err != nil {
		return Launch{}, err
	}
	for _, a := range s.Args {
		at := a
		if !filepath.IsAbs(at) {
			at = filepath.Join(s.Dir, at)
		}
		if info, err := os.Stat(at); err == nil && info.Mode().IsRegular() {
			if err := l.add(at, s); err != nil {
				return Launch{}, err
			}
		}
	}
	return l, nil
}

// Definition is l as trust takes it.
func (l *Launch) Definition() ([]byte, error) { return json.Marshal(l) }

// find is where the command is.
func find(s Spec) (string, error) {
	path := s.Command
	if !strings.ContainsRune(path, filepath.Separator) {
		return lookPath(path, s.Env)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.Dir, path)
	}
	return path, nil
}

func lookPath(name string, env map[string]string) (string, error) {
	list, ok := env["PATH"]
	if !ok {
		return exec.LookPath(name)
	}
	for _, dir := range filepath.SplitList(list) {
		if found, err := exec.LookPath(filepath.Join(dir, name)); err == nil && filepath.IsAbs(dir) {
			return found, nil
		}
	}
	return "", fmt.Errorf("%s is in none of the directories of its PATH", name)
}

// add hashes a file, its interpreter, and the package that it is a part of.
func (l *Launch) add(path string, s Spec) error {
	at, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(l.Files, func(f File) bool { return f.Path == at }) {
		return nil
	}
	sum, err := hash(at)
	if err != nil {
		return err
	}
	l.Files = append(l.Files, File{at, sum})
	if name, ok := interpreter(at); ok && len(l.Files) < 8 { // an interpreter of an interpreter is rare
		if !filepath.IsAbs(name) {
			if name, err = lookPath(name, s.Env); err != nil {
				return err
			}
		}
		if err := l.add(name, s); err != nil {
			return err
		}
	}
	return l.addPackage(at)
}

// interpreter is what the first line of a script names.
func interpreter(path string) (string, bool) {
	f, err := os.Open(path) //nolint:gosec // the command that was configured
	if err != nil {
		return "", false
	}
	defer f.Close() //nolint:errcheck // read only
	line, _ := bufio.NewReader(io.LimitReader(f, 256)).ReadString('\n')
	rest, ok := strings.CutPrefix(line, "#!")
	words := strings.Fields(rest)
	if !ok || len(words) == 0 {
		return "", false
	}
	if filepath.Base(words[0]) == "env" {
		words = slices.DeleteFunc(words[1:], func(w string) bool { return strings.HasPrefix(w, "-") || strings.Contains(w, "=") })
	}
	if len(words) == 0 {
		return "", false
	}
	return words[0], true
}

func hash(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // the command that was configured
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	h := sha256.New()
	if n, err := io.Copy(h, io.LimitReader(f, maxFile+1)); err != nil || n > maxFile {
		return "", errors.Join(err, fmt.Errorf("%s cannot be read whole", path))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// addPackage adds the npm package that path is a part of, if it is one.
func (l *Launch) addPackage(path string) error {
	root, modules, ok := packageOf(path)
	if !ok || slices.ContainsFunc(l.Packages, func(p Package) bool { return p.Path == root }) {
		return nil
	}
	p := Package{Path: root}
	var err error
	if p.SHA256, err = tree(root); err != nil {
		return err
	}
	if p.Lock, err = hash(filepath.Join(modules, ".package-lock.json")); err != nil {
		p.Lock = "" // installed by something else
	}
	var about struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	if b, err := os.ReadFile(filepath.Join(root, "package.json")); err == nil && json.Unmarshal(b, &about) == nil { //nolint:gosec // what is started
		p.Name, p.Version = about.Name, about.Version
	}
	l.Packages = append(l.Packages, p)
	return nil
}

// packageOf is the folder of the package, and the node_modules that it is in.
func packageOf(path string) (root, modules string, ok bool) {
	parts := strings.Split(path, string(filepath.Separator))
	i := len(parts) - 1 - slices.Index(reversed(parts), "node_modules")
	if i < 0 || i >= len(parts)-2 {
		return "", "", false
	}
	end := i + 2
	if strings.HasPrefix(parts[i+1], "@") && end < len(parts)-1 {
		end++
	}
	join := func(n int) string { return strings.Join(parts[:n], string(filepath.Separator)) }
	return join(end), join(i + 1), true
}

func reversed(s []string) []string {
	out := slices.Clone(s)
	slices.Reverse(out)
	return out
}

// tree is one hash over the names and contents of all files below root.
func tree(root string) (string, error) {
	h, files, size := sha256.New(), 0, int64(0)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if files, size = files+1, size+info.Size(); files > maxFiles || size > maxTree {
			return fmt.Errorf("the package at %s is too large to be pinned", root)
		}
		sum := "link"
		if info.Mode().IsRegular() {
			if sum, err = hash(path); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(h, "%s\x00%s\n", strings.TrimPrefix(path, root), sum)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
