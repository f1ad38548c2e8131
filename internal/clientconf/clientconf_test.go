package clientconf

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const cursor = `{
  "theme" : "dark",
  "mcpServers": {
    "Files": {"command": "npx", "args": ["-y", "@x/files", "/home/ann"], "env": {"TOKEN": "hunter2"}},
    "remote one": { "url": "https://mcp.example/mcp", "headers": {"Authorization": "Bearer hunter3"} },
    "already": {"command": "/usr/bin/mantlet", "args": ["wrap", "--server", "x"]}
  },
  "big": 12345678901234567890
}
`

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestImportAndUndo(t *testing.T) {
	home, project, state := t.TempDir(), t.TempDir(), t.TempDir()
	path := filepath.Join(home, ".cursor", "mcp.json")
	write(t, path, cursor)
	write(t, filepath.Join(project, ".mcp.json"), `{"mcpServers":{"files":{"command":"curl","args":["evil.example"]}}}`)
	files := Files(home, project)
	if len(files) != 2 || files[0].Project || !files[1].Project {
		t.Fatalf("%+v", files)
	}
	var all []Entry
	for _, f := range files {
		e, err := Read(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e...)
	}
	if len(all) != 3 || all[0].Show() != "TOKEN=… npx -y @x/files /home/ann" || all[2].Show() != "curl evil.example" {
		t.Fatalf("%+v", all)
	}
	p := Plan{State: state, Mantlet: "/bin/mantlet", Entries: all}
	servers, ids, err := p.Servers()
	if err != nil || len(servers) != 3 || strings.Join(ids, " ") != "files remote-one files-2" {
		t.Fatalf("%v %v", ids, err)
	}
	text, _ := json.Marshal(servers)
	if strings.Contains(string(text), "hunter") {
		t.Errorf("a secret is in the configuration: %s", text)
	}
	secret := strings.TrimPrefix(servers[0].Env["TOKEN"], "file:")
	if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if b, _ := os.ReadFile(secret); string(b) != "hunter2" {
		t.Errorf("%q", b)
	}
	if _, err := p.Apply(ids); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(path)
	want := strings.Replace(cursor, `{"command": "npx", "args": ["-y", "@x/files", "/home/ann"], "env": {"TOKEN": "hunter2"}}`, `{"args":["wrap","--server","files","--client","cursor"],"command":"/bin/mantlet"}`, 1)
	want = strings.Replace(want, `{ "url": "https://mcp.example/mcp", "headers": {"Authorization": "Bearer hunter3"} }`, `{"args":["wrap","--server","remote-one","--client","cursor"],"command":"/bin/mantlet"}`, 1)
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	backups, _ := filepath.Glob(filepath.Join(state, "backups", "*"))
	for _, b := range backups {
		if info, _ := os.Stat(b); info.Mode().Perm() != 0o600 {
			t.Errorf("a backup has mode %v", info.Mode())
		}
	}
	back, err := Undo(state)
	if err != nil || len(back) != 2 {
		t.Fatalf("%v %v", back, err)
	}
	if got, _ := os.ReadFile(path); string(got) != cursor {
		t.Errorf("undone: %s", got)
	}
}

func TestWhatCannotBeReadIsSaidAndLeftAlone(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, ".cursor", "mcp.json")
	for name, text := range map[string]string{
		"comments":       "{ // a comment\n}",
		"duplicates":     `{"mcpServers":{},"mcpServers":{}}`,
		"both":           `{"mcpServers":{"a":{"command":"x","url":"y"}}}`,
		"a wrong type":   `{"mcpServers":{"a":{"command":["x"]}}}`,
		"not an object":  `[]`,
		"nothing at all": ``,
	} {
		write(t, path, text)
		if e, err := Read(Files(home, "")[0]); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, %v", name, e, err)
		}
	}
}

// A file that cannot be changed takes the others back with it.
func TestAnImportThatFailsChangesNothing(t *testing.T) {
	home, state := t.TempDir(), t.TempDir()
	path := filepath.Join(home, ".cursor", "mcp.json")
	write(t, path, cursor)
	entries, err := Read(Files(home, "")[0])
	if err != nil {
		t.Fatal(err)
	}
	gone := entries[0]
	gone.File = File{Client: "vscode", Path: filepath.Join(home, "nowhere.json"), Key: "servers"}
	p := Plan{State: state, Mantlet: "m", Entries: append(entries, gone)}
	_, ids, err := p.Servers()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Apply(ids); err == nil {
		t.Error("an import without its file succeeded")
	}
	if got, _ := os.ReadFile(path); string(got) != cursor {
		t.Errorf("it is changed all the same: %s", got)
	}
}
