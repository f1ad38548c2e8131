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
	Lookup(ctx context.Context, t mantlet.Target, shown trust.Digest) (trust.Entry, error)
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
