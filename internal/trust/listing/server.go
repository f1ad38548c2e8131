package listing

import (
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet"
)

// A Server is what one server.json says. All of it is somebody's claim. Names, versions,
// identifiers and addresses are printable ASCII; Title and Description are text for people
// and may hold anything: Describe escapes them.
type Server struct {
	Name        string // reverse DNS, "/", name
	Title       string
	Description string
	Version     string
	WebsiteURL  string
	Repository  Repository
	Packages    []Package
	Remotes     []Remote
}

// A Repository is where the source is said to be.
type Repository struct{ URL, Source, ID, Subfolder string }

// A Package is what a package registry is said to hold. How to run it is not kept.
type Package struct {
	Registry   string // npm, pypi, nuget, oci, mcpb or cargo
	BaseURL    string // of the package registry, "" is its usual one
	Identifier string // a name, an image reference, the address of a bundle
	Version    string
	SHA256     string // hex; "" where nothing is claimed
	Transport  string // stdio, streamable-http or sse
	Arguments  int    // how many it would be given
	Variables  int    // how many it would be given
}

// A Remote is where the server is said to answer.
type Remote struct {
	Transport string // streamable-http or sse
	URL       string // a template where it holds "{"
	Headers   int    // how many it would be sent
}

// Limits, as the schema sets them.
const (
	maxName    = 200
	maxTitle   = 100 // characters
	maxVersion = 255
	maxURL     = 2048
)

var (
	nameForm   = regexp.MustCompile(`^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$`)
	shaForm    = regexp.MustCompile(`^[a-f0-9]{64}$`)
	registries = []string{"npm", "pypi", "nuget", "oci", "mcpb", "cargo"}
)

func (s *Server) check() error {
	switch {
	case !isName(s.Name):
		return fmt.Errorf("%q is no server's name: reverse DNS, one slash, a name, of ASCII", mantlet.Escape(s.Name))
	case s.Description == "" || utf8.RuneCountInString(s.Description) > maxTitle:
		return fmt.Errorf("the description must have 1 to %d characters", maxTitle)
	case utf8.RuneCountInString(s.Title) > maxTitle:
		return fmt.Errorf("the title has more than %d characters", maxTitle)
	case !isVersion(s.Version):
		return fmt.Errorf("%q is no version: one, and no range", mantlet.Escape(s.Version))
	case s.WebsiteURL != "" && !isURL(s.WebsiteURL):
		return fmt.Errorf("%q is no web address", mantlet.Escape(s.WebsiteURL))
	}
	if r := s.Repository; r != (Repository{}) && (!isURL(r.URL) || !printable(r.Source) || !clean(r.ID) || !clean(r.Subfolder)) {
		return fmt.Errorf("the repository needs a web address and a source, of ASCII (%q)", mantlet.Escape(r.URL))
	}
	for i := range s.Packages {
		if err := s.Packages[i].check(); err != nil {
			return err
		}
	}
	for _, r := range s.Remotes {
		if !isRemote(r.Transport) || !isTemplate(r.URL) {
			return fmt.Errorf("a remote must be streamable-http or sse and have a web address (%q, %q)", mantlet.Escape(r.Transport), mantlet.Escape(r.URL))
		}
	}
	return nil
}

func (p *Package) check() error {
	bad := func(what string) error {
		return fmt.Errorf("package %q of %q: %s", mantlet.Escape(p.Identifier), mantlet.Escape(p.Registry), what)
	}
	switch {
	case !slices.Contains(registries, p.Registry):
		return bad("its registry is not known here")
	case !printable(p.Identifier) || len(p.Identifier) > maxURL:
		return bad("its identifier is missing, or is not of ASCII without spaces")
	case p.Registry == "mcpb" && !isURL(p.Identifier):
		return bad("a bundle is named by its web address")
	case p.Registry == "mcpb" && p.SHA256 == "":
		return bad("a bundle needs its fileSha256")
	case p.SHA256 != "" && !shaForm.MatchString(p.SHA256):
		return bad("its fileSha256 is not 64 hex digits in lower case")
	case p.Version != "" && !isVersion(p.Version):
		return bad("its version is none: one, and no range")
	case p.Version == "" && p.Registry != "oci" && p.Registry != "mcpb":
		return bad("it has no version")
	case p.BaseURL != "" && !isURL(p.BaseURL):
		return bad("its registryBaseUrl is no web address")
	case p.Transport != "stdio" && !isRemote(p.Transport):
		return bad("its transport is not stdio, streamable-http or sse")
	}
	return nil
}

func isName(s string) bool { return len(s) >= 3 && len(s) <= maxName && nameForm.MatchString(s) }

func isRemote(transport string) bool { return transport == "streamable-http" || transport == "sse" }

// isVersion is one version: neither "latest" nor what stands for several.
func isVersion(s string) bool {
	if !printable(s) || len(s) > maxVersion || strings.EqualFold(s, "latest") || strings.ContainsAny(s, "^~<>=|*,") {
		return false
	}
	head, _, _ := strings.Cut(s, "-")
	return !slices.Contains(strings.Split(strings.ToLower(head), "."), "x")
}

// printable is ASCII that shows, without spaces, and not nothing.
func printable(s string) bool { return s != "" && clean(s) }

func clean(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isURL is an http or https address of ASCII, without credentials.
func isURL(s string) bool {
	if !printable(s) || len(s) > maxURL {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// isTemplate is an address that may hold {variables}, which stand for themselves here.
func isTemplate(s string) bool { return isURL(strings.NewReplacer("{", "", "}", "").Replace(s)) }

// Describe writes what s says, for a person: each line one claim, with what would hide or
// move text as escapes.
func Describe(w io.Writer, s Server) error {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-12s %s\n", name, mantlet.Escape(value))
		}
	}
	line("name", s.Name)
	line("title", s.Title)
	line("description", s.Description)
	line("version", s.Version)
	line("website", s.WebsiteURL)
	line("repository", s.Repository.URL)
	for _, p := range s.Packages {
		line("package", strings.Join(slices.DeleteFunc([]string{p.Registry, p.Identifier, p.Version, p.BaseURL, p.SHA256}, empty), " "))
		if p.Arguments+p.Variables > 0 {
			line("", fmt.Sprintf("asks for %d arguments and %d variables, which are not taken over", p.Arguments, p.Variables))
		}
	}
	for _, r := range s.Remotes {
		line("remote", r.Transport+" "+r.URL)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func empty(s string) bool { return s == "" }
