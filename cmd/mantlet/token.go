package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
)

func tokenCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "token CLIENT",
		Short: "Print the tokens of a local client, one for each server it may use",
		Long:  "Token prints secrets: whoever has one is that client at that server.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, _, err := o.load()
			if err != nil {
				return err
			}
			ready(cfg)
			var ids []mantlet.ServerID
			for _, id := range slices.Sorted(maps.Keys(cfg.Servers)) {
				ids = append(ids, mantlet.ServerID(id))
			}
			clients, err := app.Clients(cfg, ids)
			if err != nil {
				return err
			}
			for _, cl := range clients {
				if cl.Name != args[0] {
					continue
				}
				if o.json() {
					tokens := make(map[mantlet.ServerID]string, len(cl.Servers))
					for _, s := range cl.Servers {
						tokens[s] = cl.Key.Token(cl.Name, s)
					}
					return printJSON(c.OutOrStdout(), tokens)
				}
				for _, s := range cl.Servers {
					fmt.Fprintf(c.OutOrStdout(), "%s\t%s\n", s, cl.Key.Token(cl.Name, s))
				}
				return nil
			}
			return &exitError{exitUsage, fmt.Errorf("no client %q is configured", args[0])}
		},
	}
}
