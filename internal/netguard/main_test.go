package netguard

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answers is a Resolver that gives each name's answers in turn, and the last again.
type answers struct {
	mu    sync.Mutex
	of    map[string][][]netip.Addr
	asked []string
}

func (a *answers) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, host)
	name := strings.TrimSuffix(host, ".")
	turns, ok := a.of[name]
	if !ok {
		if ip, odd := aton(name); odd {
			return []netip.Addr{ip}, nil
		}
		return nil, errors.New("no such host")
	}
	if len(turns) > 1 {
		a.of[name] = turns[1:]
	}
	return turns[0], nil
}

func (a *answers) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.asked)
}

// aton reads IPv4 addresses as the C library's inet_aton does: what a dialler that
// hands names to it would connect to.
func aton(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 0, 33)
		last := i == len(parts)-1
		if odd := strings.ToLower(p); len(odd) > 1 && odd[0] == '0' && strings.ContainsAny(odd[1:2], "bo") || strings.Contains(p, "_") {
			return netip.Addr{}, false // Go's own, not C's
		}
		if err != nil || !last && n > 255 || last && n >= 1<<(8*(5-len(parts))) {
			return netip.Addr{}, false
		}
		if last {
			sum |= n
			continue
		}
		sum |= n << (24 - 8*i)
	}
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(sum)))), true
}

func ips(all ...string) []netip.Addr {
	out := make([]netip.Addr, len(all))
	for i, s := range all {
		out[i] = netip.MustParseAddr(s)
	}
	return out
}

const publicIP = "93.184.215.14"

func guard(t testing.TB, change func(*Options)) *Guard {
	t.Helper()
	o := Options{Bytes: 1 << 16, Time: 5 * time.Second, Resolver: &answers{}}
	if change != nil {
		change(&o)
	}
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// grounded makes g dial nothing and tell what it would have dialled.
func grounded(g *Guard) *[]string {
	var mu sync.Mutex
	dialled := &[]string{}
	g.dial = func(_ context.Context, d *net.Dialer, addr string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if err := d.Control("tcp", addr, nil); err != nil {
			return nil, err
		}
		*dialled = append(*dialled, addr)
		return nil, errors.New("grounded")
	}
	return dialled
}

// plain is a client with no guard: it asks the resolver as it dials, as everybody does.
func plain(t testing.TB, r Resolver) *http.Client {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		if _, err := netip.ParseAddr(host); err != nil {
			found, err := r.LookupNetIP(ctx, "ip", host)
			if err != nil {
				return nil, err
			}
			host = found[0].String()
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(host, port))
	}}
	return &http.Client{Transport: tr, Timeout: 5 * time.Second}
}

// secret listens on loopback and counts its visitors.
func secret(t testing.TB) (port string, visits func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	n := 0
	s := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		n++
		mu.Unlock()
		fmt.Fprint(w, "metadata")
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func portOf(t testing.TB, s string) uint16 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(n)
}
