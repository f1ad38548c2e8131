package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/config"
)

// A checkReport is what `mantlet check --output json` prints.
type checkReport struct {
	OK          bool     `json:"ok"`
	Problems    []string `json:"problems"`
	SwitchedOff []string `json:"switchedOff"`
	Traces      string   `json:"traces"`
	Advisories  string   `json:"advisories"`
	Serve       []string `json:"serveRefuses"`
	AtStart     []string `json:"atStart"` // what a reload does not change
}

func reportOn(cfg *config.Config) checkReport {
	files := cfg.CheckFiles()
	return checkReport{
		OK: len(files) == 0, Problems: lines(files), SwitchedOff: cfg.SwitchedOff(),
		Traces: cfg.Telemetry.Traces.String(), Serve: lines(append(cfg.ServeProblems(), cfg.PlainProblems()...)), AtStart: config.AtStart(),
		Advisories: "advisories: " + advisories(&cfg.Trust, time.Now()),
	}
}

func lines(problems config.Problems) []string {
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = p.String()
	}
	return out
}

// print says what a person wants to know; the problems themselves are the command's error.
func (r checkReport) print(w io.Writer) error {
	var b strings.Builder
	b.WriteString(switchedOff(r.SwitchedOff) + r.Traces + "\n" + r.Advisories + "\nsignature: none; whoever can write this file decides (up takes it for its user's own, serve can take a signed bundle)\n")
	for _, line := range r.Serve {
		b.WriteString("serve refuses: " + line + "\n")
	}
	b.WriteString("at the next start: " + strings.Join(r.AtStart, ", ") + "; a reload takes everything else\n")
	if r.OK {
		b.WriteString("ok\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func checkCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "check -f FILE",
		Short:   "Say all that is wrong with a configuration, and what is switched off",
		Example: "  mantlet check -f mantlet.yaml\n  mantlet check -f mantlet.yaml --output json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := o.load()
			if problems, ok := errors.AsType[config.Problems](err); ok && o.json() {
				return errors.Join(printJSON(c.OutOrStdout(), checkReport{Problems: lines(problems), SwitchedOff: []string{}, Serve: []string{}, AtStart: config.AtStart()}), err)
			}
			if err != nil {
				return err
			}
			r := reportOn(cfg)
			if o.json() {
				err = printJSON(c.OutOrStdout(), r)
			} else {
				err = r.print(c.OutOrStdout())
			}
			if files := cfg.CheckFiles(); err == nil && len(files) > 0 {
				return &exitError{exitConfig, files}
			}
			return err
		},
	}
}

func versionCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.json() {
				return printJSON(c.OutOrStdout(), map[string]string{"version": app.Version()})
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), "mantlet "+app.Version())
			return err
		},
	}
}
