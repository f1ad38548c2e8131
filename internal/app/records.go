package app

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/exact"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// records are the rows of what an organisation has named.
func records(out []inspect.Row, cfg *config.Config, i *config.Inspect) ([]inspect.Row, error) {
	out, err := words(out, cfg, i.Words)
	if err != nil {
		return nil, err
	}
	return fingerprints(out, cfg, i.Fingerprints)
}

// words are the rows of dictionaries: one detector for each, since each may be followed by
// something else.
func words(out []inspect.Row, cfg *config.Config, all []config.Dictionary) ([]inspect.Row, error) {
	for _, one := range all {
		b, err := cfg.ReadFile(one.File)
		if err != nil {
			return nil, fmt.Errorf("the words %s: %w", one.Name, err)
		}
		d := dlp.Dictionary{Name: one.Name, Words: lines(b)}
		if d.Severity, err = finding.ParseSeverity(one.Severity); err != nil {
			return nil, err
		}
		if len(d.Words) == 0 {
			return nil, fmt.Errorf("the words %s: %s has none; write one a line", one.Name, one.File)
		}
		detector, err := dlp.NewCustom(d)
		if err != nil {
			return nil, fmt.Errorf("the words %s: %w", one.Name, err)
		}
		if out, err = rows(out, "custom", detector, config.Detect{In: one.In, Back: one.Back, From: "info"}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lines are the lines of a dictionary's file that hold something.
func lines(b []byte) (out []string) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) // editors begin a file with it
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && line != "#" && !strings.HasPrefix(line, "# ") {
			out = append(out, line)
		}
	}
	return out
}

// fingerprints are the rows of tables that may not leave.
func fingerprints(out []inspect.Row, cfg *config.Config, all []config.Fingerprints) ([]inspect.Row, error) {
	for _, one := range all {
		b, err := cfg.ReadFile(one.File)
		if err != nil {
			return nil, fmt.Errorf("the fingerprints %s: %w", one.Name, err)
		}
		key, err := config.Secret(one.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("the key of the fingerprints %s: %w", one.Name, err)
		}
		d, err := exact.Open(one.Name, b, []byte(key))
		if err != nil {
			return nil, fmt.Errorf("the fingerprints %s: %w", one.Name, err)
		}
		if out, err = rows(out, "exact", d, config.Detect{In: one.In, Back: one.Back, From: "info"}); err != nil {
			return nil, err
		}
	}
	return out, nil
}
