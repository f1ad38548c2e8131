package front

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A visit is one HTTP request while it is served.
type visit struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	id      string // of the exchange
	who     mantlet.Principal
	server  mantlet.ServerID
	address string
	modern  bool // settled once the body is decoded; decides the shape of a refusal
	request requestID
	meta    *wire.Meta // of the one message; nil where there is none, or a batch
}

// place settles where the request goes, from the headers alone.
func (v *visit) place() error {
	v.address = v.peer()
	v.shareWith()
	if err := v.checkHost(); err != nil {
		return err
	}
	if err := v.checkHeaders(); err != nil {
		return err
	}
	if v.isListing() {
		return nil
	}
	id, ok := mount(v.r.URL.Path)
	if !ok {
		return &mantlet.Fault{Kind: mantlet.Unknown, Public: "nothing is served at this path; MCP servers are at /mcp/{server}", Stage: "front"}
	}
	v.server = id
	return nil
}

// admit settles who sends the request, and whether what they want is here.
func (v *visit) admit() error {
	if err := v.identify(); err != nil {
		return err
	}
	if !v.s.mounted[v.server] && (v.s.Adopted == nil || !v.s.Adopted(v.server)) {
		return &mantlet.Fault{Kind: mantlet.Unknown, Public: "no such server is configured here; see `mantlet tools` for those that are", Stage: "front"}
	}
	return nil
}

// mount names the server that a path stands for.
func mount(path string) (mantlet.ServerID, bool) {
	if path == "/mcp" || path == "/mcp/" {
		return mantlet.Joined, true
	}
	rest, ok := strings.CutPrefix(path, "/mcp/")
	if !ok || strings.Contains(rest, "/") {
		return "", false
	}
	id, err := mantlet.ParseServerID(rest)
	return id, err == nil
}

// checkHost keeps hostile pages away: a name that was rebound to this address
// brings its own Host, and a page brings its Origin (MCP 2025-11-25 and
// 2026-07-28, basic/transports: servers MUST validate Origin).
func (v *visit) checkHost() error {
	if v.s.Transport == "unix" {
		return nil // no browser reaches a unix socket
	}
	host, _, err := net.SplitHostPort(v.r.Host)
	if err != nil {
		host = v.r.Host
	}
	if !v.s.hosts[v.r.Host] && !v.s.hosts[strings.Trim(host, "[]")] {
		return forbidden("the Host header names another host; use the address that Mantlet listens on, or add the name to listen.allowedHosts")
	}
	for _, o := range v.r.Header.Values("Origin") {
		if !v.s.origins[o] {
			return forbidden("requests from this web origin are not served; add it to listen.allowedOrigins if it is yours")
		}
	}
	return nil
}

func forbidden(words string) error {
	return &mantlet.Fault{Kind: mantlet.Denied, Public: words, Stage: "front"}
}

// single are the headers that may appear once: a second value would let two
// readers disagree about which one counts.
var single = []string{
	"Mcp-Session-Id", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name", "Last-Event-Id",
	"Authorization", "Content-Type", "Content-Encoding", "Origin", "Mantlet-Client",
}

func (v *visit) checkHeaders() error {
	for _, name := range single {
		if len(v.r.Header[name]) > 1 {
			return mismatch(fmt.Sprintf("header %s is there %d times; send it once", name, len(v.r.Header[name])))
		}
	}
	for name, values := range v.r.Header {
		param := strings.HasPrefix(name, paramPrefix)
		if param && len(values) > 1 {
			return mismatch(fmt.Sprintf("header %s is there %d times; send it once", mantlet.Escape(name), len(values)))
		}
		for _, value := range values {
			if len(value) > v.s.Limits.Header {
				return &mantlet.Fault{Kind: mantlet.TooLarge, Public: fmt.Sprintf("header %s has %d bytes; at most %d are allowed", mantlet.Escape(name), len(value), v.s.Limits.Header), Stage: "front"}
			}
		}
	}
	return nil
}

// identify names the caller.
func (v *visit) identify() error {
	c := v.credentials()
	c.Server = v.server
	p, err := v.authenticate(c)
	v.who = p
	return err
}

// credentials takes them off the request, so that nothing after it can send them
// anywhere.
func (v *visit) credentials() identity.Credentials {
	c := identity.Credentials{Address: v.address, Peer: PeerOf(v.r.Context())}
	if c.Peer != nil {
		c.Client = v.r.Header.Get("Mantlet-Client")
	}
	if scheme, token, ok := strings.Cut(v.r.Header.Get("Authorization"), " "); ok {
		c.Scheme, c.Token = strings.ToLower(scheme), strings.TrimSpace(token)
	}
	for _, h := range []string{"Authorization", "Proxy-Authorization", "Cookie", "Dpop", "Mantlet-Client"} {
		v.r.Header.Del(h)
	}
	return c
}

// authenticate returns somebody or an error.
func (v *visit) authenticate(c identity.Credentials) (mantlet.Principal, error) {
	p, err := v.s.Identity.Authenticate(v.r.Context(), c)
	if err == nil && p.IsZero() {
		err = errors.New("the authenticator returned nobody and no error")
	}
	if err != nil {
		return mantlet.Principal{}, mantlet.AsFault("identity", err)
	}
	return p, nil
}

// peer is the caller's address: the connection's, or, behind a declared proxy,
// the last one that the proxy itself wrote down.
func (v *visit) peer() string {
	at, err := netip.ParseAddrPort(v.r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := at.Addr().Unmap()
	if !trusted(v.s.Proxies, addr) {
		return addr.String()
	}
	hops := strings.Split(strings.Join(v.r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		if addr = hop.Unmap(); !trusted(v.s.Proxies, addr) {
			break
		}
	}
	return addr.String()
}

func trusted(proxies []netip.Prefix, a netip.Addr) bool {
	for _, p := range proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
