package audit

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"
)

const (
	maxSources = 256
	maxRefused = 8 << 20 // bytes of refused.jsonl before it becomes refused.jsonl.1
)

// refusals counts what never reached the corridor: a line for each source, kind and
// reason in a second, of 256 at most and one for the rest, in a file of its own that
// is bounded too, so that nobody can fill the disk from outside the door.
type refusals struct {
	path string
	now  func() time.Time

	mu     sync.Mutex
	counts map[Refusal]int
	total  uint64
	size   int64
	out    *os.File

	stop, done chan struct{}
}

// A refusedLine is what one line of refused.jsonl holds.
type refusedLine struct {
	At     time.Time `json:"at"`
	Source string    `json:"source"`
	Kind   string    `json:"kind"`
	Reason string    `json:"reason"`
	Count  int       `json:"count"`
}

func openRefusals(path string, now func() time.Time) (*refusals, error) {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := out.Stat()
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	r := &refusals{path: path, now: now, counts: make(map[Refusal]int), size: info.Size(), out: out, stop: make(chan struct{}), done: make(chan struct{})}
	go r.run()
	return r, nil
}

// Refused counts one. It never blocks on the disk and never fails: there is no
// call that could be stopped.
func (l *Log) Refused(_ context.Context, f Refusal) {
	r := l.refused
	if len(f.Reason) > 256 {
		f.Reason = f.Reason[:256]
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total++
	if _, ok := r.counts[f]; !ok && len(r.counts) >= maxSources {
		f = Refusal{Source: "other", Kind: "other", Reason: "more sources than are told apart in one second"}
	}
	r.counts[f]++
}

// RefusedTotal is how many were counted since start.
func (l *Log) RefusedTotal() uint64 {
	l.refused.mu.Lock()
	defer l.refused.mu.Unlock()
	return l.refused.total
}

func (r *refusals) run() {
	defer close(r.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.flush()
		case <-r.stop:
			r.flush()
			return
		}
	}
}

func (r *refusals) flush() {
	r.mu.Lock()
	counts := r.counts
	r.counts = make(map[Refusal]int)
	r.mu.Unlock()
	var b []byte
	for f, n := range counts {
		line, err := json.Marshal(refusedLine{At: r.now().UTC(), Source: f.Source, Kind: f.Kind, Reason: f.Reason, Count: n})
		if err == nil {
			b = append(append(b, line...), '\n')
		}
	}
	if len(b) == 0 {
		return
	}
	if r.size+int64(len(b)) > maxRefused {
		r.turn()
	}
	n, err := r.out.Write(b)
	r.size += int64(n)
	if err != nil {
		return // the counters in the metrics still tell; the calls' own record stops calls
	}
}

// turn keeps one old file.
func (r *refusals) turn() {
	out, err := os.OpenFile(r.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return
	}
	_ = os.Rename(r.path, r.path+".1")
	_ = os.Rename(r.path+".new", r.path)
	_ = r.out.Close() // what it held is written
	r.out, r.size = out, 0
}

func (r *refusals) close() error {
	if r == nil {
		return nil
	}
	close(r.stop)
	<-r.done
	return r.out.Close()
}
