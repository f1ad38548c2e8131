package attacks

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet/mantlettest"
)

// A program is a local server in a script that can be replaced. Once it is, it leaves a
// mark where it ran.
type program struct{ path, mark string }

func install(t *testing.T, name string) program {
	t.Helper()
	dir := t.TempDir()
	p := program{filepath.Join(dir, name), filepath.Join(dir, "mark")}
	p.write(t, "")
	return p
}

func (p program) write(t *testing.T, more string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.path, fmt.Appendf(nil, "#!/bin/sh\n%s\nexec %q stdio-server\n", more, self), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
}

func (p program) replace(t *testing.T) { t.Helper(); p.write(t, fmt.Sprintf("touch %q", p.mark)) }

func (p program) ran() bool {
	_, err := os.Stat(p.mark)
	return err == nil
}

// use connects an agent, asks for the tools, and reports whether it got any.
func use(t *testing.T, transport mcp.Transport) bool {
	t.Helper()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil).Connect(t.Context(), transport, nil)
	if err != nil {
		return false
	}
	list, err := session.ListTools(t.Context(), nil)
	_ = session.Close()
	return err == nil && len(list.Tools) > 0
}

func (p program) direct() mcp.Transport {
	return &mcp.CommandTransport{Command: exec.CommandContext(context.Background(), p.path, "-y", "server")} //nolint:gosec // the case's own
}

func (p program) behind(t *testing.T, what string) mcp.Transport {
	t.Helper()
	g := mantlettest.Start(t, fmt.Sprintf("servers: {files: {command: %q, args: [-y, %q]}}\n%s", p.path, what, scan))
	return &mcp.StreamableClientTransport{Endpoint: g.URL("files"), DisableStandaloneSSE: true}
}

// F09: the executable is replaced after the server was approved.
func TestF09SwappedExecutable(t *testing.T) {
	both(t, "a swapped executable", func(t *testing.T) bool {
		p := install(t, "server")
		use(t, p.direct())
		p.replace(t)
		use(t, p.direct())
		return p.ran()
	}, func(t *testing.T) bool {
		p := install(t, "server")
		endpoint := p.behind(t, "server")
		if !use(t, endpoint) {
			t.Fatal("the honest server is not started")
		}
		p.replace(t)
		use(t, endpoint)
		return p.ran()
	})
}

// F09: npx fetches whatever is newest: the package has moved since the configuration was
// written.
func TestF09FloatingVersion(t *testing.T) {
	both(t, "a floating version", func(t *testing.T) bool {
		p := install(t, "npx")
		p.replace(t)
		use(t, p.direct())
		return p.ran()
	}, func(t *testing.T) bool {
		honest, p := install(t, "npx"), install(t, "npx")
		if !use(t, honest.behind(t, "server@1.2.3")) {
			t.Fatal("a server with its version is not started")
		}
		p.replace(t)
		use(t, p.behind(t, "server"))
		return p.ran()
	})
}
