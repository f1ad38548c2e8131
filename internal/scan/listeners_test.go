package scan

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func socketOf(t *testing.T, s *httptest.Server) Socket {
	t.Helper()
	return Socket{At: netip.MustParseAddrPort(s.Listener.Addr().String()), Owner: "1000"}
}

// An MCP server is found among whatever listens, in each of its forms, and what is no MCP
// server is left alone.
func TestListeners(t *testing.T) {
	at := func(path string, h http.HandlerFunc) *httptest.Server {
		mux := http.NewServeMux()
		mux.HandleFunc(path, h)
		s := httptest.NewServer(mux)
		t.Cleanup(s.Close)
		return s
	}
	shut := at("/mcp", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="http://x/.well-known/oauth-protected-resource"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	old := at("/sse", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "event: endpoint\ndata: /messages\n\n")
	})
	web := at("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") })
	login := at("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close() //nolint:errcheck // the test is over
	sockets := []Socket{{At: netip.MustParseAddrPort(mute.Addr().String())}}
	for _, s := range []*httptest.Server{serve(t, legacy, false), serve(t, modern, true), shut, old, web, login} {
		sockets = append(sockets, socketOf(t, s))
	}
	inputs, _ := (&sweep{greet: time.Second}).all(t.Context(), sockets, quiet) // mute takes all of it
	var strays, open, items int
	for _, f := range New().Check(inputs).Findings {
		switch f.Rule {
		case checkStray:
			strays++
		case checkNoAuth:
			open++
		case checkExposed:
			t.Errorf("%+v listens on loopback", f)
		}
	}
	for _, in := range inputs {
		items += len(in.Servers[0].Items)
	}
	if strays != 4 || open != 2 || items != 8 {
		t.Fatalf("%d strays, %d open, %d definitions of %+v", strays, open, items, inputs)
	}
	inputs, notes := Listeners(t.Context(), sockets[1:2], []string{sockets[1].At.String()}, quiet)
	if len(inputs) != 1 || inputs[0].Servers[0].Stray != "" || len(notes) != 0 {
		t.Fatal("a server that is configured is a stray", inputs, notes)
	}
	if _, notes := Listeners(t.Context(), []Socket{socketOf(t, web)}, nil, quiet); len(notes) != 1 {
		t.Fatal(notes)
	}
}

// Whoever listens everywhere can be reached from elsewhere.
func TestListenersBeyondLoopback(t *testing.T) {
	s := socketOf(t, serve(t, legacy, false))
	s.At = netip.AddrPortFrom(netip.IPv4Unspecified(), s.At.Port())
	inputs, _ := Listeners(t.Context(), []Socket{s}, nil, quiet)
	found := New().Check(inputs).Findings
	if !slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == checkExposed }) {
		t.Fatal(found)
	}
}

func TestSockets(t *testing.T) {
	s := serve(t, legacy, false)
	all, err := Sockets()
	if err != nil {
		t.Skip("not known here:", err)
	}
	if !slices.ContainsFunc(all, func(one Socket) bool { return one.At.String() == s.Listener.Addr().String() && one.Owner != "" }) {
		t.Fatal(s.Listener.Addr(), "is not among", all)
	}
}
