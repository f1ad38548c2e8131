package config

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What the parser takes too long for is refused before it sees it.
func TestWhatIsTooMuchIsRefused(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	for name, c := range map[string]struct{ text, want string }{
		"open brackets":   {strings.Repeat("[", 100_000), "nests deeper"},
		"brackets":        {"a: " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "nests deeper"},
		"braces":          {strings.Repeat("{a: ", 100_000), "nests deeper"},
		"hidden closers":  {strings.Repeat("[ \"]\", ", 10_000), "nests deeper"},
		"commented":       {strings.Repeat("[ # ]\n", 10_000), "nests deeper"},
		"dashes":          {strings.Repeat("- ", 50_000) + "a", "nests deeper"},
		"question marks":  {strings.Repeat("? ", 50_000) + "a", "nests deeper"},
		"colons":          {strings.Repeat(": ", 50_000) + "a", "nests deeper"},
		"indentation":     {indented(100), "nests deeper"},
		"too many words":  {strings.Repeat("a: b\n", 100_000), "words and marks"},
		"too many anchor": {strings.Repeat("&a ", 100_000), "words and marks"},
		"too large":       {strings.Repeat("#", maxFile+1), "larger than 1 MiB"},
		"not UTF-8":       {"state: \xff\n", "is not UTF-8"},
		"a NUL":           {"state: x\nlog: \x00\n", "file (line 2): holds a NUL"},
	} {
		_, err := Parse("", []byte(c.text))
		if _, ok := errors.AsType[Problems](err); !ok || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 1000 {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}

func indented(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestAFileThatIsTooLargeIsNotReadWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mantlet.yaml")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skipf("this file system has no sparse files of a terabyte: %v", err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Error(err)
	}
	if _, err := Load(path + ".not"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// A file of many servers is read all the same.
func TestManyServers(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	var b strings.Builder
	b.WriteString("servers:\n")
	for i := range 1000 {
		b.WriteString("  s" + strconv.Itoa(i) + ":\n    command: npx\n    args: [-y, x]\n    env: {A: b, C: d}\n    timeouts: {call: 5s}\n")
	}
	c, err := Parse("", []byte(b.String()))
	if err != nil || len(c.Servers) != 1000 {
		t.Error(err)
	}
}

func TestNearest(t *testing.T) {
	known := map[string]int{"url": 0, "command": 1, "keyFile": 2, "args": 3}
	for key, want := range map[string]string{
		"ur": "url", "URL": "url", "comand": "command", "commands": "command", "cmmnd": "command", "kefyile": "keyFile", "keyfile": "keyFile", "cmd": "", "x": "", "": "",
		"arguments": "", "arsg": "args", strings.Repeat("a", 1000): "",
	} {
		if got := nearest(key, known); got != want {
			t.Errorf("%.20s: %q, want %q", key, got, want)
		}
	}
}

func TestTheOperatorsSocketIsBesideTheFile(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	c, err := Parse("/etc/mantlet", []byte("ops: {listen: \"unix:ops.sock\"}\n"))
	if err != nil || c.Ops.Listen != "unix:/etc/mantlet/ops.sock" {
		t.Errorf("%v", err)
	}
}

// Text is what is written, whatever YAML takes it for.
func TestTextIsAsWritten(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	c, err := Parse("", []byte("servers: {a: {command: x, env: {A: 1.10, B: 0x1F, C: True, D: 0o17, E: 1_000, F: yes, G: \"null\", H: 1e3, I: ''}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{"A": "1.10", "B": "0x1F", "C": "True", "D": "0o17", "E": "1_000", "F": "yes", "G": "null", "H": "1e3", "I": ""} {
		if got := c.Servers["a"].Env[k]; got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
}

func TestBlocksAndLineEnds(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	for _, end := range []string{"\n", "\r\n"} {
		text := "\ufeffservers:\n  a:\n    command: x\n    env:\n      A: |\n        one\n        two\n      B: >-\n        one\n        two\n"
		c, err := Parse("", []byte(strings.ReplaceAll(text, "\n", end)))
		if err != nil {
			t.Fatal(err)
		}
		if e := c.Servers["a"].Env; e["A"] != "one\ntwo\n" || e["B"] != "one two" {
			t.Errorf("%q: %q", end, e)
		}
	}
}
