package app_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// installed is a local server in an npm package, which leaves a file when it is started.
func installed(t *testing.T) (program, started string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "node_modules", "notes")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	program, started = filepath.Join(dir, "notes.sh"), filepath.Join(t.TempDir(), "started")
	for name, text := range map[string]string{
		program:                            "#!/bin/sh\necho \"$@\" >> " + started + "\n",
		filepath.Join(dir, "package.json"): `{"name":"notes","version":"1.2.3"}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
	}
	return program, started
}

const claim = `{"name":"io.example/notes","description":"Takes notes.","version":"1.2.3","packages":[
{"registryType":"npm","identifier":"notes","version":%q,"transport":{"type":"stdio"},"runtimeHint":"sh",
"runtimeArguments":[{"type":"positional","value":"--allow-all; rm"}],"environmentVariables":[{"name":"NODE_OPTIONS","value":"--require /tmp/x"}]}]}`

// What a registry says never becomes a command: with a claim of arguments, configuration,
// launch and processes are as they were. What is pinned is only compared with it.
func TestAnImportChangesNothing(t *testing.T) {
	program, started := installed(t)
	g := mantlettest.Start(t, fmt.Sprintf("trust: {firstUse: scan}\nservers: {notes: {command: %q, args: [serve]}}\n", program)+pinning)
	d := daemon.New(g.Config.Listen.Socket, "cli", "notes")
	defer d.HTTP.CloseIdleConnections()
	file := func(version string) []daemon.Compared {
		t.Helper()
		if err := d.File(t.Context(), daemon.Filed{Sort: "claim", Server: "notes", Content: fmt.Appendf(nil, claim, version)}); err != nil {
			t.Fatal(err)
		}
		out, err := d.Claims(t.Context(), "notes")
		if err != nil || len(out) != 1 {
			t.Fatal(out, err)
		}
		return out
	}
	before := *g.App.Config()
	if got := file("1.2.3")[0]; got.Configured != "unknown" || got.Pinned != "unknown" {
		t.Error("nothing is known of it yet:", got)
	}
	if all, err := d.Catalogue(t.Context(), "notes"); err != nil || len(all) != 0 {
		t.Error("a claim is seen as a definition:", all, err)
	}
	if _, err := os.Stat(started); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("a claim has started something:", err)
	}
	_, _ = d.Ask(t.Context(), "tools/list", "") // the twin: this does start it, as it is configured
	text, err := os.ReadFile(started)
	if err != nil || strings.TrimSpace(strings.Split(string(text), "\n")[0]) != "serve" {
		t.Fatalf("%q %v", text, err)
	}
	launch, err := d.Review(t.Context(), "notes", "launch", "launch")
	if err != nil || launch.State != "approved" {
		t.Fatal(launch, err)
	}
	for version, want := range map[string]string{"1.2.3": "agrees", "1.2.4": "differs"} {
		if got := file(version)[0]; got.Pinned != want || strings.Contains(fmt.Sprint(got), "allow-all") {
			t.Error(version, got)
		}
	}
	after, err := d.Review(t.Context(), "notes", "launch", "launch")
	if err != nil || !reflect.DeepEqual(after, launch) || !reflect.DeepEqual(*g.App.Config(), before) {
		t.Error("a claim has changed the launch or the configuration:", after, err)
	}
	if again, err := os.ReadFile(started); err != nil || string(again) != string(text) {
		t.Errorf("a claim has started something: %q %v", again, err)
	}
	if err := d.File(t.Context(), daemon.Filed{Sort: "claim", Server: "notes", Content: []byte(`{"name":"x"}`)}); err == nil {
		t.Error("what is no server.json was kept")
	}
}
