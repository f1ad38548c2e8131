package app

import (
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
)

// deception is what cfg lays out to be touched. A touch is an alert in the log.
func (a *App) deception(cfg *config.Config) gateway.Deception {
	d := gateway.Deception{Bait: make(map[mantlet.ServerID][]gateway.Bait), Halt: time.Duration(cfg.HaltFor), Stops: &a.stops}
	for id, s := range cfg.Servers {
		for _, b := range s.Bait {
			d.Bait[mantlet.ServerID(id)] = append(d.Bait[mantlet.ServerID(id)], gateway.Bait{Name: b.Name, Description: b.Description, Listed: b.Listed})
		}
	}
	d.Touch = func(x *gateway.Exchange, what string) {
		p := x.Caller.Principal
		a.log.Error("somebody touched what was laid out to be found", "what", mantlet.Escape(what), "exchange", x.ID, "server", string(x.Server),
			"subject", mantlet.Escape(p.Subject), "client", mantlet.Escape(p.Client), "issuer", string(p.Issuer), "halted", time.Duration(cfg.HaltFor).String())
	}
	return d
}
