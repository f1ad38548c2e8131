package config

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
)

// A Config is everything that can be set.
type Config struct {
	// State is the directory of keys, the record and the socket, mode 0700.
	// Default: $MANTLET_STATE, else mantlet below $XDG_STATE_HOME or ~/.local/state.
	State string `yaml:"state"`
	// Listen is where callers come in.
	Listen Listen `yaml:"listen"`
	// Servers are the MCP servers behind Mantlet, by id: 1 to 32 of a-z, 0-9, "-"
	// and "_", without "__". Each is served at /mcp/{id}.
	Servers map[string]*Server `yaml:"servers"`
	// Joined serves the tools and prompts of all servers together at /mcp.
	Joined Joined `yaml:"joined"`
	// Clients are the local programs that get a token. A token opens the servers
	// that are listed and no others; an empty list opens nothing.
	Clients []Client `yaml:"clients"`
	// Limits bound every message.
	Limits Limits `yaml:"limits"`
	// Audit is the record of every exchange.
	Audit Audit `yaml:"audit"`
	// Seal is the key ring of the handles that clients carry.
	Seal Seal `yaml:"seal"`
	// Ops is the listener for health, metrics and profiles.
	Ops Ops `yaml:"ops"`
	// Extensions are the method namespaces carried beyond the protocol's own, such
	// as "vendor/". Default: none.
	Extensions []string `yaml:"extensions"`
	// Log is what Mantlet itself says, on stderr.
	Log Log `yaml:"log"`
	// Insecure switches layers off, by name. Everything here is false by default and
	// is printed in capitals wherever it is true.
	Insecure Insecure `yaml:"insecure"`

	dir    string // that relative paths start from
	source []byte
}

// Joined is the endpoint that stands for all servers.
type Joined struct {
	// Enabled serves /mcp. Default: true.
	Enabled *bool `yaml:"enabled"`
	// Wait is how long a list waits for a server before leaving it out. Default: 5s.
	Wait Duration `yaml:"wait"`
}

// A Client is one local program.
type Client struct {
	// Name is the program's: a-z, 0-9 and "-".
	Name string `yaml:"name"`
	// KeyFile holds the key of its tokens, mode 0600. Default: clients/{name}.key
	// below state, made when it is not there.
	KeyFile string `yaml:"keyFile"`
	// Servers are the ids that its tokens open; "*" is all of them and /mcp.
	Servers []string `yaml:"servers"`
}

// Limits bound every message. Sizes are written as 4MiB or 512KiB.
type Limits struct {
	// Message is the size of one message. Default: 4MiB.
	Message Size `yaml:"message"`
	// List is the size of a reply that lists things. Default: 16MiB.
	List Size `yaml:"list"`
	// Depth is how deep arrays and objects nest. Default: 64.
	Depth int `yaml:"depth"`
	// Nodes is how many values a message holds. Default: 500000.
	Nodes int `yaml:"nodes"`
	// Items is how many things one list holds. Default: 5000.
	Items int `yaml:"items"`
	// Header is the size of one header value. Default: 8KiB.
	Header Size `yaml:"header"`
}

// Seal is the key ring.
type Seal struct {
	// RingFile holds the keys, newest first, mode 0600. Default: seal.ring below
	// state, made when it is not there.
	RingFile string `yaml:"ringFile"`
	// Replicas is how many Mantlets share the callers. More than 1 needs a RingFile
	// that all of them read, and that none of them makes. Default: 1.
	Replicas int `yaml:"replicas"`

	given bool // RingFile was written down
}

// Ops is the operators' listener.
type Ops struct {
	// Listen is "unix:PATH" or a loopback address. Default: unix:ops.sock below state.
	Listen string `yaml:"listen"`
	// Pprof serves profiles, which show memory. Default: false.
	Pprof bool `yaml:"pprof"`
}

// Log is what Mantlet says of itself.
type Log struct {
	// Level is debug, info, warn or error. Default: info.
	Level string `yaml:"level"`
	// Format is text or json. Default: text.
	Format string `yaml:"format"`
}

// Insecure names every layer that can be switched off.
type Insecure struct {
	// AllowAnonymous lets everybody in as one principal, on a loopback address only,
	// and never together with a credential for a server.
	AllowAnonymous bool `yaml:"allowAnonymous"`
	// PolicyAllowAll runs without policy: whoever is let in may do everything.
	PolicyAllowAll bool `yaml:"policyAllowAll"`
	// TrustUnpinned runs without pins: a changed tool is not noticed.
	TrustUnpinned bool `yaml:"trustUnpinned"`
	// InspectNothing runs without inspection of content.
	InspectNothing bool `yaml:"inspectNothing"`
	// QuotaUnlimited runs without quotas.
	QuotaUnlimited bool `yaml:"quotaUnlimited"`
}

// Load reads the file at path. The error is Problems where the file was read.
func Load(path string) (*Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return Parse(filepath.Dir(abs), b)
}

// Parse reads b. Relative paths start from dir.
func Parse(dir string, b []byte) (*Config, error) {
	c := &Config{dir: dir, source: b}
	if err := yaml.UnmarshalWithOptions(b, c, yaml.Strict()); err != nil {
		return nil, unread(err)
	}
	c.fill()
	if p := c.check(); len(p) > 0 {
		return nil, p
	}
	return c, nil
}

// Default is what `mantlet up` runs with when there is no file.
func Default() (*Config, error) { return Parse("", nil) }

// unread turns the reader's error into one Problem: where a file cannot be read,
// nothing else of it can be judged.
func unread(err error) Problems {
	p := Problem{Path: "file", Text: err.Error()}
	if y, ok := errors.AsType[yaml.Error](err); ok {
		p.Text = y.GetMessage()
		if t := y.GetToken(); t != nil {
			p.Line = t.Position.Line
		}
	}
	return Problems{p}
}

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
	c.Audit.fill(c)
	c.Seal.given = c.Seal.RingFile != ""
	or(&c.Seal.RingFile, filepath.Join(c.State, "seal.ring"))
	c.Seal.RingFile = c.abs(c.Seal.RingFile)
	or(&c.Seal.Replicas, 1)
	or(&c.Ops.Listen, "unix:"+filepath.Join(c.State, "ops.sock"))
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

func orElse(p **bool, otherwise bool) {
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
