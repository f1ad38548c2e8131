package audit

import (
	"bytes"
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

	mu    sync.Mutex // held across the write: keeping bodies is a chosen cost
	day   string
	out   file
	size  int64 // of out, in whole lines
	sweep *time.Timer
	ended bool // sweep is set no more
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
	s.sweep = time.AfterFunc(sweepEvery, s.again)
	return s, s.expire()
}

func bodyKey(key [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func (s *bodyStore) again() {
	_ = s.expire() // the next hour tries again, and so does the next start
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.sweep.Reset(sweepEvery)
	}
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
	n, err := s.out.Write(append(line, '\n'))
	if err != nil {
		return errors.Join(fmt.Errorf("audit: a body cannot be written: %w", err), s.out.Truncate(s.size))
	}
	s.size += int64(n)
	return nil
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
// line that does not open under key ends it with an error: it was changed, or the key
// is another one.
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
	for d := json.NewDecoder(f); ; {
		var line bodyLine
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return true
		} else if err != nil {
			return yield(Body{}, fmt.Errorf("%s: %w", path, err)) && false
		}
		if line.Exchange != exchange && !strings.HasPrefix(line.Exchange, exchange+".") {
			continue
		}
		n := min(aead.NonceSize(), len(line.Sealed))
		text, err := aead.Open(nil, line.Sealed[:n], line.Sealed[n:], []byte(line.Exchange+" "+line.Kind))
		if err != nil {
			return yield(Body{}, fmt.Errorf("%s: a body of exchange %s does not open: it was changed, or audit.bodies.keyFile is another one", path, line.Exchange)) && false
		}
		if !yield(Body{line.Exchange, line.Kind, text}, nil) {
			return false
		}
	}
}

func (s *bodyStore) today() error {
	day := s.now().UTC().Format("2006-01-02")
	if day == s.day {
		return nil
	}
	out, err := os.OpenFile(filepath.Join(s.dir, "bodies-"+day+".jsonl"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	size, err := cutTorn(out)
	if err != nil {
		return errors.Join(err, out.Close())
	}
	_ = s.closeFile() // each line was written as it came
	s.day, s.out, s.size = day, out, size
	return s.expire()
}

// cutTorn takes away what follows the last whole line, a write that the process did not
// survive and whose call was promised nothing, and returns the size of the rest.
func cutTorn(f *os.File) (int64, error) {
	size, err := f.Seek(0, io.SeekEnd)
	end := size
	for chunk := make([]byte, 64<<10); err == nil && end > 0; {
		part := chunk[:min(end, int64(len(chunk)))]
		if _, err = f.ReadAt(part, end-int64(len(part))); err != nil {
			break
		}
		if at := bytes.LastIndexByte(part, '\n'); at >= 0 {
			end -= int64(len(part) - at - 1)
			break
		}
		end -= int64(len(part))
	}
	if err == nil && end < size {
		err = f.Truncate(end)
	}
	return end, err
}

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
	s.sweep.Stop()
	s.ended = true
	return s.closeFile()
}

func (s *bodyStore) closeFile() error {
	if c, ok := s.out.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
