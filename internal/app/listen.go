package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/front"
	"github.com/mantlet-mcp/mantlet/internal/front/h1"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
)

func (a *App) bind(cfg *config.Config) (err error) {
	if a.tcp, err = net.Listen("tcp", cfg.Listen.Address); err != nil {
		return fmt.Errorf("nothing can listen at %s: %w; stop what does, or set listen.address", cfg.Listen.Address, err)
	}
	if a.cert, err = certificateOf(cfg); err != nil {
		return err
	}
	if a.cert != nil {
		a.tcp = tls.NewListener(a.tcp, a.cert.config())
	}
	if a.unix, err = listenUnix(cfg.Listen.Socket); err != nil {
		return err
	}
	if path, ok := strings.CutPrefix(cfg.Ops.Listen, "unix:"); ok {
		a.opsAt, err = listenUnix(path)
		return err
	}
	a.opsAt, err = net.Listen("tcp", cfg.Ops.Listen)
	return err
}

// listenUnix binds a socket that only this user can open, in a directory that only
// this user can enter. A socket that nobody answers is left from a crash.
func listenUnix(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		return nil, errors.Join(fmt.Errorf("another mantlet answers at %s; stop it, or set another state directory", path), c.Close())
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return l, os.Chmod(path, 0o600)
}

// serve runs one listener. The house is looked up for each request, so that a
// reload is one pointer.
func (a *App) serve(l net.Listener, face func(*house) *front.Server, failed chan<- error) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l == a.unix && r.URL.Path == daemon.AdoptPath {
			a.adoptCommand(w, r)
			return
		}
		if l == a.unix && strings.HasPrefix(r.URL.Path, daemon.CataloguePath) {
			a.catalogueRequest(w, r)
			return
		}
		face(a.house.Load()).ServeHTTP(w, r)
	})
	two := a.serveTwo(handler, l.Addr(), failed)
	a.run(h1.New(h1.Options{
		Handler: handler, Log: a.log, ConnContext: front.WithConn, Head: headTime, Idle: idleTime, Other: two.give,
		Malformed: func(w http.ResponseWriter, m h1.Malformed) { face(a.house.Load()).Malformed(w, m) },
	}), l, failed)
}

// How long the head of a request may take to arrive, and a connection be kept idle.
const (
	headTime = 10 * time.Second
	idleTime = 2 * time.Minute
)

// serveTwo runs net/http's HTTP/2 for the connections that chose it.
func (a *App) serveTwo(handler http.Handler, at net.Addr, failed chan<- error) *handed {
	l := &handed{at: at, conns: make(chan net.Conn), closed: make(chan struct{})}
	a.run(&http.Server{
		Handler: handler, ConnContext: front.WithConn, ReadHeaderTimeout: headTime, IdleTimeout: idleTime, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn), // in the log's own format, escaped
	}, l, failed)
	return l
}

// handed is a listener for connections that another one has accepted.
type handed struct {
	at     net.Addr
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *handed) give(nc net.Conn) {
	select {
	case l.conns <- nc:
	case <-l.closed:
		_ = nc.Close() // nobody serves it
	}
}

// Accept implements net.Listener.
func (l *handed) Accept() (net.Conn, error) {
	select {
	case nc := <-l.conns:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *handed) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *handed) Addr() net.Addr { return l.at }

// A server serves a listener until it is told to end.
type server interface {
	Serve(l net.Listener) error
	Shutdown(ctx context.Context) error
	Close() error
}

func (a *App) serveOps(failed chan<- error) {
	s := &http.Server{Handler: a.named(a.opsAt.Addr(), a.metrics.Handler(a.ready, a.Config().Ops.Pprof)), ReadHeaderTimeout: headTime, IdleTimeout: idleTime, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)}
	a.run(s, a.opsAt, failed)
}

// named keeps pages away whose own name was rebound to this address (B04), as the front
// does: what is told here is not secret, and not theirs. No page reaches a unix socket.
func (a *App) named(at net.Addr, next http.Handler) http.Handler {
	if at.Network() == "unix" {
		return next
	}
	served := hosts(a.Config(), at.String())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if !slices.Contains(served, host) {
			http.Error(w, "the Host header names another host; use the address of ops.listen, or add the name to listen.allowedHosts", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *App) run(s server, l net.Listener, failed chan<- error) {
	a.serving = append(a.serving, s)
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) && !a.closing.Load() {
			failed <- err
		}
	}()
}

func (a *App) ready() error {
	if a.closing.Load() {
		return errors.New("closing")
	}
	return a.record.Ready()
}

// A certificate is the listener's, read again when its file changes.
type certificate struct {
	certFile, keyFile string

	mu    sync.Mutex
	at    time.Time
	value *tls.Certificate
}

// certificateOf reads the listener's certificate; nil where there is none.
func certificateOf(cfg *config.Config) (*certificate, error) {
	if cfg.Listen.TLS.CertFile == "" {
		return nil, nil //nolint:nilnil // plain HTTP, on a loopback address or behind a proxy
	}
	c := &certificate{certFile: cfg.Listen.TLS.CertFile, keyFile: cfg.Listen.TLS.KeyFile}
	_, err := c.get(nil)
	return c, err
}

// become takes other's place: its files, and what was read of them.
func (c *certificate) become(other *certificate) {
	if c == nil || other == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.certFile, c.keyFile, c.at, c.value = other.certFile, other.keyFile, other.at, other.value
}

// config is TLS 1.3, and 1.2 with authenticated encryption alone (RFC 9325).
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: upstream.AEADSuites(), NextProtos: []string{"h2", "http/1.1"}, GetCertificate: c.get}
}

// get returns the certificate, newly read if its file is newer. One that cannot be
// read leaves the last good one in force.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.certFile)
	if err == nil && c.value != nil && info.ModTime().Equal(c.at) {
		return c.value, nil
	}
	if err == nil {
		err = config.Private(c.keyFile)
	}
	if err == nil {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(c.certFile, c.keyFile); err == nil {
			c.value, c.at = &pair, info.ModTime()
			return c.value, nil
		}
	}
	if c.value != nil {
		return c.value, nil
	}
	return nil, err
}
