package h1

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// secure starts a TLS server that offers protos and returns a pool that trusts it.
func secure(t *testing.T, h http.Handler, protos ...string) (*httptest.Server, *Pool) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{NextProtos: protos, MinVersion: tls.VersionTLS13}
	s.EnableHTTP2 = len(protos) > 0 && protos[0] == "h2"
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, trusting(t, s.URL, s.Certificate())
}

func trusting(t *testing.T, to string, cert *x509.Certificate) *Pool {
	t.Helper()
	u, _ := url.Parse(to)
	o := options()
	o.TLS = &tls.Config{RootCAs: x509.NewCertPool(), NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS13}
	o.TLS.RootCAs.AddCert(cert)
	p, err := New(u, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestTLS(t *testing.T) {
	var remotes sync.Map
	s, p := secure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		remotes.Store(r.RemoteAddr, nil)
		b, _ := io.ReadAll(r.Body) // first: a server that answers meanwhile cuts a request off
		_, _ = w.Write(b)
	}), "http/1.1")
	for _, size := range []int{1, 1 << 10, 40 << 10, 1 << 20} {
		body := strings.Repeat("x", size)
		if r := p.all(t.Context(), post(body)); r.err != nil || r.body != body {
			t.Fatalf("%d bytes, %v", len(r.body), r.err)
		}
	}
	n := 0
	remotes.Range(func(any, any) bool { n++; return true })
	if n > 2 { // a large request's writer may report too late
		t.Errorf("%d connections for calls one after another", n)
	}
	strangers, err := New(p.mustURL(s.URL), options())
	if err != nil {
		t.Fatal(err)
	}
	var unknown x509.UnknownAuthorityError
	if r := strangers.all(t.Context(), get); !errors.As(r.err, &unknown) {
		t.Fatalf("a certificate of nobody's is taken: %v", r.err)
	}
}

func (*Pool) mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// HTTP/2 is somebody else's to speak, and nothing was said before that was known.
func TestHTTP2IsToldApart(t *testing.T) {
	_, p := secure(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }), "h2", "http/1.1")
	if r := p.all(t.Context(), post("{}")); !errors.Is(r.err, ErrHTTP2) {
		t.Fatal(r.err)
	}
}

// A second answer that TLS has taken from the socket and not handed on is in no
// buffer that the kernel or the reader knows: the next record, which arrived with
// the first. The second half shows what the next caller would be given.
func TestPoisonWithinTLS(t *testing.T) {
	const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
	s := httptest.NewTLSServer(nil) // for its certificate
	defer s.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go poisoned(c, &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS13}, poison)
		}
	}()
	p := trusting(t, "https://"+l.Addr().String(), s.Certificate())
	r := p.all(t.Context(), post("{}"))
	r.is(t, "hello")
	if idle(p) != 1 {
		t.Fatal("the poison was seen at once: there is nothing to show")
	}
	c := p.idle[0]
	if silent, ok := c.poll(); ok && !silent {
		t.Fatal("the poison is in the socket: there is nothing to show")
	}
	if c.quiet() {
		t.Fatal("the poison is not seen")
	}
	r = p.all(t.Context(), post("{}"))
	r.is(t, "hello")

	resp, err := p.pop().exchange(context.Background(), post("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(resp.Body); string(b) != "poison" {
		t.Fatalf("the attack does not work even without the check: %q", b)
	}
}

// poisoned answers each request with an answer and a second one, in two records and
// one write.
func poisoned(c net.Conn, config *tls.Config, poison string) {
	defer func() { _ = c.Close() }()
	gather := &gathering{Conn: c}
	s := tls.Server(gather, config)
	in := bufio.NewReader(s)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		gather.on = true
		_, _ = io.WriteString(s, hello)
		_, _ = io.WriteString(s, poison)
		gather.on = false
		_, _ = c.Write(gather.held.Bytes())
		gather.held.Reset()
	}
}

// A gathering holds what is written while it is on.
type gathering struct {
	net.Conn
	on   bool
	held bytes.Buffer
}

func (g *gathering) Write(b []byte) (int, error) {
	if g.on {
		return g.held.Write(b)
	}
	return g.Conn.Write(b)
}
