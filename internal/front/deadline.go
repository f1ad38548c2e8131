package front

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// within is ctx with a limit.
func (s *Server) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return s.wheel.WithTimeout(ctx, d, context.DeadlineExceeded)
}

// body reads the body within its time, so that nobody holds a connection by dripping.
// Once it is there the limit is gone: what follows may take hours. After a failure the
// connection's deadline stays, so that the server does not wait for the rest either.
func (v *visit) body(limit int64) ([]byte, error) {
	if b, ok := v.r.Body.(interface{ Arrived() bool }); ok && v.r.ContentLength >= 0 && b.Arrived() {
		return readAll(v.r.Body, v.r.ContentLength) // there is nothing to wait for, and the length was checked
	}
	var over atomic.Bool // settled by whoever comes first, the body's end or its limit
	e := v.s.wheel.After(v.s.Body, func() {
		if over.CompareAndSwap(false, true) {
			_ = http.NewResponseController(v.w).SetReadDeadline(time.Unix(1, 0)) // every connection of net/http's has one
		}
	})
	body, err := readAll(http.MaxBytesReader(v.w, v.r.Body, limit), v.r.ContentLength)
	e.Stop()
	if !over.CompareAndSwap(false, true) {
		return nil, errSlow
	}
	return body, err
}

// begin sends the status.
func (v *visit) begin(status int) {
	v.mayWrite()
	v.w.WriteHeader(status)
}

// mayWrite gives the caller its time to take what is written next. One who takes
// nothing loses the connection, and holds nobody up. A connection's deadline is moved
// only when it has come near, so that it leaves between Write and a quarter more.
func (v *visit) mayWrite() {
	now := time.Now()
	c := connOf(v.r.Context())
	if c != nil && v.r.ProtoMajor == 1 && time.Duration(c.writable.Load()-now.UnixNano()) > v.s.Write {
		return
	}
	until := now.Add(v.s.Write + v.s.Write/4)
	if http.NewResponseController(v.w).SetWriteDeadline(until) == nil && c != nil { // where it cannot be set, the call's own limit holds
		c.writable.Store(until.UnixNano())
	}
}
