package gateway

import (
	"context"
	"fmt"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// inputKinds are the questions that a modern result may carry, and the capability
// with which a client declares that it answers them (2026-07-28, patterns/mrtr).
var inputKinds = map[wire.Method]string{
	"elicitation/create":     "elicitation",
	"sampling/createMessage": "sampling",
	"roots/list":             "roots",
}

// checkAsked refuses a result that asks the client for what it did not declare: a
// server MUST NOT, and a client that shows it all the same is how people are
// phished.
func checkAsked(_ context.Context, x *Exchange) error {
	asks, ok := x.moving.InputRequired()
	if !ok || x.Request == nil {
		return nil
	}
	for _, method := range asks.Requests {
		capability, known := inputKinds[method]
		if known && x.Request.Declares(capability) {
			continue
		}
		return &mantlet.Fault{
			Kind: mantlet.Unsafe, Public: "the server asks for input that this client does not offer",
			Err: fmt.Errorf("input request %q without its capability", method),
		}
	}
	return nil
}
