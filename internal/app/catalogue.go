package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/store"
	"github.com/mantlet-mcp/mantlet/internal/store/postgres"
	"github.com/mantlet-mcp/mantlet/internal/store/sqlite"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/ledger"
)

// A catalogue is the trust room and its database; nil where nothing is pinned.
type catalogue struct {
	*trust.Registry

	db *store.DB
}

// openTrust opens the catalogue, where definitions are pinned.
func openTrust(cfg *config.Config) (*catalogue, error) {
	if !cfg.Trust.Pins() {
		return nil, nil //nolint:nilnil // the room is switched off, by name
	}
	ctx := context.Background()
	signer, known, err := checkpointKey(cfg.Trust.KeyFile)
	if err != nil {
		return nil, err
	}
	db, err := openStore(ctx, cfg.Trust)
	if err != nil {
		return nil, err
	}
	o := trust.Options{Vet: vet, Ledger: ledger.Options{
		Store: db, Keeper: ledger.File(cfg.Trust.CheckpointFile), Signer: signer, Known: []note.Verifier{known}, Adopt: cfg.Trust.Adopt,
	}}
	if cfg.Trust.FirstUse == "scan" {
		o.FirstUse = trust.Scan
	}
	r, err := trust.Open(ctx, o)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &catalogue{Registry: r, db: db}, nil
}

func openStore(ctx context.Context, t config.Trust) (*store.DB, error) {
	if t.PostgresFile == "" {
		return sqlite.Open(ctx, t.File)
	}
	url, err := config.Secret(t.PostgresFile)
	if err != nil {
		return nil, err
	}
	return postgres.Open(ctx, strings.TrimSpace(url))
}

// room is the corridor's door.
func (c *catalogue) room() gateway.Trust {
	if c == nil {
		return trust.Unpinned{}
	}
	return c.Registry
}

// Close closes the database.
func (c *catalogue) Close() error {
	if c == nil {
		return nil
	}
	return c.db.Close()
}

// checkpointKey reads the key that signs the catalogue's checkpoints, and its public half,
// a line each; it makes them where they are not there. The log is named by them: whoever
// makes other keys begins another log.
func checkpointKey(path string) (note.Signer, note.Verifier, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := newCheckpointKey(path); err != nil && !errors.Is(err, fs.ErrExist) { // somebody else was first
			return nil, nil, err
		}
	}
	text, err := config.Secret(path)
	if err != nil {
		return nil, nil, err
	}
	secret, public, _ := strings.Cut(strings.TrimSpace(text), "\n")
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, nil, fmt.Errorf("%s does not hold a note's signing key and its verifier, a line each", path) //nolint:errorlint // the cause may hold the key
	}
	known, err := note.NewVerifier(strings.TrimSpace(public))
	if err != nil || known.Name() != signer.Name() || known.KeyHash() != signer.KeyHash() {
		return nil, nil, fmt.Errorf("%s holds a signing key and another one's verifier", path)
	}
	return signer, known, nil
}

func newCheckpointKey(path string) error {
	secret, public, err := note.GenerateKey(rand.Reader, "mantlet.catalogue/"+strings.ToLower(rand.Text()[:12]))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(secret + "\n" + public + "\n")
	return errors.Join(err, f.Close())
}

// vet is what a definition must pass at first sight. There is no scan in this step: all
// of them ask.
func vet(context.Context, trust.Seen) trust.Verdict {
	return trust.Verdict{Why: "it was not scanned"}
}
