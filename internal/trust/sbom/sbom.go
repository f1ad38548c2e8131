// Package sbom reads what a server is made of.
//
// The question: which packages, in which versions? The threats: a dependency with a known
// hole, or one that nobody knows of (F09). The controls: C013, C067. It trusts nothing
// that it reads: a list of components is a claim by whoever wrote it, save the lock file of
// a package tree on disk, which the installer wrote. When it breaks, there is no list, and
// no list is never an empty list.
//
// It reads CycloneDX JSON 1.4 to 1.7, SPDX JSON 2.2, 2.3 and 3.0, and npm's lock files.
package sbom

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/strict"
)

// Limits of one document. It may be strict.Reader's 64 levels deep.
const (
	MaxBytes      = 64 << 20
	MaxComponents = 50_000
	maxText       = 2048 // bytes of a name, version, package URL or hash
	maxList       = 100  // licences or hashes of one component
)

// A Component is one package. Ecosystem, Name and Version are as OSV has them where the
// package URL says enough ("npm", "@scope/name", "1.2.3"; "Debian:12"); without one,
// Ecosystem is "", and Name and Version are the document's words.
type Component struct {
	Name, Version string
	PURL          string
	Ecosystem     string
	Licences      []string // SPDX ids, expressions or names, as written
	Hashes        []Hash
}

// A Hash is over the package as it was fetched.
type Hash struct {
	Alg   string // "SHA-256", "SHA-512" and their like
	Value string // hex, lower case
}

// A Document is what was read. Its subject, where it names one, is among the components.
type Document struct {
	Format     string // "CycloneDX 1.6", "SPDX 2.3"
	Components []Component
}

// Read reads an SBOM. An error says that nothing is known, also where only a part cannot
// be read.
func Read(b []byte) (Document, error) {
	if len(b) > MaxBytes {
		return Document{}, fmt.Errorf("the SBOM is larger than %d MiB", MaxBytes>>20)
	}
	d := document{r: strict.New(bytes.NewReader(b))}
	d.r.Object(d.member)
	d.r.End()
	if err := d.r.Err(); err != nil {
		return Document{}, fmt.Errorf("the SBOM cannot be read: %w", err)
	}
	format, err := d.format()
	if err != nil {
		return Document{}, err
	}
	return Document{format, d.all}, nil
}

// A document is what its members have said so far; they come in any order.
type document struct {
	r                *strict.Reader
	all              []Component
	bom, spec        string // CycloneDX
	spdx             string // SPDX 2
	graph            string // SPDX 3, of its CreationInfo
	hasBOM, has2     bool
	hasGraph, linked bool
}

func (d *document) member(name string) {
	switch name {
	case "bomFormat":
		d.bom = d.text()
	case "specVersion":
		d.spec = d.text()
	case "spdxVersion":
		d.spdx = d.text()
	case "metadata":
		d.r.Object(func(name string) {
			if name != "component" {
				d.r.Skip()
				return
			}
			d.cyclone()
		})
	case "components":
		d.hasBOM = true
		d.r.Array(d.cyclone)
	case "packages":
		d.has2 = true
		d.r.Array(d.spdx2)
	case "@context":
		d.linked = true
		d.r.Skip()
	case "@graph":
		d.hasGraph = true
		d.r.Array(d.spdx3)
	default:
		d.r.Skip()
	}
}

// format is which of the three it is: one, and only one, so that no second reader finds
// another list in it.
func (d *document) format() (string, error) {
	kinds := 0
	for _, is := range []bool{d.bom != "" || d.hasBOM, d.spdx != "" || d.has2, d.hasGraph} {
		if is {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return "", errors.New("the document is neither CycloneDX nor SPDX, or both; write one of them as JSON")
	case d.bom == "CycloneDX" && slices.Contains([]string{"1.4", "1.5", "1.6", "1.7"}, d.spec):
		return "CycloneDX " + d.spec, nil
	case d.spdx == "SPDX-2.2", d.spdx == "SPDX-2.3":
		return strings.Replace(d.spdx, "-", " ", 1), nil
	case d.hasGraph && d.linked && strings.HasPrefix(d.graph, "3.0"):
		return "SPDX " + mantlet.Escape(d.graph), nil
	}
	return "", fmt.Errorf("version %q of the format is not read; CycloneDX 1.4 to 1.7 and SPDX 2.2, 2.3 and 3.0 are", mantlet.Escape(d.spec+d.spdx+d.graph))
}

// add takes c in, with what its package URL says.
func (d *document) add(c Component) {
	if len(d.all) >= MaxComponents {
		d.r.Fail(fmt.Errorf("more than %d components", MaxComponents))
		return
	}
	if c.PURL != "" {
		p, err := ParsePURL(c.PURL)
		if err != nil {
			d.r.Fail(err)
			return
		}
		if eco := p.Ecosystem(); eco != "" {
			c.Ecosystem, c.Name, c.Version = eco, p.OSVName(), p.OSVVersion()
		}
	}
	d.all = append(d.all, c)
}

func (d *document) text() string {
	s := d.r.Text()
	if len(s) > maxText {
		d.r.Fail(fmt.Errorf("a text of more than %d bytes where a name is due", maxText))
	}
	return s
}

// hash is alg and value in one way of writing: SHA256, sha256 and SHA-256 are one.
func hash(alg, value string) Hash {
	alg = strings.ToUpper(alg)
	if n, ok := strings.CutPrefix(alg, "SHA"); ok && n != "" && n[0] != '-' && !strings.Contains(n, "-") {
		alg = "SHA-" + n
	}
	return Hash{alg, strings.ToLower(value)}
}
