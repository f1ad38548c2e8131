package audit

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

	mu  sync.Mutex // held across the write: keeping bodies is a chosen cost
	day string
	out *os.File
}

func openBodies(dir string, o *Bodies, now func() time.Time) (*bodyStore, error) {
	if o == nil {
		return nil, nil //nolint:nilnil // a nil store keeps nothing, by its methods
	}
	if o.Key == ([32]byte{}) || o.Retention <= 0 {
		return nil, errors.New("audit: keeping bodies needs a key and a retention")
	}
	block, err := aes.NewCipher(o.Key[:])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &bodyStore{dir: dir, aead: aead, retention: o.Retention, now: now}, err
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
	line := fmt.Sprintf("{\"exchange\":%q,\"kind\":%q,\"sealed\":%q}\n", exchange, kind, base64.StdEncoding.EncodeToString(sealed))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.today(); err != nil {
		return err
	}
	_, err := s.out.WriteString(line)
	return err
}

func (s *bodyStore) today() error {
	day := s.now().UTC().Format("2006-01-02")
	if day == s.day {
		return nil
	}
	out, err := os.OpenFile(filepath.Join(s.dir, "bodies-"+day+".jsonl"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if s.out != nil {
		_ = s.out.Close() // each line was written as it came
	}
	s.day, s.out = day, out
	return s.expire()
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
	if s.out == nil {
		return nil
	}
	return s.out.Close()
}
