package daemon

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// Wrap speaks MCP on in and out to a local client, with the daemon's corridor
// behind it. It returns when in ends and every request was answered or given up, or
// when ctx ends; a read of in that waits then is left behind. It checks and decides
// nothing: the daemon does.
func (c *Client) Wrap(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &wrap{Client: c, out: out, open: make(map[wire.ID]context.CancelFunc)}
	err := w.takeAll(ctx, read(ctx, in, c.Limits.Bytes))
	w.calls.Wait()
	w.end()
	cancel()
	w.streams.Wait()
	return errors.Join(err, w.broken)
}

func (w *wrap) takeAll(ctx context.Context, lines <-chan input) error {
	for {
		select {
		case one := <-lines:
			switch {
			case errors.Is(one.err, io.EOF):
				return nil
			case one.err != nil:
				return one.err
			case len(one.line) > 0:
				w.take(ctx, one.line)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// An input is one line of in, or why there are no more.
type input struct {
	line []byte
	err  error
}

// read hands the lines of in on, one by one. A read cannot be broken off, so that it
// has a goroutine of its own.
func read(ctx context.Context, in io.Reader, limit int) <-chan input {
	out := make(chan input)
	go func() {
		lines := bufio.NewReaderSize(in, 64<<10)
		for {
			line, err := readLine(lines, limit)
			select {
			case out <- input{line, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// A wrap is one client's conversation.
type wrap struct {
	*Client
	calls, streams sync.WaitGroup

	mu      sync.Mutex // guards what follows and out
	out     io.Writer
	broken  error // the client no longer reads
	session Session
	open    map[wire.ID]context.CancelFunc
}

var errLineTooLong = errors.New("a line is longer than a message may be")

func readLine(r *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		chunk, err := r.ReadSlice('\n')
		if len(line)+len(chunk) > limit+1 {
			return nil, errLineTooLong
		}
		line = append(line, chunk...)
		switch {
		case err == nil:
			return trim(line), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return trim(line), nil
		default:
			return nil, err
		}
	}
}

func trim(line []byte) []byte {
	for n := len(line); n > 0 && (line[n-1] == '\n' || line[n-1] == '\r'); n-- {
		line = line[:n-1]
	}
	return line
}

// take carries one line of the client's. Requests run side by side; initialize and
// notifications keep their order.
func (w *wrap) take(ctx context.Context, line []byte) {
	m, err := wire.Decode(line, w.Limits)
	if err != nil {
		w.undecodable(err)
		return
	}
	if m.Method == "notifications/cancelled" && m.Meta.ProtocolVersion != "" || m.Method == "notifications/cancelled" && w.current().ID == "" {
		w.cancel(m) // the modern era cancels by going away
		return
	}
	if m.Kind != wire.Request || m.Method == "initialize" {
		w.carry(ctx, m)
		if m.Method == "notifications/initialized" {
			w.streams.Go(func() { _ = w.Listen(ctx, w.current(), w.write) }) // not every server has one
		}
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	w.opened(m.ID, cancel)
	w.calls.Go(func() {
		defer w.closed(m.ID)
		w.carry(ctx, m)
	})
}

// carry posts m and writes what comes back. A request that comes to nothing gets
// an error: a client that waits for ever is worse off.
func (w *wrap) carry(ctx context.Context, m *wire.Message) {
	answered := m.Kind != wire.Request
	session, err := w.Post(ctx, w.current(), m, func(got *wire.Message) error {
		if got.Kind == wire.Error && got.ID == "" && m.Kind == wire.Request {
			got = w.addressed(got, m.ID)
		}
		if m.Method == "initialize" && got.Kind == wire.Result {
			if r, err := got.InitializeResult(); err == nil {
				w.began(r.ProtocolVersion)
			}
		}
		if got.ID == m.ID && (got.Kind == wire.Result || got.Kind == wire.Error) {
			answered = true
		}
		if m.Kind != wire.Request {
			return nil // a refusal of what expects no answer; it is in the record
		}
		return w.write(got)
	})
	if session != "" {
		w.named(session)
	}
	if answered || ctx.Err() != nil {
		return
	}
	words := "mantlet gave no answer; see `mantlet audit tail`"
	if err != nil {
		words = err.Error()
	}
	_ = w.write(wire.NewError(m.ID, wire.CodeInternalError, words, nil)) // a client that is gone ends the loop
}

// addressed is a refusal from before the request's id was read, as the answer to it: over
// HTTP the connection says what it answers, here nothing else does.
func (w *wrap) addressed(refusal *wire.Message, id wire.ID) *wire.Message {
	m, err := refusal.Apply([]wire.Splice{refusal.SetID(id)}, w.Limits)
	if err != nil {
		return refusal
	}
	return m
}

func (w *wrap) undecodable(err error) {
	d, ok := errors.AsType[*wire.DecodeError](err)
	if !ok {
		return
	}
	_ = w.write(wire.NewError(d.ID, d.Code, d.Error(), nil)) // a client that is gone ends the loop
}

func (w *wrap) write(m *wire.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return w.broken
	}
	_, w.broken = w.out.Write(append(append(make([]byte, 0, len(m.Bytes())+1), m.Line()...), '\n'))
	return w.broken
}

func (w *wrap) current() Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session.ID == "" {
		return Session{}
	}
	return w.session
}

func (w *wrap) began(r wire.Revision) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session.Revision = r
}

func (w *wrap) named(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session.ID = id
}

func (w *wrap) opened(id wire.ID, cancel context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[id] = cancel
}

func (w *wrap) closed(id wire.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if cancel := w.open[id]; cancel != nil {
		cancel()
	}
	delete(w.open, id)
}

func (w *wrap) cancel(m *wire.Message) {
	if id, ok := m.CancelledID(); ok {
		w.closed(id)
	}
}

// endTime is how long the daemon may take to end the session.
const endTime = 5 * time.Second

// end tells the daemon that the session is over, whatever ended it.
func (w *wrap) end() {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	if s := w.current(); s.ID != "" {
		_ = w.End(ctx, s) // a daemon that is gone has ended it
	}
}
