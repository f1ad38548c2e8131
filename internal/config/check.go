package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// config checks what could be read.
func (c *checker) config(cfg *Config) {
	if cfg.State == "" {
		c.add("state", "there is no home directory; set it, or MANTLET_STATE")
	}
	c.listen(cfg.Listen)
	for _, id := range slices.Sorted(maps.Keys(cfg.Servers)) {
		c.server(id, cfg.Servers[id])
	}
	c.clients(cfg)
	c.limits(cfg.Limits)
	c.trust(cfg)
	c.inspect("inspect", &cfg.Inspect)
	c.tokens(cfg)
	c.audit(cfg.Audit)
	c.telemetry(cfg.Telemetry.Traces)
	c.rest(cfg)
	if cfg.Insecure.AllowAnonymous {
		c.anonymous(cfg)
	}
}

func (c *checker) clients(cfg *Config) {
	seen := make(map[string]bool)
	for i, cl := range cfg.Clients {
		at := index("clients", i)
		c.clientName(at+".name", cl.Name, seen)
		if !slices.Contains([]string{"", "off", "delimit", "mark"}, cl.Spotlight) {
			c.add(at+".spotlight", "%q is none of off, delimit and mark", cl.Spotlight)
		}
		for j, s := range cl.Servers {
			if _, ok := cfg.Servers[s]; !ok && s != "*" && c.sure(below("servers", s)) {
				c.add(index(at+".servers", j), "no server %q is configured; write the id of one, or \"*\"", s)
			}
		}
	}
}

func (c *checker) clientName(at, name string, seen map[string]bool) {
	switch {
	case name == "":
		c.add(at, "is missing; name the program")
	case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		c.add(at, "%q may only hold a-z, 0-9 and \"-\"", name)
	case seen[name]:
		c.add(at, "%q is there twice; give each client its own", name)
	}
	seen[name] = true
}

func (c *checker) limits(l Limits) {
	if l.Depth > 1000 {
		c.add("limits.depth", "must be 1 to 1000")
	}
	if l.List < l.Message && c.sure("limits.list", "limits.message") {
		c.add("limits.list", "must not be smaller than limits.message; raise it, or lower the other")
	}
}

func (c *checker) rest(cfg *Config) {
	c.ops(cfg.Ops.Listen)
	c.seal(cfg.Seal)
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, cfg.Log.Level) {
		c.add("log.level", "%q is none of debug, info, warn and error", cfg.Log.Level)
	}
	if cfg.Log.Format != "text" && cfg.Log.Format != "json" {
		c.add("log.format", "%q is neither text nor json", cfg.Log.Format)
	}
	for i, ns := range cfg.Extensions {
		c.extension(index("extensions", i), ns)
	}
}

func (c *checker) ops(address string) {
	path, unix := strings.CutPrefix(address, "unix:")
	switch {
	case unix && path == "":
		c.add("ops.listen", "names no socket; write unix:PATH")
	case !unix && !loopback(address):
		c.add("ops.listen", "%q can be reached from other machines; use unix:PATH or a loopback address", address)
	}
}

var namespace = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*/)+$`)

// protocolOwn are the first segments of the protocol's own methods: what is carried
// under them is the gateway's to know, not an extension's.
var protocolOwn = []string{
	"tools", "resources", "prompts", "completion", "logging", "notifications", "sampling", "elicitation",
	"roots", "tasks", "server", "subscriptions", "ping", "initialize", "rpc",
}

func (c *checker) extension(at, ns string) {
	first, _, _ := strings.Cut(strings.ToLower(ns), "/")
	switch {
	case !namespace.MatchString(ns):
		c.add(at, "%q is not a namespace; write it like vendor/", ns)
	case slices.Contains(protocolOwn, first) || strings.HasPrefix(first, "rpc."):
		c.add(at, "%q is the protocol's own; name the vendor's namespace", ns)
	}
}

func (c *checker) anonymous(cfg *Config) {
	if !loopback(cfg.Listen.Address) && c.sure("listen.address") {
		c.add("insecure.allowAnonymous", "needs a loopback listen.address; %s is not one", cfg.Listen.Address)
	}
	for _, id := range slices.Sorted(maps.Keys(cfg.Servers)) {
		if s := cfg.Servers[id]; s != nil && s.HasCredential() {
			c.add("insecure.allowAnonymous", "lets anybody on this machine use the credential of server %s; remove one of the two", below("", id))
		}
	}
}

func (c *checker) seal(s Seal) {
	commanded := len(s.RingCommand) > 0
	switch {
	case commanded && s.given:
		c.add("seal.ringCommand", "stands beside ringFile; keep the one that holds the keys")
	case commanded && s.RingCommand[0] == "":
		c.add("seal.ringCommand", "begins with an empty word; name a program")
	case s.Replicas > 1 && !s.given && !commanded && c.sure("seal.ringFile", "seal.ringCommand"):
		c.add("seal.ringFile", "is missing; %d replicas need one ring that all of them read", s.Replicas)
	}
}
