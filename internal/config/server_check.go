package config

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/childenv"
)

func (c *checker) server(id string, s *Server) {
	at := below("servers", id)
	c.serverID(at, id)
	if s == nil {
		c.add(at, "is empty; give it a command or a url")
		return
	}
	switch {
	case (s.Command == "") == (s.URL == ""):
		if c.sure(at+".command", at+".url") {
			c.add(at, "needs a command or a url, and not both")
		}
	case s.Command != "":
		c.local(at, s)
	default:
		c.remote(at, s)
	}
	c.protocol(at+".protocol", s)
	if s.ResultsSigned && s.ResultKeysFile == "" {
		c.add(at+".resultsSigned", "needs resultKeysFile: the keys that results are signed with")
	}
	for i, b := range s.Bait {
		if b.Name == "" || len(b.Name) > 128 {
			c.add(index(at+".bait", i)+".name", "%q is no name of a tool", b.Name)
		}
	}
	if s.Inspect != nil {
		c.inspect(at+".inspect", s.Inspect)
	}
	if *s.Queue < 0 {
		c.add(at+".queue", "must not be negative")
	}
}

func (c *checker) protocol(at string, s *Server) {
	switch s.Protocol {
	case "auto", "legacy", "modern":
	case "sse":
		if s.Command != "" {
			c.add(at, "sse is for a url; a command has none")
		}
	default:
		c.add(at, "%q is none of auto, legacy, modern and sse", s.Protocol)
	}
}

func (c *checker) serverID(at, id string) {
	switch _, err := mantlet.ParseServerID(id); {
	case err != nil && plain(id):
		c.add(at, "%v", err)
	case err != nil:
		c.add(at, "is no server id; use 1 to 32 of a-z, 0-9, \"-\" and \"_\"")
	}
}

func (c *checker) local(at string, s *Server) {
	if strings.ContainsRune(s.Command, 0) || slices.ContainsFunc(s.Args, func(a string) bool { return strings.ContainsRune(a, 0) }) {
		c.add(at+".command", "holds a NUL, or one of args does; take it out")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		if why, refused := childenv.Refused(name); refused {
			c.add(below(at+".env", name), "%s", why)
		} else if strings.ContainsRune(s.Env[name], 0) {
			c.add(below(at+".env", name), "holds a NUL; take it out")
		}
	}
	if len(s.Headers) > 0 || s.TLS.given() || s.Proxy != "" || s.InsecurePlainHTTP {
		c.add(at, "headers, tls, proxy and insecurePlainHTTP are for a url; a command has none")
	}
}

func (c *checker) remote(at string, s *Server) {
	c.address(at, s)
	c.headers(at+".headers", s.Headers)
	c.tls(at+".tls", s)
	if s.Proxy != "" {
		c.forward(at+".proxy", s.Proxy)
	}
	if len(s.Args) > 0 || len(s.Env) > 0 || s.Cwd != "" || s.Shared {
		c.add(at, "args, env, cwd and shared are for a command; a url has none")
	}
}

// address checks the URL, which is not repeated: it may hold a password.
func (c *checker) address(at string, s *Server) {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.Fragment != "":
		c.add(at+".url", "is not an http or https URL; write it like https://mcp.example/mcp")
	case u.User != nil:
		c.add(at+".url", "holds a user or password; put the credential into headers, as file:PATH")
	case u.Scheme == "http" && !loopback(u.Hostname()+":80") && !loopback("["+u.Hostname()+"]:80") && !s.InsecurePlainHTTP && c.sure(at+".insecurePlainHTTP"):
		c.add(at+".url", "goes to another machine in the clear; use https, or set insecurePlainHTTP")
	}
}

// forward checks a proxy's URL, which is not repeated either.
func (c *checker) forward(at, proxy string) {
	u, err := url.Parse(proxy)
	switch {
	case err != nil || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) || u.Hostname() == "":
		c.add(at, "is not the URL of a proxy; write it like http://proxy.example:3128, https:// or socks5://")
	case u.User != nil:
		c.add(at, "holds a user or password; a credential must not be in the configuration, use a proxy that lets this machine in without one")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		c.add(at, "holds more than scheme, host and port; write it like http://proxy.example:3128")
	}
}
