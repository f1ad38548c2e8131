package config

import (
	"os"
	"path/filepath"
	"strings"
)

// fill gives what is absent its default.
func (c *Config) fill() {
	if c.State == "" {
		c.State = defaultState()
	}
	c.State = c.abs(c.State)
	c.Listen.fill(c.State)
	c.Listen.Socket, c.Listen.TLS.CertFile, c.Listen.TLS.KeyFile = c.abs(c.Listen.Socket), c.abs(c.Listen.TLS.CertFile), c.abs(c.Listen.TLS.KeyFile)
	orElse(&c.Joined.Enabled, true)
	or(&c.Joined.Wait, Duration(5*second))
	or(&c.Limits.Message, 4<<20)
	or(&c.Limits.List, 16<<20)
	or(&c.Limits.Depth, 64)
	or(&c.Limits.Nodes, 500_000)
	or(&c.Limits.Items, 5_000)
	or(&c.Limits.Header, 8<<10)
	c.Trust.fill(c)
	c.Inspect.fill(c, &standard)
	or(&c.Inspect.Tokens.Most, 10_000)
	or(&c.Inspect.Tokens.Age, Duration(24*60*60*second))
	c.Audit.fill(c)
	c.Telemetry.fill(c)
	c.Seal.given = c.Seal.RingFile != ""
	or(&c.Seal.RingFile, filepath.Join(c.State, "seal.ring"))
	c.Seal.RingFile = c.abs(c.Seal.RingFile)
	or(&c.Seal.Replicas, 1)
	or(&c.Ops.Listen, "unix:"+filepath.Join(c.State, "ops.sock"))
	if path, ok := strings.CutPrefix(c.Ops.Listen, "unix:"); ok {
		c.Ops.Listen = "unix:" + c.abs(path)
	}
	or(&c.Log.Level, "info")
	or(&c.Log.Format, "text")
	for i := range c.Clients {
		or(&c.Clients[i].KeyFile, filepath.Join(c.State, "clients", c.Clients[i].Name+".key"))
		c.Clients[i].KeyFile = c.abs(c.Clients[i].KeyFile)
	}
	for _, s := range c.Servers {
		if s != nil {
			s.fill(c)
		}
	}
}

func or[T comparable](p *T, otherwise T) {
	var zero T
	if *p == zero {
		*p = otherwise
	}
}

func orElse[T bool | int](p **T, otherwise T) {
	if *p == nil {
		*p = &otherwise
	}
}

func (c *Config) abs(path string) string {
	if path == "" || filepath.IsAbs(path) || c.dir == "" {
		return path
	}
	return filepath.Join(c.dir, path)
}

func defaultState() string {
	if s := os.Getenv("MANTLET_STATE"); s != "" {
		return s
	}
	if s := os.Getenv("XDG_STATE_HOME"); s != "" {
		return filepath.Join(s, "mantlet")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "" // refused by check: there is nowhere to keep keys
	}
	return filepath.Join(home, ".local", "state", "mantlet")
}

// AddServer puts a server into a configuration that was already read.
func (c *Config) AddServer(id string, s *Server) {
	if c.Servers == nil {
		c.Servers = make(map[string]*Server)
	}
	s.fill(c)
	c.Servers[id] = s
}

// AddClient puts a local client into a configuration that was already read.
func (c *Config) AddClient(name string, servers ...string) {
	c.Clients = append(c.Clients, Client{Name: name, KeyFile: filepath.Join(c.State, "clients", name+".key"), Servers: servers})
}

// Adopted is a local server that no configuration lists, with the defaults of one that
// is listed.
func Adopted(c *Config, command string, args []string, dir string) *Server {
	s := &Server{Command: command, Args: args, Cwd: dir}
	s.fill(c)
	return s
}
