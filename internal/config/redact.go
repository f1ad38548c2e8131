package config

import (
	"maps"
	"net/url"
	"strings"
)

const hidden = "[redacted]"

// Redacted is the configuration in force, defaults and all, as YAML that may be
// shown: no value of a header or a variable is in it but the names of files, and no
// password of a URL, nor what stands where a credential is usually given.
func (cfg *Config) Redacted() ([]byte, error) {
	shown := *cfg
	shown.Servers = make(map[string]*Server, len(cfg.Servers))
	for id, s := range cfg.Servers {
		if s != nil {
			shown.Servers[id] = s.redacted()
		}
	}
	shown.Seal.RingCommand = redactArgs(cfg.Seal.RingCommand)
	shown.Telemetry.Traces.Endpoint = redactURL(cfg.Telemetry.Traces.Endpoint)
	shown.Telemetry.Traces.Headers = redactMap(cfg.Telemetry.Traces.Headers)
	return Marshal(&shown)
}

func (s *Server) redacted() *Server {
	out := *s
	out.Env, out.Headers = redactMap(s.Env), redactMap(s.Headers)
	out.URL, out.Proxy = redactURL(s.URL), redactURL(s.Proxy)
	out.Args = redactArgs(s.Args)
	return &out
}

func redactMap(m map[string]string) map[string]string {
	out := maps.Clone(m)
	for k, v := range out {
		if !strings.HasPrefix(v, "file:") {
			out[k] = hidden
		}
	}
	return out
}

// redactURL hides the user, and the query, where keys of APIs stand. The reader
// refuses a user, but a server can be added to a configuration that was read.
func redactURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return hidden
	}
	if u.User == nil && u.RawQuery == "" {
		return s
	}
	if u.User != nil {
		u.User = url.User("redacted")
	}
	if u.RawQuery != "" {
		u.RawQuery = hidden
	}
	return u.String()
}

// redactArgs hides what is named like a credential, as a flag with its value beside
// or behind it or as a header, and URLs with users: a database's URL is how such
// servers are given their password.
func redactArgs(args []string) []string {
	out := make([]string, len(args))
	secretNext := false
	for i, a := range args {
		at := strings.IndexAny(a, "=:")
		switch {
		case secretNext, strings.Contains(a, "://") && strings.Contains(a, "@"):
			out[i], secretNext = hidden, false
		case at >= 0 && secretName(a[:at]):
			out[i] = a[:at+1] + hidden
		default:
			out[i], secretNext = a, strings.HasPrefix(a, "-") && at < 0 && secretName(a)
		}
	}
	return out
}
