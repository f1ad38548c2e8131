package output

import (
	"math/bits"
	"sync"
)

// Sizes remembers how large the results of each tool were, as powers of two: 32 small numbers
// a tool. The zero value is ready, and for many goroutines at once.
type Sizes struct {
	mu sync.Mutex
	of map[string]*histogram
}

type histogram struct {
	n     uint32
	count [32]uint32
}

// The bounds of Sizes.
const (
	maxTools  = 10_000
	minSeen   = 50       // results before anything is called unusual
	minLarge  = 64 << 10 // bytes below which nothing is
	forgetful = 1 << 16  // results after which all counts are halved
)

// Unusual adds a result of n bytes and reports whether it is more than four times as large
// as all but one in a hundred of those before.
func (s *Sizes) Unusual(tool string, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = make(map[string]*histogram)
	}
	h := s.of[tool]
	if h == nil {
		if len(s.of) >= maxTools {
			return false // the alarm is a hint; it keeps no more tools than it was given room for
		}
		h = new(histogram)
		s.of[tool] = h
	}
	unusual := h.n >= minSeen && n >= minLarge && n > 4*h.usual()
	h.add(n)
	return unusual
}

// usual is a size that 99 of a hundred results did not go beyond.
func (h *histogram) usual() int {
	left := h.n / 100
	for i := len(h.count) - 1; i >= 0; i-- {
		if h.count[i] > left {
			return 1 << i
		}
		left -= h.count[i]
	}
	return 0
}

func (h *histogram) add(n int) {
	h.count[min(bits.Len(uint(max(n, 0))), len(h.count)-1)]++ //nolint:gosec // no negative number
	if h.n++; h.n < forgetful {
		return
	}
	h.n = 0
	for i := range h.count {
		h.count[i] /= 2
		h.n += h.count[i]
	}
}
