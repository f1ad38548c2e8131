package advisory

import (
	"slices"
	"strings"
)

// A span is one range of an advisory (OSV schema, "affected[].ranges[]").
type span struct {
	semver bool // its order is that of semver.org, whatever the ecosystem
	unsure bool // its events cannot be put in order here
	events []event
}

// An event is where vulnerability begins or ends.
type event struct {
	kind    eventKind
	version string
}

type eventKind uint8

// The kinds, in the order in which those of one version count: what is fixed and introduced
// again in one version is affected; what was introduced last in a version was affected.
const (
	fixed eventKind = iota
	introduced
	lastAffected
	limit
)

var eventKinds = map[string]eventKind{"fixed": fixed, "introduced": introduced, "last_affected": lastAffected, "limit": limit}

// arrange puts the events in order, once.
func (s *span) arrange(ecosystem string) {
	cmp := s.order(ecosystem)
	if s.unsure = s.unsure || cmp == nil; s.unsure {
		return
	}
	slices.SortStableFunc(s.events, func(a, b event) int {
		c, ok := compareEvent(cmp, a.version, b.version)
		if !ok {
			s.unsure = true
		}
		if c == 0 {
			return int(a.kind) - int(b.kind)
		}
		return c
	})
	for _, e := range s.events { // of a single one, too
		if _, ok := compareEvent(cmp, e.version, e.version); !ok {
			s.unsure = true
		}
	}
}

func (s *span) order(ecosystem string) order {
	if s.semver {
		return semver
	}
	return orders[ecosystem]
}

// compareEvent knows OSV's two words: "0" before everything, "*" after everything.
func compareEvent(cmp order, a, b string) (int, bool) {
	x, y := extreme(a), extreme(b)
	switch {
	case x != y:
		return sign(x - y), true
	case x != 0:
		return 0, true
	}
	return cmp(a, b)
}

func extreme(v string) int {
	switch v {
	case "0":
		return -1
	case "*":
		return 1
	}
	return 0
}

// contains reports whether v is in s; known is false where that cannot be said.
func (s *span) contains(ecosystem, v string) (in, known bool) {
	cmp := s.order(ecosystem)
	if s.unsure || cmp == nil {
		return false, false
	}
	limited, below, parsed := false, false, false
	for _, e := range s.events {
		c, read, ok := compareVersion(cmp, v, e.version)
		if parsed = parsed || read; !ok {
			return false, false
		}
		switch e.kind {
		case introduced:
			in = in || c >= 0
		case fixed:
			in = in && c < 0
		case lastAffected:
			in = in && c <= 0
		case limit:
			limited, below = true, below || c < 0
		}
	}
	if !parsed { // all events were words: v was not looked at
		if _, ok := cmp(v, v); !ok {
			return false, false
		}
	}
	return in && (!limited || below), true
}

// compareVersion compares a version, which may be 0, with an event's; read says that it was
// read for that.
func compareVersion(cmp order, v, event string) (c int, read, ok bool) {
	if x := extreme(event); x != 0 {
		return -x, false, true
	}
	c, ok = cmp(v, event)
	return c, true, ok
}

// mends are the versions above v in which s is fixed.
func (s *span) mends(ecosystem, v string) (out []string) {
	cmp := s.order(ecosystem)
	for _, e := range s.events {
		if e.kind != fixed || cmp == nil {
			continue
		}
		if c, ok := cmp(e.version, v); ok && c > 0 {
			out = append(out, e.version)
		}
	}
	return out
}

// String is s as people write it: ">=1.0.0 <1.2.3".
func (s *span) String() string {
	signs := map[eventKind]string{introduced: ">=", fixed: "<", lastAffected: "<=", limit: "<"}
	var out []string
	for _, e := range s.events {
		if e.version == "*" || e.version == "0" && e.kind == introduced && len(s.events) > 1 {
			continue
		}
		out = append(out, signs[e.kind]+e.version)
	}
	return strings.Join(out, " ")
}
