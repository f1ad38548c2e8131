// Package peers starts what Mantlet's tests speak with: real MCP servers and the
// official conformance suite, as test/peers/install.sh put them into .cache.
package peers

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Root is the project's directory.
func Root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the project's directory is not known")
	}
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// NPM is the path of a command that an npm package brings.
func NPM(t testing.TB, name string) string {
	t.Helper()
	return installed(t, filepath.Join(Root(t), ".cache", "npm", "node_modules", ".bin", name))
}

// Before is the path of a command that an earlier version of an npm package brings.
func Before(t testing.TB, name string) string {
	t.Helper()
	return installed(t, filepath.Join(Root(t), ".cache", "before", "node_modules", ".bin", name))
}

// Vulnerable is the path of a command that an npm package brings in a version with a known
// vulnerability.
func Vulnerable(t testing.TB, name string) string {
	t.Helper()
	return installed(t, filepath.Join(Root(t), ".cache", "vulnerable", "node_modules", ".bin", name))
}

// Module is the path of an npm package, for scripts that import it.
func Module(t testing.TB, name string) string {
	t.Helper()
	return installed(t, filepath.Join(Root(t), ".cache", "npm", "node_modules", name))
}

// Go is the path of a command that a Go module brings.
func Go(t testing.TB, name string) string {
	t.Helper()
	return installed(t, filepath.Join(Root(t), ".cache", "bin", name))
}

func installed(t testing.TB, path string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not installed; run test/peers/install.sh (make test does)", filepath.Base(path))
	}
	return path
}

// Env is the environment in which npm's commands find Node 22.
func Env(t testing.TB, more ...string) []string {
	t.Helper()
	bin := filepath.Dir(NPM(t, "node"))
	return append(append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH")), more...)
}

// Port is a free TCP port of this machine.
func Port(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only its number is wanted
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Serve starts a server that listens at port and ends it with the test. It returns
// once the port answers.
func Serve(t testing.TB, port string, command string, args ...string) {
	t.Helper()
	cmd := exec.Command(command, args...) //nolint:gosec,noctx // a test's own peer, ended by Cleanup
	cmd.Env = Env(t, "PORT="+port)
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	go func() { said <- lastLines(bufio.NewScanner(out)) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			_ = c.Close()
			return
		}
	}
	_ = cmd.Process.Kill()
	t.Fatalf("%s did not listen at %s: %s", command, port, <-said)
}

func lastLines(s *bufio.Scanner) string {
	var last []string
	for s.Scan() {
		if last = append(last, s.Text()); len(last) > 20 {
			last = last[1:]
		}
	}
	return strings.Join(last, "\n")
}
