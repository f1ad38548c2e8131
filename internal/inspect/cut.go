package inspect

import (
	"cmp"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet/internal/inspect/leaf"
)

// cut proposes the edit that a hit asks for: nothing in place of what is stripped, and the
// rule's name in place of what is masked, so that a reader knows what is not there. A number
// becomes 0, and stays a number.
func cut(l *leaf.Leaf, start, end int, rule string, do Action) Cut {
	if l.Kind == leaf.Number {
		return Cut{Start: l.Start, End: l.End, With: []byte("0")}
	}
	from, to := l.Source(start, end)
	c := Cut{Start: from, End: to}
	if do == Mask {
		word, _ := jsontext.AppendQuote(nil, "["+rule+"]")
		c.With = word[1 : len(word)-1]
	}
	return c
}

// merge puts cuts in order; of those that overlap the first takes what the others take. What
// is only put in stands before what is cut at the same place.
func merge(cuts []Cut) []Cut {
	slices.SortStableFunc(cuts, func(a, b Cut) int {
		if a.Start == b.Start && (a.End == a.Start) != (b.End == b.Start) {
			return cmp.Compare(a.End, b.End)
		}
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	out := cuts[:0]
	for _, c := range cuts {
		if n := len(out); n > 0 && c.Start < out[n-1].End {
			last := &out[n-1]
			if last.With == nil {
				last.With = c.With
			}
			last.End = max(last.End, c.End)
			continue
		}
		out = append(out, c)
	}
	return out
}
