package clientconf

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// A File is one place where a client keeps servers. One file on disk may be two:
// Claude Code keeps those of a project in the user's own file as well.
type File struct {
	Client  string // "claude-desktop", "claude-code", "cursor", "vscode"
	Path    string
	Key     []string // the members that lead to the servers
	Dir     string   // where this client starts them; "" is not known
	Project bool     // it came with a project, perhaps by way of a clone
	Headers bool     // this client can send headers to a URL
}

// Files are where the known clients keep their servers, for the user whose home is
// given and the project in dir; "" for none. Those that are not there are left out.
func Files(home, dir string) []File {
	servers := []string{"mcpServers"}
	all := []File{
		{Client: "claude-desktop", Path: filepath.Join(appData(home), "Claude", "claude_desktop_config.json"), Key: servers},
		{Client: "claude-code", Path: filepath.Join(home, ".claude.json"), Key: servers, Headers: true},
		{Client: "cursor", Path: filepath.Join(home, ".cursor", "mcp.json"), Key: servers, Headers: true},
		{Client: "vscode", Path: filepath.Join(appData(home), "Code", "User", "mcp.json"), Key: []string{"servers"}, Headers: true},
	}
	if dir != "" {
		all = append(all,
			File{Client: "claude-code", Path: filepath.Join(dir, ".mcp.json"), Key: servers, Dir: dir, Project: true, Headers: true},
			File{Client: "cursor", Path: filepath.Join(dir, ".cursor", "mcp.json"), Key: servers, Dir: dir, Project: true, Headers: true},
			File{Client: "vscode", Path: filepath.Join(dir, ".vscode", "mcp.json"), Key: []string{"servers"}, Dir: dir, Project: true, Headers: true})
	}
	for _, name := range names(dir) {
		all = append(all, File{Client: "claude-code", Path: filepath.Join(home, ".claude.json"), Key: []string{"projects", name, "mcpServers"}, Dir: dir, Headers: true})
	}
	return slices.DeleteFunc(all, func(f File) bool {
		_, err := os.Lstat(f.Path)
		return errors.Is(err, fs.ErrNotExist)
	})
}

// names are those under which Claude Code may know dir: as the shell names it, and
// without links. "" has none.
func names(dir string) []string {
	if dir == "" {
		return nil
	}
	if physical, err := filepath.EvalSymlinks(dir); err == nil && physical != dir {
		return []string{dir, physical}
	}
	return []string{dir}
}

func appData(home string) string {
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Application Support")
	case "windows":
		return filepath.Join(home, "AppData", "Roaming")
	default:
		if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
			return dir // as both programs do (XDG Base Directory Specification)
		}
		return filepath.Join(home, ".config")
	}
}

// A Left is what an import does not touch, and why. Name is "" for a whole file.
type Left struct {
	File File
	Name string
	Why  string
}

// Read returns the servers of f, in the file's order, and those that cannot be
// imported. A file that cannot be read is left as a whole. An entry that already
// goes through Mantlet is in neither.
func Read(f File) (entries []Entry, left []Left) {
	at, b, err := read(f)
	if err != nil {
		return nil, []Left{{f, "", err.Error()}}
	}
	servers, err := members(b, f.Key)
	if err != nil {
		return nil, []Left{{f, "", err.Error()}}
	}
	for _, s := range servers {
		e, err := entry(f, s)
		if err != nil {
			left = append(left, Left{f, s.name, err.Error()})
			continue
		}
		if e.at, e.seen, e.start, e.end = at, b, s.start, s.end; !e.through() {
			entries = append(entries, e)
		}
	}
	return entries, left
}
