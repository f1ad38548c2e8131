package config

import "reflect"

// fixed are the settings that hold a port, a lock or a key: they take effect at a start.
var fixed = []struct {
	name string
	of   func(*Config) any
}{
	{"state", func(c *Config) any { return c.State }},
	{"listen.address", func(c *Config) any { return c.Listen.Address }},
	{"listen.socket", func(c *Config) any { return c.Listen.Socket }},
	{"whether there is listen.tls", func(c *Config) any { return c.Listen.TLS.CertFile == "" }},
	{"log.format", func(c *Config) any { return c.Log.Format }},
	{"ops", func(c *Config) any { return c.Ops }},
	{"audit", func(c *Config) any { return c.Audit }},
	{"telemetry", func(c *Config) any { return c.Telemetry }},
	{"seal.replicas", func(c *Config) any { return c.Seal.Replicas }},
	{"whether anything is pinned", func(c *Config) any { return c.Trust.Pins() }},
	{"trust.resolve", func(c *Config) any { return c.Trust.Resolve }},
	{"trust.file", func(c *Config) any { return c.Trust.File }},
	{"trust.postgresFile", func(c *Config) any { return c.Trust.PostgresFile }},
	{"trust.keyFile", func(c *Config) any { return c.Trust.KeyFile }},
	{"trust.checkpointFile", func(c *Config) any { return c.Trust.CheckpointFile }},
	{"trust.codeFile", func(c *Config) any { return c.Trust.CodeFile }},
	{"trust.pageAddress", func(c *Config) any { return c.Trust.PageAddress }},
	{"trust.passkeyFile", func(c *Config) any { return c.Trust.PasskeyFile }},
	{"trust.adopt", func(c *Config) any { return c.Trust.Adopt }},
	{"trust.witnesses", func(c *Config) any { return c.Trust.Witnesses }},
}

// AtStart names the settings that take effect at a start alone, and not at a reload.
func AtStart() []string {
	out := make([]string, len(fixed))
	for i := range fixed {
		out[i] = fixed[i].name
	}
	return out
}

// Moved names those of AtStart in which fresh differs from cfg. A reload is refused for
// them: part of a configuration is none that anybody has written, or signed.
func (cfg *Config) Moved(fresh *Config) (out []string) {
	for i := range fixed {
		if !reflect.DeepEqual(fixed[i].of(cfg), fixed[i].of(fresh)) {
			out = append(out, fixed[i].name)
		}
	}
	return out
}
