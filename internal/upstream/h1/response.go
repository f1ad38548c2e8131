package h1

import (
	"context"
	"errors"
	"io"
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
	body
	c   *conn           // nil once it is gone
	ctx context.Context //nolint:containedctx // the call's, which the body is a part of
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	if err == nil || s.c == nil {
		return n, err
	}
	if !errors.Is(err, io.EOF) {
		s.err = orCause(s.ctx, err)
		err = s.err
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
		if s.err == nil {
			s.err = errClosed
		}
		return nil
	}
	s.c.still = true
	_, _ = io.CopyN(io.Discard, &s.body, maxRest) // its end is in s.err
	s.finish()
	s.err = errClosed
	return nil
}

func (s *stream) finish() {
	c := s.c
	s.c = nil
	c.release(errors.Is(s.err, io.EOF))
	s.in = nil
}
