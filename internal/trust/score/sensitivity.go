package score

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// A Change is what one input alone would do to the score.
type Change struct {
	Input  string
	Better int // points more, were it as good as can be
	Worse  int // points less, were it as bad as can be
}

// levers move one input to its ends.
var levers = []struct {
	input       string
	best, worst func(in *Inputs, now time.Time)
}{
	{"provenance", func(in *Inputs, _ time.Time) { in.Provenance = Good }, func(in *Inputs, _ time.Time) { in.Provenance = Bad }},
	{"registry signature", func(in *Inputs, _ time.Time) { in.RegistrySignature = Good }, func(in *Inputs, _ time.Time) { in.RegistrySignature = Bad }},
	{"evidence", func(in *Inputs, _ time.Time) { in.Evidence.fill() }, func(in *Inputs, _ time.Time) { in.Evidence.Have = 0 }},
	{"signatures", func(in *Inputs, _ time.Time) { in.Signatures.fill() }, func(in *Inputs, _ time.Time) { in.Signatures.Have = 0 }},
	{"vulnerabilities", func(in *Inputs, _ time.Time) { in.Vulnerabilities = Counts{Known: true} }, func(in *Inputs, _ time.Time) { in.Vulnerabilities = worst }},
	{"scan", func(in *Inputs, _ time.Time) { in.Scan = Counts{Known: true} }, func(in *Inputs, _ time.Time) { in.Scan = worst }},
	{"owner", func(in *Inputs, _ time.Time) { in.Owner = true }, func(in *Inputs, _ time.Time) { in.Owner = false }},
	{"purpose", func(in *Inputs, _ time.Time) { in.Purpose = true }, func(in *Inputs, _ time.Time) { in.Purpose = false }},
	{"manifest", func(in *Inputs, _ time.Time) { in.Manifest = 5 }, func(in *Inputs, _ time.Time) { in.Manifest = 0 }},
	{"first seen", func(in *Inputs, now time.Time) { in.FirstSeen = longAgo(now) }, func(in *Inputs, _ time.Time) { in.FirstSeen = time.Time{} }},
	{"last change", func(in *Inputs, _ time.Time) { in.LastChange = time.Time{} }, func(in *Inputs, now time.Time) { in.LastChange = now }},
	{"changes", func(in *Inputs, _ time.Time) { in.Changes = 0 }, func(in *Inputs, _ time.Time) { in.Changes = 1000 }},
	{"quarantines", func(in *Inputs, _ time.Time) { in.Quarantines = 0 }, func(in *Inputs, now time.Time) { in.Quarantines, in.LastQuarantine = 1000, now }},
	{"effects", func(in *Inputs, _ time.Time) { in.Tier = 1 }, func(in *Inputs, _ time.Time) { in.Tier = 4 }},
	{"identity", func(in *Inputs, _ time.Time) { in.Identity = Pinned }, func(in *Inputs, _ time.Time) { in.Identity = Floating }},
	{"look-alikes", func(in *Inputs, _ time.Time) { in.Distinct = Good }, func(in *Inputs, _ time.Time) { in.Distinct = Bad }},
	{"recertification", func(in *Inputs, now time.Time) { in.Recertify = now.Add(day) }, func(in *Inputs, now time.Time) { in.Recertify = now }},
}

var worst = Counts{Known: true, Critical: 100}

func (s *Share) fill() {
	s.Of = max(s.Of, 1)
	s.Have = s.Of
}

// longAgo is when age counts as good as whole.
func longAgo(now time.Time) time.Time { return now.Add(-100 * halfAge) }

// Sensitivity is what each input alone would change, in the order of the table. Where a cap
// holds the score, an input that is under it changes nothing.
func Sensitivity(in Inputs, now time.Time) []Change {
	from := Of(in, now).Points
	out := make([]Change, 0, len(levers))
	for _, l := range levers {
		up, down := in, in
		l.best(&up, now)
		l.worst(&down, now)
		out = append(out, Change{l.input, max(0, Of(up, now).Points-from), max(0, from-Of(down, now).Points)})
	}
	return out
}

// Write writes the score with all of its terms and caps, in columns.
func (s Score) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "trust score %d of 100\n\n%-20s %6s %8s %8s  %s\n", s.Points, "term", "value", "weight", "points", "why")
	for _, t := range s.Terms {
		fmt.Fprintf(&b, "%-20s %6.2f %8d %8.1f  %s\n", t.Name, t.Value, t.Weight, t.Points, t.Why)
	}
	fmt.Fprintf(&b, "%-20s %6s %8d %8.1f\n", "sum", "", 100, s.Sum)
	for _, c := range s.Caps {
		fmt.Fprintf(&b, "at most %-3d because %s\n", c.Most, c.Why)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// String is what Write writes.
func (s Score) String() string {
	var b strings.Builder
	_ = s.Write(&b) // a Builder takes everything
	return b.String()
}

// WriteChanges writes what Sensitivity found, in columns, without inputs that change nothing.
func WriteChanges(w io.Writer, all []Change) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %8s %8s\n", "input alone", "at best", "at worst")
	for _, c := range all {
		if c.Better != 0 || c.Worse != 0 {
			fmt.Fprintf(&b, "%-20s %8s %8s\n", c.Input, signed(c.Better), signed(-c.Worse))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func signed(n int) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%+d", n)
}
