package audit

import (
	"context"
	"strconv"
	"strings"
)

// A Bundle is a signed configuration that is about to be in force. Before is 0, and Former
// "", where none was.
type Bundle struct {
	Version, Before int64
	Digest, Former  string
	SignedBy        []string // whose signatures counted
}

// Bundle writes that b is about to be in force, at a start and where it changes. If it
// returns an error, b may not be.
func (l *Log) Bundle(_ context.Context, b Bundle) error {
	e := l.event("config.bundle", Allowed)
	e.principal = strings.Join(b.SignedBy, " ")
	if b.Before > 0 {
		e.add("before", strconv.FormatInt(b.Before, 10))
	}
	e.add("digest", b.Digest)
	e.add("former", b.Former)
	e.add("version", strconv.FormatInt(b.Version, 10))
	return l.commit(e)
}
