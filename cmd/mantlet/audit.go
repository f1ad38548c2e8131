package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/audit"
)

func auditCommand(o *options) *cobra.Command {
	c := &cobra.Command{
		Use: "audit", Short: "Read and verify the record of every exchange", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(auditTail(o), auditSearch(o), auditBodies(o), auditVerify(o))
	return c
}

func (o *options) auditDir() (string, error) {
	cfg, _, err := o.load()
	if err != nil {
		return "", err
	}
	return cfg.Audit.Dir, nil
}

func auditTail(o *options) *cobra.Command {
	var n int
	var follow bool
	c := &cobra.Command{
		Use:     "tail",
		Short:   "Print the last records",
		Example: "  mantlet audit tail\n  mantlet audit tail --follow",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if n < 0 {
				return &exitError{exitUsage, errors.New("--lines must not be negative; give how many")}
			}
			dir, err := o.auditDir()
			if err != nil {
				return err
			}
			last, tail, err := audit.Last(dir, n)
			if err != nil {
				return err
			}
			for _, e := range last {
				o.printEntry(c.OutOrStdout(), e)
			}
			for follow && wait(c.Context(), 300*time.Millisecond) {
				if err := o.printNew(c.OutOrStdout(), tail); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().IntVarP(&n, "lines", "n", 20, "how many")
	c.Flags().BoolVar(&follow, "follow", false, "go on with what comes")
	return c
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// printNew prints what came since the last time.
func (o *options) printNew(w io.Writer, tail *audit.Tail) error {
	for e, err := range tail.New() {
		if err != nil {
			return fmt.Errorf("%s: %w; run mantlet audit verify", e.File, err)
		}
		o.printEntry(w, e)
	}
	return nil
}

func (o *options) printEntry(w io.Writer, e audit.Entry) {
	if o.json() {
		_, _ = fmt.Fprintf(w, "%s\n", evidence(w, bytes.TrimRight(e.Raw(), "\n")))
		return
	}
	what := e.Get("server") + " " + e.Get("method")
	if e.Tool != "" && e.Tool != e.Get("method") {
		what += " " + e.Tool
	}
	reason := e.Get("reason")
	if reason == "" {
		reason = e.Get("note")
	}
	fmt.Fprintf(w, "%s  %-16s %-8s %-12s %s  %s  %s\n", e.At.Local().Format("15:04:05.000"), mantlet.Escape(strings.TrimPrefix(e.Type, "exchange.")), e.Outcome,
		mantlet.Escape(e.Principal), mantlet.Escape(what), e.Get("exchange"), mantlet.Escape(reason))
}

// evidence is JSON as it was kept, for programs that check it; at a terminal it is
// escaped, with the same meaning.
func evidence(w io.Writer, b []byte) []byte {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) { //nolint:gosec // a descriptor
		return mantlet.EscapeJSON(b)
	}
	return b
}

func auditSearch(o *options) *cobra.Command {
	var q audit.Query
	var since time.Duration
	var text string
	c := &cobra.Command{
		Use:   "search",
		Short: "Find records",
		Long: "Search prints the records that match every flag. With --text it finds those of a text\nthat you have: the exact JSON of the arguments, of the result or of the error. Only its\n" +
			"digest is in the record, and only the digest's key can tell.",
		Example: "  mantlet audit search --exchange ID\n  mantlet audit search --server files --outcome denied --since 1h\n  mantlet audit search --text arguments.json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := o.auditDir()
			if err != nil {
				return err
			}
			if since > 0 {
				q.Since = time.Now().Add(-since)
			}
			if text != "" {
				if q.Digest, err = o.digest(c.InOrStdin(), text); err != nil {
					return err
				}
			}
			return o.printMatches(c.OutOrStdout(), dir, q)
		},
	}
	c.Flags().StringVar(&q.Exchange, "exchange", "", "of this exchange and its parts")
	c.Flags().StringVar(&q.Principal, "principal", "", "of this person or workload")
	c.Flags().StringVar(&q.Server, "server", "", "of this server")
	c.Flags().StringVar(&q.Tool, "tool", "", "of this tool")
	c.Flags().StringVar(&q.Method, "method", "", "of this method")
	c.Flags().StringVar(&q.Outcome, "outcome", "", "allowed, denied, deferred or error")
	c.Flags().DurationVar(&since, "since", 0, "of this time back from now, such as 1h")
	c.Flags().StringVar(&text, "text", "", "of the text in this file, or - for stdin")
	return c
}

func (o *options) printMatches(w io.Writer, dir string, q audit.Query) error {
	for e, err := range audit.Entries(dir) {
		if err != nil {
			return fmt.Errorf("%s:%d: %w; run mantlet audit verify", e.File, e.Line, err)
		}
		if q.Match(e) {
			o.printEntry(w, e)
		}
	}
	return nil
}

// digest is how the record would show the content of a file, without its last newline.
func (o *options) digest(in io.Reader, path string) (string, error) {
	cfg, _, err := o.load()
	if err != nil {
		return "", err
	}
	key, err := app.DigestKey(cfg)
	if err != nil {
		return "", err
	}
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close() //nolint:errcheck // read only
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, 64<<20))
	return audit.Digest(key, bytes.TrimRight(b, "\r\n")), err
}

func auditBodies(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "bodies EXCHANGE",
		Short: "Print the messages of an exchange, where they are kept",
		Long: "Bodies prints what audit.bodies kept of an exchange and its parts: other people's data,\nwhich only the holder of audit.bodies.keyFile can open. Text is escaped for the terminal;\n" +
			"--output json prints the messages as they were.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, _, err := o.load()
			if err != nil {
				return err
			}
			key, err := app.BodyKey(cfg)
			if err != nil {
				return err
			}
			var broken error
			for b, err := range audit.ReadBodies(cfg.Audit.Dir, key, args[0]) {
				if err != nil {
					broken = err
				} else if err := o.printBody(c.OutOrStdout(), b); err != nil {
					return err
				}
			}
			return broken
		},
	}
}

func (o *options) printBody(w io.Writer, b audit.Body) (err error) {
	if o.json() {
		_, err = fmt.Fprintf(w, "%s\n", evidence(w, b.Message))
	} else {
		_, err = fmt.Fprintf(w, "%s  %-8s %s\n", b.Exchange, b.Kind, mantlet.Escape(string(b.Message)))
	}
	return err
}

func auditVerify(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "verify [DIR]",
		Short: "Check every hash of the record",
		Long: "Verify reads the whole record and checks that no line was changed, added or taken\nout. The exit code is 5 where one was. That the end was not cut off shows only\n" +
			"against a last hash that was kept elsewhere: keep the one that verify prints.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := o.auditDir()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				dir = args[0]
			}
			r, err := audit.Verify(dir)
			if err == nil && r.Files == 0 {
				err = fmt.Errorf("there is no record in %s; name the directory of one", dir)
			}
			if err != nil {
				return err
			}
			if o.json() {
				err = printJSON(c.OutOrStdout(), r)
			} else {
				err = printReport(c.OutOrStdout(), r)
			}
			if err == nil && r.Broken != "" {
				return &exitError{exitBroken, errors.New("the record is broken at " + r.Broken)}
			}
			return err
		},
	}
}

func printReport(w io.Writer, r audit.Report) error {
	_, err := fmt.Fprintf(w, "%d lines in %d files\n%d begun: %d allowed, %d denied, %d deferred, %d in error, %d never ended\n%d messages of streams, %d recoveries, %d refused at the door\nlast hash %s\n",
		r.Lines, r.Files, r.Begun, r.Ended["allowed"], r.Ended["denied"], r.Ended["deferred"], r.Ended["error"], len(r.NeverEnded), r.Messages, r.Recovered, r.Refused, r.Last)
	for _, id := range r.NeverEnded {
		fmt.Fprintf(w, "  never ended: %s\n", mantlet.Escape(id))
	}
	return err
}
