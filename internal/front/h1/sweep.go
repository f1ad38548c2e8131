package h1

import (
	"time"
)

// How often connections are looked at: often while there are requests, seldom else.
const (
	tick     = 100 * time.Millisecond
	slowTick = time.Second
)

// sweep looks at every connection.
func (s *Server) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, used := time.Now().UnixNano(), false
	for c := range s.conns {
		used = c.look(now) || used
	}
	if len(s.conns) == 0 {
		return
	}
	s.slow.Store(!used)
	if used {
		s.timer.Reset(tick)
	} else {
		s.timer.Reset(slowTick)
	}
}

// hurry has the timer come soon: a request has begun. Whoever is between sweep's two
// steps is early at worst, and the next request hurries again.
func (s *Server) hurry() {
	if s.slow.Load() && s.slow.CompareAndSwap(true, false) {
		s.timer.Reset(tick)
	}
}

// look ends a wait that is over, has a caller watched who has waited for long, and
// reports whether there was a request since it last looked.
func (c *conn) look(now int64) bool {
	if until := c.until.Load(); until != 0 && now > until {
		_ = c.nc.SetReadDeadline(longAgo) // the reader's own next read fails if this does
	}
	phase := c.phase.Load()
	since := c.since.Load()
	if phase&inPhase == serving && since != 0 && now-since > int64(tick) {
		done := make(chan struct{})
		c.watched = done
		if c.phase.CompareAndSwap(phase, phase&^inPhase|watching) {
			go c.watch(done)
		}
	}
	used := phase != c.seen
	c.seen = phase
	return used
}
