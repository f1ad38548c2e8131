package upstream

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

const pong = `{"jsonrpc":"2.0","id":1,"result":{}}`

// servers is one server at h, before it was asked anything.
func servers(t *testing.T, h HTTPSpec) *Servers {
	t.Helper()
	s, err := New([]Spec{{ID: "s", HTTP: &h, Protocol: Legacy, Limits: wire.DefaultLimits(), Times: defaultTimes(), Calls: 4}},
		Options{Log: slog.New(slog.DiscardHandler)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func call(t *testing.T, body string) Call {
	t.Helper()
	m, err := wire.Decode([]byte(body), wire.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return Call{Server: "s", Op: OpDeliver, Revision: wire.Rev20251125, Message: m, Session: Session{Upstream: "abc"}}
}

func ping(t *testing.T, s *Servers) (Reply, error) {
	t.Helper()
	return s.Send(t.Context(), call(t, `{"jsonrpc":"2.0","id":1,"method":"ping"}`), func(Event) error { return nil })
}

func mustPing(t *testing.T, s *Servers) {
	t.Helper()
	if r, err := ping(t, s); err != nil || string(r.Message.Bytes()) != pong {
		t.Fatalf("%+v, %v %v", r, err, errors.Unwrap(err))
	}
}

// A recordedServer is what a server saw.
type recordedServer struct {
	mu      sync.Mutex
	protos  []string   // of the requests
	offered [][]string // by ALPN, in each handshake
}

func (r *recordedServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	_, _ = io.Copy(io.Discard, req.Body)
	r.mu.Lock()
	r.protos = append(r.protos, req.Proto)
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, pong)
}

// tlsAt serves r at address, "" for any, with protos.
func (r *recordedServer) tlsAt(t *testing.T, address string, protos ...string) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(r)
	if address != "" {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Listener.Close()
		s.Listener = l
	}
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.EnableHTTP2 = slices.Contains(protos, "h2")
	s.TLS = &tls.Config{NextProtos: protos, MinVersion: tls.VersionTLS13, GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.offered = append(r.offered, slices.Clone(h.SupportedProtos))
		return nil, nil //nolint:nilnil // the server's own
	}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func trust(t *testing.T, s *httptest.Server) TLSSpec {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return TLSSpec{CAFile: ca}
}

var bothProtos, h2Only = []string{"h2", "http/1.1"}, []string{"h2"}

// ALPN decides who speaks. The handshake in which HTTP/2 was chosen is the only one
// that is lost, and net/http then offers nothing else: a server that said h2 cannot
// come back to net/http's lenient reader of HTTP/1.1.
func TestALPNDecides(t *testing.T) {
	for name, tt := range map[string]struct {
		protos  []string
		proto   string
		offered [][]string
	}{
		"HTTP/1.1": {[]string{"http/1.1"}, "HTTP/1.1", [][]string{bothProtos}},
		"no ALPN":  {nil, "HTTP/1.1", [][]string{bothProtos}},
		"HTTP/2":   {bothProtos, "HTTP/2.0", [][]string{bothProtos, h2Only}},
	} {
		t.Run(name, func(t *testing.T) {
			var r recordedServer
			h := r.tlsAt(t, "", tt.protos...)
			s := servers(t, HTTPSpec{URL: h.URL, TLS: trust(t, h)})
			for range 3 {
				mustPing(t, s)
			}
			if want := []string{tt.proto, tt.proto, tt.proto}; !slices.Equal(r.protos, want) {
				t.Errorf("requests by %q", r.protos)
			}
			if !slices.EqualFunc(r.offered, tt.offered, slices.Equal[[]string]) {
				t.Errorf("offered %q", r.offered)
			}
		})
	}
}

// A server that speaks HTTP/2 no more is asked again, after one call that failed.
func TestAServerChangesItsProtocol(t *testing.T) {
	var before, after recordedServer
	h := before.tlsAt(t, "", bothProtos...)
	s := servers(t, HTTPSpec{URL: h.URL, TLS: trust(t, h)})
	mustPing(t, s)
	h.CloseClientConnections()
	h.Close()
	after.tlsAt(t, h.Listener.Addr().String(), "http/1.1")
	failures := 0
	for ; failures < 3; failures++ {
		if _, err := ping(t, s); err == nil {
			break
		}
	}
	mustPing(t, s)
	if failures != 1 || !slices.Equal(after.protos, []string{"HTTP/1.1", "HTTP/1.1"}) {
		t.Errorf("%d calls failed, then %q", failures, after.protos)
	}
}

// raw answers every request on a connection with text, and hands out what it read.
func raw(t *testing.T, text string) (address string, requests <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	out := make(chan string, 16)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			go answer(c, text, out)
		}
	}()
	return l.Addr().String(), out
}

func answer(c net.Conn, text string, out chan<- string) {
	var b strings.Builder
	in := bufio.NewReader(io.TeeReader(c, &b))
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		out <- b.String()
		b.Reset()
		_, _ = io.WriteString(c, text)
	}
}

func jsonAnswer(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// What goes upstream is this and nothing else. A configured header gives way to one
// of ours.
func TestARequestFromNothing(t *testing.T) {
	address, requests := raw(t, jsonAnswer(pong))
	s := servers(t, HTTPSpec{URL: "http://" + address + "/mcp?a=b", Headers: map[string]string{"x-team": "blue", "user-agent": "curl"}})
	mustPing(t, s)
	want := "POST /mcp?a=b HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: mantlet\r\nX-Team: blue\r\nAccept: application/json, text/event-stream\r\n" +
		"Content-Type: application/json\r\nMcp-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: abc\r\nContent-Length: 40\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	if got := <-requests; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if _, err := s.Send(t.Context(), Call{Server: "s", Op: OpResume, Revision: wire.Rev20251125, LastEventID: "a\r\nEvil: b"}, nil); err == nil {
		t.Error("a header was split")
	}
	if len(requests) != 0 {
		t.Errorf("it was sent: %q", <-requests)
	}
}

// A redirect is followed nowhere.
func TestARedirectIsAnError(t *testing.T) {
	inside, reached := raw(t, jsonAnswer(pong))
	address, _ := raw(t, "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://"+inside+"/\r\nContent-Length: 0\r\n\r\n")
	_, err := ping(t, servers(t, HTTPSpec{URL: "http://" + address}))
	if f, ok := errors.AsType[*mantlet.Fault](err); !ok || f.Kind != mantlet.Unavailable || !strings.Contains(f.Public, "redirect") {
		t.Errorf("%v", err)
	}
	if len(reached) != 0 {
		t.Error("it was followed")
	}
}

// A response that frames itself twice fails its call; net/http would have given the
// chunked reading of it to the caller.
func TestASmuggledAnswerIsRefused(t *testing.T) {
	text := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(pong), pong)
	address, _ := raw(t, text)
	_, err := ping(t, servers(t, HTTPSpec{URL: "http://" + address}))
	if f, ok := errors.AsType[*mantlet.Fault](err); !ok || f.Kind != mantlet.Unavailable || f.Public != "server s could not be reached; try again, or ask its owner" {
		t.Errorf("%v", err)
	}
	resp, err := http.Post("http://"+address, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	b, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if string(b) != pong {
		t.Errorf("the attack does not work even without the check: %q", b)
	}
}

// A proxy is net/http's to speak with, and gets the absolute form.
func TestThroughAProxy(t *testing.T) {
	address, requests := raw(t, jsonAnswer(pong))
	mustPing(t, servers(t, HTTPSpec{URL: "http://server.invalid/mcp", Proxy: "http://" + address}))
	if got := <-requests; !strings.HasPrefix(got, "POST http://server.invalid/mcp HTTP/1.1\r\n") {
		t.Errorf("%q", got)
	}
}

// The caller's end is the server's: its connection closes while it streams.
func TestACallersEndClosesTheStream(t *testing.T) {
	ended := make(chan struct{})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, ": hello\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(ended)
	}))
	defer h.Close()
	s := servers(t, HTTPSpec{URL: h.URL})
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := s.Send(ctx, call(t, `{"jsonrpc":"2.0","id":1,"method":"ping"}`), func(Event) error {
		cancel(enough)
		return nil
	})
	if !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the server was not told")
	}
}

func TestWhereAServerMayBe(t *testing.T) {
	for _, u := range []string{"", "h", "ftp://h", "http://u:p@h", "http:///x", "http://bücher.example", "http://h/?a b"} {
		if _, err := New([]Spec{{ID: "s", HTTP: &HTTPSpec{URL: u}, Times: defaultTimes(), Calls: 1}}, Options{Log: slog.New(slog.DiscardHandler)}, nil); err == nil {
			t.Errorf("%q is taken", u)
		}
	}
}
