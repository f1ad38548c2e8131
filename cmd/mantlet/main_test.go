package main

import (
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/gesture"
	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
)

func TestMain(m *testing.M) {
	process.Supervise() // does not return in a supervisor
	testscript.Main(m, map[string]func(){"mantlet": func() { os.Exit(run(os.Args[1:])) }})
}

// Every command and every documented error, as a person meets them.
func TestScripts(t *testing.T) {
	p := newPeople(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			state, err := os.MkdirTemp("", "ms") // short: a unix socket's path has 107 bytes
			e.Defer(func() { _ = os.RemoveAll(state) })
			e.Setenv("MANTLET_STATE", state)
			e.Setenv("HOME", e.WorkDir+"/home")
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": awaitDaemon, "code": approversCode, "cosign": cosign, "appears": awaitText, "freeport": freePort, "browse": p.browse, "identity": p.identity},
	})
}

// approversCode puts the code that a person's own device shows into CODE.
func approversCode(ts *testscript.TestScript, _ bool, _ []string) {
	secret, err := os.ReadFile(ts.Getenv("MANTLET_STATE") + "/approver.totp")
	ts.Check(err)
	totp, err := gesture.New(string(secret))
	ts.Check(err)
	ts.Setenv("CODE", totp.Code(time.Now()))
}

// awaitDaemon waits until the daemon answers.
func awaitDaemon(ts *testscript.TestScript, _ bool, _ []string) {
	for deadline := time.Now().Add(20 * time.Second); !daemon.Alive(ts.Getenv("MANTLET_STATE") + "/mantlet.sock"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("mantlet did not start")
		}
	}
}
