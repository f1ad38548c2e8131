package main

import (
	"context"
	"net"
	"net/url"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/scan"
)

// catalogued is what the running Mantlet has in its catalogue, as it was seen last.
func (o *options) catalogued(ctx context.Context) ([]scan.Input, []string, error) {
	d, err := o.client("")
	if err != nil {
		return nil, nil, err
	}
	all, err := d.Catalogue(ctx, "")
	if err != nil {
		return nil, nil, &exitError{exitRefused, err}
	}
	in := scan.Input{Name: "catalogue"}
	for _, i := range all {
		kind, _ := mantlet.ParseTargetKind(i.Kind)
		if n := len(in.Servers); !i.Gone && (n == 0 || in.Servers[n-1].ID != i.Server) {
			in.Servers = append(in.Servers, scan.Server{ID: i.Server})
		}
		if i.Gone || kind == mantlet.KindLaunch || kind == mantlet.KindIdentity {
			continue
		}
		v, err := d.Review(ctx, i.Server, i.Kind, i.Name)
		if err != nil {
			return nil, nil, &exitError{exitRefused, err}
		}
		s := &in.Servers[len(in.Servers)-1]
		s.Items = append(s.Items, scan.Item{Kind: kind, Raw: v.Fresh, Pointer: "/" + i.Server + "/" + i.Kind + "/" + i.Name})
	}
	if len(in.Servers) == 0 {
		return nil, []string{"the catalogue is empty: list a server's tools first"}, nil
	}
	return []scan.Input{in}, nil, nil
}

// listening is every MCP server that takes connections on this machine.
func (o *options) listening(ctx context.Context) ([]scan.Input, []string, error) {
	sockets, err := scan.Sockets()
	if err != nil {
		return nil, nil, err
	}
	inputs, notes := scan.Listeners(ctx, sockets, o.configured(), progress("listeners"))
	return inputs, notes, nil
}

// configured are the addresses that the clients of this machine, and its Mantlet, name.
func (o *options) configured() (known []string) {
	if cfg, _, err := o.load(); err == nil {
		known = append(known, cfg.Listen.Address)
		for _, s := range cfg.Servers {
			known = append(known, hostPort(s.URL))
		}
	}
	inputs, _, err := machine()
	if err != nil {
		return known
	}
	for _, in := range inputs {
		for _, s := range in.Servers {
			if s.Entry != nil {
				known = append(known, hostPort(s.Entry.URL))
			}
		}
	}
	return known
}

// hostPort is where a URL leads; "" where it leads nowhere. A name for this machine is its
// address.
func hostPort(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	host, port := u.Hostname(), u.Port()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	return net.JoinHostPort(host, port)
}
