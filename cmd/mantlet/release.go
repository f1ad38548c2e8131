package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// releaseCommands are the words below `mantlet tools` by which several people release what
// a server offers (C023-C026).
func releaseCommands(o *options) []*cobra.Command {
	return []*cobra.Command{proposeCommand(o), signCommand(o), releaseCommand(o)}
}

func proposeCommand(o *options) *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "propose SERVER",
		Short: "Ask for the release of all that a server shows now",
		Long: "Propose takes what the server shows, its dossier and the evidence that the catalogue keeps\n" +
			"(mantlet tools describe, evidence), and makes a manifest of it, which others sign. Whatever\n" +
			"changes afterwards is another manifest. Who proposes does not sign.",
		Example: "  mantlet tools propose files --as dev",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client("")
			if err != nil {
				return err
			}
			s, err := d.Propose(c.Context(), daemon.Proposed{Server: args[0], By: by})
			if err != nil {
				return &exitError{exitRefused, err}
			}
			return o.stands(c.OutOrStdout(), s)
		},
	}
	c.Flags().StringVar(&by, "as", app.User(), "the name that you would sign with")
	return c
}

func releaseCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "release SERVER",
		Short:   "Show what is proposed of a server, who has signed, and what is missing",
		Example: "  mantlet tools release files",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client("")
			if err != nil {
				return err
			}
			s, err := d.Release(c.Context(), args[0])
			if err != nil {
				return &exitError{exitRefused, err}
			}
			return o.stands(c.OutOrStdout(), s)
		},
	}
}

func signCommand(o *options) *cobra.Command {
	var s signer.Signature
	var role, key, evidence string
	c := &cobra.Command{
		Use:   "sign SERVER",
		Short: "Sign what is proposed of a server, for one role",
		Long: "Sign shows every definition that would be released and what differs from what was approved\n" +
			"before, computes the manifest's hash from it by itself, and signs that with an Ed25519 key in\n" +
			"PEM. With the last signature that is missing the server is released.",
		Example: "  mantlet tools sign files --as ann --role security --key ann.pem",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := o.client("")
			if err != nil {
				return err
			}
			standing, err := d.Release(c.Context(), args[0])
			if err != nil {
				return &exitError{exitRefused, err}
			}
			s.Role, s.At = signer.Role(role), time.Now()
			signed, err := seen(c, d, &standing, s, [2]string{key, evidence})
			if err != nil {
				return &exitError{exitRefused, err}
			}
			if standing, err = d.Sign(c.Context(), signed); err != nil {
				return &exitError{exitRefused, err}
			}
			return o.stands(c.OutOrStdout(), standing)
		},
	}
	c.Flags().StringVar(&s.Signer, "as", app.User(), "your name among the signers")
	c.Flags().StringVar(&role, "role", "", "security, data-governance, privacy, legal or business")
	c.Flags().StringVar(&evidence, "evidence", "", "sign a report of this type, such as sast, in place of the release; then propose again")
	c.Flags().StringVar(&key, "key", "", "your private key, as openssl genpkey -algorithm ed25519 writes it")
	_ = c.MarkFlagRequired("role") // both are c's
	_ = c.MarkFlagRequired("key")
	return c
}

// seen shows what is signed, and signs what was shown: the hash is computed here, of the
// very digests of the definitions that the person has read. with is the file of the key,
// and the type of the report that is signed in place of the release.
func seen(c *cobra.Command, d *daemon.Client, s *daemon.Standing, by signer.Signature, with [2]string) (out daemon.Signed, err error) {
	var p release.Proposal
	if err := json.Unmarshal(s.Proposal, &p); err != nil {
		return out, err
	}
	digest, err := p.Digest()
	if err != nil {
		return out, err
	}
	under := digest
	for _, i := range p.Items {
		v, err := d.Review(c.Context(), p.Server, i.Kind, i.Name)
		if err != nil {
			return out, err
		}
		if "sha256:"+v.Seen != i.Digest.String() {
			return out, fmt.Errorf("%s has changed since it was proposed; propose it again", where(v.Listed))
		}
		printDifference(c.ErrOrStderr(), v)
	}
	if with[1] != "" {
		i := slices.IndexFunc(p.Evidence, func(e release.EvidenceRef) bool { return string(e.Type) == with[1] && e.Tool != release.Own })
		if i < 0 {
			return out, fmt.Errorf("no %s is in the proposal; bring it (mantlet tools evidence), and propose again", mantlet.Escape(with[1]))
		}
		fmt.Fprintf(c.ErrOrStderr(), "%s by %s: %s\n", with[1], mantlet.Escape(p.Evidence[i].Tool), p.Evidence[i].Outcome)
		if under, err = p.EvidenceDigest(&p.Evidence[i]); err != nil {
			return out, err
		}
	}
	pem, err := os.ReadFile(with[0]) //nolint:gosec // the file that was asked for
	if err != nil {
		return out, err
	}
	private, err := signer.ParsePrivate(pem)
	if err != nil {
		return out, errors.New("the key is no Ed25519 private key in PEM; make one with openssl genpkey -algorithm ed25519")
	}
	signed, err := signer.Sign(private, under, by)
	if err != nil {
		return out, err
	}
	raw, err := json.Marshal(signed)
	return daemon.Signed{Server: p.Server, Manifest: digest.String(), Signature: raw, Evidence: with[1]}, err
}

func (o *options) stands(w io.Writer, s daemon.Standing) error {
	if o.json() {
		return printJSON(w, s)
	}
	fmt.Fprintf(w, "%s of %s, tier %s, proposed by %s on %s\n", s.Manifest, mantlet.Escape(s.Server), s.Tier, mantlet.Escape(s.By), s.At.Local().Format("2006-01-02 15:04"))
	for _, p := range s.People {
		fmt.Fprintf(w, "  signed by %s\n", mantlet.Escape(p))
	}
	for _, r := range s.Refused {
		fmt.Fprintf(w, "  does not count: %s\n", r)
	}
	for _, m := range s.Missing {
		fmt.Fprintf(w, "  missing: %s\n", m)
	}
	if s.Released {
		fmt.Fprintln(w, "released")
	}
	return nil
}
