package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/app"
)

// A checkReport is what `mantlet check --output json` prints.
type checkReport struct {
	OK          bool     `json:"ok"`
	Problems    []string `json:"problems"`
	SwitchedOff []string `json:"switchedOff"`
	Traces      string   `json:"traces"`
	Serve       []string `json:"serveRefuses"`
}

func checkCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "check -f FILE",
		Short:   "Say all that is wrong with a configuration, and what is switched off",
		Example: "  mantlet check -f mantlet.yaml\n  mantlet check -f mantlet.yaml --output json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, _, err := o.load()
			if err != nil {
				return err
			}
			files := cfg.CheckFiles()
			if o.json() {
				r := checkReport{OK: len(files) == 0, Problems: []string{}, SwitchedOff: cfg.SwitchedOff(), Traces: cfg.Telemetry.Traces.String(), Serve: []string{}}
				for _, p := range files {
					r.Problems = append(r.Problems, p.String())
				}
				for _, p := range cfg.ServeProblems() {
					r.Serve = append(r.Serve, p.String())
				}
				if err := printJSON(c.OutOrStdout(), r); err != nil {
					return err
				}
			} else {
				fmt.Fprintf(c.OutOrStdout(), "%s%s\n", off(cfg), cfg.Telemetry.Traces)
			}
			if len(files) > 0 {
				return &exitError{exitConfig, files}
			}
			if !o.json() {
				fmt.Fprintln(c.OutOrStdout(), "ok")
			}
			return nil
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
