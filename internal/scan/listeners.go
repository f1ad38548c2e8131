package scan

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// A Socket is one where a program of this machine takes TCP connections.
type Socket struct {
	At    netip.AddrPort
	Owner string // the user's number; "" where it is not known
}

// maxSockets is how many are asked; atOnce how many at a time.
const (
	maxSockets = 1024
	atOnce     = 16
)

// paths are where servers usually answer.
var paths = []string{"/mcp", "/", "/mcp/", "/sse"}

// Listeners asks every TCP listener of this machine whether it is an MCP server, with what
// it would be asked by any client, and lists those that are. It reaches this machine's own
// addresses alone. known are host:port pairs that somebody has configured: they are listed
// as found, and not reported.
func Listeners(ctx context.Context, sockets []Socket, known []string, progress func(string)) ([]Input, []string) {
	return (&sweep{known, greetTime}).all(ctx, sockets, progress)
}

// A sweep asks many listeners. greet is how long one may take to say what it is.
type sweep struct {
	known []string
	greet time.Duration
}

func (w *sweep) all(ctx context.Context, sockets []Socket, progress func(string)) (out []Input, notes []string) {
	if len(sockets) > maxSockets {
		notes = append(notes, fmt.Sprintf("%d programs listen here; the first %d were asked", len(sockets), maxSockets))
		sockets = sockets[:maxSockets]
	}
	found := make([]*Input, len(sockets))
	var wait sync.WaitGroup
	turn := make(chan struct{}, atOnce)
	for i, s := range sockets {
		wait.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			progress("asking " + s.reach().String())
			found[i] = w.ask(ctx, s)
		})
	}
	wait.Wait()
	for _, in := range found {
		if in != nil {
			out = append(out, *in)
		}
	}
	if len(out) == 0 {
		notes = append(notes, fmt.Sprintf("%d programs listen here, and none of them speaks MCP over HTTP", len(sockets)))
	}
	return out, notes
}

// reach is the address that a client here would use.
func (s Socket) reach() netip.AddrPort {
	switch a := s.At.Addr(); {
	case a.IsUnspecified() && a.Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), s.At.Port())
	case a.IsUnspecified():
		return netip.AddrPortFrom(netip.IPv6Loopback(), s.At.Port())
	}
	return s.At
}

// ask is what s serves as an MCP server; nil where it is none.
func (w *sweep) ask(ctx context.Context, s Socket) *Input {
	for _, path := range paths {
		address := "http://" + s.reach().String() + path
		shut, speaks, err := w.hail(ctx, address)
		if errors.Is(err, context.DeadlineExceeded) {
			return nil // it waits for something else than HTTP
		}
		if !speaks {
			continue
		}
		in := Input{Name: address, Servers: []Server{{ID: s.reach().String(), Entry: &Entry{URL: address, Auth: true}}}}
		if !shut {
			if seen, err := Visit(ctx, address, func(string) {}); err == nil {
				in = seen
			}
		}
		if one := &in.Servers[0]; !slices.Contains(w.known, s.reach().String()) {
			one.Stray = s.words()
			one.Exposed = !s.At.Addr().IsLoopback()
		}
		return &in
	}
	return nil
}

func (s Socket) words() string {
	words := "listens at " + s.At.String()
	if s.Owner != "" {
		words += " for user " + s.Owner
	}
	return words
}

// hail asks whether an MCP server answers at the address; shut says that it asks for
// credentials (2025-11-25, authorization: 401 with resource_metadata).
func (w *sweep) hail(ctx context.Context, address string) (shut, speaks bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.greet)
	defer cancel()
	t := &http.Transport{DialContext: (&net.Dialer{Timeout: w.greet}).DialContext, MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true}
	v := &visitor{to: address, client: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if strings.HasSuffix(address, "/sse") {
		return false, v.oldStream(ctx), nil
	}
	l := &lister{peer: v, progress: func(string) {}}
	_, err = l.begin(ctx)
	switch {
	case err == nil:
		v.leave(ctx, l.version)
		return false, true, nil
	case errors.Is(err, ErrCredentials):
		return true, v.challenged(ctx), nil
	}
	return false, false, err
}

// challenged reports whether the address asks for credentials as an MCP server does.
func (v *visitor) challenged(ctx context.Context) bool {
	resp, err := v.post(ctx, request{id: 1, method: "initialize", params: []byte("{}")})
	if err != nil {
		return false
	}
	defer resp.Body.Close() //nolint:errcheck // only its header matters
	return strings.Contains(resp.Header.Get("WWW-Authenticate"), "resource_metadata")
}

// oldStream reports whether the address is one of HTTP+SSE (2024-11-05): its stream begins
// with the event "endpoint".
func (v *visitor) oldStream(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.to, http.NoBody)
	if err != nil {
		return false
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := v.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close() //nolint:errcheck // only its beginning matters
	begin := make([]byte, 64)
	n, _ := resp.Body.Read(begin)
	return strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") && strings.HasPrefix(strings.TrimLeft(string(begin[:n]), "\r\n"), "event: endpoint")
}

// stray reports a server that listens here and that nobody has configured.
func (g *group) stray(s *served) {
	if s.Stray == "" {
		return
	}
	g.addServer(s, Finding{Rule: checkStray, Excerpt: cut(mantlet.Escape(s.Stray))})
	if s.Exposed {
		g.addServer(s, Finding{Rule: checkExposed, Excerpt: cut(mantlet.Escape(s.Stray))})
	}
}
