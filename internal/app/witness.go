package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust/ledger"
)

// witnessRest is the longest time between two rounds to witnesses that do not answer.
const witnessRest = 15 * time.Minute

// witnesses are those who are asked to sign the catalogue's checkpoints.
type witnesses struct {
	ledger.Quorum

	names []string // as the configuration has them
	every time.Duration
	asker ledger.Asker
	seen  []int64 // how much each has seen
	size  int64   // of the log when all had signed it; -1 before
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
		every:  time.Duration(w.Every), size: -1, seen: make([]int64, len(w.List)),
	}
	for _, one := range w.List {
		key, err := ledger.ParseCosigner(one.Key)
		if err != nil {
			return nil, fmt.Errorf("trust.witnesses: %s: %w", one.Name, err)
		}
		out.Witnesses = append(out.Witnesses, ledger.Witness{Operator: one.Operator, Key: key, URL: one.URL})
		out.names = append(out.names, one.Name)
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
	w := a.trust.witnesses
	wait := w.every
	for ctx.Err() == nil {
		if a.trust.Size() != w.size {
			wait = min(2*wait, max(witnessRest, w.every))
			if a.askAll(ctx, w) {
				wait = w.every
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// askAll asks each witness once, keeps what they sign, and reports whether all have.
func (a *App) askAll(ctx context.Context, w *witnesses) bool {
	s, err := a.trust.Snapshot(ctx)
	if err != nil {
		a.log.Error("the catalogue's log cannot be shown to its witnesses", "error", err)
		return false
	}
	all := true
	for i := range w.Witnesses {
		seen, err := w.asker.Ask(ctx, &w.Witnesses[i], &s, w.seen[i])
		if errors.Is(err, ledger.ErrAhead) { // a replica was faster, or the log is not what it was
			if again, later := a.trust.Snapshot(ctx); later == nil && again.Tree.N >= seen {
				return false // its next round has it
			}
		}
		if seen >= 0 && seen <= s.Tree.N {
			w.seen[i] = seen
		}
		if err != nil && ctx.Err() == nil {
			a.unwitnessed(w.names[i], err)
		}
		all = all && err == nil
	}
	if a.trust.Witnessed(&s) && all {
		w.size = s.Tree.N
		a.log.Info("the catalogue's log was shown to its witnesses", "entries", s.Tree.N, "say", w.Say(s.Signed))
	}
	return all
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
