package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/mantlet-mcp/mantlet/internal/sse"
	"github.com/mantlet-mcp/mantlet/internal/upstream/h1"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// stream relays an event stream, event by event, until the reply or its end. A
// legacy stream that ends without the reply ends the caller's too, who may resume
// it by the ids that were relayed; a modern one has failed.
func (t *httpTransport) stream(ctx context.Context, c Call, resp *h1.Response, emit Emit) (Reply, error) {
	l := t.limit(c)
	in := sse.NewReader(resp.Body, l.Bytes)
	if c.Op != OpDeliver {
		if err := emit(Event{Comment: true}); err != nil { // the stream is open
			return Reply{}, err
		}
	}
	for {
		e, err := in.Next()
		if err != nil {
			return t.ended(ctx, c, err)
		}
		reply, done, err := t.event(c, e, l, emit)
		if err != nil {
			return Reply{}, err
		}
		if done {
			reply.Session = resp.Session
			return reply, nil
		}
	}
}

// event relays one event; done says that it was the reply.
func (t *httpTransport) event(c Call, e sse.Event, l wire.Limits, emit Emit) (Reply, bool, error) {
	if e.IsComment {
		return Reply{}, false, emit(Event{Comment: true})
	}
	if len(e.Data) == 0 {
		return Reply{}, false, emit(Event{ID: e.ID, Retry: max(e.Retry, 0), Comment: e.ID == "" && e.Retry <= 0})
	}
	m, err := wire.Decode(e.Data, l)
	if err != nil {
		return Reply{}, false, t.failed("said something that is not MCP", err)
	}
	if c.Op == OpDeliver && c.Message.Kind == wire.Request && answers(m, c.Message) {
		if m, _, err = private(c, m, l); err != nil {
			return Reply{}, false, err
		}
		return Reply{Message: m, Status: http.StatusOK, EventID: e.ID, Retry: max(e.Retry, 0), Streamed: true}, true, nil
	}
	if c.Op != OpResume && (m.Kind == wire.Result || m.Kind == wire.Error) {
		return Reply{}, false, nil // a reply that nobody asked for on this stream
	}
	return Reply{}, false, emit(Event{Message: m, ID: e.ID, Retry: max(e.Retry, 0)})
}

func (t *httpTransport) ended(ctx context.Context, c Call, err error) (Reply, error) {
	if cause := context.Cause(ctx); cause != nil {
		return Reply{}, cause
	}
	over := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if over && !c.Revision.Modern() {
		return Reply{Status: http.StatusOK, Streamed: true}, nil
	}
	return Reply{}, t.failed("broke its answer off", err)
}
