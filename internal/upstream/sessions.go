package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

const (
	maxSessions     = 256 // of one server
	maxPerPrincipal = 16  // of one server and principal
	reapInterval    = time.Minute
)

// sessions are the links of one server, one for each principal's session and never
// one for two principals, unless shared is written out. It is the part of a
// transport that does not mind what a link is made of.
type sessions struct {
	Spec
	log     *slog.Logger
	dropped func(Dropped)
	shared  bool
	aside   bool                      // sending waits for the server: a call listens meanwhile
	open    func(Call) (*conn, error) // called with mu held: it must not wait for the server

	mu     sync.Mutex
	conns  map[connKey]*conn
	closed bool
	stop   chan struct{}
}

type connKey struct {
	who   mantlet.PrincipalKey
	nonce string
}

// newSessions makes an empty table. The caller sets open.
func newSessions(spec Spec, log *slog.Logger, dropped func(Dropped)) *sessions {
	if dropped == nil {
		dropped = func(Dropped) {}
	}
	return &sessions{Spec: spec, log: log, dropped: dropped, stop: make(chan struct{})}
}

func (t *sessions) key(c Call) connKey {
	if t.shared {
		return connKey{}
	}
	return connKey{c.Principal.Key(), c.Session.Nonce}
}

func (t *sessions) send(ctx context.Context, c Call, emit Emit) (Reply, error) {
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
		return Reply{}, &mantlet.Fault{Kind: mantlet.Unsupported, Public: fmt.Sprintf("the streams of server %s cannot be resumed; open a new one", t.ID), Err: ErrNotOffered}
	case c.Message.Kind == wire.Request:
		return conn.call(ctx, c, emit)
	default:
		return Reply{}, conn.tell(ctx, c)
	}
}

// conn finds the link of a session. Only what opens a session makes one: a session
// whose link is gone is gone with it.
func (t *sessions) conn(c Call, key connKey) (*conn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found := t.conns[key]; found != nil && found.alive() {
		found.used = time.Now()
		return found, nil
	}
	opens := c.Op == OpDeliver && (c.Message.Method == "initialize" || c.Revision.Modern())
	if !opens && !t.shared {
		return nil, &mantlet.Fault{Kind: mantlet.Unknown, Public: fmt.Sprintf("the session at server %s has ended; initialize again", t.ID)}
	}
	if err := t.mayOpen(key); err != nil {
		return nil, err
	}
	opened, err := t.open(c)
	if err != nil {
		return nil, err
	}
	if t.conns == nil {
		t.conns = make(map[connKey]*conn)
		go t.reap()
	}
	opened.used = time.Now()
	t.conns[key] = opened
	return opened, nil
}

// mayOpen bounds how many there are.
func (t *sessions) mayOpen(key connKey) error {
	if t.closed {
		return &mantlet.Fault{Kind: mantlet.Unavailable, Public: fmt.Sprintf("server %s is being stopped; try again", t.ID)}
	}
	own := 0
	for k := range t.conns {
		if k.who == key.who {
			own++
		}
	}
	if own >= maxPerPrincipal || len(t.conns) >= maxSessions {
		return &mantlet.Fault{Kind: mantlet.Limited, Public: fmt.Sprintf("server %s has as many sessions as it may; end one first", t.ID)}
	}
	return nil
}

// watch takes c out of the table once its link is gone. ended is told, with mu
// held, unless c was asked to go.
func (t *sessions) watch(c *conn, ended func()) {
	<-c.link.Done()
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, v := range t.conns {
		if v == c {
			delete(t.conns, k)
		}
	}
	if !c.stopping {
		ended()
	}
}

func (t *sessions) end(ctx context.Context, key connKey) error {
	t.mu.Lock()
	c := t.conns[key]
	if c == nil || t.shared {
		t.mu.Unlock()
		return nil
	}
	delete(t.conns, key)
	c.stopping = true
	t.mu.Unlock()
	return c.stop(ctx)
}

// reap ends what nobody uses.
func (t *sessions) reap() {
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

func (t *sessions) idle(since time.Time) []connKey {
	t.mu.Lock()
	defer t.mu.Unlock()
	var keys []connKey
	for k, c := range t.conns {
		if c.used.Before(since) && !c.busy() {
			keys = append(keys, k)
		}
	}
	return keys
}

func (t *sessions) close(ctx context.Context) error {
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
		go func() { errs <- c.stop(ctx) }()
	}
	var joined error
	for range all {
		joined = errors.Join(joined, <-errs)
	}
	return joined
}
