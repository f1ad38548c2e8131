package config

import (
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// A Server is one MCP server: a command that Mantlet runs, or a URL.
type Server struct {
	// Command is the program of a local server. It runs once for each principal and
	// session, in an environment built from empty.
	Command string `yaml:"command"`
	// Args are its arguments.
	Args []string `yaml:"args"`
	// Env is added to its environment. A value "file:PATH" is read from a file of
	// mode 0600. Variables that make other code run (NODE_OPTIONS, LD_PRELOAD and
	// their kin) are refused.
	Env map[string]string `yaml:"env"`
	// Cwd is its working directory. Default: Mantlet's.
	Cwd string `yaml:"cwd"`
	// Shared runs one process for all callers. It may then ask callers nothing, and
	// what belongs to no caller is dropped. Default: false.
	Shared bool `yaml:"shared"`
	// StopGrace is the time between closing its stdin, SIGTERM and SIGKILL. Default: 2s.
	StopGrace Duration `yaml:"stopGrace"`

	// URL is the endpoint of a remote server, speaking Streamable HTTP.
	URL string `yaml:"url"`
	// Headers are sent with every request. A credential stands in a file:
	// "file:PATH", mode 0600.
	Headers map[string]string `yaml:"headers"`
	// TLS says how the server proves itself.
	TLS ServerTLS `yaml:"tls"`
	// Proxy is the URL of a forward proxy. Default: none; the environment is not asked.
	Proxy string `yaml:"proxy"`
	// InsecurePlainHTTP allows http:// to a host that is not loopback.
	InsecurePlainHTTP bool `yaml:"insecurePlainHTTP"`

	// Protocol is auto, legacy or modern: the revisions that the server speaks.
	// Default: auto, found out once.
	Protocol string `yaml:"protocol"`
	// Timeouts bound what the server may take.
	Timeouts Timeouts `yaml:"timeouts"`
	// Calls is how many calls it serves at once. Default: 64.
	Calls int `yaml:"calls"`
	// Queue is how many more wait. Default: 256.
	Queue *int `yaml:"queue"`
	// Enabled serves it. Default: true.
	Enabled *bool `yaml:"enabled"`
}

// ServerTLS says how a server proves itself. All that is set must hold.
type ServerTLS struct {
	// CAFile is PEM of the authorities. Default: the system's.
	CAFile string `yaml:"caFile"`
	// Pins are "sha256/BASE64" of public keys, of the server or of an authority
	// above it; at least two, so that one can be changed.
	Pins []string `yaml:"pins"`
	// TrustDomain is the SPIFFE trust domain that the server must belong to; needs CAFile.
	TrustDomain string `yaml:"trustDomain"`
	// MinVersion is "1.3" or "1.2". Default: 1.3.
	MinVersion string `yaml:"minVersion"`
}

// Timeouts bound what a server may take.
type Timeouts struct {
	// Connect is the time to a connection. Default: 10s.
	Connect Duration `yaml:"connect"`
	// FirstByte is the time from a request to the beginning of its answer. Default: 60s.
	FirstByte Duration `yaml:"firstByte"`
	// Call is the time for one request in all. Default: 5m.
	Call Duration `yaml:"call"`
	// Idle ends sessions and processes that nobody uses. Default: 30m.
	Idle Duration `yaml:"idle"`
	// Stream is the life of a stream. Default: 24h.
	Stream Duration `yaml:"stream"`
}

func (s *Server) fill(c *Config) {
	or(&s.StopGrace, Duration(2*second))
	or(&s.Protocol, "auto")
	or(&s.Timeouts.Connect, Duration(10*second))
	or(&s.Timeouts.FirstByte, Duration(60*second))
	or(&s.Timeouts.Call, Duration(5*time.Minute))
	or(&s.Timeouts.Idle, Duration(30*time.Minute))
	or(&s.Timeouts.Stream, Duration(24*time.Hour))
	or(&s.Calls, 64)
	if s.Queue == nil {
		q := 256
		s.Queue = &q
	}
	orElse(&s.Enabled, true)
	s.Cwd = c.abs(s.Cwd)
	s.TLS.CAFile = c.abs(s.TLS.CAFile)
	for _, m := range []map[string]string{s.Env, s.Headers} {
		for k, v := range m {
			if path, ok := strings.CutPrefix(v, "file:"); ok {
				m[k] = "file:" + c.abs(path)
			}
		}
	}
}

func (c *checker) server(id string, s *Server) {
	at := "servers." + id
	if _, err := mantlet.ParseServerID(id); err != nil {
		c.add(at, "%v", err)
	}
	switch {
	case s == nil:
		c.add(at, "is empty; give it a command or a url")
		return
	case (s.Command == "") == (s.URL == ""):
		c.add(at, "needs a command or a url, and not both")
	case s.Command != "":
		c.local(at, s)
	default:
		c.remote(at, s)
	}
	if s.Protocol != "auto" && s.Protocol != "legacy" && s.Protocol != "modern" {
		c.add(at+".protocol", "%q is none of auto, legacy and modern", s.Protocol)
	}
	if s.Calls < 1 {
		c.add(at+".calls", "must be at least 1")
	}
	if *s.Queue < 0 {
		c.add(at+".queue", "must not be negative")
	}
}

func (c *checker) local(at string, s *Server) {
	for name := range s.Env {
		if err := c.checkEnv(name); err != nil {
			c.add(at+".env."+name, "%v", err)
		}
	}
	if len(s.Headers) > 0 || len(s.TLS.Pins) > 0 || s.TLS.CAFile != "" || s.Proxy != "" {
		c.add(at, "headers, tls and proxy are for a url; a command has none")
	}
}

// credentialNames are headers whose value is a secret.
var credentialNames = []string{"authorization", "cookie", "proxy-authorization", "token", "key", "secret", "password", "credential"}

func (c *checker) remote(at string, s *Server) {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Fragment != "":
		c.add(at+".url", "is not an http or https URL") // not repeated: it may hold a password
		return
	case u.User != nil:
		c.add(at+".url", "holds a user or password; put the credential into headers, as file:PATH")
	case u.Scheme == "http" && !loopback(u.Hostname()+":80") && !loopback("["+u.Hostname()+"]:80") && !s.InsecurePlainHTTP:
		c.add(at+".url", "goes to another machine in the clear; use https, or set insecurePlainHTTP")
	}
	for name, value := range s.Headers {
		if secretName(name) && !strings.HasPrefix(value, "file:") {
			c.add(at+".headers."+name, "is a credential; put it into a file of mode 0600 and write file:PATH")
		}
	}
	if n := len(s.TLS.Pins); n == 1 {
		c.add(at+".tls.pins", "holds one pin; add a backup, or nothing works when the key changes")
	}
	if len(s.Args) > 0 || len(s.Env) > 0 || s.Cwd != "" || s.Shared {
		c.add(at, "args, env, cwd and shared are for a command; a url has none")
	}
}

func secretName(name string) bool {
	lower := strings.ToLower(name)
	for _, n := range credentialNames {
		if strings.Contains(lower, n) {
			return true
		}
	}
	return false
}

// HasCredential reports whether requests to s carry one.
func (s *Server) HasCredential() bool {
	if len(s.Headers) > 0 {
		return true // any header may be one, whatever its name
	}
	for _, value := range s.Env {
		if strings.HasPrefix(value, "file:") {
			return true
		}
	}
	return false
}

// Resolve returns m with every "file:PATH" replaced by what the file holds,
// without its last newline. A file that others can read is refused.
func Resolve(m map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(m))
	for k, v := range m {
		path, ok := strings.CutPrefix(v, "file:")
		if !ok {
			out[k] = v
			continue
		}
		if err := Private(path); err != nil {
			return nil, err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		out[k] = strings.TrimRight(string(b), "\r\n")
	}
	return out, nil
}
