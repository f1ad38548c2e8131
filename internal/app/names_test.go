package app_test

import (
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// A tool that could be taken for another server's waits, and so does one of the same name;
// one of another name does not.
func TestLookAlikesAreFoundAtFirstSight(t *testing.T) {
	for name, want := range map[string]string{"list_channels": "in review", "list_chanels": "in review", "lіst_channels": "in review", "read_log": "approved"} {
		g := mantlettest.Start(t, "trust: {firstUse: scan}\nservers:\n  honest: {url: \""+served(t, "list_channels")+"\"}\n  other: {url: \""+served(t, name)+"\"}\n"+pinning)
		d := daemon.New(g.Config.Listen.Socket, "cli", "other")
		for _, server := range []mantlet.ServerID{"honest", "other"} {
			session := agent(t, g.URL(server))
			listed(t, session)
		}
		all, err := d.Catalogue(t.Context(), "other")
		if err != nil || len(all) != 1 || all[0].State != want || want != "approved" && !strings.Contains(all[0].Why, "another server's list_channels") && name == "list_chanels" {
			t.Errorf("%s: %+v %v", name, all, err)
		}
		d.HTTP.CloseIdleConnections()
	}
}
