package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

func signCommand(o *options) *cobra.Command {
	var m means
	var evidence string
	c := &cobra.Command{
		Use:   "sign SERVER",
		Short: "Sign what is proposed of a server, for one role",
		Long: "Sign shows every definition that would be released and what differs from what was approved\n" +
			"before, computes the manifest's hash from it by itself, and signs that: with an Ed25519 key in PEM\n" +
			"(--key), with a passkey on Mantlet's page, which shows the same (--passkey; trust.pageAddress), or\n" +
			"with an identity of Sigstore: --print writes what cosign sign-blob signs, --sigstore takes what it\n" +
			"has made. With the last signature that is missing the server is released.",
		Example: "  mantlet tools sign files --as ann --role security --key ann.pem\n  mantlet tools sign files --as ann --role security --passkey\n" +
			"  mantlet tools sign files --as ann --role security --print ann.json\n  cosign sign-blob --bundle ann.sigstore ann.json\n  mantlet tools sign files --sigstore ann.sigstore --statement ann.json",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if m.role == "" && m.sigstore == "" {
				return &exitError{exitUsage, errors.New("the role is missing; give it with --role")}
			}
			d, err := o.client("")
			if err != nil {
				return err
			}
			standing, err := d.Release(c.Context(), args[0])
			if err == nil {
				standing, err = m.release(c, d, &standing, evidence)
			}
			if err != nil {
				return &exitError{exitRefused, err}
			}
			if m.print != "" {
				return nil
			}
			return o.stands(c.OutOrStdout(), standing)
		},
	}
	c.Flags().StringVar(&m.name, "as", app.User(), "your name among the signers")
	c.Flags().StringVar(&m.role, "role", "", "security, data-governance, privacy, legal or business")
	c.Flags().StringVar(&evidence, "evidence", "", "sign a report of this type, such as sast, in place of the release; then propose again")
	m.add(c)
	return c
}

// release signs what stands proposed, or the report in it, and says how it stands then.
func (m *means) release(c *cobra.Command, d *daemon.Client, s *daemon.Standing, evidence string) (out daemon.Standing, err error) {
	manifest, under, err := seen(c, d, s, evidence)
	if err != nil {
		return out, err
	}
	switch {
	case m.print != "":
		then := "mantlet tools sign " + s.Server
		if evidence != "" {
			then += " --evidence " + evidence
		}
		return out, m.write(c.OutOrStdout(), under, then)
	case m.passkey:
		return m.onPage(c, d, daemon.Signing{Server: s.Server, Manifest: manifest.String(), Signer: m.name, Role: m.role, Evidence: evidence})
	}
	signed, err := m.signature(under)
	if err != nil {
		return out, err
	}
	raw, err := json.Marshal(signed)
	if err != nil {
		return out, err
	}
	return d.Sign(c.Context(), daemon.Signed{Server: s.Server, Manifest: manifest.String(), Signature: raw, Evidence: evidence})
}

// onPage says where the page is, and waits until its signer has signed there.
func (m *means) onPage(c *cobra.Command, d *daemon.Client, s daemon.Signing) (out daemon.Standing, err error) {
	asked, err := d.SignOnPage(c.Context(), s)
	if err != nil {
		return out, err
	}
	fmt.Fprintf(c.ErrOrStderr(), "sign at %s\n", asked.URL)
	for {
		now, err := d.Answered(c.Context(), asked.ID)
		switch {
		case err != nil:
			return out, err
		case now.Done:
			return d.Release(c.Context(), s.Server)
		case !now.Waits:
			return out, errors.New("nobody signed it in time, or what they signed does not count: the page says why")
		}
		select {
		case <-c.Context().Done():
			return out, context.Cause(c.Context())
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// seen shows what is signed, and is what was shown: the hash is computed here, of the very
// digests of the definitions that the person has read. evidence is the type of the report
// that is signed in place of the release, or "".
func seen(c *cobra.Command, d *daemon.Client, s *daemon.Standing, evidence string) (manifest, under signer.Digest, err error) {
	var p release.Proposal
	if err := json.Unmarshal(s.Proposal, &p); err != nil {
		return manifest, under, err
	}
	if manifest, err = p.Digest(); err != nil {
		return manifest, under, err
	}
	for _, i := range p.Items {
		v, err := d.Review(c.Context(), p.Server, i.Kind, i.Name)
		if err != nil {
			return manifest, under, err
		}
		if "sha256:"+v.Seen != i.Digest.String() {
			return manifest, under, fmt.Errorf("%s has changed since it was proposed; propose it again", where(v.Listed))
		}
		printDifference(c.ErrOrStderr(), v)
	}
	if evidence == "" {
		return manifest, manifest, nil
	}
	i := slices.IndexFunc(p.Evidence, func(e release.EvidenceRef) bool { return string(e.Type) == evidence && e.Tool != release.Own })
	if i < 0 {
		return manifest, under, fmt.Errorf("no %s is in the proposal; bring it (mantlet tools evidence), and propose again", mantlet.Escape(evidence))
	}
	fmt.Fprintf(c.ErrOrStderr(), "%s by %s: %s\n", evidence, mantlet.Escape(p.Evidence[i].Tool), p.Evidence[i].Outcome)
	under, err = p.EvidenceDigest(&p.Evidence[i])
	return manifest, under, err
}
