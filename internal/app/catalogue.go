package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/gateway"
	"github.com/mantlet-mcp/mantlet/internal/gesture"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/store"
	"github.com/mantlet-mcp/mantlet/internal/store/postgres"
	"github.com/mantlet-mcp/mantlet/internal/store/sqlite"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/definition"
	"github.com/mantlet-mcp/mantlet/internal/trust/effect"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/trust/ledger"
)

// A catalogue is the trust room and its database; nil where nothing is pinned.
type catalogue struct {
	*trust.Registry

	db   *store.DB
	totp *gesture.TOTP
	scan *rule.Engine
	uri  string // what the approver enrols from, where the secret was made at this start

	terms      atomic.Pointer[terms]
	parts      partsOf
	builds     builds
	cfg        atomic.Pointer[config.Config] // in force
	ratings    ratings
	page       *page        // nil where nobody approves in a browser
	registries *http.Client // to ask which version is newest; nil asks none

	witnesses *witnesses // nil where nobody is asked to sign the log

	naming sync.Mutex
	names  names
	alike  alike
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
	c := &catalogue{scan: rule.New()}
	c.cfg.Store(cfg)
	if *cfg.Trust.Resolve {
		c.registries = &http.Client{Timeout: resolveTime, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: time.Second}}
	}
	if c.witnesses, err = witnessesOf(cfg); err != nil {
		return nil, err
	}
	if c.totp, c.uri, err = approver(cfg.Trust.CodeFile); err != nil {
		return nil, err
	}
	if c.db, err = openStore(ctx, cfg.Trust); err != nil {
		return nil, err
	}
	if c.page, err = openPage(cfg.Trust); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	terms, err := termsOf(cfg)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.terms.Store(terms)
	pace := paceOf(cfg.Trust)
	o := trust.Options{Vet: c.vet, FirstUse: pace.FirstUse, MaxAge: pace.MaxAge, Valid: pace.Valid, Trial: pace.Trial, Ledger: ledger.Options{
		Store: c.db, Keeper: ledger.File(cfg.Trust.CheckpointFile), Signer: signer, Known: []note.Verifier{known}, Adopt: cfg.Trust.Adopt,
	}}
	o.MinimumTrust, o.Learned = pace.MinimumTrust, c.learned
	if c.Registry, err = trust.Open(ctx, o); err != nil {
		where := cfg.Trust.File
		if cfg.Trust.PostgresFile != "" {
			where = "the database"
		}
		return nil, errors.Join(fmt.Errorf("%w; %s and %s belong together: put back what was there, or move both away and approve everything anew", err, where, cfg.Trust.CheckpointFile), c.Close())
	}
	c.rateFirst(ctx)
	return c, nil
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

// Close closes the database, and the page's listener.
func (c *catalogue) Close() error {
	if c == nil {
		return nil
	}
	if c.page != nil {
		_ = c.page.at.Close() // its server closes it again
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

// CatalogueKey is the public key of the catalogue's checkpoints, and the name of its log.
// It is not made here.
func CatalogueKey(cfg *config.Config) (note.Verifier, error) {
	text, err := config.Secret(cfg.Trust.KeyFile)
	if err != nil {
		return nil, err
	}
	_, public, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return note.NewVerifier(strings.TrimSpace(public))
}

// VerifyCatalogue reads an export without this Mantlet's database, and returns how many
// entries it holds. See ledger.VerifyExport.
func VerifyCatalogue(dir string, key note.Verifier) (int64, error) {
	t, err := ledger.VerifyExport(dir, key.Name(), func(int64, []byte) error { return nil }, key)
	return t.N, err
}

func newCheckpointKey(path string) error {
	secret, public, err := note.GenerateKey(rand.Reader, "mantlet.catalogue/"+strings.ToLower(rand.Text()[:12]))
	if err != nil {
		return err
	}
	return newSecretFile(path, secret+"\n"+public+"\n")
}

// approver reads the secret of the approver's codes, or makes it: then there is a URI to
// enrol from.
func approver(path string) (totp *gesture.TOTP, uri string, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		secret, err := gesture.NewSecret()
		if err != nil {
			return nil, "", err
		}
		if err := newSecretFile(path, secret+"\n"); err != nil && !errors.Is(err, fs.ErrExist) { // somebody else was first
			return nil, "", err
		}
		uri = gesture.URI(secret, User())
	}
	secret, err := config.Secret(path)
	if err != nil {
		return nil, "", err
	}
	if totp, err = gesture.New(secret); err != nil {
		return nil, "", fmt.Errorf("%s: %w", path, err)
	}
	return totp, uri, nil
}

// Enrolment is the otpauth URI of the approver's codes, a secret, if they were made at this
// start; "" otherwise.
func (a *App) Enrolment() string {
	if a.trust == nil {
		return ""
	}
	return a.trust.uri
}

// vetLaunch lets start what the configuration names, unless nobody knows what that is, or
// it is known to be vulnerable.
func (c *catalogue) vetLaunch(ctx context.Context, s trust.Seen) trust.Verdict {
	var l launch.Launch
	if err := json.Unmarshal(s.Definition, &l); err != nil {
		return trust.Verdict{Why: "it cannot be read"}
	}
	if v, holed := c.vetHoles(ctx, s); holed {
		return v
	}
	if l.Resolved != nil {
		return trust.Verdict{Usable: true, Why: mantlet.Escape("the configuration names it, and " + l.Resolved.Version + " is what it means today")}
	}
	if l.Floating != "" {
		return trust.Verdict{Why: mantlet.Escape(l.Floating) + "; write the version, or approve it as it is"}
	}
	return trust.Verdict{Usable: true, Why: "the configuration names exactly this"}
}

// vet is what a definition must pass at first sight: nothing in its words that the scan
// holds back, and, of a tool, nothing that it could change.
func (c *catalogue) vet(ctx context.Context, s trust.Seen) trust.Verdict {
	if s.Target.Kind == mantlet.KindLaunch {
		return c.vetLaunch(ctx, s)
	}
	if s.Target.Kind == mantlet.KindIdentity {
		return trust.Verdict{Usable: true, Why: "the configuration names the address, and TLS has proved it"}
	}
	d, err := rule.Read(string(s.Target.Server), s.Target.Kind.String(), s.Definition)
	if err != nil {
		return trust.Verdict{Why: mantlet.Escape(err.Error())}
	}
	if v, holed := c.vetHoles(ctx, s); holed {
		return v
	}
	d.Siblings, d.Others = c.namesFor(s.Target.Server)
	for _, f := range c.scan.Scan(d) {
		if f.Severity >= rule.Medium { // a word before it can make less of a finding: to ask costs a look
			return trust.Verdict{Why: fmt.Sprintf("%s at %s: %s", f.Rule, mantlet.Escape(f.Field), f.Words)}
		}
	}
	if s.Target.Kind != mantlet.KindTool {
		return trust.Verdict{Usable: true, Why: "the scan found nothing"}
	}
	parsed, err := definition.Parse(s.Target.Kind, s.Definition)
	if err != nil {
		return trust.Verdict{Why: mantlet.Escape(err.Error())}
	}
	if r, is := c.taken(s.Target); is {
		return trust.Verdict{Why: fmt.Sprintf("its name is, or could be taken for, another server's %s (%s)", mantlet.Escape(r.Known), r.How)}
	}
	if e := effect.Of(parsed); e.Changes() {
		return trust.Verdict{Why: "the scan found nothing, and it may " + e.All().String() + ": a person decides"}
	}
	return trust.Verdict{Usable: true, Why: "the scan found nothing, and it reads only"}
}
