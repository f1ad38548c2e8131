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
	if x.Request == nil || x.moving.ResultType() != "input_required" {
		return nil
	}
	for _, q := range x.moving.Questions() {
		if !offered(x.Request, q) {
			return &mantlet.Fault{
				Kind: mantlet.Unsafe, Public: "the server asks for input that this client does not offer",
				Err: fmt.Errorf("input request %q without its capability", q.Method),
			}
		}
	}
	return nil
}

// offered reports whether the caller declared that it answers such a question, with
// the part of the capability that this very question needs (2026-07-28, schema,
// ClientCapabilities). An elicitation capability without parts means forms.
func offered(request *wire.Message, q wire.Question) bool {
	switch q.Method {
	case "elicitation/create":
		mode := q.Elicitation().Mode
		if mode == "form" && !declares(request, "elicitation", "url") {
			return declares(request, "elicitation")
		}
		return (mode == "form" || mode == "url") && declares(request, "elicitation", mode)
	case "sampling/createMessage":
		return declares(request, "sampling") && (q.Sampling().Tools.Empty() || declares(request, "sampling", "tools"))
	case "roots/list":
		return declares(request, "roots")
	default:
		return false
	}
}

func declares(request *wire.Message, capability ...string) bool {
	at, ok := request.Find(append([]string{"params", "_meta", "io.modelcontextprotocol/clientCapabilities"}, capability...)...)
	return ok && request.At(at)[0] == '{'
}
