package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// pidServer is a legacy server over stdio that answers every call with its process id.
const pidServer = `while read line; do
  id=${line#*'"id":'}; id=${id%%,*}
  case "$line" in
  *'"initialize"'*) r="{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"pid\",\"version\":\"1\"}}" ;;
  *'"tools/call"'*) r="{\"content\":[{\"type\":\"text\",\"text\":\"pid $$ end\"}]}" ;;
  *'"server/discover"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":-32601,\"message\":\"no\"}}"; continue ;;
  *) continue ;;
  esac
  echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$r}"
done`

// A server that a reload leaves as it was goes on with its processes and sessions; one
// that changed is ended, and one that is gone is gone.
func TestAReloadCarriesOverWhatDidNotChange(t *testing.T) {
	script := filepath.Join(t.TempDir(), "pid.sh")
	if err := os.WriteFile(script, []byte(pidServer), 0o600); err != nil {
		t.Fatal(err)
	}
	one := func(more string) string {
		return fmt.Sprintf("servers: {one: {command: sh, args: [%q%s]}}\n", script, more)
	}
	g := mantlettest.Start(t, one(""))
	reload := func(yaml string) error {
		c, err := config.Parse("", []byte("listen: {address: \"127.0.0.1:0\"}\n"+yaml))
		if err != nil {
			t.Fatal(err)
		}
		return g.Reload(c)
	}
	c := cli(g, "one")
	defer c.HTTP.CloseIdleConnections()
	pid := func() string {
		_, rest, _ := strings.Cut(ask(t, c, `"name":"t","arguments":{},`), "pid ")
		pid, _, ok := strings.Cut(rest, " end")
		if !ok {
			t.Fatal(rest)
		}
		return pid
	}
	first := pid()
	for _, yaml := range []string{one("") + "log: {level: warn}\n", strings.Replace(one(""), "}}\n", fmt.Sprintf("}, two: {url: %q}}\n", good(t).URL), 1)} {
		if err := reload(yaml); err != nil {
			t.Fatal(err)
		}
		if now := pid(); now != first {
			t.Errorf("after a reload that changed something else: process %s, was %s", now, first)
		}
	}
	if err := reload(one(", other")); err != nil {
		t.Fatal(err)
	}
	if now := pid(); now == first {
		t.Error("a server whose arguments changed went on")
	}
	gone(t, first)
}

// gone waits for the end of a process that this test's Mantlet started.
func gone(t *testing.T, pid string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat("/proc/" + pid); os.IsNotExist(err) {
			return
		}
	}
	t.Errorf("process %s lives on", pid)
}
