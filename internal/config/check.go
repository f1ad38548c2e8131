package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// A Problem is one thing that is wrong: where, and what to do.
type Problem struct {
	Path string // servers.files.url
	Line int    // 0 where the file does not have it
	Text string
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s (line %d): %s", p.Path, p.Line, p.Text)
	}
	return p.Path + ": " + p.Text
}

// Problems are all that is wrong, in the order of the tree.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// A checker gathers problems.
type checker struct {
	source []byte
	found  Problems
}

func (c *checker) add(path, format string, args ...any) {
	c.found = append(c.found, Problem{Path: path, Line: c.line(path), Text: fmt.Sprintf(format, args...)})
}

// line finds where path stands in the source, or the nearest above it that does.
func (c *checker) line(path string) int {
	for path != "" {
		if p, err := yaml.PathString("$." + path); err == nil {
			if node, err := p.ReadNode(strings.NewReader(string(c.source))); err == nil && node.GetToken() != nil {
				return node.GetToken().Position.Line
			}
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return 0
		}
		path = path[:i]
	}
	return 0
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// forbiddenEnv mirrors what the process room refuses; both must say no.
var forbiddenEnv = []string{"NODE_OPTIONS", "BASH_ENV", "ENV", "PYTHONSTARTUP", "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS", "GIT_SSH_COMMAND"}

func (c *checker) checkEnv(name string) error {
	upper := strings.ToUpper(name)
	if slices.Contains(forbiddenEnv, upper) || strings.HasPrefix(upper, "LD_") || strings.HasPrefix(upper, "DYLD_") {
		return errors.New("makes other code run than the command shows; put it into the command where people see it")
	}
	return nil
}

func (cfg *Config) check() Problems {
	c := &checker{source: cfg.source}
	if cfg.State == "" {
		c.add("state", "there is no home directory; set it, or MANTLET_STATE")
	}
	c.listen(cfg.Listen)
	for _, id := range slices.Sorted(maps.Keys(cfg.Servers)) {
		c.server(id, cfg.Servers[id])
	}
	c.clients(cfg)
	c.limits(cfg.Limits)
	c.audit(cfg.Audit)
	c.rest(cfg)
	return c.found
}

func (c *checker) clients(cfg *Config) {
	seen := make(map[string]bool)
	for i, cl := range cfg.Clients {
		at := index("clients", i)
		if cl.Name == "" || strings.Trim(cl.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			c.add(at+".name", "%q may only hold a-z, 0-9 and \"-\"", cl.Name)
		}
		if seen[cl.Name] {
			c.add(at+".name", "%q is there twice; give each client its own", cl.Name)
		}
		seen[cl.Name] = true
		for j, s := range cl.Servers {
			if _, ok := cfg.Servers[s]; !ok && s != "*" {
				c.add(index(at+".servers", j), "no server %q is configured", s)
			}
		}
	}
}

func (c *checker) limits(l Limits) {
	if l.Depth < 1 || l.Depth > 1000 {
		c.add("limits.depth", "must be 1 to 1000")
	}
	if l.Nodes < 1 || l.Items < 1 {
		c.add("limits", "nodes and items must be at least 1")
	}
	if l.List < l.Message {
		c.add("limits.list", "must not be smaller than limits.message")
	}
}

func (c *checker) rest(cfg *Config) {
	if !strings.HasPrefix(cfg.Ops.Listen, "unix:") && !loopback(cfg.Ops.Listen) {
		c.add("ops.listen", "%q can be reached from other machines; use unix:PATH or a loopback address", cfg.Ops.Listen)
	}
	if cfg.Seal.Replicas > 1 && !cfg.Seal.given {
		c.add("seal.ringFile", "is missing; %d replicas need one ring that all of them read", cfg.Seal.Replicas)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, cfg.Log.Level) {
		c.add("log.level", "%q is none of debug, info, warn and error", cfg.Log.Level)
	}
	if cfg.Log.Format != "text" && cfg.Log.Format != "json" {
		c.add("log.format", "%q is neither text nor json", cfg.Log.Format)
	}
	for i, ns := range cfg.Extensions {
		if !strings.HasSuffix(ns, "/") || len(ns) < 2 {
			c.add(index("extensions", i), "%q is not a namespace; write it like vendor/", ns)
		}
	}
	if cfg.Insecure.AllowAnonymous {
		c.anonymous(cfg)
	}
}

func (c *checker) anonymous(cfg *Config) {
	if !loopback(cfg.Listen.Address) {
		c.add("insecure.allowAnonymous", "needs a loopback listen.address; %s is not one", cfg.Listen.Address)
	}
	for _, id := range slices.Sorted(maps.Keys(cfg.Servers)) {
		if s := cfg.Servers[id]; s != nil && s.HasCredential() {
			c.add("insecure.allowAnonymous", "lets anybody on this machine use the credential of server %s; remove one of the two", id)
		}
	}
}

// Private says why a secret's file may not be used: it is not there, or others
// can read it.
func Private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s can be read by others (mode %04o); run chmod 600 on it", path, info.Mode().Perm())
	}
	return nil
}

// CheckFiles looks at the files that the configuration names: whether those that
// hold secrets are there and private.
func (cfg *Config) CheckFiles() Problems {
	c := &checker{source: cfg.source}
	for _, id := range slices.Sorted(maps.Keys(cfg.Servers)) {
		s := cfg.Servers[id]
		for where, m := range map[string]map[string]string{"env": s.Env, "headers": s.Headers} {
			for name, v := range m {
				if path, ok := strings.CutPrefix(v, "file:"); ok {
					c.private("servers."+id+"."+where+"."+name, path)
				}
			}
		}
	}
	if cfg.Listen.TLS.KeyFile != "" {
		c.private("listen.tls.keyFile", cfg.Listen.TLS.KeyFile)
	}
	if cfg.Audit.Bodies.Keep {
		c.private("audit.bodies.keyFile", cfg.Audit.Bodies.KeyFile)
	}
	return c.found
}

func (c *checker) private(at, path string) {
	if err := Private(path); err != nil {
		c.add(at, "%v", err)
	}
}
