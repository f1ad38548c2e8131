package app_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// listener is the official client of a revision ("": its newest) with its stream open; told
// holds a word where it was told, since somebody looked, that the tools have changed.
func listener(t *testing.T, url, revision string) (session *mcp.ClientSession, told chan struct{}) {
	t.Helper()
	told = make(chan struct{}, 1)
	c := mcp.NewClient(&mcp.Implementation{Name: "listener", Version: "1"}, &mcp.ClientOptions{
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) {
			select {
			case told <- struct{}{}:
			default: // it knows
			}
		},
	})
	session, err := c.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: url}, &mcp.ClientSessionOptions{ProtocolVersion: revision})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session, told
}

// A session is told of a decision on its server at once, whatever its revision, alone and
// joined; what it then lists is what was decided. To quarantine is told as to approve. (A
// modern client has no stream at the joined mount.)
func TestSessionsAreToldOfDecisions(t *testing.T) {
	for name, c := range map[string]struct {
		mount          mantlet.ServerID
		revision, tool string
	}{
		"alone, 2025-03-26":  {"peer", "2025-03-26", "delete_file"},
		"alone, 2025-11-25":  {"peer", "2025-11-25", "delete_file"},
		"joined, 2025-06-18": {mantlet.Joined, "2025-06-18", "peer__delete_file"},
		"joined, 2025-11-25": {mantlet.Joined, "2025-11-25", "peer__delete_file"},
	} {
		t.Run(name, func(t *testing.T) {
			g := mantlettest.Start(t, "trust: {firstUse: ask}\nservers: {peer: {url: \""+peerURL(t)+"\"}}\n"+pinning)
			d := daemon.New(g.Config.Listen.Socket, "cli", "peer")
			t.Cleanup(d.HTTP.CloseIdleConnections)
			session, told := listener(t, g.URL(c.mount), c.revision)
			if got := session.InitializeResult().ProtocolVersion; got != c.revision {
				t.Fatalf("it speaks %s", got)
			}
			if names := listed(t, session); slices.Contains(names, c.tool) {
				t.Fatalf("shown before anybody looked: %v", names)
			}
			approve := func() { g.Approve(t, "peer") }
			stop := func() {
				if err := d.Decide(t.Context(), daemon.Decision{Server: "peer", On: []daemon.Seen{{Kind: "tool", Name: "delete_file"}}, State: "quarantined"}); err != nil {
					t.Fatal(err)
				}
			}
			// The stream is open some time after the session: until it is, nobody can be told.
			await(t, told, stop, 100*time.Millisecond)
			await(t, told, approve, 20*time.Second)
			if names := listed(t, session); !slices.Contains(names, c.tool) {
				t.Errorf("told, and lists %v", names)
			}
			await(t, told, stop, 20*time.Second)
			if names := listed(t, session); slices.Contains(names, c.tool) {
				t.Errorf("told, and lists %v", names)
			}
		})
	}
}

// await decides, again and again where nothing is told in patience, until something is.
func await(t *testing.T, told <-chan struct{}, decide func(), patience time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		decide()
		select {
		case <-told:
			return
		case <-time.After(patience):
		}
	}
	t.Fatal("nobody is told")
}
