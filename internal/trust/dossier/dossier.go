// Package dossier reads what an owner says of a server, or of one of its tools.
//
// The question: who answers for this, what is it for, and what may it touch? The threats:
// a tool that nobody owns, one that does more than its purpose (H08), a manifest that is
// changed after it was signed (F09). The controls: C023, C024, C029. It trusts nobody: what
// is declared here adds to what is inferred from a definition and takes nothing away from
// it. When a dossier cannot be read it is not kept.
package dossier

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/mantlet-mcp/mantlet/internal/trust/effect"
)

// A Dossier is what the owner declares. Every text has at most MaxText bytes.
type Dossier struct {
	Owner       string   `json:"owner"                 yaml:"owner"` // who answers for it: an address or a team
	Manifest    Manifest `json:"manifest"              yaml:"manifest"`
	Version     string   `json:"version,omitempty"     yaml:"version"`
	Environment string   `json:"environment,omitempty" yaml:"environment"` // such as production
	Labels      []string `json:"labels,omitempty"      yaml:"labels"`
	DataClass   string   `json:"dataClass"             yaml:"dataClass"`  // public, internal, confidential or restricted
	Effects     []string `json:"effects,omitempty"     yaml:"effects"`    // beyond those that are inferred
	Package     *Package `json:"package,omitempty"     yaml:"package"`    // what it is distributed as
	Repository  string   `json:"repository,omitempty"  yaml:"repository"` // where it is built from
}

// A Manifest is the five parts that an approval looks at (C023).
type Manifest struct {
	Purpose      string `json:"purpose"      yaml:"purpose"`
	Permissions  string `json:"permissions"  yaml:"permissions"`
	DataHandling string `json:"dataHandling" yaml:"dataHandling"`
	Interaction  string `json:"interaction"  yaml:"interaction"`
	Security     string `json:"security"     yaml:"security"`
}

// Parts are the names and texts of the five, in their order.
func (m *Manifest) Parts() [5][2]string {
	return [5][2]string{{"purpose", m.Purpose}, {"permissions", m.Permissions}, {"dataHandling", m.DataHandling}, {"interaction", m.Interaction}, {"security", m.Security}}
}

// A Package is what a registry has of it.
type Package struct {
	Ecosystem string `json:"ecosystem"           yaml:"ecosystem"` // npm, pypi, oci or mcpb
	Name      string `json:"name"                yaml:"name"`
	Version   string `json:"version"             yaml:"version"`
	Integrity string `json:"integrity,omitempty" yaml:"integrity"`
}

// Limits of a dossier.
const (
	MaxBytes  = 256 << 10
	MaxText   = 16 << 10
	MaxLabels = 64
)

var classes = map[string]effect.Class{"public": effect.Public, "internal": effect.Internal, "confidential": effect.Confidential, "restricted": effect.Restricted}

// Read reads a dossier in YAML or JSON. A member that is not known is an error: what an
// owner wrote must not be dropped.
func Read(b []byte) (Dossier, error) {
	d, err := ReadTool(b)
	switch {
	case err != nil:
	case d.Owner == "":
		err = errors.New("a dossier names an owner, who answers for it")
	case d.DataClass == "":
		err = errors.New("a dossier names a dataClass: public, internal, confidential or restricted")
	}
	return d, err
}

// ReadTool reads the dossier of one tool, which may leave out whatever its server's says.
func ReadTool(b []byte) (Dossier, error) {
	var d Dossier
	if len(b) > MaxBytes {
		return d, fmt.Errorf("a dossier has at most %d bytes", MaxBytes)
	}
	dec := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict(), yaml.DisallowUnknownField())
	err := dec.Decode(&d)
	if err == nil && !errors.Is(dec.Decode(&Dossier{}), io.EOF) {
		err = errors.New("it holds more than one document")
	}
	if err != nil {
		return Dossier{}, fmt.Errorf("the dossier cannot be read: %s", strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	return d, d.check()
}

func (d *Dossier) check() error {
	if _, ok := classes[d.DataClass]; !ok && d.DataClass != "" {
		return fmt.Errorf("dataClass %q is none of public, internal, confidential and restricted", d.DataClass)
	}
	if _, err := d.declared(); err != nil {
		return err
	}
	if len(d.Labels) > MaxLabels {
		return fmt.Errorf("a dossier has at most %d labels", MaxLabels)
	}
	m := d.Manifest
	for _, text := range append([]string{d.Owner, d.Version, d.Environment, d.Repository, m.Purpose, m.Permissions, m.DataHandling, m.Interaction, m.Security}, d.Labels...) {
		if len(text) > MaxText {
			return fmt.Errorf("a text of a dossier has at most %d bytes", MaxText)
		}
	}
	if p := d.Package; p != nil && (p.Name == "" || p.Version == "" || !slices.Contains([]string{"npm", "pypi", "oci", "mcpb"}, p.Ecosystem)) {
		return errors.New("a package has an ecosystem, which is npm, pypi, oci or mcpb, a name and a version")
	}
	return nil
}

func (d *Dossier) declared() (effect.Set, error) {
	var all effect.Set
	for _, name := range d.Effects {
		s, ok := effect.Parse(name)
		if !ok {
			return 0, fmt.Errorf("effect %q is none of %s", name, effect.Names())
		}
		all |= s
	}
	return all, nil
}

// Bytes is d as the catalogue keeps it.
func (d *Dossier) Bytes() ([]byte, error) { return json.Marshal(d) }

// Complete reports whether all five parts of the manifest are there; missing names those
// that are not.
func (d *Dossier) Complete() (missing []string) {
	for _, p := range d.Manifest.Parts() {
		if strings.TrimSpace(p[1]) == "" {
			missing = append(missing, p[0])
		}
	}
	return missing
}

// Class is how sensitive its data is. The zero Dossier says nothing.
func (d *Dossier) Class() effect.Class { return classes[d.DataClass] }

// Add adds what is declared to what is inferred.
func (d *Dossier) Add(e effect.Effects) effect.Effects {
	declared, _ := d.declared() // checked when it was read
	e.Declared |= declared
	return e
}

// Or is d with what it leaves out taken from the server's: a tool's dossier may be short.
func (d Dossier) Or(server Dossier) Dossier {
	or := func(a *string, b string) {
		if *a == "" {
			*a = b
		}
	}
	or(&d.Owner, server.Owner)
	or(&d.Version, server.Version)
	or(&d.Environment, server.Environment)
	or(&d.DataClass, server.DataClass)
	or(&d.Repository, server.Repository)
	or(&d.Manifest.Purpose, server.Manifest.Purpose)
	or(&d.Manifest.Permissions, server.Manifest.Permissions)
	or(&d.Manifest.DataHandling, server.Manifest.DataHandling)
	or(&d.Manifest.Interaction, server.Manifest.Interaction)
	or(&d.Manifest.Security, server.Manifest.Security)
	if d.Package == nil {
		d.Package = server.Package
	}
	d.Labels = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(d.Labels), server.Labels...))))
	return d
}
