package sbom

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/trust/strict"
)

// FromLock reads npm's package-lock.json, version 2 or 3, or the
// node_modules/.package-lock.json that npm keeps of what it installed. The project itself
// and links into it are left out. What was fetched from elsewhere than a registry (git, a
// file) is there with its name and version: a hole that is known of them is known of it.
func FromLock(b []byte) ([]Component, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("the lock file is larger than %d MiB", MaxBytes>>20)
	}
	version, has := 0, false
	d := document{r: strict.New(bytes.NewReader(b))}
	d.r.Object(func(name string) {
		switch name {
		case "lockfileVersion":
			version = d.r.Int()
		case "packages":
			has = true
			d.r.Object(d.locked)
		default:
			d.r.Skip()
		}
	})
	d.r.End()
	if err := d.r.Err(); err != nil {
		return nil, fmt.Errorf("the lock file cannot be read: %w", err)
	}
	if version != 2 && version != 3 || !has {
		return nil, errors.New("the lock file is not of version 2 or 3; write it again with npm 7 or later")
	}
	return d.all, nil
}

// locked reads one entry; its key is where it lies.
func (d *document) locked(path string) {
	c := Component{Ecosystem: "npm"}
	link, alias := false, ""
	d.r.Object(func(name string) {
		switch name {
		case "name":
			alias = d.text()
		case "version":
			c.Version = d.text()
		case "link":
			link = d.r.Bool()
		case "integrity":
			c.Hashes = d.integrity(d.text())
		case "license":
			c.Licences = d.licence()
		default:
			d.r.Skip()
		}
	})
	i := strings.LastIndex(path, "node_modules/")
	if link || i < 0 {
		return
	}
	if c.Name = path[i+len("node_modules/"):]; alias != "" {
		c.Name = alias
	}
	if c.Name == "" || len(path) > maxText {
		d.r.Fail(errors.New("an entry has no name"))
		return
	}
	c.PURL = npmPURL(c.Name, c.Version)
	if len(d.all) >= MaxComponents {
		d.r.Fail(fmt.Errorf("more than %d components", MaxComponents))
		return
	}
	d.all = append(d.all, c)
}

// licence is a text; old packages have an object or a list, which say nothing here.
func (d *document) licence() []string {
	if d.r.Kind() != '"' {
		d.r.Skip()
		return nil
	}
	return addLicence(nil, d.text())
}

// integrity reads subresource integrity: "sha512-BASE64 sha1-BASE64".
func (d *document) integrity(s string) (out []Hash) {
	for word := range strings.FieldsSeq(s) {
		alg, sum, ok := strings.Cut(word, "-")
		sum, _, _ = strings.Cut(sum, "?")
		raw, err := base64.StdEncoding.DecodeString(sum)
		if !ok || err != nil {
			d.r.Fail(errors.New("an integrity that is no base64 of a hash"))
			return nil
		}
		out = append(out, hash(alg, hex.EncodeToString(raw)))
	}
	return out
}

func npmPURL(name, version string) string {
	scope, rest, scoped := strings.Cut(name, "/")
	if scoped {
		name = strings.Replace(scope, "@", "%40", 1) + "/" + url.PathEscape(rest)
	}
	if version == "" {
		return "pkg:npm/" + name
	}
	return "pkg:npm/" + name + "@" + url.PathEscape(version)
}
