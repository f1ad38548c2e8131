package inspect

import (
	"crypto/sha256"
	"sync"
)

// clean remembers lists in which nothing was found, by SHA-256: a server's list is read far
// more often than it changes.
type clean struct {
	mu   sync.RWMutex
	seen map[[sha256.Size]byte]struct{}
}

// The bounds of clean.
const (
	maxClean = 1000
	minClean = 4096 // bytes; what is smaller is looked at as quickly
)

func (c *clean) has(sum [sha256.Size]byte) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, ok := c.seen[sum]
	return ok
}

func (c *clean) add(sum [sha256.Size]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil || len(c.seen) >= maxClean {
		c.seen = make(map[[sha256.Size]byte]struct{})
	}
	c.seen[sum] = struct{}{}
}

// nothing reports whether a report is of a message in which nothing was found.
func (r *Report) nothing() bool {
	return len(r.Findings) == 0 && len(r.Cuts) == 0 && r.Refused == ""
}

// known reports whether a list was found clean before; sum is its digest where it may be
// remembered now: not where others are asked, or where it depends on who asks what a token is.
func (k *look) known() (sum [sha256.Size]byte, remember, known bool) {
	if k.surface != Description || k.judged || k.r.o.Tokens != nil || len(k.c.Text) < minClean || k.c.Vetted {
		return sum, false, false
	}
	sum = sha256.Sum256(k.c.Text)
	return sum, true, k.r.clean.has(sum)
}
