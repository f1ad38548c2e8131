package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
)

// releaseCommands are the words below `mantlet tools` by which several people release what
// a server offers (C023-C026).
func releaseCommands(o *options) []*cobra.Command {
	return []*cobra.Command{proposeCommand(o), signCommand(o), releaseCommand(o)}
}

func proposeCommand(o *options) *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "propose SERVER",
		Short: "Ask for the release of all that a server shows now",
		Long: "Propose takes what the server shows, its dossier and the evidence that the catalogue keeps\n" +
			"(mantlet tools describe, evidence), and makes a manifest of it, which others sign. Whatever\n" +
			"changes afterwards is another manifest. Who proposes does not sign.",
		Example: "  mantlet tools propose files --as dev",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client("")
			if err != nil {
				return err
			}
			s, err := d.Propose(c.Context(), daemon.Proposed{Server: args[0], By: by})
			if err != nil {
				return &exitError{exitRefused, err}
			}
			return o.stands(c.OutOrStdout(), s)
		},
	}
	c.Flags().StringVar(&by, "as", app.User(), "the name that you would sign with")
	return c
}

func releaseCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "release SERVER",
		Short:   "Show what is proposed of a server, who has signed, and what is missing",
		Example: "  mantlet tools release files",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client("")
			if err != nil {
				return err
			}
			s, err := d.Release(c.Context(), args[0])
			if err != nil {
				return &exitError{exitRefused, err}
			}
			return o.stands(c.OutOrStdout(), s)
		},
	}
}

func (o *options) stands(w io.Writer, s daemon.Standing) error {
	if o.json() {
		return printJSON(w, s)
	}
	fmt.Fprintf(w, "%s of %s, tier %s, proposed by %s on %s\n", s.Manifest, mantlet.Escape(s.Server), s.Tier, mantlet.Escape(s.By), s.At.Local().Format("2006-01-02 15:04"))
	for _, p := range s.People {
		fmt.Fprintf(w, "  signed by %s\n", mantlet.Escape(p))
	}
	for _, r := range s.Refused {
		fmt.Fprintf(w, "  does not count: %s\n", r)
	}
	for _, m := range s.Missing {
		fmt.Fprintf(w, "  missing: %s\n", m)
	}
	if s.Released {
		fmt.Fprintln(w, "released")
	}
	return nil
}
