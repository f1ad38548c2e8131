package ledger

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The bounds of asking a witness (C2SP tlog-witness).
const (
	maxProof  = 63 // lines
	maxReply  = 64 << 10
	askWithin = 10 * time.Second
)

// Why a witness has not cosigned.
var (
	// ErrContradicted is the one that must be looked into: the log was forked or rolled
	// back, or somebody else signs with its key.
	ErrContradicted = errors.New("the witness has seen another history of this log")
	ErrWitness      = errors.New("the witness has not cosigned")
	// ErrAhead is a replica of this log that was faster, or this log rolled back: take a new
	// Snapshot, and ask again. If that is behind, too, it is the latter.
	ErrAhead = errors.New("the witness has seen more of this log than there is")
)

// An Asker asks witnesses over HTTP. The zero Asker uses http.DefaultTransport.
type Asker struct {
	Client *http.Client // its redirects are not followed
}

// Ask shows w the snapshot, adds its cosignature to s, and returns the size that w has seen
// then. old is the size that it saw last as far as is known, or 0. It takes at most ten
// seconds. Several witnesses are asked one after another, or each with its own snapshot.
func (a *Asker) Ask(ctx context.Context, w *Witness, s *Snapshot, old int64) (seen int64, err error) {
	if w.Key == nil || w.URL == "" {
		return old, fmt.Errorf("%w: it has no key or no address", ErrWitness)
	}
	if err := w.checkURL(); err != nil {
		return old, err
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	for range 2 { // what is known may be old: then it says what it has seen
		var known int64
		known, err = a.ask(ctx, w, s, old)
		if err == nil || known < 0 {
			return known, err
		}
		if known > s.Tree.N {
			return known, fmt.Errorf("%w: %d entries, and here are %d", ErrAhead, known, s.Tree.N)
		}
		if known == old { // it knows that size with another root
			return known, ErrContradicted
		}
		old = known
	}
	return old, err
}

// ask is one request. Where the witness says what size it has seen, that comes with the
// error; else -1 does.
func (a *Asker) ask(ctx context.Context, w *Witness, s *Snapshot, old int64) (known int64, err error) {
	body, err := s.request(old)
	if err != nil {
		return -1, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(w.URL, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return -1, err
	}
	reply, err := a.client().Do(r)
	if err != nil {
		return -1, fmt.Errorf("%w: %w", ErrWitness, err)
	}
	defer reply.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(io.LimitReader(reply.Body, maxReply+1))
	if err != nil || len(text) > maxReply {
		return -1, fmt.Errorf("%w: its reply cannot be read, or has more than %d bytes", ErrWitness, maxReply)
	}
	switch reply.StatusCode {
	case http.StatusOK:
		cosigned, ok := w.Key.cosign(s.Signed, text)
		if !ok {
			return -1, fmt.Errorf("%w: what it sent is no cosignature of its key under this checkpoint", ErrWitness)
		}
		s.Signed = cosigned
		return s.Tree.N, nil
	case http.StatusConflict:
		if known, ok := size(text); ok && reply.Header.Get("Content-Type") == "text/x.tlog.size" {
			return known, fmt.Errorf("%w: it has seen %d entries", ErrWitness, known)
		}
		return -1, fmt.Errorf("%w: it says that there is a conflict, and not which", ErrWitness)
	case http.StatusUnprocessableEntity:
		return -1, fmt.Errorf("%w: this one does not follow from it", ErrContradicted)
	case http.StatusForbidden:
		return -1, fmt.Errorf("%w: it does not know the log's key", ErrWitness)
	case http.StatusNotFound:
		return -1, fmt.Errorf("%w: it does not know the log", ErrWitness)
	default:
		return -1, fmt.Errorf("%w: it answered %d", ErrWitness, reply.StatusCode)
	}
}

func (a *Asker) client() *http.Client {
	c := http.Client{Timeout: askWithin}
	if a.Client != nil {
		c = *a.Client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// request is the body of add-checkpoint.
func (s *Snapshot) request(old int64) ([]byte, error) {
	if old < 0 || old > s.Tree.N {
		return nil, fmt.Errorf("%w: there is no proof of %d entries in a log of %d", ErrWitness, old, s.Tree.N)
	}
	proof, err := s.proof(old)
	if err != nil {
		return nil, err
	}
	if len(proof) > maxProof {
		return nil, fmt.Errorf("%w: the proof has %d lines", ErrWitness, len(proof))
	}
	b := fmt.Appendf(nil, "old %d\n", old)
	for _, h := range proof {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), s.Signed...), nil
}

// size reads a number in decimal and a line break.
func size(text []byte) (int64, bool) {
	word, ok := strings.CutSuffix(string(text), "\n")
	n, err := strconv.ParseInt(word, 10, 64)
	return n, ok && err == nil && n >= 0 && strconv.FormatInt(n, 10) == word
}
