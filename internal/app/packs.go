package app

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/pack"
)

// packs are the rules that are compiled in and those of the configuration's files. A pack with
// a key is taken only with its signature, and none in an older version than was once in force.
func packs(cfg *config.Config, files []config.Pack) (*pack.Engine, error) {
	own, err := pack.Builtin()
	if err != nil {
		return nil, err
	}
	all := []*pack.Pack{own}
	seen := versions{file: filepath.Join(cfg.State, "packs.json")}
	for _, f := range files {
		p, err := openPack(cfg, f)
		if err == nil {
			err = seen.rise(p)
		}
		if err != nil {
			return nil, fmt.Errorf("the pack %s: %w", f.File, err)
		}
		all = append(all, p)
	}
	if err := seen.save(); err != nil {
		return nil, err
	}
	return pack.New(all...)
}

func openPack(cfg *config.Config, f config.Pack) (*pack.Pack, error) {
	b, err := cfg.ReadFile(f.File)
	if err != nil {
		return nil, err
	}
	if f.KeyFile != "" {
		if err := signed(cfg, f, b); err != nil {
			return nil, err
		}
	}
	return pack.Read(b)
}

var errUnsigned = errors.New("its signature is not by the key that it has to be by; ask its author for the one that belongs to this version")

func signed(cfg *config.Config, f config.Pack, content []byte) error {
	text, err := cfg.ReadFile(f.KeyFile)
	if err != nil {
		return err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return fmt.Errorf("%s holds no public key in PEM", f.KeyFile)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	key, ok := parsed.(ed25519.PublicKey)
	if err != nil || !ok {
		return fmt.Errorf("%s holds no Ed25519 public key", f.KeyFile)
	}
	signature, err := cfg.ReadFile(f.SignatureFile)
	if err != nil {
		return err
	}
	if !ed25519.Verify(key, content, signature) {
		return errUnsigned
	}
	return nil
}

// versions are the highest of each pack that were in force here.
type versions struct {
	file  string
	of    map[string]int
	moved bool
}

func (v *versions) rise(p *pack.Pack) error {
	if v.of == nil {
		v.of = make(map[string]int)
		b, err := os.ReadFile(v.file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil {
			if err := json.Unmarshal(b, &v.of); err != nil {
				return fmt.Errorf("%s is broken: %w", v.file, err)
			}
		}
	}
	if had := v.of[p.Name]; p.Version < had {
		return fmt.Errorf("it is version %d of %s, and %d was in force; take a newer one", p.Version, p.Name, had)
	}
	v.moved = v.moved || p.Version > v.of[p.Name]
	v.of[p.Name] = p.Version
	return nil
}

func (v *versions) save() error {
	if !v.moved {
		return nil
	}
	b, err := json.Marshal(v.of)
	if err != nil {
		return err
	}
	fresh := v.file + ".new"
	if err := os.WriteFile(fresh, b, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, v.file)
}

// ruled adds the rules of packs: a row for each surface.
func ruled(out []inspect.Row, e *pack.Engine, how config.Detect) ([]inspect.Row, error) {
	from, err := finding.ParseSeverity(how.From)
	if err != nil {
		return nil, err
	}
	for _, s := range []struct {
		name string
		on   inspect.Surface
		do   string
	}{
		{"argument", inspect.Argument, how.In}, {"answer", inspect.Answer, how.In},
		{"data", inspect.Data, how.Back}, {"description", inspect.Description, how.Back}, {"question", inspect.Question, how.Back}, {"remark", inspect.Remark, how.Back},
	} {
		do, err := inspect.ParseAction(s.do)
		if err != nil {
			return nil, err
		}
		out = append(out, inspect.Row{Fact: "injection", Detector: e.On(s.name), On: s.on, Do: do, From: from})
	}
	return out, nil
}
