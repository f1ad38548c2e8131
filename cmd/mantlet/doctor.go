package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
)

// A finding is one of doctor's answers.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Text  string `json:"text"`
}

func doctorCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is wrong when it does not work",
		Long:  "Doctor checks the configuration, the state directory, the record, the running\nMantlet, the port, the servers' commands and what this system cannot do.",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			all := o.examine()
			bad := slices.ContainsFunc(all, func(f finding) bool { return !f.OK })
			if o.json() {
				if err := printJSON(c.OutOrStdout(), all); err != nil {
					return err
				}
			} else {
				for _, f := range all {
					mark := "ok  "
					if !f.OK {
						mark = "BAD "
					}
					fmt.Fprintf(c.OutOrStdout(), "%s %-14s %s\n", mark, f.Check, f.Text)
				}
			}
			if bad {
				return &exitError{exitFailed, errors.New("something is wrong; see the lines above")}
			}
			return nil
		},
	}
}

func (o *options) examine() []finding {
	cfg, found, err := o.load()
	if err != nil {
		return []finding{{"configuration", false, strings.ReplaceAll(err.Error(), "\n", "; ")}}
	}
	ready(cfg) // as mantlet up would run it
	text := "the defaults: there is no file"
	if found {
		text = "read without problems"
	}
	all := []finding{{"configuration", true, text}}
	if p := cfg.CheckFiles(); len(p) > 0 {
		all[0] = finding{"configuration", false, strings.ReplaceAll(p.Error(), "\n", "; ")}
	}
	return append(all, state(cfg), record(cfg), running(cfg), port(cfg), commands(cfg), system())
}

func state(cfg *config.Config) finding {
	info, err := os.Stat(cfg.State)
	switch {
	case os.IsNotExist(err):
		return finding{"state", true, cfg.State + " will be made at the first start"}
	case err != nil:
		return finding{"state", false, err.Error()}
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return finding{"state", false, fmt.Sprintf("%s can be entered by others (mode %04o); run chmod 700 on it", cfg.State, info.Mode().Perm())}
	}
	return finding{"state", true, cfg.State}
}

func record(cfg *config.Config) finding {
	r, err := audit.Verify(cfg.Audit.Dir)
	switch {
	case err != nil:
		return finding{"record", false, err.Error()}
	case r.Broken != "":
		return finding{"record", false, "broken at " + r.Broken}
	}
	return finding{"record", true, fmt.Sprintf("%d lines verify", r.Lines)}
}

func running(cfg *config.Config) finding {
	if daemon.Alive(cfg.Listen.Socket) {
		return finding{"daemon", true, "answers at " + cfg.Listen.Socket}
	}
	return finding{"daemon", true, "is not running; start it with `mantlet up`"}
}

func port(cfg *config.Config) finding {
	c, err := net.DialTimeout("tcp", cfg.Listen.Address, time.Second)
	if err == nil {
		_ = c.Close() // nothing was sent
		if !daemon.Alive(cfg.Listen.Socket) {
			return finding{"port", false, cfg.Listen.Address + " is taken by another program; stop it, or set listen.address"}
		}
		return finding{"port", true, cfg.Listen.Address + " answers"}
	}
	return finding{"port", true, cfg.Listen.Address + " is free"}
}

func commands(cfg *config.Config) finding {
	var missing []string
	for id, s := range cfg.Servers {
		if s.Command == "" {
			continue
		}
		if _, err := exec.LookPath(s.Command); err != nil {
			missing = append(missing, mantlet.Escape(s.Command)+" of server "+id)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return finding{"commands", false, "not found: " + strings.Join(missing, ", ")}
	}
	return finding{"commands", true, fmt.Sprintf("%d servers configured", len(cfg.Servers))}
}

func system() finding {
	switch runtime.GOOS {
	case "linux":
		return finding{"system", true, "linux: everything is there"}
	case "darwin":
		return finding{"system", true, "macOS: a local server's grandchildren may outlive it"}
	default:
		return finding{"system", true, runtime.GOOS + ": local servers are ended without their grandchildren, one mantlet for each state directory is not enforced, files are not checked for being private, and the unix socket refuses everybody (use the tokens)"}
	}
}
