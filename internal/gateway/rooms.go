package gateway

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/policy"
	"github.com/mantlet-mcp/mantlet/internal/quota"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// Rooms are the doors that the corridor knocks on. Every one is required:
// turning a layer off is a different implementation with a name, never a nil.
// All are called by many goroutines at once.
type Rooms struct {
	Audit    Audit
	Quota    Quota
	Trust    Trust
	Policy   Policy
	Inspect  Inspector
	Upstream Upstream
	Meter    Meter
	Tracer   Tracer
}

// Audit writes every exchange down, before and after. See audit.Log.
type Audit interface {
	Begin(ctx context.Context, in audit.Intent) (audit.Record, error)
}

// Quota says when it is too much. release is called once, when the exchange ends.
type Quota interface {
	Take(ctx context.Context, d quota.Draw) (release func(), err error)
}

// Trust remembers what each definition looked like when it was approved.
type Trust interface {
	Lookup(ctx context.Context, t mantlet.Target, who mantlet.PrincipalKey) (trust.Entry, error)
	Observe(ctx context.Context, s mantlet.ServerID, o trust.Observation) ([]trust.Change, error)
}

// Policy says whether this principal may do this. It cannot fail, only deny.
// Filter keeps the targets, in order, that some arguments could be allowed for.
type Policy interface {
	Decide(ctx context.Context, q policy.Query) policy.Decision
	Filter(ctx context.Context, q policy.Query, t []mantlet.Target) []mantlet.Target
}

// An Inspector finds what should not pass and proposes the edit.
type Inspector interface {
	Inspect(ctx context.Context, c inspect.Content) (inspect.Report, error)
}

// Upstream delivers a message and brings back what the server says. What the
// server says before its reply goes to emit; if emit refuses, Send gives the
// call up and returns why. It keeps nothing of c after it returns.
type Upstream interface {
	Send(ctx context.Context, c upstream.Call, emit upstream.Emit) (upstream.Reply, error)
}

// A Meter counts and times. It must not block, and cannot refuse.
type Meter interface {
	Stage(name string, p Pass, took time.Duration, err error)
	Exchange(x *Exchange, took time.Duration, err error)
}

// A Tracer follows exchanges across programs (W3C Trace Context, OpenTelemetry).
// Begin opens the span of x and names the trace that the record shall show; "" for
// none. Neither may block, and neither can refuse.
type Tracer interface {
	Begin(x *Exchange) (s Span, trace string)
}

// A Span is one exchange while it is under way. It belongs to the exchange's
// goroutine, but for Call.
type Span interface {
	// Stage says that one stage is done, as Meter's does.
	Stage(name string, took time.Duration, err error)
	// Call says that x goes to its server now: what goes there with it, and what to
	// call when it is back.
	Call(x *Exchange) (wire.TraceContext, Returned)
	// End says that x is over.
	End(x *Exchange, err error)
}

// Returned says how a call to a server ended.
type Returned func(reply *wire.Message, err error)

// Untraced follows nothing. What the caller sent goes on as it came, so that
// others' traces connect through Mantlet.
type Untraced struct{}

// Begin follows nothing.
func (Untraced) Begin(x *Exchange) (Span, string) { return Untraced{}, x.Caller.Trace.TraceID() }

// Stage follows nothing.
func (Untraced) Stage(string, time.Duration, error) {}

// Call hands on what the caller sent.
func (Untraced) Call(x *Exchange) (wire.TraceContext, Returned) { return x.Caller.Trace, unheard }

// End follows nothing.
func (Untraced) End(*Exchange, error) {}

func unheard(*wire.Message, error) {}

// Unmetered counts nothing.
type Unmetered struct{}

// Stage counts nothing.
func (Unmetered) Stage(string, Pass, time.Duration, error) {}

// Exchange counts nothing.
func (Unmetered) Exchange(*Exchange, time.Duration, error) {}

func (r Rooms) validate() error {
	v := reflect.ValueOf(r)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			return fmt.Errorf("gateway: room %s is not set; name an implementation, if only a switched-off one", v.Type().Field(i).Name)
		}
	}
	return nil
}
