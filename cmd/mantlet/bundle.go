package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// usualLife is how long a bundle is good for where nobody says: 90 days.
const usualLife = 90 * 24 * time.Hour

func bundleCommand(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "bundle",
		Short: "Make, sign and show the signed configuration that serve runs by",
		Long: "A bundle is one file: a configuration, a version that rises, an end, and the people who sign\n" +
			"the next one. mantlet serve --bundle runs by it once as many of them have signed as it takes.",
		Example: "  mantlet bundle key -o ann.pem\n  mantlet bundle make --config mantlet.yaml --signers signers.yaml -o mantlet.bundle\n" +
			"  mantlet bundle show mantlet.bundle\n  mantlet bundle sign mantlet.bundle --as ann --key ann.pem\n  mantlet serve --bundle mantlet.bundle --root sha256:...",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(bundleKeyCommand(), bundleMakeCommand(), bundleSignCommand(), bundleShowCommand(o))
	return c
}

func bundleKeyCommand() *cobra.Command {
	var out, page, name string
	c := &cobra.Command{
		Use:   "key (-o FILE | --passkey ADDRESS)",
		Short: "Make a key to sign with, and print its line for the signers file",
		Long: "Key writes an Ed25519 private key, mode 0600, as openssl genpkey -algorithm ed25519 would, and prints\n" +
			"the line of the signers file. The private half stays with its owner. With --passkey it serves a page\n" +
			"on which this machine's browser makes a passkey, and prints that one's line: it signs at that\n" +
			"address alone, so take the one of trust.pageAddress. Others take the line from its owner, and not\n" +
			"from a file that somebody could have changed.",
		Example: "  mantlet bundle key -o ann.pem\n  mantlet bundle key --passkey 127.0.0.1:8017",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if page != "" {
				return newPasskey(c, page, name)
			}
			return newKey(c.OutOrStdout(), out)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "the file to write; it must not be there yet")
	c.Flags().StringVar(&page, "passkey", "", "make a passkey on a page at this loopback address, such as 127.0.0.1:8017")
	c.Flags().StringVar(&name, "as", app.User(), "the name that a browser shows with the passkey")
	c.MarkFlagsMutuallyExclusive("out", "passkey")
	c.MarkFlagsOneRequired("out", "passkey")
	return c
}

// newKey writes a private key, and prints its public half.
func newKey(w io.Writer, out string) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	if err := writeNew(out, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "{kind: ed25519, public: %q}\n", base64.StdEncoding.EncodeToString(public))
	return err
}

func outFlag(c *cobra.Command, out *string) {
	c.Flags().StringVarP(out, "out", "o", "", "the file to write; it must not be there yet")
	_ = c.MarkFlagRequired("out") // it is one of c's
}

// writeNew writes a file that is not there yet: another one may be a key, or signed.
func writeNew(path string, b []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already; name another file, or move it away", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// making is what a bundle is made of, as it was written on the command line.
type making struct {
	config, signers, previous, expires, out string

	version   int64
	elsewhere bool
}

func bundleMakeCommand() *cobra.Command {
	var m making
	c := &cobra.Command{
		Use:   "make --config FILE --signers FILE -o FILE",
		Short: "Make a bundle, which nobody has signed yet",
		Long: "Make checks a configuration as mantlet check and mantlet serve do, and puts it into a bundle with\n" +
			"the set of signers (YAML or JSON) and the files that it names: authorities, Sigstore's root, npm's keys,\n" +
			"which lie below its directory. serve reads them from the bundle, and not from disk. Relative paths\n" +
			"start from where the bundle lies when it is served. Secrets, the listener's certificate and advisories\n" +
			"stay outside, and show lists them: a bundle is not encrypted.",
		Example: "  mantlet bundle make --config mantlet.yaml --signers signers.yaml -o mantlet.bundle\n" +
			"  mantlet bundle make --config mantlet.yaml --signers signers.yaml --version 2 --previous mantlet.bundle -o next.bundle",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			b, last, err := m.bundle(time.Now())
			if err != nil {
				return &exitError{exitConfig, err}
			}
			file, err := b.Encode()
			if err != nil {
				return err
			}
			if err := writeNew(m.out, file, 0o644); err != nil {
				return err
			}
			return outline(c.OutOrStdout(), shown{path: m.out, bundle: &b, last: last})
		},
	}
	f := c.Flags()
	f.StringVar(&m.config, "config", "", "the configuration")
	f.StringVar(&m.signers, "signers", "", "who signs this bundle, where it is the first, and the next one: YAML or JSON")
	f.Int64Var(&m.version, "version", 0, "the version, above the last one's (default: 1, or the one after --previous)")
	f.StringVar(&m.previous, "previous", "", "the bundle before this one, for every version above 1")
	f.StringVar(&m.expires, "expires", "", "the day on which it ends, like 2027-02-28, in UTC (default: 90 days from now)")
	f.BoolVar(&m.elsewhere, "elsewhere", false, "the secrets and commands that it names are on another machine: do not look for them here")
	outFlag(c, &m.out)
	_, _ = c.MarkFlagRequired("config"), c.MarkFlagRequired("signers") // they are c's
	return c
}

// bundle makes it; last is the one before, nil for the first.
func (m *making) bundle(now time.Time) (b bundle.Bundle, last *bundle.Bundle, err error) {
	p := bundle.Payload{Type: signer.Bundle, Version: m.version, Issued: now.UTC().Truncate(time.Second)}
	if p.Config, p.Files, err = m.checked(); err != nil {
		return b, nil, err
	}
	if p.Signers, err = readSigners(m.signers); err != nil {
		return b, nil, err
	}
	if p.Expires = p.Issued.Add(usualLife); m.expires != "" {
		if p.Expires, err = time.Parse(time.DateOnly, m.expires); err != nil {
			return b, nil, fmt.Errorf("--expires %q is no day; write it like 2027-02-28", m.expires)
		}
	}
	if last, err = parsePrevious(m.previous); err != nil {
		return b, nil, err
	}
	if err := m.follow(&p, last); err != nil {
		return b, nil, err
	}
	b, err = bundle.New(p)
	return b, last, err
}

// follow gives p its version and what it follows.
func (m *making) follow(p *bundle.Payload, last *bundle.Bundle) error {
	if last == nil {
		if p.Version == 0 {
			p.Version = 1
		}
		if p.Version > 1 {
			return fmt.Errorf("version %d follows another bundle; name that with --previous", p.Version)
		}
		return nil
	}
	if p.Version == 0 {
		p.Version = last.Payload.Version + 1
	}
	if p.Version <= last.Payload.Version {
		return fmt.Errorf("--version %d is not above the one before, which is %d; write %d", p.Version, last.Payload.Version, last.Payload.Version+1)
	}
	p.Previous = last.Digest
	return nil
}

// checked is the configuration's text and the files that go with it, if mantlet check and
// mantlet serve take them.
func (m *making) checked() (text []byte, files map[string][]byte, err error) {
	if text, err = os.ReadFile(m.config); err != nil { // once: what is looked at is what is signed
		return nil, nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(m.config))
	if err != nil {
		return nil, nil, err
	}
	cfg, err := config.Parse(dir, text)
	if err != nil {
		return nil, nil, fmt.Errorf("the configuration: %w", err)
	}
	if p := append(cfg.ServeProblems(), cfg.SignedProblems()...); len(p) > 0 {
		return nil, nil, fmt.Errorf("serve would refuse the configuration: %w", p)
	}
	if files, err = filesOf(dir, cfg); err != nil {
		return nil, nil, err
	}
	if p := cfg.CheckFiles(); len(p) > 0 && !m.elsewhere {
		return nil, nil, fmt.Errorf("the configuration names what is not here; make the bundle where it is, or say --elsewhere: %w", p)
	}
	return text, files, nil
}

// readSigners reads a set of signers: JSON, or YAML that says the same.
func readSigners(path string) (set signer.Set, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return set, err
	}
	const most = 4 << 20
	if text := strings.TrimSpace(string(b)); !strings.HasPrefix(text, "{") && len(b) <= most {
		if b, err = yaml.YAMLToJSON(b); err != nil {
			return set, fmt.Errorf("the signers in %s are neither JSON nor YAML; write them as in docs/tasks/release-a-server.md", path)
		}
	}
	if err := signer.Decode(b, most, &set); err != nil {
		return set, fmt.Errorf("the signers in %s: %w", path, err)
	}
	if err := set.Check(); err != nil {
		return set, fmt.Errorf("the signers in %s: %w", path, err)
	}
	return set, nil
}

// parseBundle reads a bundle without believing it.
func parseBundle(path string) (bundle.Bundle, error) {
	file, err := readBundle(path)
	if err != nil {
		return bundle.Bundle{}, err
	}
	b, err := bundle.Parse(file)
	if err != nil {
		return b, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// parsePair reads a bundle and the one before it, without believing them; last is nil where
// none was named.
func parsePair(path, previous string) (b bundle.Bundle, last *bundle.Bundle, err error) {
	if b, err = parseBundle(path); err != nil {
		return b, nil, err
	}
	last, err = parsePrevious(previous)
	return b, last, err
}

// parsePrevious is the bundle before, nil where none was named.
func parsePrevious(path string) (*bundle.Bundle, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // the first follows none
	}
	b, err := parseBundle(path)
	if err != nil {
		return nil, err
	}
	return &b, nil
}
