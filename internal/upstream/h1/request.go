package h1

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

// A Field is one header field. Its name is a token, its value holds no control
// character but HTAB (RFC 9110, section 5.5).
type Field struct{ Name, Value string }

// A Request is what Do sends. Where it goes, Host and Content-Length are the pool's
// to write, and Connection and its like nobody's: a Field of those names is refused.
type Request struct {
	Method string // GET, HEAD, POST or DELETE
	Fields []Field
	Body   []byte // must not change before the response was read or closed
}

var (
	errMethod = errors.New("h1: the method is none of GET, HEAD, POST and DELETE")
	errName   = errors.New("h1: the name of a request's header is not a token")
	errValue  = errors.New("h1: the value of a request's header holds a control character")
	errFramer = errors.New("h1: a request's header belongs to the connection; leave it out")
	errHost   = errors.New("h1: the host must be ASCII; write an international name in its xn-- form")
	errTarget = errors.New("h1: the path or query must be visible ASCII; write the rest as %XX")
	errScheme = errors.New("h1: the url must be http or https with a host, and without a user")
)

// connectionFields frame a message or speak of one hop (RFC 9110, section 7.6.1).
var connectionFields = [...]string{"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect", "keep-alive", "proxy-connection"}

func (r *Request) check() error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete:
	default:
		return errMethod
	}
	for _, f := range r.Fields {
		if !http1.Token(f.Name) {
			return errName
		}
		if !http1.Text(f.Value) {
			return errValue
		}
		for _, own := range connectionFields {
			if http1.Fold(f.Name, own) {
				return errFramer
			}
		}
	}
	return nil
}

// An origin is where a pool's requests go.
type origin struct {
	address string // host:port, to dial
	host    string // the Host header
	target  string // origin-form (RFC 9112, section 3.2.1)
	secure  bool
}

var ports = map[string]string{"http": "80", "https": "443"}

func originOf(u *url.URL) (origin, error) {
	port := ports[u.Scheme]
	if port == "" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return origin{}, errScheme
	}
	if u.Port() != "" {
		port = u.Port()
	}
	to := origin{address: net.JoinHostPort(u.Hostname(), port), host: withoutZone(strings.TrimSuffix(u.Host, ":")), target: u.RequestURI(), secure: u.Scheme == "https"}
	if !http1.Visible(to.host) || strings.ContainsAny(to.host, `/?#@\`) {
		return origin{}, errHost
	}
	if !http1.Visible(to.target) || to.target[0] != '/' {
		return origin{}, errTarget
	}
	return to, nil
}

// withoutZone takes the zone off an IPv6 address: it means nothing to the server
// (RFC 6874, section 4).
func withoutZone(host string) string {
	before, after, zone := strings.Cut(host, "%")
	if !zone || !strings.HasPrefix(host, "[") {
		return host
	}
	if i := strings.LastIndexByte(after, ']'); i >= 0 {
		return before + after[i:]
	}
	return host
}

// appendHead appends everything before the body.
func (r *Request) appendHead(b []byte, to *origin) []byte {
	b = append(append(b, r.Method...), ' ')
	b = append(append(b, to.target...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, to.host...), "\r\n"...)
	for _, f := range r.Fields {
		b = append(append(b, f.Name...), ": "...)
		b = append(append(b, f.Value...), "\r\n"...)
	}
	if r.Method == http.MethodPost || len(r.Body) > 0 {
		b = append(b, "Content-Length: "...)
		b = append(strconv.AppendInt(b, int64(len(r.Body)), 10), "\r\n"...)
	}
	return append(b, "\r\n"...)
}
