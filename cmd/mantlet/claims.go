package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
)

func importClaimCommand(o *options) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "import SERVER",
		Short: "Keep what a registry says of a server (server.json), and compare it",
		Long: "Import keeps a server.json of the MCP registry as a claim about a server that is configured. It\n" +
			"configures nothing and starts nothing: arguments, variables and headers in it are not taken over.\n" +
			"What it claims is compared with what is configured and pinned; see mantlet tools claims.",
		Example: "  mantlet tools import files --from server.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.keep(c, daemon.Filed{Sort: "claim", Server: args[0]}, file); err != nil {
				return err
			}
			return o.printClaims(c, args[0])
		},
	}
	fromFlag(c, &file)
	return c
}

func claimsCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "claims SERVER",
		Short:   "Compare what registries say of a server with what is configured and pinned",
		Example: "  mantlet tools claims files",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return o.printClaims(c, args[0]) },
	}
}

func (o *options) printClaims(c *cobra.Command, server string) error {
	d, err := o.client("")
	if err != nil {
		return err
	}
	all, err := d.Claims(c.Context(), server)
	if err != nil {
		return &exitError{exitRefused, err}
	}
	if o.json() {
		return printJSON(c.OutOrStdout(), all)
	}
	for _, m := range all {
		fmt.Fprintf(c.OutOrStdout(), "configured: %-8s pinned: %-8s %s (%s)\n", m.Configured, m.Pinned, mantlet.Escape(m.Claim), mantlet.Escape(m.Name))
	}
	return nil
}
