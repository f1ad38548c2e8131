package clientconf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A File is one client's configuration.
type File struct {
	Client  string // "claude-desktop", "claude-code", "cursor", "vscode"
	Path    string
	Key     string // the member that holds the servers: mcpServers or servers
	Project bool   // it came with a project, perhaps by way of a clone
	Headers bool   // this client can send headers to a URL
}

// An Entry is one server of a file.
type Entry struct {
	File    File
	Name    string
	Command string
	Args    []string
	Env     map[string]string
	URL     string
	Header  map[string]string
}

// Show is the entry as a person must see it before saying yes: the whole command.
func (e Entry) Show() string {
	if e.URL != "" {
		return e.URL
	}
	var names []string
	for name := range e.Env {
		names = append(names, name+"=…")
	}
	slices.Sort(names)
	return strings.Join(append(append(names, e.Command), e.Args...), " ")
}

// Files are where the known clients keep their servers, for the user whose home is
// given and the project in dir; "" for none. Those that are not there are left out.
func Files(home, dir string) []File {
	all := []File{
		{Client: "claude-desktop", Path: filepath.Join(appData(home), "Claude", "claude_desktop_config.json"), Key: "mcpServers"},
		{Client: "claude-code", Path: filepath.Join(home, ".claude.json"), Key: "mcpServers", Headers: true},
		{Client: "cursor", Path: filepath.Join(home, ".cursor", "mcp.json"), Key: "mcpServers", Headers: true},
		{Client: "vscode", Path: filepath.Join(appData(home), "Code", "User", "mcp.json"), Key: "servers", Headers: true},
	}
	if dir != "" {
		all = append(all,
			File{Client: "claude-code", Path: filepath.Join(dir, ".mcp.json"), Key: "mcpServers", Project: true, Headers: true},
			File{Client: "cursor", Path: filepath.Join(dir, ".cursor", "mcp.json"), Key: "mcpServers", Project: true, Headers: true},
			File{Client: "vscode", Path: filepath.Join(dir, ".vscode", "mcp.json"), Key: "servers", Project: true, Headers: true})
	}
	return slices.DeleteFunc(all, func(f File) bool {
		_, err := os.Stat(f.Path)
		return errors.Is(err, fs.ErrNotExist)
	})
}

func appData(home string) string {
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Application Support")
	case "windows":
		return filepath.Join(home, "AppData", "Roaming")
	default:
		return filepath.Join(home, ".config")
	}
}

// Read returns the servers of f, in the file's order. An entry that already goes
// through Mantlet is left out.
func Read(f File) ([]Entry, error) {
	b, err := os.ReadFile(f.Path)
	if err != nil {
		return nil, err
	}
	servers, err := object(b, f.Key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	var out []Entry
	for _, s := range servers {
		e, err := entry(f, s)
		if err != nil {
			return nil, fmt.Errorf("%s: server %q: %w", f.Path, s.name, err)
		}
		if !slices.Contains(e.Args, "wrap") || filepath.Base(e.Command) != "mantlet" {
			out = append(out, e)
		}
	}
	return out, nil
}

// A field is one member of an object, with where its value stands.
type field struct {
	name       string
	start, end int
	value      jsontext.Value
}

// object returns the members of the top-level member key; none if it is not there.
func object(b []byte, key string) ([]field, error) {
	top, err := fields(b, 0)
	if err != nil {
		return nil, err
	}
	for _, f := range top {
		if f.name == key && f.value.Kind() == '{' {
			return fields(f.value, f.start)
		}
	}
	return nil, nil
}

// fields reads the members of the object in b, whose first byte is at base in the file.
func fields(b []byte, base int) ([]field, error) {
	d := jsontext.NewDecoder(strings.NewReader(string(b)))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return nil, errors.New("it is not a JSON object; files with comments must be imported by hand")
	}
	var out []field
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		text := name.String()
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		end := base + int(d.InputOffset())
		out = append(out, field{text, end - len(v), end, v.Clone()})
	}
	return out, nil
}
