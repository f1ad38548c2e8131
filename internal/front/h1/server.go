package h1

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Options are what a Server needs: Handler and Log. The rest may be left out.
type Options struct {
	Handler http.Handler
	Log     *slog.Logger

	ConnContext func(context.Context, net.Conn) context.Context // see http.Server; the connection is below TLS or has none
	Malformed   func(http.ResponseWriter, Malformed)            // answers what cannot be read; nil answers with the status alone
	Other       func(net.Conn)                                  // takes a connection whose TLS chose another protocol (ALPN); nil closes it

	Head time.Duration // the longest that TLS's handshake and then each head may take to arrive; 0 is 10 s
	Idle time.Duration // the longest that a connection is kept without a request; 0 is 2 min
}

// Malformed is a request that cannot be read.
type Malformed struct {
	Status int    // 4xx or 5xx
	Err    error  // what is wrong with it, for people; repeats nothing of it
	Remote string // whose it is: address:port
}

// A Server serves connections. It is like http.Server, of which it has the semantics
// where it says nothing else.
type Server struct {
	o       Options
	closing atomic.Bool
	slow    atomic.Bool // the timer comes every slowTick
	date    atomic.Pointer[date]

	mu        sync.Mutex
	listeners map[net.Listener]bool
	conns     map[*conn]bool
	timer     *time.Timer // runs while there are connections
	emptied   chan struct{}
}

// New returns a Server. See Options for what is required.
func New(o Options) *Server {
	if o.Head <= 0 {
		o.Head = 10 * time.Second
	}
	if o.Idle <= 0 {
		o.Idle = 2 * time.Minute
	}
	s := &Server{o: o, listeners: make(map[net.Listener]bool), conns: make(map[*conn]bool), emptied: make(chan struct{}, 1)}
	s.timer = time.AfterFunc(time.Hour, s.sweep)
	s.timer.Stop()
	return s
}

// Serve accepts from l until it fails or the server is closed, and then returns
// http.ErrServerClosed. What a lack of descriptors or memory refuses is tried again.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listeners[l] = true
	s.mu.Unlock()
	pause := time.Duration(0)
	for !s.closing.Load() {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.take(nc)
		case s.closing.Load():
		case !transient(err):
			return err
		default:
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.o.Log.Warn("a connection cannot be accepted", "error", err, "again_in", pause)
			time.Sleep(pause)
		}
	}
	_ = l.Close() // whoever made it may have closed it, too
	return http.ErrServerClosed
}

func transient(err error) bool {
	for _, lack := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.ECONNABORTED} {
		if errors.Is(err, lack) {
			return true
		}
	}
	return false
}

func (s *Server) take(nc net.Conn) {
	c := newConn(s, nc)
	s.mu.Lock()
	if s.closing.Load() { // accepted while stop was at work, which has not seen it
		s.mu.Unlock()
		_ = nc.Close()
		return
	}
	s.conns[c] = true
	if len(s.conns) == 1 {
		s.slow.Store(false)
		s.timer.Reset(tick)
	}
	s.mu.Unlock()
	go c.serve()
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if len(s.conns) > 0 {
		return
	}
	s.timer.Stop()
	select {
	case s.emptied <- struct{}{}:
	default:
	}
}

// Shutdown accepts no more, closes idle connections, and waits until what is served has
// been answered, or ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop(func(c *conn) {
		if phase := c.phase.Load(); phase&inPhase == waiting && c.phase.CompareAndSwap(phase, phase|closed) {
			c.sever()
		}
	})
	for {
		s.mu.Lock()
		n := len(s.conns)
		s.mu.Unlock()
		if n == 0 {
			return nil
		}
		select {
		case <-s.emptied:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close accepts no more and cuts every connection.
func (s *Server) Close() error {
	s.stop((*conn).sever)
	return nil
}

func (s *Server) stop(each func(*conn)) {
	s.closing.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.listeners {
		_ = l.Close() // see Serve
	}
	for c := range s.conns {
		each(c)
	}
}
