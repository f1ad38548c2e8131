package definition

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	mail  = `{"name":"%s","description":"Sends one mail to one person after asking them","inputSchema":{"properties":{"to":{},"text":{}}}}`
	mail2 = `{"name":"%s","description":"Sends one mail to one person after asking","inputSchema":{"properties":{"to":{},"text":{}}}}`
	clock = `{"name":"%s","description":"Tells the time"}`
	files = `{"name":"%s","description":"Reads a file below the root that was configured","inputSchema":{"properties":{"path":{}}}}`
)

func TestMatch(t *testing.T) {
	list := func(pairs ...string) (out []Definition) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, tool(t, fmt.Sprintf(pairs[i+1], pairs[i])))
		}
		return out
	}
	for _, c := range []struct {
		name     string
		old, new []Definition
		want     string
	}{
		{"nothing", nil, nil, ""},
		{"the same in another order", list("a", mail, "b", clock), list("b", clock, "a", mail), "unchanged 1 0, unchanged 0 1"},
		{"added", list("a", mail), list("a", mail, "b", clock), "unchanged 0 0, added -1 1"},
		{"removed", list("a", mail, "b", clock), list("a", mail), "unchanged 0 0, gone 1 -1"},
		{"changed", list("a", mail), list("a", clock), "changed 0 0"},
		{"renamed", list("a", mail, "b", clock), list("c", mail, "b", clock), "renamed 0 0, unchanged 1 1"},
		{"renamed, however short", list("b", clock), list("c", clock), "renamed 0 0"},
		{"renamed and changed", list("a", mail), list("c", mail2), "renamed 0 0"},
		{"another thing", list("a", mail), list("c", files), "added -1 0, gone 0 -1"},
		{"swapped", list("a", mail, "b", clock, "c", files), list("a", clock, "b", mail, "c", files), "swapped 0 0, swapped 1 1, unchanged 2 2"},
		{"swapped in a ring", list("a", mail, "b", clock, "c", files), list("a", clock, "b", files, "c", mail), "swapped 0 0, swapped 1 1, swapped 2 2"},
		{"twice in a list", list("a", mail), list("a", mail, "a", clock), "unchanged 0 0, added -1 1"},
		{"twice before", list("a", mail, "a", clock), list("a", mail), "unchanged 0 0, gone 1 -1"},
	} {
		words := []string{"unchanged", "changed", "renamed", "swapped", "added", "gone"}
		var got []string
		for _, p := range Match(c.old, c.new) {
			got = append(got, fmt.Sprintf("%s %d %d", words[p.Fate], p.Old, p.New))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %s, want %s", c.name, strings.Join(got, ", "), c.want)
		}
	}
}

// Each definition stands in one pairing, in a list of any length.
func TestMatchLosesNothing(t *testing.T) {
	var old, fresh []Definition
	for i := range 700 {
		old = append(old, tool(t, fmt.Sprintf(mail, fmt.Sprint("a", i))))
		fresh = append(fresh, tool(t, fmt.Sprintf(mail2, fmt.Sprint("b", i))))
	}
	var a, b []int
	for _, p := range Match(old, fresh) {
		if p.Old >= 0 {
			a = append(a, p.Old)
		}
		if p.New >= 0 {
			b = append(b, p.New)
		}
	}
	slices.Sort(a)
	if slices.Sort(b); len(slices.Compact(a)) != 700 || len(slices.Compact(b)) != 700 {
		t.Errorf("%d and %d of 700", len(a), len(b))
	}
}
