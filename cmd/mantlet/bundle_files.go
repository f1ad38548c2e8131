package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// maxNamed is the size of one file that a configuration names, in bytes: authorities, a
// trusted root, public keys.
const maxNamed = 4 << 20

// filesOf reads the files that the configuration in dir names and that a bundle holds, by
// their paths below dir, with slashes.
func filesOf(dir string, cfg *config.Config) (map[string][]byte, error) {
	out := make(map[string][]byte)
	var errs []error
	for _, n := range cfg.Names() {
		if n.Outside != "" {
			continue
		}
		name, err := filepath.Rel(dir, n.Path)
		if err != nil || !filepath.IsLocal(name) {
			errs = append(errs, fmt.Errorf("%s: %s does not lie below the configuration's directory, and a bundle holds it by its path from there; put it there", n.At, n.Path))
			continue
		}
		b, err := readBounded(n.Path, maxNamed)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: a bundle holds this file: %w", n.At, err))
			continue
		}
		out[filepath.ToSlash(name)] = b
	}
	return out, errors.Join(errs...)
}

// hold has cfg, which came in the bundle that lies in dir, read its files from there.
func hold(cfg *config.Config, dir string, b *bundle.Bundle) error {
	files := make(map[string][]byte, len(b.Payload.Files))
	for name, content := range b.Payload.Files {
		files[filepath.Join(dir, filepath.FromSlash(name))] = content
	}
	return cfg.Hold(files)
}

// A bundleFile is a file that a bundle holds.
type bundleFile struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	Digest string `json:"digest"` // SHA-256
}

func heldFile(name string, content []byte) bundleFile {
	return bundleFile{name, len(content), signer.Sum(content).String()}
}

// outside are the files that a bundle's configuration names and that it does not hold, and
// why not. A configuration that cannot be read names none, and what lies in a state directory
// that it leaves to the machine is the machine's.
func outside(text []byte) []string {
	out := []string{}
	cfg, err := config.Parse("", text)
	if err != nil {
		return out
	}
	usual, err := config.Default()
	if err != nil {
		return out
	}
	for _, n := range cfg.Names() {
		if n.Outside != "" && !strings.HasPrefix(n.Path, usual.State+string(filepath.Separator)) {
			out = append(out, fmt.Sprintf("%s: %s (%s)", n.At, n.Path, n.Outside))
		}
	}
	return out
}
