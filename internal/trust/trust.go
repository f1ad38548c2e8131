// Package trust remembers what each definition looked like when it was approved, and
// notices change.
//
// The question: is this the tool we approved? The threats: tool poisoning (H01), rug
// pulls (H02), squatting and shadowing (H03), a backdoor by update (F09). The controls:
// C013, C016, C023-C030, C044-C046, C067, C090-C092. It trusts its ledger, behind the checkpoint
// that is kept outside of the database, and no server: what a server says of itself is
// only ever compared. When it breaks, nothing is approved: a change that cannot be
// written is refused.
//
// What is promised is the definition, not the behaviour: a tool that is described as it
// was may still do something else. policy, flow and sandbox are for that.
//
// Registry is the room. Unpinned is the room switched off, by name.
package trust

import (
	"context"

	"github.com/mantlet-mcp/mantlet"
)

// A State is where a definition stands. The zero State is Unknown and is refused.
type State uint8

// The states of a definition. Only Approved may be shown and used.
const (
	Unknown State = iota
	Approved
	InReview    // seen, and waits for a person
	Quarantined // it changed after it was approved, or a person has stopped it
	Retired     // a person has ended it
	Moved       // it was approved anew after this caller was shown it: they have to look again
	Distrusted  // it is approved, and its trust score is below the least that is asked for
)

var states = [...]string{"unknown", "approved", "in review", "quarantined", "retired", "approved anew", "distrusted"}

func (s State) String() string {
	if int(s) < len(states) {
		return states[s]
	}
	return states[Unknown]
}

// A Digest is SHA-256 over a definition's canonical form (RFC 8785). The zero Digest is of
// none.
type Digest [32]byte

// An Entry is one definition as the registry knows it.
type Entry struct {
	Target mantlet.Target
	State  State
	Digest Digest // of the approved definition; zero where none was
	Stale  bool   // the list that it stands in is too old, was said to have changed, or was never seen

	// Score is the trust score of a tool, 0 to 100 (package score), as it was last worked out:
	// when its server was observed, decided on or had evidence filed, when advisories changed,
	// and each minute, since it fades with time. Nothing is worked out for a call. 0 is also
	// the score of what nobody could work out, and of all that is no tool: a condition on it
	// is on a tool.
	Score int
	// Least is the score that is asked for here; see Pace.MinimumTrust.
	Least int
}

// An Observation is what a server said of itself, on one page of one list.
type Observation struct {
	For      mantlet.PrincipalKey // whose credentials the list was fetched with
	Method   string               // the list method, or the notification that a list has changed
	Page     string               // the cursor that asked for it; "" for the first page
	Complete bool                 // no further page follows
	Own      bool                 // Mantlet looks for itself: it is not shown to the caller
	Items    []Seen
}

// A Seen is one definition as a server showed it. Definition aliases the
// message: copy what is kept.
type Seen struct {
	Target     mantlet.Target
	Definition []byte
}

// A Change is a definition of an observation that is new, that differs, or that may not
// be shown. What is approved and was seen before is in no Change.
type Change struct {
	Target mantlet.Target
	State  State  // what the target is from now on
	Why    string // for people; escaped
}

// Unpinned is the trust room switched off: every tool passes as approved and no
// change is noticed. `mantlet check` names it, and `mantlet serve` refuses it
// unless the configuration says insecure.trustUnpinned.
type Unpinned struct{}

// Lookup answers that t is approved.
func (Unpinned) Lookup(_ context.Context, t mantlet.Target, _ mantlet.PrincipalKey) (Entry, error) {
	return Entry{Target: t, State: Approved}, nil
}

// Observe notices nothing.
func (Unpinned) Observe(context.Context, mantlet.ServerID, Observation) ([]Change, error) {
	return nil, nil
}
