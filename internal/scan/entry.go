package scan

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
)

// An Entry is how a client starts or reaches a server.
type Entry struct {
	Command string
	Args    []string
	Env     map[string]string
	Cwd     string
	URL     string
	Headers map[string]string
	Auth    bool // its client signs in (OAuth), or a helper makes its headers
}

func entry(raw []byte) (*Entry, error) {
	var in struct {
		Command       string            `json:"command"`
		Args          []string          `json:"args"`
		Env           map[string]any    `json:"env"`
		Cwd           string            `json:"cwd"`
		URL           string            `json:"url"`
		ServerURL     string            `json:"serverUrl"`
		Headers       map[string]string `json:"headers"`
		OAuth         json.RawMessage   `json:"oauth"`
		Auth          json.RawMessage   `json:"auth"`
		HeadersHelper json.RawMessage   `json:"headersHelper"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, errors.New("its command, args, env, cwd, url and headers must be strings")
	}
	e := &Entry{Command: in.Command, Args: in.Args, Env: make(map[string]string), Cwd: in.Cwd, URL: in.URL + in.ServerURL, Headers: in.Headers}
	for name, v := range in.Env {
		if s, ok := v.(string); ok {
			e.Env[name] = s
		}
	}
	e.Auth = len(in.OAuth)+len(in.Auth)+len(in.HeadersHelper) > 0
	return e, nil
}

// id is what a command's server is called that nobody named.
func (e *Entry) id() string {
	switch p := e.launch(); p.Kind {
	case runner.NPM, runner.Python, runner.Image:
		return mantlet.ServerIDFrom(p.Name, mantlet.MaxServerID)
	default:
	}
	return mantlet.ServerIDFrom(e.program(), mantlet.MaxServerID)
}

// program is the command's name without its path and ending, in lower case.
func (e *Entry) program() string { return runner.Program(e.Command) }

// launch is the package that the entry's command fetches and runs; its Arg is -1 for none.
func (e *Entry) launch() runner.Package { return runner.Parse(e.Command, e.Args).Main() }

// Show is the whole command, as a person must see it before saying yes: each argument by
// itself, fit for a terminal.
func Show(command string, args []string) string {
	out := make([]string, 0, len(args)+1)
	for _, a := range slices.Concat([]string{command}, args) {
		shown := mantlet.Escape(a)
		if a == "" || strings.ContainsAny(a, " \"'`|&;<>()$*?!\\\t\r\n") {
			shown = `"` + strings.ReplaceAll(shown, `"`, `\"`) + `"`
		}
		out = append(out, shown)
	}
	return strings.Join(out, " ")
}

// address is the URL's scheme and host, which hold no secret; ok is false where it cannot
// be read.
func (e *Entry) address() (u *url.URL, ok bool) {
	u, err := url.Parse(e.URL)
	return u, err == nil && u.Host != ""
}
