package trust

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/store"
	"github.com/mantlet-mcp/mantlet/internal/trust/ledger"
)

// FirstUse is what happens to a definition that was never seen before. The zero FirstUse
// is Ask.
type FirstUse uint8

// The ways of first use. None of them is "any".
const (
	Ask     FirstUse = iota // a person looks at it first
	Scan                    // what Vet finds clean, of a server's first lists, is pinned at once
	Release                 // nothing but a release, which more than one person has signed, approves (C024)
)

// A Verdict is what Vet says of a definition that was never seen before. The zero Verdict
// does not let it pass.
type Verdict struct {
	Usable bool
	Why    string   // what was found, or that nothing was; for people
	Holes  []string // the advisories that were found, where it is not usable for them: who approves it accepts these
}

// Options are what a Registry needs. Vet may be left out: then nothing is usable at first
// sight.
type Options struct {
	Ledger   ledger.Options
	FirstUse FirstUse
	Vet      func(ctx context.Context, s Seen) Verdict
	Now      func() time.Time // nil is time.Now
	MaxAge   time.Duration    // see Pace
	Valid    time.Duration    // see Pace
	Trial    time.Duration    // see Pace

	MinimumTrust int // see Pace

	// Learned is told what was observed that is new or differs, once it is written down and
	// before it is shown to anybody; nil tells nobody.
	Learned func(ctx context.Context, s mantlet.ServerID, fresh []mantlet.Target)
}

// A Pace is what Renew can change while a Registry is in use. The zero Pace asks.
type Pace struct {
	FirstUse FirstUse
	MaxAge   time.Duration // how old a list may be when what stands in it is used; 0 is 5 min
	Valid    time.Duration // how long an approval holds before somebody looks again (C092); 0 is for good
	Trial    time.Duration // how long what is approved is on probation: no change of it is cosmetic; 0 is not at all

	// MinimumTrust is the least trust score of a tool that may be shown and called, 0 to 100.
	MinimumTrust int
}

// A Registry is the catalogue of what was seen and of what is approved. Every change of
// it is an entry of the ledger first.
type Registry struct {
	o      Options // but for what pace holds
	pace   atomic.Pointer[Pace]
	ledger *ledger.Ledger
	memo   memo

	writing sync.Mutex // of who appends: held across I/O, never by Lookup

	mu    sync.RWMutex
	lists map[list]*known
	open  map[walk]*walked // lists that are being paged through
	shown map[walk]showing
	epoch int64 // rises whenever what is approved becomes something else

	files     map[shelf]Document
	campaigns map[mantlet.ServerID][]Campaign
}

// A list is all definitions of one kind that a server has.
type list struct {
	server mantlet.ServerID
	kind   mantlet.TargetKind
}

func listOf(t mantlet.Target) list { return list{t.Server, t.Kind} }

// known is what the registry knows of a list.
type known struct {
	items   map[string]*item // by name
	scores  map[string]uint8 // of tools, by name
	listed  int              // how many of them are not gone
	settled bool             // it was seen whole: what comes later is an addition
	fresh   time.Time        // when it was seen whole; zero where it is said to have changed since
}

// A walk is one caller's way through the pages of a list.
type walk struct {
	list
	who mantlet.PrincipalKey
}

// walked is how far one has come.
type walked struct {
	names map[string]bool
	began int64 // the epoch then
}

// Open reads the catalogue, and refuses it if it is not the one that was here before. See
// ledger.Open.
func Open(ctx context.Context, o Options) (*Registry, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Registry{o: o, lists: make(map[list]*known), open: make(map[walk]*walked), shown: make(map[walk]showing),
		files: make(map[shelf]Document), campaigns: make(map[mantlet.ServerID][]Campaign)}
	r.Renew(Pace{o.FirstUse, o.MaxAge, o.Valid, o.Trial, o.MinimumTrust})
	l, err := ledger.Open(ctx, o.Ledger, r.replay)
	if err != nil {
		return nil, err
	}
	r.ledger = l
	return r, nil
}

// Renew puts another Pace in force. What was approved or held by the old one stays so;
// dates that are counted from an approval are counted by the new.
func (r *Registry) Renew(p Pace) {
	if p.MaxAge <= 0 {
		p.MaxAge = 5 * time.Minute
	}
	r.pace.Store(&p)
}

// replay takes one entry in.
func (r *Registry) replay(_ int64, b []byte) error {
	e, d, err := decodeEvent(b)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Do == filed {
		r.file(&e, d)
		return nil
	}
	if e.Do == recertify {
		r.campaigns[e.Server] = append(r.campaigns[e.Server], Campaign{e.Name, e.Server, e.At, e.Until, e.By})
		return nil
	}
	t, err := e.target()
	if err != nil {
		return err
	}
	l := r.known(listOf(t))
	if e.Do == settled {
		l.settled = true
		return nil
	}
	was := l.items[t.Name]
	now := was.apply(&e, d)
	if was != nil && was.pin != (Digest{}) && was.pin != now.pin && e.By != byRule {
		r.epoch++
		now.moved = r.epoch
	}
	l.items[t.Name] = now
	l.listed += now.counts() - was.counts()
	return nil
}

// known is what is known of a list, made where nothing is. It is called with mu held.
func (r *Registry) known(l list) *known {
	k := r.lists[l]
	if k == nil {
		k = &known{items: make(map[string]*item)}
		r.lists[l] = k
	}
	return k
}

// write appends events to the ledger and takes them in. Blobs are the definitions that
// they speak of.
func (r *Registry) write(ctx context.Context, events []event, blobs map[store.Hash][]byte) error {
	entries := make([][]byte, len(events))
	for i := range events {
		b, err := events[i].encode()
		if err != nil {
			return err
		}
		entries[i] = b
	}
	if err := r.ledger.Append(ctx, entries, blobs, r.replay); err != nil {
		return err
	}
	for _, b := range entries {
		if err := r.replay(0, b); err != nil {
			return err
		}
	}
	return nil
}

// Lookup returns what is known of t, for who: if they were shown another definition than
// the one that is approved now, the answer is Moved, and not what they may use (see
// showing). What has no definition (a task, a method, a resource that no list
// describes) has none that could change, and is for policy and inspect to judge.
func (r *Registry) Lookup(_ context.Context, t mantlet.Target, who mantlet.PrincipalKey) (Entry, error) {
	i, score := r.rated(t)
	e := Entry{Target: t, Stale: r.stale(t), Score: score, Least: r.pace.Load().MinimumTrust}
	switch {
	case i == nil && (t.Kind == mantlet.KindResource || t.Kind == mantlet.KindTask || t.Kind == mantlet.KindMethod):
		return Entry{Target: t, State: Approved}, nil
	case i == nil:
		return e, nil
	case i.state == Approved && i.pin == Digest{}:
		return Entry{Target: t}, errors.New("trust: an approved definition has no pin")
	}
	e.Digest, e.State = i.pin, i.state
	switch {
	case r.due(t.Server, i):
		e.State = InReview
	case i.state == Approved && r.distrusts(t, score):
		e.State = Distrusted
	case i.state == Approved && r.other(t, i, who):
		e.State = Moved
	}
	return e, nil
}

// A Decision is what a person says of one definition.
type Decision struct {
	Target mantlet.Target
	State  State  // Approved, Quarantined or Retired
	Digest Digest // of the definition that they have looked at
	By     string // who they are, as the surface that asked them knows it
	Why    string

	// Holes: Approved: the advisories for which it waits, as they were shown to them, which they
	// accept. It is not approved where it waits for others by now. A release accepts none.
	Holes []string

	Reject  bool // Quarantined: it was looked at and found wanting, and not only stopped
	Release bool // Approved: those who had to have signed it
}

// ErrMovedOn says that the definition is no longer the one that was looked at.
var ErrMovedOn = errors.New("the definition has changed since it was looked at; look at it again")

// ErrHoled says that more is known against the definition than was shown.
var ErrHoled = errors.New("it has known vulnerabilities that were not shown to you; look at it again (mantlet tools show)")

// ErrAlone says that one person alone wanted to approve where a release is asked for.
var ErrAlone = errors.New("one person alone approves nothing here; propose it, and have it signed (mantlet tools propose)")

// Decide writes a decision. An approval is of exactly the definition that was looked at,
// and names who gives it.
func (r *Registry) Decide(ctx context.Context, d Decision) error {
	do, ok := map[State]action{Approved: approved, Quarantined: quarantine, Retired: retired}[d.State]
	if !ok {
		return fmt.Errorf("nothing can be put into the state %q by a person", d.State)
	}
	if d.By == "" {
		return errors.New("a decision names who makes it")
	}
	if d.State == Approved && r.pace.Load().FirstUse == Release && !d.Release {
		return ErrAlone
	}
	if d.Reject && do == quarantine {
		do = rejected
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.ledger.Follow(ctx, r.replay); err != nil {
		return err
	}
	i := r.item(d.Target)
	switch {
	case i == nil:
		return errNeverSeen
	case d.State == Approved && (d.Digest == Digest{} || d.Digest != i.seen):
		return ErrMovedOn
	case d.State == Approved && !d.Release && len(without(i.holes, d.Holes)) > 0:
		return ErrHoled
	}
	e := r.event(do, d.Target, d.Digest)
	if e.By, e.Why = d.By, d.Why; do == approved && !d.Release {
		e.Holes = i.holes
	}
	return r.write(ctx, []event{e}, nil)
}

func (r *Registry) item(t mantlet.Target) *item {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if l := r.lists[listOf(t)]; l != nil {
		return l.items[t.Name]
	}
	return nil
}

// due reports whether an approval has ended, and must be given again.
func (r *Registry) due(s mantlet.ServerID, i *item) bool {
	if i.state != Approved {
		return false
	}
	ends := r.ends(s, i)
	return !ends.IsZero() && r.o.Now().After(ends)
}

// ends is when an approval ends: after Valid, or with the first campaign that was opened
// since; zero for never.
func (r *Registry) ends(s mantlet.ServerID, i *item) (at time.Time) {
	if valid := r.pace.Load().Valid; valid > 0 {
		at = i.decided.Add(valid)
	}
	for _, c := range r.campaignsOf(s) {
		if c.Opened.After(i.decided) && (at.IsZero() || c.Until.Before(at)) {
			at = c.Until
		}
	}
	return at
}

// onTrial reports whether what is approved is on probation.
func (r *Registry) onTrial(i *item) bool {
	trial := r.pace.Load().Trial
	return i.state == Approved && trial > 0 && r.o.Now().Sub(i.usable) < trial
}

const whyDue = "its approval has ended; look at it again, and approve it"

// stale reports whether the list of t must be looked at again before t is used.
func (r *Registry) stale(t mantlet.Target) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	l := r.lists[listOf(t)]
	return l == nil || l.fresh.IsZero() || r.o.Now().Sub(l.fresh) > r.pace.Load().MaxAge
}

func (r *Registry) event(do action, t mantlet.Target, d Digest) event {
	e := event{At: r.o.Now().UTC().Truncate(time.Millisecond), Do: do, Server: t.Server, Kind: t.Kind.String(), Name: t.Name}
	if d != (Digest{}) {
		e.Digest = hex.EncodeToString(d[:])
	}
	return e
}

// Size is how many entries the catalogue's log has.
func (r *Registry) Size() int64 { return r.ledger.Size() }
