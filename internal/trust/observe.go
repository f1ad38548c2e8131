package trust

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/store"
	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
)

// maxShapes is how many different definitions of one target are written down: a server
// that shows another one each time does not fill the ledger.
const maxShapes = 64

// A seen is one item of an observation, with its digest.
type seen struct {
	Seen

	digest Digest
}

// Observe compares what a server said of itself with what is approved, writes down what
// is new or differs, and returns that and everything that may not be shown. A definition
// that cannot be read is refused as it is; an observation that cannot be written down is
// an error, and nothing of it may be shown.
func (r *Registry) Observe(ctx context.Context, s mantlet.ServerID, o Observation) ([]Change, error) {
	if kind, ok := changedMethods[o.Method]; ok {
		r.expire(list{s, kind})
		return nil, nil
	}
	all, changes := r.digests(s, o)
	fresh := r.fresh(all)
	p := r.page(s, o, all, len(fresh) == 0)
	if len(fresh) > 0 || p.news {
		made, err := r.learn(ctx, p, all)
		if err != nil {
			return nil, err
		}
		changes = append(changes, made...)
		if r.o.Learned != nil {
			r.o.Learned(ctx, s, fresh)
		}
	}
	for _, i := range all {
		e, score := r.rated(i.Target)
		switch {
		case e == nil:
			return nil, errors.New("trust: what was observed is not known")
		case e.state != Approved || i.digest != e.pin:
			changes = append(changes, Change{Target: i.Target, State: hidden(e.state), Why: e.why})
		case r.due(s, e):
			changes = append(changes, Change{Target: i.Target, State: InReview, Why: whyDue})
		case r.distrusts(i.Target, score):
			changes = append(changes, Change{Target: i.Target, State: Distrusted, Why: r.whyDistrusted(score)})
		case slices.Contains(fresh, i.Target):
			changes = append(changes, Change{Target: i.Target, State: Approved, Why: e.why})
		}
	}
	return changes, nil
}

// hidden is the state of a definition that is not the approved one.
func hidden(s State) State {
	if s == Approved {
		return Quarantined
	}
	return s
}

// digests reads the items. One that cannot be read, that is another server's, or that is
// there twice with different words is a Change.
func (r *Registry) digests(s mantlet.ServerID, o Observation) (all []seen, changes []Change) {
	at := make(map[mantlet.Target]int, len(o.Items))
	for _, i := range o.Items {
		d, err := r.memo.digest(i)
		if err == nil && i.Target.Server != s {
			err = errors.New("it is another server's")
		}
		if err != nil {
			changes = append(changes, Change{Target: i.Target, State: Quarantined, Why: mantlet.Escape(err.Error())})
			continue
		}
		if j, twice := at[i.Target]; twice {
			if all[j].digest != d {
				changes = append(changes, Change{Target: i.Target, State: Quarantined, Why: "it is listed twice, with different words"})
				all[j].digest = Digest{} // neither is the approved one
			}
			continue
		}
		at[i.Target] = len(all)
		all = append(all, seen{i, d})
	}
	return slices.DeleteFunc(all, func(i seen) bool { return i.digest == Digest{} }), changes
}

// fresh are the targets that are new, differ from the last time, or are back.
func (r *Registry) fresh(all []seen) (out []mantlet.Target) {
	for _, i := range all {
		if e := r.item(i.Target); e == nil || e.gone || e.differs(i.digest) {
			out = append(out, i.Target)
		}
	}
	return out
}

// differs reports whether d is a definition that was not written down as the last one.
func (i *item) differs(d Digest) bool {
	return i == nil || i.seen != d && i.pin != d && i.shapes < maxShapes
}

// learn writes down what is new, and returns what is gone. Others may have written
// meanwhile: then it looks again.
func (r *Registry) learn(ctx context.Context, p page, all []seen) ([]Change, error) {
	r.writing.Lock()
	defer r.writing.Unlock()
	for {
		events, blobs := r.news(ctx, p, all)
		if len(events) == 0 {
			return nil, nil
		}
		err := r.write(ctx, events, blobs)
		if err == nil {
			return left(events), nil
		}
		if !errors.Is(err, store.ErrMoved) || ctx.Err() != nil {
			return nil, err
		}
	}
}

// left are the changes of what is no longer listed.
func left(events []event) (out []Change) {
	for i := range events {
		if events[i].Do == gone {
			t, _ := events[i].target() // it was made of one
			out = append(out, Change{Target: t, Why: "it is no longer listed"})
		}
	}
	return out
}

// news are the events that an observation makes, and the definitions they speak of.
func (r *Registry) news(ctx context.Context, p page, all []seen) (events []event, blobs map[store.Hash][]byte) {
	blobs = make(map[store.Hash][]byte)
	late := p.again || r.isSettled(p.list)
	if late && !r.isSettled(p.list) {
		events = append(events, r.event(settled, mantlet.Target{Server: p.server, Kind: p.kind}, Digest{}))
	}
	for _, i := range all {
		e := r.item(i.Target)
		if e != nil && e.gone {
			events = append(events, r.event(back, i.Target, Digest{}))
		}
		if e.differs(i.digest) {
			made, blob := r.sighting(ctx, i, e, late)
			events = append(events, made...)
			blobs[store.Hash(i.digest)] = blob
		}
	}
	if !p.whole {
		return events, blobs
	}
	for _, t := range r.missing(p) {
		events = append(events, r.event(gone, t, Digest{}))
	}
	if !late {
		events = append(events, r.event(settled, mantlet.Target{Server: p.server, Kind: p.kind}, Digest{}))
	}
	return events, blobs
}

// sighting is what the sight of a definition that is new or differs makes.
func (r *Registry) sighting(ctx context.Context, i seen, before *item, late bool) ([]event, []byte) {
	e, blob := r.event(saw, i.Target, i.digest), slices.Clone(i.Definition)
	first := r.pace.Load().FirstUse
	switch {
	case before != nil && before.state == Approved && !r.onTrial(before) && r.cosmetic(ctx, i, before):
		p := r.event(pinned, i.Target, i.digest)
		p.By, p.Why = byRule, "it changed in nothing that a model reads or that widens what may be sent"
		return []event{e, p}, blob
	case before != nil && before.state == Approved:
		e.Why = "it changed after it was approved"
	case before != nil:
		e.Why = "it changed after it was seen first"
	case late:
		e.Why = "it was added after the server was seen first"
	case first == Release:
		e.Why = "it was not released yet"
	case first != Scan:
		e.Why = "nobody has looked at it yet"
	case r.o.Vet == nil:
		e.Why = "there is nothing that could vet it"
	default:
		v := r.o.Vet(ctx, i.Seen)
		e.Holes = bounded(v.Holes)
		if e.Why = v.Why; v.Usable {
			p := r.event(pinned, i.Target, i.digest)
			p.By, p.Why = "scan", v.Why
			return []event{e, p}, blob
		}
	}
	return []event{e}, blob
}

// cosmetic reports whether a definition differs from the approved one in nothing that
// needs another approval (SEP-3140). What cannot be compared does.
func (r *Registry) cosmetic(ctx context.Context, i seen, before *item) bool {
	old, err := r.definition(ctx, i.Target.Kind, before.pin)
	if err != nil {
		return false
	}
	fresh, err := definition.Parse(i.Target.Kind, i.Definition)
	if err != nil {
		return false
	}
	d := definition.Compare(old, fresh)
	return !d.Empty() && !d.Material()
}

func (r *Registry) isSettled(l list) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k := r.lists[l]
	return k != nil && k.settled
}

// A page is what one page of a list says of the whole.
type page struct {
	list

	again bool            // the list was begun before, by whomever: what is new is an addition
	whole bool            // it is the last of all pages
	names map[string]bool // that the list has, where it is whole
	news  bool            // something is gone, or the list was never seen whole
}

// page notes one page. quiet says that nothing on it is new.
func (r *Registry) page(s mantlet.ServerID, o Observation, all []seen, quiet bool) page {
	k, ok := listMethods[o.Method]
	p := page{list: list{s, k}}
	if !ok {
		return p
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.lists[p.list]
	p.again = o.Page == "" && known != nil && len(known.items) > 0
	w := walk{p.list, o.For}
	if quiet && p.again && o.Complete && known.settled && known.listed == len(all) {
		known.fresh = r.o.Now()
		if !o.Own {
			r.show(w, all, r.epoch, true)
		}
		return p // the usual case: the same as ever
	}
	way := r.open[w]
	if o.Page == "" {
		way = &walked{names: make(map[string]bool), began: r.epoch}
	}
	begun := way != nil
	for _, i := range o.Items {
		if begun {
			way.names[i.Target.Name] = true
		}
	}
	if begun && !o.Own {
		r.show(w, all, way.began, o.Complete)
	}
	switch {
	case begun && o.Complete:
		delete(r.open, w)
		p.whole, p.names = true, way.names
		if known == nil {
			known = r.known(p.list)
		}
		known.fresh = r.o.Now()
		p.news = !known.settled || len(missing(known, way.names)) > 0
	case begun && (len(r.open) < maxWalks || r.open[w] != nil):
		r.open[w] = way
	}
	return p
}

// maxWalks is how many lists may be paged through at once. A walk whose beginning was not
// kept says nothing of what is gone.
const maxWalks = 1024

func (r *Registry) missing(p page) (out []mantlet.Target) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if k := r.lists[p.list]; k != nil {
		for _, name := range missing(k, p.names) {
			out = append(out, mantlet.Target{Server: p.server, Kind: p.kind, Name: name})
		}
	}
	return out
}

// missing are the names that a list had and does not have any more, in order.
func missing(k *known, names map[string]bool) (out []string) {
	for name, i := range k.items {
		if !i.gone && i.state != Retired && !names[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// expire takes a server at its word that a list has changed.
func (r *Registry) expire(l list) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known(l).fresh = time.Time{}
}

// changedMethods are the notifications that a list has changed.
var changedMethods = map[string]mantlet.TargetKind{
	"notifications/tools/list_changed": mantlet.KindTool, "notifications/prompts/list_changed": mantlet.KindPrompt, "notifications/resources/list_changed": mantlet.KindResource,
}

// listMethods are the methods whose lists can be seen whole.
var listMethods = map[string]mantlet.TargetKind{
	"tools/list": mantlet.KindTool, "prompts/list": mantlet.KindPrompt, "resources/list": mantlet.KindResource, "resources/templates/list": mantlet.KindTemplate,
}

// A memo remembers the digest of the bytes that each target was last shown with: a list
// that did not change is hashed, and not read.
type memo struct {
	mu   sync.Mutex
	last map[mantlet.Target]remembered
}

type remembered struct{ raw, digest Digest }

func (m *memo) digest(s Seen) (Digest, error) {
	raw := Digest(sha256.Sum256(s.Definition))
	m.mu.Lock()
	known, ok := m.last[s.Target]
	m.mu.Unlock()
	if ok && known.raw == raw {
		return known.digest, nil
	}
	d, err := definition.Parse(s.Target.Kind, s.Definition)
	if err != nil {
		return Digest{}, fmt.Errorf("it cannot be read: %w", err)
	}
	if d.Name() != s.Target.Name && !s.Target.Kind.Sole() {
		return Digest{}, errors.New("it is listed under another name than it has")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil || len(m.last) > maxMemo {
		m.last = make(map[mantlet.Target]remembered)
	}
	m.last[s.Target] = remembered{raw, d.Digest()}
	return d.Digest(), nil
}

const maxMemo = 200_000 // targets
