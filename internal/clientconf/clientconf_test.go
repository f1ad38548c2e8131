package clientconf

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

const cursor = `{
  "theme" : "dark", // mine
  "mcpServers": {
    "Files": {"command": "npx", "args": ["-y", "@x/files", "/home/ann"], "env": {"TOKEN": "hunter2"}},
    "remote one": { "url": "https://mcp.example/mcp", "headers": {"Authorization": "Bearer hunter3"}, /* x */ "timeout": 5, },
    "already": {"command": "/usr/bin/mantlet", "args": ["wrap", "--server", "x"]},
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

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func read2(t *testing.T, files []File) (all []Entry) {
	t.Helper()
	for _, f := range files {
		e, left := Read(f)
		if len(left) > 0 {
			t.Fatalf("%+v", left)
		}
		all = append(all, e...)
	}
	return all
}

func plan(state string, entries []Entry) Plan {
	return Plan{State: state, Mantlet: "/bin/mantlet", Entries: entries, Address: "127.0.0.1:7332", Token: func(client, server string) string { return "mtl_" + client + "_" + server }}
}

func TestMain(m *testing.M) {
	_ = os.Unsetenv("XDG_CONFIG_HOME") // the tests' homes are their own
	os.Exit(m.Run())
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
	all := read2(t, files)
	if len(all) != 3 || all[0].Show() != "TOKEN=… npx -y @x/files /home/ann" || all[2].Show() != "curl evil.example (in "+project+")" {
		t.Fatalf("%+v", all)
	}
	p := plan(state, all)
	servers, ids, err := p.Servers()
	if err != nil || len(servers) != 3 || strings.Join(ids, " ") != "files remote-one files-2" {
		t.Fatalf("%v %v", ids, err)
	}
	text, _ := json.Marshal(servers)
	if strings.Contains(string(text), "hunter") {
		t.Errorf("a secret is in the configuration: %s", text)
	}
	secret := strings.TrimPrefix(servers[0].Env["TOKEN"], "file:")
	if mode(t, secret) != 0o600 || content(t, secret) != "hunter2" {
		t.Errorf("%v %q", mode(t, secret), content(t, secret))
	}
	if c := p.Clients(ids); len(c) != 1 || !slices.Equal(c["cursor"], []string{"remote-one"}) {
		t.Errorf("tokens for %v", c)
	}
	changed, err := p.Apply(ids)
	if err != nil || len(changed) != 2 || !changed[0].Token || changed[1].Token || mode(t, path) != 0o600 {
		t.Fatalf("%+v %v %v", changed, err, mode(t, path))
	}
	want := strings.Replace(cursor, `{"command": "npx", "args": ["-y", "@x/files", "/home/ann"], "env": {"TOKEN": "hunter2"}}`, `{"command": "/bin/mantlet", "args": ["wrap","--server","files","--client","cursor"]}`, 1)
	want = strings.Replace(want, `{ "url": "https://mcp.example/mcp", "headers": {"Authorization": "Bearer hunter3"}, /* x */ "timeout": 5, }`, `{"url": "http://127.0.0.1:7332/mcp/remote-one", "headers": {"Authorization":"Bearer mtl_cursor_remote-one"}, "timeout": 5}`, 1)
	if got := content(t, path); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	backups, _ := filepath.Glob(filepath.Join(state, "backups", "*"))
	if len(backups) != 2 {
		t.Errorf("%v", backups)
	}
	for _, b := range backups {
		if mode(t, b) != 0o600 {
			t.Errorf("a backup has mode %v", mode(t, b))
		}
	}
	back, err := Undo(state)
	if err != nil || len(back) != 2 || back[0].Aside != "" {
		t.Fatalf("%v %v", back, err)
	}
	if content(t, path) != cursor || mode(t, path) != 0o644 {
		t.Errorf("undone: %v %s", mode(t, path), content(t, path))
	}
}

func TestWhatCannotBeReadIsSaidAndLeftAlone(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, ".cursor", "mcp.json")
	for name, text := range map[string]string{
		"a comment without end": "{ /* }", "a string without end": `{"a`, "a slash": "{/}",
		"duplicates":     `{"mcpServers":{},"mcpServers":{}}`,
		"both":           `{"mcpServers":{"a":{"command":"x","url":"y"}}}`,
		"neither":        `{"mcpServers":{"a":{}}}`,
		"a wrong type":   `{"mcpServers":{"a":{"command":["x"]}}}`,
		"two commands":   `{"mcpServers":{"a":{"command":"x","command":"y"}}}`,
		"a number":       `{"mcpServers":{"a":7}}`,
		"a placeholder":  `{"mcpServers":{"a":{"command":"x","args":["${input:k}"]}}}`,
		"in a variable":  `{"mcpServers":{"a":{"command":"x","env":{"A":"${env:B}"}}}}`,
		"in a header":    `{"mcpServers":{"a":{"url":"https://h/","headers":{"A":"Bearer ${B:-c}"}}}}`,
		"switched off":   `{"mcpServers":{"a":{"command":"x","disabled":true}}}`,
		"a relative cwd": `{"mcpServers":{"a":{"command":"x","cwd":"y"}}}`,
		"not an object":  `[]`,
		"more behind":    `{} {}`,
		"nothing at all": ``,
		"only a comment": `// x`,
		"very deep":      `{"a":` + strings.Repeat("[", 1<<20),
	} {
		write(t, path, text)
		e, left := Read(Files(home, "")[0])
		if len(e) != 0 || len(left) != 1 || left[0].Why == "" {
			t.Errorf("%s: %v, %v", name, e, left)
		}
		if content(t, path) != text {
			t.Errorf("%s: it was changed", name)
		}
	}
}

// What is plain has the same length, the same line breaks, and no other byte of a
// string changed; what was JSON before is the same after.
func TestPlainKeepsEveryPlace(t *testing.T) {
	piece := rapid.SampledFrom([]string{"{", "}", "[", "]", ",", ":", `"a"`, `"//"`, `"/*\""`, "1", " ", "\n", "\r\n", "// x,]\n", "/* ] , */", "/**/", "\ufeff", "é"})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "pieces"), "")
		out, err := plain([]byte(in))
		if err != nil {
			return
		}
		if len(out) != len(in) || strings.Count(string(out), "\n") != strings.Count(in, "\n") || utf8.ValidString(in) && !utf8.Valid(out) {
			t.Fatalf("%q became %q", in, out)
		}
		if json.Valid([]byte(in)) && string(out) != in {
			t.Fatalf("JSON was changed: %q became %q", in, out)
		}
	})
	const in = "{ // c }\n \"a\": [1,2,], /* , */ \"//b\":\"\\\"/*\", \r\n}"
	const want = "{       \n \"a\": [1,2 ],         \"//b\":\"\\\"/*\"  \r\n}"
	if got, err := plain([]byte(in)); err != nil || string(got) != want || !json.Valid(got) {
		t.Errorf("%q %v", got, err)
	}
}

// A file that was changed after it was shown is not touched, and takes the others
// back with it.
func TestAFileThatChangesAfterItWasShown(t *testing.T) {
	home, project, state := t.TempDir(), t.TempDir(), t.TempDir()
	path, second := filepath.Join(home, ".cursor", "mcp.json"), filepath.Join(project, ".mcp.json")
	write(t, path, cursor)
	write(t, second, `{"mcpServers":{"a":{"command":"x"}}}`)
	p := plan(state, read2(t, Files(home, project)))
	_, ids, err := p.Servers()
	if err != nil {
		t.Fatal(err)
	}
	evil := `{"mcpServers":{"a":{"command":"x"}, "b": {"command":"y"}}}`
	write(t, second, evil)
	if _, err := p.Apply(ids); err == nil || !strings.Contains(err.Error(), "was changed since it was shown") {
		t.Errorf("%v", err)
	}
	if content(t, path) != cursor || mode(t, path) != 0o644 || content(t, second) != evil {
		t.Errorf("changed all the same: %s %s", content(t, path), content(t, second))
	}
	write(t, second, `{"mcpServers":{"a":{"command":"x"}}}`)
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, second); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Apply(ids); err == nil || content(t, path) != cursor {
		t.Errorf("a link took its place: %v", err)
	}
}

// An import that is killed between two files is put back by Undo; so is one that is
// killed in an undo.
func TestAKilledImportCanBeUndone(t *testing.T) {
	home, project, state := t.TempDir(), t.TempDir(), t.TempDir()
	path, second := filepath.Join(home, ".cursor", "mcp.json"), filepath.Join(project, ".mcp.json")
	const theirs = `{"mcpServers":{"a":{"command":"x"}}}`
	write(t, path, cursor)
	write(t, second, theirs)
	p := plan(state, read2(t, Files(home, project)))
	_, ids, err := p.Servers()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	step = func(string) {
		if n++; n == 2 {
			runtime.Goexit() // nothing of what would follow runs, as after a kill
		}
	}
	defer func() { step = func(string) {} }()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = p.Apply(ids)
		t.Error("the import was not killed")
	}()
	<-done
	if content(t, path) == cursor || content(t, second) != theirs {
		t.Fatal("the kill was not between the files")
	}
	back, err := Undo(state)
	if err != nil || len(back) != 1 || content(t, path) != cursor || mode(t, path) != 0o644 {
		t.Errorf("%v %v %s", back, err, content(t, path))
	}
	if back, err := Undo(state); err != nil || len(back) != 0 {
		t.Errorf("%v %v", back, err)
	}
}

// What somebody wrote into the file since is kept beside the backup.
func TestUndoKeepsWhatWasChangedSince(t *testing.T) {
	home, state := t.TempDir(), t.TempDir()
	path := filepath.Join(home, ".cursor", "mcp.json")
	write(t, path, cursor)
	p := plan(state, read2(t, Files(home, "")))
	_, ids, err := p.Servers()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Apply(ids); err != nil {
		t.Fatal(err)
	}
	write(t, path, `{"new":1}`)
	back, err := Undo(state)
	if err != nil || len(back) != 1 || content(t, back[0].Aside) != `{"new":1}` || mode(t, back[0].Aside) != 0o600 || content(t, path) != cursor {
		t.Errorf("%v %v", back, err)
	}
}

// What took the file's place and is no file is replaced, not followed, not waited for.
func TestUndoFollowsNoLink(t *testing.T) {
	home, state, victim := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "victim")
	path := filepath.Join(home, ".cursor", "mcp.json")
	write(t, path, cursor)
	write(t, victim, "precious")
	p := plan(state, read2(t, Files(home, "")))
	_, ids, err := p.Servers()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Apply(ids); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(path), os.Symlink(victim, path)); err != nil {
		t.Fatal(err)
	}
	if back, err := Undo(state); err != nil || back[0].Aside != "" || content(t, path) != cursor || content(t, victim) != "precious" {
		t.Errorf("%v %v %s", back, err, content(t, victim))
	}
}

// A link that waits under a name that could be foreseen is not followed.
func TestNoLinkIsFollowedWhileWriting(t *testing.T) {
	dir := t.TempDir()
	victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, "mcp.json")
	write(t, victim, "precious")
	for _, name := range []string{".mantlet", ".tmp", "~"} {
		if err := os.Symlink(victim, path+name); err != nil {
			t.Fatal(err)
		}
	}
	if err := replaceFile(path, []byte("x"), 0o640); err != nil {
		t.Fatal(err)
	}
	if content(t, victim) != "precious" || content(t, path) != "x" || mode(t, path) != 0o640 {
		t.Errorf("%q %q", content(t, victim), content(t, path))
	}
	// the attack itself: what os.WriteFile does with such a name
	if err := os.WriteFile(path+".mantlet", []byte("x"), 0o600); err != nil || content(t, victim) != "x" {
		t.Errorf("the link does not lead anywhere: %v", err)
	}
	if err := replaceFile(filepath.Join(dir, "no", "file"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if rest, _ := filepath.Glob(filepath.Join(dir, ".mantlet-*")); len(rest) > 0 {
		t.Errorf("%v is left", rest)
	}
}

// A project's file that is a link out of it, by itself or by its directory, or that
// is no file at all, is left out.
func TestAProjectsFileLiesInTheProject(t *testing.T) {
	outside, project := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "mcp.json"), `{"mcpServers":{"a":{"command":"x"}}}`)
	if err := os.Symlink(outside, filepath.Join(project, ".cursor")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "gone"), filepath.Join(project, ".mcp.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(project, ".vscode", "mcp.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	files := Files(t.TempDir(), project)
	if len(files) != 3 {
		t.Fatalf("%+v", files)
	}
	for _, f := range files {
		if e, left := Read(f); len(e) != 0 || len(left) != 1 || left[0].Name != "" {
			t.Errorf("%s: %v %v", f.Path, e, left)
		}
	}
	own := files[1]
	own.Project = false
	if e, _ := Read(own); len(e) != 1 {
		t.Error("the link leads nowhere, so that nothing was tested")
	}
}

// Claude Code keeps the user's servers and those of each project in one file, which
// is changed once. The project is known by either of its names.
func TestOneFileOfSeveralProjects(t *testing.T) {
	home, project, state := t.TempDir(), t.TempDir(), t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(project, link); err != nil {
		t.Fatal(err)
	}
	quoted := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	text := `{"a": 1, "mcpServers": {"one": {"command": "x"}}, "projects": {` + quoted(project) + `: {"mcpServers": {"two": {"command": "y"}, "far": {"url": "https://h/"}}}, ` +
		quoted(link) + `: {"mcpServers": {"three": {"command": "z", "cwd": "sub"}}}, "/other": {"mcpServers": {"four": {"command": "w"}}}}, "b": 2}`
	path := filepath.Join(home, ".claude.json")
	write(t, path, text)
	all := read2(t, Files(home, link))
	p := plan(state, all)
	servers, ids, err := p.Servers()
	if err != nil || strings.Join(ids, " ") != "one three two far" || servers[1].Cwd != filepath.Join(link, "sub") || servers[0].Cwd != "" {
		t.Fatalf("%v %v %v", servers, ids, err)
	}
	changed, err := p.Apply(ids)
	if err != nil || len(changed) != 1 || !changed[0].Token {
		t.Fatalf("%v %v", changed, err)
	}
	wrap := func(id string) string {
		return `{"command": "/bin/mantlet", "args": ["wrap","--server","` + id + `","--client","claude-code"]}`
	}
	want := strings.NewReplacer(`{"command": "x"}`, wrap("one"), `{"command": "y"}`, wrap("two"), `{"command": "z", "cwd": "sub"}`, wrap("three"),
		`{"url": "https://h/"}`, `{"type": "http", "url": "http://127.0.0.1:7332/mcp/far", "headers": {"Authorization":"Bearer mtl_claude-code_far"}}`).Replace(text)
	if got := content(t, path); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := Undo(state); err != nil || content(t, path) != text {
		t.Errorf("%v %s", err, content(t, path))
	}
}

// Where the desktop's own programs keep their files is for the user to say.
func TestFilesOfADesktopThatIsElsewhere(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not know XDG_CONFIG_HOME")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "Code", "User", "mcp.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]int{dir: 1, "": 0, "relative": 0} {
		t.Setenv("XDG_CONFIG_HOME", value)
		if got := Files(t.TempDir(), ""); len(got) != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}
