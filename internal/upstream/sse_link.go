package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/netguard"
	"github.com/mantlet-mcp/mantlet/internal/sse"
)

// An sseLink is one event stream, and the place that it named.
type sseLink struct {
	t      *sseTransport
	cancel context.CancelCauseFunc
	ready  chan struct{}       // closed once place is known
	place  netguard.Configured // after ready
	done   chan struct{}       // closed once the stream is gone
	err    error               // after done
}

func (l *sseLink) Done() <-chan struct{} { return l.done }

func (l *sseLink) Err() error {
	select {
	case <-l.done:
		return l.err
	default:
		return nil
	}
}

func (l *sseLink) stop(ctx context.Context) error {
	l.cancel(nil)
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run opens the stream and hands on what comes over it, until either end is
// tired of it.
func (l *sseLink) run(ctx context.Context, c *conn) {
	defer close(l.done)
	defer l.cancel(nil)
	defer close(c.over)
	ctx, stop := context.WithTimeout(ctx, l.t.Times.Stream)
	defer stop()
	late := time.AfterFunc(l.t.Times.Connect, func() { l.cancel(l.failed("names no endpoint in time", errNoEndpoint)) })
	defer late.Stop()
	body, in, err := l.opened(ctx)
	if body != nil {
		defer body.Close() //nolint:errcheck // what was needed of it was read
	}
	if err == nil && late.Stop() {
		close(l.ready)
		err = c.read(func() ([]byte, error) { return l.next(in, c) })
	}
	l.err = err
	if f, ok := errors.AsType[*mantlet.Fault](context.Cause(ctx)); ok {
		l.err = f // why it was cancelled says more than that it was
	}
}

// errNoEndpoint says that a stream was opened and was none of HTTP+SSE.
var errNoEndpoint = errors.New("no endpoint event")

// opened asks for the stream and reads up to the place that it names.
func (l *sseLink) opened(ctx context.Context) (io.Closer, *sse.Reader, error) {
	resp, err := l.do(ctx, http.MethodGet, l.t.at, nil)
	if err != nil {
		return nil, nil, l.failed("could not be reached", err)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch s := resp.StatusCode; {
	case s == http.StatusOK && kind == "text/event-stream" && resp.Header.Get("Content-Encoding") == "":
		in := sse.NewReader(resp.Body, l.t.Limits.ListBytes)
		l.place, err = l.endpoint(in)
		return resp.Body, in, err
	case s == http.StatusUnauthorized, s == http.StatusForbidden, s >= 300 && s < 400, s >= 500:
		return resp.Body, nil, l.refused(s)
	default:
		return resp.Body, nil, l.failed("offers no event stream", fmt.Errorf("%w: HTTP status %d, %q", errNoHandshake, s, kind))
	}
}

// endpoint reads the first event, which names where to POST. The peer may choose
// the path there and nothing else: what is configured goes with every POST, and
// must not go to a place that nobody configured.
func (l *sseLink) endpoint(in *sse.Reader) (netguard.Configured, error) {
	for {
		e, err := in.Next()
		switch {
		case err != nil:
			return netguard.Configured{}, l.failed("ended its event stream before it named an endpoint", fmt.Errorf("%w: %w", errNoEndpoint, err))
		case e.IsComment, e.Name == "" && len(e.Data) == 0:
			continue
		case e.Name != "endpoint":
			return netguard.Configured{}, l.failed("began its event stream with something else than an endpoint", errNoEndpoint)
		}
		named, err := l.t.at.Resolve(string(e.Data))
		if err != nil {
			return netguard.Configured{}, l.failed("named an endpoint that is not the url of one", err)
		}
		own, err := l.t.at.Owns(named)
		if err != nil {
			return netguard.Configured{}, l.failed("named an endpoint at another place than its configured url", err)
		}
		return own, nil
	}
}

// next is the next message. Where to POST was said once: another endpoint is
// dropped, as is an event that the protocol does not know.
func (l *sseLink) next(in *sse.Reader, c *conn) ([]byte, error) {
	for {
		e, err := in.Next()
		switch {
		case err != nil:
			return nil, err
		case e.IsComment, len(e.Data) == 0:
		case e.Name == "" || e.Name == "message":
			return e.Data, nil
		default:
			c.drop(nil, "an event that is no message")
		}
	}
}

// Send posts one message. The answer to the POST says only whether it was taken.
func (l *sseLink) Send(ctx context.Context, line []byte) error {
	select {
	case <-l.ready:
	case <-l.done:
		return l.ended()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	resp, err := l.do(ctx, http.MethodPost, l.place, line)
	if err != nil {
		return l.failed("could not be reached", err)
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is wanted of it
	switch s := resp.StatusCode; {
	case s >= 200 && s < 300:
		_, _ = io.CopyN(io.Discard, resp.Body, 4096) // "Accepted", so that the connection serves again
		return nil
	case s == http.StatusNotFound || s == http.StatusGone:
		over := &mantlet.Fault{Kind: mantlet.Unknown, Public: fmt.Sprintf("server %s has ended this session; initialize again", l.t.ID)}
		l.cancel(over)
		return over
	default:
		return l.refused(s)
	}
}

// ended is how the stream ended, for whoever waited for it.
func (l *sseLink) ended() error {
	if l.err == nil {
		return io.ErrUnexpectedEOF
	}
	return l.err
}

// do sends one request, built from nothing but what is configured.
func (l *sseLink) do(ctx context.Context, method string, to netguard.Configured, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, to.URL().String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, l.t.fixed)
	req.Header["User-Agent"] = userAgent
	if method == http.MethodGet {
		req.Header["Accept"] = acceptSSE
		req.Header["Cache-Control"] = []string{"no-cache"}
	} else {
		req.Header["Accept"] = acceptAny
		req.Header["Content-Type"] = jsonType
	}
	return l.t.client.Do(req)
}

var (
	userAgent = []string{"mantlet"}
	acceptSSE = []string{"text/event-stream"}
	acceptAny = []string{"*/*"}
	jsonType  = []string{"application/json"}
)

func (l *sseLink) refused(status int) error {
	what := fmt.Sprintf("answers with HTTP status %d", status)
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		what = "wants credentials that are not configured for it"
	case status >= 300 && status < 400:
		what = "answers with a redirect, which is not followed"
	}
	return l.failed(what, fmt.Errorf("HTTP status %d", status))
}

func (l *sseLink) failed(what string, err error) error {
	if f, ok := errors.AsType[*mantlet.Fault](err); ok {
		return f
	}
	return broken(l.t.ID, what, err)
}
