package gateway

import (
	"context"
	"errors"
	"sync"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A Halt holds the cancel cause of every exchange in flight, so that one of
// hours can be cut at once. The zero Halt is ready.
type Halt struct {
	mu     sync.Mutex
	all    map[*Exchange]context.CancelCauseFunc
	closed error // why nothing new may begin; nil while it may
	idle   chan struct{}
}

// An Underway says what an exchange in flight was when it began. The exchange itself
// changes while it is looked at.
type Underway struct {
	Principal mantlet.Principal
	Server    mantlet.ServerID
	Op        upstream.Op
	Method    wire.Method // "" where Op is not OpDeliver, and of a client's answer
}

// ErrHalted is the cause where nobody gave a better one.
var ErrHalted = errors.New("halted")

// Bind returns ctx under this halt's hand, and what to call when x is over. It
// refuses once the halt is closed.
func (h *Halt) Bind(ctx context.Context, x *Exchange) (context.Context, func(), error) {
	ctx, cancel := context.WithCancelCause(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed != nil {
		cancel(h.closed)
		return nil, nil, h.closed
	}
	if h.all == nil {
		h.all = make(map[*Exchange]context.CancelCauseFunc)
	}
	x.began = Underway{Principal: x.Caller.Principal, Server: x.Server, Op: x.Op}
	if x.Request != nil {
		x.began.Method = x.Request.Method
	}
	h.all[x] = cancel
	return ctx, func() { h.drop(x); cancel(nil) }, nil
}

func (h *Halt) drop(x *Exchange) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, x)
	if h.idle != nil && len(h.all) == 0 {
		close(h.idle)
		h.idle = nil
	}
}

// Cut ends every exchange in flight that match accepts, for cause, and says how
// many there were. It does not wait for them.
func (h *Halt) Cut(match func(Underway) bool, cause error) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for x, cancel := range h.all {
		if match(x.began) {
			cancel(cause)
			n++
		}
	}
	return n
}

// Close refuses whatever begins from now on, for cause.
func (h *Halt) Close(cause error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if cause == nil {
		cause = ErrHalted
	}
	h.closed = cause
}

// Wait returns when no exchange is in flight, or with ctx's error.
func (h *Halt) Wait(ctx context.Context) error {
	h.mu.Lock()
	if len(h.all) == 0 {
		h.mu.Unlock()
		return nil
	}
	if h.idle == nil {
		h.idle = make(chan struct{})
	}
	idle := h.idle
	h.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// InFlight is how many exchanges are under way.
func (h *Halt) InFlight() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.all)
}
