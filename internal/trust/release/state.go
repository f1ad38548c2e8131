package release

import (
	"fmt"
	"slices"
)

// A State is where a server's release stands. The zero State is none.
type State string

// The states. Only in Probation and Approved may it be used.
const (
	Seen        State = "seen"
	InReview    State = "in review"   // proposed
	Probation   State = "probation"   // released, and watched more closely until a date
	Approved    State = "approved"    // released
	Overdue     State = "due"         // the release has ended: certify it again
	Quarantined State = "quarantined" // it changed, or somebody stopped it
	Retired     State = "retired"     // for good; to begin anew is to be seen anew
)

// States are all states.
var States = []State{Seen, InReview, Probation, Approved, Overdue, Quarantined, Retired}

// Usable reports whether what is in the state may be shown and used.
func (s State) Usable() bool { return s == Probation || s == Approved }

// An Authority is who moves something. The zero Authority moves nothing.
type Authority uint8

// The authorities.
const (
	Nobody  Authority = iota
	Gateway           // Mantlet by itself: what it saw, and dates that have passed
	Person            // one person, by a gesture
	Quorum            // a Verdict that releases
)

var authorities = [...]string{"nobody", "the gateway", "one person", "a quorum"}

func (a Authority) String() string {
	if int(a) < len(authorities) {
		return authorities[a]
	}
	return authorities[Nobody]
}

// A move is from one state to another.
type move struct{ from, to State }

// moves are all that are allowed, and by whom. What makes something usable is a quorum's
// alone, but for the end of a probation; one person, and the gateway, may always stop.
var moves = map[move][]Authority{
	{Seen, InReview}:         {Person},          // it is proposed
	{InReview, Seen}:         {Gateway, Person}, // the proposal ended, or was taken back
	{InReview, Probation}:    {Quorum},
	{Probation, Approved}:    {Gateway}, // the probation ended with nothing found
	{Probation, Overdue}:     {Gateway},
	{Approved, Overdue}:      {Gateway},
	{Overdue, InReview}:      {Person},
	{Quarantined, InReview}:  {Person},
	{Approved, Approved}:     {Quorum}, // certified again before it was due
	{Overdue, Approved}:      {Quorum}, // certified again, with nothing changed
	{Seen, Quarantined}:      {Gateway, Person},
	{InReview, Quarantined}:  {Gateway, Person},
	{Probation, Quarantined}: {Gateway, Person},
	{Approved, Quarantined}:  {Gateway, Person},
	{Overdue, Quarantined}:   {Gateway, Person},
	{Seen, Retired}:          {Person},
	{InReview, Retired}:      {Person},
	{Probation, Retired}:     {Person},
	{Approved, Retired}:      {Person},
	{Overdue, Retired}:       {Person},
	{Quarantined, Retired}:   {Person},
	{Retired, Seen}:          {Person}, // to begin anew
}

// Move reports why by may not move something from one state to another, or nil.
func Move(from, to State, by Authority) error {
	allowed, ok := moves[move{from, to}]
	if !ok {
		return fmt.Errorf("nothing moves from %q to %q", from, to)
	}
	if slices.Contains(allowed, by) {
		return nil
	}
	return fmt.Errorf("%s does not move anything from %q to %q; %s does", by, from, to, allowed[len(allowed)-1])
}
