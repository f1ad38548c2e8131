package h1

import (
	"bufio"
	"errors"
	"io"
)

var (
	errChunk   = errors.New("h1: a chunk of the response is malformed")
	errTrailer = errors.New("h1: the response's trailer is longer than its limit")
)

const (
	maxTrailer = 4 << 10 // bytes
	maxSize    = 8       // hexadecimal digits of a chunk's size
)

// A body reads a response's body by its framing and nothing beyond it. It hands on
// what has arrived and waits for no more.
type body struct {
	in      *bufio.Reader
	left    int64 // of the body, or of this chunk; -1: up to the connection's end
	chunked bool
	inside  bool  // a chunk was begun, whose CRLF is due
	err     error // io.EOF once the whole body was read
}

func newBody(in *bufio.Reader, h head) body {
	b := body{in: in, left: h.length, chunked: h.chunked}
	switch {
	case h.chunked:
		b.left = 0
	case h.length == 0:
		b.err = io.EOF
	}
	return b
}

// Read implements io.Reader. The body's last byte comes with io.EOF where its
// length is known.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if b.chunked && b.left == 0 {
		if b.err = b.nextChunk(); b.err != nil {
			return 0, b.err
		}
	}
	if b.left < 0 {
		n, err := b.in.Read(p)
		b.err = err
		return n, err
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case err != nil:
		b.err = cutOff(err)
	case b.left == 0 && !b.chunked:
		b.err = io.EOF
	}
	return n, b.err
}

// nextChunk reads the end of the last chunk and the size of the next: one to eight
// hexadecimal digits and CRLF (RFC 9112, section 7.1). A chunk extension is
// refused: none has a meaning, and readers have differed on where one ends. After
// the last chunk it reads the trailer, which nobody asked for, and returns io.EOF.
func (b *body) nextChunk() error {
	l := lines{in: b.in, bytes: maxTrailer, count: maxFields}
	if b.inside {
		end, err := l.next()
		if err != nil {
			return chunkError(err)
		}
		if len(end) != 0 {
			return errChunk
		}
	}
	line, err := l.next()
	if err != nil {
		return chunkError(err)
	}
	if b.left, err = parseSize(line); err != nil {
		return err
	}
	if b.inside = true; b.left > 0 {
		return nil
	}
	if err := l.fields(func(_, _ []byte) error { return nil }); err != nil {
		if errors.Is(err, errHeadSize) {
			return errTrailer
		}
		return err
	}
	return io.EOF
}

func chunkError(err error) error {
	if errors.Is(err, errHeadSize) || errors.Is(err, errLine) {
		return errChunk
	}
	return cutOff(err)
}

func parseSize(line []byte) (int64, error) {
	if len(line) == 0 || len(line) > maxSize {
		return 0, errChunk
	}
	var n int64
	for _, c := range line {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, errChunk
		}
		n = n<<4 | int64(c)
	}
	return n, nil
}
