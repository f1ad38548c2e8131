package process

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// try does what a stranger's server might, and says what it could.
func try(args []string) {
	secret, allowed, home, address := args[0], args[1], args[2], args[3]
	say := func(what string, err error) {
		if err != nil {
			fmt.Println(what, "no")
			return
		}
		fmt.Println(what, "yes")
	}
	_, err := os.ReadFile(secret)
	say("secret", err)
	_, err = os.ReadFile(allowed)
	say("allowed", err)
	say("write", os.WriteFile(filepath.Join(home, "x"), nil, 0o600))
	say("rename", os.Rename(filepath.Join(home, "x"), filepath.Join(home, "y")))
	say("elsewhere", os.WriteFile(allowed, []byte("changed"), 0o600))
	_, err = os.ReadFile(fmt.Sprintf("/proc/%s/environ", args[4]))
	say("environ", err)
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	say("network", err)
	if err == nil {
		_ = c.Close()
	}
}

// tried is what a server could do, and what one that it started could.
func tried(t *testing.T, c *Confinement, role string, args ...string) map[string]bool {
	t.Helper()
	p, err := Start(Spec{Command: os.Args[0], Args: append([]string{"role", role}, args...), MaxLine: 1000, Env: quickExit, Confine: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, p) })
	could := make(map[string]bool)
	for {
		line, err := p.Next()
		if err != nil {
			return could
		}
		what, yes, _ := strings.Cut(string(line), " ")
		could[what] = yes == "yes"
	}
}

// A server that is looked at reads what it is shown, writes its own home, and reaches
// nobody; without the confinement the same server does all of it.
func TestConfined(t *testing.T) {
	if err := CanConfine(); err != nil {
		t.Skip("not confined here:", err)
	}
	dir := t.TempDir()
	secret, allowed, home := filepath.Join(dir, "secret"), filepath.Join(dir, "allowed"), filepath.Join(dir, "home")
	for _, err := range []error{os.WriteFile(secret, nil, 0o600), os.WriteFile(allowed, nil, 0o600), os.Mkdir(home, 0o700)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the test is over
	self, err := exec.LookPath(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	args := []string{secret, allowed, home, l.Addr().String(), fmt.Sprint(os.Getpid())}
	c := Confinement{Read: []string{self, "/usr", "/lib", "/lib64", "/etc", allowed}, Write: []string{home, "/dev/null"}}
	for _, role := range []string{"try", "try-below"} {
		free := tried(t, nil, role, args...)
		for _, what := range []string{"secret", "allowed", "write", "rename", "elsewhere", "environ", "network"} {
			if !free[what] {
				t.Errorf("%s: it cannot do %q without a confinement: the test shows nothing", role, what)
			}
		}
		held := tried(t, &c, role, args...)
		for what, want := range map[string]bool{"secret": false, "allowed": true, "write": true, "rename": true, "elsewhere": false, "environ": false, "network": false} {
			if got, said := held[what]; got != want || !said {
				t.Errorf("%s: it could do %q: %t, want %t", role, what, got, want)
			}
		}
		open := c
		open.Network = true
		if held := tried(t, &open, role, args...); !held["network"] || held["secret"] {
			t.Errorf("%s: with the network: %v", role, held)
		}
	}
}

// What cannot be confined as it was asked is not started.
func TestAConfinementThatCannotBe(t *testing.T) {
	p, err := Start(Spec{Command: os.Args[0], Args: []string{"role", "echo"}, MaxLine: 1000, Env: quickExit, Confine: &Confinement{Read: []string{"/nonexistent/\x00"}}})
	if err != nil {
		return
	}
	t.Cleanup(func() { stop(t, p) })
	if line, err := p.Next(); err == nil {
		t.Fatalf("it runs, and says %q", line)
	}
}
