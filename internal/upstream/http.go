package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// An HTTPSpec is a server at a URL that an administrator wrote down. Headers are
// sent with every request; they are the only credentials that go upstream.
type HTTPSpec struct {
	URL     string
	Headers map[string]string
	Proxy   string // the URL of a forward proxy; "" for none: the environment is not asked
	TLS     TLSSpec
}

// An httpTransport speaks Streamable HTTP. Every request is built from nothing:
// no header of the caller's is in it but the Mcp-Param ones that SEP-2243 names.
type httpTransport struct {
	id     mantlet.ServerID
	url    string
	fixed  http.Header
	client *http.Client
	limits wire.Limits
	idle   func()
	lists  lastLists
}

func newHTTP(spec Spec) (*httpTransport, error) {
	h := spec.HTTP
	if u, err := url.Parse(h.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return nil, errors.New("the url must be http or https with a host, and without a user")
	}
	tls, err := h.TLS.config()
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: spec.Times.Connect}
	tr := &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: tls, TLSHandshakeTimeout: spec.Times.Connect,
		ResponseHeaderTimeout: spec.Times.FirstByte, IdleConnTimeout: spec.Times.Idle, ForceAttemptHTTP2: true,
		MaxIdleConns: 0, MaxIdleConnsPerHost: spec.Calls, DisableCompression: true,
		MaxResponseHeaderBytes: 64 << 10, WriteBufferSize: 16 << 10, ReadBufferSize: 16 << 10,
	}
	if h.Proxy != "" {
		proxy, err := url.Parse(h.Proxy)
		if err != nil {
			return nil, fmt.Errorf("the proxy is not a url: %w", err)
		}
		tr.Proxy = http.ProxyURL(proxy)
	}
	t := &httpTransport{id: spec.ID, url: h.URL, fixed: make(http.Header), limits: spec.Limits, idle: tr.CloseIdleConnections}
	for name, value := range h.Headers {
		t.fixed.Set(name, value)
	}
	t.client = &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return t, nil
}

func (t *httpTransport) close(context.Context) error {
	t.idle()
	return nil
}

func (t *httpTransport) send(ctx context.Context, c Call, emit Emit) (Reply, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a modern server takes the end of the connection for the cancel
	req, err := t.request(ctx, c)
	if err != nil {
		return Reply{}, err
	}
	resp, err := t.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return Reply{}, context.Cause(ctx)
		}
		return Reply{}, t.failed("could not be reached", err)
	}
	defer resp.Body.Close() //nolint:errcheck // what was needed of it was read
	return t.receive(c, resp, emit)
}

func (t *httpTransport) request(ctx context.Context, c Call) (*http.Request, error) {
	method, body := http.MethodPost, io.Reader(nil)
	switch c.Op {
	case OpDeliver:
		body = bytes.NewReader(c.Message.Bytes())
	case OpListen, OpResume:
		method = http.MethodGet
	case OpClose:
		method = http.MethodDelete
	default:
		return nil, errors.New("upstream: a call without an operation")
	}
	req, err := http.NewRequestWithContext(ctx, method, t.url, body)
	if err != nil {
		return nil, err
	}
	h := req.Header
	maps.Copy(h, t.fixed)
	h["User-Agent"] = userAgent
	t.address(h, c)
	return req, nil
}

var (
	userAgent  = []string{"mantlet"}
	acceptBoth = []string{"application/json, text/event-stream"}
	acceptSSE  = []string{"text/event-stream"}
	jsonType   = []string{"application/json"}
)

// address writes the MCP headers: those of the caller's revision, from the body.
func (t *httpTransport) address(h http.Header, c Call) {
	h["Accept"] = acceptBoth
	if c.Op == OpDeliver {
		h["Content-Type"] = jsonType
	} else {
		h["Accept"] = acceptSSE
	}
	if c.Message == nil || c.Message.Method != "initialize" {
		h["Mcp-Protocol-Version"] = []string{string(c.Revision)}
	}
	if c.Session.Upstream != "" {
		h["Mcp-Session-Id"] = []string{c.Session.Upstream}
	}
	if c.Trace.Parent != "" {
		h["Traceparent"] = []string{c.Trace.Parent}
	}
	if c.Trace.State != "" {
		h["Tracestate"] = []string{c.Trace.State}
	}
	if c.Op == OpResume {
		h["Last-Event-Id"] = []string{c.LastEventID}
	}
	if !c.Revision.Modern() || c.Message == nil {
		return
	}
	h["Mcp-Method"] = []string{string(c.Message.Method)}
	if info, ok := wire.Lookup(c.Message.Method); ok && info.NameField != "" {
		h["Mcp-Name"] = []string{wire.EncodeHeader(c.Message.Name)}
	}
	for _, p := range c.Params {
		h[http.CanonicalHeaderKey(p.Name)] = []string{p.Value}
	}
}

// receive reads the answer. A redirect is an error: nobody said that the place it
// names may be talked to. What the server wants in the way of credentials is ours
// to arrange; its challenge goes no further.
func (t *httpTransport) receive(c Call, resp *http.Response, emit Emit) (Reply, error) {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch s := resp.StatusCode; {
	case resp.Header.Get("Content-Encoding") != "":
		return Reply{}, t.failed("compresses its answers, which it was not asked to do", nil)
	case s == http.StatusOK && kind == "text/event-stream":
		return t.stream(c, resp, emit)
	case s == http.StatusOK && kind == "application/json":
		return t.answer(c, resp)
	case s == http.StatusAccepted, s == http.StatusNoContent, s == http.StatusOK && c.Op == OpClose,
		s == http.StatusOK && c.Op == OpDeliver && c.Message.Kind != wire.Request && resp.ContentLength == 0:
		return Reply{Status: s}, nil
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return Reply{}, t.failed("wants credentials that are not configured for it", fmt.Errorf("HTTP status %d", s))
	case s == http.StatusBadRequest || s == http.StatusNotFound || s == http.StatusMethodNotAllowed:
		return t.refused(c, resp, kind)
	case s >= 300 && s < 400:
		return Reply{}, t.failed("answers with a redirect, which is not followed", fmt.Errorf("HTTP status %d", s))
	default:
		return Reply{}, t.failed(fmt.Sprintf("answers with HTTP status %d", s), nil)
	}
}

// refused reads a 400, 404 or 405: a JSON-RPC error in the body is a reply like
// any other, else the status alone has to tell.
func (t *httpTransport) refused(c Call, resp *http.Response, kind string) (Reply, error) {
	if kind == "application/json" && c.Op == OpDeliver {
		if r, err := t.answer(c, resp); err == nil && r.Message != nil && r.Message.Kind == wire.Error && !t.sessionGone(c, resp) {
			return r, nil
		}
	}
	opening := c.Op == OpDeliver && c.Message.Method == "initialize" || c.Revision.Modern()
	switch {
	case opening:
		return Reply{}, t.failed("takes no such request", fmt.Errorf("%w: HTTP status %d", errNoHandshake, resp.StatusCode))
	case t.sessionGone(c, resp):
		return Reply{}, &mantlet.Fault{Kind: mantlet.Unknown, Public: "the server has ended this session; initialize again"}
	case resp.StatusCode == http.StatusMethodNotAllowed:
		return Reply{}, &mantlet.Fault{Kind: mantlet.Unsupported, Public: fmt.Sprintf("server %s does not offer this", t.id), Err: ErrNotOffered}
	}
	return Reply{}, &mantlet.Fault{Kind: mantlet.Malformed, Public: fmt.Sprintf("server %s does not take this request", t.id), Err: fmt.Errorf("HTTP status %d", resp.StatusCode)}
}

// ErrNotOffered marks what HTTP calls 405: a server without GET or DELETE.
var ErrNotOffered = errors.New("upstream: not offered")

// sessionGone: 404 with a session id means that the session is over (2025-11-25,
// basic/transports, Session Management).
func (t *httpTransport) sessionGone(c Call, resp *http.Response) bool {
	return resp.StatusCode == http.StatusNotFound && c.Session.Upstream != ""
}

func (t *httpTransport) limit(c Call) wire.Limits {
	if c.Message != nil {
		if info, ok := wire.Lookup(c.Message.Method); ok && info.List {
			return t.limits.ForList()
		}
	}
	return t.limits
}

// answer reads one JSON message. The limit holds while reading, whatever length
// was announced.
func (t *httpTransport) answer(c Call, resp *http.Response) (Reply, error) {
	l := t.limit(c)
	body, err := readBounded(resp.Body, resp.ContentLength, l.Bytes)
	if err != nil {
		return Reply{}, t.failed("broke its answer off or answered too much", err)
	}
	if len(body) == 0 && (c.Op != OpDeliver || c.Message.Kind != wire.Request) {
		return Reply{Status: http.StatusAccepted}, nil
	}
	m, err := t.lists.decode(c, body, l)
	if err != nil {
		return Reply{}, t.failed("answered with something that is not MCP", err)
	}
	if c.Op == OpDeliver && !answers(m, c.Message) {
		return Reply{}, t.failed("answered another request than it was asked", nil)
	}
	return Reply{Message: m, Status: resp.StatusCode, Session: resp.Header.Get("Mcp-Session-Id")}, nil
}

// answers reports whether m is the reply to request. An error that could not name
// its request is taken for the one on whose connection it came.
func answers(m, request *wire.Message) bool {
	return m.Kind == wire.Result && m.ID == request.ID || m.Kind == wire.Error && (m.ID == request.ID || m.ID == "")
}

var errTooMuch = errors.New("more than the limit")

func readBounded(r io.Reader, announced int64, limit int) ([]byte, error) {
	if announced > int64(limit) {
		return nil, errTooMuch
	}
	if announced >= 0 {
		b := make([]byte, announced)
		_, err := io.ReadFull(r, b)
		return b, err
	}
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(b) > limit {
		return nil, errTooMuch
	}
	return b, err
}

func (t *httpTransport) failed(what string, err error) error {
	return &mantlet.Fault{Kind: mantlet.Unavailable, Public: fmt.Sprintf("server %s %s; try again, or ask its owner", t.id, what), Err: err}
}
