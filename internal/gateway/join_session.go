package gateway

import (
	"crypto/rand"
	"maps"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

const (
	maxJoinedSessions = 10_000
	maxQuestions      = 64 // open at once in one session
	joinedIdle        = 2 * time.Hour
)

// joinedSessions is this replica's table of joined sessions. It holds only what
// can be learned again: a session that is not here is made anew, and declares no
// capabilities to the members, so that none of them asks the client anything.
type joinedSessions struct {
	mu  sync.Mutex
	all map[sessionKey]*joinedSession
}

type sessionKey struct {
	who   mantlet.PrincipalKey
	nonce string
}

// A joinedSession is what one client said when it opened the joined mount, and
// which of its requests and questions are open.
type joinedSession struct {
	mu        sync.Mutex
	caps      []byte
	questions map[wire.ID]question
	calls     map[wire.ID]mantlet.ServerID
	used      time.Time
}

type question struct {
	server mantlet.ServerID
	id     wire.ID // as the member knows it
	call   wire.ID // the client's request in which it was asked; "" outside any
}

// of finds the session that c belongs to, or an empty one that nothing can find
// again: that of a modern caller.
func (t *joinedSessions) of(c upstream.Call) *joinedSession {
	if c.Session.Nonce == "" {
		return &joinedSession{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := sessionKey{c.Principal.Key(), c.Session.Nonce}
	s := t.all[key]
	if s == nil {
		s = &joinedSession{}
		t.add(key, s)
	}
	s.mu.Lock()
	s.used = time.Now()
	s.mu.Unlock()
	return s
}

func (t *joinedSessions) add(key sessionKey, s *joinedSession) {
	if t.all == nil {
		t.all = make(map[sessionKey]*joinedSession)
	}
	if len(t.all) >= maxJoinedSessions {
		t.sweep()
	}
	if len(t.all) < maxJoinedSessions {
		t.all[key] = s
	}
}

// sweep forgets what has been idle; a client that comes back is served anew.
func (t *joinedSessions) sweep() {
	limit := time.Now().Add(-joinedIdle)
	for k, s := range t.all {
		s.mu.Lock()
		old := s.used.Before(limit)
		s.mu.Unlock()
		if old {
			delete(t.all, k)
		}
	}
}

func (t *joinedSessions) forget(c upstream.Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, sessionKey{c.Principal.Key(), c.Session.Nonce})
}

func (s *joinedSession) declare(caps []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caps = append([]byte(nil), caps...)
}

func (s *joinedSession) capabilities() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.caps
}

// ask remembers a member's question under a new, unguessable id. Those of requests
// that are over may still be answered, but make room.
func (s *joinedSession) ask(q question) (wire.ID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.questions) >= maxQuestions {
		maps.DeleteFunc(s.questions, func(_ wire.ID, q question) bool { return s.calls[q.call] == "" })
	}
	if len(s.questions) >= maxQuestions {
		return "", &mantlet.Fault{Kind: mantlet.Limited, Public: "the servers ask more questions at once than a session may hold; answer some first"}
	}
	if s.questions == nil {
		s.questions = make(map[wire.ID]question)
	}
	own := wire.ID(wire.Quote("q-" + rand.Text()))
	s.questions[own] = q
	return own, nil
}

// answered takes the question with Mantlet's id out of the table.
func (s *joinedSession) answered(id wire.ID) (mantlet.ServerID, wire.ID, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.questions[id]
	delete(s.questions, id)
	return q.server, q.id, ok
}

func (s *joinedSession) began(id wire.ID, server mantlet.ServerID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = make(map[wire.ID]mantlet.ServerID)
	}
	s.calls[id] = server
}

func (s *joinedSession) ended(id wire.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.calls, id)
}

func (s *joinedSession) serving(id wire.ID) (mantlet.ServerID, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	server, ok := s.calls[id]
	return server, ok
}

// serial makes emit one that many members may call.
func serial(emit upstream.Emit) upstream.Emit {
	var mu sync.Mutex
	return func(e upstream.Event) error {
		mu.Lock()
		defer mu.Unlock()
		return emit(e)
	}
}
