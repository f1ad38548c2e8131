package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/config"
)

// options are the flags that several commands share.
type options struct {
	file   string
	output string
	signed *signed // where serve runs by a bundle
}

func rootCommand() *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:           "mantlet",
		Short:         "A shield between AI agents and MCP servers",
		Long:          "Mantlet stands between AI agents and MCP servers. Every message is authenticated,\nauthorised, validated, inspected, confined and recorded.\n\nThe first minute: mantlet up",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.PersistentFlags().StringVarP(&o.file, "file", "f", "", "configuration file (default: mantlet.yaml in the state directory, if there is one)")
	c.PersistentFlags().StringVar(&o.output, "output", "text", "text or json, for commands that print data")
	c.PersistentPreRunE = func(*cobra.Command, []string) error { return o.check() }
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return &exitError{exitUsage, fmt.Errorf("%w; see mantlet --help", err)}
	})
	c.AddCommand(upCommand(o), serveCommand(o), checkCommand(o), wrapCommand(o), toolsCommand(o), callCommand(o),
		scanCommand(o), auditCommand(o), doctorCommand(o), versionCommand(o), tokenCommand(o), sampleCommand())
	c.AddCommand(bundleCommand(o), dlpCommand(o))
	for _, sub := range c.Commands() {
		usageErrors(sub)
	}
	return c
}

// usageErrors gives wrong arguments their exit code.
func usageErrors(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return &exitError{exitUsage, fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usageErrors(sub)
	}
}

// load reads the configuration: the named file, else mantlet.yaml in the state
// directory, else the defaults. found says that there was a file. A file that lies
// where the command happens to run is not read: a cloned repository could bring one.
func (o *options) load() (cfg *config.Config, found bool, err error) {
	if o.signed != nil {
		if cfg, err = o.signed.load(); err != nil {
			return nil, true, &exitError{exitConfig, err}
		}
		return cfg, true, nil
	}
	if o.file == "" {
		if cfg, err = config.Default(); err != nil {
			return nil, false, &exitError{exitConfig, err}
		}
		own := filepath.Join(cfg.State, "mantlet.yaml")
		if _, err := os.Stat(own); err != nil {
			return cfg, false, nil //nolint:nilerr // no file is no error
		}
		o.file = own
	}
	if cfg, err = config.Load(o.file); err != nil {
		return nil, true, &exitError{exitConfig, err}
	}
	return cfg, true, nil
}

// check refuses a form of output that there is not: who asked for it would parse text.
func (o *options) check() error {
	if o.output != "text" && o.output != "json" {
		return &exitError{exitUsage, fmt.Errorf("--output %q is neither text nor json", o.output)}
	}
	return nil
}

func (o *options) json() bool { return o.output == "json" }

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// logger is the log on stderr, at level, which a reload may set anew.
func logger(cfg *config.Config, level *slog.LevelVar) *slog.Logger {
	_ = level.UnmarshalText([]byte(cfg.Log.Level)) // checked with the configuration
	o := &slog.HandlerOptions{Level: level}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}

// self is this program's own path, for configurations that start it again.
func self() string {
	path, err := os.Executable()
	if err != nil {
		return "mantlet"
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}
