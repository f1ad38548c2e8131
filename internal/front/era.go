package front

import (
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// paramPrefix begins the headers that mirror a tool's arguments (SEP-2243), in
// the form in which net/http keys them.
const paramPrefix = "Mcp-Param-"

// settle decides the era of m and checks what that era asks for.
func (v *visit) settle(m *wire.Message) (gateway.Caller, error) {
	v.meta = &m.Meta
	h := v.r.Header
	header := wire.Revision(h.Get("Mcp-Protocol-Version"))
	v.modern = header.Modern() || m.Meta.ProtocolVersion != "" || (header != "" && !header.Known() && h.Get("Mcp-Method") != "")
	if v.modern {
		return v.settleModern(m, header)
	}
	if err := v.strayMirrors(m); err != nil {
		return gateway.Caller{}, err
	}
	if header != "" && !header.Known() {
		return gateway.Caller{}, unsupported(header)
	}
	if m.Method == "initialize" {
		return v.opening(m)
	}
	return v.member()
}

// settleModern holds headers against body (2026-07-28, basic/transports/
// streamable-http; SEP-2243): a gateway that reads bodies is bound by it in full.
func (v *visit) settleModern(m *wire.Message, header wire.Revision) (gateway.Caller, error) {
	body := m.Meta.ProtocolVersion
	switch {
	case header == "":
		return gateway.Caller{}, mismatch("header MCP-Protocol-Version is missing; send the revision that _meta names")
	case body == "":
		return gateway.Caller{}, &mantlet.Fault{Kind: mantlet.Malformed, Code: wire.CodeInvalidParams, Stage: "front",
			Public: "params._meta lacks io.modelcontextprotocol/protocolVersion; send the revision that the header names"}
	case header != body:
		return gateway.Caller{}, mismatch("header MCP-Protocol-Version and params._meta name different revisions; send one")
	case !body.Known() || !body.Modern():
		return gateway.Caller{}, unsupported(body)
	case m.Kind == wire.Request && m.Meta.ClientCapabilities.Empty():
		return gateway.Caller{}, &mantlet.Fault{Kind: mantlet.Malformed, Code: wire.CodeInvalidParams, Stage: "front",
			Public: "params._meta lacks io.modelcontextprotocol/clientCapabilities; send {} if there are none"}
	}
	if err := v.mirrors(m); err != nil {
		return gateway.Caller{}, err
	}
	params, err := v.params()
	if err != nil {
		return gateway.Caller{}, err
	}
	c := v.caller(body)
	c.Params = params
	return c, nil
}

// strayMirrors checks modern headers on a legacy message. Nobody here trusts them
// (the body is the source of truth), but a server might: they must not lie.
func (v *visit) strayMirrors(m *wire.Message) error {
	if h := v.r.Header.Get("Mcp-Method"); h != "" && h != string(m.Method) {
		return mismatch("header Mcp-Method and the body's method differ; send one method")
	}
	raw, there := v.r.Header["Mcp-Name"]
	if !there {
		return nil
	}
	if name, err := wire.DecodeHeader(raw[0]); err != nil || name != m.Name {
		return mismatch("header Mcp-Name and the body's name differ; send one name")
	}
	return nil
}

// mirrors checks the headers that repeat the method and the name.
func (v *visit) mirrors(m *wire.Message) error {
	method := v.r.Header.Get("Mcp-Method")
	if method == "" {
		return mismatch("header Mcp-Method is missing; send the method that the body names")
	}
	if method != string(m.Method) {
		return mismatch("header Mcp-Method and the body's method differ; send one method")
	}
	info, ok := wire.Lookup(m.Method)
	if !ok || info.NameField == "" || m.Kind != wire.Request || !info.In(wire.Rev20260728) {
		return nil
	}
	raw, there := v.r.Header["Mcp-Name"]
	if !there {
		return mismatch("header Mcp-Name is missing; send the body's params." + info.NameField)
	}
	name, err := wire.DecodeHeader(raw[0])
	if err != nil {
		return mismatch("header Mcp-Name is not validly encoded; send it plain or as =?base64?...?=")
	}
	if name != m.Name {
		return mismatch(fmt.Sprintf("header Mcp-Name and the body's params.%s differ; send one name", info.NameField))
	}
	return nil
}

// params are the Mcp-Param headers. Those that nobody recognises are forwarded
// (SEP-2243), so each must at least be decodable.
func (v *visit) params() ([]upstream.Param, error) {
	var out []upstream.Param
	for name, values := range v.r.Header {
		if !strings.HasPrefix(name, paramPrefix) {
			continue
		}
		if _, err := wire.DecodeHeader(values[0]); err != nil {
			return nil, mismatch(fmt.Sprintf("header %s is not validly encoded; send it plain or as =?base64?...?=", mantlet.Escape(name)))
		}
		out = append(out, upstream.Param{Name: name, Value: values[0]})
	}
	return out, nil
}

// opening is the caller of initialize, who has no session yet.
func (v *visit) opening(m *wire.Message) (gateway.Caller, error) {
	p, err := m.InitializeParams()
	if err != nil {
		return gateway.Caller{}, &mantlet.Fault{Kind: mantlet.Malformed, Code: wire.CodeInvalidParams, Public: "the initialize request lacks what its revision asks for: " + err.Error(), Stage: "front"}
	}
	r := p.ProtocolVersion
	if !r.Known() || r.Modern() {
		r = wire.Rev20251125 // the newest with a handshake; the server makes the offer
	}
	c := v.caller(r)
	c.Session, c.Offers = upstream.Session{Nonce: rand.Text(), Lazy: v.server == mantlet.Joined}, m.Offers(p.Capabilities)
	return c, nil
}

// member is a caller inside a session.
func (v *visit) member() (gateway.Caller, error) {
	handle := v.r.Header.Get("Mcp-Session-Id")
	if handle == "" {
		return gateway.Caller{}, &mantlet.Fault{Kind: mantlet.Malformed, Stage: "front", Code: wire.CodeInvalidRequest,
			Public: "the request belongs to no session; send initialize first, then its Mcp-Session-Id with every request"}
	}
	s, err := v.s.Handles.openSession(v.who, v.server, handle)
	if err != nil {
		return gateway.Caller{}, &mantlet.Fault{Kind: mantlet.Unknown, Public: "no such session; initialize again", Stage: "front", Err: err}
	}
	s.Lazy = v.server == mantlet.Joined
	c := v.caller(s.revision)
	c.Session, c.Offers = s.Session, s.offers
	return c, nil
}

func (v *visit) caller(r wire.Revision) gateway.Caller {
	return gateway.Caller{
		Principal: v.who, Conversation: mantlet.Conversation{Principal: v.who.Key()},
		Revision: r, Transport: v.s.Transport, Address: v.address, Trace: v.trace(),
		Headless: v.s.Transport == "unix", // where `mantlet wrap` brings what came over stdio
	}
}

// trace is where the caller's trace stands: what the message's _meta says (SEP-414;
// the body is the source of truth), else the headers. Two traceparents are none.
func (v *visit) trace() wire.TraceContext {
	if v.meta != nil && v.meta.Traceparent != "" {
		return wire.ReadTrace(v.meta.Traceparent, v.meta.Tracestate)
	}
	if parent := v.r.Header["Traceparent"]; len(parent) == 1 {
		return wire.ReadTrace(parent[0], strings.Join(v.r.Header["Tracestate"], ","))
	}
	return wire.TraceContext{}
}

func mismatch(words string) error {
	return &mantlet.Fault{Kind: mantlet.Mismatched, Code: wire.CodeHeaderMismatch, Public: words, Stage: "front"}
}

// unsupported answers with what is served here (2026-07-28, basic/versioning).
func unsupported(asked wire.Revision) error {
	var b strings.Builder
	b.WriteString(`{"supported":[`)
	for i, r := range wire.Revisions {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(wire.Quote(string(r)))
	}
	b.WriteString(`],"requested":`)
	b.Write(wire.Quote(string(asked)))
	b.WriteByte('}')
	return &mantlet.Fault{Kind: mantlet.Unsupported, Code: wire.CodeUnsupportedVersion, Data: []byte(b.String()),
		Public: "this protocol revision is not served here; use one of error.data.supported", Stage: "front"}
}
