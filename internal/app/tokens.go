package app

import (
	"fmt"
	"maps"
	"reflect"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/token"
)

// tokens keep the vault over a reload that changes nothing of it: what a model was given before
// still stands for its value. Where grants or bounds change, or a server's id comes to mean
// another one, the values are forgotten: they are for the server that they came from.
type tokens struct {
	mu    sync.Mutex
	vault *token.Vault
	of    config.Tokens
	where map[string]string
}

// endpoints are what the ids of servers stand for.
func endpoints(cfg *config.Config) map[string]string {
	out := make(map[string]string, len(cfg.Servers))
	for id, s := range cfg.Servers {
		out[id] = fmt.Sprintf("%q %q %q", s.URL, s.Command, s.Args)
	}
	return out
}

// moved reports whether an id stands for another server than it did.
func (t *tokens) moved(where map[string]string) bool {
	for id, was := range t.where {
		if is, ok := where[id]; ok && is != was {
			return true
		}
	}
	return false
}

// vaulted gives d the vault for all rooms; none where nothing is tokenised and nothing granted.
func (a *App) vaulted(cfg *config.Config, d *detectors) (err error) {
	need := cfg.Inspect.Tokenises() || len(cfg.Inspect.Tokens.Grants) > 0
	for _, s := range cfg.Servers {
		need = need || s.Inspect != nil && s.Inspect.Tokenises()
	}
	if !need {
		return nil
	}
	d.vault, err = a.tokens.open(&cfg.Inspect.Tokens, endpoints(cfg))
	return err
}

func (t *tokens) open(c *config.Tokens, where map[string]string) (*token.Vault, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.vault != nil && reflect.DeepEqual(t.of, *c) && !t.moved(where) {
		if t.where == nil {
			t.where = make(map[string]string)
		}
		maps.Copy(t.where, where) // an id that goes and comes back is still the one that it was
		return t.vault, nil
	}
	o := token.Options{Digits: c.Digits, Most: c.Most, Age: time.Duration(c.Age)}
	for _, g := range c.Grants {
		o.Grants = append(o.Grants, token.Grant{Server: g.Server, Param: g.Param, Class: g.Class})
	}
	v, err := token.New(o)
	if err == nil {
		t.vault, t.of, t.where = v, *c, where
	}
	return v, err
}
