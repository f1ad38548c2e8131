package resolve

import (
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

const (
	defaultNPM  = "https://registry.npmjs.org/"
	defaultPyPI = "https://pypi.org/simple/"
	maxConf     = 1 << 20 // bytes of an .npmrc
)

// npmRegistry is where npm would ask for name, in npm's own order: the command line, the
// environment, .npmrc of the project and of the user; a scope's registry before the
// general one. It ends in a slash.
func (a asker) npmRegistry(name string) (string, error) {
	project, err := npmrc(filepath.Join(a.spec.Dir, ".npmrc"))
	if err != nil {
		return "", err
	}
	at := filepath.Join(a.home, ".npmrc")
	for k, v := range a.spec.Env {
		if strings.EqualFold(k, "npm_config_userconfig") && v != "" {
			at = v
		}
	}
	if given, ok := option(a.options, "--userconfig"); ok {
		at = given
	}
	user, err := npmrc(at)
	if err != nil {
		return "", err
	}
	env := a.npmEnv()
	keys := []string{"registry"}
	if scope, _, ok := strings.Cut(name, "/"); ok {
		keys = []string{scope + ":registry", "registry"}
	}
	for _, key := range keys {
		if v, ok := option(a.options, "--"+key); ok {
			return base(v)
		}
		for _, from := range []map[string]string{env, project, user} {
			if v := from[key]; v != "" {
				return base(v)
			}
		}
	}
	return defaultNPM, nil
}

func (a asker) npmEnv() map[string]string {
	env := make(map[string]string, len(a.spec.Env))
	for k, v := range a.spec.Env {
		if k, ok := strings.CutPrefix(strings.ToLower(k), "npm_config_"); ok {
			env[k] = v
		}
	}
	return env
}

// base is a registry's address with a slash at its end.
func base(address string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil || u.Host == "" || strings.Contains(address, "${"):
		return "", errors.New("the registry's address cannot be read")
	case u.User != nil:
		return "", errors.New("the registry's address holds a password, which is not sent from here")
	}
	u.RawQuery, u.Fragment = "", ""
	return strings.TrimSuffix(u.String(), "/") + "/", nil
}

// npmrc reads the lines of an .npmrc (ini without sections). One that is not there is
// empty; one that cannot be read is an error, since it may name another registry.
func npmrc(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, errors.New("an .npmrc cannot be read")
	}
	defer f.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(f, maxConf+1))
	if err != nil || len(b) > maxConf {
		return nil, errors.New("an .npmrc cannot be read")
	}
	out := make(map[string]string)
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		k, v, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		out[strings.TrimSpace(k)] = strings.Trim(strings.TrimSpace(v), `"'`)
	}
	return out, nil
}

// option is the value of a long option, joined or in the next argument; the last one holds.
func option(args []string, names ...string) (value string, ok bool) {
	for i, a := range args {
		for _, name := range names {
			if v, joined := strings.CutPrefix(a, name+"="); joined {
				value, ok = v, true
			} else if a == name && i+1 < len(args) {
				value, ok = args[i+1], true
			}
		}
	}
	return value, ok
}
