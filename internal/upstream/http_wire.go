package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/mantlet-mcp/mantlet/internal/upstream/h1"
)

// An exchanger puts a request on the wire and follows no redirect.
type exchanger interface {
	do(ctx context.Context, r h1.Request) (*h1.Response, error)
	idle() // closes the connections that nobody uses
}

// newExchanger: HTTP/1.1 is spoken by h1, HTTP/2 and forward proxies by net/http.
func newExchanger(u *url.URL, spec Spec, o Options) (exchanger, error) {
	config, err := spec.HTTP.TLS.config(o.identify(spec.ID))
	if err != nil {
		return nil, err
	}
	library := &netHTTP{url: u, tr: libraryTransport(spec, config)}
	if spec.HTTP.Proxy != "" {
		return library, forward(library.tr, spec.HTTP.Proxy)
	}
	own := config.Clone()
	own.NextProtos = []string{"h2", "http/1.1"}
	pool, err := h1.New(u, h1.Options{TLS: own, Connect: spec.Times.Connect, FirstByte: spec.Times.FirstByte, Idle: spec.Times.Idle, MaxIdle: spec.Calls})
	if err != nil || u.Scheme == "http" {
		return ownPool{pool}, err
	}
	library.tr.Protocols = new(http.Protocols)
	library.tr.Protocols.SetHTTP2(true) // alone: a server cannot choose net/http's reader of HTTP/1.1
	return &byALPN{first: ownPool{pool}, second: library}, nil
}

// forward sends what goes through tr by way of a proxy; "" is none.
func forward(tr *http.Transport, proxy string) error {
	if proxy == "" {
		return nil
	}
	u, err := url.Parse(proxy)
	if err != nil {
		return fmt.Errorf("the proxy is not a url: %w", err)
	}
	tr.Proxy = http.ProxyURL(u)
	return nil
}

func libraryTransport(spec Spec, config *tls.Config) *http.Transport {
	dialer := &net.Dialer{Timeout: spec.Times.Connect}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: config, TLSHandshakeTimeout: spec.Times.Connect,
		ResponseHeaderTimeout: spec.Times.FirstByte, IdleConnTimeout: spec.Times.Idle, ForceAttemptHTTP2: true,
		MaxIdleConns: 0, MaxIdleConnsPerHost: spec.Calls, DisableCompression: true,
		MaxResponseHeaderBytes: 64 << 10, WriteBufferSize: 16 << 10, ReadBufferSize: 16 << 10,
	}
}

type ownPool struct{ *h1.Pool }

func (p ownPool) do(ctx context.Context, r h1.Request) (*h1.Response, error) { return p.Do(ctx, r) }
func (p ownPool) idle()                                                      { p.Close() }

// byALPN asks the pool until the server chooses HTTP/2 in a handshake, which costs
// that one connection, and net/http from then on. When that fails the server may
// have changed: the next call asks by ALPN again.
type byALPN struct {
	first  ownPool
	second *netHTTP
	h2     atomic.Bool
}

func (e *byALPN) do(ctx context.Context, r h1.Request) (*h1.Response, error) {
	if !e.h2.Load() {
		resp, err := e.first.do(ctx, r)
		if !errors.Is(err, h1.ErrHTTP2) {
			return resp, err
		}
		e.h2.Store(true)
	}
	resp, err := e.second.do(ctx, r)
	if err != nil && ctx.Err() == nil {
		e.h2.Store(false)
	}
	return resp, err
}

func (e *byALPN) idle() {
	e.first.idle()
	e.second.idle()
}

// netHTTP is the standard library's transport in h1's words.
type netHTTP struct {
	url *url.URL
	tr  *http.Transport
}

func (n *netHTTP) idle() { n.tr.CloseIdleConnections() }

func (n *netHTTP) do(ctx context.Context, r h1.Request) (*h1.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, n.url.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for _, f := range r.Fields {
		req.Header[f.Name] = []string{f.Value}
	}
	resp, err := n.tr.RoundTrip(req) //nolint:bodyclose // whoever gets the response closes it
	if err != nil {
		return nil, err
	}
	return fromLibrary(resp), nil
}

// fromLibrary leaves the body open: it is the response's.
func fromLibrary(resp *http.Response) *h1.Response {
	return &h1.Response{
		Status: resp.StatusCode, Length: resp.ContentLength, Body: resp.Body, ContentType: resp.Header.Get("Content-Type"),
		ContentEncoding: strings.Join(resp.Header.Values("Content-Encoding"), ""), Session: resp.Header.Get("Mcp-Session-Id"),
	}
}
