package config

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/mantlet-mcp/mantlet"
)

// MaxFile is the longest configuration that is read, in bytes.
const MaxFile = 1 << 20

// A Config is the whole of what an operator can say. Every section and every key
// may be left out; what is absent is safe.
type Config struct {
	// Where callers reach Mantlet over HTTP and over a unix socket.
	Listen Listen `yaml:"listen"`
	// Where Mantlet keeps what it must remember.
	State State `yaml:"state"`
	// The MCP servers behind Mantlet, by id. An id is 1 to 32 of a-z, 0-9, "-" and
	// "_", begins and ends with a letter or digit and has no "__"; the server is
	// reached at /mcp/ID. Default {}: nothing is served.
	Servers map[mantlet.ServerID]Server `yaml:"servers"`
	// How much is read and held; beyond a limit the message is refused.
	Limits Limits `yaml:"limits"`
	// The record of every exchange.
	Audit Audit `yaml:"audit"`
	// The keys of the handles that clients carry.
	Seal Seal `yaml:"seal"`
	// The operators' own listener: health, readiness, metrics.
	Ops Ops `yaml:"ops"`
	// Where traces go.
	Telemetry Telemetry `yaml:"telemetry"`
	// The local clients that have tokens. Default []: only the unix socket's peers
	// are known.
	Clients []Client `yaml:"clients"`
	// What is carried beyond the protocol's own methods.
	Extensions Extensions `yaml:"extensions"`
	// All servers together at /mcp.
	Joined Joined `yaml:"joined"`
	// Mantlet's own log, on standard error. It is not the audit record.
	Log Log `yaml:"log"`
	// What is switched off. Each key is loud on purpose and printed at every start.
	Insecure Insecure `yaml:"insecure"`

	file  string         // where it was read from; "" if it was not
	lines map[string]int // the line of each path that was written out
}

// Default is what `mantlet up` uses with no file: loopback, no servers, everything
// below state. An empty state is MANTLET_STATE, else $XDG_STATE_HOME/mantlet, else
// ~/.local/state/mantlet. It holds no problems unless none of these can be told.
func Default(state string) *Config {
	c := bare()
	c.State.Directory = state
	c.resolve("")
	return c
}

// bare has the defaults that do not depend on a directory.
func bare() *Config {
	return &Config{
		Listen:    Listen{Address: "127.0.0.1:7332"},
		Servers:   map[mantlet.ServerID]Server{},
		Limits:    defaultLimits(),
		Audit:     defaultAudit(),
		Seal:      Seal{Replicas: 1},
		Telemetry: Telemetry{ServiceName: "mantlet"},
		Joined:    Joined{Enabled: true},
		Log:       Log{Level: "info", Format: "text"},
		lines:     map[string]int{},
	}
}

// Load reads the file at path, at most MaxFile bytes. The error is Problems.
// Relative paths in it are relative to its directory.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	b, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, unreadable(path, err)
	}
	return Parse(path, b)
}

func unreadable(path string, err error) Problems {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		err = e.Err
	}
	return Problems{{Text: "cannot read " + mantlet.Escape(path) + ": " + err.Error() + "; name a readable file with -f"}}
}

// Parse reads b as Load reads the file called name, without looking whether name
// exists. The error is Problems and lists all of them. A relative name is taken
// from the working directory.
func Parse(name string, b []byte) (*Config, error) {
	c := bare()
	c.file = name
	r := &report{lines: c.lines}
	if root := parse(r, b); root != nil {
		decode(r, root, c)
	}
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil {
		r.add("", "the working directory cannot be told (%v); name the file by its full path", err)
	}
	broken := len(r.problems)
	c.explicit(r)
	c.resolve(dir)
	c.check(&report{lines: c.lines, problems: r.problems, broken: broken}, r)
	if ps := r.sorted(); len(ps) > 0 {
		return nil, ps
	}
	return c, nil
}

var _ = bytes.MinRead
