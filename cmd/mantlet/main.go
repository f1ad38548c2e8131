// Command mantlet stands between AI agents and MCP servers.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
)

// The exit codes. They are part of the command's contract; see docs/reference/cli.md.
const (
	exitOK      = 0
	exitFailed  = 1 // it did not work
	exitUsage   = 2 // the command line is wrong
	exitConfig  = 3 // the configuration has problems
	exitRefused = 4 // Mantlet or the server said no
	exitBroken  = 5 // the record, or the catalogue, does not verify
	exitFound   = 6 // a scan found something at or above --fail-on
)

// An exitError chooses the exit code.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func main() {
	process.Supervise() // does not return in a supervisor
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(os.Stderr, "mantlet: "+err.Error())
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	if _, _, unknown := root.Find(args); unknown != nil {
		return exitUsage
	}
	return exitFailed
}
