package ledger

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Witness is somebody else's key, who signs a checkpoint only if it follows the last one
// that they saw.
type Witness struct {
	Operator string // who runs it: several keys of one operator are one witness
	Key      *Cosigner
	URL      string // where it is asked, without /add-checkpoint; "" where nobody asks it
}

// A Quorum is whose cosignatures are worth something. The zero Quorum is never reached.
type Quorum struct {
	Operator  string   // who runs the log: their own witnesses do not count
	LogKeys   []string // the log's keys as note.NewVerifier reads them: none of them is a witness
	K         int      // how many operators it takes
	Witnesses []Witness
}

// ErrUnwitnessed is why a checkpoint has not convinced a Quorum.
var ErrUnwitnessed = errors.New("not witnessed")

// Check reports whether q could be reached: names are said, keys stand once, and there are
// K operators beside the log's own.
func (q *Quorum) Check() error {
	keys, others := make(map[string]bool), make(map[string]bool)
	for _, vkey := range q.LogKeys {
		_, key, err := splitVkey(vkey)
		if err != nil {
			return fmt.Errorf("a key of the log: %w", err)
		}
		keys[string(key[1:])] = true
	}
	if q.Operator == "" {
		return errors.New("the log's own operator is not named")
	}
	for i := range q.Witnesses {
		w := &q.Witnesses[i]
		if w.Operator == "" || w.Key == nil || len(w.Key.key) != ed25519.PublicKeySize {
			return errors.New("a witness has an operator and a key")
		}
		if keys[string(w.Key.key)] {
			return fmt.Errorf("the key of the witness %s is that of another, or of the log", w.Key.name)
		}
		keys[string(w.Key.key)] = true
		if err := w.checkURL(); err != nil {
			return err
		}
		if w.Operator != q.Operator {
			others[w.Operator] = true
		}
	}
	if q.K < 1 || q.K > len(others) {
		return fmt.Errorf("%d operators are asked for, and %d beside the log's own are named", q.K, len(others))
	}
	return nil
}

// checkURL reports whether w is asked over TLS, or on this machine.
func (w *Witness) checkURL() error {
	if w.URL == "" {
		return nil
	}
	u, err := url.Parse(w.URL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("the address of the witness %s is none", w.Key.name)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && !ip.IsLoopback()) {
		return fmt.Errorf("the witness %s is asked without TLS; write https", w.Key.name)
	}
	return nil
}

// A Cosignature is one operator's under a checkpoint.
type Cosignature struct {
	Operator string
	Name     string    // of the key
	At       time.Time // when they had seen nothing that contradicts it
}

// Cosignatures are those that count under checkpoint: one for each operator but the log's
// own, the oldest of theirs.
func (q *Quorum) Cosignatures(checkpoint []byte) (out []Cosignature) {
	for i := range q.Witnesses {
		w := &q.Witnesses[i]
		if w.Operator == "" || w.Operator == q.Operator || w.Key == nil {
			continue
		}
		at, ok := w.Key.at(checkpoint)
		if !ok {
			continue
		}
		j := slices.IndexFunc(out, func(c Cosignature) bool { return c.Operator == w.Operator })
		if c := (Cosignature{w.Operator, w.Key.name, at}); j < 0 {
			out = append(out, c)
		} else if at.Before(out[j].At) {
			out[j] = c
		}
	}
	return out
}

// Cosigned returns how many operators have cosigned checkpoint, and ErrUnwitnessed unless
// there are K. The log's own signature is ParseCheckpoint's to check.
func (q *Quorum) Cosigned(checkpoint []byte) (n int, err error) {
	if err := q.Check(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnwitnessed, err)
	}
	n = len(q.Cosignatures(checkpoint))
	if n < q.K {
		return n, fmt.Errorf("%w: %d of the %d operators that it takes have signed", ErrUnwitnessed, n, q.K)
	}
	return n, nil
}

// Say is how checkpoint is witnessed, for people.
func (q *Quorum) Say(checkpoint []byte) string {
	if _, err := q.Cosigned(checkpoint); err != nil {
		return err.Error()
	}
	all := q.Cosignatures(checkpoint)
	words := make([]string, len(all))
	for i, c := range all {
		words[i] = fmt.Sprintf("%s at %s", c.Operator, c.At.Format(time.RFC3339))
	}
	return fmt.Sprintf("witnessed by %d operators, of whom it takes %d: %s", len(all), q.K, strings.Join(words, ", "))
}

// VerifyWitnessed is VerifyExport, and says how q finds the checkpoint witnessed: err is
// ErrUnwitnessed where the export is sound and too few have seen it.
func (q *Quorum) VerifyWitnessed(dir, origin string, each func(index int64, entry []byte) error, known ...note.Verifier) (tree tlog.Tree, n int, err error) {
	if tree, err = VerifyExport(dir, origin, each, known...); err != nil {
		return tlog.Tree{}, 0, err
	}
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint")) //nolint:gosec // the export that was asked for
	if err != nil {
		return tlog.Tree{}, 0, err
	}
	if again, err := ParseCheckpoint(signed, origin, known...); err != nil || again != tree {
		return tlog.Tree{}, 0, errors.Join(ErrForked, err) // it was changed since
	}
	n, err = q.Cosigned(signed)
	return tree, n, err
}

// A Snapshot is the log as it was at one time, to be shown to witnesses while it grows.
type Snapshot struct {
	Signed []byte // the checkpoint, with the cosignatures that it has
	Tree   tlog.Tree
	hashes memory
}

// Snapshot is the log as it is now.
func (l *Ledger) Snapshot() (Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	root, err := tlog.TreeHash(l.size, l.hashes)
	return Snapshot{bytes.Clone(l.last), tlog.Tree{N: l.size, Hash: root}, l.hashes}, err
}

// proof is that the tree of size old is the beginning of the snapshot's; none is needed of
// nothing, nor of the same.
func (s *Snapshot) proof(old int64) (tlog.TreeProof, error) {
	if old == 0 || old == s.Tree.N {
		return nil, nil
	}
	return tlog.ProveTree(s.Tree.N, old, s.hashes)
}

// Witnessed puts the cosignatures of s under the log's checkpoint, so that an export has
// them, and reports whether the log is still the one that they are under.
func (l *Ledger) Witnessed(s *Snapshot) bool {
	text := func(signed []byte) []byte {
		body, _, _ := bytes.Cut(signed, []byte("\n\n"))
		return body
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size != s.Tree.N || !bytes.Equal(text(l.last), text(s.Signed)) || !bytes.HasPrefix(s.Signed, l.last) {
		return false
	}
	l.last = bytes.Clone(s.Signed)
	return true
}
