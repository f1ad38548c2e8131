package sbom

import "strings"

// spdx2 reads one package of SPDX 2.2 or 2.3.
func (d *document) spdx2() {
	var (
		c    Component
		some bool
	)
	d.r.Object(func(name string) {
		some = true
		switch name {
		case "name":
			c.Name = d.text()
		case "versionInfo":
			c.Version = d.text()
		case "licenseDeclared", "licenseConcluded":
			c.Licences = addLicence(c.Licences, d.text())
		case "checksums":
			c.Hashes = d.hashes("algorithm", "checksumValue")
		case "externalRefs":
			d.r.Array(func() { d.reference(&c, "referenceType", "referenceLocator") })
		default:
			d.r.Skip()
		}
	})
	if some {
		d.add(c)
	}
}

// spdx3 reads one element of a graph; those that are no package are passed over.
func (d *document) spdx3() {
	var (
		c    Component
		kind string
	)
	d.r.Object(func(name string) {
		switch name {
		case "type", "@type":
			kind = d.text()
		case "specVersion":
			if v := d.text(); v != "" {
				d.graph = v
			}
		case "name":
			c.Name = d.text()
		case "software_packageVersion":
			c.Version = d.text()
		case "software_packageUrl":
			c.PURL = d.text()
		case "verifiedUsing":
			c.Hashes = d.hashes("algorithm", "hashValue")
		case "externalIdentifier":
			d.r.Array(func() { d.reference(&c, "externalIdentifierType", "identifier") })
		default:
			d.r.Skip()
		}
	})
	if kind == "software_Package" {
		d.add(c)
	}
}

// reference takes the package URL out of one reference of any kind.
func (d *document) reference(c *Component, kind, value string) {
	var k, v string
	d.r.Object(func(name string) {
		switch name {
		case kind:
			k = d.text()
		case value:
			v = d.r.Text() // others may be long
		default:
			d.r.Skip()
		}
	})
	if k == "purl" || k == "packageUrl" {
		c.PURL = v
	}
}

func addLicence(all []string, s string) []string {
	if s == "" || s == "NOASSERTION" || s == "NONE" || len(all) > 0 && strings.EqualFold(all[0], s) {
		return all
	}
	return append(all, s)
}
