package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A Check lets x continue by returning nil, or refuses it. A *mantlet.Fault
// chooses the words that the caller sees; any other error is Internal. A Check
// cannot change, skip, reorder or call: it can only say no.
type Check func(ctx context.Context, x *Exchange) error

// An Edit proposes byte changes to the message that is moving, or refuses it.
// The corridor applies them and judges the result from the start.
type Edit func(ctx context.Context, x *Exchange) ([]wire.Splice, error)

// A Stage is one row of the table in order.go: a name, the passes that it
// governs, and either a Check or an Edit.
type Stage struct {
	Name  string
	On    func(Pass) bool
	Check Check
	Edit  Edit
}

// A Chain is the stages of one direction, in the order in which they run.
type Chain []Stage

var errEditTwice = errors.New("an edit was proposed to a message that had just been edited")

// run judges x's moving message. What an Edit changed is judged again by every
// stage, once; an edit proposed in that second round is a refusal. What was learned only of
// the edited message (a value in place of its token) is told to every stage in a third.
func (g *Gateway) run(ctx context.Context, c Chain, x *Exchange) error {
	again, err := g.round(ctx, c, x, true)
	for range 2 {
		if err != nil || !again {
			break
		}
		again, err = g.round(ctx, c, x, false)
	}
	return err
}

// round applies every stage that governs x's pass and stops at the first
// refusal. It is the only place that times, traces, counts, records and recovers stages.
func (g *Gateway) round(ctx context.Context, c Chain, x *Exchange, mayEdit bool) (again bool, err error) {
	facts := len(x.facts)
	x.again = !mayEdit
	start := time.Now()
	for i := range c {
		if !c[i].On(x.pass) {
			continue
		}
		splices, err := c[i].apply(ctx, x)
		if err == nil && len(splices) > 0 {
			err = g.splice(x, splices, mayEdit)
			again = true
		}
		now := time.Now()
		took := now.Sub(start)
		start = now
		x.steps = append(x.steps, audit.Step{Stage: c[i].Name, Took: took, Refused: err != nil})
		g.rooms.Meter.Stage(c[i].Name, x.pass, took, err)
		x.span.Stage(c[i].Name, took, err)
		if err != nil {
			return false, mantlet.AsFault(c[i].Name, err)
		}
	}
	return again || len(x.facts) > facts, nil
}

func (g *Gateway) splice(x *Exchange, s []wire.Splice, mayEdit bool) error {
	if !mayEdit {
		return errEditTwice
	}
	m, err := x.moving.Apply(s, g.limits)
	if err != nil {
		return fmt.Errorf("an edit made the message invalid: %w", err)
	}
	x.moving = m
	return nil
}

// apply makes a stage that panics, or that is asked after its time is up, a
// stage that refuses.
func (s *Stage) apply(ctx context.Context, x *Exchange) (splices []wire.Splice, err error) {
	defer func() {
		if r := recover(); r != nil {
			splices, err = nil, panicked("stage "+s.Name, r)
		}
	}()
	if ctx.Err() != nil {
		return nil, stopped(ctx)
	}
	if s.Edit != nil {
		return s.Edit(ctx, x)
	}
	return nil, s.Check(ctx, x)
}

// stopped says why ctx ended, in words for the caller.
func stopped(ctx context.Context) error {
	cause := context.Cause(ctx)
	if f, ok := errors.AsType[*mantlet.Fault](cause); ok {
		return f
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return &mantlet.Fault{Kind: mantlet.Unavailable, Public: "the call took longer than its limit; try again with less to do", Err: cause}
	}
	return &mantlet.Fault{Kind: mantlet.Cancelled, Public: "the call was cancelled", Err: cause}
}
