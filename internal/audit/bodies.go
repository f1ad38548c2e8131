package audit

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bodies keeps the messages themselves, encrypted under a key of their own
// (AES-256-GCM, the exchange and the kind as associated data), a file a day. It is
// off unless configured: a record of bodies is a store of other people's data.
type Bodies struct {
	Key       [32]byte
	Retention time.Duration // a file older than this is removed; required
}

type bodyStore struct {
	dir       string
	aead      cipher.AEAD
	retention time.Duration
	now       func() time.Time

	mu     sync.Mutex // held across the write: keeping bodies is a chosen cost
	day    string
	out    io.WriteCloser
	whole  bool // out ends with a whole line
	sweep  *time.Timer
	closed bool
}

// sweepEvery is how often what is too old is looked for, whether or not anything new
// is kept.
const sweepEvery = time.Hour

func openBodies(dir string, o *Bodies, now func() time.Time) (*bodyStore, error) {
	if o == nil {
		return nil, nil //nolint:nilnil // a nil store keeps nothing, by its methods
	}
	if o.Key == ([32]byte{}) || o.Retention <= 0 {
		return nil, errors.New("audit: keeping bodies needs a key and a retention")
	}
	aead, err := bodyKey(o.Key)
	if err != nil {
		return nil, err
	}
	s := &bodyStore{dir: dir, aead: aead, retention: o.Retention, now: now}
	if err := s.expire(); err != nil {
		return nil, err
	}
	s.sweep = time.AfterFunc(sweepEvery, s.again)
	return s, nil
}

func bodyKey(key [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func (s *bodyStore) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	_ = s.expire() // the next hour tries again, and so does the next start
	s.sweep.Reset(sweepEvery)
}

// keep writes one body. It fails the call rather than lose it: somebody asked for
// bodies to be kept.
func (s *bodyStore) keep(exchange, kind string, body []byte) error {
	if s == nil || len(body) == 0 {
		return nil
	}
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(body)+s.aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	sealed := s.aead.Seal(nonce, nonce, body, []byte(exchange+" "+kind))
	line, err := json.Marshal(bodyLine{exchange, kind, sealed})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.today(); err != nil {
		return err
	}
	if _, err = s.out.Write(append(line, '\n')); err != nil {
		s.whole = false
	}
	return err
}

// A bodyLine is what one line of a file of bodies holds.
type bodyLine struct {
	Exchange string `json:"exchange"`
	Kind     string `json:"kind"`   // request, message or reply
	Sealed   []byte `json:"sealed"` // nonce and ciphertext
}

// A Body is one message that was kept.
type Body struct {
	Exchange, Kind string
	Message        []byte
}

// ReadBodies yields what was kept of an exchange and its parts in dir, oldest first. A
// line that cannot be read, or does not open under key, is yielded with an error, and
// reading goes on.
func ReadBodies(dir string, key [32]byte, exchange string) iter.Seq2[Body, error] {
	return func(yield func(Body, error) bool) {
		aead, err := bodyKey(key)
		all, globErr := filepath.Glob(filepath.Join(dir, "bodies-*.jsonl"))
		if err = errors.Join(err, globErr); err != nil {
			yield(Body{}, err)
			return
		}
		slices.Sort(all) // by day
		for _, path := range all {
			if !bodiesOf(path, aead, exchange, yield) {
				return
			}
		}
	}
}

func bodiesOf(path string, aead cipher.AEAD, exchange string, yield func(Body, error) bool) bool {
	f, err := os.Open(path)
	if err != nil {
		return yield(Body{}, err) && false
	}
	defer f.Close() //nolint:errcheck // read only
	r := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return true
		}
		if len(text) == 1 && err == nil {
			continue // see mend
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return yield(Body{}, fmt.Errorf("%s:%d: %w", path, n, err)) && false
		}
		var line bodyLine
		if err := json.Unmarshal(text, &line); err != nil {
			if !yield(Body{}, fmt.Errorf("%s:%d: the line is not a body: Mantlet ended while it was written, or it was changed", path, n)) {
				return false
			}
			continue
		}
		if line.Exchange != exchange && !strings.HasPrefix(line.Exchange, exchange+".") {
			continue
		}
		if !yield(line.open(aead)) {
			return false
		}
	}
}

func (l bodyLine) open(aead cipher.AEAD) (Body, error) {
	n := min(aead.NonceSize(), len(l.Sealed))
	text, err := aead.Open(nil, l.Sealed[:n], l.Sealed[n:], []byte(l.Exchange+" "+l.Kind))
	if err != nil {
		return Body{}, fmt.Errorf("a body of exchange %s does not open: it was changed, or audit.bodies.keyFile is another one", l.Exchange)
	}
	return Body{l.Exchange, l.Kind, text}, nil
}

func (s *bodyStore) today() error {
	day := s.now().UTC().Format("2006-01-02")
	if day == s.day {
		return s.mend()
	}
	out, err := os.OpenFile(filepath.Join(s.dir, "bodies-"+day+".jsonl"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if s.out != nil {
		_ = s.out.Close() // each line was written as it came
	}
	s.day, s.out, s.whole = day, out, false // what a process that died wrote last may be half a line
	return errors.Join(s.mend(), s.expire())
}

// mend ends a line that was left half-way, so that it spoils no other. An empty line
// is none.
func (s *bodyStore) mend() error {
	if s.whole {
		return nil
	}
	_, err := s.out.Write([]byte{'\n'})
	s.whole = err == nil
	return err
}

// expire removes what is too old. It is called with mu held, or before s is shared.
func (s *bodyStore) expire() error {
	all, err := filepath.Glob(filepath.Join(s.dir, "bodies-*.jsonl"))
	for _, path := range all {
		if info, statErr := os.Stat(path); statErr == nil && s.now().Sub(info.ModTime()) > s.retention {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

func (s *bodyStore) close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.sweep.Stop()
	if s.out == nil {
		return nil
	}
	return s.out.Close()
}
