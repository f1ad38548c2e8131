package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/front"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/policy"
	"github.com/mantlet-mcp/mantlet/internal/quota"
	"github.com/mantlet-mcp/mantlet/internal/trace"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A house is everything that one configuration makes. A reload makes another.
type house struct {
	cfg       *config.Config
	limits    wire.Limits
	servers   *upstream.Servers
	gate      *gateway.Gateway
	tcp, unix *front.Server
}

// ground is what outlives a reload: what holds a lock, a key or a port.
type ground struct {
	record  *audit.Log
	trust   *catalogue
	handles *front.Handles
	meter   gateway.Meter
	spans   *trace.Exporter // nil where nothing is traced
	drops   *ration
	log     *slog.Logger
	about   []byte
}

// build makes the house of cfg beside old, nil for none. What both have in common is
// carried over.
func (a *App) build(cfg *config.Config, old *house) (_ *house, err error) {
	h := &house{cfg: cfg, limits: wire.Limits{
		Bytes: int(cfg.Limits.Message), ListBytes: int(cfg.Limits.List), Depth: cfg.Limits.Depth,
		Nodes: cfg.Limits.Nodes, Items: cfg.Limits.Items, Header: int(cfg.Limits.Header),
	}}
	specs, ids, err := specs(cfg, h.limits)
	if err != nil {
		return nil, err
	}
	if h.servers, err = a.running(specs, ids, old); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.servers.Close(context.Background()))
		}
	}()
	joined := ids
	if !*cfg.Joined.Enabled {
		joined = nil
	}
	inspector, err := a.inspector(cfg)
	if err != nil {
		return nil, err
	}
	h.gate, err = gateway.New(gateway.Rooms{
		Audit: a.record, Quota: quota.Unlimited{}, Trust: a.trust.room(), Policy: policy.AllowAll{},
		Inspect: inspector, Upstream: h.servers, Meter: a.meter, Tracer: a.tracer(cfg, ids),
	}, gateway.Options{
		Limits: h.limits, Namespaces: cfg.Extensions, Joined: joined, Cursors: a.handles,
		MemberWait: time.Duration(cfg.Joined.Wait), About: a.about, Deception: a.deception(cfg),
	})
	if err != nil {
		return nil, err
	}
	return h, a.faces(h, ids)
}

// running are the servers of specs and those that programs brought, but for ids that
// the configuration has taken since.
func (a *App) running(specs []upstream.Spec, ids []mantlet.ServerID, old *house) (*upstream.Servers, error) {
	for id, spec := range a.adopted {
		if !slices.Contains(ids, id) {
			specs = append(specs, spec)
		}
	}
	var had *upstream.Servers
	if old != nil {
		had = old.servers
	}
	return upstream.New(specs, upstream.Options{Log: a.log, About: a.about, Dropped: a.dropped, Admit: a.trust.admit(), Identify: a.trust.identify()}, had)
}

// faces makes the two fronts: TCP, where tokens are shown, and the unix socket,
// where the kernel says who calls.
func (a *App) faces(h *house, ids []mantlet.ServerID) error {
	cfg, tcpAddr := h.cfg, a.tcp.Addr().String()
	tokens, err := authenticator(cfg, ids)
	if err != nil {
		return err
	}
	o := front.Options{
		Corridor: h.gate, Refused: a.record, Handles: a.handles, Limits: h.limits, Servers: ids, Joined: *cfg.Joined.Enabled,
		Identity: tokens, Transport: "http", Hosts: hosts(cfg, tcpAddr), Origins: append(origins(cfg, tcpAddr), cfg.Listen.AllowedOrigins...),
		Proxies: cfg.Listen.Proxies(), Body: time.Duration(cfg.Listen.BodyTimeout), Write: time.Duration(cfg.Listen.WriteTimeout),
	}
	o.Call, o.Stream = longest(cfg)
	if o.Listing, err = a.listing(cfg); err != nil {
		return err
	}
	h.tcp = front.New(o)
	o.Transport, o.Identity, o.Adopted = "unix", identity.PeerUser{UID: os.Getuid(), Subject: User()}, h.servers.Has
	h.unix = front.New(o)
	return nil
}

// longest are the front's limits: no shorter than those of any server, which tell the
// caller whose they are.
func longest(cfg *config.Config) (call, stream time.Duration) {
	all := slices.Collect(maps.Values(cfg.Servers))
	if l := cfg.Listen.Commands; l != nil && *l {
		all = append(all, config.Adopted(cfg, "", nil, "")) // what a program may bring
	}
	for _, s := range all {
		call, stream = max(call, time.Duration(s.Timeouts.Call)), max(stream, time.Duration(s.Timeouts.Stream))
	}
	return call + time.Minute, stream + time.Minute
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
		if err == nil {
			err = held(cfg, s, &spec)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("server %s: %w", id, err)
		}
		all, ids = append(all, spec), append(ids, spec.ID)
	}
	return all, ids, nil
}

// held has a server's authorities be those of the bundle, where the configuration came in one.
func held(cfg *config.Config, s *config.Server, out *upstream.Spec) (err error) {
	if out.HTTP != nil && s.TLS.CAFile != "" && cfg.Holds() {
		out.HTTP.TLS.CA, err = cfg.ReadFile(s.TLS.CAFile)
	}
	return err
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

var protocols = map[string]upstream.Protocol{"auto": upstream.Auto, "legacy": upstream.Legacy, "modern": upstream.Modern, "sse": upstream.SSE}

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

// User is the name of the operating-system user that Mantlet runs as, by the system's
// own list: what the environment says counts only where the user is not in it.
func User() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
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
