package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A Durability says what Begin and End wait for. The zero Durability is Process.
type Durability uint8

// The durabilities. See the package comment.
const (
	Process Durability = iota
	Disk
)

// Options are how a log is kept. Dir and Key are required.
type Options struct {
	Dir        string // made with mode 0700
	Key        []byte // of the digests; at least 32 bytes
	Durability Durability
	RotateSize int64         // bytes of a file; 0 is 64 MiB
	RotateAge  time.Duration // of a file; 0 is 24 h
	Reserve    int64         // bytes kept back for what must still be written on a full disk; 0 is 1 MiB
	Bodies     *Bodies       // nil keeps no bodies
	Now        func() time.Time
	// Trouble is told why calls stop when the record cannot be written, and nil when it
	// can again; never twice the same. It must not call the log. nil tells nobody.
	Trouble func(err error)

	open func(path string) (file, error) // for tests: a disk that fails
}

// A file is what a log writes to.
type file interface {
	Write(b []byte) (int, error)
	Sync() error
	Truncate(size int64) error
}

// A Log writes the record of one replica. It is safe for use by many goroutines.
type Log struct {
	Options
	macs    sync.Pool
	bodies  *bodyStore
	refused *refusals
	unlock  func()
	failing atomic.Bool // what Trouble was told last

	mu      sync.Mutex // guards what follows; never held across I/O
	pending []byte     // lines that nobody writes yet
	batch   *batch     // who waits for them
	writing bool       // somebody writes
	idle    *sync.Cond // told when nobody writes any more
	prev    string     // the hash that the next line goes on from
	tight   bool       // the reserve was used: nothing new may begin
	closed  bool

	// The writer's own, while writing is set.
	out    file
	seq    int
	size   int64
	began  time.Time
	onDisk string // the hash of the last line that was written
	spare  []byte
}

// A batch is the callers whose lines go out in one write.
type batch struct {
	done chan struct{}
	err  error
}

var errClosed = errors.New("audit: the record is closed")

// Open opens the record in o.Dir and goes on where it ended. One process at a
// time may have it open.
func Open(o Options) (*Log, error) {
	if len(o.Key) < 32 {
		return nil, errors.New("audit: the digest key must have at least 32 bytes")
	}
	o.defaults()
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	l := &Log{Options: o, unlock: unlock, batch: newBatch()}
	l.idle = sync.NewCond(&l.mu)
	l.macs.New = func() any { return hmac.New(sha256.New, o.Key) }
	if err := l.start(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (o *Options) defaults() {
	if o.RotateSize <= 0 {
		o.RotateSize = 64 << 20
	}
	if o.RotateAge <= 0 {
		o.RotateAge = 24 * time.Hour
	}
	if o.Reserve <= 0 {
		o.Reserve = 1 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.open == nil {
		o.open = func(path string) (file, error) {
			return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		}
	}
}

func (l *Log) now() time.Time { return l.Now() }

func (l *Log) start() error {
	torn, err := l.resume()
	if err != nil {
		return err
	}
	if err := l.reserve(); err != nil {
		return fmt.Errorf("audit: no space can be kept back in %s: %w", l.Dir, err)
	}
	if l.bodies, err = openBodies(l.Dir, l.Bodies, l.Now); err != nil {
		return err
	}
	if l.refused, err = openRefusals(filepath.Join(l.Dir, "refused.jsonl"), l.Now); err != nil {
		return err
	}
	if torn > 0 {
		e := l.event("log.recovered", Errored)
		e.add("torn_bytes", strconv.Itoa(torn))
		return l.commit(e)
	}
	return nil
}

// Digest is how the record under key shows content: HMAC-SHA-256 in hex, "" for
// none. Who has key and content can show that they belong together.
func Digest(key, content []byte) string { return digest(hmac.New(sha256.New, key), content) }

func digest(mac hash.Hash, content []byte) string {
	if len(content) == 0 {
		return ""
	}
	mac.Write(content)
	var sum [32]byte
	return hex.EncodeToString(mac.Sum(sum[:0]))
}

func (l *Log) digestOf(t Text) string {
	if t.Known != nil {
		if known := t.Known.Load(); known != nil {
			return *known
		}
	}
	mac := l.macs.Get().(hash.Hash) //nolint:forcetypeassert // the pool holds nothing else
	mac.Reset()
	text := digest(mac, t.Content)
	l.macs.Put(mac)
	if t.Known != nil {
		t.Known.Store(&text)
	}
	return text
}

// Close ends the record, after what is being written. What is begun and not ended
// stays so. It may be called of a Log that was opened half-way.
func (l *Log) Close() error {
	if !l.last() {
		return nil
	}
	defer l.unlock()
	err := errors.Join(l.refused.close(), l.bodies.close())
	if l.out == nil {
		return err
	}
	return errors.Join(err, l.out.Sync(), shut(l.out))
}

// last refuses what comes from now on, and returns when nobody writes any more. It
// reports whether it was the first to do so.
func (l *Log) last() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := !l.closed
	l.closed = true
	for l.writing {
		l.idle.Wait()
	}
	return first
}
