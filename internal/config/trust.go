package config

import (
	"path/filepath"
	"time"
)

// Trust is the catalogue of what servers say of themselves, and of what is approved.
type Trust struct {
	// FirstUse is what happens to a definition that was never seen: "ask" (it waits for a
	// person) or "scan" (what the scan finds clean, and what can only read, is approved if
	// it is in a server's first lists; the rest asks). Default: nothing is pinned, which
	// serve refuses unless insecure.trustUnpinned says so.
	FirstUse string `yaml:"firstUse"`
	// Recheck is how old a server's list may be when a tool or prompt of it is used: then it
	// is looked at again first. Default: 5m.
	Recheck Duration `yaml:"recheck"`
	// Observe is how often the lists of a server with a URL are looked at though nobody asks.
	// What a local server starts is looked at before each start. Default: 1h.
	Observe Duration `yaml:"observe"`
	// Valid is how long an approval holds: then somebody looks again. Default: 8760h, a year.
	Valid Duration `yaml:"valid"`
	// File is the catalogue's database. Default: trust.db below state.
	File string `yaml:"file"`
	// PostgresFile holds the URL of a PostgreSQL that replicas share in place of File,
	// postgres://user:password@host:port/database, mode 0600.
	PostgresFile string `yaml:"postgresFile"`
	// KeyFile holds the key that signs the catalogue's checkpoints, mode 0600. Default:
	// trust.key below state, made when it is not there.
	KeyFile string `yaml:"keyFile"`
	// CheckpointFile keeps the last checkpoint outside of the database, so that an older
	// copy of it is noticed. Default: trust.checkpoint below state.
	CheckpointFile string `yaml:"checkpointFile"`
	// CodeFile holds the secret of the codes that an approval asks for, in base32, mode
	// 0600; enrol it in an authenticator on another device. Default: approver.totp below
	// state, made when it is not there.
	CodeFile string `yaml:"codeFile"`
	// Adopt takes the catalogue that a shared database holds at the first start of a
	// replica, which has kept no checkpoint yet. Default: false.
	Adopt bool `yaml:"adopt"`
}

// Pins reports whether definitions are pinned.
func (t *Trust) Pins() bool { return t.FirstUse != "" }

func (t *Trust) fill(c *Config) {
	or(&t.Recheck, Duration(5*time.Minute))
	or(&t.Observe, Duration(time.Hour))
	or(&t.Valid, Duration(8760*time.Hour))
	or(&t.File, filepath.Join(c.State, "trust.db"))
	or(&t.KeyFile, filepath.Join(c.State, "trust.key"))
	or(&t.CheckpointFile, filepath.Join(c.State, "trust.checkpoint"))
	or(&t.CodeFile, filepath.Join(c.State, "approver.totp"))
	t.CodeFile = c.abs(t.CodeFile)
	t.File, t.KeyFile, t.CheckpointFile = c.abs(t.File), c.abs(t.KeyFile), c.abs(t.CheckpointFile)
	t.PostgresFile = c.abs(t.PostgresFile)
}

func (c *checker) trust(cfg *Config) {
	t := cfg.Trust
	switch t.FirstUse {
	case "", "ask", "scan", "release":
	default:
		c.add("trust.firstUse", "%q is neither ask nor scan", t.FirstUse)
	}
	if t.Pins() && cfg.Insecure.TrustUnpinned {
		c.add("insecure.trustUnpinned", "says that nothing is pinned, and trust.firstUse that it is; leave one out")
	}
	if t.Adopt && t.PostgresFile == "" && c.sure("trust.postgresFile") {
		c.add("trust.adopt", "is for a database that others have written, and trust.postgresFile names none")
	}
}
