package front

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/seal"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// What a client carries for a server, a requestState or a task id, is sealed on its
// way out and opened on its way in. A server that takes such a value for a proof is
// then right: nobody but the caller to whom it was given can bring it back, to this
// server, and a state only with the request that it was given for (2026-07-28,
// patterns/mrtr: bind principal, expiry, method and parameters). What is sealed is the
// JSON string as the server wrote it, so that it comes back byte by byte.

// carry walks x down the corridor, with what the client carries opened before and
// sealed after.
func (v *visit) carry(ctx context.Context, x *gateway.Exchange) (upstream.Reply, error) {
	asked := x.Request
	if info, ok := wire.Lookup(asked.Method); !ok || info.In(x.Caller.Revision) { // else the corridor says that there is no such method
		var err error
		if x.Request, err = v.opened(asked); err != nil {
			v.count(mantlet.AsFault("front", err))
			return upstream.Reply{}, err
		}
	}
	reply, err := v.s.Corridor.Serve(ctx, x)
	if err == nil && reply.Message != nil {
		reply.Message, err = v.sealed(reply.Message, asked)
	}
	return reply, err
}

// sealed is m, from the server, with handles in place of what the client shall
// carry. request is what it answers; nil outside any.
func (v *visit) sealed(m, request *wire.Message) (*wire.Message, error) {
	var splices []wire.Splice
	for _, at := range m.TaskIDs(wire.FromServer) {
		handle, err := v.s.Handles.seal(seal.Task, v.who.Key(), v.server, taskLife, m.At(at))
		if err != nil {
			return nil, v.unsealable("task id", err)
		}
		splices = append(splices, wire.Splice{Start: at.Start, End: at.End, With: wire.Quote(handle)})
	}
	if at, ok := m.RequestState(); ok && m.Kind == wire.Result && request != nil {
		handle, err := v.s.Handles.seal(seal.RequestState, v.who.Key(), v.server, stateLife, append(stateOf(request), m.At(at)...))
		if err != nil {
			return nil, v.unsealable("requestState", err)
		}
		splices = append(splices, wire.Splice{Start: at.Start, End: at.End, With: wire.Quote(handle)})
	}
	return m.Apply(splices, v.s.Limits)
}

func (v *visit) unsealable(what string, err error) error {
	return &mantlet.Fault{Kind: mantlet.Unavailable, Stage: "front", Err: err,
		Public: fmt.Sprintf("server %s gave a %s that cannot be carried; ask its owner to make it shorter", v.server, what)}
}

// stateOf says which request a state belongs to. The arguments are not a part of it:
// a client may write the same ones differently.
func stateOf(request *wire.Message) []byte {
	sum := sha256.Sum256([]byte(string(request.Method) + "\x00" + request.Name))
	return sum[:8:8]
}

// opened is m, from the client, with the server's own values in place of handles. One
// that does not open is answered as one that never was; only in an answer, where
// it may name a task of the client's own, it is left as it is.
func (v *visit) opened(m *wire.Message) (*wire.Message, error) {
	var splices []wire.Splice
	for _, at := range m.TaskIDs(wire.FromClient) {
		handle, _ := m.String(at)
		task, err := v.s.Handles.Ring.Open(seal.Task, v.who.Key(), v.server, handle, v.s.Handles.now())
		if err != nil && m.Kind != wire.Request {
			continue
		}
		if err != nil {
			return nil, unknown("no such task; start it again", err)
		}
		splices = append(splices, wire.Splice{Start: at.Start, End: at.End, With: task.Payload})
	}
	if at, ok := m.RequestState(); ok && m.Kind == wire.Request {
		handle, _ := m.String(at)
		state, err := v.s.Handles.Ring.Open(seal.RequestState, v.who.Key(), v.server, handle, v.s.Handles.now())
		if err == nil && !bytes.HasPrefix(state.Payload, stateOf(m)) {
			err = seal.ErrUnknown
		}
		if err != nil {
			return nil, unknown("the requestState is not one that was given for this request; send the request again without it", err)
		}
		splices = append(splices, wire.Splice{Start: at.Start, End: at.End, With: state.Payload[8:]})
	}
	return m.Apply(splices, v.s.Limits)
}

func unknown(words string, err error) error {
	return &mantlet.Fault{Kind: mantlet.Unknown, Code: wire.CodeInvalidParams, Public: words, Stage: "front", Err: err}
}

// count notes a refusal of what never became an exchange.
func (v *visit) count(f *mantlet.Fault) {
	v.s.Refused.Refused(context.WithoutCancel(v.r.Context()), audit.Refusal{Source: v.address, Kind: f.Kind.String(), Reason: f.Stage + ": " + f.Public})
}
