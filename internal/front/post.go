package front

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// post carries one message, or a batch where the session's revision has them.
func (v *visit) post() {
	body, err := v.read()
	if err != nil {
		v.refuse(err)
		return
	}
	messages, batch, err := wire.DecodeBatch(body, v.s.Limits)
	if err != nil {
		if d, ok := errors.AsType[*wire.DecodeError](err); ok {
			v.request = d.ID
		}
		v.refuse(undecodable(err))
		return
	}
	if batch {
		v.batch(messages)
		return
	}
	m := messages[0]
	v.request = m.ID
	c, err := v.settle(m)
	if err != nil {
		v.refuse(err)
		return
	}
	v.exchange(m, c)
}

// read takes the whole body: nothing is forwarded before all of it was judged.
func (v *visit) read() ([]byte, error) {
	if !isJSON(v.r.Header.Get("Content-Type")) {
		return nil, &mantlet.Fault{Kind: mantlet.Malformed, Public: "the Content-Type must be application/json", Stage: "front", Err: errMediaType}
	}
	if e := v.r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, &mantlet.Fault{Kind: mantlet.Malformed, Public: "compressed requests are not served; send the body as it is", Stage: "front", Err: errMediaType}
	}
	if !v.accepts("application/json") || !v.accepts("text/event-stream") {
		return nil, &mantlet.Fault{Kind: mantlet.Malformed, Public: "the Accept header must list application/json and text/event-stream", Stage: "front", Err: errNotAcceptable}
	}
	limit := int64(v.s.Limits.Bytes)
	if v.r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	body, err := v.body(limit)
	if errors.Is(err, errSlow) {
		return nil, &mantlet.Fault{Kind: mantlet.Malformed, Public: fmt.Sprintf("the body did not arrive within %s; send it at once", v.s.Body), Stage: "front", Err: errSlow}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge(limit)
	}
	if err != nil {
		return nil, &mantlet.Fault{Kind: mantlet.Malformed, Public: "the body ended early; send the whole message", Stage: "front", Err: err}
	}
	return body, nil
}

func isJSON(contentType string) bool {
	if contentType == jsonType[0] {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == jsonType[0]
}

// The HTTP statuses that only the front knows.
var (
	errSlow          = errors.New("request timeout")
	errMediaType     = errors.New("unsupported media type")
	errNotAcceptable = errors.New("not acceptable")
)

// readAll reads into one buffer of the announced size where one is announced.
func readAll(r io.Reader, announced int64) ([]byte, error) {
	if announced < 0 {
		return io.ReadAll(r)
	}
	b := make([]byte, announced)
	_, err := io.ReadFull(r, b)
	return b, err
}

func tooLarge(limit int64) error {
	return &mantlet.Fault{Kind: mantlet.TooLarge, Public: fmt.Sprintf("the message is larger than %d bytes; send less at once", limit), Stage: "front"}
}

func (v *visit) accepts(kind string) bool {
	for _, h := range v.r.Header["Accept"] {
		if strings.Contains(h, kind) || strings.Contains(h, "*/*") {
			return true
		}
		if class, _, _ := strings.Cut(kind, "/"); strings.Contains(h, class+"/*") {
			return true
		}
	}
	return false
}

func undecodable(err error) error {
	d, ok := errors.AsType[*wire.DecodeError](err)
	if !ok {
		return err
	}
	kind := mantlet.Malformed
	if d.TooLarge {
		kind = mantlet.TooLarge
	}
	return &mantlet.Fault{Kind: kind, Code: d.Code, Public: d.Error(), Stage: "front"}
}

// exchange walks m down the corridor and writes what comes back.
func (v *visit) exchange(m *wire.Message, c gateway.Caller) {
	limit := v.s.Call
	if m.Method == "subscriptions/listen" {
		limit = v.s.Stream
	}
	ctx, cancel := v.s.within(v.r.Context(), limit)
	defer cancel()
	out := v.open(m, c)
	defer out.close()
	x := &gateway.Exchange{ID: v.id, Caller: c, Server: v.server, Op: upstream.OpDeliver, Request: m, Emit: out.emit}
	reply, err := v.carry(ctx, x)
	if err != nil {
		out.fail(m, mantlet.AsFault("gateway", err))
		return
	}
	if m.Method == "initialize" && reply.Message != nil && reply.Message.Kind == wire.Result {
		if err := v.session(reply, c); err != nil {
			out.fail(m, mantlet.AsFault("front", err))
			return
		}
	}
	out.finish(reply)
	if reply.Done != nil {
		reply.Done()
	}
}

// session gives the client the sealed handle of the session that it just opened.
func (v *visit) session(reply upstream.Reply, c gateway.Caller) error {
	result, err := reply.Message.InitializeResult()
	if err != nil {
		return fmt.Errorf("the server's initialize result cannot be read: %w", err)
	}
	if !result.ProtocolVersion.Known() || result.ProtocolVersion.Modern() {
		return &mantlet.Fault{Kind: mantlet.Unavailable, Public: "the server speaks a protocol revision that is not known here"}
	}
	c.Session.Upstream = reply.Session
	handle, err := v.s.Handles.sealSession(v.who, v.server, sealed{result.ProtocolVersion, c.Offers, c.Session})
	if err != nil {
		return err
	}
	v.w.Header().Set("Mcp-Session-Id", handle)
	return nil
}
