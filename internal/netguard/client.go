package netguard

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// ErrTooMuch ends a body that passes the limit.
var ErrTooMuch = errors.New("netguard: the response is larger than its limit")

// Client goes only where g allows, whoever builds the request. It takes no proxy
// from the environment, keeps no cookies and no idle connections, and undoes no
// compression: a small answer cannot become a large one.
func (g *Guard) Client() *http.Client {
	c := *g.client
	return &c
}

// Get fetches l. The caller closes the body, reading which ends with ErrTooMuch
// beyond the limit. Any status is returned but a redirect that is not followed.
func (g *Guard) Get(ctx context.Context, l Learned, accept string) (*http.Response, error) {
	if err := g.Check(l); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.named.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header["User-Agent"] = []string{"mantlet"}
	req.Header["Accept"] = []string{accept}
	return g.client.Do(req)
}

// Check says whether l could be fetched as far as its text tells. Its name is not
// resolved: Get judges the addresses.
func (g *Guard) Check(l Learned) error { return g.check(&l.named) }

func (g *Guard) check(u *url.URL) error {
	if u.Scheme != "https" && (u.Scheme != "http" || !g.o.PlainHTTP) {
		return refuse("the scheme is not https")
	}
	if err := authority(u); err != nil {
		return err
	}
	a, name, err := readHost(u.Hostname())
	switch {
	case err != nil:
		return err
	case name == "" && !g.hosts[a.String()] && !g.addressOK(a):
		return refuse("the address is not public")
	case name != "" && !g.hosts[name] && local(name):
		return refuse("the name is a local one")
	}
	_, err = g.port(port(u))
	return err
}

func (g *Guard) newClient() *http.Client {
	tr := &http.Transport{
		DialContext: g.DialContext, TLSClientConfig: g.o.TLS, TLSHandshakeTimeout: g.o.Time, ForceAttemptHTTP2: true,
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
	}
	return &http.Client{Transport: &judging{g, tr}, CheckRedirect: g.redirect, Timeout: g.o.Time}
}

// redirect bounds the hops. Each goes through judging like the first.
func (g *Guard) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > g.o.Redirects {
		return refuse("it redirects more than %d times", g.o.Redirects)
	}
	if r.URL.Scheme != "https" && via[len(via)-1].URL.Scheme == "https" {
		return refuse("it redirects from https to plain http")
	}
	r.Header.Del("Referer") // where we came from is nobody's business
	return nil
}

// judging looks at each request before it is sent, and bounds each answer.
type judging struct {
	g    *Guard
	next http.RoundTripper
}

func (j *judging) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := j.g.check(r.URL); err != nil {
		return nil, err
	}
	resp, err := j.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		_ = resp.Body.Close() // its content is not wanted
		return nil, refuse("the response is compressed, which was not asked for")
	}
	if resp.ContentLength > j.g.o.Bytes {
		_ = resp.Body.Close() // its content is not wanted
		return nil, ErrTooMuch
	}
	resp.Body = &bounded{ReadCloser: resp.Body, left: j.g.o.Bytes}
	return resp, nil
}

// bounded reads left bytes and fails, rather than ends, where there are more.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n, b.left = int(b.left), 0
		return n, ErrTooMuch
	}
	b.left -= int64(n)
	return n, err
}
