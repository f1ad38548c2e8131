package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/app"
	"github.com/mantlet-mcp/mantlet/internal/trust/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// A bundleReport is what `mantlet bundle show --output json` prints. Nothing in it is
// believed: it says what the file says, and whose signatures hold.
type bundleReport struct {
	Version  int64           `json:"version"`
	Digest   string          `json:"digest"` // of what is signed
	Root     string          `json:"root"`   // of the set of signers, for --root
	Previous string          `json:"previous,omitempty"`
	Issued   time.Time       `json:"issued"`
	Expires  time.Time       `json:"expires"`
	Signers  []signer.Signer `json:"signers"`
	Takes    int             `json:"takes"`   // people
	Signed   []string        `json:"signed"`  // whose signatures count
	Refused  []string        `json:"refused"` // why others do not
	Missing  []string        `json:"missing"` // empty: nothing
	Config   string          `json:"config"`
	Files    []bundleFile    `json:"files"`
	Outside  []string        `json:"outside"` // files that the configuration names and the bundle does not hold, and why
}

func bundleShowCommand(o *options) *cobra.Command {
	var previous, root string
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Show what is in a bundle, who has signed, and who is missing",
		Long: "Show believes nothing: it says what is in the file, and whose signatures hold under its own set of\n" +
			"signers, and under that of the bundle before, where --previous names it.",
		Example: "  mantlet bundle show mantlet.bundle\n  mantlet bundle show next.bundle --previous mantlet.bundle",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			b, last, err := parsePair(args[0], previous)
			if err != nil {
				return err
			}
			identities, err := app.SigstoreFile(root)
			if err != nil {
				return err
			}
			r, err := reportBundle(shown{path: args[0], bundle: &b, last: last, identities: identities})
			if err != nil {
				return err
			}
			if o.json() {
				return printJSON(c.OutOrStdout(), r)
			}
			return r.print(c.OutOrStdout(), args[0], true)
		},
	}
	c.Flags().StringVar(&previous, "previous", "", "the bundle before this one")
	rootFlag(c, &root)
	return c
}

// shown is a bundle that is shown: where it lies, the one before it or nil, and how
// identities are verified.
type shown struct {
	path         string
	bundle, last *bundle.Bundle
	identities   signer.VerifyBundle
}

// outline prints a bundle without its configuration, once it was written.
func outline(w io.Writer, s shown) error {
	r, err := reportBundle(s)
	if err != nil {
		return err
	}
	return r.print(w, s.path, false)
}

func reportBundle(s shown) (*bundleReport, error) {
	b, p := s.bundle, &s.bundle.Payload
	root, err := p.Signers.Digest()
	if err != nil {
		return nil, err
	}
	r := &bundleReport{
		Version: p.Version, Digest: b.Digest.String(), Root: root.String(), Issued: p.Issued, Expires: p.Expires, Signers: p.Signers.Signers,
		Takes: p.Signers.Threshold, Signed: []string{}, Refused: []string{}, Missing: []string{}, Config: string(p.Config), Files: []bundleFile{}, Outside: outside(p.Config),
	}
	if p.Previous != (signer.Digest{}) {
		r.Previous = p.Previous.String()
	}
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		r.Files = append(r.Files, heldFile(name, p.Files[name]))
	}
	if !time.Now().Before(p.Expires) {
		r.Missing = append(r.Missing, "it has ended: make the next version")
	}
	if s.last == nil {
		return r, r.count(s, &p.Signers, "")
	}
	return r, r.after(s)
}

// after counts the signatures by the sets that must both agree.
func (r *bundleReport) after(s shown) error {
	b, last := s.bundle, s.last
	before, err := last.Payload.Signers.Digest()
	if err != nil {
		return err
	}
	if b.Payload.Version == last.Payload.Version+1 && b.Payload.Previous != last.Digest {
		r.Missing = append(r.Missing, "it does not follow the bundle of --previous: make it anew")
	}
	if before.String() == r.Root {
		return r.count(s, &b.Payload.Signers, "")
	}
	if err := r.count(s, &last.Payload.Signers, " of the signers before"); err != nil {
		return err
	}
	return r.count(s, &b.Payload.Signers, " of the new signers")
}

// count says whose signatures count in set, and what is missing.
func (r *bundleReport) count(s shown, set *signer.Set, which string) error {
	d, err := s.bundle.Action()
	if err != nil {
		return err
	}
	v := signer.Verifier{Set: *set, Bundle: s.identities}
	t, err := v.Tally(d, s.bundle.Signatures, time.Now())
	if err != nil {
		return err
	}
	people := t.Persons()
	for _, name := range people {
		if !slices.Contains(r.Signed, name) {
			r.Signed = append(r.Signed, name)
		}
	}
	for _, why := range t.Refused {
		r.Refused = append(r.Refused, why+which)
	}
	if n := set.Threshold - len(people); n > 0 {
		left := slices.DeleteFunc(namesOf(set), func(name string) bool { return slices.Contains(people, name) })
		r.Missing = append(r.Missing, fmt.Sprintf("%d more%s: %s", n, which, strings.Join(left, ", ")))
	}
	return nil
}

func namesOf(set *signer.Set) []string {
	out := make([]string, len(set.Signers))
	for i := range set.Signers {
		out[i] = set.Signers[i].Name
	}
	return out
}

// print says it to a person; what the file brought is made harmless to a terminal.
func (r *bundleReport) print(w io.Writer, path string, whole bool) error {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%-9s %s\n", name, mantlet.Escape(value)) }
	line("bundle", fmt.Sprintf("%s, version %d", path, r.Version))
	line("digest", r.Digest)
	line("root", r.Root+" (of the signers; compare it with them by another way)")
	if r.Previous != "" {
		line("follows", r.Previous)
	}
	line("ends", r.Expires.Format(time.RFC3339))
	line("takes", fmt.Sprintf("%d of %d people", r.Takes, len(r.Signers)))
	for i := range r.Signers {
		line("signer", person(&r.Signers[i]))
	}
	line("signed", list(r.Signed))
	for _, why := range r.Refused {
		line("ignored", why)
	}
	line("missing", list(r.Missing))
	if whole {
		for _, f := range r.Files {
			line("file", fmt.Sprintf("%s, %d bytes, %s", f.Name, f.Bytes, f.Digest))
		}
		for _, text := range r.Outside {
			line("outside", text)
		}
		b.WriteString("\nThe configuration:\n\n")
		for text := range strings.Lines(r.Config) {
			b.WriteString("  " + mantlet.Escape(strings.TrimSuffix(text, "\n")) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func list(of []string) string {
	if len(of) == 0 {
		return "nobody"
	}
	return strings.Join(of, "; ")
}

// person is a signer with what makes them one.
func person(p *signer.Signer) string {
	roles := make([]string, len(p.Roles))
	for i, r := range p.Roles {
		roles[i] = string(r)
	}
	keys := make([]string, len(p.Keys))
	for i, k := range p.Keys {
		keys[i] = string(k.Kind) + " " + strings.Join(strings.Fields(k.Public), " ")
		switch k.Kind {
		case signer.Passkey:
			keys[i] += fmt.Sprintf("%x at %s", k.Passkey.ID, strings.Join(k.Passkey.Origins, " "))
		case signer.Sigstore:
			keys[i] += k.Subject + " (" + k.Issuer + ")"
		case signer.Ed25519:
		}
	}
	return fmt.Sprintf("%s (%s) until %s, %s", p.Name, strings.Join(roles, ", "), p.Until.Format(time.DateOnly), strings.Join(keys, ", "))
}
