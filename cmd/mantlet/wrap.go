package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
)

// A wrapping is what the flags of wrap say.
type wrapping struct {
	server, client string
	env            []string
}

func wrapCommand(o *options) *cobra.Command {
	var w wrapping
	c := &cobra.Command{
		Use:   "wrap [--server NAME] [-- CMD [ARG...]]",
		Short: "Speak MCP on stdin and stdout, with Mantlet's corridor behind it",
		Long: "Wrap is what a client starts in place of a server. It joins the user's running\nMantlet over its unix socket, and starts one if there is none, so that limits, halts\n" +
			"and the record are one for all clients.\n\nWith a command after --, Mantlet runs that command as a server of its own, in the\ncurrent directory, for as long as Mantlet runs. Its environment is built from empty:\n" +
			"name what else it may have with --env.",
		Example: "  mantlet wrap --server files\n  mantlet wrap            (all servers together)\n  mantlet wrap --env API_KEY -- npx -y @modelcontextprotocol/server-memory",
		RunE: func(c *cobra.Command, args []string) error {
			if c.ArgsLenAtDash() != 0 && len(args) > 0 {
				return &exitError{exitUsage, errors.New("a command stands after --; see mantlet wrap --help")}
			}
			return o.wrap(c, w, args)
		},
	}
	c.Flags().StringVar(&w.server, "server", "", "the server to speak to (default: all of them, joined), or the name for CMD")
	c.Flags().StringVar(&w.client, "client", "wrap", "the name of the client that this wrap speaks for, as the record shows it")
	c.Flags().StringArrayVar(&w.env, "env", nil, "a variable of this environment that CMD may have; may be repeated")
	return c
}

func (o *options) wrap(c *cobra.Command, w wrapping, args []string) error {
	cfg, _, err := o.load()
	if err != nil {
		return err
	}
	id, err := serverID(w.server)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if err := ensure(c.Context(), o, cfg); err != nil {
		return err
	}
	d := daemon.New(cfg.Listen.Socket, w.client, id)
	if len(args) > 0 {
		cmd, err := w.command(args)
		if err != nil {
			return err
		}
		if d.Server, err = d.Adopt(c.Context(), cmd); err != nil {
			return &exitError{exitRefused, err}
		}
	}
	return d.Wrap(c.Context(), c.InOrStdin(), c.OutOrStdout())
}

// command is what the daemon shall run. The program is looked up here, where the
// client's PATH is.
func (w wrapping) command(args []string) (daemon.Command, error) {
	cmd := daemon.Command{Name: w.server, Args: args[1:], Env: map[string]string{"PATH": os.Getenv("PATH")}}
	path, err := exec.LookPath(args[0])
	if err == nil {
		cmd.Command, err = filepath.Abs(path)
	}
	if err == nil {
		cmd.Dir, err = os.Getwd()
	}
	for _, name := range w.env {
		value, ok := os.LookupEnv(name)
		if !ok {
			return cmd, &exitError{exitUsage, fmt.Errorf("the variable %s is not set here; set it, or take --env %s out", mantlet.Escape(name), mantlet.Escape(name))}
		}
		cmd.Env[name] = value
	}
	return cmd, err
}

// ensure starts a Mantlet for this user if none answers, and waits until it does.
func ensure(ctx context.Context, o *options, cfg *config.Config) error {
	if daemon.Alive(cfg.Listen.Socket) {
		return nil
	}
	args := []string{"up"}
	if o.file != "" {
		args = append(args, "-f", o.file)
	}
	cmd := exec.Command(self(), args...) //nolint:gosec,noctx // this program itself, which outlives this command
	cmd.SysProcAttr = detached()
	if err := os.MkdirAll(cfg.State, 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(cfg.State+"/up.log", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // the daemon has its own
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ended: //nolint:errcheck // whatever it says, the log says more
			if daemon.Alive(cfg.Listen.Socket) {
				return nil // another wrap was first
			}
			return fmt.Errorf("mantlet could not be started; see %s", out.Name())
		case <-tick.C:
			if daemon.Alive(cfg.Listen.Socket) {
				return nil
			}
		}
	}
	return fmt.Errorf("mantlet did not start in time; see %s", out.Name())
}
