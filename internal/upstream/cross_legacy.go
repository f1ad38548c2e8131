package upstream

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// toLegacy carries a modern caller's plain request to a legacy server, in a
// session of the caller's principal. The server is told of no client capability,
// so that it asks nothing; what cannot be carried is refused, never faked.
func (s *server) toLegacy(ctx context.Context, c Call, emit Emit) (Reply, error) {
	m := c.Message
	if c.Op != OpDeliver || m.Kind != wire.Request {
		return Reply{}, nil // a modern notification has nothing to tell a legacy session
	}
	if m.Method == "server/discover" {
		return s.discovered(ctx, c)
	}
	if info, ok := wire.Lookup(m.Method); ok && !info.In(wire.Rev20251125) {
		return Reply{}, notSpoken(s.ID, m.Method)
	}
	stripped, err := m.Apply(withoutModernMeta(m), s.Limits)
	if err != nil {
		return Reply{}, err
	}
	c.Message, c.Params = stripped, nil
	reply, err := s.inLazy(ctx, c, quiet(m, emit))
	if err != nil || reply.Message == nil {
		return reply, err
	}
	reply.Message, err = s.modernised(reply.Message, m.Method)
	reply.Status = 0                                          // the legacy status says nothing in this era
	reply.Streamed, reply.EventID, reply.Retry = false, "", 0 // nor does the form: there is no resumption
	return reply, err
}

func notSpoken(s mantlet.ServerID, m wire.Method) error {
	return &mantlet.Fault{Kind: mantlet.Unsupported, Code: wire.CodeMethodNotFound,
		Public: fmt.Sprintf("server %s speaks another revision of the protocol, which has no %s", s, mantlet.Escape(string(m)))}
}

// modernKeys are the members of _meta that carry the modern era's envelope.
var modernKeys = []string{
	"io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities",
	"io.modelcontextprotocol/clientInfo", "io.modelcontextprotocol/logLevel",
}

// withoutModernMeta rebuilds _meta from the exact bytes of what stays in it.
func withoutModernMeta(m *wire.Message) []wire.Splice {
	if m.Meta.Span.Empty() {
		return nil
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for key, value := range m.Members(m.Meta.Span) {
		if slices.Contains(modernKeys, key) {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(wire.Quote(key))
		b.WriteByte(':')
		b.Write(m.At(value))
	}
	b.WriteByte('}')
	if b.Len() == 2 {
		if s, ok := m.Delete("params", "_meta"); ok {
			return []wire.Splice{s}
		}
	}
	return []wire.Splice{{Start: m.Meta.Span.Start, End: m.Meta.Span.End, With: b.Bytes()}}
}

// quiet keeps log messages from a caller who asked for none (2026-07-28: without
// logLevel a server must not send them).
func quiet(m *wire.Message, emit Emit) Emit {
	if m.Meta.LogLevel != "" {
		return emit
	}
	return func(e Event) error {
		if e.Message != nil && e.Message.Method == "notifications/message" {
			return nil
		}
		e.ID = "" // the modern era has no resumption
		return emit(e)
	}
}

// modernised gives a legacy reply what the modern era requires of every reply: a
// result type, and for lists and reads that nothing may be cached.
func (s *server) modernised(m *wire.Message, method wire.Method) (*wire.Message, error) {
	if m.Kind == wire.Error {
		return s.modernError(m)
	}
	var b bytes.Buffer
	var splices []wire.Splice
	if _, ok := m.Find("result", "resultType"); !ok {
		b.WriteString(`"resultType":"complete",`)
	}
	info, _ := wire.Lookup(method)
	if info.List || method == "resources/read" {
		if _, ok := m.Find("result", "ttlMs"); !ok {
			b.WriteString(`"ttlMs":0,`)
		}
		if at, ok := m.Find("result", "cacheScope"); ok {
			splices = append(splices, wire.Splice{Start: at.Start, End: at.End, With: privately})
		} else {
			b.WriteString(`"cacheScope":"private",`)
		}
	}
	return m.Apply(append(splices, insert(m, m.Result, b.Bytes())...), s.Limits)
}

// insert puts members, each with its comma, first into the object at span.
func insert(m *wire.Message, span wire.Span, members []byte) []wire.Splice {
	if len(members) == 0 {
		return nil
	}
	empty := true
	for range m.Members(span) {
		empty = false
		break
	}
	if empty {
		members = bytes.TrimSuffix(members, []byte{','})
	}
	return []wire.Splice{{Start: span.Start + 1, End: span.Start + 1, With: members}}
}

// modernError renames the one code that the modern era gave up (-32002).
func (s *server) modernError(m *wire.Message) (*wire.Message, error) {
	if code, _, _ := m.RPCError(); code != wire.CodeResourceNotFound {
		return m, nil
	}
	at, ok := m.Find("error", "code")
	if !ok {
		return m, nil
	}
	return m.Apply([]wire.Splice{{Start: at.Start, End: at.End, With: []byte("-32602")}}, s.Limits)
}

// discovered answers server/discover from the handshake.
func (s *server) discovered(ctx context.Context, c Call) (Reply, error) {
	l, err := s.session(ctx, c)
	if err != nil {
		return Reply{}, err
	}
	m := l.result
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"resultType":"complete","supportedVersions":[%q],"capabilities":`, wire.Rev20260728)
	b.Write(plainCapabilities(m))
	if at, ok := m.Find("result", "instructions"); ok {
		b.WriteString(`,"instructions":`)
		b.Write(m.At(at))
	}
	b.WriteString(`,"ttlMs":0,"cacheScope":"private"`)
	if at, ok := m.Find("result", "serverInfo"); ok {
		b.WriteString(`,"_meta":{"io.modelcontextprotocol/serverInfo":`)
		b.Write(m.At(at))
		b.WriteByte('}')
	}
	b.WriteByte('}')
	reply, err := wire.NewResult(c.Message.ID, b.Bytes())
	return Reply{Message: reply}, err
}

// plainCapabilities are those that plain requests serve. What needs a session, a
// subscription or a question is not offered until a bridge carries it.
func plainCapabilities(m *wire.Message) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, name := range []string{"tools", "prompts", "resources", "completions"} {
		if _, ok := m.Find("result", "capabilities", name); ok {
			if b.Len() > 1 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%q:{}", name)
		}
	}
	b.WriteByte('}')
	return b.Bytes()
}
