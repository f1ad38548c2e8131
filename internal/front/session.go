package front

import (
	"net/http"
	"slices"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// get opens the legacy stream of what the server says outside any request, or
// resumes one. The modern era has none: 405.
func (v *visit) get() {
	if v.r.Header.Get("Mcp-Session-Id") == "" {
		v.w.Header().Set("Allow", "POST")
		v.refuse(&mantlet.Fault{Kind: mantlet.Unsupported, Public: "a stream belongs to a session; send initialize first", Stage: "front", Err: errMethod})
		return
	}
	if !v.accepts("text/event-stream") {
		v.refuse(&mantlet.Fault{Kind: mantlet.Malformed, Public: "the Accept header must list text/event-stream", Stage: "front", Err: errNotAcceptable})
		return
	}
	c, err := v.member()
	if err != nil {
		v.refuse(err)
		return
	}
	x := &gateway.Exchange{ID: v.id, Caller: c, Server: v.server, Op: upstream.OpListen}
	if last := v.r.Header.Get("Last-Event-ID"); last != "" {
		e, err := v.s.Handles.openEvent(v.who, v.server, c.Session.Nonce, last)
		if err != nil {
			v.refuse(&mantlet.Fault{Kind: mantlet.Malformed, Public: "no such event in this session; open the stream without Last-Event-ID", Stage: "front", Err: err})
			return
		}
		x.Op, x.LastID, x.Replays = upstream.OpResume, e.upstream, e.method
	}
	v.stream(x)
}

func (v *visit) stream(x *gateway.Exchange) {
	ctx, cancel := v.s.within(v.r.Context(), v.s.Stream)
	defer cancel()
	out := v.open(nil, x.Caller)
	out.method = x.Replays
	defer out.close()
	x.Emit = out.emit
	_, err := v.s.Corridor.Serve(ctx, x)
	switch {
	case err != nil && !out.started():
		v.refuse(err)
	case err == nil:
		out.end()
	}
}

// delete ends a session: the handle is buried first, so that nothing that comes
// after can use it, whatever the server says.
func (v *visit) delete() {
	handle := v.r.Header.Get("Mcp-Session-Id")
	if handle == "" {
		v.w.Header().Set("Allow", "POST")
		v.refuse(&mantlet.Fault{Kind: mantlet.Unsupported, Public: "there is no session to end; send its Mcp-Session-Id", Stage: "front", Err: errMethod})
		return
	}
	c, err := v.member()
	if err != nil {
		v.refuse(err)
		return
	}
	if err := v.s.Handles.bury(handle); err != nil {
		v.refuse(err)
		return
	}
	ctx, cancel := v.s.within(v.r.Context(), v.s.Call)
	defer cancel()
	x := &gateway.Exchange{ID: v.id, Caller: c, Server: v.server, Op: upstream.OpClose}
	if _, err := v.s.Corridor.Serve(ctx, x); err != nil {
		v.refuse(err)
		return
	}
	v.begin(http.StatusNoContent)
}

// batch serves a JSON-RPC batch, which only revision 2025-03-26 has. Each member
// is an exchange of its own.
func (v *visit) batch(all []*wire.Message) {
	c, err := v.batcher(all)
	if err != nil {
		v.refuse(err)
		return
	}
	ctx, cancel := v.s.within(v.r.Context(), v.s.Call)
	defer cancel()
	out := v.open(nil, c)
	defer out.close()
	var replies []*wire.Message
	for i, m := range all {
		x := &gateway.Exchange{ID: member(v.id, i), Parent: v.id, Caller: c, Server: v.server, Op: upstream.OpDeliver, Request: m, Emit: out.emit}
		reply, err := v.carry(ctx, x)
		if err != nil && m.Kind == wire.Request {
			reply.Message = v.rendered(m, mantlet.AsFault("gateway", err))
		}
		if reply.Message != nil {
			replies = append(replies, reply.Message)
		}
	}
	out.finishBatch(replies)
}

// batcher is the caller of a batch. One outside any session, or of a later revision, is
// told what is wrong with it, and not that it lacks a session.
func (v *visit) batcher(all []*wire.Message) (gateway.Caller, error) {
	if v.r.Header.Get("Mcp-Session-Id") == "" {
		return gateway.Caller{}, v.batchable(all, "")
	}
	c, err := v.member()
	if err == nil {
		err = v.batchable(all, c.Revision)
	}
	return c, err
}

// batchable refuses a batch where the session's revision has none, or the header names
// another that has none, and a handshake in one (2025-03-26, basic/lifecycle).
func (v *visit) batchable(all []*wire.Message, r wire.Revision) error {
	var words string
	switch header := wire.Revision(v.r.Header.Get("Mcp-Protocol-Version")); {
	case r != wire.Rev20250326 || header != "" && header != r:
		words = "batches belong to revision 2025-03-26 alone; send one message at a time"
	case slices.ContainsFunc(all, func(m *wire.Message) bool { return m.Method == "initialize" }):
		words = "initialize may not be a part of a batch; send it alone"
	default:
		return nil
	}
	return &mantlet.Fault{Kind: mantlet.Malformed, Code: wire.CodeInvalidRequest, Public: words, Stage: "front"}
}
