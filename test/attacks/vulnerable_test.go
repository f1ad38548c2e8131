package attacks

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/mantlettest"
	"github.com/mantlet-mcp/mantlet/test/peers"
)

// A victim is a real server from npm, in a version with a published vulnerability.
type victim struct {
	command string
	args    []string
	env     map[string]string // all that it gets; Node is put into its PATH
	inspect string            // its own section of the configuration, beside what stands there by default
	benign  func(*mcp.ClientSession) (answer string, ok bool)
	hostile func(*mcp.ClientSession) (answer string)
	harmed  func(answer string) bool
}

// exploited makes both calls of a victim without Mantlet and behind it. The benign call must
// succeed in both places, and behind Mantlet the record must hold the refusal.
func exploited(t *testing.T, threat string, of func(t *testing.T) victim) {
	t.Helper()
	_ = of(t) // skips where the package is not installed
	both(t, threat, func(t *testing.T) bool {
		v := of(t)
		cmd := exec.CommandContext(context.Background(), v.command, v.args...) //nolint:gosec // the case's own
		for name, value := range v.env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		return v.attacked(t, dial(t, &mcp.CommandTransport{Command: cmd, TerminateDuration: 100 * time.Millisecond}))
	}, func(t *testing.T) bool {
		v := of(t)
		g := mantlettest.Start(t, v.config())
		endpoint := &mcp.StreamableClientTransport{Endpoint: g.URL("victim"), DisableStandaloneSSE: true}
		if use(t, endpoint) {
			t.Fatal("it was started before anybody approved it")
		}
		g.Approve(t, "victim") // what is started
		use(t, endpoint)
		g.Approve(t, "victim") // what it offers
		harmed := v.attacked(t, dial(t, endpoint))
		if err := g.Stop(); err != nil {
			t.Fatal(err)
		}
		refusedOnce(t, g)
		return harmed
	})
}

func (v victim) config() string {
	var b strings.Builder
	fmt.Fprintf(&b, "servers:\n  victim:\n    command: %q\n    args: [", v.command)
	for _, a := range v.args {
		fmt.Fprintf(&b, "%q, ", a)
	}
	b.WriteString("]\n    env:\n")
	for name, value := range v.env {
		fmt.Fprintf(&b, "      %s: %q\n", name, value)
	}
	if v.inspect != "" {
		fmt.Fprintf(&b, "    inspect: %s\n", v.inspect)
	}
	return b.String() + strings.Replace(scan, "scan", "ask", 1)
}

func (v victim) attacked(t *testing.T, s *mcp.ClientSession) bool {
	t.Helper()
	if _, err := s.ListTools(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if answer, ok := v.benign(s); !ok {
		t.Fatalf("an honest call does not work: %s", answer)
	}
	answer := v.hostile(s)
	t.Logf("answer to the attack: %.300s", answer)
	return v.harmed(answer)
}

func dial(t *testing.T, transport mcp.Transport) *mcp.ClientSession {
	t.Helper()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil).Connect(t.Context(), transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

// refusedOnce holds that of all calls one was refused, and that this is in the record.
func refusedOnce(t *testing.T, g *mantlettest.Gateway) {
	t.Helper()
	if r, err := audit.Verify(g.AuditDir()); err != nil || r.Broken != "" {
		t.Errorf("the record: %+v, %v", r, err)
	}
	calls, denied := audit.Query{Method: "tools/call", Outcome: "denied"}, 0
	for e, err := range audit.Entries(g.AuditDir()) {
		if err != nil {
			t.Fatal(err)
		}
		if calls.Match(e) {
			denied++
		}
	}
	if denied != 1 {
		t.Errorf("%d calls were refused in the record; want 1", denied)
	}
}

// text is what a call shows a model.
func text(s *mcp.ClientSession, tool string, arguments map[string]any) (string, bool) {
	r, err := s.CallTool(context.Background(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return err.Error(), false
	}
	var b strings.Builder
	for _, c := range r.Content {
		if one, ok := c.(*mcp.TextContent); ok {
			b.WriteString(one.Text)
		}
	}
	return b.String(), !r.IsError
}

// stub is a directory with one program, to stand before all others in a PATH.
func stub(t *testing.T, name, script string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return dir
}

func searched(t *testing.T, first ...string) string {
	t.Helper()
	return strings.Join(append(first, filepath.Dir(peers.NPM(t, "node")), "/usr/bin", "/bin"), ":")
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// CVE-2025-53110 of the official file server: a directory whose name begins as the allowed one
// does is taken for it. CVE-2025-53109, the link that leads out, looks like any other path
// from here: what stops it is that the server cannot reach the file (F08, the sandbox).
func TestG05RealSiblingOfAnAllowedDirectory(t *testing.T) {
	exploited(t, "CVE-2025-53110", func(t *testing.T) victim {
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		data := filepath.Join(dir, "data")
		write(t, filepath.Join(data, "hello"), "hello from a file")
		write(t, filepath.Join(dir, "data_secret", "MARKER"), "of nobody's business")
		return victim{
			command: peers.Vulnerable(t, "mcp-server-filesystem"), args: []string{data},
			env: map[string]string{"PATH": searched(t)},
			// with today's zod below it, this version says no word of its arguments in its schemas,
			// so that none would be let in
			inspect: fmt.Sprintf("{arguments: note, allow: {roots: [%q]}}", data),
			benign: func(s *mcp.ClientSession) (string, bool) {
				got, ok := text(s, "read_file", map[string]any{"path": filepath.Join(data, "hello")})
				return got, ok && strings.Contains(got, "hello from a file")
			},
			hostile: func(s *mcp.ClientSession) string {
				got, _ := text(s, "read_file", map[string]any{"path": filepath.Join(dir, "data_secret", "MARKER")})
				return got
			},
			harmed: func(answer string) bool { return strings.Contains(answer, "of nobody's business") },
		}
	})
}

// CVE-2025-53967: where the service is not reached, the address with the file's key in it goes
// to curl through a shell. The proxy is a closed port of this machine and curl prints a
// document, so that nothing leaves.
func TestG01RealCommandInAKey(t *testing.T) {
	exploited(t, "CVE-2025-53967", func(t *testing.T) victim {
		mark, home := filepath.Join(t.TempDir(), "MARKER"), t.TempDir()
		curl := stub(t, "curl", `echo '{"name":"a drawing","lastModified":"2025-01-01T00:00:00Z","document":{"id":"0:0","name":"Document","type":"DOCUMENT","children":[]},"components":{},"componentSets":{},"styles":{}}'`)
		closed := "http://127.0.0.1:" + peers.Port(t)
		return victim{
			command: peers.Vulnerable(t, "figma-developer-mcp"), args: []string{"--stdio", "--figma-api-key=of-nobody"},
			env: map[string]string{"PATH": searched(t, curl), "HOME": home, "NODE_USE_ENV_PROXY": "1", "HTTPS_PROXY": closed, "HTTP_PROXY": closed},
			benign: func(s *mcp.ClientSession) (string, bool) {
				got, ok := text(s, "get_figma_data", map[string]any{"fileKey": "aBcDeF0123456789"})
				return got, ok && strings.Contains(got, "a drawing")
			},
			hostile: func(s *mcp.ClientSession) string {
				got, _ := text(s, "get_figma_data", map[string]any{"fileKey": "x$(touch " + mark + ")"})
				return got
			},
			harmed: func(string) bool { _, err := os.Stat(mark); return err == nil },
		}
	})
}

// CVE-2026-39884: a command line is split at its blanks, and what a name holds after one
// becomes options of kubectl.
func TestG03RealOptionsInAName(t *testing.T) {
	exploited(t, "CVE-2026-39884", func(t *testing.T) victim {
		mark := filepath.Join(t.TempDir(), "argv")
		kubectl := stub(t, "kubectl", fmt.Sprintf("for a; do echo \"$a\" >> %q; done\ncase $1 in port-forward) echo Forwarding from 127.0.0.1:8080;; *) echo '{\"items\":[]}';; esac\n", mark))
		return victim{
			command: peers.Vulnerable(t, "mcp-server-kubernetes"),
			env:     map[string]string{"PATH": searched(t, kubectl), "HOME": t.TempDir()},
			benign: func(s *mcp.ClientSession) (string, bool) {
				return text(s, "kubectl_get", map[string]any{"resourceType": "pods", "name": "web", "namespace": "default"})
			},
			hostile: func(s *mcp.ClientSession) string {
				got, _ := text(s, "port_forward", map[string]any{"resourceType": "pod", "resourceName": "x --address=0.0.0.0 -n kube-system", "localPort": 8080, "targetPort": 80})
				return got
			},
			harmed: func(string) bool {
				argv, _ := os.ReadFile(mark)
				return strings.Contains(string(argv), "\n--address=0.0.0.0\n")
			},
		}
	})
}
