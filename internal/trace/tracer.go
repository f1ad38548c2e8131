package trace

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A Tracer makes the spans of one configuration. It implements gateway.Tracer.
type Tracer struct {
	out        *Exporter
	limit      uint64 // of the dice: below it an exchange is sampled
	always     bool
	transports map[mantlet.ServerID][]attr
}

// New returns a Tracer of the exchanges that sample, 0 to 1, chooses, which hands
// its spans to out. remote are the servers that are spoken to over HTTP; all others
// are processes.
func New(out *Exporter, sample float64, servers []mantlet.ServerID, remote func(mantlet.ServerID) bool) *Tracer {
	t := &Tracer{out: out, always: sample >= 1, transports: make(map[mantlet.ServerID][]attr)}
	if sample > 0 && !t.always {
		t.limit = uint64(sample * (1 << 63))
	}
	for _, id := range servers {
		if t.transports[id] = []attr{{"network.transport", "pipe"}}; remote(id) {
			t.transports[id] = []attr{{"network.transport", "tcp"}, {"network.protocol.name", "http"}}
		}
	}
	return t
}

// Begin opens the span of x, below the caller's where it names one. An exchange
// that is not sampled is as one that nobody traces: the caller's own context goes
// on to the server. The parts of a joined exchange go with the whole.
func (t *Tracer) Begin(x *gateway.Exchange) (gateway.Span, string) {
	above, part := x.Above().(*running)
	if x.Above() != nil && !part || x.Above() == nil && !t.chosen() {
		return gateway.Untraced{}.Begin(x)
	}
	r := &running{t: t, state: x.Caller.Trace.State}
	r.span = span{id: newSpanID(), kind: kindServer, name: title(x), begun: time.Now(), attrs: about(x)}
	r.attrs = append(r.attrs, transports[x.Caller.Transport]...)
	switch {
	case part:
		r.trace, r.parent = above.trace, above.id
	case x.Caller.Trace.Parent != "":
		r.remote = true
		_, _ = hex.Decode(r.trace[:], []byte(x.Caller.Trace.TraceID())) // wire.ReadTrace holds that it is hex
		_, _ = hex.Decode(r.parent[:], []byte(x.Caller.Trace.SpanID()))
	default:
		r.trace = newTraceID()
	}
	return r, hex.EncodeToString(r.trace[:])
}

// chosen throws the dice. They are not the trace's id, which the caller may choose.
func (t *Tracer) chosen() bool {
	if t.always {
		return true
	}
	var b [8]byte
	random(b[:])
	return binary.BigEndian.Uint64(b[:])>>1 < t.limit
}

func newTraceID() (id [16]byte) {
	random(id[:])
	return id
}

func newSpanID() (id [8]byte) {
	random(id[:])
	return id
}

// random fills b, never with zeros alone, which would be no id.
func random(b []byte) {
	_, _ = rand.Read(b) // does not fail: crypto/rand ends the process first
	b[len(b)-1] |= 1
}

// transports are how callers come in.
var transports = map[string][]attr{
	"http":  {{"network.transport", "tcp"}, {"network.protocol.name", "http"}},
	"unix":  {{"network.transport", "unix"}, {"network.protocol.name", "http"}},
	"stdio": {{"network.transport", "pipe"}},
}

// method is one that the code or the protocol names, never a caller's word.
func method(x *gateway.Exchange) string {
	if x.Request == nil {
		return "session/" + x.Op.String()
	}
	if x.Request.Kind == wire.Result || x.Request.Kind == wire.Error {
		return "_OTHER"
	}
	if _, ok := wire.Lookup(x.Request.Method); !ok {
		return "_OTHER"
	}
	return string(x.Request.Method)
}

// title is the span's name: the method, and the tool or prompt.
func title(x *gateway.Exchange) string {
	if _, name := target(x); name != "" {
		return method(x) + " " + name
	}
	return method(x)
}

// target is the tool or prompt that x names, and the attribute that says so. A
// resource's URI may hold a secret and is left out.
func target(x *gateway.Exchange) (key, name string) {
	switch x.Target().Kind {
	case mantlet.KindTool:
		key = "gen_ai.tool.name"
	case mantlet.KindPrompt:
		key = "gen_ai.prompt.name"
	default:
		return "", ""
	}
	name = x.Target().Name
	if len(name) > maxName {
		name = name[:maxName]
	}
	if name = mantlet.Escape(strings.ToValidUTF8(name, "\ufffd")); len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "")
	}
	return key, name
}

// about is what every span of x says.
func about(x *gateway.Exchange) []attr {
	all := make([]attr, 0, 12)
	all = append(all, attr{"mantlet.exchange.id", x.ID}, attr{"mantlet.server", string(x.Server)},
		attr{"mcp.method.name", method(x)}, attr{"rpc.system.name", "jsonrpc"}, attr{"mcp.protocol.version", string(x.Caller.Revision)})
	if key, name := target(x); name != "" {
		all = append(all, attr{key, name})
		if key == "gen_ai.tool.name" {
			all = append(all, attr{"gen_ai.operation.name", "execute_tool"})
		}
	}
	return all
}
