package config

import (
	"path/filepath"
	"time"
)

// Audit is the record of every exchange.
type Audit struct {
	// Dir holds the record's files. Default: audit below state.
	Dir string `yaml:"dir"`
	// Durability is what a call waits for: "process" (the kernel has the record; the
	// death of Mantlet loses nothing) or "disk" (it is on stable storage). Default: process.
	Durability string `yaml:"durability"`
	// RotateSize begins a new file. Default: 64MiB.
	RotateSize Size `yaml:"rotateSize"`
	// RotateAge begins a new file. Default: 24h.
	RotateAge Duration `yaml:"rotateAge"`
	// DigestKeyFile holds the key of the digests of arguments and results, mode 0600.
	// Default: audit.key below state, made when it is not there.
	DigestKeyFile string `yaml:"digestKeyFile"`
	// Bodies keeps the messages themselves, encrypted. Default: off.
	Bodies AuditBodies `yaml:"bodies"`
}

// AuditBodies keeps messages. It is a store of other people's data: off by default.
type AuditBodies struct {
	// Keep switches it on. It needs a key file and a retention.
	Keep bool `yaml:"keep"`
	// KeyFile holds 32 bytes in base64, mode 0600.
	KeyFile string `yaml:"keyFile"`
	// Retention is how long a body is kept. Default: 168h.
	Retention Duration `yaml:"retention"`
}

func (a *Audit) fill(c *Config) {
	or(&a.Dir, filepath.Join(c.State, "audit"))
	a.Dir = c.abs(a.Dir)
	or(&a.Durability, "process")
	or(&a.RotateSize, 64<<20)
	or(&a.RotateAge, Duration(24*time.Hour))
	or(&a.DigestKeyFile, filepath.Join(c.State, "audit.key"))
	a.DigestKeyFile = c.abs(a.DigestKeyFile)
	a.Bodies.KeyFile = c.abs(a.Bodies.KeyFile)
	or(&a.Bodies.Retention, Duration(168*time.Hour))
}

func (c *checker) audit(a Audit) {
	if a.Durability != "process" && a.Durability != "disk" {
		c.add("audit.durability", "%q is neither process nor disk", a.Durability)
	}
	if a.Bodies.Keep && a.Bodies.KeyFile == "" && c.sure("audit.bodies.keyFile") {
		c.add("audit.bodies.keyFile", "is missing; bodies are kept encrypted or not at all")
	}
}
