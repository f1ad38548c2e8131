package upstream

import (
	"bytes"
	"context"
	"fmt"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// toModern carries a legacy caller's plain request to a modern server. There is
// no session upstream; each request says what the era wants to know. A server
// that needs an answer from the client cannot be carried yet and is refused.
func (s *server) toModern(ctx context.Context, c Call, emit Emit) (Reply, error) {
	if c.Op == OpListen || c.Op == OpResume {
		return Reply{}, &mantlet.Fault{Kind: mantlet.Unsupported, Public: fmt.Sprintf("server %s has no such stream", s.ID)}
	}
	if c.Op == OpClose || c.Message.Kind != wire.Request {
		return Reply{}, nil // there is no session to tell
	}
	switch m := c.Message; m.Method {
	case "initialize":
		return s.greeted(ctx, c)
	case "ping":
		reply, err := wire.NewResult(m.ID, []byte(`{}`))
		return Reply{Message: reply}, err
	default:
		if info, ok := wire.Lookup(m.Method); ok && !info.In(wire.Rev20260728) {
			return Reply{}, notSpoken(s.ID, m.Method)
		}
		return s.ask(ctx, c, emit)
	}
}

// ask sends a legacy request with what the modern era adds to it.
func (s *server) ask(ctx context.Context, c Call, emit Emit) (Reply, error) {
	m, err := s.withMeta(c.Message)
	if err != nil {
		return Reply{}, err
	}
	c.Message, c.Revision, c.Session = m, wire.Rev20260728, Session{}
	if c.Params, err = s.schemaParams(ctx, c); err != nil {
		return Reply{}, err
	}
	reply, err := s.transport.send(ctx, c, emit)
	if err != nil || reply.Message == nil {
		return reply, err
	}
	if t := reply.Message.ResultType(); t != "" && t != "complete" {
		return Reply{}, &mantlet.Fault{Kind: mantlet.Unsupported, Code: wire.CodeInvalidRequest,
			Public: fmt.Sprintf("server %s answered with %q, which the caller's revision has no words for", s.ID, mantlet.Escape(t))}
	}
	if m.Method == "tools/list" {
		s.params.learn(reply.Message, s.Limits)
	}
	reply.Status = 0
	return reply, nil
}

// modernMeta is the envelope of a request that Mantlet makes or translates: no
// client capability, so that the server asks for nothing.
func (s *server) modernMeta() []byte {
	return fmt.Appendf(nil, `"io.modelcontextprotocol/protocolVersion":%q,"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":%s`, wire.Rev20260728, s.about)
}

func (s *server) withMeta(m *wire.Message) (*wire.Message, error) {
	if !m.Meta.Span.Empty() {
		return m.Apply(insert(m, m.Meta.Span, append(s.modernMeta(), ',')), s.Limits)
	}
	path, value := []string{"params", "_meta"}, append(append([]byte{'{'}, s.modernMeta()...), '}')
	if m.Params.Empty() {
		path, value = []string{"params"}, append(append([]byte(`{"_meta":`), value...), '}')
	}
	splice, err := m.Set(path, value)
	if err != nil {
		return nil, err
	}
	return m.Apply([]wire.Splice{splice}, s.Limits)
}

// modernRequest is a request of Mantlet's own. members are those of params, each
// with its comma.
func (s *server) modernRequest(method wire.Method, members []byte) (*wire.Message, error) {
	params := append([]byte{'{'}, members...)
	params = append(append(append(params, `"_meta":{`...), s.modernMeta()...), "}}"...)
	return wire.NewRequest(newID(), method, params)
}

// greeted answers a legacy initialize from server/discover. The session that
// follows is marked as crossed.
func (s *server) greeted(ctx context.Context, c Call) (Reply, error) {
	m, err := s.modernRequest("server/discover", nil)
	if err != nil {
		return Reply{}, err
	}
	ask := c
	ask.Message, ask.Revision, ask.Session = m, wire.Rev20260728, Session{}
	found, err := s.transport.send(ctx, ask, func(Event) error { return nil })
	if err != nil {
		return Reply{}, err
	}
	if found.Message == nil || found.Message.Kind != wire.Result {
		return Reply{}, s.unavailable("did not say what it offers", nil)
	}
	reply, err := wire.NewResult(c.Message.ID, s.greeting(c, found.Message))
	return Reply{Message: reply, Session: crossed}, err
}

func (s *server) greeting(c Call, found *wire.Message) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"protocolVersion":%q,"capabilities":`, c.Revision)
	b.Write(plainCapabilities(found))
	b.WriteString(`,"serverInfo":`)
	if at, ok := found.Find("result", "_meta", "io.modelcontextprotocol/serverInfo"); ok {
		b.Write(found.At(at))
	} else {
		fmt.Fprintf(&b, `{"name":%q,"version":"unknown"}`, s.ID)
	}
	if at, ok := found.Find("result", "instructions"); ok {
		b.WriteString(`,"instructions":`)
		b.Write(found.At(at))
	}
	b.WriteByte('}')
	return b.Bytes()
}
