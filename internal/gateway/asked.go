package gateway

import (
	"context"
	"fmt"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// checkAsked refuses a result that asks the client for what it did not declare: a
// server MUST NOT (2026-07-28, patterns/mrtr), and a client that shows it all the same
// is how people are phished.
func checkAsked(_ context.Context, x *Exchange) error {
	if x.moving.ResultType() != "input_required" {
		return nil
	}
	var offers wire.Offers // none on a stream that is resumed, for it is a legacy one
	if x.Request != nil {
		offers = x.Request.Offers(x.Request.Meta.ClientCapabilities)
	}
	for _, q := range x.moving.Questions() {
		if q.Method == "ping" || !offers.Answer(q) {
			return &mantlet.Fault{
				Kind: mantlet.Unsafe, Public: "the server asks for input that this client does not offer",
				Err: fmt.Errorf("input request %q without its capability", q.Method),
			}
		}
	}
	return nil
}

// askedTooMuch reports whether a legacy server asks what the client did not offer in
// its handshake (2025-11-25, basic/lifecycle, Capability Negotiation). Namespaces that
// are allowed by name have questions of their own.
func askedTooMuch(x *Exchange) bool {
	if x.pass.Kind != wire.Request {
		return false
	}
	_, known := wire.Lookup(x.pass.Method)
	return known && !x.Caller.Offers.Answer(x.moving.Question())
}
