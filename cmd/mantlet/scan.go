package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/scan"
	"github.com/mantlet-mcp/mantlet/internal/trust/advisory"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/npm"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/oci"
)

// A scanning is what the flags of scan say.
type scanning struct {
	format, failOn, baseline, writeBaseline string
	run, unsafe, network                    bool
	catalogue, listeners                    bool
	advisories, npmKeys, trustedRoot        string
	provenance                              bool

	threshold rule.Severity
	command   []string // after --
}

const scanHelp = `Scan reads what servers say of themselves and how they are started, and reports what a
careful person would object to: texts that order the model about, hidden text, names
that can be taken for others, tools that do more than they say, secrets in
configurations, launches of whatever version is newest, dangerous commands, and servers
that are dangerous together. No Mantlet needs to run.

Without arguments it reads what the clients of this machine have configured (Claude
Desktop, Claude Code, Cursor, VS Code; the user's own and those of the current
directory). A file is a result of tools/list, an array of definitions, servers with
their tools, one definition, a client's configuration, an SBOM or npm's lock file; - is
stdin. oci:IMAGE is asked of its registry: how the image starts, and as whom; no layer is
pulled. Nothing is started.

A URL is asked for its lists, without credentials. A command after -- is started, asked,
and stopped with its descendants; so are configured entries with --run, without the
variables that they configure. What is started has a private empty home, an environment
without secrets and install scripts off, and the kernel holds it (Landlock, an empty
network namespace): it reads the system's programs, its own package and the files that
its command line names, writes its home alone, and reaches no network. A launcher that
fetches what it starts (npx, uvx) needs --allow-network. Where the kernel cannot, nothing
is started unless --unsafe-run is written: then it can read and send what you can.

With --advisories, packages of which the version is known are compared with OSV's data on
disk; nothing is fetched. With --provenance, the registries of npm and of images are asked
over the network who built them; what is served is verified with the keys of --npm-keys
and --trusted-root, and without those it is unknown.

--catalogue scans what the running Mantlet keeps in its catalogue. --listeners asks each
program that takes TCP connections on this machine whether it is an MCP server, and
reports those that no client and no Mantlet here has configured.

Exit code 6 says that something at or above --fail-on was found.`

func scanCommand(o *options) *cobra.Command {
	var s scanning
	c := &cobra.Command{
		Use:     "scan [FILE...|URL...|oci:IMAGE...] [-- CMD [ARG...]]",
		Short:   "Look at servers and their definitions before anybody uses them",
		Long:    scanHelp,
		Example: "  mantlet scan\n  mantlet scan tools.json --format sarif > scan.sarif\n  mantlet scan https://mcp.example/mcp --fail-on medium\n  mantlet scan --allow-network -- npx -y @modelcontextprotocol/server-memory@2026.8.31\n  mantlet scan .mcp.json --write-baseline scan.baseline",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if at := c.ArgsLenAtDash(); at >= 0 {
				args, s.command = args[:at], args[at:]
			}
			if err := s.check(args, c.ArgsLenAtDash() >= 0, o.json()); err != nil {
				return &exitError{exitUsage, err}
			}
			return o.scan(c, &s, args)
		},
	}
	f := c.Flags()
	f.StringVar(&s.format, "format", "", "sarif, junit or html, in place of text")
	f.StringVar(&s.failOn, "fail-on", "high", "the lowest severity that is exit code 6: low, medium, high or critical")
	f.StringVar(&s.baseline, "baseline", "", "a file of findings that are known; they are counted, not shown")
	f.StringVar(&s.writeBaseline, "write-baseline", "", "write what is found to this file, as known from now on")
	f.BoolVar(&s.run, "run", false, "also start the commands that are configured, and ask them")
	f.BoolVar(&s.network, "allow-network", false, "let what is started use the network; its files stay confined")
	f.BoolVar(&s.unsafe, "unsafe-run", false, "start commands without any confinement")
	f.StringVar(&s.advisories, "advisories", "", "look for known vulnerabilities in these OSV data: a directory, an all.zip or a file")
	f.BoolVar(&s.provenance, "provenance", false, "ask registries, over the network, who built the packages and images that are started")
	f.StringVar(&s.npmKeys, "npm-keys", "", "with --provenance: the keys of npm's registry, a file (https://registry.npmjs.org/-/npm/v1/keys)")
	f.StringVar(&s.trustedRoot, "trusted-root", "", "with --provenance: Sigstore's trusted_root.json")
	f.BoolVar(&s.catalogue, "catalogue", false, "scan what the running Mantlet has in its catalogue")
	f.BoolVar(&s.listeners, "listeners", false, "ask every program that listens on this machine whether it is an MCP server")
	return c
}

// check says what is wrong with the command line.
func (s *scanning) check(args []string, dashed, asJSON bool) (err error) {
	if s.threshold, err = scan.ParseSeverity(s.failOn); err != nil {
		return fmt.Errorf("--fail-on: %w", err)
	}
	starts := s.run || len(s.command) > 0
	switch {
	case (s.catalogue || s.listeners) && (len(args) > 0 || dashed):
		return errors.New("--catalogue and --listeners say what to scan; name nothing else")
	case s.catalogue && s.listeners:
		return errors.New("--catalogue and --listeners are two scans; choose one")
	case !s.provenance && s.npmKeys+s.trustedRoot != "":
		return errors.New("--npm-keys and --trusted-root are for --provenance; write it, too")
	case !slices.Contains([]string{"", "sarif", "junit", "html"}, s.format):
		return fmt.Errorf("--format %q is none of sarif, junit, html", mantlet.Escape(s.format))
	case s.format != "" && asJSON:
		return errors.New("--format and --output json are two forms of one report; choose one")
	case dashed && len(s.command) == 0:
		return errors.New("a command stands after --; see mantlet scan --help")
	case starts && !s.unsafe && scan.CanConfine() != nil:
		return fmt.Errorf("%w: it could read your files and use your network; write --unsafe-run to start it all the same", scan.CanConfine())
	}
	return nil
}

func (o *options) scan(c *cobra.Command, s *scanning, args []string) error {
	var known scan.Baseline
	var err error
	if s.baseline != "" {
		if known, err = scan.ReadBaseline(s.baseline); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	inputs, notes, err := o.inputs(c.Context(), s, args)
	if err != nil {
		return err
	}
	checker, err := s.checker()
	if err != nil {
		return err
	}
	if s.provenance {
		if err := s.prove(c.Context(), inputs); err != nil {
			return err
		}
	}
	r := checker.Check(inputs)
	r.Notes = append(notes, r.Notes...)
	r.Forgive(known)
	if s.writeBaseline != "" {
		if err := r.Write(s.writeBaseline, known); err != nil {
			return err
		}
	}
	if err := s.print(c.OutOrStdout(), &r, o.json()); err != nil {
		return err
	}
	if s.writeBaseline == "" && r.Worst() >= s.threshold {
		return &exitError{exitFound, fmt.Errorf("the scan found something of severity %s or above", s.threshold)}
	}
	return nil
}

// checker has the advisories, if they are asked for: reading them takes longer than a scan.
func (s *scanning) checker() (*scan.Checker, error) {
	c := scan.New()
	if s.advisories == "" {
		return c, nil
	}
	data, err := advisory.Open(s.advisories)
	if err != nil {
		return nil, err
	}
	c.Know(scan.Advisories{Data: data, Now: time.Now()})
	return c, nil
}

// inputs reads, asks and starts what the command line names.
func (o *options) inputs(ctx context.Context, s *scanning, args []string) (inputs []scan.Input, notes []string, err error) {
	switch {
	case s.catalogue:
		return o.catalogued(ctx)
	case s.listeners:
		return o.listening(ctx)
	}
	if len(args) == 0 && len(s.command) == 0 {
		inputs, notes, err = machine()
	}
	for _, a := range args {
		if err != nil {
			break
		}
		var in scan.Input
		var more []string
		in, more, err = read(ctx, a)
		inputs, notes = append(inputs, in), append(notes, more...)
	}
	if err == nil && s.run {
		for i := range inputs {
			notes = append(notes, s.startAll(ctx, &inputs[i])...)
		}
	}
	if err == nil && len(s.command) > 0 {
		var in scan.Input
		in, err = s.start(ctx, scan.Command{Command: s.command[0], Args: s.command[1:]})
		inputs = append(inputs, in)
	}
	return inputs, notes, err
}

func machine() ([]scan.Input, []string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, nil, err
	}
	inputs, notes := scan.Machine(home, dir)
	if len(inputs) == 0 {
		notes = append(notes, "no client of this machine has a server configured")
	}
	return inputs, notes, nil
}

func read(ctx context.Context, arg string) (in scan.Input, notes []string, err error) {
	if spec, ok := strings.CutPrefix(arg, "oci:"); ok {
		client := scan.Client()
		defer client.CloseIdleConnections()
		return scan.Ask(ctx, client, spec)
	}
	if strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://") {
		in, err := scan.Visit(ctx, arg, progress(arg))
		if errors.Is(err, scan.ErrCredentials) {
			return in, nil, &exitError{exitRefused, err}
		}
		return in, nil, err
	}
	b, err := scan.ReadFile(arg)
	if err != nil {
		return scan.Input{}, nil, err
	}
	in, err = scan.Parse(arg, b)
	return in, nil, err
}

// prove asks registries who built what the inputs start. Without keys everything is
// unknown, and each finding says why.
func (s *scanning) prove(ctx context.Context, inputs []scan.Input) error {
	client := scan.Client()
	defer client.CloseIdleConnections()
	p := scan.Prover{NPM: npm.Checker{Client: client, Now: time.Now}, OCI: oci.Checker{Client: client}}
	if s.npmKeys != "" {
		b, err := scan.ReadFile(s.npmKeys)
		if err != nil {
			return err
		}
		if p.NPM.Keys, err = npm.ParseKeys(b); err != nil {
			return fmt.Errorf("--npm-keys %s: %w", mantlet.Escape(s.npmKeys), err)
		}
	}
	if s.trustedRoot != "" {
		b, err := scan.ReadFile(s.trustedRoot)
		if err != nil {
			return err
		}
		root, err := bundle.ParseRoot(b)
		if err != nil {
			return fmt.Errorf("--trusted-root %s: %w", mantlet.Escape(s.trustedRoot), err)
		}
		p.NPM.Root, p.OCI.Root = root, root
	}
	p.Prove(ctx, inputs, progress("provenance"))
	return nil
}

// start shows the whole command before anything of it runs.
func (s *scanning) start(ctx context.Context, c scan.Command) (scan.Input, error) {
	c.Network, c.Unsafe = s.network, s.unsafe
	how := "confined, without a network"
	switch {
	case s.unsafe:
		how = "NOT confined"
	case s.network:
		how = "confined, with the network"
	}
	fmt.Fprintf(os.Stderr, "mantlet: starting, %s: %s\n", how, scan.Show(c.Command, c.Args))
	in, err := scan.Launch(ctx, c, progress(c.Command))
	if err != nil && !s.unsafe && !s.network {
		err = fmt.Errorf("%w; if it has to fetch what it starts, write --allow-network", err)
	}
	return in, err
}

// startAll asks the configured commands of one input. One that does not start costs no
// other its scan.
func (s *scanning) startAll(ctx context.Context, in *scan.Input) (notes []string) {
	for i := range in.Servers {
		one := &in.Servers[i]
		if one.Entry == nil || one.Entry.Command == "" {
			continue
		}
		got, err := s.start(ctx, scan.Command{ID: one.ID, Command: one.Entry.Command, Args: one.Entry.Args, Dir: one.Entry.Cwd})
		if err != nil {
			notes = append(notes, mantlet.Escape(one.ID)+" was not listed: "+err.Error())
			continue
		}
		one.Items = append(one.Items, got.Servers[0].Items...)
	}
	return notes
}

// progress says on a terminal what is being asked; elsewhere it says nothing.
func progress(what string) func(string) {
	if !term.IsTerminal(int(os.Stderr.Fd())) { //nolint:gosec // a descriptor
		return func(string) {}
	}
	return func(step string) { fmt.Fprintln(os.Stderr, "mantlet: "+mantlet.Escape(what)+": "+step) }
}

func (s *scanning) print(w io.Writer, r *scan.Report, asJSON bool) error {
	switch {
	case asJSON:
		return r.JSON(w)
	case s.format == "sarif":
		return r.SARIF(w, app.Version())
	case s.format == "junit":
		return r.JUnit(w, s.threshold)
	case s.format == "html":
		return r.HTML(w)
	}
	f, ok := w.(*os.File)
	return r.Text(w, ok && os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(f.Fd()))) //nolint:gosec // a descriptor
}
