package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mantlet-mcp/mantlet"
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
	entries, err := findEntries()
	if err != nil {
		return err
	}
	entries = consent(bufio.NewReader(in), out, entries, yes)
	if len(entries) == 0 {
		return errors.New("nothing was imported: no client has a server configured, or none was said yes to")
	}
	p := clientconf.Plan{State: cfg.State, Mantlet: self(), Entries: entries}
	servers, ids, err := p.Servers()
	if err != nil {
		return err
	}
	if err := writeConfig(own, servers); err != nil {
		return err
	}
	changed, err := p.Apply(ids)
	if err != nil {
		return errors.Join(err, os.Remove(own))
	}
	for _, path := range changed {
		fmt.Fprintf(out, "changed %s (mantlet up --undo puts it back)\n", path)
	}
	return nil
}

func findEntries() ([]clientconf.Entry, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, err
	}
	dir, err := os.Getwd()
	if err != nil || dir == home {
		dir = ""
	}
	var all []clientconf.Entry
	for _, f := range clientconf.Files(home, dir) {
		found, err := clientconf.Read(f)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// consent shows every entry whole. The user's own are agreed to together; those
// that came with a project one by one, for a cloned repository may be hostile.
func consent(in *bufio.Reader, out io.Writer, all []clientconf.Entry, yes bool) []clientconf.Entry {
	var own, kept []clientconf.Entry
	for _, e := range all {
		if !e.File.Project {
			own = append(own, e)
			fmt.Fprintf(out, "  %-14s %-16s %s\n", e.File.Client, mantlet.Escape(e.Name), mantlet.Escape(e.Show()))
		}
	}
	if len(own) > 0 && (yes || agreed(in, out, "Put Mantlet in front of these?")) {
		kept = own
	}
	for _, e := range all {
		if !e.File.Project {
			continue
		}
		fmt.Fprintf(out, "\nFrom the project's own file %s:\n  %s: %s\n", e.File.Path, mantlet.Escape(e.Name), mantlet.Escape(e.Show()))
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

func writeConfig(path string, servers []clientconf.Server) error {
	all := make(map[string]map[string]any)
	for _, s := range servers {
		one := make(map[string]any)
		if s.URL != "" {
			one["url"] = s.URL
		} else {
			one["command"], one["args"] = s.Command, s.Args
		}
		if len(s.Env) > 0 {
			one["env"] = s.Env
		}
		if len(s.Headers) > 0 {
			one["headers"] = s.Headers
		}
		all[s.ID] = one
	}
	text, err := config.Marshal(map[string]any{"servers": all})
	if err != nil {
		return err
	}
	if _, err := config.Parse(filepath.Dir(path), text); err != nil {
		return fmt.Errorf("what the clients have configured is refused:\n%w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte("# Made by mantlet up --import.\n"), text...), 0o600)
}

// undo puts the clients' files back and moves the imported configuration away.
func (o *options) undo(out io.Writer) error {
	cfg, err := config.Default()
	if err != nil {
		return err
	}
	back, err := clientconf.Undo(cfg.State)
	for _, path := range back {
		fmt.Fprintf(out, "put back %s\n", path)
	}
	if err != nil {
		return err
	}
	own := filepath.Join(cfg.State, "mantlet.yaml")
	if err := os.Rename(own, own+".undone"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if len(back) == 0 {
		fmt.Fprintln(out, "nothing was imported")
	}
	return nil
}
