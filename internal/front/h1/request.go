package h1

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

// request is the request that h is the head of, with a context of its own. All of its
// strings are parts of one.
func (h *head) request(x *exchange) (*http.Request, error) {
	c, text := x.c, string(h.text)
	at := func(s span) string { return text[s.from:s.to] }
	header, host, err := h.header(at)
	if err != nil {
		return nil, err
	}
	u, err := locate(at(h.method), at(h.target))
	if err != nil {
		return nil, err
	}
	if u.Host != "" && host != "" && !strings.EqualFold(u.Host, host) {
		return nil, errHost // it names two
	}
	r := http.Request{
		Method: method(at(h.method)), URL: u, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: http.NoBody,
		Host: host, RemoteAddr: c.remote, RequestURI: at(h.target), Close: h.closing || h.old, TLS: c.tls,
	}
	if h.old {
		r.Proto, r.ProtoMinor = "HTTP/1.0", 0
	}
	if u.Host != "" {
		r.Host = u.Host
	}
	h.embody(&r, x)
	ctx, cancel := context.WithCancelCause(c.base)
	c.cancel = cancel
	return r.WithContext(ctx), nil
}

// header is what http.Request has: all but Host, and what frames the body.
func (h *head) header(at func(span) string) (http.Header, string, error) {
	header, values, hosts := make(http.Header, len(h.fields)), make([]string, len(h.fields)), 0
	var host string
	for i, f := range h.fields {
		name := canonical(at(f.name))
		if name == "Host" {
			host = at(f.value)
			hosts++
			continue
		}
		if before, ok := header[name]; ok {
			header[name] = append(before, at(f.value))
			continue
		}
		values[i] = at(f.value)
		header[name] = values[i : i+1 : i+1]
	}
	if hosts > 1 || hosts == 0 && !h.old || host != "" && !named(host) {
		return nil, "", errHost
	}
	return header, host, nil
}

// named reports whether a host can be one: visible ASCII, and nothing that ends a host
// in a URL (RFC 9112, section 3.2).
func named(host string) bool { return http1.Visible(host) && !strings.ContainsAny(host, `/?#@\,`) }

// locate reads a target in origin-form, absolute-form or, with OPTIONS, asterisk-form
// (RFC 9112, section 3.2). There are no tunnels, whatever a CONNECT names.
func locate(method, target string) (*url.URL, error) {
	if plain(target) && method != http.MethodConnect {
		return &url.URL{Path: target}, nil
	}
	u, err := url.ParseRequestURI(target)
	switch {
	case err != nil, method == http.MethodConnect, strings.Contains(target, "#"):
		return nil, errTarget
	case target == "*" && method == http.MethodOptions, target[0] == '/':
		return u, nil
	case u.Scheme != "http" && u.Scheme != "https", u.User != nil, !named(u.Host):
		return nil, errTarget
	}
	return u, nil
}

// plain: a path of which nothing has a meaning but its slashes.
func plain(target string) bool {
	for i := range len(target) {
		c := target[i]
		if letter := c | 0x20; (letter < 'a' || letter > 'z') && (c < '-' || c > '9') && c != '_' {
			return false
		}
	}
	return target[0] == '/'
}

// embody gives r its body.
func (h *head) embody(r *http.Request, x *exchange) {
	switch {
	case h.Chunked:
		r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
	case h.Length > 0:
		r.ContentLength = h.Length
	default:
		x.body.rest = io.EOF
		x.c.since.Store(time.Now().UnixNano())
		return
	}
	x.body.Body = http1.NewBody(x.c.in, h.Framing)
	x.body.expected = h.expects && !h.old
	r.Body = &x.body
}

// A body is a request's. It is for the handler's goroutine, until it answers.
type body struct {
	http1.Body

	x        *exchange
	rest     error // how it ended; io.EOF: whole
	expected bool  // the caller waits to be told to send it
}

var errAnswered = errors.New("h1: the body was not read before the answer was begun")

// Read implements io.Reader. The body's last byte comes with io.EOF where its length is
// known.
func (b *body) Read(p []byte) (int, error) {
	if b.rest != nil {
		return 0, b.rest
	}
	if b.expected {
		b.expected = false
		if _, err := io.WriteString(b.x.c.nc, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return 0, err
		}
	}
	n, err := b.Body.Read(p)
	b.rest = err
	if errors.Is(err, io.EOF) {
		b.x.c.since.Store(time.Now().UnixNano())
	}
	return n, err
}

// Arrived reports whether Read waits for nothing: all of the body is here.
func (b *body) Arrived() bool { return b.rest == nil && b.Buffered() }

// Close implements io.Closer: what was not read stays so.
func (b *body) Close() error {
	if b.rest == nil {
		b.rest = http.ErrBodyReadAfterClose
	}
	return nil
}

// maxRest is how much of an unread body is read to keep its connection.
const maxRest = 256 << 10

// settle reads what has arrived of an unread body, without waiting, and reports whether
// that was all.
func (b *body) settle() bool {
	if b.rest != nil {
		return errors.Is(b.rest, io.EOF)
	}
	if b.expected { // whoever waits to be told does not send it, or does: nobody knows
		b.rest = errAnswered
		return false
	}
	b.x.c.still = true
	_, _ = io.CopyN(io.Discard, &b.Body, maxRest) // its end is in Err
	b.x.c.still = false
	if b.rest = b.Err(); b.rest == nil {
		b.rest = errAnswered
	}
	return errors.Is(b.rest, io.EOF)
}
