package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/wheel"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A Spec is one configured server. Exactly one of HTTP and Stdio is set.
type Spec struct {
	ID       mantlet.ServerID
	HTTP     *HTTPSpec
	Stdio    *StdioSpec
	Protocol Protocol
	Limits   wire.Limits
	Times    Times
	Calls    int // at once; more wait
	Queue    int // waiting; more are refused
}

// A Protocol says which eras a server speaks. The zero Protocol finds out.
type Protocol uint8

// The protocols.
const (
	Auto Protocol = iota
	Legacy
	Modern
	SSE // the HTTP+SSE transport of 2024-11-05, for a server with a URL
)

// Times bound what a server may take. None may be zero.
type Times struct {
	Connect   time.Duration // to a connection, TLS included; over HTTP+SSE to the endpoint event
	FirstByte time.Duration // from a request to the beginning of its response
	Call      time.Duration // for one request in all
	Idle      time.Duration // a session or process that nobody uses
	Stream    time.Duration // for a GET stream or a subscription in all
}

func (t Times) complete() bool {
	return min(t.Connect, t.FirstByte, t.Call, t.Idle, t.Stream) > 0
}

// A Dropped is a message, from a server whose session is one stream, that belongs to no
// caller. Why can hold the server's own words: escape it.
type Dropped struct {
	Server mantlet.ServerID
	For    mantlet.PrincipalKey
	Method wire.Method
	Why    string
}

// Options are what the room needs besides its servers.
type Options struct {
	Log     *slog.Logger
	Dropped func(Dropped) // told of what belongs to no caller; must not block
	About   []byte        // Mantlet's clientInfo object
	// Admit is asked before each start of a local server, and returns what is started in its
	// place: the same, with an exact version where there was none. nil asks nobody. An error
	// keeps it from being started.
	Admit func(s mantlet.ServerID, spec StdioSpec) (StdioSpec, error)
	// Identify is asked in each TLS handshake, once the server has proved itself; nil asks
	// nobody. An error ends the handshake.
	Identify func(s mantlet.ServerID, i Identity) error
}

// A transport puts a call on the wire exactly as it is.
type transport interface {
	send(ctx context.Context, c Call, emit Emit) (Reply, error)
	close(ctx context.Context) error
}

// Servers is every configured server, each with its own pools, limits and
// breaker. A new configuration is a new Servers; what a program brings for itself is
// adopted into the one that runs.
type Servers struct {
	Options
	mu  sync.Mutex                                   // of who changes all
	all atomic.Pointer[map[mantlet.ServerID]*server] // never written to, only replaced
}

// New returns the servers of specs. None is contacted before it is called. A server
// of old, nil for none, whose spec is the same is carried over with its processes,
// its sessions and what was learned of it: it ends with the last Servers that holds it.
func New(specs []Spec, o Options, old *Servers) (*Servers, error) {
	s := &Servers{Options: o}
	s.all.Store(&map[mantlet.ServerID]*server{})
	for _, spec := range specs {
		srv, err := old.carry(spec), error(nil)
		if srv == nil {
			srv, err = newServer(spec, o)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("server %s: %w", spec.ID, err), s.Close(context.Background()))
		}
		s.hold(srv)
	}
	return s, nil
}

func (s *Servers) hold(srv *server) {
	srv.holders.Add(1)
	all := maps.Clone(*s.all.Load())
	all[srv.ID] = srv
	s.all.Store(&all)
}

// Adopt adds a server while the others serve. The same spec again is no error; another
// one under an id that is taken is.
func (s *Servers) Adopt(spec Spec) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.get(spec.ID); have != nil {
		if reflect.DeepEqual(have.Spec, spec) {
			return nil
		}
		return fmt.Errorf("server %s is another one already; choose another name", spec.ID)
	}
	srv, err := newServer(spec, s.Options)
	if err == nil {
		s.hold(srv)
	}
	return err
}

// get is the server id; nil for none.
func (s *Servers) get(id mantlet.ServerID) *server { return (*s.all.Load())[id] }

// Has reports whether id is one of the servers.
func (s *Servers) Has(id mantlet.ServerID) bool { return s.get(id) != nil }

// carry returns the server that runs with spec already. One that read a file is made
// anew: the file may say something else now.
func (s *Servers) carry(spec Spec) *server {
	if s == nil || spec.HTTP != nil && spec.HTTP.TLS.CAFile != "" && spec.HTTP.TLS.CA == nil {
		return nil
	}
	if srv := s.get(spec.ID); srv != nil && reflect.DeepEqual(srv.Spec, spec) {
		return srv
	}
	return nil
}

// Send delivers c. See gateway.Upstream.
func (s *Servers) Send(ctx context.Context, c Call, emit Emit) (Reply, error) {
	srv := s.get(c.Server)
	if srv == nil {
		return Reply{}, &mantlet.Fault{Kind: mantlet.Unknown, Public: "no such server is configured here"}
	}
	return srv.send(ctx, c, emit)
}

// Close stops every server that no other Servers holds: connections are closed,
// processes stopped.
func (s *Servers) Close(ctx context.Context) error {
	all := *s.all.Load()
	errs, n := make(chan error, len(all)), 0
	for _, srv := range all {
		if srv.holders.Add(-1) == 0 {
			n++
			go func() { errs <- srv.transport.close(ctx) }()
		}
	}
	var err error
	for range n {
		err = errors.Join(err, <-errs)
	}
	return err
}

// A server is one server behind its guard.
type server struct {
	Spec
	holders   atomic.Int32
	wheel     wheel.Wheel
	late      map[time.Duration]error // why a call ends that passes the limit
	about     []byte
	log       *slog.Logger
	transport transport
	breaker   circuitbreaker.CircuitBreaker[any]
	slots     chan struct{} // held while a call is at the server
	queue     chan struct{} // held while a call waits or is at the server
	eras      eras
	lazy      lazySessions
	params    paramCache
}

func newServer(spec Spec, o Options) (*server, error) {
	s := &server{Spec: spec, about: o.About, log: o.Log.With("server", string(spec.ID))}
	if spec.Calls <= 0 || spec.Queue < 0 || !spec.Times.complete() {
		return nil, errors.New("a server needs limits on its calls and times; an absent limit is not an infinite one")
	}
	s.slots, s.queue = make(chan struct{}, spec.Calls), make(chan struct{}, spec.Calls+spec.Queue)
	s.breaker = circuitbreaker.NewBuilder[any]().WithFailureThreshold(5).WithSuccessThreshold(1).WithDelay(restTime).Build()
	s.eras.fix(spec.Protocol)
	s.params.asking = make(chan struct{}, 1)
	s.late = map[time.Duration]error{spec.Times.Call: s.tooSlow(spec.Times.Call), spec.Times.Stream: s.tooSlow(spec.Times.Stream)}
	var err error
	switch {
	case (spec.HTTP == nil) == (spec.Stdio == nil):
		return nil, errors.New("a server is either a url or a command")
	case spec.Protocol == SSE && spec.HTTP == nil:
		return nil, errors.New("protocol sse is for a server with a url")
	case spec.Protocol == SSE:
		s.transport, err = newSSE(spec, s.log, o)
	case spec.Protocol == Auto && spec.HTTP != nil:
		s.transport, err = newEither(spec, o, &s.eras)
	case spec.HTTP != nil:
		s.transport, err = newHTTP(spec, o)
	default:
		s.transport, err = newStdio(spec, s.log, o)
	}
	return s, err
}

// send is the guard: what a server costs others is bounded here.
func (s *server) send(ctx context.Context, c Call, emit Emit) (reply Reply, err error) {
	limit := s.Times.Call
	stream := c.Op == OpListen || c.Op == OpResume || (c.Message != nil && c.Message.Method == "subscriptions/listen")
	if stream {
		limit = s.Times.Stream
	}
	ctx, cancel := s.wheel.WithTimeout(ctx, limit, s.late[limit])
	defer cancel()
	if !stream {
		leave, err := s.enter(ctx)
		if err != nil {
			return Reply{}, err
		}
		defer leave()
	}
	if !s.permitted(stream) {
		return Reply{}, &mantlet.Fault{Kind: mantlet.Unavailable, Remedy: mantlet.RetryAfter{Seconds: int(restTime / time.Second)},
			Public: fmt.Sprintf("server %s has failed repeatedly and rests for a moment; try again in %s", s.ID, restTime)}
	}
	heard := false
	defer func() { s.judge(ctx, err, heard) }() // after a panic too: a permit must come back
	return s.bridge(ctx, c, func(e Event) error {
		heard = true
		return emit(e)
	})
}

// restTime is how long a server that failed five times in a row is left alone.
// After it one call tries.
const restTime = 5 * time.Second

// permitted asks the breaker. A stream of hours is not the one call that tries: all
// others would wait for its end.
func (s *server) permitted(stream bool) bool {
	if stream {
		return !s.breaker.IsOpen() || s.breaker.RemainingDelay() <= 0
	}
	return s.breaker.TryAcquirePermit()
}

// enter waits for a place at the server. A stream of hours takes none.
func (s *server) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s.queue <- struct{}{}:
	default:
		return nil, &mantlet.Fault{Kind: mantlet.Limited, Remedy: mantlet.RetryAfter{Seconds: 1},
			Public: fmt.Sprintf("server %s has too many calls waiting; try again in a second", s.ID)}
	}
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots; <-s.queue }, nil
	case <-ctx.Done():
		<-s.queue
		return nil, context.Cause(ctx)
	}
}

// judge tells the breaker how a call went. What the caller did, a cancel or a bad
// request, says nothing about the server; nor does it when the call of a server that
// was heard takes too long, for its caller may read slowly.
func (s *server) judge(ctx context.Context, err error, heard bool) {
	f, ok := errors.AsType[*mantlet.Fault](err)
	switch {
	case err == nil, heard && late(ctx):
		s.breaker.RecordSuccess()
	case ok && f.Kind == mantlet.Unavailable:
		s.breaker.RecordFailure()
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		s.breaker.RecordFailure()
	default:
		s.breaker.RecordSuccess()
	}
}

func (s *server) tooSlow(limit time.Duration) error {
	return &mantlet.Fault{Kind: mantlet.Unavailable, Public: fmt.Sprintf("server %s did not answer within %s; try again with less to do", s.ID, limit), Err: context.DeadlineExceeded}
}

func (s *server) unavailable(what string, err error) error { return broken(s.ID, what, err) }

// broken is what a caller is told of a server that does not do its part.
func broken(id mantlet.ServerID, what string, err error) error {
	if f, ok := errors.AsType[*mantlet.Fault](err); ok {
		return f
	}
	return &mantlet.Fault{Kind: mantlet.Unavailable, Public: fmt.Sprintf("server %s %s; try again, or ask its owner", id, what), Err: err}
}
