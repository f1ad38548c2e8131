package clientconf

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet"
)

// An Entry is one server of a file.
type Entry struct {
	File    File
	Name    string
	Command string
	Args    []string
	Env     map[string]string
	Cwd     string
	URL     string
	Header  map[string]string

	kind       string  // the member type, as it stands there
	more       []field // members that are the client's own business
	at         string  // where the file really is
	seen       []byte  // what was in it
	start, end int     // the entry's place there
}

// entry reads one server's object. What it cannot carry over whole it refuses.
func entry(f File, s field) (Entry, error) {
	var in struct {
		Type     string            `json:"type"`
		Command  string            `json:"command"`
		Args     []string          `json:"args"`
		Env      map[string]string `json:"env"`
		Cwd      string            `json:"cwd"`
		URL      string            `json:"url"`
		Headers  map[string]string `json:"headers"`
		Disabled bool              `json:"disabled"`
	}
	if err := json.Unmarshal(s.value, &in); err != nil {
		return Entry{}, errors.New("it cannot be read; its command, args, env, cwd, url and headers must be strings")
	}
	all, err := fields(s.value, 0)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{File: f, Name: s.name, Command: in.Command, Args: in.Args, Env: in.Env, Cwd: in.Cwd, URL: in.URL, Header: in.Headers, kind: in.Type}
	for _, one := range all {
		switch one.name {
		case "type", "command", "args", "env", "cwd", "url", "headers":
		case "envFile", "headersHelper", "oauth", "auth":
			return Entry{}, fmt.Errorf("its %s is understood by its client alone; add the server to mantlet.yaml by hand", one.name)
		default:
			e.more = append(e.more, one)
		}
	}
	switch {
	case in.Disabled:
		return Entry{}, errors.New("it is switched off there")
	case (in.Command == "") == (in.URL == ""):
		return Entry{}, errors.New("it has neither a command nor a url, or both")
	}
	return e, e.settle()
}

// settle refuses placeholders, which its client alone can fill in (VS Code's
// ${input:...}, ${env:...} and ${workspaceFolder}, Claude Code's ${NAME}): resolved
// here, the value of one moment would be written down for good.
func (e *Entry) settle() error {
	texts := slices.Concat([]string{e.Command, e.Cwd, e.URL}, e.Args,
		slices.Collect(maps.Values(e.Env)), slices.Collect(maps.Values(e.Header)))
	for _, t := range texts {
		if i := strings.Index(t, "${"); i >= 0 {
			word, _, _ := strings.Cut(t[i:], "}")
			word, _, _ = strings.Cut(word, ":-") // what follows is a value
			return fmt.Errorf("it holds the placeholder %s}, which its client alone can fill in; add the server to mantlet.yaml by hand, with file:PATH for a secret", word[:min(len(word), 40)])
		}
	}
	if e.Command == "" {
		return nil
	}
	switch {
	case e.Cwd == "":
		e.Cwd = e.File.Dir
	case !filepath.IsAbs(e.Cwd) && e.File.Dir == "":
		return errors.New("its cwd is relative, and to what is not known")
	case !filepath.IsAbs(e.Cwd):
		e.Cwd = filepath.Join(e.File.Dir, e.Cwd)
	}
	return nil
}

// sse reports whether its client says that the URL speaks HTTP+SSE.
func (e Entry) sse() bool { return e.URL != "" && e.kind == "sse" }

// through reports whether the entry goes through Mantlet already.
func (e Entry) through() bool {
	name := strings.TrimSuffix(filepath.Base(e.Command), ".exe")
	return slices.Contains(e.Args, "wrap") && name == "mantlet" || strings.HasPrefix(e.Header["Authorization"], "Bearer mtl_")
}

// Show is the entry as a person must see it before saying yes: the whole command,
// each argument by itself, the names of variables and headers, and where it runs.
// It is fit for a terminal.
func (e Entry) Show() string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		out = append(out, word(name)+"=…")
	}
	if e.URL != "" {
		out = []string{word(e.URL)}
		for _, name := range slices.Sorted(maps.Keys(e.Header)) {
			out = append(out, "with "+word(name)+": …")
		}
		return strings.Join(out, " ")
	}
	out = append(out, word(e.Command))
	for _, a := range e.Args {
		out = append(out, word(a))
	}
	if e.Cwd != "" {
		out = append(out, "(in "+word(e.Cwd)+")")
	}
	return strings.Join(out, " ")
}

// word is s so that its ends and all that is in it can be seen.
func word(s string) string {
	shown := mantlet.Escape(s)
	if s != "" && !strings.ContainsAny(s, " \"'`|&;<>()$*?!\\\t\r\n") {
		return shown
	}
	return `"` + strings.ReplaceAll(shown, `"`, `\"`) + `"`
}

// maxName leaves room in a server id for the number of a second one of its name.
const maxName = 24

// ID is the server id that Mantlet gives the entry: its name, made to fit.
func (e Entry) ID() string { return mantlet.ServerIDFrom(e.Name, maxName) }

// Direct reports whether the client gets the URL of the running Mantlet and a token:
// where it can send headers, and where its file is this user's alone. A token never
// goes into a project's file, nor into one that is under version control.
func (e Entry) Direct() bool {
	return e.URL != "" && e.File.Headers && !e.File.Project && !versioned(e.File.Path) && !versioned(e.at)
}

// replacement is the entry as it stands in the client's file afterwards: the URL of
// the running Mantlet, or `mantlet wrap`, which joins it. What is the client's own
// business stays.
func (p Plan) replacement(e Entry, id string) ([]byte, error) {
	var out []member
	switch {
	case e.Direct():
		out = []member{{"url", "http://" + p.Address + "/mcp/" + id}, {"headers", map[string]string{"Authorization": "Bearer " + p.Token(e.File.Client, id)}}}
		if e.File.Client != "cursor" { // it tells by the url
			out = append([]member{{"type", "http"}}, out...)
		}
	default:
		out = []member{{"command", p.Mantlet}, {"args", []string{"wrap", "--server", id, "--client", e.File.Client}}}
		if e.kind != "" || e.File.Client == "vscode" {
			out = append([]member{{"type", "stdio"}}, out...)
		}
	}
	for _, m := range e.more {
		out = append(out, member{m.name, json.RawMessage(m.value)})
	}
	return object(out)
}

// A member is one of an object that is written in order.
type member struct {
	name  string
	value any
}

func object(all []member) ([]byte, error) {
	out := []byte{'{'}
	for i, m := range all {
		if i > 0 {
			out = append(out, ',', ' ')
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		if out, err = jsontext.AppendQuote(out, m.name); err != nil {
			return nil, err
		}
		out = append(append(out, ':', ' '), value...)
	}
	return append(out, '}'), nil
}
