package gateway

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

var (
	errNobody    = errors.New("an exchange without a principal, a server or an id reached the corridor")
	errNoMessage = errors.New("a delivery without a message reached the corridor")
)

// complete refuses an exchange that the front left half-made.
func (x *Exchange) complete() error {
	switch {
	case x.ID == "", x.Server == "", x.Caller.Principal.IsZero(), x.Caller.Conversation.IsZero(), x.Op == upstream.OpNone:
		return errNobody
	case (x.Op == upstream.OpDeliver) != (x.Request != nil):
		return errNoMessage
	}
	x.target = x.aim()
	return nil
}

// outcome says how x ended, for the record.
func (x *Exchange) outcome(err error) audit.Outcome {
	o := audit.Outcome{Verdict: audit.Allowed, Steps: x.steps, Findings: x.findings}
	if x.reply.Message != nil {
		o.Reply = recorded(x.reply.Message)
		if x.reply.Message.Kind == wire.Error {
			o.Kind = "upstream_error"
		}
	}
	if err == nil {
		return o
	}
	f := mantlet.AsFault("gateway", err)
	o.Verdict, o.Stage, o.Kind, o.Reason, o.Reply = verdict(f.Kind), f.Stage, f.Kind.String(), f.Error(), audit.Text{}
	return o
}

// recorded is m as the record needs it. The digest is of what m says: of the
// arguments, of the result, and not of the id.
func recorded(m *wire.Message) audit.Text {
	at := body(m)
	if arguments, ok := m.Find("params", "arguments"); ok {
		at = arguments
	}
	return audit.Text{Message: m.Bytes(), Content: m.At(at), Known: m.Memo()}
}

func verdict(k mantlet.FaultKind) audit.Verdict {
	switch k {
	case mantlet.Internal, mantlet.Unavailable, mantlet.Cancelled:
		return audit.Errored
	case mantlet.Deferred:
		return audit.Deferred
	default:
		return audit.Denied
	}
}

// panicked is a panic as an error, with the places that it came through: when it is
// read nothing else can tell them. It is called by the deferred function that recovered.
func panicked(where string, what any) error {
	var at strings.Builder
	calls := make([]uintptr, 12)
	frames := runtime.CallersFrames(calls[:runtime.Callers(3, calls)])
	for more := true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); !strings.HasPrefix(f.Function, "runtime.") {
			fmt.Fprintf(&at, " %s:%d", path.Base(f.File), f.Line)
		}
	}
	return fmt.Errorf("panic in %s: %v, at%s", where, what, at.String())
}
