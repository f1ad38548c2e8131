package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
)

// A Command is a server to start.
type Command struct {
	ID      string // "" takes it from what is started
	Command string
	Args    []string
	Dir     string // "" is where mantlet runs
	Network bool   // it may use the network as this user can
	Unsafe  bool   // it is not confined at all: whoever asks has said so to a person
}

// Launch starts a command, lists what it offers, and stops it with all its descendants.
// It has a private empty home, an environment without anything of this user's but where
// programs and the language are, and install scripts off. The kernel holds it to its own
// package, the files that its command line names and its home, without a network (see
// confinement); where it cannot, nothing is started unless the command is Unsafe. Who calls
// Launch has shown the command to a person (Show).
func Launch(ctx context.Context, c Command, progress func(string)) (in Input, err error) {
	e := &Entry{Command: c.Command, Args: c.Args}
	in = Input{Name: "command " + e.program()} // arguments may hold secrets, and reports are passed on
	if c.ID == "" {
		c.ID = e.id()
	}
	home, err := os.MkdirTemp("", "mantlet-scan-")
	if err != nil {
		return in, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	env, err := environment(home)
	if err != nil {
		return in, err
	}
	spec := process.Spec{Command: c.Command, Args: c.Args, Dir: c.Dir, Env: env, MaxLine: maxAnswers, Grace: time.Second}
	if !c.Unsafe {
		if err := process.CanConfine(); err != nil {
			return in, err
		}
		spec.Confine = confinement(c, home, c.Network)
	}
	p, err := process.Start(spec)
	if err != nil {
		return in, err
	}
	r := &running{p: p, lines: make(chan []byte), gone: make(chan struct{})}
	go r.read()
	l := &lister{peer: r, progress: progress}
	items, err := l.list(ctx)
	close(r.gone)
	err = errors.Join(err, p.Stop(context.WithoutCancel(ctx)))
	if err != nil {
		return in, fmt.Errorf("%s: %w", mantlet.Escape(in.Name), err)
	}
	in.Servers = []Server{{ID: c.ID, Items: items, Entry: e}}
	return in, nil
}

// environment takes the place of every variable of this user's that names a directory, and
// tells the usual installers to run no scripts of packages.
func environment(home string) (map[string]string, error) {
	env := map[string]string{
		"HOME": home, "USERPROFILE": home, "USER": "scan", "LOGNAME": "scan", "SHELL": "/bin/sh",
		"npm_config_ignore_scripts": "true", "NPM_CONFIG_IGNORE_SCRIPTS": "true", "YARN_ENABLE_SCRIPTS": "false", "npm_config_audit": "false", "npm_config_fund": "false",
		"PIP_ONLY_BINARY": ":all:", "UV_NO_BUILD": "1", "CI": "1", "NO_COLOR": "1",
	}
	for name, dir := range map[string]string{
		"TMPDIR": "tmp", "TMP": "tmp", "TEMP": "tmp", "XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_RUNTIME_DIR": "run",
		"APPDATA": "config", "LOCALAPPDATA": "data",
	} {
		env[name] = filepath.Join(home, dir)
		if err := os.MkdirAll(env[name], 0o700); err != nil {
			return nil, err
		}
	}
	return env, nil
}

// A running server speaks over stdin and stdout.
type running struct {
	p     *process.Process
	lines chan []byte
	gone  chan struct{} // closed when nobody listens any more
}

// read passes on what the server says, until it ends.
func (r *running) read() {
	defer close(r.lines)
	for {
		line, err := r.p.Next()
		if err != nil {
			return
		}
		select {
		case r.lines <- line:
		case <-r.gone:
			return
		}
	}
}

func (r *running) tell(ctx context.Context, q request) error {
	if err := r.p.Send(ctx, q.line()); err != nil {
		return r.ended(err)
	}
	return nil
}

func (r *running) ask(ctx context.Context, q request) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, q.within, fmt.Errorf("it does not answer %s within %s", q.method, q.within))
	defer cancel()
	if err := r.tell(ctx, q); err != nil {
		return nil, err
	}
	for said := 0; ; {
		select {
		case line, ok := <-r.lines:
			if !ok {
				return nil, r.ended(io.EOF)
			}
			if said += len(line); said > maxAnswers {
				return nil, errors.New("it says more than 16 MiB")
			}
			result, ours, err := answer(line, q.id)
			if ours {
				return result, err
			} // what is no message, or asks something of us, is let go: a scan grants nothing
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// ended says how a server ended that should not have.
func (r *running) ended(err error) error {
	select {
	case <-r.p.Done():
	case <-time.After(2 * time.Second):
	}
	if why := r.p.Err(); why != nil {
		return fmt.Errorf("it ended before it answered (%s); it may lack a variable or an argument", mantlet.Escape(why.Error()))
	}
	return fmt.Errorf("it ended before it answered (%w)", err)
}
