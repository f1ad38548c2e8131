package h1

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// raw is what New and appendHead make of a request to u.
func raw(t *testing.T, u string, r Request) (string, error) {
	t.Helper()
	parsed, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(parsed, options())
	if err != nil {
		return "", err
	}
	if err := r.check(); err != nil {
		return "", err
	}
	return string(r.appendHead(nil, &p.to)), nil
}

func TestARequestAsItIsSent(t *testing.T) {
	a := []Field{{"Accept", "a/b, c/d"}, {"X", ""}, {"Y", "caf\xc3\xa9\tz"}}
	for _, tt := range []struct {
		url  string
		r    Request
		want string
	}{
		{"http://h", get, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://h:8080/a/b?c=d&e#f", Request{Method: "POST", Fields: a, Body: []byte("hello")}, "POST /a/b?c=d&e HTTP/1.1\r\nHost: h:8080\r\nAccept: a/b, c/d\r\nX: \r\nY: caf\xc3\xa9\tz\r\nContent-Length: 5\r\n\r\n"},
		{"http://h:/a", Request{Method: "POST"}, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"},
		{"https://h/a%20b/%C3%A9", Request{Method: "DELETE"}, "DELETE /a%20b/%C3%A9 HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://h/é b", get, "GET /%C3%A9%20b HTTP/1.1\r\nHost: h\r\n\r\n"},
		{"http://[::1]:80/", get, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"},
		{"http://[fe80::1%25en0]:80/", get, "GET / HTTP/1.1\r\nHost: [fe80::1]:80\r\n\r\n"},
		{"http://h?q", get, "GET /?q HTTP/1.1\r\nHost: h\r\n\r\n"},
	} {
		if got, err := raw(t, tt.url, tt.r); err != nil || got != tt.want {
			t.Errorf("%s: %q, %v", tt.url, got, err)
		}
	}
}

// What would say something else on the wire than it says here is not sent.
func TestWhatIsNotSent(t *testing.T) {
	field := func(name, value string) Request { return Request{Method: "POST", Fields: []Field{{name, value}}} }
	for name, tt := range map[string]struct {
		url  string
		r    Request
		want error
	}{
		"CR LF in a value":   {"http://h", field("X", "a\r\nEvil: b"), errValue},
		"LF in a value":      {"http://h", field("X", "a\nEvil: b"), errValue},
		"CR in a value":      {"http://h", field("X", "a\rEvil: b"), errValue},
		"NUL in a value":     {"http://h", field("X", "a\x00b"), errValue},
		"DEL in a value":     {"http://h", field("X", "a\x7fb"), errValue},
		"CR LF in a name":    {"http://h", field("X: a\r\nEvil", "b"), errName},
		"a space in a name":  {"http://h", field("X Y", "b"), errName},
		"a colon in a name":  {"http://h", field("X:", "b"), errName},
		"no name":            {"http://h", field("", "b"), errName},
		"a name of letters":  {"http://h", field("é", "b"), errName},
		"Host":               {"http://h", field("Host", "b"), errFramer},
		"a length":           {"http://h", field("content-LENGTH", "1"), errFramer},
		"a coding":           {"http://h", field("Transfer-Encoding", "chunked"), errFramer},
		"Connection":         {"http://h", field("Connection", "close"), errFramer},
		"Upgrade":            {"http://h", field("Upgrade", "h2c"), errFramer},
		"TE":                 {"http://h", field("TE", "trailers"), errFramer},
		"Trailer":            {"http://h", field("Trailer", "X"), errFramer},
		"Expect":             {"http://h", field("Expect", "100-continue"), errFramer},
		"a method in small":  {"http://h", Request{Method: "get"}, errMethod},
		"CONNECT":            {"http://h", Request{Method: "CONNECT"}, errMethod},
		"a method that ends": {"http://h", Request{Method: "GET / HTTP/1.1\r\n\r\nPOST"}, errMethod},
		"no method":          {"http://h", Request{}, errMethod},
		"a space in a query": {"http://h/?a b HTTP/1.1", get, errTarget},
		"é in a query":       {"http://h/?é", get, errTarget},
		"a host of letters":  {"http://bücher.example/", get, errHost},
		"no host":            {"http:///a", get, errScheme},
		"a port alone":       {"http://:80/a", get, errScheme},
		"a user":             {"http://u:p@h/", get, errScheme},
		"another scheme":     {"ftp://h/", get, errScheme},
	} {
		if got, err := raw(t, tt.url, tt.r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %q, %v; want %v", name, got, err, tt.want)
		}
	}
	// A URL that was not parsed but put together.
	for _, u := range []url.URL{
		{Scheme: "http", Host: "h\r\nEvil: b", Path: "/"}, {Scheme: "http", Host: "h/x", Path: "/"},
		{Scheme: "http", Host: "h", Path: "/", RawQuery: "a\r\nEvil: b"}, {Scheme: "http", Host: "h", Opaque: "//x"}, {Scheme: "http", Host: "h", Path: "x"},
	} {
		if _, err := New(&u, options()); err == nil {
			t.Errorf("%+v is taken", u)
		}
	}
	// Without the check the first of them is two headers, and a server believes it.
	evil := field("X", "a\r\nEvil: b")
	f := listen(t)
	p := f.pool(nil)
	head := string(evil.appendHead(nil, &p.to))
	if !strings.Contains(head, "\r\nEvil: b\r\n") {
		t.Error("the attack does not work even without the check")
	}
	if r := p.all(t.Context(), evil); !errors.Is(r.err, errValue) {
		t.Error(r.err)
	}
	f.none()
}

// One request is one write, head and body.
func TestOneWrite(t *testing.T) {
	o := options()
	p, servers := piped(o)
	defer p.Close()
	out := begin(t.Context(), p, post("hello"))
	l := &line{<-servers, nil, t}
	b := make([]byte, 4096)
	n, err := l.Read(b) // a pipe's read ends where its write does
	if err != nil || !strings.HasSuffix(string(b[:n]), "\r\n\r\nhello") {
		t.Fatalf("%q, %v", b[:n], err)
	}
	l.say(hello)
	(<-out).is(t, "hello")
}

// A library's server reads what the pool writes.
func TestTheLibraryReadsIt(t *testing.T) {
	f := listen(t)
	p := f.pool(nil)
	out := begin(t.Context(), p, Request{Method: "POST", Fields: []Field{{"Mcp-Method", "tools/call"}}, Body: []byte("hello")})
	r, body := f.accept().readOne()
	if r.Host != f.Addr().String() || r.URL.Path != "/mcp" || r.Header.Get("Mcp-Method") != "tools/call" || body != "hello" || r.ContentLength != 5 || len(r.Header) != 2 {
		t.Errorf("%+v %q", r, body)
	}
	(<-out).is(t, "hello")
}

func (l *line) readOne() (*http.Request, string) {
	r, body := l.request()
	l.say(hello)
	return r, body
}

var _ io.ReadCloser = (*stream)(nil)
