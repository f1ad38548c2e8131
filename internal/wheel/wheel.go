// Package wheel ends things that take too long, many of them at the price of one timer.
//
// The question: has this been going on for longer than it may? Each call sets half a
// dozen limits and reaches hardly any of them. A runtime timer for each is what a lone
// call pays most for beside its system calls: one that becomes the earliest of its
// processor wakes a thread to look after it. A wheel keeps entries in lists and looks
// at them every now and then, so that an entry is two pointers and no timer.
//
// The price is precision: what ends after d ends no later than d and Resolution. The
// threats: what is slow and never ends (B06, B11), behind a limit that never comes; a
// test holds that it does. The control: C011. It trusts the monotonic clock. When it
// breaks, nothing ends: limits of the kernel's and of peers remain.
package wheel

import (
	"context"
	"sync"
	"time"
)

// Resolution is how late an entry may come. What is shorter than a few of it gets a
// timer of its own.
const Resolution = time.Second

const fine = 4 * Resolution

// A Wheel is ready as its zero value. It is safe for use by many goroutines, and is not
// copied. Entries of one duration should be many, durations few.
type Wheel struct {
	mu    sync.Mutex
	lists map[time.Duration]*list
	count int
	armed bool
}

// A list is the entries of one duration, the first to end first: they are added in the
// order in which they end.
type list struct{ head, tail *Entry }

// An Entry is one limit. The zero Entry is none, and may be stopped.
type Entry struct {
	wheel      *Wheel
	list       *list // nil once it has ended or was stopped
	next, prev *Entry
	when       time.Time
	fire       func()
	timer      *time.Timer // in place of all that, for what is short
}

// After calls fire in a goroutine of its own, once, when d has passed, unless the entry
// is stopped before.
func (w *Wheel) After(d time.Duration, fire func()) *Entry {
	if d < fine {
		return &Entry{timer: time.AfterFunc(d, fire)}
	}
	e := &Entry{wheel: w, when: time.Now().Add(d), fire: fire}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lists == nil {
		w.lists = make(map[time.Duration]*list)
	}
	l := w.lists[d]
	if l == nil {
		l = &list{}
		w.lists[d] = l
	}
	l.add(e)
	w.count++
	w.arm()
	return e
}

// Stop keeps the entry from ending. It reports whether it was in time: false says that
// fire was called, or is about to be, or that the entry was stopped before.
func (e *Entry) Stop() bool {
	switch {
	case e == nil || e.wheel == nil && e.timer == nil:
		return false
	case e.timer != nil:
		return e.timer.Stop()
	}
	e.wheel.mu.Lock()
	defer e.wheel.mu.Unlock()
	if e.list == nil {
		return false
	}
	e.list.remove(e)
	e.wheel.count--
	return true
}

// WithTimeout is context.WithTimeoutCause but for what the package says, and that the
// context names no deadline: only its end and its cause tell.
func (w *Wheel) WithTimeout(parent context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	e := w.After(d, func() { cancel(cause) })
	return ctx, func() {
		e.Stop()
		cancel(context.Canceled)
	}
}

func (l *list) add(e *Entry) {
	e.list, e.prev = l, l.tail
	if l.tail == nil {
		l.head = e
	} else {
		l.tail.next = e
	}
	l.tail = e
}

func (l *list) remove(e *Entry) {
	if e.prev == nil {
		l.head = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		l.tail = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.list, e.next, e.prev = nil, nil, nil
}

// arm has the wheel looked at again, for as long as there is anything in it.
func (w *Wheel) arm() {
	if !w.armed && w.count > 0 {
		w.armed = true
		time.AfterFunc(Resolution, w.turn)
	}
}

// turn ends what is due.
func (w *Wheel) turn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for _, l := range w.lists {
		for e := l.head; e != nil && !now.Before(e.when); e = l.head {
			l.remove(e)
			w.count--
			go e.fire()
		}
	}
	w.armed = false
	w.arm()
}
