package trust

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// A Campaign asks for every approval of a server to be given again (C092): what nobody has
// approved between Opened and Until is in review from then on.
type Campaign struct {
	Name   string
	Server mantlet.ServerID
	Opened time.Time
	Until  time.Time
	By     string
}

// OpenCampaign opens one for each server.
func (r *Registry) OpenCampaign(ctx context.Context, c Campaign, servers []mantlet.ServerID) error {
	if c.By == "" || c.Name == "" || len(servers) == 0 || !c.Until.After(r.o.Now()) {
		return errors.New("a campaign has a name, somebody who opens it, servers, and an end that is to come")
	}
	for _, s := range servers {
		e := r.event(recertify, mantlet.Target{Server: s, Name: c.Name}, Digest{})
		e.Kind, e.By, e.Until = "campaign", c.By, c.Until.UTC().Truncate(time.Second)
		if err := r.alone(ctx, e, nil); err != nil {
			return err
		}
	}
	return nil
}

// Campaigns are all that were opened, in order.
func (r *Registry) Campaigns() (out []Campaign) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, all := range r.campaigns {
		out = append(out, all...)
	}
	slices.SortFunc(out, func(a, b Campaign) int { return a.Opened.Compare(b.Opened) })
	return out
}

func (r *Registry) campaignsOf(s mantlet.ServerID) []Campaign {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.campaigns[s]
}
