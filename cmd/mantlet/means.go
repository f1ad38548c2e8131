package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/config"
	sigstore "github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// means are how somebody signs: with a key, a passkey on a page, an identity of Sigstore, or
// not here: then what is to be signed is printed. One of them is given.
type means struct {
	name, role string

	key                 string // a private key's file
	passkey             bool
	sigstore, statement string // a bundle of cosign's, and what it is over
	print               string // where the statement goes
}

func (m *means) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&m.key, "key", "", "your private key, mode 0600, as openssl genpkey -algorithm ed25519 writes it")
	f.BoolVar(&m.passkey, "passkey", false, "sign with a passkey, on a page of this machine's browser")
	f.StringVar(&m.print, "print", "", "write what is to be signed into this file, for cosign sign-blob, and sign nothing")
	f.StringVar(&m.sigstore, "sigstore", "", "the bundle that cosign sign-blob --bundle has made of the file of --print")
	f.StringVar(&m.statement, "statement", "", "with --sigstore: the file of --print")
	c.MarkFlagsMutuallyExclusive("key", "passkey", "print", "sigstore")
	c.MarkFlagsOneRequired("key", "passkey", "print", "sigstore")
	c.MarkFlagsRequiredTogether("sigstore", "statement")
}

// signature signs the action with a key, or reads what cosign has signed.
func (m *means) signature(action signer.Digest) (signer.Signature, error) {
	if m.sigstore != "" {
		return m.identity(action)
	}
	text, err := config.Secret(m.key)
	if err != nil {
		return signer.Signature{}, err
	}
	private, err := signer.ParsePrivate([]byte(text))
	if err != nil {
		return signer.Signature{}, fmt.Errorf("%s: %w", m.key, err)
	}
	return signer.Sign(private, action, signer.Signature{Signer: m.name, Role: signer.Role(m.role), At: time.Now()})
}

// identity is the signature of the statement's signer, role and time. Whether it is theirs
// is for whoever has the trusted root.
func (m *means) identity(action signer.Digest) (s signer.Signature, err error) {
	text, err := readBounded(m.statement, signer.MaxProof)
	if err != nil {
		return s, err
	}
	under, s, err := signer.ParseStatement(text)
	switch {
	case err != nil:
		return s, fmt.Errorf("%s: %w", m.statement, err)
	case under != action:
		return s, fmt.Errorf("%s is about something else, or it has changed since; print it anew (--print), and sign that", m.statement)
	case m.role != "" && s.Role != signer.Role(m.role):
		return s, fmt.Errorf("%s is for the role %q; leave --role out, or print it anew", m.statement, s.Role)
	}
	s.Kind = signer.Sigstore
	if s.Proof, err = readBounded(m.sigstore, signer.MaxProof); err != nil {
		return s, err
	}
	if _, err := sigstore.Parse(s.Proof); err != nil {
		return s, fmt.Errorf("%s: %w; it is what cosign sign-blob --bundle writes, cosign 2 with --new-bundle-format", m.sigstore, err)
	}
	return s, nil
}

// write writes what is to be signed of the action.
func (m *means) write(w io.Writer, action signer.Digest, then string) error {
	s := signer.Signature{Signer: m.name, Role: signer.Role(m.role), At: time.Now().UTC().Truncate(time.Second)}
	text, err := s.Statement(action)
	if err != nil {
		return err
	}
	if err := writeNew(m.print, text, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s says that %s signs %s for the role %s. Next:\n  cosign sign-blob --bundle %s.sigstore %s\n  %s --sigstore %s.sigstore --statement %s\n", m.print, m.name, action, m.role, m.print, m.print, then, m.print, m.print)
	return err
}

// readBounded reads a file that has no more than so many bytes.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the file that was asked for
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = errors.New(path + " is too long; name another file")
	}
	return b, err
}
