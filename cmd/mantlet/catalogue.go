package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
)

// catalogueCommands are the words below `mantlet tools` that speak of what is approved.
func catalogueCommands(o *options) []*cobra.Command {
	return append(ownerCommands(o),
		listCommand(o), showCommand(o), diffCommand(o),
		decideCommand(o, decision{"approve", "approved", "Approve a definition exactly as it was shown", waits}),
		decideCommand(o, decision{"recertify", "approved", "Approve again what is as it was approved", isAsApproved}),
		decideCommand(o, decision{"reject", "rejected", "Refuse a definition that was looked at", nil}),
		decideCommand(o, decision{"quarantine", "quarantined", "Stop a definition until it is approved again", nil}),
		decideCommand(o, decision{"retire", "retired", "End a definition for good", nil}),
		exportCommand(o), verifyCommand(o), enrolCommand(o),
	)
}

func listCommand(o *options) *cobra.Command {
	var due time.Duration
	c := &cobra.Command{
		Use:     "list [SERVER]",
		Short:   "List what was seen of servers, and what is approved",
		Example: "  mantlet tools list\n  mantlet tools list files --output json\n  mantlet tools list --due 720h",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client("")
			if err != nil {
				return err
			}
			all, err := d.Catalogue(c.Context(), strings.Join(args, ""))
			if err != nil {
				return &exitError{exitRefused, err}
			}
			if due > 0 {
				all = slices.DeleteFunc(all, func(i daemon.Listed) bool { return i.Ends.IsZero() || time.Until(i.Ends) > due })
			}
			if o.json() {
				return printJSON(c.OutOrStdout(), all)
			}
			for _, i := range all {
				fmt.Fprintf(c.OutOrStdout(), "%-12s %-40s %s\n", standing(i), where(i), mantlet.Escape(i.Why))
			}
			return warnOfHoles(c, d, strings.Join(args, ""))
		},
	}
	c.Flags().DurationVar(&due, "due", 0, "only approvals that end within this time, such as 720h")
	return c
}

// standing is where a definition stands, in a word.
func standing(i daemon.Listed) string {
	if i.Trial {
		return "probation"
	}
	return i.State
}

func exportCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "export DIR",
		Short:   "Write the catalogue's log for others to verify",
		Long:    "Export writes every entry of the catalogue's transparency log, its Merkle tree and its\nsigned checkpoint below DIR, as C2SP tlog-tiles has it.",
		Example: "  mantlet tools export /tmp/catalogue",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			d, err := o.client("")
			if err != nil {
				return err
			}
			if err := d.Export(c.Context(), dir); err != nil {
				return &exitError{exitRefused, err}
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "the catalogue's log is in %s\n", mantlet.Escape(dir))
			return err
		},
	}
}

func verifyCommand(o *options) *cobra.Command {
	var key string
	var by askedOf
	c := &cobra.Command{
		Use:     "verify DIR",
		Short:   "Verify an export of the catalogue's log, without the database",
		Example: "  mantlet tools verify /tmp/catalogue --key \"mantlet.catalogue/...+1234abcd+...\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(by.keys) > 0 {
				return by.verify(o, c, args[0], key)
			}
			v, err := o.catalogueKey(key)
			if err != nil {
				return &exitError{exitConfig, err}
			}
			n, err := app.VerifyCatalogue(args[0], v)
			if err != nil {
				return &exitError{exitBroken, err}
			}
			if o.json() {
				return printJSON(c.OutOrStdout(), map[string]any{"entries": n, "log": v.Name(), "witnessed": false})
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%d entries of %s, as its checkpoint says; not witnessed: only its own key is known here, name witnesses with --witness\n", n, v.Name())
			return err
		},
	}
	c.Flags().StringVar(&key, "key", "", "the log's public key, a note verifier (default: that of trust.keyFile)")
	by.flags(c)
	return c
}

func (o *options) catalogueKey(text string) (note.Verifier, error) {
	if text != "" {
		return note.NewVerifier(text)
	}
	cfg, _, err := o.load()
	if err != nil {
		return nil, err
	}
	return app.CatalogueKey(cfg)
}

// where names a definition as the commands take it.
func where(i daemon.Listed) string {
	s := i.Server + " " + mantlet.Escape(i.Name)
	if i.Kind != "tool" {
		s += " --kind " + i.Kind
	}
	if i.Gone {
		s += " (gone)"
	}
	return s
}

func showCommand(o *options) *cobra.Command {
	var score bool
	c := reviewCommand(o, "show", "Show a definition as a model reads it, and where it stands", func(w io.Writer, v daemon.Reviewed) {
		fmt.Fprintf(w, "%s: %s since %s", where(v.Listed), standing(v.Listed), v.Since.Local().Format("2006-01-02 15:04"))
		if v.By != "" {
			fmt.Fprintf(w, ", by %s", mantlet.Escape(v.By))
		}
		fmt.Fprintf(w, "\n%s\n", mantlet.Escape(v.Why))
		printOwner(w, v)
		fmt.Fprintf(w, "\n%s\n", mantlet.EscapeJSON(v.Fresh))
		for _, e := range v.Effects {
			fmt.Fprintf(w, "could: %s\n", mantlet.Escape(e))
		}
	})
	c.Flags().BoolVar(&score, "score", false, "print its trust score, what makes it, and what each input alone would change")
	show := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		switch {
		case score:
			return o.score(c, args)
		case o.json():
			return show(c, args)
		}
		return errors.Join(show(c, args), o.holes(c, args[0]))
	}
	return c
}

func (o *options) score(c *cobra.Command, args []string) error {
	d, err := o.client("")
	if err != nil {
		return err
	}
	s, err := d.Score(c.Context(), args[0], c.Flag("kind").Value.String(), args[1])
	if err != nil {
		return &exitError{exitRefused, err}
	}
	if o.json() {
		return printJSON(c.OutOrStdout(), s)
	}
	if s.Least > 0 {
		s.Terms += fmt.Sprintf("\n%d is asked for here (trust.minimumTrust)\n", s.Least)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n%s", s.Terms, s.Changes)
	return err
}

// printOwner prints what is declared of it, where something is.
func printOwner(w io.Writer, v daemon.Reviewed) {
	for _, line := range []struct{ name, text string }{
		{"owner", v.Owner}, {"purpose", v.Purpose}, {"data", v.DataClass}, {"labels", strings.Join(v.Labels, ", ")},
	} {
		if line.text != "" {
			fmt.Fprintf(w, "%s: %s\n", line.name, mantlet.Escape(line.text))
		}
	}
	if v.Tier > 0 {
		fmt.Fprintf(w, "tier: %d of 4\n", v.Tier)
	}
	if !v.Ends.IsZero() {
		fmt.Fprintf(w, "the approval ends on %s\n", v.Ends.Local().Format(time.DateOnly))
	}
}

func diffCommand(o *options) *cobra.Command {
	return reviewCommand(o, "diff", "Show what differs from the approved definition, word by word", printDifference)
}

// printDifference shows what went in [-brackets-] and what came in {+braces+}.
func printDifference(w io.Writer, v daemon.Reviewed) {
	if len(v.Holes) > 0 {
		fmt.Fprintf(w, "%s has known vulnerabilities (%s): %s\n", where(v.Listed), mantlet.Escape(strings.Join(v.Holes, ", ")), mantlet.Escape(v.Why))
	}
	if v.Pin == "" {
		fmt.Fprintf(w, "%s was never approved: all of it is new\n%s\n", where(v.Listed), mantlet.EscapeJSON(v.Fresh))
		return
	}
	if len(v.Changes) == 0 {
		fmt.Fprintf(w, "%s is as it was approved\n", where(v.Listed))
	}
	for _, c := range v.Changes {
		fmt.Fprintf(w, "%s\n  %s\n", heading(c), changed(c))
	}
	for _, s := range v.Told {
		fmt.Fprintf(w, "a model would newly be told: %s\n", mantlet.Escape(s))
	}
}

func heading(c daemon.Changed) string {
	s := mantlet.Escape(c.At)
	if s == "" {
		s = "/"
	}
	if !c.Material {
		s += " (cosmetic)"
	}
	if c.Loosened {
		s += " (more may be sent than before)"
	}
	return s
}

func changed(c daemon.Changed) string {
	if len(c.Words) == 0 {
		return fmt.Sprintf("[-%s-] {+%s+}", mantlet.EscapeJSON(c.Old), mantlet.EscapeJSON(c.New))
	}
	var b strings.Builder
	for _, word := range c.Words {
		text := mantlet.Escape(word.Text)
		switch word.Part {
		case "-":
			text = "[-" + text + "-]"
		case "+":
			text = "{+" + text + "+}"
		}
		b.WriteString(text)
	}
	return b.String()
}

func reviewCommand(o *options, use, short string, show func(io.Writer, daemon.Reviewed)) *cobra.Command {
	var kind string
	c := &cobra.Command{
		Use:     use + " SERVER NAME",
		Short:   short,
		Example: "  mantlet tools " + use + " files read_file",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client("")
			if err != nil {
				return err
			}
			v, err := d.Review(c.Context(), args[0], kind, args[1])
			if err != nil {
				return &exitError{exitRefused, err}
			}
			if o.json() {
				return printJSON(c.OutOrStdout(), v)
			}
			show(c.OutOrStdout(), v)
			return nil
		},
	}
	kindFlag(c, &kind)
	return c
}

func kindFlag(c *cobra.Command, kind *string) {
	c.Flags().StringVar(kind, "kind", "tool", "tool, prompt, resource, template, instructions, launch or identity")
}

// A decision is one that a person can take.
type decision struct {
	use, state, short string

	on func(daemon.Listed) bool // of a whole server; nil where each definition is named
}

// waits are those that wait for somebody.
func waits(i daemon.Listed) bool {
	return !i.Gone && i.State != "approved" && i.State != "retired" && i.State != "distrusted"
}

// isAsApproved are those that nobody has to read again.
func isAsApproved(i daemon.Listed) bool {
	return !i.Gone && i.Pin != "" && i.Pin == i.Seen && (i.State == "approved" || i.State == "in review")
}

func decideCommand(o *options, does decision) *cobra.Command {
	use, state, short := does.use, does.state, does.short
	d := daemon.Decision{State: state}
	var kind string
	var passkey bool
	c := &cobra.Command{
		Use:     use + " SERVER NAME",
		Short:   short,
		Example: "  mantlet tools " + use + " files read_file --why \"reviewed with the owner\"",
		Args:    cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := o.client("")
			if err != nil {
				return err
			}
			d.Server = args[0]
			all, err := subjects(c, client, args, kind, does.on)
			if err != nil {
				return &exitError{exitRefused, err}
			}
			for _, v := range all {
				d.On = append(d.On, daemon.Seen{Kind: v.Kind, Name: v.Name, Digest: v.Seen, Holes: v.Holes})
			}
			if passkey {
				return onPage(c, client, d, all)
			}
			if state == "approved" {
				if err := confirm(c, all, &d.Code); err != nil {
					return err
				}
			}
			if err := client.Decide(c.Context(), d); err != nil {
				return &exitError{exitRefused, err}
			}
			for _, v := range all {
				fmt.Fprintf(c.OutOrStdout(), "%s is %s\n", where(v.Listed), state)
			}
			return nil
		},
	}
	if state == "approved" {
		c.Use, c.Args = use+" SERVER [NAME]", cobra.RangeArgs(1, 2)
		c.Long = short + ", or everything of a\nserver that waits. The code is that of the authenticator that was enrolled when Mantlet\nfirst pinned definitions (trust.codeFile): a program that runs as you cannot approve by\nitself."
		c.Flags().BoolVar(&passkey, "passkey", false, "approve on a page of this machine's browser, with a passkey (trust.pageAddress)")
		c.Flags().StringVar(&d.Code, "code", "", "the code of the approver's authenticator (default: asked for)")
	}
	c.Flags().StringVar(&d.Why, "why", "", "what the catalogue's log says of the decision")
	kindFlag(c, &kind)
	return c
}

// subjects are the definitions that a decision is on: the one that is named, or all of the
// server that wait.
func subjects(c *cobra.Command, client *daemon.Client, args []string, kind string, on func(daemon.Listed) bool) (out []daemon.Reviewed, err error) {
	if len(args) == 2 {
		v, err := client.Review(c.Context(), args[0], kind, args[1])
		if err == nil && c.Name() == "recertify" && !isAsApproved(v.Listed) {
			err = errors.New("it is not as it was approved; look at it, and approve it (mantlet tools diff)")
		}
		return []daemon.Reviewed{v}, err
	}
	all, err := client.Catalogue(c.Context(), args[0])
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if !on(i) {
			continue
		}
		v, err := client.Review(c.Context(), i.Server, i.Kind, i.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("nothing of %s waits; see mantlet tools list", mantlet.Escape(args[0]))
	}
	return out, nil
}

// onPage prints where a person approves, and waits until they have.
func onPage(c *cobra.Command, client *daemon.Client, d daemon.Decision, all []daemon.Reviewed) error {
	asked, err := client.AskOnPage(c.Context(), d)
	if err != nil {
		return &exitError{exitRefused, err}
	}
	fmt.Fprintf(c.OutOrStdout(), "approve at %s\n", asked.URL)
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); {
		waiting := false
		for _, v := range all {
			now, err := client.Review(c.Context(), v.Server, v.Kind, v.Name)
			if err != nil {
				return &exitError{exitRefused, err}
			}
			waiting = waiting || now.State != "approved" || now.Pin != v.Seen
		}
		if !waiting {
			fmt.Fprintln(c.OutOrStdout(), "approved")
			return nil
		}
		select {
		case <-c.Context().Done():
			return context.Cause(c.Context())
		case <-time.After(500 * time.Millisecond):
		}
	}
	return &exitError{exitRefused, errors.New("nobody approved it in time")}
}

func enrolCommand(o *options) *cobra.Command {
	var code string
	c := &cobra.Command{
		Use:     "enrol",
		Short:   "Enrol a passkey that approves, on a page of this machine's browser",
		Long:    "Enrol opens a page that takes a new passkey (trust.pageAddress). It costs a code of the\nauthenticator that was enrolled first: a program could enrol one that it has made up.",
		Example: "  mantlet tools enrol",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := o.client("")
			if err != nil {
				return err
			}
			if err := askCode(c, &code); err != nil {
				return err
			}
			asked, err := d.Enrol(c.Context(), daemon.Enrolment{Code: code})
			if err != nil {
				return &exitError{exitRefused, err}
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "enrol at %s\n", asked.URL)
			return err
		},
	}
	c.Flags().StringVar(&code, "code", "", "the code of the approver's authenticator (default: asked for)")
	return c
}

// confirm shows what would be approved, and asks for the code.
func confirm(c *cobra.Command, all []daemon.Reviewed, code *string) error {
	for _, v := range all {
		printDifference(c.ErrOrStderr(), v)
		for _, e := range v.Effects {
			fmt.Fprintf(c.ErrOrStderr(), "  could: %s\n", mantlet.Escape(e))
		}
	}
	return askCode(c, code)
}

// askCode asks for the code, where none was given.
func askCode(c *cobra.Command, code *string) error {
	if *code != "" {
		return nil
	}
	fmt.Fprint(c.ErrOrStderr(), "code of your authenticator: ")
	line, err := bufio.NewReader(io.LimitReader(c.InOrStdin(), 64)).ReadString('\n')
	if *code = strings.TrimSpace(line); *code == "" {
		return &exitError{exitUsage, errors.Join(errors.New("an approval needs a code; give it with --code, or type it"), ignoreEOF(err))}
	}
	return nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
