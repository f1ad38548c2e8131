package upstream

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/netguard"
)

// An sseTransport speaks HTTP+SSE, the transport of 2024-11-05 (basic/transports):
// a GET opens an event stream, whose first event names where to POST, and all that
// the server says comes on the stream. A stream is a session.
type sseTransport struct {
	*sessions
	at     netguard.Configured
	fixed  http.Header
	client *http.Client
	idle   func()
}

func newSSE(spec Spec, log *slog.Logger, o Options) (*sseTransport, error) {
	at, err := netguard.ParseConfigured(spec.HTTP.URL)
	if err != nil {
		return nil, err
	}
	tr, err := streaming(spec, o)
	if err != nil {
		return nil, err
	}
	t := &sseTransport{sessions: newSessions(spec, log, o.Dropped), at: at, fixed: make(http.Header), idle: tr.CloseIdleConnections}
	for name, value := range spec.HTTP.Headers {
		t.fixed.Set(name, value)
	}
	t.client = &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.open, t.aside = t.start, true
	return t, nil
}

func streaming(spec Spec, o Options) (*http.Transport, error) {
	tls, err := spec.HTTP.TLS.config(o.identify(spec.ID))
	if err != nil {
		return nil, err
	}
	tr := &http.Transport{
		DialContext: (&net.Dialer{Timeout: spec.Times.Connect}).DialContext, TLSClientConfig: tls, TLSHandshakeTimeout: spec.Times.Connect,
		ResponseHeaderTimeout: spec.Times.FirstByte, IdleConnTimeout: spec.Times.Idle, MaxIdleConnsPerHost: spec.Calls,
		DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
	}
	return tr, forward(tr, spec.HTTP.Proxy)
}

// start makes a session. The stream opens beside: who sends waits for it.
func (t *sseTransport) start(c Call) (*conn, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	l := &sseLink{t: t, ready: make(chan struct{}), done: make(chan struct{}), cancel: cancel}
	conn, began := t.newConn(l, l.stop, c.Principal.Key()), time.Now()
	go l.run(ctx, conn) //nolint:gosec // the session outlives the call that opens it
	go t.watch(conn, func() {
		t.log.Warn("server's event stream ended", "error", l.Err(), "after", time.Since(began).Round(time.Millisecond).String())
	})
	return conn, nil
}

func (t *sseTransport) close(ctx context.Context) error {
	err := t.sessions.close(ctx)
	t.idle()
	return err
}

// An eitherTransport speaks Streamable HTTP to a server, and HTTP+SSE once the
// server has shown that it knows nothing newer.
type eitherTransport struct {
	*httpTransport
	old  *sseTransport
	eras *eras
}

func newEither(spec Spec, o Options, e *eras) (*eitherTransport, error) {
	now, err := newHTTP(spec, o)
	if err != nil {
		return nil, err
	}
	old, err := newSSE(spec, o.Log.With("server", string(spec.ID)), o)
	return &eitherTransport{now, old, e}, err
}

func (t *eitherTransport) send(ctx context.Context, c Call, emit Emit) (Reply, error) {
	if !t.eras.isOld() {
		return t.httpTransport.send(ctx, c, emit)
	}
	reply, err := t.old.send(ctx, c, emit)
	if errors.Is(err, errNoHandshake) {
		t.eras.setOld(false) // it has learned something newer since
	}
	return reply, err
}

func (t *eitherTransport) close(ctx context.Context) error {
	return errors.Join(t.httpTransport.close(ctx), t.old.close(ctx))
}

// oldWay opens a session at a server that took no initialize, and is not modern,
// as a client of 2024-11-05 does (2025-03-26, basic/transports, Backwards
// Compatibility). refused is how the server refused.
func (s *server) oldWay(ctx context.Context, c Call, emit Emit, refused error) (Reply, error) {
	t, ok := s.transport.(*eitherTransport)
	if !ok {
		return Reply{}, refused
	}
	reply, err := t.old.send(ctx, c, emit)
	switch {
	case errors.Is(err, errNoHandshake), errors.Is(err, errNoEndpoint):
		return Reply{}, refused
	case err == nil:
		s.eras.learn(no, yes)
		s.eras.setOld(true)
	}
	return reply, err
}
