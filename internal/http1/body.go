package http1

import (
	"bufio"
	"errors"
	"io"
)

// What is wrong with a body.
var (
	ErrChunk   = errors.New("http1: a chunk of the body is malformed")
	ErrTrailer = errors.New("http1: the trailer is longer than its limit")
)

const (
	maxTrailer = 4 << 10 // bytes
	maxFields  = 128     // of a trailer
	maxSize    = 8       // hexadecimal digits of a chunk's size
)

// A Body reads a body by its framing and nothing beyond it. It hands on what has
// arrived and waits for no more. The zero Body cannot be read.
type Body struct {
	in      *bufio.Reader
	left    int64 // of the body, or of this chunk; -1: up to the connection's end
	chunked bool
	inside  bool  // a chunk was begun, whose CRLF is due
	err     error // io.EOF once the whole body was read
}

// NewBody returns the body that follows in in. Without a length it goes up to the end.
func NewBody(in *bufio.Reader, f Framing) Body {
	b := Body{in: in, left: f.Length, chunked: f.Chunked}
	switch {
	case f.Chunked:
		b.left = 0
	case f.Length == 0:
		b.err = io.EOF
	}
	return b
}

// Err is how the body ended: io.EOF once all of it was read, nil while there is more.
func (b *Body) Err() error { return b.err }

// Fail ends the body with err, and lets go of its reader.
func (b *Body) Fail(err error) { b.err, b.in = err, nil }

// Buffered reports whether what is left of a body of known length has arrived.
func (b *Body) Buffered() bool {
	return !b.chunked && b.left >= 0 && b.left <= int64(b.in.Buffered())
}

// Read implements io.Reader. The body's last byte comes with io.EOF where its
// length is known.
func (b *Body) Read(p []byte) (int, error) {
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
		b.err = CutOff(err)
	case b.left == 0 && !b.chunked:
		b.err = io.EOF
	}
	return n, b.err
}

// nextChunk reads the end of the last chunk and the size of the next: one to eight
// hexadecimal digits and CRLF (RFC 9112, section 7.1). A chunk extension is
// refused: none has a meaning, and readers have differed on where one ends. After
// the last chunk it reads the trailer, which nobody asked for, and returns io.EOF.
func (b *Body) nextChunk() error {
	l := Lines{In: b.in, Bytes: maxTrailer, Count: maxFields}
	if b.inside {
		end, err := l.Next()
		if err != nil {
			return chunkError(err)
		}
		if len(end) != 0 {
			return ErrChunk
		}
	}
	line, err := l.Next()
	if err != nil {
		return chunkError(err)
	}
	if b.left, err = parseSize(line); err != nil {
		return err
	}
	if b.inside = true; b.left > 0 {
		return nil
	}
	if err := l.Fields(func(_, _ []byte) error { return nil }); err != nil {
		if errors.Is(err, ErrHeadSize) {
			return ErrTrailer
		}
		return err
	}
	return io.EOF
}

func chunkError(err error) error {
	if errors.Is(err, ErrHeadSize) || errors.Is(err, ErrLine) {
		return ErrChunk
	}
	return CutOff(err)
}

func parseSize(line []byte) (int64, error) {
	if len(line) == 0 || len(line) > maxSize {
		return 0, ErrChunk
	}
	var n int64
	for _, c := range line {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, ErrChunk
		}
		n = n<<4 | int64(c)
	}
	return n, nil
}
