package sbom

import "fmt"

// cyclone reads one component, and those inside of it.
func (d *document) cyclone() {
	var (
		c    Component
		kind string
		some bool
	)
	at := len(d.all) // the parent stands before its parts
	d.r.Object(func(name string) {
		some = true
		switch name {
		case "type":
			kind = d.text()
		case "group":
			c.Ecosystem = d.text() // borrowed until the end
		case "name":
			c.Name = d.text()
		case "version":
			c.Version = d.text()
		case "purl":
			c.PURL = d.text()
		case "licenses":
			c.Licences = d.licences()
		case "hashes":
			c.Hashes = d.hashes("alg", "content")
		case "components":
			d.r.Array(d.cyclone)
		default:
			d.r.Skip()
		}
	})
	group := c.Ecosystem
	c.Ecosystem = ""
	if group != "" {
		c.Name = group + "/" + c.Name
	}
	if !some || kind == "file" && c.PURL == "" {
		return // null, or a file of a package: no package by itself
	}
	d.add(c)
	if n := len(d.all) - 1; d.r.Err() == nil && at < n {
		own := d.all[n]
		copy(d.all[at+1:], d.all[at:n])
		d.all[at] = own
	}
}

// licences reads [{license: {id | name}} | {expression}].
func (d *document) licences() (out []string) {
	d.r.Array(func() {
		d.r.Object(func(name string) {
			switch name {
			case "expression":
				out = append(out, d.text())
			case "license":
				d.r.Object(func(name string) {
					if name == "id" || name == "name" {
						out = append(out, d.text())
						return
					}
					d.r.Skip()
				})
			default:
				d.r.Skip()
			}
		})
		d.few(len(out))
	})
	return out
}

// hashes reads a list of objects whose members alg and value are named so.
func (d *document) hashes(alg, value string) (out []Hash) {
	d.r.Array(func() {
		var a, v string
		d.r.Object(func(name string) {
			switch name {
			case alg:
				a = d.text()
			case value:
				v = d.text()
			default:
				d.r.Skip()
			}
		})
		if a != "" && v != "" {
			out = append(out, hash(a, v))
		}
		d.few(len(out))
	})
	return out
}

func (d *document) few(n int) {
	if n > maxList {
		d.r.Fail(fmt.Errorf("more than %d licences or hashes of one component", maxList))
	}
}
