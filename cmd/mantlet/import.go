package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/clientconf"
	"github.com/mantlet-mcp/mantlet/internal/config"
)

// importServers finds what the clients have configured, asks, writes Mantlet's own
// configuration and changes the clients' files.
func (o *options) importServers(in io.Reader, out io.Writer, yes bool) error {
	cfg, err := config.Default()
	if err != nil {
		return err
	}
	own := filepath.Join(cfg.State, "mantlet.yaml")
	if _, err := os.Stat(own); err == nil {
		return fmt.Errorf("%s is already there; run `mantlet up --undo` first, or add servers to it by hand", own)
	}
	entries, left, err := findEntries()
	if err != nil {
		return err
	}
	for _, l := range left {
		fmt.Fprintf(out, "left out: %s\n", leftOut(l))
	}
	entries = consent(bufio.NewReader(in), out, entries, yes)
	if len(entries) == 0 {
		return errors.New("nothing was imported: no client has a server configured that can be, or none was said yes to")
	}
	p := clientconf.Plan{State: cfg.State, Mantlet: self(), Entries: entries}
	servers, ids, err := fit(&p, out, own)
	if err != nil {
		return err
	}
	changed, err := carryOut(&p, own, ids)
	if err != nil {
		return errors.Join(err, p.Forget(servers))
	}
	report(out, changed, p.Entries)
	return nil
}

// fit writes Mantlet's configuration and takes out of p what Mantlet would not start
// with: one such entry must cost its client that server, and not all of them.
func fit(p *clientconf.Plan, out io.Writer, own string) (servers []clientconf.Server, ids []string, err error) {
	for len(p.Entries) > 0 {
		if servers, ids, err = p.Servers(); err != nil {
			return nil, nil, err
		}
		refused, err := writeConfig(own, servers, p.Clients(ids))
		if err == nil && len(refused) == 0 {
			return servers, ids, nil
		}
		if err = errors.Join(err, p.Forget(servers)); err != nil {
			return nil, nil, err
		}
		var kept []clientconf.Entry
		for i, e := range p.Entries {
			why := about(refused, ids[i])
			if why == "" {
				kept = append(kept, e)
				continue
			}
			fmt.Fprintf(out, "left out: %s\n", leftOut(clientconf.Left{File: e.File, Name: e.Name, Why: why}))
		}
		if len(kept) == len(p.Entries) {
			return nil, nil, fmt.Errorf("what the clients have configured is refused:\n%w", refused)
		}
		p.Entries = kept
	}
	return nil, nil, errors.New("nothing was imported: mantlet would start none of what the clients have configured")
}

// about is what is wrong with the server id; "" for nothing.
func about(refused config.Problems, id string) string {
	var why []string
	for _, p := range refused {
		if rest, ok := strings.CutPrefix(p.Path+".", "servers."+id+"."); ok {
			why = append(why, strings.TrimPrefix(strings.TrimSuffix(rest, ".")+" "+p.Text, " "))
		}
	}
	return strings.Join(why, "; ")
}

// carryOut makes the clients' tokens and changes their files, or leaves nothing.
func carryOut(p *clientconf.Plan, own string, ids []string) ([]clientconf.Changed, error) {
	err := withTokens(p, own)
	var changed []clientconf.Changed
	if err == nil {
		changed, err = p.Apply(ids)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(own))
	}
	return changed, nil
}

// withTokens tells p where Mantlet will listen, and the tokens of its clients, whose
// keys are made here.
func withTokens(p *clientconf.Plan, own string) error {
	cfg, err := config.Load(own)
	if err != nil {
		return err
	}
	clients, err := app.Clients(cfg, nil)
	if err != nil {
		return err
	}
	p.Address = cfg.Listen.Address
	p.Token = func(client, server string) string {
		for _, c := range clients {
			if c.Name == client {
				return c.Key.Token(client, mantlet.ServerID(server))
			}
		}
		return "" // opens nothing
	}
	return nil
}

func report(out io.Writer, changed []clientconf.Changed, entries []clientconf.Entry) {
	for _, c := range changed {
		fmt.Fprintf(out, "changed %s (mantlet up --undo puts it back)\n", mantlet.Escape(c.Path))
		if c.Token {
			fmt.Fprintf(out, "  it holds a token now: only you can read it (mode 0600), do not share it or put it under version control\n  its client reaches those servers only while Mantlet runs: start it with mantlet up\n")
		}
	}
	for _, e := range entries {
		if e.URL != "" && e.File.Headers && !e.Direct() {
			fmt.Fprintf(out, "  %s in %s goes by way of mantlet wrap: the file is a project's or under version control, where a token could be published\n", mantlet.Escape(e.Name), mantlet.Escape(e.File.Path))
		}
	}
}

func leftOut(l clientconf.Left) string {
	if l.Name == "" {
		return mantlet.Escape(l.File.Path) + ": " + mantlet.Escape(l.Why)
	}
	return l.File.Client + " " + mantlet.Escape(l.Name) + " in " + mantlet.Escape(l.File.Path) + ": " + mantlet.Escape(l.Why)
}

func findEntries() (all []clientconf.Entry, left []clientconf.Left, err error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.Getwd()
	if err != nil || dir == home {
		dir = ""
	}
	for _, f := range clientconf.Files(home, dir) {
		found, not := clientconf.Read(f)
		all, left = append(all, found...), append(left, not...)
	}
	return all, left, nil
}

// consent shows every entry whole. The user's own are agreed to together; those
// that came with a project one by one, for a cloned repository may be hostile.
func consent(in *bufio.Reader, out io.Writer, all []clientconf.Entry, yes bool) []clientconf.Entry {
	var own, kept []clientconf.Entry
	for _, e := range all {
		if !e.File.Project {
			own = append(own, e)
			fmt.Fprintf(out, "  %-14s %-16s %s\n", e.File.Client, mantlet.Escape(e.Name), e.Show())
		}
	}
	if len(own) > 0 && (yes || agreed(in, out, "Put Mantlet in front of these?")) {
		kept = own
	}
	for _, e := range all {
		if !e.File.Project {
			continue
		}
		fmt.Fprintf(out, "\nFrom the project's own file %s:\n  %s: %s\n", mantlet.Escape(e.File.Path), mantlet.Escape(e.Name), e.Show())
		if agreed(in, out, "Let this project run that?") {
			kept = append(kept, e)
		}
	}
	return kept
}

// agreed is yes for "y" and "yes" alone: silence is no.
func agreed(in *bufio.Reader, out io.Writer, question string) bool {
	fmt.Fprintf(out, "%s [y/N] ", question)
	line, _ := in.ReadString('\n')
	line = strings.ToLower(strings.TrimSpace(line))
	return line == "y" || line == "yes"
}

// writeConfig writes Mantlet's configuration, or returns why it would not start with it.
func writeConfig(path string, servers []clientconf.Server, clients map[string][]string) (config.Problems, error) {
	all := make(map[string]map[string]any)
	for _, s := range servers {
		one := make(map[string]any)
		if s.URL != "" {
			one["url"] = s.URL
			if s.Protocol != "" {
				one["protocol"] = s.Protocol
			}
		} else {
			one["command"], one["args"] = s.Command, s.Args
		}
		if s.Cwd != "" {
			one["cwd"] = s.Cwd
		}
		if len(s.Env) > 0 {
			one["env"] = s.Env
		}
		if len(s.Headers) > 0 {
			one["headers"] = s.Headers
		}
		all[s.ID] = one
	}
	tree := map[string]any{"servers": all}
	var who []map[string]any
	for _, name := range slices.Sorted(maps.Keys(clients)) {
		who = append(who, map[string]any{"name": name, "servers": clients[name]})
	}
	if len(who) > 0 {
		tree["clients"] = who
	}
	text, err := config.Marshal(tree)
	if err != nil {
		return nil, err
	}
	cfg, err := config.Parse(filepath.Dir(path), text)
	if refused, ok := errors.AsType[config.Problems](err); ok {
		return refused, nil
	}
	if err != nil {
		return nil, err
	}
	if refused := cfg.CheckFiles(); len(refused) > 0 {
		return refused, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return nil, os.WriteFile(path, append([]byte("# Made by mantlet up --import.\n"), text...), 0o600)
}

// undo puts the clients' files back and moves the imported configuration away.
func (o *options) undo(out io.Writer) error {
	cfg, err := config.Default()
	if err != nil {
		return err
	}
	back, err := clientconf.Undo(cfg.State)
	for _, r := range back {
		fmt.Fprintf(out, "put back %s\n", mantlet.Escape(r.Path))
		if r.Aside != "" {
			fmt.Fprintf(out, "  it was changed since the import; what was in it is kept in %s\n", mantlet.Escape(r.Aside))
		}
	}
	if err != nil {
		return err
	}
	own := filepath.Join(cfg.State, "mantlet.yaml")
	switch err := os.Rename(own, own+".undone"); {
	case err == nil:
		fmt.Fprintf(out, "moved %s to %s.undone\n", own, own)
	case !errors.Is(err, os.ErrNotExist):
		return err
	case len(back) == 0:
		fmt.Fprintln(out, "nothing was imported")
	}
	return nil
}
