package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDefaultIsSafe(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if !loopback(c.Listen.Address) || !strings.HasPrefix(c.Ops.Listen, "unix:") || c.Ops.Pprof || c.Insecure != (Insecure{}) || c.Audit.Bodies.Keep {
		t.Errorf("the default is open: %+v", c)
	}
	if c.Limits.Message != 4<<20 || c.Limits.List != 16<<20 || c.Limits.Depth != 64 || c.Limits.Nodes != 500_000 || c.Limits.Items != 5000 || c.Limits.Header != 8<<10 {
		t.Errorf("limits %+v", c.Limits)
	}
	if len(c.ServeProblems()) != 2 {
		t.Errorf("serve would start with stand-ins: %v", c.ServeProblems())
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	_, err := Parse("", []byte(`
listen:
  address: 0.0.0.0:7332
  trustedProxies: []
servers:
  Files: {command: npx}
  both: {command: npx, url: "https://a.example/mcp"}
  plain: {url: "http://mcp.example/mcp"}
  secret:
    url: https://mcp.example/mcp
    headers:
      Authorization: Bearer abc
  env:
    command: npx
    env: {NODE_OPTIONS: "--require ./x.js"}
  pinned: {url: "https://a.example/", tls: {pins: ["sha256/x"]}}
clients:
  - {name: Cursor, servers: [nothing]}
audit: {durability: maybe}
ops: {listen: "0.0.0.0:9"}
seal: {replicas: 3}
log: {level: loud}
extensions: [vendor]
insecure: {allowAnonymous: true}
`))
	p, ok := errors.AsType[Problems](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{
		"listen.address (line 3): 0.0.0.0:7332 can be reached",
		"servers.Files (line 6): server id",
		"servers.both (line 7): needs a command or a url, and not both",
		"servers.plain.url (line 8): goes to another machine in the clear",
		"servers.secret.headers.Authorization (line 12): is a credential",
		"servers.env.env.NODE_OPTIONS (line 15): makes other code run",
		"servers.pinned.tls.pins[0] (line 16): is not a pin",
		"clients[0].name (line 18)", "clients[0].servers[0] (line 18): no server",
		"audit.durability (line 19)", "ops.listen (line 20)", "seal.ringFile (line 21): is missing",
		"log.level (line 22)", "extensions[0] (line 23)", "insecure.allowAnonymous (line 24): needs a loopback",
		"insecure.allowAnonymous (line 24): lets anybody on this machine use the credential of server secret",
	} {
		if !strings.Contains(p.Error(), want) {
			t.Errorf("missing: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("got:\n%v", p)
	}
	if strings.Contains(p.Error(), "abc") {
		t.Error("the credential is repeated")
	}
}

func TestStrict(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	for name, text := range map[string]string{
		"unknown key":        "lisen: {}\n",
		"duplicate key":      "log: {}\nlog: {}\n",
		"wrong type":         "servers: []\n",
		"not a size":         "limits: {message: lots}\n",
		"a negative size":    "limits: {message: -1}\n",
		"not a duration":     "joined: {wait: 5}\n",
		"a negative wait":    "joined: {wait: -5s}\n",
		"a null server":      "servers: {files: }\n",
		"not YAML":           "a: [\n",
		"a size with a typo": "limits: {list: 16MB}\n",
	} {
		if _, err := Parse("", []byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		} else if _, ok := errors.AsType[Problems](err); !ok {
			t.Errorf("%s: %T is not Problems", name, err)
		}
	}
}

func TestAccepted(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Parse(dir, []byte(`
servers:
  files: {command: npx, args: [-y, x], timeouts: {call: 10s}}
  remote: {url: "https://mcp.example/mcp", headers: {Authorization: "file:token"}}
  here: {url: "http://127.0.0.1:1/mcp"}
clients:
  - {name: cursor, servers: ["*"]}
limits: {message: 1MiB, list: 2MiB}
`))
	if err != nil {
		t.Fatal(err)
	}
	if time.Duration(c.Servers["files"].Timeouts.Call) != 10*time.Second || c.Limits.Message != 1<<20 || *c.Servers["files"].Queue != 256 {
		t.Errorf("%+v", c.Servers["files"])
	}
	if p := c.CheckFiles(); len(p) != 0 {
		t.Errorf("files: %v", p)
	}
	h, err := Resolve(c.Servers["remote"].Headers)
	if err != nil || h["Authorization"] != "s3cret" {
		t.Errorf("%v, %v", h, err)
	}
	if err := os.Chmod(filepath.Join(dir, "token"), 0o644); err != nil {
		t.Fatal(err)
	}
	if p := c.CheckFiles(); len(p) != 1 || !strings.Contains(p.Error(), "chmod 600") {
		t.Errorf("a token that others can read: %v", p)
	}
	if _, err := Resolve(c.Servers["remote"].Headers); err == nil {
		t.Error("it was read all the same")
	}
}

func TestAPasswordInAURLIsNotRepeated(t *testing.T) {
	t.Setenv("MANTLET_STATE", t.TempDir())
	for _, u := range []string{"ftp://user:hunter2@h", "https://user:hunter2@h/mcp"} {
		if _, err := Parse("", []byte("servers: {a: {url: \""+u+"\"}}\n")); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
	if _, err := Parse("", []byte("servers: {a: {url: \"https://h/\", headers: {X-Session: abc}}}\ninsecure: {allowAnonymous: true}\n")); err == nil {
		t.Error("anybody may use a header that could be a credential")
	}
}
