package scan

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/clientconf"
	"github.com/mantlet-mcp/mantlet/internal/trust/sbom"
)

// Limits of one input; beyond them nothing is read.
const (
	MaxInput       = 16 << 20 // bytes
	maxDefinitions = 20000
)

// An Input is what servers were found in: a file, a URL, a command. Its servers are used
// together.
type Input struct {
	Name    string // as a person would write it
	Servers []Server
}

// A Server is one server of an input: how it is started, what it says, or both.
type Server struct {
	ID      string
	Pointer string // of its entry in the file; "" for the whole
	Line    int
	Entry   *Entry // nil where nothing says how it is started
	Items   []Item
	Open    bool   // it listed all this to somebody without credentials
	Broken  string // why its entry could not be read
	Stray   string // where it listens, though nobody has configured it
	Exposed bool   // it listens beyond loopback

	Parts   []sbom.Component // what it is made of, by an SBOM or a lock file
	Image   *Image           // of an image that was asked for itself
	Origins []Origin         // who built it, where somebody asked
}

// An Item is one definition, as it came.
type Item struct {
	Kind    mantlet.TargetKind
	Raw     []byte
	Pointer string
	Line    int
}

// lists are the members that hold definitions.
var lists = []struct {
	member string
	kind   mantlet.TargetKind
}{
	{"tools", mantlet.KindTool},
	{"prompts", mantlet.KindPrompt},
	{"resources", mantlet.KindResource},
	{"resourceTemplates", mantlet.KindTemplate},
}

// errShape is what a file is told that is none of the shapes.
var errShape = errors.New(`it is neither a list of tools, nor servers with their tools, nor one definition, nor a client's configuration, nor an SBOM; write {"tools": [...]}`)

// Parse reads a file, of a shape that it finds out by itself: a result of tools/list (with
// its JSON-RPC envelope or without), an array of definitions, {"servers": {id: {"tools":
// [...]}}}, one definition, a client's configuration, which may hold comments, an SBOM
// (CycloneDX, SPDX) or npm's lock file.
func Parse(name string, b []byte) (Input, error) {
	in := Input{Name: name}
	if len(b) > MaxInput {
		return in, fmt.Errorf("%s has more than %d bytes; scan a smaller file", mantlet.Escape(name), MaxInput)
	}
	b, err := clientconf.Plain(b)
	if err == nil {
		err = in.read(b)
	}
	if err != nil {
		return in, fmt.Errorf("%s: %w", mantlet.Escape(name), err)
	}
	return in, in.bounded()
}

func (in *Input) bounded() error {
	n := 0
	for _, s := range in.Servers {
		n += len(s.Items)
	}
	if n > maxDefinitions {
		return fmt.Errorf("%s holds %d definitions; at most %d are scanned at once", mantlet.Escape(in.Name), n, maxDefinitions)
	}
	return nil
}

func (in *Input) read(b []byte) error {
	root, err := document(b)
	if err != nil {
		return err
	}
	if root.raw[0] == '[' {
		s, err := in.array(root)
		in.Servers = append(in.Servers, s)
		return err
	}
	all, err := root.members()
	if err != nil {
		return err
	}
	if result, ok := get(all, "result"); ok && has(all, "jsonrpc") {
		if all, err = result.members(); err != nil {
			return err
		}
	}
	return in.object(root, all)
}

// array is a list of definitions without its member's name: their own members say of what.
func (in *Input) array(list node) (Server, error) {
	s := Server{ID: in.id(), Line: list.line}
	all, err := list.elements()
	for _, one := range all {
		s.Items = append(s.Items, item(guess(one), one))
	}
	return s, err
}

func (in *Input) object(root node, all []node) error {
	found := false
	for _, group := range groups(all) {
		servers, err := group.members()
		if err != nil {
			return err
		}
		for _, one := range servers {
			s, err := read(one)
			if err != nil {
				return err
			}
			in.Servers = append(in.Servers, s)
		}
		found = true
	}
	parts, isList, err := materials(root.raw, all)
	switch {
	case found:
		return nil
	case isList:
		in.Servers = append(in.Servers, Server{ID: in.id(), Line: 1, Parts: parts})
		return err
	case definitions(all):
		s := Server{ID: in.id(), Line: 1}
		err := s.lists(all)
		in.Servers = append(in.Servers, s)
		return err
	case single(all):
		in.Servers = append(in.Servers, Server{ID: in.id(), Line: 1, Items: []Item{item(guess(root), root)}})
		return nil
	}
	return errShape
}

// groups are the objects whose members are servers: of clients, and those of the projects
// that Claude Code keeps.
func groups(all []node) (out []node) {
	for _, name := range []string{"mcpServers", "servers"} {
		if n, ok := get(all, name); ok && n.raw[0] == '{' {
			out = append(out, n)
		}
	}
	for _, name := range []string{"mcp", "projects"} {
		n, ok := get(all, name)
		if !ok || n.raw[0] != '{' {
			continue
		}
		inner, _ := n.members() //nolint:errcheck // what is not readable holds no servers that a client reads
		if name == "mcp" {
			out = append(out, groups(inner)...)
			continue
		}
		for _, project := range inner {
			if project.raw[0] == '{' {
				of, _ := project.members() //nolint:errcheck // as above
				out = append(out, groups(of)...)
			}
		}
	}
	return out
}

// read takes one server of a configuration.
func read(n node) (Server, error) {
	s := Server{ID: n.name, Pointer: n.path, Line: n.line}
	if n.raw[0] != '{' {
		return s, fmt.Errorf("%s is not an object", mantlet.Escape(n.path))
	}
	all, err := n.members()
	if err != nil {
		return s, err
	}
	if has(all, "command") || has(all, "url") || has(all, "serverUrl") {
		if s.Entry, err = entry(n.raw); err != nil {
			s.Broken = err.Error()
		}
	}
	return s, s.lists(all)
}

func (s *Server) lists(all []node) error {
	for _, l := range lists {
		n, ok := get(all, l.member)
		if !ok || n.raw[0] != '[' {
			if ok && s.Entry == nil {
				return fmt.Errorf("%s is not a list", mantlet.Escape(n.path))
			}
			continue // clients keep the names of allowed tools and the like under such names
		}
		each, err := n.elements()
		if err != nil {
			return err
		}
		for _, one := range each {
			if s.Entry != nil && one.raw[0] != '{' {
				continue // as above
			}
			s.Items = append(s.Items, item(l.kind, one))
		}
	}
	if n, ok := get(all, "instructions"); ok && n.raw[0] == '"' {
		s.Items = append(s.Items, item(mantlet.KindInstructions, n))
	}
	return nil
}

func item(kind mantlet.TargetKind, n node) Item {
	return Item{Kind: kind, Raw: n.raw, Pointer: n.path, Line: n.line}
}

func definitions(all []node) bool {
	for _, l := range lists {
		if has(all, l.member) {
			return true
		}
	}
	return has(all, "instructions")
}

// single tells a definition from a package's or a server's manifest, which has a version.
func single(all []node) bool {
	switch {
	case has(all, "inputSchema"), has(all, "uri"), has(all, "uriTemplate"):
		return true
	}
	return has(all, "name") && (has(all, "description") || has(all, "arguments")) && !has(all, "version")
}

// guess is the kind of a definition by its members. What says nothing is a tool, of which
// the most is looked at.
func guess(n node) mantlet.TargetKind {
	if n.raw[0] != '{' {
		return mantlet.KindTool
	}
	all, _ := n.members() //nolint:errcheck // what is not readable is reported when it is checked
	switch {
	case has(all, "inputSchema"):
		return mantlet.KindTool
	case has(all, "uriTemplate"):
		return mantlet.KindTemplate
	case has(all, "uri"):
		return mantlet.KindResource
	case has(all, "arguments"):
		return mantlet.KindPrompt
	}
	return mantlet.KindTool
}

// id is what a server is called that nothing names: the file, without its ending.
func (in *Input) id() string {
	base := filepath.Base(in.Name)
	if in.Name == "-" || base == "." {
		return "stdin"
	}
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// Machine reads what the clients of this machine have configured, for the user of home
// and the project in dir. Notes name the files that could not be read. Nothing is
// started.
func Machine(home, dir string) (inputs []Input, notes []string) {
	for _, f := range clientconf.Files(home, dir) {
		in, err := configured(f)
		switch {
		case err != nil:
			notes = append(notes, fmt.Sprintf("%s (%s) was not read: %v", mantlet.Escape(f.Path), f.Client, err))
		case len(in.Servers) > 0:
			inputs = append(inputs, in)
		}
	}
	return inputs, notes
}

func configured(f clientconf.File) (Input, error) {
	in := Input{Name: f.Path}
	b, err := clientconf.Look(f)
	if err != nil || len(bytes.TrimSpace(b)) == 0 {
		return in, err
	}
	n, err := document(b)
	for _, key := range f.Key {
		if err != nil {
			return in, err
		}
		if n.raw[0] != '{' {
			return in, nil
		}
		var all []node
		if all, err = n.members(); err != nil {
			return in, err
		}
		next, ok := get(all, key)
		if !ok {
			return in, nil
		}
		n = next
	}
	if err != nil || n.raw[0] != '{' {
		return in, err
	}
	servers, err := n.members()
	for _, one := range servers {
		s, err := read(one)
		if err != nil {
			s.Broken = err.Error()
		}
		in.Servers = append(in.Servers, s)
	}
	return in, err
}
