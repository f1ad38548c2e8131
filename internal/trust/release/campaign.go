package release

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
)

// A Campaign asks that everything in its scope be certified again within a time (C026).
type Campaign struct {
	Name   string    `json:"name"`
	Scope  Scope     `json:"scope"`
	Opened time.Time `json:"opened"` // what was certified before counts no more
	Until  time.Time `json:"until"`
}

// A Scope is what a campaign is about. Each part that is said must fit; the zero Scope is
// everything.
type Scope struct {
	Server string `json:"server,omitempty"`
	Label  string `json:"label,omitempty"`
	Tier   Tier   `json:"tier,omitempty"` // of this tier or a deeper one
}

// Check reports whether c can be run.
func (c *Campaign) Check() error {
	if strings.TrimSpace(c.Name) == "" || !text(c.Name) || c.Opened.IsZero() || !c.Until.After(c.Opened) || c.Scope.Tier > Critical {
		return errors.New("a campaign has a name, a day when it opens and a later one until when")
	}
	return nil
}

// Certified is something that was released, as campaigns and reports look at it.
type Certified struct {
	Target string // server, or server/kind/name
	Server string
	Owner  string
	Labels []string
	Tier   Tier
	By     []string  // who signed last
	Last   time.Time // when; zero: never
	Until  time.Time // the end of the release
	State  State
}

func (s *Scope) covers(c *Certified) bool {
	if s.Server != "" && s.Server != c.Server || s.Tier > c.Tier {
		return false
	}
	return s.Label == "" || slices.Contains(c.Labels, s.Label)
}

// due is when c must be certified again, and whose campaign says so ("" for the release's
// own end). What was never certified is due at once.
func due(c *Certified, campaigns []Campaign, now time.Time) (at time.Time, campaign string) {
	at = c.Until
	if c.Last.IsZero() {
		at = time.Time{}
	}
	for i := range campaigns {
		k := &campaigns[i]
		if k.Check() != nil || now.Before(k.Opened) || !c.Last.Before(k.Opened) || !k.Scope.covers(c) {
			continue
		}
		if k.Until.Before(at) {
			at, campaign = k.Until, k.Name
		}
	}
	return at, campaign
}

// Due is when c must be certified again by the end of its release or by a campaign that is
// open, whichever is first, and whether that is past. A campaign that nobody could run
// counts for nothing.
func Due(c *Certified, campaigns []Campaign, now time.Time) (at time.Time, over bool) {
	at, _ = due(c, campaigns, now)
	return at, !now.Before(at)
}

// A Row is one line of a report.
type Row struct {
	Target   string     `json:"target"`
	Owner    string     `json:"owner"`
	Last     *time.Time `json:"lastCertified"` // null: never
	By       []string   `json:"by"`
	Due      *time.Time `json:"due"` // null: at once
	Campaign string     `json:"campaign,omitempty"`
	State    State      `json:"state"` // due where the date has passed
}

// Report is what stands where.
func Report(all []Certified, campaigns []Campaign, now time.Time) []Row {
	rows := make([]Row, 0, len(all))
	for i := range all {
		c := &all[i]
		at, campaign := due(c, campaigns, now)
		r := Row{Target: c.Target, Owner: c.Owner, By: append([]string{}, c.By...), Campaign: campaign, State: c.State, Last: some(c.Last), Due: some(at)}
		if c.State.Usable() && !now.Before(at) {
			r.State = Overdue
		}
		rows = append(rows, r)
	}
	return rows
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// JSON writes rows as an array.
func JSON(w io.Writer, rows []Row) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(append([]Row{}, rows...))
}

// CSV writes rows with a line of headings (RFC 4180). No cell is a formula to a program of
// tables.
func CSV(w io.Writer, rows []Row) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	_ = c.Write([]string{"target", "owner", "last certified", "by", "due", "campaign", "state"}) // Error has it
	for i := range rows {
		r := &rows[i]
		line := []string{r.Target, r.Owner, date(r.Last, "never"), strings.Join(r.By, " "), date(r.Due, "at once"), r.Campaign, string(r.State)}
		for j := range line {
			line[j] = cell(line[j])
		}
		_ = c.Write(line) // Error has it
	}
	c.Flush()
	return c.Error()
}

func date(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return t.Format(time.DateOnly)
}

// cell is text that no program of tables takes for a formula: what could begin one, also
// behind spaces and in its wide form, stands behind an apostrophe. What hides is escaped.
func cell(s string) string {
	s = mantlet.Escape(s)
	if t := strings.TrimLeft(s, " "); t != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(t)[0]) {
		return "'" + s
	}
	return s
}
