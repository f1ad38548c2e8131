package front

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/front/h1"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/identity"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wheel"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A Corridor carries an exchange. See gateway.Gateway.
type Corridor interface {
	Serve(ctx context.Context, x *gateway.Exchange) (upstream.Reply, error)
}

// A Turnstile counts what never reached the corridor. See audit.Log.
type Turnstile interface {
	Refused(ctx context.Context, r audit.Refusal)
}

// Options are what a Server needs. The lists, Joined, Adopted and the times may be left
// out; what is left out opens nothing.
type Options struct {
	Corridor Corridor
	Identity identity.Authenticator
	Refused  Turnstile
	Handles  *Handles
	Limits   wire.Limits
	Servers  []mantlet.ServerID          // mounted at /mcp/{id}
	Joined   bool                        // mantlet.Joined is mounted at /mcp
	Adopted  func(mantlet.ServerID) bool // whether a server is mounted that is none of Servers; nil for none
	Listing  Listing                     // nil for none

	Transport string         // "http" or "unix", for the record
	Hosts     []string       // Host headers served, with or without a port; empty serves none over TCP
	Origins   []string       // Origin headers served, exactly; a request without one is no browser's
	Proxies   []netip.Prefix // whose X-Forwarded-For is believed; empty believes nobody

	KeepAlive time.Duration // between comments on a silent stream; 0 is 15 s
	Call      time.Duration // the longest a request may take; 0 is 5 min
	Body      time.Duration // the longest a request's body may take to arrive; 0 is 30 s
	Write     time.Duration // the longest a caller may take to accept one message; 0 is 30 s
	Stream    time.Duration // the longest a GET stream or a subscription may live; 0 is 24 h
}

// A Server is the HTTP face of the corridor. What it serves does not change after New.
type Server struct {
	Options
	wheel   wheel.Wheel
	mounted map[mantlet.ServerID]bool
	hosts   map[string]bool
	origins map[string]bool
}

// New returns a Server. See Options for what is required.
func New(o Options) *Server {
	s := &Server{Options: o, mounted: make(map[mantlet.ServerID]bool), hosts: make(map[string]bool), origins: make(map[string]bool)}
	for _, id := range o.Servers {
		s.mounted[id] = true
	}
	for _, h := range o.Hosts {
		s.hosts[h] = true
	}
	for _, h := range o.Origins {
		s.origins[h] = true
	}
	s.mounted[mantlet.Joined] = o.Joined
	s.KeepAlive = orElse(o.KeepAlive, 15*time.Second)
	s.Call = orElse(o.Call, 5*time.Minute)
	s.Stream = orElse(o.Stream, 24*time.Hour)
	s.Body = orElse(o.Body, 30*time.Second)
	s.Write = orElse(o.Write, 30*time.Second)
	return s
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// ServeHTTP serves one request. Everything that can be refused without reading
// the body is.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := &visit{s: s, w: w, r: r, id: newID()}
	w.Header().Set("Mantlet-Exchange", v.id)
	if err := v.place(); err != nil {
		v.refuse(err)
		return
	}
	if v.preflight() {
		return
	}
	if v.isListing() {
		v.list()
		return
	}
	if err := v.admit(); err != nil {
		v.refuse(err)
		return
	}
	switch r.Method {
	case http.MethodPost:
		v.post()
	case http.MethodGet:
		v.get()
	case http.MethodDelete:
		v.delete()
	default:
		w.Header().Set("Allow", "POST, GET, DELETE")
		v.refuse(&mantlet.Fault{Kind: mantlet.Unsupported, Public: "this endpoint takes POST, GET and DELETE", Stage: "front"})
	}
}

// Malformed answers what h1 could not read as a request, and counts it.
func (s *Server) Malformed(w http.ResponseWriter, m h1.Malformed) {
	v := &visit{s: s, w: w, r: &http.Request{RemoteAddr: m.Remote}, id: newID()}
	w.Header().Set("Mantlet-Exchange", v.id)
	v.address = v.peer()
	f := &mantlet.Fault{Kind: mantlet.Malformed, Public: m.Err.Error(), Stage: "front"}
	v.count(f)
	v.writeJSON(v.errorMessage("", f).Bytes(), m.Status)
}
