package advisory

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// An Outcome is what a gate says. The zero value is that nobody knows.
type Outcome uint8

// The outcomes.
const (
	Unknown Outcome = iota
	Satisfied
	Failed
)

func (o Outcome) String() string {
	switch o {
	case Satisfied:
		return "satisfied"
	case Failed:
		return "failed"
	default:
		return "unknown"
	}
}

// Defaults of a Gate.
const (
	defaultFail   = High
	defaultMaxAge = 14 * 24 * time.Hour
	ahead         = 24 * time.Hour // clocks differ by less
)

// An Ignore is a hole that somebody decided to live with, until a day, for a reason.
// Without both it counts for nothing.
type Ignore struct {
	ID    string // of the record, or one of its aliases
	Until time.Time
	Why   string
}

// A Gate says which holes are too many.
type Gate struct {
	Fail   Severity      // this and above fail; Unrated is High
	MaxAge time.Duration // of an ecosystem's newest record; 0 is 14 days
	Ignore []Ignore
}

// A Match is a finding and whom it is about.
type Match struct {
	Component Component
	Finding
	Ignored string // why, and until when; "" where it counts
}

// A Verdict is the outcome with all that led to it.
type Verdict struct {
	Outcome Outcome
	Matches []Match
	Reasons []string // why it is not satisfied, fit for a terminal
}

// Judge weighs components against d, which may be nil. It is satisfied only if every
// component is of an ecosystem that d knows, freshly, and has nothing at or above the
// gate's severity; a hole that nobody rated, or that may or may not be there, is unknown.
func (g Gate) Judge(d *Data, components []Component, now time.Time) Verdict {
	j := judging{g: g.whole(), d: d, now: now, told: make(map[string]bool)}
	j.source(components)
	if d != nil {
		for _, c := range components {
			j.component(c)
		}
	}
	switch {
	case j.failed:
		j.v.Outcome = Failed
	case !j.unknown:
		j.v.Outcome = Satisfied
	}
	return j.v
}

func (g Gate) whole() Gate {
	if g.Fail == Unrated {
		g.Fail = defaultFail
	}
	if g.MaxAge <= 0 {
		g.MaxAge = defaultMaxAge
	}
	return g
}

type judging struct {
	g               Gate
	d               *Data
	now             time.Time
	v               Verdict
	failed, unknown bool
	told            map[string]bool
}

// doubt says once why the outcome cannot be satisfied.
func (j *judging) doubt(format string, args ...any) {
	j.unknown = true
	j.say(fmt.Sprintf(format, args...))
}

func (j *judging) say(text string) {
	if !j.told[text] {
		j.told[text] = true
		j.v.Reasons = append(j.v.Reasons, text)
	}
}

func (j *judging) source(components []Component) {
	switch {
	case j.d == nil:
		j.doubt("there are no advisory data")
	case j.d.broken > 0:
		j.doubt("%d records of the advisory data cannot be read (%v)", j.d.broken, j.d.why)
	}
	if len(components) == 0 {
		j.doubt("no components are known")
	}
	for _, i := range j.g.Ignore {
		if i.Why == "" || i.Until.IsZero() {
			j.say("what is ignored needs a reason and a last day: " + mantlet.Escape(i.ID) + " counts")
		}
	}
}

func (j *judging) component(c Component) {
	base, _, _ := strings.Cut(c.Ecosystem, ":")
	switch newest := j.d.Newest(base); {
	case base == "":
		j.doubt("it is not known where %s is published", mantlet.Escape(c.Name))
	case newest.IsZero():
		j.doubt("the advisory data know nothing of %s", mantlet.Escape(base))
	case newest.After(j.now.Add(ahead)):
		j.doubt("the advisory data of %s are from the future (%s)", mantlet.Escape(base), newest.Format(time.DateOnly))
	case j.now.Sub(newest) > j.g.MaxAge:
		j.doubt("the advisory data of %s are of %s, older than %d hours", mantlet.Escape(base), newest.Format(time.DateOnly), int(j.g.MaxAge.Hours()))
	}
	if c.Version == "" {
		j.doubt("the version of %s is not known", mantlet.Escape(c.Name))
	}
	for _, f := range j.d.Affected(c) {
		m := Match{Component: c, Finding: f, Ignored: j.g.ignored(f, j.now)}
		j.v.Matches = append(j.v.Matches, m)
		if m.Ignored == "" {
			j.weigh(m)
		}
	}
}

// String names the advisory, the package and what mends it, fit for a terminal.
func (m *Match) String() string {
	s := fmt.Sprintf("%s (%s), %s", m.named(), m.Severity, m.advice())
	if m.Unsure != "" {
		s += "; it may not concern it: " + m.Unsure
	}
	return s
}

func (m *Match) named() string {
	return mantlet.Escape(m.Component.Name + " " + m.Component.Version + ": " + m.ID)
}

func (j *judging) weigh(m Match) {
	what := m.named()
	switch {
	case m.Severity != Unrated && m.Severity < j.g.Fail:
	case m.Unsure != "":
		j.doubt("%s may concern it: %s", what, m.Unsure)
	case m.Severity == Unrated:
		j.doubt("%s concerns it, and nobody rated how badly", what)
	default:
		j.failed = true
		j.say(fmt.Sprintf("%s (%s), %s", what, m.Severity, m.advice()))
	}
}

// advice is what to do.
func (f *Finding) advice() string {
	if len(f.Fixed) == 0 {
		return "not fixed in any version that is known"
	}
	return "fixed in " + mantlet.Escape(strings.Join(f.Fixed, ", "))
}

// ignored is why f does not count; an ignore ends with its last moment.
func (g Gate) ignored(f Finding, now time.Time) string {
	for _, i := range g.Ignore {
		named := i.ID != "" && (i.ID == f.ID || slices.Contains(f.Aliases, i.ID))
		if named && i.Why != "" && now.Before(i.Until) {
			return i.Why + " (until " + i.Until.Format(time.DateOnly) + ")"
		}
	}
	return ""
}
