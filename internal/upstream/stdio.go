package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

const (
	maxProcesses     = 256 // of one server
	maxPerPrincipal  = 16  // of one server and principal
	maxRestartDelay  = 30 * time.Second
	firstRestart     = 500 * time.Millisecond
	healthyAfter     = 10 * time.Second // a process that lived this long was no failed start
	reapInterval     = time.Minute
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
	Spec
	log     *slog.Logger
	dropped func(Dropped)

	mu     sync.Mutex
	conns  map[procKey]*conn
	fails  int       // starts that failed in a row
	after  time.Time // no start before
	closed bool
	stop   chan struct{}
}

type procKey struct {
	who   mantlet.PrincipalKey
	nonce string
}

func newStdio(spec Spec, log *slog.Logger, dropped func(Dropped)) (*stdioTransport, error) {
	if dropped == nil {
		dropped = func(Dropped) {}
	}
	for name := range spec.Stdio.Env {
		if err := process.CheckEnv(name); err != nil {
			return nil, err
		}
	}
	t := &stdioTransport{Spec: spec, log: log, dropped: dropped, conns: make(map[procKey]*conn), stop: make(chan struct{})}
	go t.reap()
	return t, nil
}

func (t *stdioTransport) key(c Call) procKey {
	if t.Stdio.Shared {
		return procKey{}
	}
	return procKey{c.Principal.Key(), c.Session.Nonce}
}

func (t *stdioTransport) send(ctx context.Context, c Call, emit Emit) (Reply, error) {
	key := t.key(c)
	if c.Op == OpClose {
		return Reply{}, t.end(ctx, key)
	}
	conn, err := t.conn(c, key)
	if err != nil {
		return Reply{}, err
	}
	switch {
	case c.Op == OpListen:
		return conn.listen(ctx, emit)
	case c.Op == OpResume:
		return Reply{}, &mantlet.Fault{Kind: mantlet.Unsupported, Public: "a local server's stream cannot be resumed; open a new one", Err: ErrNotOffered}
	case c.Message.Kind == wire.Request:
		return conn.call(ctx, c, emit)
	default:
		return Reply{}, conn.tell(ctx, c)
	}
}

// conn finds the process of a session. Only what opens a session starts one: a
// session whose process is gone is gone with it.
func (t *stdioTransport) conn(c Call, key procKey) (*conn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found := t.conns[key]; found != nil && found.alive() {
		found.used = time.Now()
		return found, nil
	}
	opens := c.Op == OpDeliver && (c.Message.Method == "initialize" || c.Revision.Modern())
	if !opens && !t.Stdio.Shared {
		return nil, &mantlet.Fault{Kind: mantlet.Unknown, Public: "the session's process is gone; initialize again"}
	}
	if err := t.mayStart(key); err != nil {
		return nil, err
	}
	started, err := t.start(c)
	if err != nil {
		t.failed()
		return nil, &mantlet.Fault{Kind: mantlet.Unavailable, Public: fmt.Sprintf("server %s cannot be started; ask its owner to check its command", t.ID), Err: err}
	}
	started.used = time.Now()
	t.conns[key] = started
	return started, nil
}

// mayStart bounds how many processes run and how fast one that dies is started again.
func (t *stdioTransport) mayStart(key procKey) error {
	if t.closed {
		return &mantlet.Fault{Kind: mantlet.Unavailable, Public: fmt.Sprintf("server %s is being stopped; try again", t.ID)}
	}
	if wait := time.Until(t.after); wait > 0 {
		return &mantlet.Fault{Kind: mantlet.Unavailable, Remedy: mantlet.RetryAfter{Seconds: int(wait/time.Second) + 1},
			Public: fmt.Sprintf("server %s keeps ending at start and rests for %s; ask its owner to check its command", t.ID, (wait + time.Second).Truncate(time.Second))}
	}
	own := 0
	for k := range t.conns {
		if k.who == key.who {
			own++
		}
	}
	if own >= maxPerPrincipal || len(t.conns) >= maxProcesses {
		return &mantlet.Fault{Kind: mantlet.Limited, Public: fmt.Sprintf("server %s runs as many processes as it may; end a session first", t.ID)}
	}
	return nil
}

func (t *stdioTransport) start(c Call) (*conn, error) {
	p, err := process.Start(process.Spec{
		Command: t.Stdio.Command, Args: t.Stdio.Args, Dir: t.Stdio.Dir, Env: t.Stdio.Env, Grace: t.Stdio.Grace,
		MaxLine: t.Limits.ListBytes,
		Stderr:  func(line string) { t.log.Info(stderrLogMessage, "text", mantlet.Escape(line)) },
	})
	if err != nil {
		return nil, err
	}
	conn := newConn(t, p, c.Principal.Key())
	go conn.read()
	go t.watch(conn, time.Now())
	return conn, nil
}

// watch notes how a process ended.
func (t *stdioTransport) watch(c *conn, began time.Time) {
	<-c.process.Done()
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, v := range t.conns {
		if v == c {
			delete(t.conns, k)
		}
	}
	if c.stopping {
		return
	}
	t.log.Warn("server process ended", "error", c.process.Err(), "after", time.Since(began).Round(time.Millisecond).String())
	if time.Since(began) < healthyAfter && c.process.Err() != nil {
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

func (t *stdioTransport) end(ctx context.Context, key procKey) error {
	t.mu.Lock()
	c := t.conns[key]
	if c == nil || t.Stdio.Shared {
		t.mu.Unlock()
		return nil
	}
	delete(t.conns, key)
	c.stopping = true
	t.mu.Unlock()
	return c.process.Stop(ctx)
}

// reap stops what nobody uses.
func (t *stdioTransport) reap() {
	tick := time.NewTicker(reapInterval)
	defer tick.Stop()
	for {
		select {
		case <-t.stop:
			return
		case <-tick.C:
			for _, key := range t.idle(time.Now().Add(-t.Times.Idle)) {
				go func() { _ = t.end(context.Background(), key) }() // its end is in the log
			}
		}
	}
}

func (t *stdioTransport) idle(since time.Time) []procKey {
	t.mu.Lock()
	defer t.mu.Unlock()
	var keys []procKey
	for k, c := range t.conns {
		if c.used.Before(since) && !c.busy() {
			keys = append(keys, k)
		}
	}
	return keys
}

func (t *stdioTransport) close(ctx context.Context) error {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.closed = true
	close(t.stop)
	all := make([]*conn, 0, len(t.conns))
	for _, c := range t.conns {
		c.stopping = true
		all = append(all, c)
	}
	t.mu.Unlock()
	errs := make(chan error, len(all))
	for _, c := range all {
		go func() { errs <- c.process.Stop(ctx) }()
	}
	var joined error
	for range all {
		joined = errors.Join(joined, <-errs)
	}
	return joined
}
