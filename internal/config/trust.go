package config

import (
	"os"
	"path/filepath"
	"time"
)

// Trust is the catalogue of what servers say of themselves, and of what is approved.
type Trust struct {
	// FirstUse is what happens to a definition that was never seen: "ask" (it waits for a
	// person), "scan" (what the scan finds clean, and what can only read, is approved if
	// it is in a server's first lists; the rest asks) or "approve" (it waits for a release
	// that people of several roles have signed). Default: scan for up, approve for
	// serve. insecure.trustUnpinned pins nothing.
	FirstUse string `yaml:"firstUse"`
	// Recheck is how old a server's list may be when a tool or prompt of it is used: then it
	// is looked at again first. Default: 5m.
	Recheck Duration `yaml:"recheck"`
	// Observe is how often the lists of a server with a URL are looked at though nobody asks.
	// What a local server starts is looked at before each start. Default: 1h.
	Observe Duration `yaml:"observe"`
	// Resolve asks the registry that a launch like "npx x" would ask which version is newest,
	// starts exactly that one, and pins it: a newer one waits until somebody has looked.
	// false leaves such launches as they are, and they ask. Default: true.
	Resolve *bool `yaml:"resolve"`
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
	// SignersFile holds who may sign releases, in JSON (docs/tasks/release-a-server.md). Without
	// it nothing is released where firstUse is approve.
	SignersFile string `yaml:"signersFile"`
	// Probation is how long what was approved is on probation: every change of it is held,
	// even one that is cosmetic. Default: 336h where firstUse is approve, else none.
	Probation Duration `yaml:"probation,omitempty"`
	// Advisories is OSV data that SBOMs and launches are judged by: a directory, a zip or a
	// file. It is read again when it changes. Default: none; then nobody knows.
	Advisories string `yaml:"advisories"`
	// Vulnerable is what the advisories do to a server.
	Vulnerable Vulnerable `yaml:"vulnerable"`
	// MinimumTrust is the least trust score, 0 to 100, of a tool that may be shown and called
	// (docs/design/trust-score.md; mantlet tools show --score). Default: 0, any.
	MinimumTrust *int `yaml:"minimumTrust"`
	// Release is what a release of each tier takes, by low, medium, high and critical, in place
	// of the usual (docs/design/release.md). No tier may take less than the one below it.
	Release map[string]ReleaseRule `yaml:"release"`
	// Provenance says whose builds count as evidence.
	Provenance Provenance `yaml:"provenance"`
	// PageAddress is where a person approves with a passkey, in a browser of this machine:
	// 127.0.0.1 and a port of its own, at which the page is http://localhost:PORT. Default:
	// none; then an approval takes a code.
	PageAddress string `yaml:"pageAddress"`
	// PasskeyFile holds the passkeys that are enrolled, and the counters of signers', mode
	// 0600. Default: approver.passkeys below state.
	PasskeyFile string `yaml:"passkeyFile"`
	// Adopt takes the catalogue that a shared database holds at the first start of a
	// replica, which has kept no checkpoint yet. Default: false.
	Adopt bool `yaml:"adopt"`

	signers []byte // of a signed bundle; they take the place of SignersFile
	// RegistryName is the reverse-DNS name under which servers are listed to clients, at
	// /v0.1/servers: server files is io.mantlet.local/files. Default: io.mantlet.local.
	RegistryName string `yaml:"registryName"`
	// RegistryURL is where clients reach this Mantlet, as the list tells them: its scheme,
	// host and port. Default: made of listen.address.
	RegistryURL string `yaml:"registryURL"`
	// Witnesses are others who sign the catalogue's checkpoints. Default: none.
	Witnesses *Witnesses `yaml:"witnesses"`
}

// HoldSigners puts the signers of the bundle that the configuration came in, in JSON, in
// place of a file.
func (t *Trust) HoldSigners(set []byte) { t.signers = set }

// Signers are those of the bundle, or of the file; nil where there are neither.
func (t *Trust) Signers() ([]byte, error) {
	if t.signers != nil || t.SignersFile == "" {
		return t.signers, nil
	}
	return os.ReadFile(t.SignersFile)
}

// A ReleaseRule is what the release of one tier takes.
type ReleaseRule struct {
	// Evidence are scan, sast, dast, sbom, provenance, dynamic.
	Evidence []string `yaml:"evidence"`
	// Roles are security, data-governance, privacy, legal, business: each signs once.
	Roles []string `yaml:"roles"`
	// People is how many different ones sign; two at least, whatever stands here.
	People int `yaml:"people"`
	// Holds is how long a release holds. Default: the usual of the tier.
	Holds Duration `yaml:"holds,omitempty"`
	// Fresh is how old evidence may be. Default: the usual of the tier.
	Fresh Duration `yaml:"fresh,omitempty"`
}

// Provenance says whose builds count. Empty lists allow nobody.
type Provenance struct {
	// TrustedRootFile is Sigstore's trusted root, in JSON, which nothing is asked for.
	TrustedRootFile string `yaml:"trustedRootFile"`
	// NPMKeysFile holds npm's public keys; with them the registry's signature is asked for, too.
	NPMKeysFile string `yaml:"npmKeysFile"`
	// NPMRegistry is where npm packages are looked up. Default: npm's own.
	NPMRegistry string `yaml:"npmRegistry"`
	// PyPIIndex is where the files of Python packages are looked up (PEP 691). Default: PyPI's own.
	PyPIIndex string `yaml:"pypiIndex"`
	// PyPIIntegrity is where their attestations are asked for (PEP 740). Default: PyPI's own, or
	// /integrity/ at the host of pypiIndex.
	PyPIIntegrity string `yaml:"pypiIntegrity"`
	// PyPIDir holds attestations that somebody has fetched, each as FILE.provenance; then none are
	// asked for.
	PyPIDir string `yaml:"pypiDir"`
	// Builders are those that count: whole, or up to "@" for any version of a workflow.
	Builders []string `yaml:"builders"`
	// Sources are the repositories that count.
	Sources []string `yaml:"sources"`
	// Issuers vouch for the builders' identities.
	Issuers []string `yaml:"issuers"`
}

// Pins reports whether definitions are pinned.
func (t *Trust) Pins() bool { return t.FirstUse != "" }

func (t *Trust) fill(c *Config) {
	or(&t.Recheck, Duration(5*time.Minute))
	or(&t.Observe, Duration(time.Hour))
	orElse(&t.Resolve, true)
	or(&t.Valid, Duration(8760*time.Hour))
	or(&t.File, filepath.Join(c.State, "trust.db"))
	or(&t.KeyFile, filepath.Join(c.State, "trust.key"))
	or(&t.CheckpointFile, filepath.Join(c.State, "trust.checkpoint"))
	or(&t.CodeFile, filepath.Join(c.State, "approver.totp"))
	if t.FirstUse == "approve" {
		or(&t.Probation, Duration(14*24*time.Hour))
	}
	or(&t.PasskeyFile, filepath.Join(c.State, "approver.passkeys"))
	t.PasskeyFile = c.abs(t.PasskeyFile)
	t.Provenance.TrustedRootFile, t.Provenance.NPMKeysFile = c.abs(t.Provenance.TrustedRootFile), c.abs(t.Provenance.NPMKeysFile)
	t.Provenance.PyPIDir = c.abs(t.Provenance.PyPIDir)
	t.CodeFile, t.SignersFile, t.Advisories = c.abs(t.CodeFile), c.abs(t.SignersFile), c.abs(t.Advisories)
	t.File, t.KeyFile, t.CheckpointFile = c.abs(t.File), c.abs(t.KeyFile), c.abs(t.CheckpointFile)
	t.PostgresFile = c.abs(t.PostgresFile)
	or(&t.RegistryName, "io.mantlet.local")
	t.Witnesses.fill()
	t.Vulnerable.fill()
	orElse(&t.MinimumTrust, 0)
}

func (c *checker) trust(cfg *Config) {
	t := cfg.Trust
	switch t.FirstUse {
	case "", "ask", "scan", "approve":
	default:
		c.add("trust.firstUse", "%q is none of ask, scan and approve", t.FirstUse)
	}
	if t.Pins() && cfg.Insecure.TrustUnpinned {
		c.add("insecure.trustUnpinned", "says that nothing is pinned, and trust.firstUse that it is; leave one out")
	}
	c.registry(&t)
	c.witnesses(&t)
	c.vulnerable(&t)
	if n := *t.MinimumTrust; n < 0 || n > 100 {
		c.add("trust.minimumTrust", "is %d; a trust score is 0 to 100", n)
	}
	if t.PageAddress != "" && !loopback(t.PageAddress) {
		c.add("trust.pageAddress", "%q is no loopback address with a port, such as 127.0.0.1:8017: a passkey is used on this machine", t.PageAddress)
	}
	if t.Adopt && t.PostgresFile == "" && c.sure("trust.postgresFile") {
		c.add("trust.adopt", "is for a database that others have written, and trust.postgresFile names none")
	}
}
