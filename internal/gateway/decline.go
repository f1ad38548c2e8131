package gateway

import (
	"context"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// declineTime is how long a server may take to take a no.
const declineTime = 5 * time.Second

// declined reports whether what was refused is a question of a server that gets an answer in
// the caller's place: else it would wait for one.
func (x *Exchange) declined(m *wire.Message, err error) bool {
	return m.Kind == wire.Request && !x.Caller.Revision.Modern() && mantlet.AsFault("gateway", err).Kind == mantlet.Unsafe
}

// decline tells the server that its question was refused. That it cannot be told is no reason
// to end the call: it waits, as for a client that does not answer.
func (g *Gateway) decline(ctx context.Context, x *Exchange, m *wire.Message) {
	ctx, cancel := context.WithTimeout(ctx, declineTime)
	defer cancel()
	c := x.call(wire.TraceContext{})
	c.Op, c.Params, c.Mirror, c.LastEventID = upstream.OpDeliver, nil, false, ""
	c.Message = wire.NewError(m.ID, wire.CodeInvalidRequest, "the question was refused by content inspection and was shown to nobody", nil)
	_, _ = g.rooms.Upstream.Send(ctx, c, func(upstream.Event) error { return errDropped })
}
