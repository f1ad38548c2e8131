package upstream

import (
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// lastLists keeps the last list that a server gave for each method. A server's list
// seldom changes: one that is the same but for its id is recognised by comparing
// bytes, and is not parsed again. Who asked plays no part, for nothing but the bytes
// that this very caller was given is ever used.
type lastLists struct {
	mu   sync.Mutex
	last map[wire.Method]*wire.Message
}

func (l *lastLists) decode(c Call, body []byte, limits wire.Limits) (*wire.Message, error) {
	if c.Message == nil {
		return wire.Decode(body, limits)
	}
	info, ok := wire.Lookup(c.Message.Method)
	if !ok || !info.List {
		return wire.Decode(body, limits)
	}
	if last := l.of(info.Method); last != nil {
		if m, same := last.Again(body); same {
			return m, nil
		}
	}
	m, err := wire.Decode(body, limits)
	if err == nil && m.Kind == wire.Result {
		m.Keep()
		l.keep(info.Method, m)
	}
	return m, err
}

func (l *lastLists) of(m wire.Method) *wire.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last[m]
}

func (l *lastLists) keep(method wire.Method, m *wire.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = make(map[wire.Method]*wire.Message)
	}
	l.last[method] = m
}
