// Package sse reads and writes event streams (WHATWG HTML, section 9.2) event by
// event: a relay hands each one on as it comes and holds none for more.
//
// The question: where does one event end, before any more of the stream is waited for?
// The threats (B06, B09): a stream that never ends a line, an event without bound, a
// field that carries a line break into the next. The control: C005. It trusts no byte
// of a stream; what is in an event is for others to judge. When a stream breaks a
// limit, reading ends with an error and what was read of the event is gone.
package sse

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

// An Event is one event, or a comment, or the id alone that SEP-1699 calls
// priming.
type Event struct {
	ID        string
	HasID     bool
	Name      string // the event field; "" means message
	Data      []byte // nil where the event has no data field
	Retry     int    // milliseconds; -1 for none
	IsComment bool   // nothing but a comment, whose text is Comment
	Comment   string
}

// ErrTooLong ends a stream whose event or line passes the limit.
var ErrTooLong = errors.New("sse: an event is longer than its limit")

// A Reader reads events. It is for one goroutine.
type Reader struct {
	r       *bufio.Reader
	limit   int
	begun   bool
	afterCR bool
}

// NewReader reads from r events of at most limit bytes of data.
func NewReader(r io.Reader, limit int) *Reader {
	return &Reader{r: bufio.NewReader(r), limit: limit}
}

// Next returns the next event. Its Data is the caller's. A stream that ends
// within an event ends with io.EOF: what was not dispatched never happened.
func (r *Reader) Next() (Event, error) {
	e := Event{Retry: -1}
	size, some := 0, false
	for {
		line, err := r.line()
		if err != nil {
			return Event{}, err
		}
		if size += len(line); size > r.limit+4096 || len(e.Data) > r.limit {
			return Event{}, ErrTooLong
		}
		if len(line) == 0 {
			if !some {
				continue
			}
			return finished(e), nil
		}
		if line[0] == ':' {
			if !some {
				return Event{IsComment: true, Comment: string(bytes.TrimPrefix(line[1:], []byte(" "))), Retry: -1}, nil
			}
			continue
		}
		some = e.take(line) || some
	}
}

func finished(e Event) Event {
	if e.Data != nil {
		e.Data = e.Data[:len(e.Data)-1] // the newline after the last data line
	}
	return e
}

// take reads one field and says whether it was one that is known.
func (e *Event) take(line []byte) bool {
	field, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(field) {
	case "data":
		e.Data = append(append(e.Data, value...), '\n')
	case "event":
		e.Name = string(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			e.ID, e.HasID = string(value), true
		}
	case "retry":
		if n, err := strconv.Atoi(string(value)); err == nil && n >= 0 {
			e.Retry = n
		}
	default:
		return false
	}
	return true
}

// line returns one line without its end, which is LF, CRLF or CR. It waits for no
// byte after the end: an LF that follows a CR is swallowed with the next line.
func (r *Reader) line() ([]byte, error) {
	var out []byte
	for {
		chunk, err := r.peek()
		if err != nil {
			return nil, err
		}
		if r.afterCR {
			if r.afterCR = false; chunk[0] == '\n' {
				r.skip(1)
				continue
			}
		}
		n := bytes.IndexAny(chunk, "\r\n")
		if n < 0 {
			out = append(out, chunk...)
			r.skip(len(chunk))
			if len(out) > r.limit+4096 {
				return nil, ErrTooLong
			}
			continue
		}
		out = append(out, chunk[:n]...)
		r.afterCR = chunk[n] == '\r'
		r.skip(n + 1)
		return r.first(out), nil
	}
}

// peek returns what has arrived, waiting for at least one byte.
func (r *Reader) peek() ([]byte, error) {
	if _, err := r.r.Peek(1); err != nil {
		return nil, err
	}
	return r.r.Peek(r.r.Buffered())
}

func (r *Reader) skip(n int) { _, _ = r.r.Discard(n) } // they were peeked: they are there

// first takes the byte order mark off the stream's first line.
func (r *Reader) first(line []byte) []byte {
	if !r.begun {
		r.begun = true
		return bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	return line
}

// A Writer writes events. It is for one goroutine at a time.
type Writer struct {
	w     io.Writer
	flush func() error
	buf   []byte
}

// NewWriter writes to w and calls flush after each event.
func NewWriter(w io.Writer, flush func() error) *Writer { return &Writer{w: w, flush: flush} }

var errField = errors.New("sse: an id or an event name holds a line break or NUL")

// Write writes one event in one write.
func (w *Writer) Write(e Event) error {
	if e.IsComment {
		return w.Comment(e.Comment)
	}
	if strings.ContainsAny(e.ID, "\r\n\x00") || strings.ContainsAny(e.Name, "\r\n\x00") {
		return errField
	}
	b := w.buf[:0]
	if e.Name != "" {
		b = append(append(append(b, "event: "...), e.Name...), '\n')
	}
	if e.HasID {
		b = append(append(append(b, "id: "...), e.ID...), '\n')
	}
	if e.Retry >= 0 {
		b = append(strconv.AppendInt(append(b, "retry: "...), int64(e.Retry), 10), '\n')
	}
	if e.Data != nil || !e.HasID && e.Retry < 0 {
		b = appendData(b, e.Data)
	}
	return w.put(append(b, '\n'))
}

// appendData writes data as one line or, where it holds line breaks, as several.
// JSON has line breaks only between tokens, where LF and CR mean the same.
func appendData(b, data []byte) []byte {
	for {
		n := bytes.IndexAny(data, "\r\n")
		if n < 0 {
			return append(append(append(b, "data: "...), data...), '\n')
		}
		b = append(append(append(b, "data: "...), data[:n]...), '\n')
		data = data[n+1:]
	}
}

// Comment writes a comment, which keeps a silent stream alive.
func (w *Writer) Comment(text string) error {
	if strings.ContainsAny(text, "\r\n") {
		return errField
	}
	b := append(append(append(w.buf[:0], ": "...), text...), '\n', '\n')
	return w.put(b)
}

func (w *Writer) put(b []byte) error {
	if cap(b) <= 64<<10 {
		w.buf = b
	}
	if _, err := w.w.Write(b); err != nil {
		return err
	}
	return w.flush()
}
