// Package quota says when it is too much.
//
// The question: may this caller have one more, now? The threats: floods
// and loops (B06, H07), one principal that uses up what all others need. The controls:
// C007, C011, C086. It trusts the principal that identity established and nothing the
// message says. When it breaks, the call is refused.
//
// This is the room's door and its named stand-in; the limits themselves come
// with a later part.
package quota

import (
	"context"

	"github.com/mantlet-mcp/mantlet"
)

// A Draw is one thing that somebody wants to do.
type Draw struct {
	Principal mantlet.Principal
	Address   string // the peer's address as the listener saw it; "" on a unix socket
	Target    mantlet.Target
	Method    string
}

// Unlimited is the quota room switched off: whatever is asked for is given.
// `mantlet check` names it, and `mantlet serve` refuses it unless the
// configuration says insecure.quotaUnlimited.
type Unlimited struct{}

// Take grants every draw.
func (Unlimited) Take(context.Context, Draw) (release func(), err error) { return release0, nil }

func release0() {}
