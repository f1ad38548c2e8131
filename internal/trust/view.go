package trust

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/store"
	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
)

// An Item is what the catalogue knows of one target.
type Item struct {
	Target mantlet.Target
	State  State
	Why    string    // of the state; may hold a server's words: escape it
	By     string    // who made the last decision; "scan" for the scan
	First  time.Time // when it was seen first
	Since  time.Time // of the state
	Pin    Digest    // of the approved definition; zero where none was
	Seen   Digest    // of the last one that was new or differed
	Gone   bool      // the server does not list it any more
	Trial  bool      // it is approved, and on probation
	Ends   time.Time // of the approval; zero for never, or where there is none
	Shapes int       // how many different definitions of it were seen
	Holes  []string  // advisories for which it waits, in order
	Known  []string  // advisories with which a person has approved it, in order
	Score  int       // of a tool; see Entry
}

// Items are all that is known, in order; of one server, or of every one where it is "".
func (r *Registry) Items(server mantlet.ServerID) (out []Item) {
	for t, i := range r.all(server) {
		out = append(out, r.view(t, i))
	}
	slices.SortFunc(out, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Target.Server, b.Target.Server), cmp.Compare(a.Target.Kind, b.Target.Kind), cmp.Compare(a.Target.Name, b.Target.Name))
	})
	return out
}

func (r *Registry) all(server mantlet.ServerID) map[mantlet.Target]*item {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make(map[mantlet.Target]*item)
	for l, k := range r.lists {
		if server != "" && l.server != server {
			continue
		}
		for name, i := range k.items {
			out[mantlet.Target{Server: l.server, Kind: l.kind, Name: name}] = i
		}
	}
	return out
}

func (r *Registry) view(t mantlet.Target, i *item) Item {
	out := Item{Target: t, State: i.state, Why: i.why, By: i.by, First: i.first, Since: i.since, Pin: i.pin, Seen: i.seen, Gone: i.gone}
	out.Trial, out.Shapes, out.Holes, out.Known = r.onTrial(i), i.shapes, i.holes, i.known
	if i.state == Approved {
		out.Ends = r.ends(t.Server, i)
	}
	if r.due(t.Server, i) {
		out.State, out.Why = InReview, whyDue
	}
	_, out.Score = r.rated(t)
	if out.State == Approved && r.distrusts(t, out.Score) {
		out.State, out.Why = Distrusted, r.whyDistrusted(out.Score)
	}
	return out
}

// Names are the names of all tools that are listed: the server's own, and others'.
func (r *Registry) Names(server mantlet.ServerID) (own, others []string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for l, k := range r.lists {
		if l.kind != mantlet.KindTool {
			continue
		}
		for name, i := range k.items {
			switch {
			case i.gone:
			case l.server == server:
				own = append(own, name)
			default:
				others = append(others, name)
			}
		}
	}
	return own, others
}

// Export writes the catalogue's log below dir, for others to verify. See ledger.Export.
func (r *Registry) Export(ctx context.Context, dir string) error { return r.ledger.Export(ctx, dir) }

// A Review is what a person looks at before they decide.
type Review struct {
	Item

	Approved   definition.Definition // zero where none was
	Fresh      definition.Definition // the last one seen
	Difference definition.Difference // from the approved one; from none where there is none
}

// Review returns what there is to look at of t.
func (r *Registry) Review(ctx context.Context, t mantlet.Target) (Review, error) {
	i := r.item(t)
	if i == nil {
		return Review{}, errNeverSeen
	}
	v := Review{Item: r.view(t, i)}
	var err error
	if v.Fresh, err = r.definition(ctx, t.Kind, i.seen); err != nil {
		return Review{}, err
	}
	if i.pin != (Digest{}) {
		if v.Approved, err = r.definition(ctx, t.Kind, i.pin); err != nil {
			return Review{}, err
		}
		v.Difference = definition.Compare(v.Approved, v.Fresh)
	}
	return v, nil
}

var (
	errNeverSeen = errors.New("it was never seen; list the server's definitions first")
	errForged    = errors.New("trust: the database holds another definition than the one that was written down")
)

// Definition is the exact definition that has the digest, as it was seen. An error means
// that it cannot be had, or that the database holds another.
func (r *Registry) Definition(ctx context.Context, k mantlet.TargetKind, digest Digest) ([]byte, error) {
	d, err := r.definition(ctx, k, digest)
	return d.Raw(), err
}

// definition reads one from the database, and believes it only if it has the digest.
func (r *Registry) definition(ctx context.Context, k mantlet.TargetKind, d Digest) (definition.Definition, error) {
	raw, err := r.o.Ledger.Store.Blob(ctx, store.Hash(d))
	if err != nil {
		return definition.Definition{}, err
	}
	out, err := definition.Parse(k, raw)
	if err != nil || out.Digest() != d {
		return definition.Definition{}, errors.Join(errForged, err)
	}
	return out, nil
}
