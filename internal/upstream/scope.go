package upstream

import (
	"bytes"
	"slices"

	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// A server that calls a result public says that everybody who may ask it gets the same,
// and lets shared caches keep it (2026-07-28, caching; SEP-2549). Behind Mantlet nobody
// asks the server who was not let in first, and the server sees Mantlet's credential and
// not the caller's. A cache in front of Mantlet that gave such a result to the bearer of
// another token, or of none, would let in whom Mantlet refuses, and nothing would be
// recorded. So whatever leaves is private.

var privately = []byte(`"private"`)

// scopable reports whether the reply to c says who may keep it.
func scopable(c Call) bool {
	if c.Message == nil {
		return false
	}
	switch c.Message.Method {
	case "server/discover", "resources/read":
		return true
	default:
		return listing(c)
	}
}

// private is m, a reply to c, with no wider scope than private.
func private(c Call, m *wire.Message, l wire.Limits) (*wire.Message, wire.Splice, error) {
	if m == nil || m.Kind != wire.Result || !scopable(c) {
		return m, wire.Splice{}, nil
	}
	at, ok := m.Find("result", "cacheScope")
	if !ok {
		return m, wire.Splice{}, nil
	}
	if scope, _ := m.String(at); scope == "private" {
		return m, wire.Splice{}, nil
	}
	s := wire.Splice{Start: at.Start, End: at.End, With: privately}
	m, err := m.Apply([]wire.Splice{s}, l)
	return m, s, err
}

// A shown is a list as callers get it, and what was changed in the server's own bytes.
type shown struct {
	*wire.Message
	was []byte // nil where nothing was changed
	at  int
}

// again is body, of the server's, as it is shown, if it is the same list but for its id.
func (s shown) again(body []byte) (*wire.Message, bool) {
	if end := s.at + len(s.was); s.was != nil {
		if len(body) < end || !bytes.Equal(body[s.at:end], s.was) {
			return nil, false
		}
		body = slices.Concat(body[:s.at], privately, body[end:])
	}
	return s.Again(body)
}
