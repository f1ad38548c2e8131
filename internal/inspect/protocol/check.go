package protocol

import (
	"fmt"
	"slices"
	"strconv"
	gostrings "strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
)

// A Part says which part of a message a value is.
type Part uint8

// The parts.
const (
	Params Part = iota + 1
	Result
	Error
)

// A Fault is one thing that is wrong with a part.
type Fault struct {
	At       string           // JSON pointer below the part
	Rule     string           // "protocol/type", "protocol/null", "protocol/missing", "protocol/unknown"
	Severity finding.Severity // high for what two readers may take differently, medium for what is not there
	Words    string
}

// maxFaults is how many faults of one part are told.
const maxFaults = 5

// Check holds a part of a message of a method against the protocol. modernEra says whether the
// revision is 2026-07-28 or later. A part that is absent is nil.
func Check(p Part, method string, modernEra bool, value []byte) []Fault {
	s := of(p, method)
	if s == nil {
		return nil
	}
	c := check{b: value, era: legacy}
	if modernEra {
		c.era = modern
	}
	if value == nil {
		if s.kind&object != 0 {
			c.missing(s, nil)
		}
		return c.faults
	}
	c.value(c.space(0), s)
	return c.faults
}

func of(p Part, method string) *shape {
	switch p {
	case Params:
		return params[method]
	case Result:
		return results[method]
	case Error:
		return failure
	}
	return nil
}

// Known reports whether a method has shapes.
func Known(method string) bool { return params[method] != nil }

// A check walks one value beside its shape.
type check struct {
	b      []byte
	era    era
	path   []string
	faults []Fault
}

func (c *check) say(rule string, s finding.Severity, format string, args ...any) {
	if len(c.faults) < maxFaults {
		at := ""
		if len(c.path) > 0 {
			at = "/" + gostrings.Join(c.path, "/")
		}
		c.faults = append(c.faults, Fault{at, "protocol/" + rule, s, fmt.Sprintf(format, args...)})
	}
}

// value checks what begins at i and returns the place after it. Where s is nil or refused, it
// is only passed over.
func (c *check) value(i int, s *shape) int {
	if i >= len(c.b) {
		return i
	}
	k := kindAt(c.b, i)
	s = s.pick(k)
	if s != nil && k&s.kind == 0 {
		c.wrong(i, k, s)
		s = nil
	}
	switch k { //nolint:exhaustive // the others are words
	case object:
		return c.object(i, s)
	case array:
		return c.array(i, s)
	case text:
		end := afterString(c.b, i)
		if s != nil && s.among != nil && !slices.Contains(s.among, c.inner(i, end)) {
			c.say("unknown", finding.High, "is none of %v", s.among)
		}
		return end
	}
	return afterWord(c.b, i)
}

// pick is the one of several shapes that a value of that kind is held against.
func (s *shape) pick(k kind) *shape {
	if s == nil || s.either == nil {
		return s
	}
	for _, one := range s.either {
		if one.kind&k != 0 {
			return one
		}
	}
	return s.either[0]
}

func (c *check) wrong(i int, k kind, s *shape) {
	if k == number && s.kind&integer != 0 && isWhole(c.b[i:afterWord(c.b, i)]) {
		return
	}
	if k == null { // programs that write null for what they have nothing to say of are many, the official Go SDK among them
		c.say("null", finding.Medium, "is null, and has to be %s", s.kind.words())
		return
	}
	c.say("type", finding.High, "is %s, and has to be %s", k.words(), s.kind.words())
}

func (c *check) object(i int, s *shape) int {
	s = c.tagged(i, s)
	var seen []string
	for i = c.space(i + 1); i < len(c.b) && c.b[i] == '"'; i = c.space(i + 1) {
		end := afterString(c.b, i)
		name := c.inner(i, end)
		i = c.space(c.space(end) + 1)
		of := s.member(name)
		c.path = append(c.path, name)
		if s != nil && s.fields[name].must != 0 {
			seen = append(seen, name)
		}
		i = c.value(i, of)
		c.path = c.path[:len(c.path)-1]
		if i = c.space(i); i >= len(c.b) || c.b[i] != ',' {
			break
		}
	}
	c.missing(s, seen)
	return i + 1
}

func (s *shape) member(name string) *shape {
	if s == nil {
		return nil
	}
	if f, ok := s.fields[name]; ok {
		return f.of
	}
	return s.each
}

// tagged is the shape of an object that says itself which one it is.
func (c *check) tagged(i int, s *shape) *shape {
	if s == nil || s.tag == "" {
		return s
	}
	v := c.find(i, s.tag)
	one, ok := s.by[v]
	if !ok {
		c.say("unknown", finding.Medium, "has a %s that the protocol does not know", s.tag)
		return nil
	}
	return one
}

// find is the text of the member name of the object at i; "" where it is none.
func (c *check) find(i int, name string) string {
	for i = c.space(i + 1); i < len(c.b) && c.b[i] == '"'; i = c.space(i + 1) {
		end := afterString(c.b, i)
		is := c.inner(i, end) == name
		i = c.space(c.space(end) + 1)
		if i >= len(c.b) {
			return ""
		}
		if is && c.b[i] == '"' {
			return c.inner(i, afterString(c.b, i))
		}
		if i = c.space(skip(c.b, i)); i >= len(c.b) || c.b[i] != ',' {
			return ""
		}
	}
	return ""
}

// inner is what stands between the quotes at i and before end.
func (c *check) inner(i, end int) string { return string(c.b[i+1 : max(i+1, end-1)]) }

func (c *check) missing(s *shape, seen []string) {
	if s == nil {
		return
	}
	for name, f := range s.fields {
		if f.must&c.era != 0 && !slices.Contains(seen, name) {
			c.say("missing", finding.Medium, "lacks %s", name)
		}
	}
}

func (c *check) array(i int, s *shape) int {
	var each *shape
	if s != nil {
		each = s.each
	}
	n := 0
	for i = c.space(i + 1); i < len(c.b) && c.b[i] != ']'; i = c.space(i + 1) {
		c.path = append(c.path, strconv.Itoa(n))
		i = c.value(i, each)
		c.path = c.path[:len(c.path)-1]
		n++
		if i = c.space(i); i >= len(c.b) || c.b[i] != ',' {
			break
		}
	}
	return i + 1
}
