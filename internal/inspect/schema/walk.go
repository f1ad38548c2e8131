package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mantlet-mcp/mantlet"
)

// The bounds that no schema moves.
const (
	maxDepth  = 64
	maxDigits = 400  // of a number, as it is written
	maxPower  = 1000 // of ten
	maxIssues = 5    // that are told at once
)

// A walk looks at a value beside its shape, before the schema itself is asked.
type walk struct {
	o     *Options
	path  []string
	found []Issue
}

func (w *walk) say(format string, args ...any) {
	if len(w.found) < maxIssues {
		w.found = append(w.found, Issue{At: mantlet.Escape(pointer(w.path)), Words: fmt.Sprintf(format, args...)})
	}
}

func (w *walk) value(v any, s *shape, depth int) {
	if depth > maxDepth {
		w.say("is nested deeper than %d levels", maxDepth)
		return
	}
	if s == nil {
		s = &anything
	}
	switch v := v.(type) {
	case map[string]any:
		w.object(v, s, depth)
	case []any:
		w.array(v, s, depth)
	case string:
		if !s.bounded && len(v) > w.o.String {
			w.say("has %d bytes, and %d are allowed where the schema gives no limit", len(v), w.o.String)
		}
	case json.Number:
		if !moderate(string(v)) {
			w.say("is a number of more than %d digits, or beyond 1e%d", maxDigits, maxPower)
		}
	}
}

var anything = shape{open: true}

func (w *walk) object(v map[string]any, s *shape, depth int) {
	for name, one := range v {
		w.path = append(w.path, name)
		w.value(one, w.member(name, s), depth+1)
		w.path = w.path[:len(w.path)-1]
	}
}

// member is the shape of the member name; one that is not known is told.
func (w *walk) member(name string, s *shape) *shape {
	if of, ok := s.names[name]; ok {
		return of
	}
	for _, p := range s.patterns {
		if p.re.MatchString(name) {
			return p.of
		}
	}
	if !s.open && !w.o.Open {
		w.say("is not known; %s", known(s))
	}
	return s.rest
}

func (w *walk) array(v []any, s *shape, depth int) {
	if !s.few && len(v) > w.o.Items {
		w.say("has %d elements, and %d are allowed where the schema gives no limit", len(v), w.o.Items)
		return
	}
	for i, one := range v {
		w.path = append(w.path, strconv.Itoa(i))
		w.value(one, s.items, depth+1)
		w.path = w.path[:len(w.path)-1]
	}
}

// known tells the names that may stand there.
func known(s *shape) string {
	names := slices.Sorted(maps.Keys(s.names))
	if len(names) == 0 {
		return "nothing may stand here"
	}
	return "what is known here: " + listed(names)
}

// moderate reports whether arithmetic with n is cheap.
func moderate(n string) bool {
	_, power, found := strings.Cut(strings.ToLower(n), "e")
	if len(n) > maxDigits {
		return false
	}
	if !found {
		return true
	}
	p, err := strconv.Atoi(power)
	return err == nil && p <= maxPower && p >= -maxPower
}

var pointed = strings.NewReplacer("~", "~0", "/", "~1")

func pointer(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(pointed.Replace(p))
	}
	return b.String()
}
