package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// signed is the bundle that serve runs by. The zero value is none: a plain file.
type signed struct {
	file  string        // the bundle
	state bundle.File   // what was accepted last
	root  signer.Digest // of the first set of signers; zero where none was given
	trust string        // the file of Sigstore's trusted root; "" believes no identity

	next bundle.State // of the last that was accepted; keep keeps it
	read time.Time    // when that ends

	held bundle.State // of the one in force
	ends atomic.Int64 // when that ends, in Unix seconds
}

// signedFlags are serve's flags for a bundle, as they were written.
type signedFlags struct{ file, state, root, trust string }

func (f *signedFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.file, "bundle", "", "serve by this signed bundle in place of a plain file; see mantlet bundle")
	c.Flags().StringVar(&f.root, "root", "", "the digest of the signers of the first bundle, sha256:...; not needed once one was accepted")
	rootFlag(c, &f.trust)
	c.Flags().StringVar(&f.state, "bundle-state", "", "where the bundle that was accepted last is kept (default: bundle.state in the state directory that MANTLET_STATE names)")
}

func serveCommand(o *options) *cobra.Command {
	var flags signedFlags
	c := &cobra.Command{
		Use:   "serve (-f FILE | --bundle FILE)",
		Short: "Serve a team, from a configuration file or a signed bundle",
		Long: "Serve runs Mantlet from a configuration file, or from a bundle that as many people signed as\nit takes (mantlet bundle). It refuses to start while a layer is switched off that the\n" +
			"configuration does not name under insecure, and a plain file where trust.firstUse is approve.\n\nA bundle is refused unless it follows the one that was accepted last; the first is known by the\n" +
			"digest of its signers. A reload is judged alike: where it is refused, the old one goes on.",
		Example: "  mantlet serve -f /etc/mantlet/mantlet.yaml\n  mantlet serve --bundle /etc/mantlet/mantlet.bundle --root sha256:...",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if o.signed, err = flags.source(o.file); err != nil {
				return err
			}
			cfg, _, err := o.load()
			if err != nil {
				return err
			}
			return o.start(c.Context(), cfg, o.signed.serveProblems, func(a *app.App) error {
				_, err := fmt.Fprintf(c.OutOrStdout(), "mantlet %s serves at %s\n%s%s", app.Version(), a.Addr(), o.signed.greet(), off(cfg))
				return err
			})
		},
	}
	flags.add(c)
	return c
}

// source is what the flags ask for; nil for a plain file.
func (f *signedFlags) source(plain string) (*signed, error) {
	usage := func(text string) (*signed, error) { return nil, &exitError{exitUsage, errors.New(text)} }
	switch {
	case f.file == "" && (f.root != "" || f.state != "" || f.trust != ""):
		return usage("--root, --trusted-root and --bundle-state are about a bundle; name it with --bundle FILE")
	case f.file == "" && plain == "":
		return usage("serve needs a configuration; give it with -f FILE, or signed with --bundle FILE")
	case f.file == "":
		return nil, nil //nolint:nilnil // a plain file
	case plain != "":
		return usage("-f and --bundle are both given; the configuration is in the bundle: leave -f out")
	}
	s := &signed{file: f.file, state: bundle.File(f.state), trust: f.trust}
	if f.root != "" {
		var err error
		if s.root, err = signer.ParseDigest(f.root); err != nil {
			return nil, &exitError{exitUsage, fmt.Errorf("--root: %w", err)}
		}
	}
	if f.state == "" {
		cfg, err := config.Default()
		if err != nil {
			return nil, &exitError{exitConfig, err}
		}
		s.state = bundle.File(filepath.Join(cfg.State, "bundle.state"))
	}
	return s, nil
}

// load reads and verifies the bundle, and then its configuration, whose relative paths
// start from the bundle's directory. Nothing is kept yet.
func (s *signed) load() (*config.Config, error) {
	file, err := readBundle(s.file)
	if err != nil {
		return nil, err
	}
	last, err := s.state.Load()
	if err != nil {
		return nil, fmt.Errorf("what is kept of the last bundle cannot be believed: %w; put it back from a copy, or, if nobody touched it, remove it and start with --root", err)
	}
	identities, err := app.SigstoreFile(s.trust)
	if err != nil {
		return nil, fmt.Errorf("the trusted root of Sigstore (--trusted-root) cannot be read: %w", err)
	}
	b, next, err := bundle.Open(file, bundle.Root{State: last, Signers: s.root, Bundle: identities}, time.Now())
	if err != nil {
		return nil, fmt.Errorf("the bundle %s is refused: %w%s", s.file, err, remedy(err, last))
	}
	dir, err := filepath.Abs(filepath.Dir(s.file))
	if err != nil {
		return nil, err
	}
	cfg, err := config.Parse(dir, b.Payload.Config)
	if err != nil {
		return nil, fmt.Errorf("the configuration in the bundle %s: %w", s.file, err)
	}
	signers, err := signer.Canonical(&b.Payload.Signers)
	if err != nil {
		return nil, err
	}
	cfg.Trust.HoldSigners(signers)
	if err := hold(cfg, dir, &b); err != nil {
		return nil, fmt.Errorf("the bundle %s: %w", s.file, err)
	}
	o := config.Origin{Version: next.Version, Digest: next.Payload.String(), SignedBy: b.SignedBy}
	if s.held.Version > 0 { // one may have been accepted since that could not be put in force
		last = &s.held
	}
	if last != nil {
		o.Before, o.Former = last.Version, last.Payload.String()
	}
	cfg.SetOrigin(o)
	s.next, s.read = next, b.Payload.Expires
	return cfg, nil
}

// remedy says what to do about a bundle that was refused.
func remedy(err error, last *bundle.State) string {
	switch {
	case errors.Is(err, bundle.ErrRoot):
		return "; compare the digest with the people it names by another way than this file"
	case errors.Is(err, bundle.ErrSigners) && last != nil:
		return "; mantlet bundle show --previous says who is missing, mantlet bundle sign signs"
	case errors.Is(err, bundle.ErrSigners):
		return "; mantlet bundle show says who is missing, mantlet bundle sign signs"
	case errors.Is(err, bundle.ErrRollback), errors.Is(err, bundle.ErrSame):
		return fmt.Sprintf("; make and sign version %d of what is wanted, with the bundle of version %d as --previous", last.Version+1, last.Version)
	case errors.Is(err, bundle.ErrChain):
		return fmt.Sprintf("; make it anew, with the bundle of version %d as --previous", last.Version)
	case errors.Is(err, bundle.ErrDate):
		return "; look at the clock, or make and sign the next version"
	case errors.Is(err, bundle.ErrShape):
		return "; it was changed or cut after it was made: fetch it again, or make it anew"
	}
	return ""
}

// keep keeps what load has accepted, before it is used. For a plain file there is nothing
// to keep.
func (s *signed) keep() error {
	if s == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(string(s.state)), 0o700); err != nil {
		return fmt.Errorf("the state of the bundle cannot be kept, and without it an older one would be accepted: %w", err)
	}
	if err := s.state.Keep(s.next); err != nil {
		return fmt.Errorf("the state of the bundle cannot be kept in %s, and without it an older one would be accepted: %w", s.state, err)
	}
	return nil
}

// took notes that what load accepted is in force.
func (s *signed) took() {
	if s != nil {
		s.held = s.next
		s.ends.Store(s.read.Unix())
	}
}

// String says which bundle is in force.
func (s *signed) String() string {
	return fmt.Sprintf("bundle version %d, %s, until %s", s.held.Version, s.held.Payload, s.end().Format(time.RFC3339))
}

func (s *signed) end() time.Time { return time.Unix(s.ends.Load(), 0).UTC() }

// tell says on the log that a configuration is in force, and by which bundle.
func (s *signed) tell(log *slog.Logger) {
	if s == nil {
		log.Info("the configuration was reloaded")
		return
	}
	log.Info("the configuration was reloaded", "bundle", s.held.Version, "payload", s.held.Payload.String(), "expires", s.end())
}

// serveProblems are why serve may not run by cfg.
func (s *signed) serveProblems(cfg *config.Config) config.Problems {
	cfg.ForTeam()
	if s == nil {
		return append(cfg.ServeProblems(), cfg.PlainProblems()...)
	}
	return append(cfg.ServeProblems(), cfg.SignedProblems()...)
}

// greet is what serve prints once it listens, beside what is off.
func (s *signed) greet() string {
	if s == nil {
		return ""
	}
	return s.String() + "\n"
}

// readBundle reads at most what a bundle may have.
func readBundle(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(f, bundle.MaxBundle+1))
	if err == nil && len(b) > bundle.MaxBundle {
		err = fmt.Errorf("%s has more than %d bytes; name a bundle", path, bundle.MaxBundle)
	}
	return b, err
}

// errEnded is why serve stops: what ran on would be what nobody has confirmed for longer
// than they signed for.
var errEnded = errors.New("the bundle that is in force has ended; have the next version signed, and start again with it")

// How the end of a bundle is watched: the clock may be set, or the machine sleep.
const (
	look     = time.Minute
	foretold = 14 * 24 * time.Hour // how long before its end the log begins to say so
	repeated = 24 * time.Hour
)

// guard returns a context that ends, by errEnded, with the bundle in force. For a plain file
// it is ctx.
func (s *signed) guard(ctx context.Context, log *slog.Logger) (context.Context, context.CancelFunc) {
	if s == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	go s.watch(ctx, cancel, log)
	return ctx, func() { cancel(context.Canceled) }
}

func (s *signed) watch(ctx context.Context, end context.CancelCauseFunc, log *slog.Logger) {
	var said time.Time
	for {
		now := time.Now()
		left := s.end().Sub(now)
		if left <= 0 {
			end(errEnded)
			return
		}
		if left <= foretold && now.Sub(said) >= repeated {
			log.Warn("the bundle in force ends soon, and serve stops then; have the next version signed", "expires", s.end())
			said = now
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(min(left, look)):
		}
	}
}
