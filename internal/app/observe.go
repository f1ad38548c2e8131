package app

import (
	"context"
	"fmt"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// observer is who looks when nobody asks.
var observer = mantlet.Principal{Issuer: mantlet.IssuerSelf, Subject: "observer", Client: "mantlet", Strength: mantlet.StrengthPeer}

// lookTime is how long one server may take to say what it offers.
const lookTime = time.Minute

// observe looks at what servers with a URL offer, on a schedule, until ctx ends. A server
// that cannot be looked at is said so, and is looked at again before it is next used.
func (a *App) observe(ctx context.Context) {
	if a.trust == nil {
		return
	}
	last := time.Now()
	for round := 0; ; round++ {
		select {
		case <-ctx.Done():
			return
		case <-a.woken:
		case <-time.After(time.Until(last.Add(time.Duration(a.Config().Trust.Observe)))):
			last = time.Now()
			a.lookAround(ctx, a.house.Load(), fmt.Sprintf("observe-%d-%d", time.Now().Unix(), round))
		}
	}
}

// wake has observe wait by the configuration that is in force now.
func (a *App) wake() {
	select {
	case a.woken <- struct{}{}:
	default: // it is woken already
	}
}

func (a *App) lookAround(ctx context.Context, h *house, id string) {
	for name, s := range h.cfg.Servers {
		if s.URL == "" || ctx.Err() != nil {
			continue
		}
		within, cancel := context.WithTimeout(ctx, lookTime)
		size := a.trust.Size()
		if err := h.gate.Look(within, id+"."+name, observer, mantlet.ServerID(name)); err != nil {
			a.log.Warn("a server could not be looked at on schedule", "server", name, "error", mantlet.Escape(err.Error()))
		}
		cancel()
		if a.trust.Size() != size { // something came, went or changed, and is hidden or shown now
			for _, kind := range []mantlet.TargetKind{mantlet.KindTool, mantlet.KindPrompt, mantlet.KindResource} {
				h.gate.Announce(mantlet.ServerID(name), kind)
			}
		}
	}
}
