package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/config"
)

func upCommand(o *options) *cobra.Command {
	var take, undo, yes bool
	c := &cobra.Command{
		Use:   "up",
		Short: "Start Mantlet for this user, on this machine",
		Long: "Up starts Mantlet on a loopback address for the user who runs it. Without a\nconfiguration it stands in front of a built-in sample server, makes a token for a\n" +
			"client on first start, and prints what to paste into that client. It says which\nlayers are switched off.",
		Example: "  mantlet up\n  mantlet up -f mantlet.yaml\n  mantlet up --import      (put Mantlet in front of what your clients have configured)\n  mantlet up --undo        (put the clients' files back)",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if undo {
				return o.undo(c.OutOrStdout())
			}
			if take {
				if err := o.importServers(c.InOrStdin(), c.OutOrStdout(), yes); err != nil {
					return err
				}
			}
			cfg, _, err := o.load()
			if err != nil {
				return err
			}
			return o.start(c.Context(), cfg, forUser, func(a *app.App) error { return greet(c.OutOrStdout(), a) })
		},
	}
	c.Flags().BoolVar(&take, "import", false, "find the servers that your MCP clients have configured and put Mantlet in front of them")
	c.Flags().BoolVar(&yes, "yes", false, "with --import: say yes to the entries of your own files (those of a project are still asked for)")
	c.Flags().BoolVar(&undo, "undo", false, "put back the client files that --import changed, and stop")
	return c
}

// ready gives a configuration without servers or clients those of the first minute.
func ready(cfg *config.Config) {
	if len(cfg.Servers) == 0 {
		cfg.AddServer("sample", &config.Server{Command: self(), Args: []string{"sample-server"}})
	}
	if len(cfg.Clients) == 0 {
		cfg.AddClient("default", "*")
	}
	if !cfg.Trust.Pins() && !cfg.Insecure.TrustUnpinned {
		cfg.Trust.FirstUse = "scan"
	}
	if cfg.Listen.Commands == nil {
		yes := true
		cfg.Listen.Commands = &yes
	}
}

// forUser is what up makes of a configuration, and why it may not run.
func forUser(cfg *config.Config) config.Problems {
	ready(cfg)
	cfg.ForOne()
	return cfg.UpProblems()
}

// start runs an app until the context ends, reloading it on SIGHUP and when its
// file changes. Every configuration is prepared and judged alike, the first and those
// that follow.
func (o *options) start(ctx context.Context, cfg *config.Config, prepare func(*config.Config) config.Problems, hello func(*app.App) error) error {
	if p := usable(cfg, prepare); len(p) > 0 {
		return &exitError{exitConfig, p}
	}
	lessCollection()
	level := &slog.LevelVar{}
	log := logger(cfg, level)
	if err := o.signed.keep(); err != nil {
		return err
	}
	a, err := app.New(cfg, log)
	if err != nil {
		return err
	}
	o.signed.took()
	if err := hello(a); err != nil {
		return errors.Join(err, a.Close(ctx))
	}
	ctx, stop := o.signed.guard(ctx, log)
	defer stop()
	go watch(ctx, o.watched(), log, func() {
		fresh, err := o.reload(a, prepare)
		if err != nil {
			log.Error("the configuration was not reloaded; the old one goes on", "error", err)
			return
		}
		_ = level.UnmarshalText([]byte(fresh.Log.Level)) // checked with the configuration
		o.signed.tell(log)
	})
	if err := a.Run(ctx); err != nil || !errors.Is(context.Cause(ctx), errEnded) {
		return err
	}
	return &exitError{exitConfig, errEnded}
}

// reload puts the configuration in force that stands there now, if it may be.
func (o *options) reload(a *app.App, prepare func(*config.Config) config.Problems) (*config.Config, error) {
	fresh, _, err := o.load()
	if err != nil {
		return nil, err
	}
	if p := usable(fresh, prepare); len(p) > 0 {
		return nil, p
	}
	if err := o.signed.keep(); err != nil {
		return nil, err
	}
	if err := a.Reload(fresh); err != nil {
		return nil, err
	}
	o.signed.took()
	return fresh, nil
}

// watched is the file whose changes are a reload.
func (o *options) watched() string {
	if o.signed != nil {
		return o.signed.file
	}
	return o.file
}

// usable prepares cfg and says why it cannot run; nothing where it can.
func usable(cfg *config.Config, prepare func(*config.Config) config.Problems) config.Problems {
	if p := prepare(cfg); len(p) > 0 {
		return p
	}
	return cfg.CheckFiles()
}

// lessCollection lets the heap grow to four times of what is alive before it is
// collected: what is alive is a few megabytes, and each collection looks through the
// stacks of every call under way. GOGC, where it is set, says otherwise.
func lessCollection() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
}

// watch calls reload on SIGHUP and when the file is written. The directory is
// watched, for editors and Kubernetes replace the file.
func watch(ctx context.Context, path string, log *slog.Logger, reload func()) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	changes, missed, stop := fileChanges(path, log)
	defer stop()
	go func() {
		for err := range missed {
			log.Warn("a change of the configuration may have been missed; send SIGHUP to have it reloaded", "error", err)
		}
	}()
	follow(ctx, hup, changes, filepath.Base(path), reload)
}

// follow calls reload on each signal, and once the file name was written and then
// left alone.
func follow(ctx context.Context, hup <-chan os.Signal, changes <-chan fsnotify.Event, name string, reload func()) {
	var settled <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			reload()
		case e, ok := <-changes:
			if !ok {
				changes = nil
				continue
			}
			if filepath.Base(e.Name) == name && e.Has(fsnotify.Write|fsnotify.Create|fsnotify.Rename) {
				settled = time.After(settleTime)
			}
		case <-settled:
			settled = nil
			reload()
		}
	}
}

// settleTime is how long a file must be left alone before it is read: one that was
// truncated and is not yet written again is a configuration without servers.
const settleTime = 200 * time.Millisecond

// fileChanges watches the directory of path. Without a path, and where it cannot be
// watched, nothing comes.
func fileChanges(path string, log *slog.Logger) (changes <-chan fsnotify.Event, missed <-chan error, stop func()) {
	w, err := watcher(path)
	if err != nil {
		log.Warn("the configuration's directory cannot be watched; send SIGHUP to have it reloaded", "error", err)
	}
	if w == nil {
		none := make(chan error)
		close(none)
		return nil, none, func() {}
	}
	return w.Events, w.Errors, func() { _ = w.Close() } // nothing is read after
}

// watcher watches the directory of path; nil without a path, and on an error.
func watcher(path string) (*fsnotify.Watcher, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // there is nothing to watch
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	if err := w.Add(filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// greet prints where Mantlet listens, what is off, and what to paste into a client.
func greet(w io.Writer, a *app.App) error {
	cfg := a.Config()
	var b strings.Builder
	fmt.Fprintf(&b, "mantlet %s\n\n", app.Version())
	ids := make([]mantlet.ServerID, 0, len(cfg.Servers))
	for _, id := range slices.Sorted(maps.Keys(cfg.Servers)) {
		ids = append(ids, mantlet.ServerID(id))
		fmt.Fprintf(&b, "  %s/mcp/%s\n", address(a), id)
	}
	if *cfg.Joined.Enabled {
		fmt.Fprintf(&b, "  %s/mcp        all of them together\n", address(a))
	}
	b.WriteString("\n" + off(cfg) + "\n")
	if err := paste(&b, a, cfg, ids); err != nil {
		return err
	}
	b.WriteString(enrol(a.Enrolment(), cfg.Trust.CodeFile))
	fmt.Fprintf(&b, "\nThe record: mantlet audit tail    Stop: Ctrl-C\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// address is where clients find a.
func address(a *app.App) string {
	if a.Config().Listen.TLS.CertFile != "" {
		return "https://" + a.Addr()
	}
	return "http://" + a.Addr()
}

// paste shows each client's configuration. A token is shown on a terminal alone:
// output that goes to a file or a log gets the path of the key instead.
func paste(b *strings.Builder, a *app.App, cfg *config.Config, ids []mantlet.ServerID) error {
	clients, err := app.Clients(cfg, ids)
	if err != nil {
		return err
	}
	secret := term.IsTerminal(int(os.Stdout.Fd())) //nolint:gosec // a descriptor
	for i, c := range clients {
		fmt.Fprintf(b, "Paste into the MCP client %q:\n\n  {\n    \"mcpServers\": {", c.Name)
		for j, s := range c.Servers {
			token := "(the key is in " + cfg.Clients[i].KeyFile + "; `mantlet token " + c.Name + "` prints the tokens)"
			if secret {
				token = c.Key.Token(c.Name, s)
			}
			name, path := "mantlet", "/mcp"
			if s != mantlet.Joined {
				name, path = string(s), "/mcp/"+string(s)
			}
			comma := ","
			if j == len(c.Servers)-1 {
				comma = ""
			}
			fmt.Fprintf(b, "\n      %q: {\"type\": \"http\", \"url\": \"%s%s\",\n        \"headers\": {\"Authorization\": \"Bearer %s\"}}%s", name, address(a), path, token, comma)
		}
		b.WriteString("\n    }\n  }\n\n")
		fmt.Fprintf(b, "or, for a client that starts its servers:\n\n  {\"mcpServers\": {\"mantlet\": {\"command\": %q, \"args\": [\"wrap\", \"--client\", %q]}}}\n", self(), c.Name)
	}
	return nil
}

// enrol says where the codes of approvals come from, once. Like a token, the secret is
// shown on a terminal alone.
func enrol(uri, path string) string {
	if uri == "" {
		return ""
	}
	if !term.IsTerminal(int(os.Stdout.Fd())) { //nolint:gosec // a descriptor
		uri = "(the secret is in " + path + ")"
	}
	return "\nTo approve a tool (mantlet tools approve) takes a code from another device. Enrol it now\nin an authenticator, this is shown once:\n\n  " + uri + "\n"
}

func off(cfg *config.Config) string { return switchedOff(cfg.SwitchedOff()) }

func switchedOff(lines []string) string {
	var b strings.Builder
	b.WriteString("SWITCHED OFF:\n")
	for _, line := range lines {
		fmt.Fprintf(&b, "  ! %s\n", line)
	}
	return b.String()
}
