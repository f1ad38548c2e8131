package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream/h1"
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
	fixed  fields
	wire   exchanger
	limits wire.Limits
	lists  lastLists
}

func newHTTP(spec Spec, o Options) (*httpTransport, error) {
	h := spec.HTTP
	u, err := url.Parse(h.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return nil, errors.New("the url must be http or https with a host, and without a user")
	}
	x, err := newExchanger(u, spec, o)
	if err != nil {
		return nil, err
	}
	t := &httpTransport{id: spec.ID, wire: x, limits: spec.Limits}
	for _, name := range slices.Sorted(maps.Keys(h.Headers)) {
		t.fixed.set(http.CanonicalHeaderKey(name), h.Headers[name])
	}
	return t, nil
}

func (t *httpTransport) close(context.Context) error {
	t.wire.idle()
	return nil
}

func (t *httpTransport) send(ctx context.Context, c Call, emit Emit) (Reply, error) {
	req, err := t.request(c)
	if err != nil {
		return Reply{}, err
	}
	resp, err := t.wire.do(ctx, req)
	if err != nil {
		if ctx.Err() != nil {
			return Reply{}, context.Cause(ctx)
		}
		return Reply{}, t.failed("could not be reached", err)
	}
	reply, err := t.receive(ctx, c, resp, emit)
	if err == nil && reply.Message != nil {
		resp.Finish()
	} else {
		_ = resp.Body.Close() // a modern server takes the end of the connection for the cancel
	}
	return reply, err
}

func (t *httpTransport) request(c Call) (h1.Request, error) {
	r := h1.Request{Method: http.MethodPost}
	switch c.Op {
	case OpDeliver:
		r.Body = c.Message.Bytes()
	case OpListen, OpResume:
		r.Method = http.MethodGet
	case OpClose:
		r.Method = http.MethodDelete
	default:
		return r, errors.New("upstream: a call without an operation")
	}
	r.Fields = t.address(c)
	return r, nil
}

// fields are a request's header, each name once and in its canonical form.
type fields []h1.Field

// set sets name in place of what had it.
func (f *fields) set(name, value string) {
	for i := range *f {
		if (*f)[i].Name == name {
			(*f)[i].Value = value
			return
		}
	}
	*f = append(*f, h1.Field{Name: name, Value: value})
}

// address writes the header: the configured fields, and the MCP ones of the
// caller's revision, from the body.
func (t *httpTransport) address(c Call) fields {
	f := append(make(fields, 0, len(t.fixed)+8+len(c.Params)), t.fixed...)
	f.set("User-Agent", "mantlet")
	if c.Op == OpDeliver {
		f.set("Accept", "application/json, text/event-stream")
		f.set("Content-Type", "application/json")
	} else {
		f.set("Accept", "text/event-stream")
	}
	if c.Message == nil || c.Message.Method != "initialize" {
		f.set("Mcp-Protocol-Version", string(c.Revision))
	}
	if c.Session.Upstream != "" {
		f.set("Mcp-Session-Id", c.Session.Upstream)
	}
	if c.Trace.Parent != "" {
		f.set("Traceparent", c.Trace.Parent)
	}
	if c.Trace.State != "" {
		f.set("Tracestate", c.Trace.State)
	}
	if c.Op == OpResume {
		f.set("Last-Event-Id", c.LastEventID)
	}
	if !c.Revision.Modern() || c.Message == nil {
		return f
	}
	f.set("Mcp-Method", string(c.Message.Method))
	if info, ok := wire.Lookup(c.Message.Method); ok && info.NameField != "" {
		f.set("Mcp-Name", wire.EncodeHeader(c.Message.Name))
	}
	for _, p := range c.Params {
		f.set(http.CanonicalHeaderKey(p.Name), p.Value)
	}
	return f
}

// receive reads the answer. A redirect is an error: nobody said that the place it
// names may be talked to. What the server wants in the way of credentials is ours
// to arrange; its challenge goes no further.
func (t *httpTransport) receive(ctx context.Context, c Call, resp *h1.Response, emit Emit) (Reply, error) {
	kind := mediaType(resp.ContentType)
	switch s := resp.Status; {
	case resp.ContentEncoding != "":
		return Reply{}, t.failed("compresses its answers, which it was not asked to do", nil)
	case s == http.StatusOK && kind == "text/event-stream":
		return t.stream(ctx, c, resp, emit)
	case s == http.StatusOK && kind == "application/json":
		return t.answer(c, resp)
	case s == http.StatusAccepted, s == http.StatusNoContent, s == http.StatusOK && c.Op == OpClose,
		s == http.StatusOK && c.Op == OpDeliver && c.Message.Kind != wire.Request && resp.Length == 0:
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

// mediaType is a Content-Type without its parameters, "" where it is none.
func mediaType(s string) string {
	if s == "application/json" || s == "text/event-stream" {
		return s
	}
	kind, _, _ := mime.ParseMediaType(s)
	return kind
}

// refused reads a 400, 404 or 405: a JSON-RPC error in the body is a reply like
// any other, else the status alone has to tell.
func (t *httpTransport) refused(c Call, resp *h1.Response, kind string) (Reply, error) {
	if kind == "application/json" && c.Op == OpDeliver {
		if r, err := t.answer(c, resp); err == nil && r.Message != nil && r.Message.Kind == wire.Error && !t.sessionGone(c, resp) {
			return r, nil
		}
	}
	opening := c.Op == OpDeliver && c.Message.Method == "initialize" || c.Revision.Modern()
	switch {
	case opening:
		return Reply{}, t.failed("takes no such request", fmt.Errorf("%w: HTTP status %d", errNoHandshake, resp.Status))
	case t.sessionGone(c, resp):
		return Reply{}, &mantlet.Fault{Kind: mantlet.Unknown, Public: "the server has ended this session; initialize again"}
	case resp.Status == http.StatusMethodNotAllowed:
		return Reply{}, &mantlet.Fault{Kind: mantlet.Unsupported, Public: fmt.Sprintf("server %s does not offer this", t.id), Err: ErrNotOffered}
	}
	return Reply{}, &mantlet.Fault{Kind: mantlet.Malformed, Public: fmt.Sprintf("server %s does not take this request", t.id), Err: fmt.Errorf("HTTP status %d", resp.Status)}
}

// ErrNotOffered marks what HTTP calls 405: a server without GET or DELETE.
var ErrNotOffered = errors.New("upstream: not offered")

// sessionGone: 404 with a session id means that the session is over (2025-11-25,
// basic/transports, Session Management).
func (t *httpTransport) sessionGone(c Call, resp *h1.Response) bool {
	return resp.Status == http.StatusNotFound && c.Session.Upstream != ""
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
func (t *httpTransport) answer(c Call, resp *h1.Response) (Reply, error) {
	l := t.limit(c)
	body, err := readBounded(buffer(c), resp.Body, resp.Length, l.Bytes)
	if err != nil {
		return Reply{}, t.failed("broke its answer off or answered too much", err)
	}
	if len(body) == 0 && (c.Op != OpDeliver || c.Message.Kind != wire.Request) {
		return Reply{Status: http.StatusAccepted}, nil
	}
	m, again, err := t.lists.decode(c, body, l)
	if err != nil {
		return Reply{}, t.failed("answered with something that is not MCP", err)
	}
	if c.Op == OpDeliver && !answers(m, c.Message) {
		return Reply{}, t.failed("answered another request than it was asked", nil)
	}
	r := Reply{Message: m, Status: resp.Status, Session: resp.Session}
	if again {
		r.Done = done(body)
	}
	return r, nil
}

// answers reports whether m is the reply to request. An error that could not name
// its request is taken for the one on whose connection it came.
func answers(m, request *wire.Message) bool {
	return m.Kind == wire.Result && m.ID == request.ID || m.Kind == wire.Error && (m.ID == request.ID || m.ID == "")
}

var errTooMuch = errors.New("more than the limit")

// readBounded reads all of r into b, which has nothing in it yet and may have room.
func readBounded(b []byte, r io.Reader, announced int64, limit int) ([]byte, error) {
	if announced > int64(limit) {
		return nil, errTooMuch
	}
	if announced >= 0 {
		b = slices.Grow(b, int(announced))[:announced]
		_, err := io.ReadFull(r, b)
		return b, err
	}
	for {
		if len(b) == cap(b) {
			b = slices.Grow(b, max(4<<10, len(b)))
		}
		n, err := r.Read(b[len(b):min(cap(b), limit+1)])
		if b = b[:len(b)+n]; len(b) > limit {
			return nil, errTooMuch
		}
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (t *httpTransport) failed(what string, err error) error { return broken(t.id, what, err) }
