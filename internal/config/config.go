package config

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
	// Trust is the catalogue of what servers offer, and of what is approved.
	Trust Trust `yaml:"trust"`
	// Inspect is what the content of messages is looked at for.
	Inspect Inspect `yaml:"inspect"`
	// HaltFor is how long who touches a canary or bait is let do nothing; it ends with the
	// process. Default: 0, not at all.
	HaltFor Duration `yaml:"haltFor,omitempty"`
	// Audit is the record of every exchange.
	Audit Audit `yaml:"audit"`
	// Telemetry is what leaves for operators' own systems. Default: nothing.
	Telemetry Telemetry `yaml:"telemetry"`
	// Seal is the key ring of the handles that clients carry.
	Seal Seal `yaml:"seal"`
	// Ops is the listener for health, metrics and profiles.
	Ops Ops `yaml:"ops"`
	// Extensions are the method namespaces carried beyond the protocol's own, such
	// as "vendor/". Those of the protocol itself are refused. Default: none.
	Extensions []string `yaml:"extensions"`
	// Log is what Mantlet itself says, on stderr.
	Log Log `yaml:"log"`
	// Insecure switches layers off, by name. Everything here is false by default and
	// is printed in capitals wherever it is true.
	Insecure Insecure `yaml:"insecure"`

	dir   string         // that relative paths start from
	lines map[string]int // where each path stands in the file

	held   map[string][]byte // of the bundle it came in, by path; nil: files are on disk
	origin Origin
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
	// Spotlight marks what tools, prompts and resources say, so that its model can tell it
	// from what its user says: off, delimit (a line before and after, with a word that the
	// text cannot know) or mark (spaces are written as another character, too). Default: off.
	Spotlight string `yaml:"spotlight"`
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
	// RingCommand prints the ring instead, for a KMS: a program and its arguments, such
	// as one that decrypts a file under a key that never leaves the KMS. It is run at
	// start and at each reload, with Mantlet's own environment, for at most 20 s.
	RingCommand []string `yaml:"ringCommand"`
	// Replicas is how many Mantlets share the callers. More than 1 needs a RingFile or a
	// RingCommand that all of them read, and that none of them makes. Default: 1.
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
	// VulnerableAllowed stops no server for a known vulnerability, however bad it is; see
	// trust.vulnerable.
	VulnerableAllowed bool `yaml:"vulnerableAllowed"`
	// InspectNothing runs without inspection of content.
	InspectNothing bool `yaml:"inspectNothing"`
	// QuotaUnlimited runs without quotas.
	QuotaUnlimited bool `yaml:"quotaUnlimited"`
	// UnsignedConfig lets serve run by a plain file where trust.firstUse is approve: whoever
	// can write it decides alone. Without it such a configuration comes in a signed bundle.
	UnsignedConfig bool `yaml:"unsignedConfig"`
}
