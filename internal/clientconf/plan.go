package clientconf

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Plan is what an import does: which entries become which servers.
type Plan struct {
	State   string // Mantlet's state directory: backups and secrets go below it
	Mantlet string // the path of the program that the clients start
	Entries []Entry
	Address string                             // host:port of the running Mantlet
	Token   func(client, server string) string // of one client at one server
}

// A Server is one imported server, for Mantlet's own configuration. Values of
// secrets are "file:PATH".
type Server struct {
	ID      string
	Command string
	Args    []string
	Env     map[string]string
	Cwd     string
	URL     string
	Headers map[string]string
	// Protocol is "sse" where the client says that the URL is of HTTP+SSE; "" lets
	// Mantlet find out.
	Protocol string
}

// Servers names the plan's servers. Two entries that say the same become one; two
// that differ under one name get numbers.
func (p Plan) Servers() (servers []Server, ids []string, err error) {
	taken := make(map[string]Entry)
	for _, e := range p.Entries {
		id := e.ID()
		for n := 2; ; n++ {
			other, ok := taken[id]
			if !ok || same(other, e) {
				break
			}
			id = fmt.Sprintf("%s-%d", e.ID(), n)
		}
		ids = append(ids, id)
		if _, ok := taken[id]; ok {
			continue
		}
		taken[id] = e
		s := Server{ID: id, Command: e.Command, Args: e.Args, Cwd: e.Cwd, URL: e.URL}
		if e.sse() {
			s.Protocol = "sse"
		}
		s.Env, err = p.hide(id, "env", e.Env)
		if err == nil {
			s.Headers, err = p.hide(id, "header", e.Header)
		}
		if err != nil {
			return nil, nil, errors.Join(err, p.Forget(append(servers, s)))
		}
		servers = append(servers, s)
	}
	return servers, ids, nil
}

func same(a, b Entry) bool {
	return a.Command == b.Command && a.URL == b.URL && a.sse() == b.sse() && a.Cwd == b.Cwd &&
		slices.Equal(a.Args, b.Args) && maps.Equal(a.Env, b.Env) && maps.Equal(a.Header, b.Header)
}

// Forget takes away the secrets that Servers wrote, for an import that is not made.
func (p Plan) Forget(servers []Server) error {
	var errs []error
	for _, s := range servers {
		for _, values := range []map[string]string{s.Env, s.Headers} {
			for _, v := range values {
				if err := os.Remove(strings.TrimPrefix(v, "file:")); !errors.Is(err, fs.ErrNotExist) {
					errs = append(errs, err)
				}
			}
		}
	}
	return errors.Join(errs...)
}

// Clients are those that get tokens, and the servers that these open: those that
// the client had itself, and no others. Who goes by way of wrap needs none.
func (p Plan) Clients(ids []string) map[string][]string {
	out := make(map[string][]string)
	for i, e := range p.Entries {
		if name := e.File.Client; e.Direct() && !slices.Contains(out[name], ids[i]) {
			out[name] = append(out[name], ids[i])
		}
	}
	return out
}

// hide puts every value into a file of mode 0600 of its own: any of them may be a
// secret, and none belongs into a configuration that people show each other.
func (p Plan) hide(id, kind string, values map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(values))
	dir := filepath.Join(p.State, "secrets")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for name, v := range values {
		if strings.ContainsAny(name, "/\\\x00") || strings.Contains(name, "..") {
			return out, fmt.Errorf("server %s: %q cannot be a name", id, name)
		}
		path := filepath.Join(dir, id+"."+kind+"."+name)
		out[name] = "file:" + path
		if err := replaceFile(path, []byte(v), 0o600); err != nil {
			return out, err
		}
	}
	return out, nil
}
