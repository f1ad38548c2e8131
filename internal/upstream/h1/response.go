package h1

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/http1"
)

// A Response is a final response. Of its header fields there is what MCP over HTTP
// acts on, "" where it is absent.
type Response struct {
	Status          int
	Length          int64 // of the body; 0 for none, -1 where it was not announced
	ContentType     string
	ContentEncoding string
	Session         string        // Mcp-Session-Id
	Body            io.ReadCloser // never nil; for one goroutine

	stream stream
}

// A stream is a response's body on its connection, which goes back to the pool with
// the body's last byte.
type stream struct {
	http1.Body

	c   *conn           // nil once it is gone
	ctx context.Context //nolint:containedctx // the call's, which the body is a part of
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.Body.Read(p)
	if err == nil || s.c == nil {
		return n, err
	}
	if !errors.Is(err, io.EOF) {
		err = orCause(s.ctx, err)
		s.Fail(err)
	}
	s.finish()
	return n, err
}

var errClosed = errors.New("h1: the body is closed")

// maxRest is how much of an unread body is read to keep its connection.
const maxRest = 4 << 10

// Close implements io.Closer. What has arrived of a short rest is read; where more
// would have to be waited for, the connection is closed.
func (s *stream) Close() error {
	if s.c == nil {
		if s.Err() == nil {
			s.Fail(errClosed)
		}
		return nil
	}
	s.c.still = true
	_, _ = io.CopyN(io.Discard, &s.Body, maxRest) // its end is in s.Err
	s.finish()
	s.Fail(errClosed)
	return nil
}

// lingerFor is how long the end of a body may take to arrive.
const lingerFor = 200 * time.Millisecond

// Finish is Close for a response of which everything was had but its end, as of an
// event stream after the reply. The end is on its way: it is waited for beside, for
// 200 ms and 4 KiB, so that the connection can serve again. The call's context means
// nothing to it any more.
func (r *Response) Finish() {
	s := &r.stream
	if s.c == nil || r.Body != io.ReadCloser(s) {
		_ = r.Body.Close() // nothing is to be done about a failure
		return
	}
	if c := s.c; c.unwind != nil && !c.unwind() {
		s.finish() // severed already
		return
	}
	s.c.unwind = nil
	s.ctx = context.Background()
	go s.linger()
}

func (s *stream) linger() {
	s.c.until = time.Time{}
	if s.c.nc.SetReadDeadline(time.Now().Add(lingerFor)) == nil {
		_, _ = io.CopyN(io.Discard, &s.Body, maxRest) // its end is in s.Err
	}
	s.finish()
}

func (s *stream) finish() {
	c := s.c
	s.c = nil
	err := s.Err()
	c.release(errors.Is(err, io.EOF))
	s.Fail(err)
}
