package app

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/front"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/listing"
)

// opened is the key of the servers that a caller's credentials open, in a request's context.
type opened struct{}

// listing is Mantlet as a registry: what a caller finds at /v0.1/servers are the servers
// that their credentials open and that have something which may be used.
func (a *App) listing(cfg *config.Config) (front.Listing, error) {
	base := strings.TrimSuffix(cmp.Or(cfg.Trust.RegistryURL, baseURL(cfg, a.tcp.Addr().String())), "/")
	began := time.Now()
	h, err := listing.Handler(base, func(r *http.Request) (out []listing.Exposed, err error) {
		opens, _ := r.Context().Value(opened{}).([]mantlet.ServerID)
		for _, id := range opens {
			e := listing.Exposed{
				ID: string(id), Name: cfg.Trust.RegistryName + "/" + string(id), Title: string(id), Version: unversioned,
				URL: base + "/mcp/" + string(id), Status: listing.Active, Published: began,
			}
			if err := a.trust.expose(r.Context(), id, &e); err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		return out, nil
	})
	if err != nil {
		return nil, err
	}
	return func(w http.ResponseWriter, r *http.Request, opens []mantlet.ServerID) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), opened{}, opens)))
	}, nil
}

// unversioned is the version of a server that nobody has declared one of.
const unversioned = "0.0.0"

// expose adds what the catalogue says of a server, or hides it; nil hides none.
func (c *catalogue) expose(ctx context.Context, id mantlet.ServerID, e *listing.Exposed) error {
	if c == nil {
		return nil
	}
	if !usable(c.Items(id), e) {
		e.Status = listing.Unlisted
		return nil
	}
	d, err := c.dossier(ctx, id, "")
	if err != nil {
		return err
	}
	e.Description = d.Manifest.Purpose
	declared := *e
	declared.Version = d.Version
	if _, err := listing.Page([]listing.Exposed{declared}, "", 1); err == nil { // what a registry would not call a version is none
		*e = declared
	}
	return nil
}

// usable reports whether a server has something that may be used, and neither its start
// nor its identity is refused. It says when that began, and when it last changed.
func usable(items []trust.Item, e *listing.Exposed) (found bool) {
	for _, i := range items {
		approved := i.State == trust.Approved
		switch i.Target.Kind {
		case mantlet.KindLaunch, mantlet.KindIdentity:
			if !approved {
				return false
			}
		case mantlet.KindTool, mantlet.KindPrompt, mantlet.KindResource, mantlet.KindTemplate:
			if !approved || i.Gone {
				continue
			}
			if !found || i.First.Before(e.Published) {
				e.Published = i.First
			}
			if i.Since.After(e.Updated) {
				e.Updated = i.Since
			}
			found = true
		default: // instructions alone are no use
		}
	}
	return found
}

// baseURL is where clients reach the listener: its address, or the first name that it is
// known by where that is every address.
func baseURL(cfg *config.Config, addr string) string {
	scheme := "http://"
	if cfg.Listen.TLS.CertFile != "" {
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		host = "localhost"
		if len(cfg.Listen.AllowedHosts) > 0 {
			host = cfg.Listen.AllowedHosts[0]
		}
		if h, p, err := net.SplitHostPort(host); err == nil {
			host, port = h, p
		}
	}
	return scheme + net.JoinHostPort(strings.Trim(host, "[]"), port)
}
