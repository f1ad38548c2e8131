package upstream

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// probeWait is how long a server may take to say whether it is modern. A legacy
// server over stdio may never answer what it does not know.
const probeWait = 3 * time.Second

// A spoken says whether an era is spoken. The zero spoken is not known.
type spoken uint8

const (
	unsure spoken = iota
	yes
	no
)

// eras is what was found out about a server, once.
type eras struct {
	mu             sync.Mutex
	modern, legacy spoken
	old            bool          // legacy, and by the transport of 2024-11-05
	asking         chan struct{} // held by who finds out; made by fix
}

// alone waits until nobody else finds out. Who waited looks again.
func (e *eras) alone(ctx context.Context) (leave func(), err error) {
	select {
	case e.asking <- struct{}{}:
		return func() { <-e.asking }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (e *eras) fix(p Protocol) {
	e.asking = make(chan struct{}, 1)
	switch p {
	case Auto: // found out at the first call
	case Legacy, SSE:
		e.modern, e.legacy = no, yes
	case Modern:
		e.modern, e.legacy = yes, no
	}
}

func (e *eras) get() (modern, legacy spoken) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.modern, e.legacy
}

func (e *eras) learn(modern, legacy spoken) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if modern != unsure {
		e.modern = modern
	}
	if legacy != unsure {
		e.legacy = legacy
	}
}

func (e *eras) isOld() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.old
}

func (e *eras) setOld(old bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.old = old
}

// crossed marks the handle of a legacy session whose server is modern: there is
// no session upstream. No server can give such an id: header values hold no NUL.
const crossed = "\x00modern"

// bridge passes c on in the era that the server speaks: the caller's own where it
// can, since then nothing is translated.
func (s *server) bridge(ctx context.Context, c Call, emit Emit) (Reply, error) {
	if c.Revision.Modern() {
		modern, err := s.isModern(ctx, c.Principal)
		if err != nil {
			return Reply{}, err
		}
		if modern {
			return s.direct(ctx, c, emit)
		}
		return s.toLegacy(ctx, c, emit)
	}
	_, legacy := s.eras.get()
	if c.Session.Upstream == crossed || legacy == no {
		return s.toModern(ctx, c, emit)
	}
	if c.Session.Lazy {
		return s.lazily(ctx, c, emit)
	}
	reply, err := s.transport.send(ctx, c, emit)
	if err != nil && s.HTTP != nil && c.Op == OpDeliver && c.Message.Kind == wire.Request && late(ctx) {
		s.abandon(ctx, c) // a limit has passed: the caller is told so, and so is the server
	}
	if c.Op == OpDeliver && c.Message.Method == "initialize" {
		return s.opened(ctx, c, emit, reply, err)
	}
	return reply, err
}

// direct sends a modern call to a modern server.
func (s *server) direct(ctx context.Context, c Call, emit Emit) (Reply, error) {
	var err error
	if c.Mirror {
		c.Params, err = s.mirrored(ctx, c)
	} else {
		err = s.params.check(c)
	}
	if err != nil {
		return Reply{}, err
	}
	reply, err := s.transport.send(ctx, c, emit)
	if err == nil && s.Stdio != nil {
		reply.Message, _, err = private(c, reply.Message, s.Limits)
	}
	if err == nil && reply.Message != nil && c.Message.Method == "tools/list" {
		s.params.learn(reply.Message, s.Limits)
	}
	return reply, err
}

// opened looks at the answer to a legacy initialize. A server that does not know
// the handshake may be modern alone, and is then asked in its own way.
func (s *server) opened(ctx context.Context, c Call, emit Emit, reply Reply, err error) (Reply, error) {
	if err == nil && reply.Message != nil && reply.Message.Kind == wire.Result {
		s.eras.learn(unsure, yes)
		return reply, nil
	}
	if err != nil && !errors.Is(err, errNoHandshake) {
		return reply, err
	}
	if err == nil && unknownHandshake(reply) == nil {
		return reply, nil
	}
	switch modern, probeErr := s.isModern(ctx, c.Principal); {
	case probeErr != nil, !modern && err == nil:
		return reply, err
	case !modern:
		return s.oldWay(ctx, c, emit, err)
	}
	s.eras.learn(yes, no)
	return s.toModern(ctx, c, emit)
}

// unknownHandshake is errNoHandshake where a server that has none would answer
// initialize so.
func unknownHandshake(r Reply) error {
	if r.Message == nil {
		return nil
	}
	switch code, _, _ := r.Message.RPCError(); code {
	case wire.CodeMethodNotFound, wire.CodeUnsupportedVersion, wire.CodeInvalidParams, wire.CodeHeaderMismatch:
		return errNoHandshake
	default:
		return nil
	}
}

// lazily carries a legacy caller's call in a session that Mantlet opens, or
// translates it where the server turns out to have none.
func (s *server) lazily(ctx context.Context, c Call, emit Emit) (Reply, error) {
	reply, err := s.inLazy(ctx, c, emit)
	if !errors.Is(err, errNoHandshake) {
		return reply, err
	}
	if modern, probeErr := s.isModern(ctx, c.Principal); probeErr != nil || !modern {
		return reply, err
	}
	s.eras.learn(yes, no)
	return s.toModern(ctx, c, emit)
}

// errNoHandshake says that the transport itself refused initialize: HTTP 400, 404
// or 405 without a message.
var errNoHandshake = errors.New("the server takes no handshake")

// isModern asks the server once, with server/discover (2026-07-28,
// basic/versioning). Anything but a modern answer means legacy, whatever its
// code; a server that cannot be reached is not classified.
func (s *server) isModern(ctx context.Context, who mantlet.Principal) (bool, error) {
	if modern, _ := s.eras.get(); modern != unsure {
		return modern == yes, nil
	}
	leave, err := s.eras.alone(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	if modern, _ := s.eras.get(); modern != unsure {
		return modern == yes, nil
	}
	return s.discover(ctx, who)
}

// discover classifies the server, unless nothing was learned of it: a caller who goes
// away says nothing of the server, nor does silence over HTTP, where a legacy server
// answers what it does not know.
func (s *server) discover(caller context.Context, who mantlet.Principal) (bool, error) {
	ctx, cancel := context.WithTimeout(caller, s.Times.Connect+probeWait)
	defer cancel()
	m, err := s.modernRequest("server/discover", nil)
	if err != nil {
		return false, err
	}
	c := Call{Exchange: "probe", Principal: who, Server: s.ID, Op: OpDeliver, Revision: wire.Rev20260728, Message: m}
	reply, err := s.transport.send(ctx, c, func(Event) error { return nil })
	f, _ := errors.AsType[*mantlet.Fault](err)
	switch {
	case err == nil && isModernAnswer(reply):
		s.eras.learn(yes, unsure)
		return true, nil
	case err != nil && caller.Err() != nil:
		return false, context.Cause(caller)
	case err != nil && ctx.Err() != nil && s.Stdio == nil:
		return false, s.unavailable("did not say in time which revision it speaks", err)
	case err != nil && f != nil && f.Kind == mantlet.Unavailable && !errors.Is(err, errNoHandshake) && s.Stdio == nil:
		return false, err
	}
	s.eras.learn(no, yes)
	if s.Stdio != nil { // the process that was asked serves nobody
		c.Op, c.Message = OpClose, nil
		_, _ = s.transport.send(context.WithoutCancel(ctx), c, func(Event) error { return nil }) // its end is in the log
	}
	return false, nil
}

// isModernAnswer reports whether a reply to server/discover is one that only a
// modern server gives: a result, one of the errors that came with that era, or the
// HTTP status that it gives an unknown method.
func isModernAnswer(r Reply) bool {
	if r.Message == nil {
		return false
	}
	if r.Message.Kind == wire.Result {
		_, ok := r.Message.Find("result", "supportedVersions")
		return ok
	}
	code, _, _ := r.Message.RPCError()
	switch code {
	case wire.CodeHeaderMismatch, wire.CodeMissingCapability, wire.CodeUnsupportedVersion:
		return true
	default:
		return code == wire.CodeMethodNotFound && r.Status == http.StatusNotFound
	}
}
