package config

import (
	"strings"
	"time"
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

	// URL is the endpoint of a remote server, speaking Streamable HTTP or, as servers
	// of 2024 do, HTTP+SSE.
	URL string `yaml:"url"`
	// Headers are sent with every request. A credential stands in a file:
	// "file:PATH", mode 0600. Those that Mantlet itself writes, and those that frame a
	// message or name its hop, are refused.
	Headers map[string]string `yaml:"headers"`
	// TLS says how the server proves itself.
	TLS ServerTLS `yaml:"tls"`
	// Proxy is the http, https or socks5 URL of a forward proxy, without a password.
	// Default: none; the environment is not asked.
	Proxy string `yaml:"proxy"`
	// InsecurePlainHTTP allows http:// to a host that is not loopback.
	InsecurePlainHTTP bool `yaml:"insecurePlainHTTP"`

	// Protocol is auto, legacy or modern: the revisions that the server speaks; or
	// sse: those, by the HTTP+SSE transport of 2024-11-05. Default: auto, found out once.
	Protocol string `yaml:"protocol"`
	// Timeouts bound what the server may take.
	Timeouts Timeouts `yaml:"timeouts"`
	// Calls is how many calls it serves at once. Default: 64.
	Calls int `yaml:"calls"`
	// Queue is how many more wait. Default: 256.
	Queue *int `yaml:"queue"`
	// Inspect is what its messages are looked at for, where that differs from inspect.
	Inspect *Inspect `yaml:"inspect"`
	// ResultKeysFile holds the keys that it signs results with, a JWK set (Ed25519, P-256): a
	// signature that is there has to verify (docs/tasks/inspect-content.md). Default: none.
	ResultKeysFile string `yaml:"resultKeysFile"`
	// ResultsSigned refuses results without a signature. Default: false.
	ResultsSigned bool `yaml:"resultsSigned"`
	// Bait are tools that it does not have: who calls one is looking around. Default: none.
	Bait []Bait `yaml:"bait"`
	// Enabled serves it. Default: true.
	Enabled *bool `yaml:"enabled"`
}

// ServerTLS says how a server proves itself. All that is set must hold.
type ServerTLS struct {
	// CAFile is PEM of the authorities. Default: the system's.
	CAFile string `yaml:"caFile"`
	// Pins are "sha256/BASE64" of public keys, of the server or of an authority
	// above it; at least two different ones, so that one can be changed.
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
	if s.Inspect != nil {
		s.Inspect.fill(c, &c.Inspect)
	}
	s.Cwd = c.abs(s.Cwd)
	s.TLS.CAFile = c.abs(s.TLS.CAFile)
	s.ResultKeysFile = c.abs(s.ResultKeysFile)
	for _, m := range []map[string]string{s.Env, s.Headers} {
		for k, v := range m {
			if path, ok := strings.CutPrefix(v, "file:"); ok {
				m[k] = "file:" + c.abs(path)
			}
		}
	}
}

// HasCredential reports whether requests to s carry one.
func (s *Server) HasCredential() bool {
	if len(s.Headers) > 0 {
		return true // any header may be one, whatever its name
	}
	if strings.Contains(s.URL, "?") {
		return true // many servers take their key there
	}
	for _, value := range s.Env {
		if strings.HasPrefix(value, "file:") {
			return true
		}
	}
	return false
}
