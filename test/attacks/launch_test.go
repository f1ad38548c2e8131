package attacks

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet/internal/daemon"
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
	if err := os.WriteFile(p.path, fmt.Appendf(nil, "#!/bin/sh\necho $$ > %q\n%s\nexec %q stdio-server\n", p.pid(), more, self), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
}

func (p program) pid() string { return p.path + ".pid" }

// end ends the server that was started last: the next use starts another.
func (p program) end(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(p.pid())
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatal(err)
	}
}

// until repeats what may come too early: a server that has just ended rests before it is
// started again.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Error(what)
}

// refused is the state of what the server would start.
func refused(t *testing.T, g *mantlettest.Gateway) bool {
	t.Helper()
	all, err := daemon.New(g.Config.Listen.Socket, "cli", "files").Catalogue(t.Context(), "files")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(all, func(i daemon.Listed) bool { return i.Kind == "launch" && i.State == "quarantined" })
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

func (p program) behind(t *testing.T, what string) (*mantlettest.Gateway, mcp.Transport) {
	t.Helper()
	g := mantlettest.Start(t, fmt.Sprintf("servers: {files: {command: %q, args: [-y, %q]}}\n%s", p.path, what, scan))
	return g, &mcp.StreamableClientTransport{Endpoint: g.URL("files"), DisableStandaloneSSE: true}
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
		g, endpoint := p.behind(t, "server")
		if !use(t, endpoint) {
			t.Fatal("the honest server is not started")
		}
		p.end(t)
		p.replace(t)
		until(t, "a program that nobody approved is not refused", func() bool { return !use(t, endpoint) && refused(t, g) })
		return p.ran()
	})
}

// F09: npx runs whatever is newest, and a new version is published after the approval. The
// one that was approved is written into the launch; when another one is newest nothing is
// started.
func TestF09FloatingVersion(t *testing.T) {
	both(t, "a floating version", func(t *testing.T) bool {
		p, publish := launcher(t, "1.2.3")
		use(t, p.direct())
		publish("1.2.4")
		use(t, p.direct())
		return p.ran()
	}, func(t *testing.T) bool {
		npm := newRegistry(t)
		p, publish := launcher(t, "1.2.3")
		npm.newest = "1.2.3"
		g := mantlettest.Start(t, fmt.Sprintf("servers: {files: {command: %q, args: [-y, server], env: {npm_config_registry: %q}}}\n%s", p.path, npm.url, scan))
		endpoint := &mcp.StreamableClientTransport{Endpoint: g.URL("files"), DisableStandaloneSSE: true}
		if !use(t, endpoint) {
			t.Fatal("the honest version is not started")
		}
		p.end(t)
		publish("1.2.4")
		npm.set("") // away: what was approved is still what is started
		until(t, "without the registry the approved version is not started", func() bool { return use(t, endpoint) })
		p.end(t)
		npm.set("1.2.4")
		until(t, "a version that nobody approved is not refused", func() bool { return !use(t, endpoint) && refused(t, g) })
		return p.ran()
	})
}

// launcher is npx: what names no version runs the one that is published last, and any but
// good leaves the mark.
func launcher(t *testing.T, good string) (p program, publish func(version string)) {
	t.Helper()
	p = install(t, "npx")
	newest := filepath.Join(filepath.Dir(p.path), "newest")
	publish = func(version string) {
		if err := os.WriteFile(newest, []byte(version), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	publish(good)
	p.write(t, fmt.Sprintf("for a; do last=$a; done\ncase $last in *@*) v=${last#*@};; *) v=$(cat %q);; esac\n[ \"$v\" = %s ] || touch %q", newest, good, p.mark))
	return p, publish
}

// A registry is npm's, with one package: it says which version is tagged as latest.
type registry struct {
	url    string
	mu     sync.Mutex
	newest string // "" answers nobody
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.newest == "" {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		sum := sha512.Sum512([]byte(r.newest))
		fmt.Fprintf(w, `{"name":"server","version":%q,"dist":{"integrity":"sha512-%s"}}`, r.newest, base64.StdEncoding.EncodeToString(sum[:]))
	}))
	t.Cleanup(s.Close)
	r.url = s.URL
	return r
}

func (r *registry) set(newest string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest = newest
}
