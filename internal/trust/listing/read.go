package listing

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/strict"
)

// Limits of one document.
const (
	MaxBytes = 1 << 20
	maxList  = 100 // packages, remotes, arguments, variables
)

// schemas are those that are read; one that is not named is taken for the newest.
var schemas = []string{"2025-09-29", "2025-10-11", "2025-10-17", "2025-12-11"}

const schemaURL = "https://static.modelcontextprotocol.io/schemas/%s/server.schema.json"

// Read reads one server.json, or one entry of a registry's answer ({"server": {...}}). What
// it does not know it passes over, unless it is a name that it knows in another case.
func Read(b []byte) (Server, error) {
	if len(b) > MaxBytes {
		return Server{}, fmt.Errorf("server.json is larger than %d KiB", MaxBytes>>10)
	}
	d := reading{r: strict.New(bytes.NewReader(b))}
	inner, outer := false, false
	d.object([]string{"server", "$schema", "name", "title", "description", "version", "repository", "websiteUrl", "packages", "remotes"}, func(name string) {
		if name == "server" {
			inner = true
			d.object(nil, func(name string) { d.server(name) })
			return
		}
		outer = true
		d.server(name)
	})
	d.r.End()
	switch err := d.r.Err(); {
	case err != nil:
		return Server{}, fmt.Errorf("server.json cannot be read: %w", err)
	case inner && outer:
		return Server{}, errors.New("it is a server.json and an entry of a registry at once; give one of them")
	}
	if err := d.check(); err != nil {
		return Server{}, fmt.Errorf("server.json is not taken: %w", err)
	}
	return d.s, nil
}

type reading struct {
	r      *strict.Reader
	s      Server
	schema string
}

func (d *reading) check() error {
	known := d.schema == ""
	for _, date := range schemas {
		known = known || d.schema == fmt.Sprintf(schemaURL, date)
	}
	if !known {
		return fmt.Errorf("schema %q is not read; %s are", mantlet.Escape(d.schema), strings.Join(schemas, ", "))
	}
	return d.s.check()
}

// object reads an object of which names are known; those that are not are skipped, unless
// they differ by case alone. nil knows those of a server.
func (d *reading) object(names []string, member func(name string)) {
	if names == nil {
		names = []string{"$schema", "name", "title", "description", "version", "repository", "websiteUrl", "packages", "remotes"}
	}
	d.r.Object(func(name string) {
		if slices.Contains(names, name) {
			member(name)
			return
		}
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			d.r.Fail(fmt.Errorf("%q is written in another case", mantlet.Escape(name)))
		}
		d.r.Skip()
	})
}

func (d *reading) server(name string) {
	switch name {
	case "$schema":
		d.schema = d.r.Text()
	case "name":
		d.s.Name = d.r.Text()
	case "title":
		d.s.Title = d.r.Text()
	case "description":
		d.s.Description = d.r.Text()
	case "version":
		d.s.Version = d.r.Text()
	case "websiteUrl":
		d.s.WebsiteURL = d.r.Text()
	case "repository":
		d.repository()
	case "packages":
		d.list(func() { d.s.Packages = append(d.s.Packages, d.pack()) })
	case "remotes":
		d.list(func() {
			r := Remote{}
			r.Transport, r.URL, r.Headers = d.transport()
			d.s.Remotes = append(d.s.Remotes, r)
		})
	}
}

// list reads at most maxList elements, and counts them.
func (d *reading) list(element func()) (n int) {
	d.r.Array(func() {
		if n++; n > maxList {
			d.r.Fail(fmt.Errorf("a list of more than %d", maxList))
			return
		}
		element()
	})
	return n
}

// dropped counts a list of objects, and keeps nothing of it.
func (d *reading) dropped() int {
	return d.list(func() { d.r.Object(func(string) { d.r.Skip() }) })
}

func (d *reading) repository() {
	r := &d.s.Repository
	d.object([]string{"url", "source", "id", "subfolder"}, func(name string) {
		switch text := d.r.Text(); name {
		case "url":
			r.URL = text
		case "source":
			r.Source = text
		case "id":
			r.ID = text
		case "subfolder":
			r.Subfolder = text
		}
	})
}

func (d *reading) pack() (p Package) {
	d.object([]string{"registryType", "registryBaseUrl", "identifier", "version", "fileSha256", "transport", "runtimeHint", "runtimeArguments", "packageArguments", "environmentVariables"}, func(name string) {
		switch name {
		case "registryType":
			p.Registry = d.r.Text()
		case "registryBaseUrl":
			p.BaseURL = d.r.Text()
		case "identifier":
			p.Identifier = d.r.Text()
		case "version":
			p.Version = d.r.Text()
		case "fileSha256":
			p.SHA256 = d.r.Text()
		case "transport":
			p.Transport, _, _ = d.transport()
		case "runtimeHint":
			d.r.Text()
		case "runtimeArguments", "packageArguments":
			p.Arguments += d.dropped()
		case "environmentVariables":
			p.Variables = d.dropped()
		}
	})
	return p
}

func (d *reading) transport() (kind, url string, headers int) {
	d.object([]string{"type", "url", "headers"}, func(name string) {
		switch name {
		case "type":
			kind = d.r.Text()
		case "url":
			url = d.r.Text()
		case "headers":
			headers = d.dropped()
		}
	})
	return kind, url, headers
}
