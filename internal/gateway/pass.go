package gateway

import (
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A Direction is the way a message moves. The zero Direction is none.
type Direction uint8

// In is toward the server, Back is toward the caller.
const (
	In Direction = iota + 1
	Back
)

// A Pass is one message on its way through the corridor. Stages are chosen by
// Pass and never by the request's method alone, so that a list that arrives by
// Last-Event-ID is shaped like any other.
type Pass struct {
	Direction Direction
	Op        upstream.Op
	Kind      wire.Kind   // Invalid where no message moves: a stream opens, a session closes
	Method    wire.Method // of a request or a notification
	InReplyTo wire.Method // of a result or an error
	Parent    string      // the exchange it belongs to, where a join made it
}

func (x *Exchange) inward() Pass {
	p := Pass{Direction: In, Op: x.Op, Parent: x.Parent}
	if x.Request != nil {
		p.Kind, p.Method = x.Request.Kind, x.Request.Method
	}
	return p
}

func (x *Exchange) backward(m *wire.Message, answers wire.Method) Pass {
	p := Pass{Direction: Back, Op: x.Op, Kind: m.Kind, Method: m.Method, Parent: x.Parent}
	if m.Kind == wire.Result || m.Kind == wire.Error {
		p.InReplyTo = answers
	}
	return p
}

// Governs is the method whose rules apply: the message's own, or the one it answers.
func (p Pass) Governs() wire.Method {
	if p.Method != "" {
		return p.Method
	}
	return p.InReplyTo
}

func (p Pass) recorded(m *wire.Message) audit.Message {
	d := audit.ToServer
	if p.Direction == Back {
		d = audit.ToCaller
	}
	return audit.Message{Direction: d, Kind: p.Kind.String(), Method: string(p.Governs()), Text: recorded(m)}
}
