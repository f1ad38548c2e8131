package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
)

// ownerCommands are the words below `mantlet tools` for who answers for a server.
func ownerCommands(o *options) []*cobra.Command {
	return append(releaseCommands(o), describeCommand(o), evidenceCommand(o), documentsCommand(o), campaignCommand(o), importClaimCommand(o), claimsCommand(o))
}

func describeCommand(o *options) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "describe SERVER [NAME]",
		Short: "Say who owns a server or a tool, what it is for, and what it may touch",
		Long: "Describe keeps a dossier in the catalogue: owner, dataClass (public, internal, confidential or\n" +
			"restricted), the manifest (purpose, permissions, dataHandling, interaction, security), and where\n" +
			"they say something effects, labels, environment, version, package and repository. A tool's\n" +
			"dossier may leave out whatever its server's says. What is declared adds to what Mantlet infers,\n" +
			"and takes nothing away from it.",
		Example: "  mantlet tools describe files --from dossier.yaml",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			return o.keep(c, daemon.Filed{Sort: "dossier", Server: args[0], Name: strings.Join(args[1:], "")}, file)
		},
	}
	fromFlag(c, &file)
	return c
}

func evidenceCommand(o *options) *cobra.Command {
	var file string
	f := daemon.Filed{Sort: "evidence"}
	c := &cobra.Command{
		Use:     "evidence SERVER TYPE",
		Short:   "Keep a report about a server: scan, sast, dast, sbom, provenance or dynamic",
		Example: "  mantlet tools evidence files sast --from codeql.sarif",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			f.Server, f.Name = args[0], args[1]
			return o.keep(c, f, file)
		},
	}
	fromFlag(c, &file)
	c.Flags().StringVar(&f.Why, "why", "", "what the catalogue's log says of it")
	return c
}

func fromFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "from", "", "the file to read; - is standard input")
	_ = c.MarkFlagRequired("from") // it is one of c's
}

// keep has the daemon keep a document.
func (o *options) keep(c *cobra.Command, f daemon.Filed, path string) (err error) {
	if f.Content, err = readAll(c, path); err != nil {
		return &exitError{exitUsage, err}
	}
	d, err := o.client("")
	if err != nil {
		return err
	}
	if err := d.File(c.Context(), f); err != nil {
		return &exitError{exitRefused, err}
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "the catalogue keeps the %s of %s\n", strings.TrimSpace(f.Sort+" "+mantlet.Escape(f.Name)), mantlet.Escape(f.Server))
	return err
}

func readAll(c *cobra.Command, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(c.InOrStdin(), maxFile))
	}
	return os.ReadFile(path) //nolint:gosec // the file that was asked for
}

const maxFile = 16 << 20 // bytes

func documentsCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "documents [SERVER]",
		Short:   "List the dossiers and reports that the catalogue keeps",
		Example: "  mantlet tools documents files",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client("")
			if err != nil {
				return err
			}
			all, err := d.Files(c.Context(), strings.Join(args, ""))
			if err != nil {
				return &exitError{exitRefused, err}
			}
			if o.json() {
				return printJSON(c.OutOrStdout(), all)
			}
			for _, f := range all {
				fmt.Fprintf(c.OutOrStdout(), "%-9s %-30s %s  %s, by %s\n", f.Sort, strings.TrimSpace(f.Server+" "+mantlet.Escape(f.Name)), f.Digest[:12], f.At.Local().Format("2006-01-02 15:04"), mantlet.Escape(f.By))
			}
			return nil
		},
	}
}

func campaignCommand(o *options) *cobra.Command {
	var m daemon.Campaign
	var until string
	c := &cobra.Command{
		Use:   "campaign [NAME]",
		Short: "Ask for approvals to be given again by a day, or list what was asked for",
		Long: "Campaign NAME --until DAY opens a campaign (C092): what nobody has approved again by the end of\n" +
			"that day is neither shown nor called from then on. Without a name it lists them.",
		Example: "  mantlet tools campaign 2027-q1 --until 2027-03-31 --label payments\n  mantlet tools campaign --output json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client("")
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return o.campaigns(c, d)
			}
			day, err := time.ParseInLocation(time.DateOnly, until, time.Local)
			if err != nil {
				return &exitError{exitUsage, fmt.Errorf("--until %q is not a day such as 2027-03-31", mantlet.Escape(until))}
			}
			m.Name, m.Until = args[0], day.AddDate(0, 0, 1)
			if err := d.OpenCampaign(c.Context(), m); err != nil {
				return &exitError{exitRefused, err}
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "campaign %s is open; approve again with mantlet tools recertify\n", mantlet.Escape(m.Name))
			return err
		},
	}
	c.Flags().StringVar(&until, "until", "", "the last day, as 2027-03-31")
	c.Flags().StringArrayVar(&m.Servers, "server", nil, "of this server only; may be repeated")
	c.Flags().StringVar(&m.Label, "label", "", "of the servers with this label only")
	return c
}

func (o *options) campaigns(c *cobra.Command, d *daemon.Client) error {
	all, err := d.Campaigns(c.Context())
	if err != nil {
		return &exitError{exitRefused, err}
	}
	if o.json() {
		return printJSON(c.OutOrStdout(), all)
	}
	for _, m := range all {
		fmt.Fprintf(c.OutOrStdout(), "%-20s %-20s until %s, by %s\n", mantlet.Escape(m.Name), strings.Join(m.Servers, " "), m.Until.Add(-time.Second).Local().Format(time.DateOnly), mantlet.Escape(m.By))
	}
	return nil
}
