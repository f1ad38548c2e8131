package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/gesture"
	"github.com/mantlet-mcp/mantlet/mantlettest"
	"github.com/mantlet-mcp/mantlet/test/peers"
)

// The official servers are approved as they were, and then upgraded to another real
// version: what changed is hidden and shown to a person word by word, what did not goes on.
func TestAnUpgradeIsNotApproved(t *testing.T) {
	dir := t.TempDir()
	for id, s := range map[mantlet.ServerID]struct{ command, args string }{
		"everything": {"mcp-server-everything", "stdio"}, "files": {"mcp-server-filesystem", dir},
		"memory": {"mcp-server-memory", ""}, "thinking": {"mcp-server-sequential-thinking", ""},
	} {
		t.Run(string(id), func(t *testing.T) {
			conf := func(command string) string {
				args := ""
				if s.args != "" {
					args = fmt.Sprintf("args: [%q], ", s.args)
				}
				return fmt.Sprintf("servers:\n  %s: {command: %q, %senv: {PATH: %q}}\nclients: [{name: e2e, servers: [\"*\"]}]\ntrust: {firstUse: ask}\n", id, command, args,
					filepath.Dir(peers.NPM(t, "node"))+":"+os.Getenv("PATH"))
			}
			g := mantlettest.Start(t, conf(peers.Before(t, s.command)))
			notStarted(t, g, id)
			g.Approve(t, id)
			if names := offered(t, g, id); len(names) != 0 {
				t.Fatal("shown before it was approved", names)
			}
			g.Approve(t, id)
			before := offered(t, g, id)
			if len(before) == 0 {
				t.Fatal("nothing is shown though it was approved")
			}
			fresh, err := config.Parse("", []byte(fmt.Sprintf("listen: {address: %q}\n", g.Config.Listen.Address)+conf(peers.NPM(t, s.command))))
			if err != nil {
				t.Fatal(err)
			}
			if err := g.Reload(fresh); err != nil {
				t.Fatal(err)
			}
			notStarted(t, g, id)
			approveLaunch(t, g, id)
			after := offered(t, g, id)
			report(t, g, id, before, after)
			g.Approve(t, id)
			if got := offered(t, g, id); len(got) < len(after) || len(got) == 0 {
				t.Fatal("the new version is not shown though it was approved", got)
			}
		})
	}
}

// notStarted: what is started is pinned too, and asks like everything else.
func notStarted(t *testing.T, g *mantlettest.Gateway, id mantlet.ServerID) {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "e2e", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: g.URL(id), HTTPClient: &http.Client{Transport: bearer(g.Token(t, "e2e", id))}}, nil)
	if err == nil {
		_ = session.Close()
		t.Fatal("a server was started that nobody approved")
	}
	if !strings.Contains(err.Error(), "is not started") {
		t.Fatal(err)
	}
}

func approveLaunch(t *testing.T, g *mantlettest.Gateway, id mantlet.ServerID) {
	t.Helper()
	d := daemon.New(g.Config.Listen.Socket, "e2e", id)
	v, err := d.Review(t.Context(), string(id), "launch", "launch")
	if err != nil || len(v.Changes) == 0 {
		t.Fatal("the other program is not shown", v.Changes, err)
	}
	code, err := os.ReadFile(g.Config.Trust.CodeFile)
	if err != nil {
		t.Fatal(err)
	}
	totp, err := gesture.New(string(code))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Decide(t.Context(), daemon.Decision{Server: string(id), On: []daemon.Seen{{Kind: "launch", Name: "launch", Digest: v.Seen}}, State: "approved", Code: totp.Code(time.Now())}); err != nil {
		t.Fatal(err)
	}
}

func offered(t *testing.T, g *mantlettest.Gateway, id mantlet.ServerID) (names []string) {
	t.Helper()
	session := connect(t, g, id)
	defer session.Close() //nolint:errcheck // nothing is asked any more
	list, err := session.ListTools(t.Context(), &mcp.ListToolsParams{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range list.Tools {
		names = append(names, tool.Name)
	}
	return names
}

// report prints what the upgrade did, and holds that exactly what is as it was approved is
// still shown.
func report(t *testing.T, g *mantlettest.Gateway, id mantlet.ServerID, before, after []string) {
	t.Helper()
	d := daemon.New(g.Config.Listen.Socket, "e2e", id)
	all, err := d.Catalogue(t.Context(), string(id))
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int)
	for _, i := range all {
		if i.Kind != "tool" {
			continue
		}
		shown := slices.Contains(after, i.Name)
		switch {
		case i.Gone:
			counts["gone"]++
		case i.Pin == "":
			counts["added"]++
		case i.State != "approved":
			counts["changed"]++
			told(t, d, id, i.Name)
		default:
			counts["the same"]++
		}
		if want := i.State == "approved" && !i.Gone; shown != want {
			t.Errorf("%s is %s and shown: %t", i.Name, i.State, shown)
		}
	}
	t.Logf("%d tools before; after the upgrade %v", len(before), counts)
	if counts["changed"]+counts["added"]+counts["gone"] == 0 {
		t.Error("two versions years apart are the same: the case proves nothing")
	}
}

func told(t *testing.T, d *daemon.Client, id mantlet.ServerID, name string) {
	t.Helper()
	v, err := d.Review(t.Context(), string(id), "tool", name)
	if err != nil || len(v.Changes) == 0 {
		t.Errorf("%s: no difference is shown: %v", name, err)
		return
	}
	var at []string
	for _, c := range v.Changes {
		at = append(at, c.At)
	}
	t.Logf("  %s changed at %s", name, strings.Join(at, ", "))
}
