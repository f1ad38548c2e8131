package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// The bounds of a bundle.
const (
	MaxBundle  = 32 << 20 // bytes of the file
	MaxFiles   = 1000
	MaxPath    = 255     // bytes of the name of a file in it
	MaxVersion = 1 << 53 // what every reader of JSON can count to
	// MaxLife is how long a bundle is good for at most: 13 months.
	MaxLife = 398 * 24 * time.Hour
)

// A Payload is what is signed.
type Payload struct {
	Type     signer.Type       `json:"type"` // signer.Bundle
	Version  int64             `json:"version"`
	Issued   time.Time         `json:"issued"` // in UTC, whole seconds
	Expires  time.Time         `json:"expires"`
	Previous signer.Digest     `json:"previous"` // of the payload before; none for version 1
	Config   []byte            `json:"config"`   // the YAML
	Files    map[string][]byte `json:"files"`    // by their path below the configuration's directory, with slashes
	Signers  signer.Set        `json:"signers"`  // who signs the next one
}

// ErrShape is why something is no bundle, or none that could ever be accepted.
var ErrShape = errors.New("it is no sound bundle")

func shape(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrShape, fmt.Errorf(format, args...))
}

// Check reports whether p could be accepted by anybody at any time.
func (p *Payload) Check() error {
	whole := func(t time.Time) bool { return !t.IsZero() && t.Nanosecond() == 0 && t.Location() == time.UTC }
	switch {
	case p.Type != signer.Bundle:
		return shape("its type is %.40q, and not %q", p.Type, signer.Bundle)
	case p.Version < 1 || p.Version > MaxVersion:
		return shape("a version is above zero")
	case (p.Previous == signer.Digest{}) != (p.Version == 1):
		return shape("version 1 follows nothing, and every other names the digest of the payload before it")
	case !whole(p.Issued) || !whole(p.Expires) || !p.Expires.After(p.Issued) || p.Expires.Sub(p.Issued) > MaxLife:
		return shape("it is issued and expires in UTC and whole seconds, at most %d days apart", MaxLife/(24*time.Hour))
	case len(p.Config) == 0:
		return shape("it holds no configuration")
	case len(p.Files) > MaxFiles:
		return shape("it holds %d files; at most %d are read", len(p.Files), MaxFiles)
	case private(p.Config):
		return shape("its configuration holds a private key; a bundle holds no secrets")
	}
	if err := p.Signers.Check(); err != nil {
		return shape("its signers: %w", err)
	}
	return p.checkFiles()
}

func (p *Payload) checkFiles() error {
	taken := make(map[string]bool, len(p.Files))
	for name := range p.Files {
		taken[strings.ToLower(name)] = true
	}
	if len(taken) != len(p.Files) {
		return shape("two files differ in the case of their names alone")
	}
	for name, data := range p.Files {
		if !validPath(name) {
			return shape("%.300q is no path below the configuration's directory", name)
		}
		for dir := path.Dir(strings.ToLower(name)); dir != "."; dir = path.Dir(dir) {
			if taken[dir] {
				return shape("%.300q stands below a file", name)
			}
		}
		if private(data) {
			return shape("the file %.300q holds a private key; a bundle holds no secrets", name)
		}
	}
	return nil
}

// validPath reports whether name stays below a directory on every system: no root, drive,
// dot segment, backslash, device or hidden character.
func validPath(name string) bool {
	if !fs.ValidPath(name) || name == "." || len(name) > MaxPath || !utf8.ValidString(name) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.Trim(part, " .") != part || strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`\:*?"<>|`, r) }) {
			return false
		}
		switch base, _, _ := strings.Cut(strings.ToLower(part), "."); base {
		case "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "lpt1", "lpt2", "lpt3":
			return false
		}
	}
	return true
}

// private reports whether data holds a private key in PEM (RFC 7468), of whatever kind.
func private(data []byte) bool {
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); bytes.HasPrefix(line, []byte("-----BEGIN ")) && bytes.HasSuffix(line, []byte("PRIVATE KEY-----")) {
			return true
		}
	}
	return false
}
