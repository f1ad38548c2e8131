package app

import (
	"reflect"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/inspect/dlp/token"
)

// tokens keep the vault over a reload that changes nothing of it: what a model was given before
// still stands for its value. Where grants or bounds change, the values are forgotten.
type tokens struct {
	mu    sync.Mutex
	vault *token.Vault
	of    config.Tokens
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
	d.vault, err = a.tokens.open(&cfg.Inspect.Tokens)
	return err
}

func (t *tokens) open(c *config.Tokens) (*token.Vault, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.vault != nil && reflect.DeepEqual(t.of, *c) {
		return t.vault, nil
	}
	o := token.Options{Digits: c.Digits, Most: c.Most, Age: time.Duration(c.Age)}
	for _, g := range c.Grants {
		o.Grants = append(o.Grants, token.Grant{Server: g.Server, Param: g.Param, Class: g.Class})
	}
	v, err := token.New(o)
	if err == nil {
		t.vault, t.of = v, *c
	}
	return v, err
}
