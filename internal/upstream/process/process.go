package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A Process is a running program. Next is for one goroutine; the rest may be
// called by many.
type Process struct {
	spec   Spec
	child  child
	stdin  *os.File
	stdout *os.File
	lines  *bufio.Reader
	why    atomic.Pointer[error] // it was stopped; nil where it was not
	writer chan struct{}         // a token: who holds it writes
	done   chan struct{}         // closed once the program is gone and reaped
	err    error                 // how it ended; after done
	stop   sync.Once
}

// ErrLineTooLong ends a program that writes a line beyond its limit.
var ErrLineTooLong = errors.New("process: a line is longer than the limit")

// ErrNotReading ends a program that does not read its stdin.
var ErrNotReading = errors.New("process: the program does not read what it is sent")

// Start runs s. The program is stopped by Stop, not by ctx.
func Start(s Spec) (*Process, error) {
	env, err := s.environment()
	if err != nil {
		return nil, err
	}
	if s.MaxLine <= 0 {
		return nil, errors.New("process: a limit on lines is required")
	}
	var p pipes
	if err := p.open(); err != nil {
		return nil, err
	}
	c, err := launch(s, env, &p)
	p.closeTheirs()
	if err != nil {
		p.closeOurs()
		return nil, fmt.Errorf("%q cannot be started: %w", s.Command, err)
	}
	out := &Process{spec: s, child: c, stdin: p.in[1], stdout: p.out[0], lines: bufio.NewReaderSize(p.out[0], 64<<10), writer: make(chan struct{}, 1), done: make(chan struct{})}
	errRead := make(chan struct{})
	go func() { defer close(errRead); capture(p.err[0], s.Stderr) }()
	go out.wait(p.err[0], errRead)
	return out, nil
}

// pipes are both ends of the three standard streams.
type pipes struct{ in, out, err [2]*os.File }

func (p *pipes) open() (err error) {
	for _, pair := range []*[2]*os.File{&p.in, &p.out, &p.err} {
		if pair[0], pair[1], err = os.Pipe(); err != nil {
			p.closeTheirs()
			p.closeOurs()
			return err
		}
	}
	return nil
}

func (p *pipes) closeTheirs() { closeAll(p.in[0], p.out[1], p.err[1]) }
func (p *pipes) closeOurs()   { closeAll(p.in[1], p.out[0], p.err[0]) }

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close() // a pipe: nothing is lost
		}
	}
}

func (p *Process) wait(stderr *os.File, errRead <-chan struct{}) {
	p.err = p.child.wait()
	if why := p.why.Load(); why != nil {
		p.err = *why
	}
	// Nothing of it is left that could write. Where something is all the same, on a system
	// without a supervisor, it is not waited for.
	now := time.Now()
	_, _ = stderr.SetReadDeadline(now.Add(lastComplaints)), p.stdout.SetReadDeadline(now.Add(lastWords))
	<-errRead
	_ = p.stdin.Close() // nobody reads it any more
	close(p.done)
}

// How long what is gone may still be read from.
const (
	lastComplaints = time.Second
	lastWords      = 10 * time.Second
)

// Done is closed once the program and its descendants are gone.
func (p *Process) Done() <-chan struct{} { return p.done }

// stopFor kills the program for what it did, which Err then says.
func (p *Process) stopFor(why error) error {
	p.why.CompareAndSwap(nil, &why)
	p.Kill()
	return why
}

// Err says how the program ended, or why it was stopped; nil for status 0, and before
// it has ended.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// sendTime is how long a program may take to read one line.
const sendTime = 10 * time.Second

// Send writes line and a newline. A program that does not take it within 10 s, or
// before ctx's deadline where that is sooner, is stopped, for half a line may be in its
// pipe. The end of ctx by itself ends the wait for others who write, not the write.
func (p *Process) Send(ctx context.Context, line []byte) error {
	select {
	case p.writer <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-p.done:
		return io.ErrClosedPipe
	}
	defer func() { <-p.writer }()
	deadline := time.Now().Add(sendTime)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := p.stdin.SetWriteDeadline(deadline); err != nil {
		return err
	}
	_, err := p.stdin.Write(append(append(make([]byte, 0, len(line)+1), line...), '\n'))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return p.stopFor(ErrNotReading)
	}
	return err
}

// Next returns the next line of stdout without its newline; io.EOF once the program
// has closed it, io.ErrUnexpectedEOF where that was within a line. The line is the
// caller's. After an error there is no next one.
func (p *Process) Next() ([]byte, error) {
	line, err := p.next()
	if err != nil {
		closeAll(p.stdout)
	}
	return line, err
}

func (p *Process) next() ([]byte, error) {
	var line []byte
	for {
		chunk, err := p.lines.ReadSlice('\n')
		if len(line)+len(chunk) > p.spec.MaxLine+1 {
			return nil, p.stopFor(ErrLineTooLong)
		}
		line = append(line, chunk...)
		switch {
		case err == nil:
			return trimmed(line), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case len(line) > 0 && errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}

func trimmed(line []byte) []byte {
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// Stop ends the program: its stdin is closed, then SIGTERM, then SIGKILL, each
// after the spec's grace (MCP, basic/lifecycle, Shutdown). It returns once nothing
// of it is left, or with ctx's error; the stop goes on all the same.
func (p *Process) Stop(ctx context.Context) error {
	p.stop.Do(func() { go p.end() })
	select {
	case <-p.done:
		closeAll(p.stdout)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Process) end() {
	_ = p.stdin.Close() // asks it to end
	if p.gone() {
		return
	}
	p.child.terminate()
	if p.gone() {
		return
	}
	p.child.kill()
}

func (p *Process) gone() bool {
	t := time.NewTimer(p.spec.grace())
	defer t.Stop()
	select {
	case <-p.done:
		return true
	case <-t.C:
		return false
	}
}

// Kill ends the program at once.
func (p *Process) Kill() { p.child.kill() }

// PID is the id of the process that Mantlet started: on Linux, the supervisor.
func (p *Process) PID() int { return p.child.pid() }
