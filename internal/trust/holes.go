package trust

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/store"
)

// byAdvisories is who stops what has a known vulnerability.
const byAdvisories = "advisories"

// maxHoles is how many advisories an entry of the ledger names; the rest is one more name,
// that of them all.
const (
	maxHoles = 500
	maxHole  = 80 // bytes of one name
)

// Unaccepted are those of ids, advisories about a server, that nobody has approved it with
// yet, in order. The person who approves one of the server's definitions while it waits for
// advisories has accepted these, for the server, and no other. A release accepts none: what
// it rests on has none, or the configuration ignores them, until a day.
func (r *Registry) Unaccepted(s mantlet.ServerID, ids []string) []string {
	if len(ids) == 0 {
		return nil
	}
	out := bounded(ids)
	for _, i := range r.all(s) {
		out = without(out, i.known)
	}
	return out
}

// Condemn quarantines all of a server for advisories that nobody has accepted (C013, C067):
// what waits for them already is left as it is. It returns how many definitions it stopped.
func (r *Registry) Condemn(ctx context.Context, s mantlet.ServerID, ids []string, why string) (int, error) {
	if len(r.condemned(s, ids, why)) == 0 {
		return 0, nil // the usual case, and nobody waits for it
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	for {
		if err := r.ledger.Follow(ctx, r.replay); err != nil {
			return 0, err
		}
		events := r.condemned(s, ids, why)
		if len(events) == 0 {
			return 0, nil
		}
		err := r.write(ctx, events, nil)
		if !errors.Is(err, store.ErrMoved) || ctx.Err() != nil {
			return len(events), err
		}
	}
}

// condemned are the events that stop what does not wait for ids yet.
func (r *Registry) condemned(s mantlet.ServerID, ids []string, why string) (out []event) {
	ids = r.Unaccepted(s, ids)
	if len(ids) == 0 {
		return nil
	}
	for t, i := range r.all(s) {
		if i.state == Retired || len(without(ids, i.holes)) == 0 {
			continue
		}
		e := r.event(quarantine, t, Digest{})
		if e.By, e.Why, e.Holes = byAdvisories, why, ids; i.state != Approved && len(i.holes) == 0 && i.why != "" {
			e.Why = i.why + "; and " + why // it waited already
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b event) int { return strings.Compare(a.Kind+" "+a.Name, b.Kind+" "+b.Name) })
	return out
}

// bounded is ids in order, each once, and no more than an entry takes.
func bounded(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		if out[i] = id; len(id) > maxHole {
			sum := sha256.Sum256([]byte(id))
			out[i] = strings.ToValidUTF8(id[:maxHole-17], "") + "/" + hex.EncodeToString(sum[:8])
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) <= maxHoles {
		return out
	}
	sum := sha256.Sum256([]byte(strings.Join(out[maxHoles:], "\n")))
	return append(out[:maxHoles:maxHoles], "others/"+hex.EncodeToString(sum[:8]))
}

func without(all, some []string) []string {
	if len(some) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(some, id) })
}

// union is both, in order; a or b where the other is empty.
func union(a, b []string) []string {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	}
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

// Servers are the ids of those that the catalogue knows anything of, in order.
func (r *Registry) Servers() []mantlet.ServerID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	known := make(map[mantlet.ServerID]bool)
	for l := range r.lists {
		known[l.server] = true
	}
	for at := range r.files {
		known[at.server] = true
	}
	out := make([]mantlet.ServerID, 0, len(known))
	for s := range known {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}
