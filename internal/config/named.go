package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Named is a file that a configuration names.
type Named struct {
	At      string // the setting's path, such as servers.files.tls.caFile
	Path    string
	Outside string // why no bundle holds it; "": a bundle does
}

// Why a file stays outside of a bundle.
const (
	unencrypted = "a secret: a bundle is not encrypted"
	renewed     = "renewed while serve runs; its key is a secret"
	data        = "data that is brought anew"
)

// Names are the files that the configuration names, in the order of their settings. What
// Mantlet makes and writes for itself, and programs, which the catalogue pins, are not
// among them; nor are the signers' files, in whose place a bundle has its own.
func (cfg *Config) Names() (out []Named) {
	add := func(at, path, outside string) {
		if path != "" {
			out = append(out, Named{at, path, outside})
		}
	}
	secrets := func(at string, m map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if path, ok := strings.CutPrefix(m[name], "file:"); ok {
				add(below(at, name), path, unencrypted)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(cfg.Servers)) {
		s, at := cfg.Servers[id], below("servers", id)
		add(at+".tls.caFile", s.TLS.CAFile, "")
		add(at+".resultKeysFile", s.ResultKeysFile, "")
		s.Inspect.names(at+".inspect", add)
		secrets(at+".env", s.Env)
		secrets(at+".headers", s.Headers)
	}
	cfg.Inspect.names("inspect", add)
	add("trust.provenance.trustedRootFile", cfg.Trust.Provenance.TrustedRootFile, "")
	add("trust.provenance.npmKeysFile", cfg.Trust.Provenance.NPMKeysFile, "")
	add("trust.advisories", cfg.Trust.Advisories, data)
	add("listen.tls.certFile", cfg.Listen.TLS.CertFile, renewed)
	for i := range cfg.Clients {
		add(index("clients", i)+".keyFile", cfg.Clients[i].KeyFile, unencrypted)
	}
	for _, one := range [][2]string{
		{"listen.tls.keyFile", cfg.Listen.TLS.KeyFile}, {"trust.postgresFile", cfg.Trust.PostgresFile}, {"trust.keyFile", cfg.Trust.KeyFile},
		{"trust.codeFile", cfg.Trust.CodeFile}, {"trust.passkeyFile", cfg.Trust.PasskeyFile}, {"seal.ringFile", cfg.Seal.RingFile},
		{"audit.digestKeyFile", cfg.Audit.DigestKeyFile}, {"audit.bodies.keyFile", cfg.Audit.Bodies.KeyFile},
	} {
		add(one[0], one[1], unencrypted)
	}
	secrets("telemetry.traces.headers", cfg.Telemetry.Traces.Headers)
	return out
}

// Hold has ReadFile answer from files, by their absolute path, and from nothing else. It is
// an error if they are not all that Names wants held.
func (cfg *Config) Hold(files map[string][]byte) error {
	for _, n := range cfg.Names() {
		if _, ok := files[filepath.Clean(n.Path)]; !ok && n.Outside == "" {
			return fmt.Errorf("%s: %w", n.At, notHeld(n.Path))
		}
	}
	if cfg.held = files; files == nil {
		cfg.held = map[string][]byte{}
	}
	return nil
}

func notHeld(path string) error {
	return fmt.Errorf("%s is not in the bundle, and a file on disk does not stand in for it; make the bundle anew", path)
}

// Holds reports whether ReadFile answers from a bundle.
func (cfg *Config) Holds() bool { return cfg.held != nil }

// ReadFile reads a file of Names that a bundle holds: from there, where the configuration
// came in one.
func (cfg *Config) ReadFile(path string) ([]byte, error) {
	if cfg.held == nil {
		return os.ReadFile(path)
	}
	b, ok := cfg.held[filepath.Clean(path)]
	if !ok {
		return nil, notHeld(path)
	}
	return b, nil
}

// An Origin says which bundle a configuration came in, and which was in force before. The
// zero Origin is a plain file.
type Origin struct {
	Version, Before int64  // Before is 0 where there was none
	Digest, Former  string // of the payloads, "sha256:..."
	SignedBy        []string
}

// Origin is what SetOrigin has set.
func (cfg *Config) Origin() Origin { return cfg.origin }

// SetOrigin says which bundle the configuration came in.
func (cfg *Config) SetOrigin(o Origin) { cfg.origin = o }
