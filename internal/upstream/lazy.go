package upstream

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// maxLazy bounds the sessions that Mantlet opens at one server, maxLazyOwn those of one
// principal: nobody can take the places of all others.
const (
	maxLazy    = 4096
	maxLazyOwn = 256
)

// lazySessions are the legacy sessions that Mantlet opened itself: for modern
// callers, who have none, one for each principal; for joined sessions one each.
// Never one for two principals.
type lazySessions struct {
	mu  sync.Mutex
	all map[lazyKey]*lazySession
}

type lazyKey struct {
	who   mantlet.PrincipalKey
	nonce string
}

// A lazySession is one of them. ready is closed when opening ended, either way.
type lazySession struct {
	ready   chan struct{}
	err     error
	session Session
	rev     wire.Revision
	result  *wire.Message // of initialize
	used    time.Time     // guarded by lazySessions.mu

	mu   sync.Mutex
	open map[wire.ID]wire.ID // the requests under way: the caller's id to Mantlet's
}

func (l *lazySession) began(a alias) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = make(map[wire.ID]wire.ID)
	}
	l.open[a.id] = a.own
}

func (l *lazySession) ended(a alias) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[a.id] == a.own {
		delete(l.open, a.id)
	}
}

// cancelled gives a caller's cancel the id under which the server knows the request;
// nil if the server has no such request.
func (l *lazySession) cancelled(m *wire.Message, limits wire.Limits) (*wire.Message, error) {
	id, _ := m.CancelledID()
	l.mu.Lock()
	own := l.open[id]
	l.mu.Unlock()
	at, ok := m.Find("params", "requestId")
	if own == "" || !ok {
		return nil, nil //nolint:nilnil // nothing to send
	}
	return m.Apply([]wire.Splice{{Start: at.Start, End: at.End, With: []byte(own)}}, limits)
}

// session returns the session that Mantlet opens for c's principal, or for c's joined
// session, opening it if nobody did.
func (s *server) session(ctx context.Context, c Call) (*lazySession, error) {
	key := lazyKey{c.Principal.Key(), c.Session.Nonce}
	l, mine, err := s.lazy.claim(key, s.Times.Idle)
	if err != nil {
		return nil, err
	}
	if mine {
		go s.open(c, key, l) //nolint:gosec // for all who wait: one caller's end must not end it
	}
	select {
	case <-l.ready:
		return l, l.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (t *lazySessions) claim(key lazyKey, idle time.Duration) (l *lazySession, mine bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l = t.all[key]; l == nil {
		t.bound(key.who)
		if len(t.all) >= maxLazy {
			t.sweep(idle)
		}
		if len(t.all) >= maxLazy {
			return nil, false, &mantlet.Fault{Kind: mantlet.Limited, Public: "too many sessions are open at this server; try again later"}
		}
		if t.all == nil {
			t.all = make(map[lazyKey]*lazySession)
		}
		l, mine = &lazySession{ready: make(chan struct{})}, true
		t.all[key] = l
	}
	l.used = time.Now()
	return l, mine, nil
}

// bound makes room among who's own sessions: the one that was used least recently is
// opened again when it is needed.
func (t *lazySessions) bound(who mantlet.PrincipalKey) {
	own, oldest := 0, lazyKey{}
	for k, l := range t.all {
		if k.who != who {
			continue
		}
		if own++; own == 1 || l.used.Before(t.all[oldest].used) {
			oldest = k
		}
	}
	if own >= maxLazyOwn {
		delete(t.all, oldest)
	}
}

func (t *lazySessions) sweep(idle time.Duration) {
	limit := time.Now().Add(-idle)
	for k, l := range t.all {
		if l.used.Before(limit) {
			delete(t.all, k)
		}
	}
}

// forget drops l, so that the next call opens a session anew.
func (t *lazySessions) forget(key lazyKey, l *lazySession) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all[key] == l {
		delete(t.all, key)
	}
}

// take removes the session of key and returns it if it was ever opened.
func (t *lazySessions) take(key lazyKey) *lazySession {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.all[key]
	delete(t.all, key)
	return l
}

// open does the handshake: initialize, then notifications/initialized.
func (s *server) open(c Call, key lazyKey, l *lazySession) {
	defer close(l.ready)
	ctx, cancel := context.WithTimeoutCause(context.Background(), s.Times.FirstByte, s.tooSlow(s.Times.FirstByte))
	defer cancel()
	if l.err = s.handshake(ctx, c, l); l.err != nil {
		s.lazy.forget(key, l)
	}
}

func (s *server) handshake(ctx context.Context, c Call, l *lazySession) error {
	hello, err := wire.NewRequest(newID(), "initialize", s.hello(c.Session.Capabilities))
	if err != nil {
		return err
	}
	open := Call{Exchange: c.Exchange, Principal: c.Principal, Server: s.ID, Op: OpDeliver, Revision: wire.Rev20251125, Message: hello,
		Session: Session{Nonce: "lazy-" + rand.Text()}}
	reply, err := s.greet(ctx, open)
	if err != nil {
		return err
	}
	if reply.Message == nil || reply.Message.Kind != wire.Result {
		return s.unavailable("refused the handshake", unknownHandshake(reply))
	}
	result, err := reply.Message.InitializeResult()
	if err != nil || !result.ProtocolVersion.Known() || result.ProtocolVersion.Modern() {
		return s.unavailable("answered the handshake with something that cannot be read", err)
	}
	l.session, l.rev, l.result = Session{Nonce: open.Session.Nonce, Upstream: reply.Session}, result.ProtocolVersion, reply.Message
	open.Session, open.Revision = l.session, l.rev
	if open.Message, err = wire.NewNotification("notifications/initialized", nil); err != nil {
		return err
	}
	_, err = s.transport.send(ctx, open, func(Event) error { return nil })
	return err
}

// greet sends initialize, and tries the transport of 2024-11-05 where a server
// that is not modern does not take it.
func (s *server) greet(ctx context.Context, open Call) (Reply, error) {
	quiet := func(Event) error { return nil }
	reply, err := s.transport.send(ctx, open, quiet)
	if !errors.Is(err, errNoHandshake) {
		return reply, err
	}
	if modern, probeErr := s.isModern(ctx, open.Principal); probeErr != nil || modern {
		return reply, err
	}
	return s.oldWay(ctx, open, quiet, err)
}

func (s *server) hello(capabilities []byte) []byte {
	if len(capabilities) == 0 {
		capabilities = []byte(`{}`)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"protocolVersion":%q,"capabilities":`, wire.Rev20251125)
	b.Write(capabilities)
	b.WriteString(`,"clientInfo":`)
	b.Write(s.about)
	b.WriteByte('}')
	return b.Bytes()
}

// inLazy carries a legacy caller's call in a session that Mantlet opens for it.
// The ids in it are Mantlet's own: callers who share it choose theirs freely. A
// session that the server has forgotten is opened again, once: what it refused
// with 404 it did not do.
func (s *server) inLazy(ctx context.Context, c Call, emit Emit) (Reply, error) {
	key := lazyKey{c.Principal.Key(), c.Session.Nonce}
	if c.Op == OpClose {
		return s.closeLazy(ctx, c, key)
	}
	for again := true; ; again = false {
		l, err := s.session(ctx, c)
		if err != nil {
			return Reply{}, err
		}
		reply, err := s.within(ctx, l, c, emit)
		if f, ok := errors.AsType[*mantlet.Fault](err); ok && f.Kind == mantlet.Unknown {
			if s.lazy.forget(key, l); again {
				continue
			}
		}
		return reply, err
	}
}

func (s *server) closeLazy(ctx context.Context, c Call, key lazyKey) (Reply, error) {
	l := s.lazy.take(key)
	if l == nil {
		return Reply{}, nil
	}
	select {
	case <-l.ready:
	case <-ctx.Done():
		return Reply{}, context.Cause(ctx)
	}
	if l.err != nil {
		return Reply{}, nil //nolint:nilerr // what never opened needs no closing
	}
	c.Session, c.Revision = l.session, l.rev
	return s.transport.send(ctx, c, func(Event) error { return nil })
}

// newID is a request id that no server can guess.
func newID() wire.ID { return wire.ID(`"m-` + rand.Text() + `"`) }
