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
	"net/http"
	"os"
	"path/filepath"
	"reflect"
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

// drainTime is how long calls may go on once an end or a reload was asked for.
const drainTime = 15 * time.Second

// An App is a running Mantlet.
type App struct {
	ground
	metrics *ops.Metrics
	house   atomic.Pointer[house]
	tcp     net.Listener
	unix    net.Listener
	opsAt   net.Listener
	cert    *certificate
	serving []*http.Server
	closing atomic.Bool

	changing sync.Mutex // of who reloads or adopts; guards adopted
	adopted  map[mantlet.ServerID]upstream.Spec
}

// New builds everything and binds the listeners, but serves nothing yet.
func New(cfg *config.Config, log *slog.Logger) (*App, error) {
	a := &App{metrics: ops.NewMetrics()}
	a.ground = ground{log: log, meter: a.metrics, about: fmt.Appendf(nil, `{"name":"mantlet","version":%q}`, Version())}
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
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		b := make([]byte, 32)
		if _, err := rand.Read(b); err != nil {
			return nil, err
		}
		return b, os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(b)+"\n"), 0o600)
	}
	if err := config.Private(path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(b) != 32 {
		return nil, fmt.Errorf("%s does not hold 32 bytes of base64", path)
	}
	return b, nil
}

// Addr is where the TCP listener is bound.
func (a *App) Addr() string { return a.tcp.Addr().String() }

// Config is the configuration in force.
func (a *App) Config() *config.Config { return a.house.Load().cfg }

// Run serves until ctx ends, then drains and closes everything.
func (a *App) Run(ctx context.Context) error {
	failed := make(chan error, 3)
	a.serve(a.tcp, func(h *house) http.Handler { return h.tcp }, failed)
	a.serve(a.unix, func(h *house) http.Handler { return h.unix }, failed)
	a.serveOps(failed)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime+5*time.Second)
	defer cancel()
	return errors.Join(err, a.Close(closing))
}

// Reload puts cfg in force, or returns why it cannot and changes nothing. The key ring
// is read anew: a key that was put first seals from now on.
func (a *App) Reload(cfg *config.Config) error {
	a.changing.Lock()
	defer a.changing.Unlock()
	old := a.house.Load()
	if err := fixed(old.cfg, cfg); err != nil {
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
	if err := a.handles.Ring.Renew(keys...); err != nil {
		return errors.Join(err, h.servers.Close(context.Background()))
	}
	a.cert.become(cert)
	a.house.Store(h)
	maps.DeleteFunc(a.adopted, func(id mantlet.ServerID, _ upstream.Spec) bool { return cfg.Servers[string(id)] != nil })
	go a.retire(old)
	return nil
}

// fixed are the settings that hold a port, a lock or a key.
func fixed(old, fresh *config.Config) error {
	switch {
	case old.Listen.Address != fresh.Listen.Address, old.Listen.Socket != fresh.Listen.Socket, old.State != fresh.State,
		(old.Listen.TLS.CertFile == "") != (fresh.Listen.TLS.CertFile == ""), old.Log.Format != fresh.Log.Format,
		old.Ops != fresh.Ops, old.Audit != fresh.Audit, old.Seal.Replicas != fresh.Seal.Replicas,
		!reflect.DeepEqual(old.Telemetry, fresh.Telemetry):
		return errors.New("listen.address, listen.socket, whether there is TLS, state, ops, audit, telemetry, log.format and seal.replicas take effect at the next start; nothing was changed")
	}
	return nil
}

// retire ends a house that was replaced: streams at once, so that their clients
// come back to the new one, calls in their time.
func (a *App) retire(h *house) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	h.gate.Halt.Cut(isStream, errMoved)
	_ = h.gate.Halt.Wait(ctx) // what is not done by then is cut
	h.gate.Halt.Close(errMoved)
	h.gate.Halt.Cut(func(*gateway.Exchange) bool { return true }, errMoved)
	if err := h.servers.Close(ctx); err != nil {
		a.log.Warn("servers of the old configuration did not all end", "error", err)
	}
}

var errMoved = &mantlet.Fault{Kind: mantlet.Unavailable, Public: "mantlet is being restarted or reloaded; try again"}

// Close ends everything, in this order: no new connection, no new call, streams
// cut, calls drained, servers stopped, the record closed.
func (a *App) Close(ctx context.Context) error {
	if a.closing.Swap(true) {
		return nil
	}
	var errs []error
	for _, l := range []net.Listener{a.tcp, a.unix} {
		if l != nil {
			_ = l.Close() // the http.Server closes it again
		}
	}
	if h := a.house.Load(); h != nil {
		h.gate.Halt.Close(errMoved)
		h.gate.Halt.Cut(isStream, errMoved)
		drain, cancel := context.WithTimeout(ctx, drainTime)
		_ = h.gate.Halt.Wait(drain) // what is not done by then is cut
		cancel()
		h.gate.Halt.Cut(func(*gateway.Exchange) bool { return true }, errMoved)
		errs = append(errs, h.servers.Close(ctx))
	}
	for _, s := range a.serving {
		if err := s.Close(); !errors.Is(err, net.ErrClosed) { // its listener was closed above
			errs = append(errs, err)
		}
	}
	if a.opsAt != nil {
		_ = a.opsAt.Close() // the http.Server closes it again
	}
	a.unfollow(ctx)
	if a.record != nil {
		errs = append(errs, a.record.Close())
	}
	return errors.Join(errs...)
}

// isStream: a GET stream, or what the modern era has in its place.
func isStream(x *gateway.Exchange) bool {
	return x.Request == nil || x.Request.Method == "subscriptions/listen"
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
