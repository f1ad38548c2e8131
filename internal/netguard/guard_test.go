package netguard

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// portOnly allows the port and plain HTTP: only the judgement of addresses is left.
func portOnly(port uint16, r Resolver) func(*Options) {
	return func(o *Options) { o.Ports, o.PlainHTTP, o.Resolver = []uint16{port}, true, r }
}

// Every host here reaches a service on loopback with a client that has no guard,
// and does not with one.
func TestLoopbackInManySpellings(t *testing.T) {
	port, visits := secret(t)
	names := &answers{of: map[string][][]netip.Addr{
		"localhost": {ips("127.0.0.1")}, "a.localhost": {ips("127.0.0.1")}, "LOCALHOST": {ips("127.0.0.1")}, "intranet": {ips("127.0.0.1")},
		"evil.example": {ips("127.0.0.1")}, "mapped.example": {ips("::ffff:127.0.0.1")}, "first.example": {ips("127.0.0.1", publicIP)}, "unspecified.example": {ips("0.0.0.0")},
		"wiki.internal": {ips("127.0.0.1")}, "box.local": {ips("127.0.0.1")}, "127.0.0.1": {ips("127.0.0.1")},
	}}
	g := guard(t, portOnly(portOf(t, port), names))
	for _, host := range []string{
		"127.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "LOCALHOST", "localhost.", "a.localhost", "intranet",
		"evil.example", "evil.example.", "mapped.example", "first.example", "unspecified.example", "wiki.internal", "box.local",
		"127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.01", "127.0.0.1.",
		"example.com@127.0.0.1", "example.com:443@127.0.0.1",
	} {
		t.Run(host, func(t *testing.T) {
			target, before := "http://"+host+":"+port+"/", visits()
			resp, err := plain(t, names).Get(target)
			if err != nil || visits() != before+1 {
				t.Fatalf("the attack does not work without the guard: %v", err)
			}
			_ = resp.Body.Close()
			if resp, err = g.Client().Get(target); err == nil {
				_ = resp.Body.Close()
			}
			if !errors.Is(err, ErrRefused) || visits() != before+1 {
				t.Errorf("with the guard: %v, %d visits", err, visits()-before)
			}
			if l, err := ParseLearned(target); err == nil {
				if _, err := g.Get(context.Background(), l, "*/*"); !errors.Is(err, ErrRefused) {
					t.Errorf("Get: %v", err)
				}
			}
		})
	}
}

// A name that is public while it is judged and loopback when it is dialled (A10).
func TestRebinding(t *testing.T) {
	port, visits := secret(t)
	turns := func() *answers {
		return &answers{of: map[string][][]netip.Addr{"evil.example": {ips(publicIP), ips("127.0.0.1")}}}
	}
	target := "http://evil.example:" + port + "/"

	// Without: what looks first and dials the name afterwards is deceived.
	names := turns()
	found, err := names.LookupNetIP(context.Background(), "ip", "evil.example")
	if err != nil || !Public(found[0]) {
		t.Fatalf("the first answer is not public: %v, %v", found, err)
	}
	resp, err := plain(t, names).Get(target)
	if err != nil || visits() != 1 {
		t.Fatalf("the attack does not work without the guard: %v", err)
	}
	_ = resp.Body.Close()

	// With: one question, and what it answered is what is dialled.
	names = turns()
	g := guard(t, portOnly(portOf(t, port), names))
	dialled := grounded(g)
	if resp, err = g.Client().Get(target); err == nil {
		_ = resp.Body.Close()
	}
	if want := []string{publicIP + ":" + port}; !slices.Equal(*dialled, want) || names.count() != 1 || visits() != 1 {
		t.Errorf("dialled %v, want %v, after %d questions; %d visits", *dialled, want, names.count(), visits()-1)
	}
	// The next fetch judges anew.
	if resp, err = g.Client().Get(target); err == nil {
		_ = resp.Body.Close()
	}
	if !errors.Is(err, ErrRefused) || visits() != 1 {
		t.Errorf("the second answer: %v", err)
	}
}

// What the kernel is about to connect to is judged once more, whatever came before.
func TestTheLastLook(t *testing.T) {
	g := guard(t, nil)
	judged := netip.MustParseAddrPort(publicIP + ":443")
	for _, address := range []string{"127.0.0.1:443", publicIP + ":80", "8.8.8.8:443", "[::ffff:" + publicIP + "]:443", "nonsense", ""} {
		if err := g.control(judged, false, address); !errors.Is(err, ErrRefused) {
			t.Errorf("%q: %v", address, err)
		}
	}
	loop := netip.MustParseAddrPort("127.0.0.1:443")
	if err := g.control(loop, false, loop.String()); !errors.Is(err, ErrRefused) {
		t.Errorf("a judgement that let loopback through is not corrected: %v", err)
	}
	if err := g.control(judged, false, judged.String()); err != nil {
		t.Error(err)
	}
}

func TestWhatIsDialled(t *testing.T) {
	many := make([]netip.Addr, maxAnswers+1)
	for i := range many {
		many[i] = netip.AddrFrom4([4]byte{93, 184, 215, byte(i)})
	}
	names := &answers{of: map[string][][]netip.Addr{
		"a.example": {ips(publicIP)}, "six.example": {ips("2606:4700::1111")}, "mapped.example": {ips("::ffff:" + publicIP)},
		"one-bad.example": {ips(publicIP, "8.8.8.8", "10.0.0.1")}, "none.example": {nil}, "many.example": {many}, "zone.example": {ips("fe80::1%lo")},
		"inside.example": {ips("10.1.2.3")}, "half.example": {ips("10.1.2.3", "192.168.0.1")}, "named.example": {ips("192.168.7.7")},
	}}
	g := guard(t, func(o *Options) { o.Resolver, o.Allow = names, []string{"10.1.0.0/16", "NAMED.example", "192.168.9.9"} })
	dialled := grounded(g)
	for addr, want := range map[string][]string{
		"a.example:443": {publicIP + ":443"}, "A.Example:443": {publicIP + ":443"}, "six.example:443": {"[2606:4700::1111]:443"}, "mapped.example:443": {publicIP + ":443"},
		"8.8.8.8:443": {"8.8.8.8:443"}, "inside.example:443": {"10.1.2.3:443"}, "10.1.9.9:443": {"10.1.9.9:443"}, "named.example:443": {"192.168.7.7:443"}, "192.168.9.9:443": {"192.168.9.9:443"},
		"one-bad.example:443": nil, "none.example:443": nil, "many.example:443": nil, "zone.example:443": nil, "half.example:443": nil, "missing.example:443": nil,
		"a.example:80": nil, "a.example:0": nil, "a.example:65536": nil, "a.example:-1": nil, "a.example:https": nil, "a.example": nil, ":443": nil,
		"x.named.example:443": nil, "192.168.7.7:443": nil, "192.168.9.8:443": nil, "10.2.0.1:443": nil, "::1:443": nil, "[::1]:443": nil, "[fe80::1%lo]:443": nil,
		"a..example:443": nil, ".example.com:443": nil, "-a.example:443": nil, "ä.example:443": nil, strings.Repeat("a", 64) + ".example:443": nil, strings.Repeat("a.", 127) + "example:443": nil,
	} {
		*dialled = nil
		if _, err := g.DialContext(context.Background(), "tcp", addr); err == nil || !slices.Equal(*dialled, want) {
			t.Errorf("%s: dialled %v, want %v (%v)", addr, *dialled, want, err)
		}
	}
	if _, err := g.DialContext(context.Background(), "udp", "a.example:443"); !errors.Is(err, ErrRefused) {
		t.Errorf("udp: %v", err)
	}
	for _, q := range names.asked {
		if !strings.HasSuffix(q, ".") {
			t.Errorf("%q could be completed from a search list", q)
		}
	}
}

func TestNothingIsAllowedByDefault(t *testing.T) {
	for name, o := range map[string]Options{
		"zero": {}, "no time": {Bytes: 1}, "no bytes": {Time: 1}, "redirects": {Bytes: 1, Time: 1, Redirects: -1},
		"odd host": {Bytes: 1, Time: 1, Allow: []string{"127.1"}}, "a url": {Bytes: 1, Time: 1, Allow: []string{"https://a.example"}}, "wildcard": {Bytes: 1, Time: 1, Allow: []string{"*.example"}}, "empty": {Bytes: 1, Time: 1, Allow: []string{""}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	var c Configured
	if _, err := c.Owns(Learned{}); err == nil {
		t.Error("nothing owns nothing")
	}
	if err := guard(t, nil).Check(Learned{}); err == nil {
		t.Error("nothing may be fetched")
	}
}

// site is an https server at the name that its certificate holds, which resolves to
// loopback, where the guard lets it.
func site(t *testing.T, h http.HandlerFunc) (g *Guard, url string, change func(func(*Options)) *Guard) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that must fail
	s.StartTLS()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	base := func(o *Options) {
		o.Resolver = &answers{of: map[string][][]netip.Addr{"example.com": {ips("127.0.0.1")}, "other.example.com": {ips("127.0.0.1")}}}
		o.Ports, o.Allow, o.TLS = []uint16{portOf(t, port)}, []string{"example.com"}, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
	}
	change = func(f func(*Options)) *Guard { return guard(t, func(o *Options) { base(o); f(o) }) }
	return guard(t, base), "https://example.com:" + port, change
}

func fetch(t *testing.T, g *Guard, s string) (string, error) {
	t.Helper()
	l, err := ParseLearned(s)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := g.Get(context.Background(), l, "application/json")
	if err != nil {
		return "", err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func TestRedirects(t *testing.T) {
	port, visits := secret(t)
	var place string
	g, at, change := site(t, func(w http.ResponseWriter, r *http.Request) {
		var n int
		switch _, err := fmt.Sscanf(r.URL.Path, "/hop/%d", &n); {
		case err == nil && n > 0:
			http.Redirect(w, r, fmt.Sprintf("/hop/%d", n-1), http.StatusFound)
		case r.URL.Path == "/away":
			w.Header().Set("Location", place)
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			fmt.Fprint(w, "arrived "+r.Header.Get("Referer"))
		}
	})
	three := change(func(o *Options) { o.Redirects = 3 })
	if _, err := fetch(t, g, at+"/hop/1"); !errors.Is(err, ErrRefused) {
		t.Errorf("one hop by default: %v", err)
	}
	if got, err := fetch(t, three, at+"/hop/3"); err != nil || got != "arrived " {
		t.Errorf("three hops of three: %q, %v", got, err)
	}
	if _, err := fetch(t, three, at+"/hop/4"); !errors.Is(err, ErrRefused) {
		t.Errorf("four hops of three: %v", err)
	}
	loose := change(func(o *Options) { o.Redirects, o.PlainHTTP, o.Ports = 3, true, append(o.Ports, portOf(t, port)) })
	roots := three.o.TLS
	for _, place = range []string{
		"http://127.0.0.1:" + port + "/", "http://[::ffff:127.0.0.1]:" + port + "/", "http://0.0.0.0:" + port + "/", "http://u:p@127.0.0.1:" + port + "/",
	} {
		before := visits()
		naive := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: roots, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, strings.Replace(addr, "example.com", "127.0.0.1", 1))
		}}}
		resp, err := naive.Get(at + "/away")
		if err != nil || visits() != before+1 {
			t.Fatalf("%s: the attack does not work without the guard: %v", place, err)
		}
		_ = resp.Body.Close()
		if _, err := fetch(t, loose, at+"/away"); !errors.Is(err, ErrRefused) || visits() != before+1 {
			t.Errorf("%s: %v, %d visits", place, err, visits()-before-1)
		}
	}
	for _, place = range []string{strings.Replace(at, "example.com", "other.example.com", 1) + "/hop/0", "file:///etc/passwd", "gopher://example.com/"} {
		if _, err := fetch(t, loose, at+"/away"); err == nil {
			t.Errorf("%s is followed", place)
		}
	}
}

func TestLimitsOnTheResponse(t *testing.T) {
	block := make(chan struct{})
	g, at, change := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/fits":
			fmt.Fprint(w, strings.Repeat("x", 1000))
		case "/announced":
			fmt.Fprint(w, strings.Repeat("x", 1001))
		case "/flows":
			for range 100 {
				fmt.Fprint(w, strings.Repeat("x", 100))
				w.(http.Flusher).Flush()
			}
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
		case "/slow":
			w.(http.Flusher).Flush()
			<-block
		}
	})
	defer close(block)
	small := change(func(o *Options) { o.Bytes = 1000 })
	if got, err := fetch(t, small, at+"/fits"); err != nil || len(got) != 1000 {
		t.Errorf("what fits: %d, %v", len(got), err)
	}
	for _, path := range []string{"/announced", "/flows"} {
		if got, err := fetch(t, small, at+path); !errors.Is(err, ErrTooMuch) || len(got) > 1000 {
			t.Errorf("%s: %d bytes, %v", path, len(got), err)
		}
		if got, err := fetch(t, g, at+path); err != nil || len(got) <= 1000 {
			t.Errorf("%s within a larger limit: %d bytes, %v", path, len(got), err)
		}
	}
	if _, err := fetch(t, g, at+"/gzip"); !errors.Is(err, ErrRefused) {
		t.Errorf("compressed: %v", err)
	}
	brief := change(func(o *Options) { o.Time = 200 * time.Millisecond })
	if _, err := fetch(t, brief, at+"/slow"); err == nil {
		t.Error("a body without end has no end in time")
	}
}

// A proxy that the environment names sees nothing.
func TestNoProxyFromTheEnvironment(t *testing.T) {
	port, visits := secret(t)
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:"+port)
	t.Setenv("ALL_PROXY", "http://127.0.0.1:"+port)
	// Go reads the environment once; the plain client asks it anew, as curl does.
	env, _ := url.Parse("http://127.0.0.1:" + port)
	g, at, _ := site(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "direct") })
	p := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyURL(env)}}
	if resp, err := p.Get(at); err == nil {
		_ = resp.Body.Close()
	}
	if visits() != 1 {
		t.Fatal("the proxy is not asked without the guard")
	}
	if got, err := fetch(t, g, at); err != nil || got != "direct" || visits() != 1 {
		t.Errorf("%q, %v, %d visits of the proxy", got, err, visits()-1)
	}
}

// A certificate of another name, or of nobody known, opens nothing.
func TestTheNameIsProved(t *testing.T) {
	_, at, change := site(t, func(http.ResponseWriter, *http.Request) {})
	stranger := change(func(o *Options) { o.TLS = nil })
	if _, err := fetch(t, stranger, at); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("a stranger's certificate: %v", err)
	}
}
