package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/front"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/ops"
	"github.com/mantlet-mcp/mantlet/internal/seal"
	"github.com/mantlet-mcp/mantlet/internal/upstream"
)

// How long calls may go on once an end or a reload was asked for, servers may take to
// stop after that, and the last replies to leave.
const (
	drainTime = 15 * time.Second
	stopTime  = 5 * time.Second
	replyTime = 2 * time.Second
)

// An App is a running Mantlet.
type App struct {
	ground
	metrics *ops.Metrics
	house   atomic.Pointer[house]
	tcp     net.Listener
	unix    net.Listener
	opsAt   net.Listener
	cert    *certificate
	serving []server
	closing atomic.Bool

	stops    gateway.Stops // who is halted
	programs programs      // detectors that run here
	tokens   tokens        // values that are kept over a reload
	changing sync.Mutex    // of who reloads or adopts; guards adopted
	adopted  map[mantlet.ServerID]upstream.Spec
	woken    chan struct{}  // a reload: what waits by the old configuration waits by the new
	retiring sync.WaitGroup // houses that were replaced and have not ended
}

// New builds everything and binds the listeners, but serves nothing yet.
func New(cfg *config.Config, log *slog.Logger) (*App, error) {
	a := &App{metrics: ops.NewMetrics(), woken: make(chan struct{}, 1)}
	a.ground = ground{log: log, meter: a.metrics, drops: &ration{}, about: fmt.Appendf(nil, `{"name":"mantlet","version":%q}`, Version())}
	if err := a.lay(cfg); err != nil {
		return nil, errors.Join(err, a.Close(context.Background()))
	}
	return a, nil
}

func (a *App) lay(cfg *config.Config) (err error) {
	if err := os.MkdirAll(cfg.State, 0o700); err != nil {
		return err
	}
	ring, err := seal.OpenRing(context.Background(), ringOf(cfg))
	if err != nil {
		return err
	}
	if err := ring.Remember(filepath.Join(cfg.State, "graves")); err != nil {
		return err
	}
	a.handles = &front.Handles{Ring: ring}
	if a.record, err = openRecord(cfg, a.log); err != nil {
		return err
	}
	if err := a.recordBundle(cfg); err != nil {
		return err
	}
	if a.trust, err = openTrust(cfg); err != nil {
		return err
	}
	if err := a.follow(cfg); err != nil {
		return err
	}
	if err := a.bind(cfg); err != nil {
		return err
	}
	h, err := a.build(cfg, nil)
	a.house.Store(h)
	a.metrics.Watch(a.record.RefusedTotal, func() int { return a.house.Load().gate.Halt.InFlight() })
	return err
}

// recordBundle writes down which signed bundle is about to be in force; a plain file is
// nobody's, and is not. What cannot be recorded does not come into force.
func (a *App) recordBundle(cfg *config.Config) error {
	o := cfg.Origin()
	if o.Version == 0 {
		return nil
	}
	a.log.Info("a signed bundle is put in force", "version", o.Version, "digest", o.Digest, "before", o.Before, "former", o.Former, "signedBy", strings.Join(o.SignedBy, " "))
	return a.record.Bundle(context.Background(), audit.Bundle{Version: o.Version, Before: o.Before, Digest: o.Digest, Former: o.Former, SignedBy: o.SignedBy})
}

func ringOf(cfg *config.Config) seal.Source {
	return seal.Source{File: cfg.Seal.RingFile, Create: cfg.Seal.Replicas == 1, Command: cfg.Seal.RingCommand}
}

// DigestKey is the key of the record's digests. It is not made here.
func DigestKey(cfg *config.Config) ([]byte, error) { return secretFile(cfg.Audit.DigestKeyFile, false) }

// BodyKey is the key of the bodies that the record keeps.
func BodyKey(cfg *config.Config) (key [32]byte, err error) {
	if cfg.Audit.Bodies.KeyFile == "" {
		return key, errors.New("no bodies are kept here: audit.bodies.keyFile is not set")
	}
	b, err := secretFile(cfg.Audit.Bodies.KeyFile, false)
	if err != nil {
		return key, err
	}
	return [32]byte(b), nil
}

func openRecord(cfg *config.Config, log *slog.Logger) (*audit.Log, error) {
	key, err := secretFile(cfg.Audit.DigestKeyFile, true)
	if err != nil {
		return nil, err
	}
	o := audit.Options{Dir: cfg.Audit.Dir, Key: key, RotateSize: int64(cfg.Audit.RotateSize), RotateAge: time.Duration(cfg.Audit.RotateAge)}
	o.Trouble = func(err error) {
		if err != nil {
			log.Error("the record cannot be written: calls stop until it can", "dir", cfg.Audit.Dir, "error", err)
			return
		}
		log.Info("the record is written again: calls go on", "dir", cfg.Audit.Dir)
	}
	if cfg.Audit.Durability == "disk" {
		o.Durability = audit.Disk
	}
	if cfg.Audit.Bodies.Keep {
		body, err := BodyKey(cfg)
		if err != nil {
			return nil, err
		}
		o.Bodies = &audit.Bodies{Key: body, Retention: time.Duration(cfg.Audit.Bodies.Retention)}
	}
	return audit.Open(o)
}

// secretFile reads 32 bytes of base64 from a file that only its owner can read,
// or makes it.
func secretFile(path string, create bool) ([]byte, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && create {
		if err := newSecret(path); err != nil && !errors.Is(err, fs.ErrExist) { // somebody else was first
			return nil, err
		}
	}
	text, err := config.Secret(path)
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != 32 {
		return nil, fmt.Errorf("%s does not hold 32 bytes of base64", path)
	}
	return b, nil
}

// newSecret never writes over a key: what it signed could not be checked any more.
func newSecret(path string) error {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return err
	}
	return newSecretFile(path, base64.StdEncoding.EncodeToString(b[:])+"\n")
}

func newSecretFile(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// Addr is where the TCP listener is bound.
func (a *App) Addr() string { return a.tcp.Addr().String() }

// Config is the configuration in force.
func (a *App) Config() *config.Config { return a.house.Load().cfg }

// Run serves until ctx ends, then drains and closes everything.
func (a *App) Run(ctx context.Context) error {
	failed := make(chan error, 8) // more than there are servers: none waits
	a.serve(a.tcp, func(h *house) *front.Server { return h.tcp }, failed)
	a.serve(a.unix, func(h *house) *front.Server { return h.unix }, failed)
	a.serveOps(failed)
	if err := a.servePage(failed); err != nil {
		failed <- err
	}
	var err error
	watching, rest := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { a.observe(watching) })
	watch.Go(func() { a.beWitnessed(watching) })
	watch.Go(func() { a.watchAdvisories(watching) })
	watch.Go(debug.FreeOSMemory) // what the start alone needed is given back
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	rest()
	watch.Wait()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime+stopTime+replyTime)
	defer cancel()
	return errors.Join(err, a.Close(closing))
}

// Reload puts cfg in force, or returns why it cannot and changes nothing. The key ring
// is read anew: a key that was put first seals from now on.
func (a *App) Reload(cfg *config.Config) error {
	a.changing.Lock()
	defer a.changing.Unlock()
	if a.closing.Load() {
		return errMoved
	}
	old := a.house.Load()
	if moved := old.cfg.Moved(cfg); len(moved) > 0 {
		return fmt.Errorf("these take effect at the next start, and nothing was changed: %s", strings.Join(moved, ", "))
	}
	terms, err := a.trust.fresh(cfg)
	if err != nil {
		return err
	}
	keys, err := ringOf(cfg).Keys(context.Background())
	if err != nil {
		return err
	}
	cert, err := certificateOf(cfg)
	if err != nil {
		return err
	}
	h, err := a.build(cfg, old)
	if err != nil {
		return err
	}
	if err = a.recordBundle(cfg); err == nil {
		err = a.handles.Ring.Renew(keys...)
	}
	if err != nil {
		return errors.Join(err, h.servers.Close(context.Background()))
	}
	a.cert.become(cert)
	a.trust.renew(terms, cfg)
	a.house.Store(h)
	a.wake()
	maps.DeleteFunc(a.adopted, func(id mantlet.ServerID, _ upstream.Spec) bool { return cfg.Servers[string(id)] != nil })
	a.retiring.Go(func() { a.retire(old) })
	return nil
}

// retire ends a house that was replaced.
func (a *App) retire(h *house) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime+stopTime)
	defer cancel()
	if err := h.end(ctx); err != nil {
		a.log.Warn("servers of the old configuration did not all end", "error", err)
	}
}

// end lets the calls of h go on for their time, ends its streams at once, so that
// their clients come back to what follows, and stops its servers.
func (h *house) end(ctx context.Context) error {
	drain, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	h.gate.Halt.Cut(isStream, errMoved)
	_ = h.gate.Halt.Wait(drain) // what is not done by then is cut
	h.gate.Halt.Close(errMoved)
	h.gate.Halt.Cut(func(gateway.Underway) bool { return true }, errMoved)
	return h.servers.Close(ctx)
}

var errMoved = &mantlet.Fault{Kind: mantlet.Unavailable, Public: "mantlet is being restarted or reloaded; try again"}

// Close ends everything, in this order: no new connection, no new call, streams
// cut, calls drained, servers stopped, the last replies sent, the record closed.
func (a *App) Close(ctx context.Context) error {
	if a.closing.Swap(true) {
		return nil
	}
	a.changing.Lock() // whoever changed the house has done so, and nobody will
	h := a.house.Load()
	a.changing.Unlock()
	for _, l := range []net.Listener{a.tcp, a.unix} {
		if l != nil {
			_ = l.Close() // its server closes it again
		}
	}
	var errs []error
	if h != nil {
		h.gate.Halt.Close(errMoved)
		errs = append(errs, h.end(ctx))
	}
	a.retired(ctx)
	errs = append(errs, a.hangUp(ctx), a.programs.Close(ctx))
	if a.opsAt != nil {
		_ = a.opsAt.Close() // the http.Server closes it again
	}
	a.unfollow(ctx)
	errs = append(errs, a.trust.Close())
	if a.record != nil {
		errs = append(errs, a.record.Close())
	}
	return errors.Join(errs...)
}

// retired waits for the houses that were replaced: their calls, too, are recorded.
func (a *App) retired(ctx context.Context) {
	done := make(chan struct{})
	go func() { a.retiring.Wait(); close(done) }() // each house has its own time
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// hangUp ends the connections. A call that is over for the corridor may still have
// its record to end and its reply to send.
func (a *App) hangUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, replyTime)
	defer cancel()
	var errs []error
	for _, s := range a.serving {
		err := s.Shutdown(ctx)
		if ctx.Err() != nil {
			err = s.Close()
		}
		if !errors.Is(err, net.ErrClosed) { // its listener was closed before
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// isStream: a GET stream, or what the modern era has in its place.
func isStream(u gateway.Underway) bool {
	return u.Op != upstream.OpDeliver || u.Method == "subscriptions/listen"
}

// Version is the module's version, or the commit it was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "commit-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return "development"
}
