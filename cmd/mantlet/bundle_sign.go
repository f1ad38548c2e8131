package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/trust/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

func bundleSignCommand() *cobra.Command {
	var m means
	var previous, root string
	c := &cobra.Command{
		Use:   "sign FILE --as NAME (--key FILE | --passkey | --print FILE | --sigstore FILE --statement FILE)",
		Short: "Sign a bundle; show it first",
		Long: "Sign adds a signature over all that is in the bundle: by an Ed25519 key in PEM, by a passkey on a\n" +
			"page that this command serves and that shows the bundle, or by an identity of Sigstore: --print\n" +
			"writes what cosign sign-blob signs, --sigstore takes what it has made, and --trusted-root says whom\n" +
			"to believe. Where the set of signers changes, those of the bundle before sign, too: name it with\n--previous.",
		Example: "  mantlet bundle sign mantlet.bundle --as ann --key ann.pem\n  mantlet bundle sign mantlet.bundle --as bob --passkey\n" +
			"  mantlet bundle sign mantlet.bundle --as eve --print eve.json\n  cosign sign-blob --bundle eve.sigstore eve.json\n" +
			"  mantlet bundle sign mantlet.bundle --sigstore eve.sigstore --statement eve.json --trusted-root trusted_root.json",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if m.name == "" && m.sigstore == "" {
				return &exitError{exitUsage, errors.New("your name is missing; give it with --as")}
			}
			b, last, err := parsePair(args[0], previous)
			if err != nil {
				return err
			}
			identities, err := app.SigstoreFile(root)
			if err != nil {
				return err
			}
			w := signing{cmd: c, bundle: &b, identities: identities, means: m, file: args[0]}
			if err := w.sign(last); err != nil || m.print != "" {
				return err
			}
			if err := replace(args[0], &b); err != nil {
				return err
			}
			return outline(c.OutOrStdout(), shown{path: args[0], bundle: &b, last: last, identities: identities})
		},
	}
	f := c.Flags()
	f.StringVar(&m.name, "as", "", "your name in the set of signers")
	f.StringVar(&m.role, "role", "", "for which of your roles (default: the first)")
	f.StringVar(&previous, "previous", "", "the bundle before this one, where you sign as one of its signers")
	rootFlag(c, &root)
	m.add(c)
	return c
}

func rootFlag(c *cobra.Command, root *string) {
	c.Flags().StringVar(root, "trusted-root", "", "Sigstore's trusted_root.json, which says whose signatures are believed (default: none, and then no identity's counts)")
}

// A signing is one signature under a bundle.
type signing struct {
	means

	cmd        *cobra.Command
	bundle     *bundle.Bundle
	identities signer.VerifyBundle
	file       string
}

// sign adds a signature that counts, or none.
func (w *signing) sign(last *bundle.Bundle) error {
	sets := []signer.Set{w.bundle.Payload.Signers}
	if last != nil {
		sets = append(sets, last.Payload.Signers)
	}
	var why error
	for i := range sets {
		if why = w.in(&sets[i]); why == nil {
			return nil
		}
	}
	if last == nil && w.bundle.Payload.Version > 1 {
		return fmt.Errorf("%w; if you sign as one of the signers before, name their bundle with --previous", why)
	}
	return why
}

// in signs as somebody of set, if that counts.
func (w *signing) in(set *signer.Set) error {
	d, err := w.bundle.Action()
	if err != nil {
		return err
	}
	made := w.means
	if made.sigstore == "" {
		p := set.Find(w.name)
		if p == nil {
			return w.nobody(w.name, set)
		}
		if made.role == "" {
			made.role = string(p.Roles[0])
		}
		if made.print != "" {
			return made.write(w.cmd.OutOrStdout(), d, "mantlet bundle sign "+w.file)
		}
	}
	var s signer.Signature
	if made.passkey {
		s, err = w.onPage(d, set, &made)
	} else {
		s, err = made.signature(d)
	}
	if err != nil {
		return err
	}
	return w.add(set, d, s)
}

func (w *signing) nobody(name string, set *signer.Set) error {
	return fmt.Errorf("nobody of the name %q is among the signers: %s", name, strings.Join(namesOf(set), ", "))
}

// add appends a signature that counts in set.
func (w *signing) add(set *signer.Set, d signer.Digest, s signer.Signature) error {
	v := signer.Verifier{Set: *set, Bundle: w.identities}
	_, err := v.Verify(d, s, time.Now())
	switch {
	case errors.Is(err, signer.ErrUnknown):
		return w.nobody(s.Signer, set)
	case errors.Is(err, signer.ErrProof) && s.Kind == signer.Sigstore && w.identities == nil:
		return errors.New("whose signature that is cannot be said without a root; give Sigstore's with --trusted-root")
	case errors.Is(err, signer.ErrProof) && s.Kind == signer.Sigstore:
		return fmt.Errorf("the bundle of --sigstore is not over this statement, or not by the identity that %s has in the set of signers", s.Signer)
	case errors.Is(err, signer.ErrProof):
		return fmt.Errorf("the key is not %s's in the set of signers; give the key whose public half stands there", s.Signer)
	case err != nil:
		return fmt.Errorf("%s cannot sign for %s: %w", s.Signer, s.Role, err)
	case signedBefore(&v, d, w.bundle.Signatures, s.Signer):
		return fmt.Errorf("%s has signed it already; somebody else has to", s.Signer)
	}
	w.bundle.Signatures = append(w.bundle.Signatures, s)
	return nil
}

func signedBefore(v *signer.Verifier, d signer.Digest, signatures []signer.Signature, name string) bool {
	for _, s := range signatures {
		if _, err := v.Verify(d, s, time.Now()); err == nil && s.Signer == name {
			return true
		}
	}
	return false
}

// replace writes b in place of the file, whole or not at all.
func replace(path string, b *bundle.Bundle) error {
	file, err := b.Encode()
	if err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(path), ".bundle-*")
	if err != nil {
		return err
	}
	_, err = t.Write(file)
	if err = errors.Join(err, t.Chmod(0o644), t.Close()); err == nil {
		err = os.Rename(t.Name(), path)
	}
	if err != nil {
		_ = os.Remove(t.Name()) // it is of no use
	}
	return err
}
