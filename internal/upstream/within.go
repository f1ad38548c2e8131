package upstream

import (
	"context"
	"errors"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/wire"
)

const (
	maxResumes  = 1000             // of one request's stream: a server may poll for hours
	maxFailed   = 3                // resumes in a row that bring nothing, before the stream is given up
	resumeWait  = time.Second      // where the server names no pause (SEP-1699)
	maxResume   = 30 * time.Second // the longest pause that a server may ask for
	abandonWait = 2 * time.Second  // to tell a server that nobody waits any more
)

// An errand is one call in a session that Mantlet opened itself. There Mantlet is the
// client: it comes back to a stream that broke, and says when nobody waits any more.
type errand struct {
	s     *server
	call  Call  // under Mantlet's own names
	alias alias // zero where the call is no request
	emit  Emit

	last  string        // the event to go on from; "" for none
	pause time.Duration // that the server asked for
	reply *wire.Message // came on a resumed stream
	quit  bool          // the caller takes no more
}

var errReplied = errors.New("the reply came on a resumed stream")

// within sends c in l under names of Mantlet's own and gives what comes back the
// caller's. The progress tokens are Mantlet's too: callers who share the session
// may have chosen the same.
func (s *server) within(ctx context.Context, l *lazySession, c Call, emit Emit) (Reply, error) {
	c.Leaves = c.Revision.Modern() // a modern caller who goes away has cancelled
	c.Session, c.Revision = l.session, l.rev
	e := &errand{s: s, call: c, emit: emit, pause: resumeWait}
	var err error
	if c.Message != nil && c.Message.Method == "notifications/cancelled" {
		if c.Message, err = l.cancelled(c.Message, s.Limits); c.Message == nil || err != nil {
			return Reply{}, err
		}
	}
	if c.Message == nil || c.Message.Kind != wire.Request {
		return s.transport.send(ctx, c, e.heard)
	}
	if e.alias, e.call.Message, err = aliased(c.Message, true, s.Limits); err != nil {
		return Reply{}, err
	}
	l.began(e.alias)
	defer l.ended(e.alias)
	reply, err := e.run(ctx)
	if gone := ctx.Err() != nil || e.quit; err != nil && gone && s.HTTP != nil && (c.Leaves || late(ctx)) {
		s.abandon(ctx, e.call)
	}
	return reply, err
}

// run sends the request and comes back to its stream for as long as the server lets it
// break off before the reply (2025-11-25, basic/transports, Resumability).
func (e *errand) run(ctx context.Context) (Reply, error) {
	reply, err := e.s.transport.send(ctx, e.call, e.heard)
	failed := 0
	for n := 0; n < maxResumes && broke(reply, err) && e.last != "" && failed < maxFailed; n++ {
		if err := pause(ctx, e.pause); err != nil {
			return Reply{}, err
		}
		again := e.call
		again.Op, again.Message, again.LastEventID = OpResume, nil, e.last
		before := e.last
		_, err := e.s.transport.send(ctx, again, e.resumed)
		switch {
		case e.reply != nil:
			return Reply{Message: e.reply}, nil
		case ctx.Err() != nil || e.quit:
			return Reply{}, err
		case err != nil || e.last == before:
			failed++
		default:
			failed = 0
		}
	}
	switch {
	case broke(reply, err):
		return Reply{}, e.s.unavailable("broke its answer off", nil)
	case err != nil || reply.Message == nil:
		return reply, err
	}
	reply.Message, err = e.alias.restored(reply.Message, e.s.Limits)
	return reply, err
}

// broke reports whether a legacy stream ended before its reply.
func broke(r Reply, err error) bool { return err == nil && r.Message == nil && r.Streamed }

// heard hands on what comes before the reply.
func (e *errand) heard(v Event) error {
	if v.ID != "" {
		e.last = v.ID
	}
	if v.Retry > 0 {
		e.pause = min(time.Duration(v.Retry)*time.Millisecond, maxResume)
	}
	if v.Message != nil && e.alias != (alias{}) {
		m, err := e.alias.restored(v.Message, e.s.Limits)
		if err != nil {
			return err
		}
		v.Message = m
	}
	err := e.emit(v)
	e.quit = e.quit || err != nil
	return err
}

// resumed is heard for a stream that goes on: the reply is one message of it.
func (e *errand) resumed(v Event) error {
	if v.Message == nil || v.Message.Kind != wire.Result && v.Message.Kind != wire.Error {
		return e.heard(v)
	}
	if v.Message.ID != e.alias.own {
		return nil // another request's, or nobody's
	}
	m, err := e.alias.restored(v.Message, e.s.Limits)
	if err == nil {
		e.reply, err = m, errReplied
	}
	return err
}

// late reports whether ctx ended because a limit has passed.
func late(ctx context.Context) bool {
	return errors.Is(context.Cause(ctx), context.DeadlineExceeded)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// abandon tells a legacy server that nobody waits for the request any more
// (2025-11-25, basic/utilities/cancellation). To go away does not say it there.
func (s *server) abandon(ctx context.Context, c Call) {
	m, err := wire.NewNotification("notifications/cancelled", append(append([]byte(`{"requestId":`), c.Message.ID...), '}'))
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonWait)
	defer cancel()
	c.Message, c.Params = m, nil
	_, _ = s.transport.send(ctx, c, func(Event) error { return nil }) // a server that does not take it goes on for nobody
}
