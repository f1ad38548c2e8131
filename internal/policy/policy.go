// Package policy answers one question: may this principal do this to that, now,
// for this purpose?
//
// The threats: the confused deputy (C07), a list that hides what a call allows (A20),
// lateral movement between tools (H04). The controls: C035-C043. It trusts the facts in the Query and
// nothing else. When it breaks it denies: a Decision cannot fail.
//
// This is the room's door and its named stand-in; Cedar comes with a later part.
package policy

import (
	"context"

	"github.com/mantlet-mcp/mantlet"
)

// A Query is everything that a decision may depend on. Arguments aliases the
// message and is nil where there are none.
type Query struct {
	Principal    mantlet.Principal
	Conversation mantlet.Conversation
	Action       string // the MCP method
	Target       mantlet.Target
	Arguments    []byte   // the exact JSON of params.arguments
	Facts        []string // what other rooms found, by name
	Exchange     string
}

// A Verdict is what policy says. The zero Verdict is Deny.
type Verdict uint8

// The verdicts. Confirm and Approve are not yet yes: somebody must say so first.
const (
	Deny Verdict = iota
	Allow
	Confirm // the person at the client must confirm this very action
	Approve // somebody else must approve it
)

// A Decision is a verdict with its reasons. The zero Decision denies.
type Decision struct {
	Verdict  Verdict
	Policies []string // which policies decided, for the record
	Reason   string   // for the record; never for the caller unless policy says so
	Ask      *mantlet.Ask
}

// AllowAll is the policy room switched off: whatever is asked is allowed.
// `mantlet check` names it, and `mantlet serve` refuses it unless the
// configuration says insecure.policyAllowAll.
type AllowAll struct{}

// Decide allows.
func (AllowAll) Decide(context.Context, Query) Decision {
	return Decision{Verdict: Allow, Reason: "policy is switched off"}
}

// Filter returns every target.
func (AllowAll) Filter(_ context.Context, _ Query, t []mantlet.Target) []mantlet.Target { return t }
