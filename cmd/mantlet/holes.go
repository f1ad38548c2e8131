package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/trust/advisory"
)

// warnOfHoles says, beside a list, of which servers it is known that they are vulnerable or
// not known whether they are.
func warnOfHoles(c *cobra.Command, d *daemon.Client, server string) error {
	known, err := d.Holes(c.Context(), server)
	if err != nil {
		return &exitError{exitRefused, err}
	}
	if known.Path == "" {
		return nil // check says so, and every server's show
	}
	if known.Trouble != "" {
		fmt.Fprintf(c.ErrOrStderr(), "known vulnerabilities are not known: %s\n", known.Trouble)
	}
	for _, s := range known.Servers {
		if s.Outcome != "satisfied" && s.Packages > 0 {
			fmt.Fprintf(c.ErrOrStderr(), "%s: known vulnerabilities: %s: %s\n", mantlet.Escape(s.Server), s.Outcome, first(s.Reasons))
		}
	}
	return nil
}

func first(reasons []string) string {
	if len(reasons) > 1 {
		return fmt.Sprintf("%s (and %d more; see mantlet tools show)", reasons[0], len(reasons)-1)
	}
	return strings.Join(reasons, "")
}

// holes prints what is known of the vulnerabilities of one server.
func (o *options) holes(c *cobra.Command, server string) error {
	d, err := o.client("")
	if err != nil {
		return err
	}
	known, err := d.Holes(c.Context(), server)
	if err != nil {
		return &exitError{exitRefused, err}
	}
	for _, s := range known.Servers {
		printHoles(c.OutOrStdout(), known.Path, s)
	}
	return nil
}

func printHoles(w io.Writer, path string, s daemon.Holed) {
	if path == "" {
		fmt.Fprintln(w, "vulnerabilities: unknown: there are no advisory data (trust.advisories)")
		return
	}
	fmt.Fprintf(w, "vulnerabilities: %s, of %d packages\n", s.Outcome, s.Packages)
	for _, r := range s.Reasons {
		fmt.Fprintf(w, "  %s\n", r)
	}
	for _, h := range s.Holes {
		if h.Ignored != "" {
			fmt.Fprintf(w, "  ignored: %s: %s\n", h.Text, mantlet.Escape(h.Ignored))
		}
	}
}

// advisories says what a configuration knows of vulnerabilities, as check prints it.
func advisories(t *config.Trust, now time.Time) string {
	if t.Advisories == "" {
		return "none; known vulnerabilities are not known (trust.advisories)"
	}
	data, err := advisory.Open(t.Advisories)
	if err != nil {
		return "UNREADABLE; known vulnerabilities are not known: " + mantlet.Escape(err.Error())
	}
	live, _, broken := data.Records()
	line := fmt.Sprintf("%d records of %s, the newest of %s", live, mantlet.Escape(t.Advisories), data.Newest("").Format(time.DateOnly))
	if broken > 0 {
		line += fmt.Sprintf("; %d CANNOT BE READ", broken)
	}
	if age := data.Age("", now); age > time.Duration(t.Vulnerable.MaxAge) {
		line += fmt.Sprintf("; STALE, older than %d hours: known vulnerabilities are not known", int(time.Duration(t.Vulnerable.MaxAge).Hours()))
	}
	return line
}
