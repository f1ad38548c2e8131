package upstream

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
)

const (
	maxRestartDelay  = 30 * time.Second
	firstRestart     = 500 * time.Millisecond
	healthyAfter     = 10 * time.Second // a process that lived this long was no failed start
	stderrLogMessage = "server wrote to stderr"
)

// A StdioSpec is a server that Mantlet runs. One process serves one principal's
// session, unless Shared is written out.
type StdioSpec struct {
	Command string
	Args    []string
	Dir     string
	Env     map[string]string
	Grace   time.Duration
	Shared  bool // one process for all callers; it may ask them nothing
}

// A stdioTransport runs a server's processes.
type stdioTransport struct {
	*sessions
	admit func(mantlet.ServerID, StdioSpec) (StdioSpec, error)
	fails int       // starts that failed in a row; guarded by mu
	after time.Time // no start before; guarded by mu
}

func newStdio(spec Spec, log *slog.Logger, o Options) (*stdioTransport, error) {
	for name := range spec.Stdio.Env {
		if err := process.CheckEnv(name); err != nil {
			return nil, err
		}
	}
	t := &stdioTransport{sessions: newSessions(spec, log, o.Dropped), admit: o.Admit}
	t.shared, t.open = spec.Stdio.Shared, t.start
	return t, nil
}

// start runs a process, unless the last ones ended at once: how fast one that dies
// is started again is bounded.
func (t *stdioTransport) start(c Call) (*conn, error) {
	if wait := time.Until(t.after); wait > 0 {
		return nil, &mantlet.Fault{Kind: mantlet.Unavailable, Remedy: mantlet.RetryAfter{Seconds: int(wait/time.Second) + 1},
			Public: fmt.Sprintf("server %s keeps ending at start and rests for %s; ask its owner to check its command", t.ID, (wait + time.Second).Truncate(time.Second))}
	}
	start := *t.Stdio
	if t.admit != nil {
		var err error
		if start, err = t.admit(t.ID, start); err != nil {
			return nil, err
		}
	}
	p, err := process.Start(process.Spec{
		Command: start.Command, Args: start.Args, Dir: start.Dir, Env: start.Env, Grace: start.Grace,
		MaxLine: t.Limits.ListBytes,
		Stderr:  func(line string) { t.log.Info(stderrLogMessage, "text", mantlet.Escape(line)) },
	})
	if err != nil {
		t.failed()
		return nil, &mantlet.Fault{Kind: mantlet.Unavailable, Public: fmt.Sprintf("server %s cannot be started; ask its owner to check its command", t.ID), Err: err}
	}
	conn, began := t.newConn(p, p.Stop, c.Principal.Key()), time.Now()
	go func() {
		defer p.Kill()
		defer close(conn.over)
		_ = conn.read(p.Next) // how it ended is for watch to say
	}()
	go t.watch(conn, func() { t.ended(p, began) })
	return conn, nil
}

// ended notes how a process ended that nobody stopped.
func (t *stdioTransport) ended(p *process.Process, began time.Time) {
	t.log.Warn("server process ended", "error", p.Err(), "after", time.Since(began).Round(time.Millisecond).String())
	if time.Since(began) < healthyAfter && p.Err() != nil {
		t.failed()
		return
	}
	t.fails = 0
}

// failed doubles the rest before the next start.
func (t *stdioTransport) failed() {
	t.fails++
	t.after = time.Now().Add(min(firstRestart<<min(t.fails-1, 10), maxRestartDelay))
}
