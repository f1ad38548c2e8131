package config

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
)

// Load reads the file at path. The error is Problems where the file was read.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return Parse(filepath.Dir(abs), b)
}

// Parse reads b. Relative paths start from dir. The error is Problems: every one
// that there is, of the text and of what it means, unless the text as a whole could
// not be read.
func Parse(dir string, b []byte) (*Config, error) {
	cfg := &Config{dir: dir, lines: make(map[string]int)}
	c := newChecker(cfg.lines)
	body := c.document(b)
	if body != nil {
		c.decode("", body, reflect.ValueOf(cfg).Elem())
	}
	if body != nil || len(c.found) == 0 {
		cfg.fill()
		c.config(cfg)
	}
	if len(c.found) > 0 {
		return nil, c.found.sorted()
	}
	return cfg, nil
}

// Default is what `mantlet up` runs with when there is no file.
func Default() (*Config, error) { return Parse("", nil) }
