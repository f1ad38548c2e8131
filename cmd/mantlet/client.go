package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

func wrapCommand(o *options) *cobra.Command {
	var server, client string
	c := &cobra.Command{
		Use:   "wrap [--server NAME]",
		Short: "Speak MCP on stdin and stdout, with Mantlet's corridor behind it",
		Long: "Wrap is what a client starts in place of a server. It joins the user's running\nMantlet over its unix socket, and starts one if there is none, so that limits, halts\n" +
			"and the record are one for all clients.",
		Example: "  mantlet wrap --server files\n  mantlet wrap            (all servers together)",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := o.load()
			if err != nil {
				return err
			}
			id, err := serverID(server)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			if err := ensure(c.Context(), o, cfg); err != nil {
				return err
			}
			d := daemon.New(cfg.Listen.Socket, client, id)
			return d.Wrap(c.Context(), c.InOrStdin(), c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&server, "server", "", "the server to speak to (default: all of them, joined)")
	c.Flags().StringVar(&client, "client", "wrap", "the name of the client that this wrap speaks for, as the record shows it")
	return c
}

func serverID(name string) (mantlet.ServerID, error) {
	if name == "" {
		return mantlet.Joined, nil
	}
	return mantlet.ParseServerID(name)
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

func toolsCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "tools [SERVER]",
		Short:   "List the tools that the running Mantlet offers",
		Example: "  mantlet tools\n  mantlet tools files --output json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client(strings.Join(args, ""))
			if err != nil {
				return err
			}
			cursor := ""
			for {
				reply, err := d.Ask(c.Context(), "tools/list", cursor)
				if err != nil {
					return err
				}
				more, next, err := printTools(c.OutOrStdout(), reply, o.json())
				if err != nil || !more {
					return err
				}
				cursor = fmt.Sprintf(`"cursor":%s,`, wire.Quote(next))
			}
		},
	}
}

// client finds the running Mantlet.
func (o *options) client(server string) (*daemon.Client, error) {
	cfg, _, err := o.load()
	if err != nil {
		return nil, err
	}
	id, err := serverID(server)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return daemon.New(cfg.Listen.Socket, "cli", id), nil
}

func printTools(w io.Writer, reply *wire.Message, raw bool) (more bool, next string, err error) {
	if err := refusal(reply); err != nil {
		return false, "", err
	}
	list, err := reply.Items("tools/list", wire.DefaultLimits())
	if err != nil {
		return false, "", err
	}
	for _, it := range list.Items {
		if raw {
			_, err = fmt.Fprintf(w, "%s\n", reply.At(it.Span))
		} else {
			_, err = fmt.Fprintf(w, "%-40s %s\n", mantlet.Escape(it.Name), describe(reply, it.Span))
		}
		if err != nil {
			return false, "", err
		}
	}
	if at, ok := reply.Find("result", "_meta", "io.mantlet/leftOut"); ok && !raw {
		fmt.Fprintf(w, "left out: %s\n", mantlet.Escape(string(reply.At(at))))
	}
	return list.HasCursor, list.NextCursor, nil
}

// describe is the first line of an item's description, escaped and cut.
func describe(m *wire.Message, s wire.Span) string {
	for name, at := range m.Members(s) {
		if name != "description" {
			continue
		}
		text, _ := m.String(at)
		line, _, _ := strings.Cut(text, "\n")
		if r := []rune(line); len(r) > 80 {
			line = string(r[:79]) + "…"
		}
		return mantlet.Escape(line)
	}
	return ""
}

func refusal(reply *wire.Message) error {
	if _, text, failed := reply.RPCError(); failed {
		return &exitError{exitRefused, errors.New(mantlet.Escape(text))}
	}
	return nil
}

func callCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "call SERVER TOOL [JSON|-]",
		Short:   "Call a tool through the running Mantlet",
		Long:    "Call calls a tool with arguments from the command line, or from stdin where they\nare \"-\". The exit code is 4 where the call was refused or the tool failed.",
		Example: "  mantlet call sample echo '{\"text\":\"hello\"}'",
		Args:    cobra.RangeArgs(2, 3),
		RunE: func(c *cobra.Command, args []string) error {
			arguments, err := callArguments(c.InOrStdin(), args)
			if err != nil {
				return err
			}
			d, err := o.client(args[0])
			if err != nil {
				return err
			}
			reply, err := d.Ask(c.Context(), "tools/call", fmt.Sprintf(`"name":%s,"arguments":%s,`, wire.Quote(args[1]), arguments))
			if err != nil {
				return err
			}
			if err := refusal(reply); err != nil {
				return err
			}
			return printResult(c.OutOrStdout(), reply, o.json())
		},
	}
}

func callArguments(in io.Reader, args []string) (string, error) {
	if len(args) < 3 {
		return "{}", nil
	}
	if args[2] != "-" {
		return args[2], nil
	}
	b, err := io.ReadAll(io.LimitReader(in, 4<<20))
	return string(b), err
}

func printResult(w io.Writer, reply *wire.Message, raw bool) error {
	if raw {
		if _, err := fmt.Fprintf(w, "%s\n", reply.At(reply.Result)); err != nil {
			return err
		}
	} else if content, ok := reply.Find("result", "content"); ok {
		for one := range reply.Elements(content) {
			fmt.Fprintln(w, item(reply, one))
		}
	}
	if at, ok := reply.Find("result", "isError"); ok && string(reply.At(at)) == "true" {
		return &exitError{exitRefused, errors.New("the tool reports an error")}
	}
	return nil
}

// item is one content block as text: its text, line by line escaped, or what it is.
func item(m *wire.Message, s wire.Span) string {
	kind := ""
	for name, at := range m.Members(s) {
		switch name {
		case "text":
			text, _ := m.String(at)
			lines := strings.Split(text, "\n")
			for i := range lines {
				lines[i] = mantlet.Escape(lines[i])
			}
			return strings.Join(lines, "\n")
		case "type":
			kind, _ = m.String(at)
		}
	}
	return "[" + mantlet.Escape(kind) + "]"
}
