package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust/ledger"
)

// witnessRest is the longest time until a witness that did not sign is asked again.
const witnessRest = 15 * time.Minute

// witnesses are those who are asked to sign the catalogue's checkpoints.
type witnesses struct {
	ledger.Quorum

	every time.Duration
	asker ledger.Asker
	each  []asked // beside Quorum.Witnesses
}

// An asked is how far one witness has come.
type asked struct {
	name   string // as the configuration has it
	seen   int64  // how much of the log they have seen
	signed int64  // how long the log was that they signed last; -1 before
	rest   time.Duration
	next   time.Time // they are not asked before
}

// due reports whether they are to be asked about a log of size entries.
func (a *asked) due(size int64) bool { return a.signed != size && !time.Now().Before(a.next) }

// answered takes in what came of asking about a log of size entries.
func (a *asked) answered(size int64, err error, every time.Duration) {
	if err == nil {
		a.signed, a.rest, a.next = size, 0, time.Time{}
		return
	}
	a.rest = min(max(2*a.rest, every), max(witnessRest, every))
	a.next = time.Now().Add(a.rest)
}

// witnessesOf reads the configuration; nil where there are none. The log's key is there.
func witnessesOf(cfg *config.Config) (*witnesses, error) {
	w := cfg.Trust.Witnesses
	if w == nil {
		return nil, nil //nolint:nilnil // nobody is asked
	}
	own, err := LogKey(cfg)
	if err != nil {
		return nil, err
	}
	out := &witnesses{
		Quorum: ledger.Quorum{Operator: w.Operator, LogKeys: append([]string{own}, w.LogKeys...), K: w.K},
		every:  time.Duration(w.Every),
	}
	for _, one := range w.List {
		key, err := ledger.ParseCosigner(one.Key)
		if err != nil {
			return nil, fmt.Errorf("trust.witnesses: %s: %w", one.Name, err)
		}
		out.Witnesses = append(out.Witnesses, ledger.Witness{Operator: one.Operator, Key: key, URL: one.URL})
		out.each = append(out.each, asked{name: one.Name, signed: -1})
	}
	if err := out.Check(); err != nil {
		return nil, fmt.Errorf("trust.witnesses: %w", err)
	}
	out.asker.Client = &http.Client{Transport: &http.Transport{ // no proxy of the environment, and nothing is kept open for a request in half a minute
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}}
	return out, nil
}

// LogKey is the public key of the catalogue's log, as notes write it.
func LogKey(cfg *config.Config) (string, error) {
	text, err := config.Secret(cfg.Trust.KeyFile)
	if err != nil {
		return "", err
	}
	_, public, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(public), nil
}

// beWitnessed shows the catalogue's log to its witnesses whenever it has grown, until ctx
// ends. One that is away stops nothing: the log is not witnessed for as long, and says so.
func (a *App) beWitnessed(ctx context.Context) {
	if a.trust == nil || a.trust.witnesses == nil {
		return
	}
	for ctx.Err() == nil {
		a.askWitnesses(ctx, a.trust.witnesses)
		select {
		case <-ctx.Done():
		case <-time.After(a.trust.witnesses.every):
		}
	}
}

// askWitnesses asks each that is due once, and keeps what they sign.
func (a *App) askWitnesses(ctx context.Context, w *witnesses) {
	size := a.trust.Size()
	if !slices.ContainsFunc(w.each, func(one asked) bool { return one.due(size) }) {
		return
	}
	s, err := a.trust.Snapshot(ctx)
	if err != nil {
		a.log.Error("the catalogue's log cannot be shown to its witnesses", "error", err)
		return
	}
	for i := range w.each {
		if one := &w.each[i]; one.due(s.Tree.N) && ctx.Err() == nil {
			err := a.askWitness(ctx, w, i, &s)
			one.answered(s.Tree.N, err, w.every)
		}
	}
	if a.trust.Witnessed(&s) {
		a.log.Info("the catalogue's log was shown to its witnesses", "entries", s.Tree.N, "say", w.Say(s.Signed))
	}
}

func (a *App) askWitness(ctx context.Context, w *witnesses, i int, s *ledger.Snapshot) error {
	one := &w.each[i]
	seen, err := w.asker.Ask(ctx, &w.Witnesses[i], s, one.seen)
	if seen >= 0 && seen <= s.Tree.N {
		one.seen = seen
	}
	if errors.Is(err, ledger.ErrAhead) { // a replica was faster, or the log is not what it was
		if now, later := a.trust.Snapshot(ctx); later == nil && now.Tree.N >= seen {
			return err // the next round has it
		}
	}
	if err != nil && ctx.Err() == nil {
		a.unwitnessed(one.name, err)
	}
	return err
}

// unwitnessed says what a witness has not signed, and why. That it has seen another
// history is the one thing which a witness is there to say.
func (a *App) unwitnessed(name string, err error) {
	switch {
	case errors.Is(err, ledger.ErrContradicted):
		a.log.Error("A WITNESS HAS SEEN ANOTHER HISTORY OF THE CATALOGUE'S LOG: it was forked or put back, or somebody else signs with its key; approve nothing, and compare exports", "witness", name, "error", err)
	case errors.Is(err, ledger.ErrAhead):
		a.log.Error("a witness has seen more of the catalogue's log than there is: it was put back, or a replica is ahead that this one does not follow", "witness", name, "error", err)
	default:
		a.log.Warn("a witness has not signed the catalogue's log; it is asked again", "witness", name, "error", err)
	}
}

// A Witnessed is what an export shows.
type Witnessed struct {
	Log       string // its name
	Entries   int64  // that it holds
	Operators int    // who have signed and count
	Of        int    // who are named and could
	K         int    // how many it takes
	Enough    bool   // so many have
}

func (w Witnessed) String() string {
	if !w.Enough {
		return fmt.Sprintf("not witnessed: %d of %d operators have signed, and it takes %d", w.Operators, w.Of, w.K)
	}
	return fmt.Sprintf("witnessed by %d of %d operators", w.Operators, w.Of)
}

// VerifyWitnessed reads an export as VerifyCatalogue does, and says how it is witnessed by
// witnesses, each OPERATOR=KEY, or a KEY whose name is its operator. operator runs the log.
// k of 0 is all of them.
func VerifyWitnessed(dir, logKey, operator string, witnesses []string, k int) (out Witnessed, err error) {
	known, err := note.NewVerifier(logKey)
	if err != nil {
		return out, err
	}
	q := ledger.Quorum{Operator: operator, LogKeys: []string{logKey}, K: k}
	if q.Operator == "" {
		q.Operator = known.Name()
	}
	others := make(map[string]bool)
	for _, text := range witnesses {
		w, err := witness(text)
		if err != nil {
			return out, err
		}
		if w.Operator != q.Operator {
			others[w.Operator] = true
		}
		q.Witnesses = append(q.Witnesses, w)
	}
	if out.Of = len(others); k == 0 {
		q.K = out.Of
	}
	if err := q.Check(); err != nil {
		return out, err
	}
	tree, n, err := q.VerifyWitnessed(dir, known.Name(), func(int64, []byte) error { return nil }, known)
	out.Log, out.Entries, out.Operators, out.K, out.Enough = known.Name(), tree.N, n, q.K, err == nil
	if errors.Is(err, ledger.ErrUnwitnessed) {
		err = nil
	}
	return out, err
}

// witness reads OPERATOR=KEY. A key may itself end in "=", behind its "+".
func witness(text string) (ledger.Witness, error) {
	operator, vkey, ok := strings.Cut(text, "=")
	if !ok || strings.Contains(operator, "+") {
		operator, vkey = "", text
	}
	key, err := ledger.ParseCosigner(vkey)
	if err != nil {
		return ledger.Witness{}, err
	}
	if operator == "" {
		operator = key.Name()
	}
	return ledger.Witness{Operator: operator, Key: key}, nil
}
