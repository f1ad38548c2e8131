package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/front"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/policy"
	"github.com/mantlet-mcp/mantlet/internal/quota"
	"github.com/mantlet-mcp/mantlet/internal/trace"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A house is everything that one configuration makes. A reload makes another.
type house struct {
	cfg       *config.Config
	servers   *upstream.Servers
	gate      *gateway.Gateway
	tcp, unix *front.Server
}

// ground is what outlives a reload: what holds a lock, a key or a port.
type ground struct {
	record  *audit.Log
	handles *front.Handles
	meter   gateway.Meter
	spans   *trace.Exporter // nil where nothing is traced
	log     *slog.Logger
	about   []byte
}

func build(cfg *config.Config, g ground, tcpAddr string) (*house, error) {
	h := &house{cfg: cfg}
	limits := wire.Limits{
		Bytes: int(cfg.Limits.Message), ListBytes: int(cfg.Limits.List), Depth: cfg.Limits.Depth,
		Nodes: cfg.Limits.Nodes, Items: cfg.Limits.Items, Header: int(cfg.Limits.Header),
	}
	specs, ids, err := specs(cfg, limits)
	if err != nil {
		return nil, err
	}
	h.servers, err = upstream.New(specs, upstream.Options{Log: g.log, About: g.about, Dropped: g.dropped})
	if err != nil {
		return nil, err
	}
	joined := ids
	if !*cfg.Joined.Enabled {
		joined = nil
	}
	h.gate, err = gateway.New(gateway.Rooms{
		Audit: g.record, Quota: quota.Unlimited{}, Trust: trust.Unpinned{}, Policy: policy.AllowAll{},
		Inspect: inspect.Nothing{}, Upstream: h.servers, Meter: g.meter, Tracer: g.tracer(cfg, ids),
	}, gateway.Options{
		Limits: limits, Namespaces: cfg.Extensions, Joined: joined, Cursors: g.handles,
		MemberWait: time.Duration(cfg.Joined.Wait), About: g.about,
	})
	if err != nil {
		return nil, err
	}
	return h, h.faces(g, limits, ids, tcpAddr)
}

// faces makes the two fronts: TCP, where tokens are shown, and the unix socket,
// where the kernel says who calls.
func (h *house) faces(g ground, limits wire.Limits, ids []mantlet.ServerID, tcpAddr string) error {
	cfg := h.cfg
	tokens, err := authenticator(cfg, ids)
	if err != nil {
		return err
	}
	o := front.Options{
		Corridor: h.gate, Refused: g.record, Handles: g.handles, Limits: limits, Servers: ids, Joined: *cfg.Joined.Enabled,
		Identity: tokens, Transport: "http", Hosts: hosts(cfg, tcpAddr), Origins: append(origins(cfg, tcpAddr), cfg.Listen.AllowedOrigins...),
		Proxies: cfg.Listen.Proxies(),
	}
	h.tcp = front.New(o)
	o.Transport, o.Identity = "unix", identity.PeerUser{UID: os.Getuid(), Subject: User()}
	h.unix = front.New(o)
	return nil
}

func (g ground) dropped(d upstream.Dropped) {
	g.log.Warn("a server's message belongs to no caller and was dropped", "server", string(d.Server), "method", mantlet.Escape(string(d.Method)), "why", mantlet.Escape(d.Why))
	g.record.Refused(context.Background(), audit.Refusal{Source: "server " + string(d.Server), Kind: "dropped", Reason: d.Why})
}

func specs(cfg *config.Config, limits wire.Limits) ([]upstream.Spec, []mantlet.ServerID, error) {
	var all []upstream.Spec
	var ids []mantlet.ServerID
	for _, id := range slices.Sorted(maps.Keys(cfg.Servers)) {
		s := cfg.Servers[id]
		if !*s.Enabled {
			continue
		}
		spec, err := spec(mantlet.ServerID(id), s, limits)
		if err != nil {
			return nil, nil, fmt.Errorf("server %s: %w", id, err)
		}
		all, ids = append(all, spec), append(ids, spec.ID)
	}
	return all, ids, nil
}

func spec(id mantlet.ServerID, s *config.Server, limits wire.Limits) (upstream.Spec, error) {
	t := s.Timeouts
	out := upstream.Spec{
		ID: id, Limits: limits, Calls: s.Calls, Queue: *s.Queue, Protocol: protocols[s.Protocol],
		Times: upstream.Times{
			Connect: time.Duration(t.Connect), FirstByte: time.Duration(t.FirstByte), Call: time.Duration(t.Call),
			Idle: time.Duration(t.Idle), Stream: time.Duration(t.Stream),
		},
	}
	if s.Command != "" {
		env, err := config.Resolve(s.Env)
		out.Stdio = &upstream.StdioSpec{Command: s.Command, Args: s.Args, Dir: s.Cwd, Env: env, Grace: time.Duration(s.StopGrace), Shared: s.Shared}
		return out, err
	}
	headers, err := config.Resolve(s.Headers)
	out.HTTP = &upstream.HTTPSpec{URL: s.URL, Headers: headers, Proxy: s.Proxy, TLS: upstream.TLSSpec{
		CAFile: s.TLS.CAFile, Pins: s.TLS.Pins, TrustDomain: s.TLS.TrustDomain, MinVersion: s.TLS.MinVersion,
	}}
	return out, err
}

var protocols = map[string]upstream.Protocol{"auto": upstream.Auto, "legacy": upstream.Legacy, "modern": upstream.Modern}

func authenticator(cfg *config.Config, ids []mantlet.ServerID) (identity.Authenticator, error) {
	clients, err := Clients(cfg, ids)
	if err != nil {
		return nil, err
	}
	local, err := identity.NewLocal(User(), clients)
	if err != nil {
		return nil, err
	}
	u := identity.Union{local}
	if cfg.Insecure.AllowAnonymous {
		u = append(u, identity.Anonymous{})
	}
	return u, nil
}

// Clients opens the key of each configured client and says where its tokens open.
func Clients(cfg *config.Config, ids []mantlet.ServerID) ([]identity.Client, error) {
	var out []identity.Client
	for _, c := range cfg.Clients {
		key, err := identity.OpenKey(c.KeyFile)
		if err != nil {
			return nil, err
		}
		one := identity.Client{Name: c.Name, Key: key}
		for _, s := range c.Servers {
			if s == "*" {
				one.Servers = append(append(one.Servers, ids...), mantlet.Joined)
				continue
			}
			one.Servers = append(one.Servers, mantlet.ServerID(s))
		}
		out = append(out, one)
	}
	return out, nil
}

// User is the name of the operating-system user that Mantlet runs as.
func User() string {
	if name := os.Getenv("USER"); name != "" {
		return name
	}
	return "uid:" + strconv.Itoa(os.Getuid())
}

// hosts are the Host headers that are served: the address's own names.
func hosts(cfg *config.Config, addr string) []string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return cfg.Listen.AllowedHosts
	}
	out := append([]string{host}, cfg.Listen.AllowedHosts...)
	if ip := net.ParseIP(host); host == "localhost" || (ip != nil && ip.IsLoopback()) {
		out = append(out, "localhost", "127.0.0.1", "::1")
	}
	return out
}

// origins are the listener's own: a page that Mantlet itself serves.
func origins(cfg *config.Config, addr string) []string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil
	}
	scheme := "http://"
	if cfg.Listen.TLS.CertFile != "" {
		scheme = "https://"
	}
	var out []string
	for _, h := range hosts(cfg, addr) {
		out = append(out, scheme+net.JoinHostPort(h, port))
	}
	return out
}
