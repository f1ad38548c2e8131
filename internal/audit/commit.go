package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

func newBatch() *batch { return &batch{done: make(chan struct{})} }

// commit links e into the chain and returns once it was written. The first caller
// to come writes for all who come while it does: nobody waits for a goroutine to
// wake that has nothing else to do.
func (l *Log) commit(e *event) error {
	e.encode()
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return errClosed
	}
	l.prev = e.link(l.prev)
	l.pending = append(l.pending, e.line...)
	mine := l.batch
	events.Put(e)
	if l.writing {
		l.mu.Unlock()
		<-mine.done
		return mine.err
	}
	l.writing = true
	l.mu.Unlock()
	l.drain(mine)
	return mine.err
}

// drain writes batches until mine is written; if more have come, another
// goroutine goes on.
func (l *Log) drain(mine *batch) {
	for {
		l.mu.Lock()
		if len(l.pending) == 0 {
			l.rest()
			l.mu.Unlock()
			return
		}
		b, lines, hash := l.batch, l.pending, l.prev
		l.batch, l.pending = newBatch(), l.spare[:0]
		l.spare = nil
		l.mu.Unlock()
		b.err = l.write(lines, hash)
		l.spare = lines[:0]
		if b.err != nil {
			l.rewind(b.err)
		}
		close(b.done)
		if b == mine {
			l.handOver()
			return
		}
	}
}

// handOver lets the goroutine of a caller that is served go, and has the rest
// written by another.
func (l *Log) handOver() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) == 0 {
		l.rest()
		return
	}
	go l.drain(nil)
}

// rest says that nobody writes. It is called with mu held.
func (l *Log) rest() {
	l.writing = false
	l.idle.Broadcast()
}

// rewind takes the chain back to what is on disk. What came meanwhile is linked to
// lines that do not exist, and fails with them.
func (l *Log) rewind(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prev, l.pending = l.onDisk, l.pending[:0]
	b := l.batch
	l.batch = newBatch()
	b.err = err
	close(b.done)
}

// write puts lines on disk, all or none, and says so where that changes.
func (l *Log) write(lines []byte, hash string) error {
	err := l.append(lines)
	if err != nil {
		l.tell(err)
		return err
	}
	l.size += int64(len(lines))
	l.onDisk = hash
	if l.failing.Load() && !l.spent() {
		l.tell(nil)
	}
	return nil
}

// append puts lines on disk. A disk that is full gets the reserve once: it lets the
// calls in flight end, and no new one begins.
func (l *Log) append(lines []byte) error {
	if err := l.rotate(int64(len(lines))); err != nil {
		return err
	}
	err := l.put(lines)
	if errors.Is(err, syscall.ENOSPC) && l.release() {
		err = l.put(lines)
	}
	if err != nil {
		return fmt.Errorf("audit: the record cannot be written: %w", err)
	}
	return nil
}

// tell tells the operator that calls stop, or that they go on, once each.
func (l *Log) tell(err error) {
	if l.failing.Swap(err != nil) != (err != nil) && l.Trouble != nil {
		l.Trouble(err)
	}
}

func (l *Log) put(lines []byte) error {
	n, err := l.out.Write(lines)
	if err == nil && n < len(lines) {
		err = io.ErrShortWrite
	}
	if err == nil && l.Durability == Disk {
		err = l.out.Sync()
	}
	if err != nil {
		return errors.Join(err, l.out.Truncate(l.size))
	}
	return nil
}

// rotate begins a new file where the old one is full or old. The chain goes on.
func (l *Log) rotate(more int64) error {
	if l.size == 0 || (l.size+more <= l.RotateSize && l.now().Sub(l.began) < l.RotateAge) {
		return nil
	}
	if err := l.out.Sync(); err != nil {
		return err
	}
	old := l.out
	if err := l.create(l.seq + 1); err != nil {
		return fmt.Errorf("audit: no new file can be begun: %w", err)
	}
	return shut(old)
}

func (l *Log) create(seq int) error {
	path := filepath.Join(l.Dir, fmt.Sprintf("audit-%010d.jsonl", seq))
	out, err := l.open(path)
	if err != nil {
		return err
	}
	if l.Durability == Disk {
		if err := syncDir(l.Dir); err != nil {
			return errors.Join(err, shut(out))
		}
	}
	l.out, l.seq, l.size, l.began = out, seq, 0, l.now()
	return nil
}

// shut closes what can be closed.
func shut(f file) error {
	if c, ok := f.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// errTight is what new calls are told while the reserve is in use.
var errTight = errors.New("audit: the disk is full; free space and calls go on")

// mayBegin refuses new work while the reserve is spent, and tries to have it back.
func (l *Log) mayBegin() error {
	if !l.spent() {
		return nil
	}
	if err := l.reserve(); err != nil {
		return errTight
	}
	l.mu.Lock()
	l.tight = false
	l.mu.Unlock()
	l.tell(nil)
	return nil
}

// Ready says why no call can begin; nil where one can, as far as is known.
func (l *Log) Ready() error { return l.mayBegin() }

// spent says that the reserve is in use.
func (l *Log) spent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tight
}

// reserve keeps space back in a file of its own.
func (l *Log) reserve() error {
	path := filepath.Join(l.Dir, "reserve")
	if info, err := os.Stat(path); err == nil && info.Size() >= l.Reserve {
		return nil
	}
	return allocate(path, l.Reserve)
}

func (l *Log) release() bool {
	l.mu.Lock()
	l.tight = true
	l.mu.Unlock()
	l.tell(errTight)
	return os.Remove(filepath.Join(l.Dir, "reserve")) == nil
}
