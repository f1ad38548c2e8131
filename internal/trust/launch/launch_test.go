package launch_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return path
}

// A bench is a server as npm installs one.
func bench(t *testing.T) (dir string, s launch.Spec) {
	t.Helper()
	dir = t.TempDir()
	write(t, filepath.Join(dir, "bin/fakenode"), "an interpreter")
	write(t, filepath.Join(dir, "node_modules/@x/server/package.json"), `{"name":"@x/server","version":"1.2.3"}`)
	write(t, filepath.Join(dir, "node_modules/@x/server/dist/index.js"), "#!/usr/bin/env fakenode\nserve()")
	write(t, filepath.Join(dir, "node_modules/@x/server/dist/lib.js"), "lib()")
	write(t, filepath.Join(dir, "node_modules/.package-lock.json"), `{"packages":{}}`)
	write(t, filepath.Join(dir, "conf.json"), "{}")
	if err := os.MkdirAll(filepath.Join(dir, "node_modules/.bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../@x/server/dist/index.js", filepath.Join(dir, "node_modules/.bin/server")); err != nil {
		t.Fatal(err)
	}
	return dir, launch.Spec{
		Command: "server", Args: []string{"--conf", "conf.json", "stdio"}, Dir: dir,
		Env: map[string]string{"PATH": filepath.Join(dir, "node_modules/.bin") + ":" + filepath.Join(dir, "bin"), "TOKEN": "secret"},
	}
}

func described(t *testing.T, s launch.Spec) (launch.Launch, string) {
	t.Helper()
	l, err := launch.Describe(s)
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Definition()
	if err != nil {
		t.Fatal(err)
	}
	return l, string(b)
}

func TestDescribe(t *testing.T) {
	dir, s := bench(t)
	l, text := described(t, s)
	var files []string
	for _, f := range l.Files {
		rel, _ := filepath.Rel(dir, f.Path)
		files = append(files, rel)
	}
	if got := strings.Join(files, " "); got != "node_modules/@x/server/dist/index.js bin/fakenode conf.json" {
		t.Error(got)
	}
	if len(l.Packages) != 1 || l.Packages[0].Name != "@x/server" || l.Packages[0].Version != "1.2.3" || l.Packages[0].Lock == "" {
		t.Errorf("%+v", l.Packages)
	}
	if strings.Contains(text, "secret") || !strings.Contains(text, `"TOKEN"`) {
		t.Error("values are pinned, or names are not", text)
	}
	if _, again := described(t, s); again != text {
		t.Error("the same is described otherwise")
	}
	if !json.Valid([]byte(text)) {
		t.Error(text)
	}
}

// Whatever would make another program run makes another description.
func TestWhatIsSwapped(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, dir string, s *launch.Spec){
		"the script": func(t *testing.T, d string, _ *launch.Spec) {
			t.Helper()
			write(t, filepath.Join(d, "node_modules/@x/server/dist/index.js"), "#!/usr/bin/env fakenode\nsteal()")
		},
		"a library of it": func(t *testing.T, d string, _ *launch.Spec) {
			t.Helper()
			write(t, filepath.Join(d, "node_modules/@x/server/dist/lib.js"), "steal()")
		},
		"a file is added": func(t *testing.T, d string, _ *launch.Spec) {
			t.Helper()
			write(t, filepath.Join(d, "node_modules/@x/server/dist/z.js"), "")
		},
		"the interpreter": func(t *testing.T, d string, _ *launch.Spec) {
			t.Helper()
			write(t, filepath.Join(d, "bin/fakenode"), "another")
		},
		"a dependency": func(t *testing.T, d string, _ *launch.Spec) {
			t.Helper()
			write(t, filepath.Join(d, "node_modules/.package-lock.json"), `{"packages":{"y":{}}}`)
		},
		"the version": func(t *testing.T, d string, _ *launch.Spec) {
			t.Helper()
			write(t, filepath.Join(d, "node_modules/@x/server/package.json"), `{"name":"@x/server","version":"1.2.4"}`)
		},
		"a file it reads": func(t *testing.T, d string, _ *launch.Spec) {
			t.Helper()
			write(t, filepath.Join(d, "conf.json"), `{"a":1}`)
		},
		"an argument": func(_ *testing.T, _ string, s *launch.Spec) { s.Args = []string{"--conf", "conf.json", "http"} },
		"a variable":  func(_ *testing.T, _ string, s *launch.Spec) { s.Env["MORE"] = "" },
		"the command": func(_ *testing.T, _ string, s *launch.Spec) { s.Command = "fakenode" },
		"another in PATH": func(t *testing.T, d string, s *launch.Spec) {
			t.Helper()
			write(t, filepath.Join(d, "evil/server"), "x")
			s.Env["PATH"] = filepath.Join(d, "evil") + ":" + s.Env["PATH"]
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, s := bench(t)
			_, before := described(t, s)
			change(t, dir, &s)
			if _, after := described(t, s); after == before {
				t.Error("not noticed")
			}
		})
	}
}

func TestWhatDoesNotCount(t *testing.T) {
	dir, s := bench(t)
	_, before := described(t, s)
	s.Env["TOKEN"] = "renewed"
	write(t, filepath.Join(dir, "data.txt"), "the server's own")
	if _, after := described(t, s); after != before {
		t.Error("a renewed secret, or the server's data, raises an alarm")
	}
}

func TestWhatIsNotThere(t *testing.T) {
	if l, err := launch.Describe(launch.Spec{Command: "nosuch", Env: map[string]string{"PATH": t.TempDir()}}); err == nil {
		t.Error("described", l)
	}
	if l, err := launch.Describe(launch.Spec{Command: filepath.Join(t.TempDir(), "nosuch")}); err == nil {
		t.Error("described", l)
	}
}

func TestFloating(t *testing.T) {
	for line, want := range map[string]bool{
		"npx -y @x/server": true, "npx -y @x/server@latest": true, "npx @x/server@^1.2.3": true, "npx @x/server@1": true, "npx -y @x/server@1.2.3": false, "npx -y server@2025.8.4": false,
		"npx -p @x/server serve": true, "npx --package=@x/server@1.2.3 serve": false, "npx ./local": false, "uvx mcp-server-git": true, "uvx mcp-server-git==2025.1.2": false,
		"uvx --from git+https://x.test/y z": true, "uvx --from mcp@1.2.0 mcp": false, "pipx run tool": true, "pnpm dlx x": true, "bunx x@1.0.0": false, "uv tool run thing": true,
		"docker run -i --rm mcp/fetch": true, "docker run -i --rm -e A=b mcp/fetch:latest": true, "docker run --rm -v /a:/b mcp/fetch@sha256:00": false, "docker ps": false,
		"node index.js": false, "/opt/server stdio": false, "npx github:x/y": true, "npx": false,
	} {
		words := strings.Fields(line)
		dir := t.TempDir()
		write(t, filepath.Join(dir, filepath.Base(words[0])), "")
		l, err := launch.Describe(launch.Spec{Command: filepath.Join(dir, filepath.Base(words[0])), Args: words[1:], Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Floating != ""; got != want {
			t.Errorf("%s: floating %t (%s), want %t", line, got, l.Floating, want)
		}
	}
}
