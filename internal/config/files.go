package config

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// maxSecret is far more than any credential, and little enough to read at once.
const maxSecret = 64 << 10

// Private says why a secret's file may not be used: it is not there, is no file, or
// others can read it.
func Private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return private(path, info)
}

func private(path string, info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file; name one", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%s can be read by others (mode %04o); run chmod 600 on it", path, info.Mode().Perm())
	}
	return nil
}

// Secret reads a secret's file, at most 64 KiB, without its last newline. It refuses
// what Private refuses, and judges the very file that it reads.
func Secret(path string) (string, error) {
	if err := Private(path); err != nil { // before it is opened: a pipe would wait
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err == nil {
		err = private(path, info)
	}
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch text := strings.TrimRight(string(b), "\r\n"); {
	case err != nil:
		return "", err
	case len(b) > maxSecret:
		return "", fmt.Errorf("%s is larger than %d bytes; name the file of one credential", path, maxSecret)
	case strings.ContainsRune(text, 0):
		return "", fmt.Errorf("%s holds a NUL; name a file of text", path)
	default:
		return text, nil
	}
}

// Resolve returns m with every "file:PATH" replaced by what the file holds,
// without its last newline. A file that others can read is refused.
func Resolve(m map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = v
		if path, ok := strings.CutPrefix(v, "file:"); ok {
			text, err := Secret(path)
			if err != nil {
				return nil, err
			}
			out[k] = text
		}
	}
	return out, nil
}

// CheckFiles looks at what the configuration names outside of itself: whether
// secrets are there, private and usable, certificates can be read, directories are
// there and commands can be found. What Mantlet makes itself may be absent. Servers
// that are switched off are not looked at.
func (cfg *Config) CheckFiles() Problems {
	c := newChecker(cfg.lines)
	c.open = cfg.ReadFile
	for _, id := range slices.Sorted(maps.Keys(cfg.Servers)) {
		if s := cfg.Servers[id]; s.Enabled == nil || *s.Enabled {
			c.serverFiles(below("servers", id), s)
		}
	}
	if l := cfg.Listen.TLS; l.CertFile != "" {
		c.certificates("listen.tls.certFile", l.CertFile, os.ReadFile) // it is in no bundle
		c.private("listen.tls.keyFile", l.KeyFile)
	}
	for i, cl := range cfg.Clients {
		c.made(index("clients", i)+".keyFile", cl.KeyFile)
	}
	switch {
	case len(cfg.Seal.RingCommand) > 0:
		if _, err := exec.LookPath(cfg.Seal.RingCommand[0]); err != nil {
			c.add("seal.ringCommand", "%q was not found, or may not be run; install it, or write its whole path", cfg.Seal.RingCommand[0])
		}
	case cfg.Seal.Replicas > 1:
		c.private("seal.ringFile", cfg.Seal.RingFile) // none of several makes it
	default:
		c.made("seal.ringFile", cfg.Seal.RingFile)
	}
	if cfg.Trust.Pins() {
		c.made("trust.keyFile", cfg.Trust.KeyFile)
		c.made("trust.codeFile", cfg.Trust.CodeFile)
	}
	if cfg.Trust.PostgresFile != "" {
		c.private("trust.postgresFile", cfg.Trust.PostgresFile)
	}
	c.made("audit.digestKeyFile", cfg.Audit.DigestKeyFile)
	if cfg.Audit.Bodies.Keep {
		c.private("audit.bodies.keyFile", cfg.Audit.Bodies.KeyFile)
	}
	c.secrets("telemetry.traces.headers", cfg.Telemetry.Traces.Headers, badHeaderValue)
	return c.found.sorted()
}

func (c *checker) serverFiles(at string, s *Server) {
	c.secrets(at+".env", s.Env, func(string) string { return "" })
	c.secrets(at+".headers", s.Headers, badHeaderValue)
	if s.TLS.CAFile != "" {
		c.certificates(at+".tls.caFile", s.TLS.CAFile, c.open)
	}
	if s.Cwd != "" {
		if info, err := os.Stat(s.Cwd); err != nil {
			c.add(at+".cwd", "%v", err)
			return // where the command is cannot be said
		} else if !info.IsDir() {
			c.add(at+".cwd", "%s is not a directory; name one", s.Cwd)
			return
		}
	}
	if s.Command != "" && !found(s) {
		c.add(at+".command", "%q was not found, or may not be run; install it, or write its whole path", s.Command)
	}
}

// secrets looks at the files of m. What is wrong with their content is said without
// repeating it.
func (c *checker) secrets(at string, m map[string]string, bad func(string) string) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		path, ok := strings.CutPrefix(m[name], "file:")
		if !ok {
			continue
		}
		if text, err := Secret(path); err != nil {
			c.add(below(at, name), "%v", err)
		} else if why := bad(text); why != "" {
			c.add(below(at, name), "%s %s", path, why)
		}
	}
}

// found says whether the command is where it will be looked for: its own PATH comes
// before Mantlet's, and a relative path starts where it runs.
func found(s *Server) bool {
	command := s.Command
	if strings.ContainsRune(command, filepath.Separator) {
		if !filepath.IsAbs(command) && s.Cwd != "" {
			command = filepath.Join(s.Cwd, command)
		}
		_, err := exec.LookPath(command)
		return err == nil
	}
	own, ok := s.Env["PATH"]
	if !ok || strings.HasPrefix(own, "file:") {
		_, err := exec.LookPath(command)
		return err == nil
	}
	return slices.ContainsFunc(filepath.SplitList(own), func(dir string) bool {
		_, err := exec.LookPath(filepath.Join(dir, command))
		return err == nil && filepath.IsAbs(dir)
	})
}

func (c *checker) private(at, path string) {
	if err := Private(path); err != nil {
		c.add(at, "%v", err)
	}
}

// made looks at a file that Mantlet makes where it is not there.
func (c *checker) made(at, path string) {
	if err := Private(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.add(at, "%v", err)
	}
}

// certificates looks for at least one certificate in PEM, and for none that cannot
// be read.
func (c *checker) certificates(at, path string, read func(string) ([]byte, error)) {
	b, err := read(path)
	if err != nil {
		c.add(at, "%v", err)
		return
	}
	n := 0
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			c.add(at, "%s holds a certificate that cannot be read; make it anew", path)
			return
		}
		n++
	}
	if n == 0 {
		c.add(at, "%s holds no certificate in PEM; name a file that does", path)
	}
}
