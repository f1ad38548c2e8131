package jws

import "sync"

// maxNonces is how many nonces are remembered, in two halves: the older one is forgotten when
// the newer is full.
const maxNonces = 100_000

type nonces struct {
	mu         sync.Mutex
	newer, old map[string]struct{}
}

// first reports whether n was not seen before.
func (s *nonces) first(n string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, a := s.newer[n]
	_, b := s.old[n]
	if a || b {
		return false
	}
	if s.newer == nil || len(s.newer) >= maxNonces/2 {
		s.old, s.newer = s.newer, make(map[string]struct{})
	}
	s.newer[n] = struct{}{}
	return true
}
