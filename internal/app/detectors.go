package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/icap"
	"github.com/mantlet-mcp/mantlet/internal/inspect/outside"
	"github.com/mantlet-mcp/mantlet/internal/upstream/process"
)

// judges are the detectors outside of Mantlet that the configuration names. Their programs are
// started with the first question and belong to a: Close ends them.
func (a *App) judges(all []config.Detector) (out []inspect.Judge, err error) {
	for _, d := range all {
		j := inspect.Judge{Detector: outside.Detector{Name: d.Name, Timeout: time.Duration(d.Timeout), Mutates: d.Mutate, Open: d.Open}, Closed: d.ClosedFor, Tools: d.Tools, Caller: d.Caller}
		if j.Do, err = inspect.ParseAction(d.Do); err != nil {
			return nil, err
		}
		if j.From, err = finding.ParseSeverity(d.From); err != nil {
			return nil, err
		}
		for _, phase := range d.Phases {
			j.On |= map[string]inspect.Surface{"request": inspect.In, "response": inspect.Back}[phase]
		}
		if j.Detector.Peer, err = a.peer(d); err != nil {
			return nil, fmt.Errorf("the detector %s: %w", d.Name, err)
		}
		out = append(out, j)
	}
	return out, nil
}

func (a *App) peer(d config.Detector) (outside.Peer, error) {
	if len(d.Command) > 0 {
		return a.programs.of(d, func(line string) { a.log.Warn("a detector says", "detector", d.Name, "line", mantlet.Escape(line)) }), nil
	}
	if strings.HasPrefix(d.URL, "icap") {
		return icap.New(d.URL, &tls.Config{MinVersion: tls.VersionTLS12})
	}
	token := ""
	if d.TokenFile != "" {
		var err error
		if token, err = config.Secret(d.TokenFile); err != nil {
			return nil, err
		}
	}
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the standard library's own
	t.Proxy = nil                                        // where texts go is what the configuration says
	p, err := outside.NewHTTP(d.URL, token, t)
	if err != nil || d.Model == "" {
		return p, err
	}
	return &outside.Model{HTTP: p, Name: d.Model, From: d.Score}, nil
}

// programs are the detectors that run here, by their names and commands: a reload that leaves
// one as it is leaves it running.
type programs struct {
	mu  sync.Mutex
	all map[string]*program
}

func (p *programs) of(d config.Detector, stderr func(string)) *program {
	key := fmt.Sprintf("%q %q", d.Name, d.Command)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = make(map[string]*program)
	}
	if p.all[key] == nil {
		spec := process.Spec{Command: d.Command[0], Args: d.Command[1:], MaxLine: outside.MaxAnswer, Stderr: stderr}
		p.all[key] = &program{spec: spec, turn: make(chan struct{}, 1)}
	}
	return p.all[key]
}

// Close ends them all.
func (p *programs) Close(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, one := range p.all {
		errs = append(errs, one.close(ctx))
	}
	return errors.Join(errs...)
}

// A program is a detector that is asked a line at a time. One that does not answer in time is
// ended, since its next line would be the answer to another question, and started anew.
type program struct {
	spec process.Spec
	turn chan struct{} // a token: who holds it asks

	running *process.Process
	closed  bool
}

var errClosed = errors.New("mantlet is about to end")

// Ask sends the question as one line and returns the line that follows.
func (p *program) Ask(ctx context.Context, question []byte) ([]byte, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p.closed {
		return nil, errClosed
	}
	if p.running == nil {
		started, err := process.Start(p.spec)
		if err != nil {
			return nil, err
		}
		p.running = started
	}
	answer, err := p.exchange(ctx, question)
	if err != nil {
		p.running.Kill()
		p.running = nil
	}
	return answer, err
}

func (p *program) exchange(ctx context.Context, question []byte) ([]byte, error) {
	type line struct {
		text []byte
		err  error
	}
	running, came := p.running, make(chan line, 1)
	go func() {
		text, err := running.Next() // ends with the program, which a late answer ends
		came <- line{text, err}
	}()
	if err := running.Send(ctx, question); err != nil {
		return nil, err
	}
	select {
	case l := <-came:
		return l.text, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *program) close(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	p.closed = true
	if p.running == nil {
		return nil
	}
	return p.running.Stop(ctx)
}
