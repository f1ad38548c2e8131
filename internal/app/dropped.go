package app

import (
	"context"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
)

// maxDrops is how many dropped messages of one server are logged in a second: the log
// of one that never stops would be the disk's end (B09). The record counts them all.
const maxDrops = 10

// A ration counts what each server's dropped messages cost the log. The zero ration is
// ready.
type ration struct {
	mu    sync.Mutex
	since time.Time
	given map[mantlet.ServerID]int
}

// take reports whether one more may be logged, and whether it is the second's last.
func (r *ration) take(id mantlet.ServerID, now time.Time) (ok, last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.given == nil || now.Sub(r.since) >= time.Second {
		r.since, r.given = now, make(map[mantlet.ServerID]int)
	}
	r.given[id]++
	return r.given[id] <= maxDrops, r.given[id] == maxDrops
}

// dropped tells of a server's message that belongs to no caller.
func (g ground) dropped(d upstream.Dropped) {
	g.record.Refused(context.Background(), audit.Refusal{Source: "server " + string(d.Server), Kind: "dropped", Reason: d.Why})
	ok, last := g.drops.take(d.Server, time.Now())
	if !ok {
		return
	}
	g.log.Warn("a server's message belongs to no caller and was dropped", "server", string(d.Server), "method", mantlet.Escape(string(d.Method)), "why", mantlet.Escape(d.Why), "more_not_logged", last)
}
