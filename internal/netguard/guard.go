package netguard

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"
)

const (
	maxAnswers = 64 // addresses of one name; more are refused
	maxDials   = 4  // of them that are tried
)

// A Resolver finds addresses. *net.Resolver is one. The name ends with a dot: it is
// complete, and no search list may be tried with it.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options say what a Guard allows beyond https to port 443 of a public address.
// Bytes and Time have no default: an absent limit is not an infinite one.
type Options struct {
	Allow     []string      // exact hosts, which may be anywhere, and CIDRs, which any name may resolve into
	Ports     []uint16      // besides 443
	PlainHTTP bool          // http:// too
	Redirects int           // followed at most, each hop judged anew; 0 is none
	Bytes     int64         // of a response's body
	Time      time.Duration // for one fetch in all, its body included
	Resolver  Resolver      // nil is the system's
	TLS       *tls.Config   // nil is the system's roots and TLS 1.3
}

// A Guard goes to addresses that a peer named. It is safe for concurrent use.
type Guard struct {
	o      Options
	hosts  map[string]bool
	ranges []netip.Prefix
	client *http.Client
	dial   func(ctx context.Context, d *net.Dialer, addr string) (net.Conn, error)
}

// New returns a Guard, or says which option is wrong.
func New(o Options) (*Guard, error) {
	if o.Bytes <= 0 || o.Time <= 0 || o.Redirects < 0 {
		return nil, errors.New("netguard: limits on bytes and time are needed, and no fewer than 0 redirects")
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	}
	g := &Guard{o: o, hosts: make(map[string]bool), dial: func(ctx context.Context, d *net.Dialer, addr string) (net.Conn, error) {
		return d.DialContext(ctx, "tcp", addr)
	}}
	for _, s := range o.Allow {
		if err := g.allow(s); err != nil {
			return nil, err
		}
	}
	g.client = g.newClient()
	return g, nil
}

func (g *Guard) allow(s string) error {
	if p, err := netip.ParsePrefix(s); err == nil {
		g.ranges = append(g.ranges, p.Masked())
		return nil
	}
	a, name, err := readHost(s)
	if err != nil {
		return errors.New("netguard: what is allowed must be a host name, an address or a CIDR: " + strconv.Quote(s))
	}
	if name == "" {
		name = a.String()
	}
	g.hosts[name] = true
	return nil
}

// DialContext connects to addr, "host:port", over TCP if it may. The name is
// resolved once; if any of its addresses is not allowed, none is dialled; and what
// is dialled is the judged address itself, judged once more as it is connected to.
func (g *Guard) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		return nil, refuse("%s is not TCP", strconv.Quote(network))
	}
	host, service, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, refuse("the address is not host and port")
	}
	port, err := g.port(service)
	if err != nil {
		return nil, err
	}
	all, named, err := g.judged(ctx, host)
	if err != nil {
		return nil, err
	}
	var failed error
	for _, a := range all[:min(len(all), maxDials)] {
		at := netip.AddrPortFrom(a, port)
		d := &net.Dialer{Control: func(_, address string, _ syscall.RawConn) error { return g.control(at, named, address) }}
		c, err := g.dial(ctx, d, at.String())
		if err == nil {
			return c, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// port reads a port that is allowed: 443, 80 where plain HTTP is, and Ports.
func (g *Guard) port(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	p := uint16(n)
	if err != nil || p == 0 || p != 443 && (p != 80 || !g.o.PlainHTTP) && !slices.Contains(g.o.Ports, p) {
		return 0, refuse("port %s is not allowed", strconv.Quote(s))
	}
	return p, nil
}

// judged is every address of host if all of them are allowed. named says that an
// administrator allowed the host itself, wherever it is.
func (g *Guard) judged(ctx context.Context, host string) (all []netip.Addr, named bool, err error) {
	a, name, err := readHost(host)
	if err != nil {
		return nil, false, err
	}
	if name == "" {
		named = g.hosts[a.String()]
		if !named && !g.addressOK(a) {
			return nil, false, refuse("the address is not public")
		}
		return []netip.Addr{a}, named, nil
	}
	named = g.hosts[name]
	if local(name) && !named {
		return nil, false, refuse("the name is a local one")
	}
	all, err = g.resolve(ctx, name)
	if err != nil {
		return nil, false, err
	}
	if !named && slices.ContainsFunc(all, func(a netip.Addr) bool { return !g.addressOK(a) }) {
		return nil, false, refuse("the name has an address that is not public")
	}
	return all, named, nil
}

// resolve asks once. Answers that stand for IPv4 addresses are taken for them:
// that is how some resolvers give A records.
func (g *Guard) resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	all, err := g.o.Resolver.LookupNetIP(ctx, "ip", name+".")
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || len(all) > maxAnswers {
		return nil, refuse("the name has %d addresses", len(all))
	}
	for i := range all {
		all[i] = all[i].Unmap()
	}
	return all, nil
}

func (g *Guard) addressOK(a netip.Addr) bool {
	return Public(a) || a.Zone() == "" && within(g.ranges, a)
}

// control is the last look, at what the kernel is about to connect to.
func (g *Guard) control(judged netip.AddrPort, named bool, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || at != judged || (!named && !g.addressOK(at.Addr())) {
		return refuse("the address to be dialled is not the one that was judged")
	}
	return nil
}
