package leaf

import (
	"slices"
	"strconv"
	"strings"
)

// A Step is one step down into a document: a member by its name, or an element by its
// index. Index is -1 in an object.
type Step struct {
	Name  []byte
	Index int
}

// A Path is the way from a document's root to a value in it.
type Path []Step

var pointed = strings.NewReplacer("~", "~0", "/", "~1")

// String is p as a JSON pointer (RFC 6901); "" is the whole document.
func (p Path) String() string {
	var s strings.Builder
	for _, one := range p {
		s.WriteByte('/')
		if one.Index >= 0 {
			s.WriteString(strconv.Itoa(one.Index))
			continue
		}
		s.WriteString(pointed.Replace(string(one.Name)))
	}
	return s.String()
}

// In reports whether p lies at or below the place that the names say; "*" is any step.
func (p Path) In(names ...string) bool {
	if len(p) < len(names) {
		return false
	}
	for i, n := range names {
		if n != "*" && (p[i].Index >= 0 || string(p[i].Name) != n) {
			return false
		}
	}
	return true
}

// Is reports whether p is the place that the names say.
func (p Path) Is(names ...string) bool { return len(p) == len(names) && p.In(names...) }

// Last is the name of the nearest member above the value; "" where there is none.
func (p Path) Last() string {
	for _, one := range slices.Backward(p) {
		if one.Index < 0 {
			return string(one.Name)
		}
	}
	return ""
}
