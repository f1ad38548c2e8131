package upstream

import (
	"bytes"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// lastLists keeps the last list that a server gave for each method. A server's list
// seldom changes: one that is the same but for its id is recognised by comparing
// bytes, and is not parsed again. Who asked plays no part, for nothing but the bytes
// that this very caller was given is ever used.
type lastLists struct {
	mu   sync.Mutex
	last map[wire.Method]shown
}

// decode reads a reply to c, and makes it private. again says that it is a list that did not change: then
// its bytes are nobody's once the caller has them.
func (l *lastLists) decode(c Call, body []byte, limits wire.Limits) (m *wire.Message, again bool, err error) {
	if !listing(c) {
		m, _, err = decode(c, body, limits)
		return m, false, err
	}
	method := c.Message.Method
	if last := l.of(method); last.Message != nil {
		if m, same := last.again(body); same {
			return m, true, nil
		}
	}
	m, change, err := decode(c, body, limits)
	if err == nil && m.Kind == wire.Result {
		m.Keep()
		keep := shown{Message: m}
		if change.With != nil {
			keep.at, keep.was = change.Start, bytes.Clone(body[change.Start:change.End])
		}
		l.keep(method, keep)
	}
	return m, false, err
}

func decode(c Call, body []byte, limits wire.Limits) (*wire.Message, wire.Splice, error) {
	m, err := wire.Decode(body, limits)
	if err != nil {
		return nil, wire.Splice{}, err
	}
	return private(c, m, limits)
}

// listing reports whether c asks for a list.
func listing(c Call) bool {
	if c.Message == nil {
		return false
	}
	info, ok := wire.Lookup(c.Message.Method)
	return ok && info.List
}

func (l *lastLists) of(m wire.Method) shown {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last[m]
}

func (l *lastLists) keep(method wire.Method, m shown) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = make(map[wire.Method]shown)
	}
	l.last[method] = m
}

// listBodies are buffers for lists, which are large and seldom anything new.
var listBodies = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled is what a buffer may hold to be kept: one huge list is no reason to hold
// its memory for ever.
const maxPooled = 4 << 20

// buffer is an empty buffer for the reply to c.
func buffer(c Call) []byte {
	if !listing(c) {
		return nil
	}
	return (*listBodies.Get().(*[]byte))[:0] //nolint:forcetypeassert // the pool holds nothing else
}

// done gives the buffer of a list that did not change back.
func done(b []byte) func() {
	return func() {
		if cap(b) <= maxPooled {
			listBodies.Put(&b)
		}
	}
}
