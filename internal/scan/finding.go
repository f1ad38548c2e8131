package scan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
)

// A Finding is one thing that is wrong. All its texts but Server, Name and Field are our
// own or escaped; those three are a peer's, and are escaped where they are shown. No
// member holds a secret.
type Finding struct {
	Rule        string        `json:"rule"`
	Severity    rule.Severity `json:"-"`
	Title       string        `json:"title"`
	Server      string        `json:"server"`
	Kind        string        `json:"kind"` // "tool", "prompt", …; "server" for a configured entry, "configuration" for several servers together
	Name        string        `json:"name,omitempty"`
	Field       string        `json:"field,omitempty"` // where it stands in the definition or the entry: a JSON pointer without its first slash
	Excerpt     string        `json:"excerpt,omitempty"`
	Words       string        `json:"words"` // what is wrong, and what to do
	Refs        []string      `json:"references"`
	Input       string        `json:"input"`   // the file, URL or command
	Pointer     string        `json:"pointer"` // RFC 6901, in the file
	Line        int           `json:"line,omitempty"`
	Fingerprint string        `json:"fingerprint"`

	target int // among the report's targets; across for one about several servers
}

const across = -1

// fingerprint is the same for the same thing in another run, on another machine, in a
// file whose other entries moved: it covers the rule, the server, the kind, the name,
// the field and the excerpt (by its SHA-256).
func (f *Finding) fingerprint() string {
	excerpt := sha256.Sum256([]byte(f.Excerpt))
	h := sha256.New()
	for _, part := range []string{f.Rule, f.Server, f.Kind, f.Name, f.Field, string(excerpt[:])} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// A Seen is one definition that was looked at.
type Seen struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Digest string `json:"digest,omitempty"` // as package definition takes it, behind sha256:; none where it cannot be read
}

// A Target is one server that was looked at.
type Target struct {
	Input  string `json:"input"`
	Server string `json:"server"`
	Seen   []Seen `json:"definitions"`
}

// A Report is what one scan found, in the order of the targets. Notes say what was not
// looked at, and why.
type Report struct {
	Targets  []Target
	Findings []Finding
	Notes    []string
	Known    int // findings that the baseline names; they are not among Findings
}

// Count is how many findings have the severity.
func (r *Report) Count(s rule.Severity) (n int) {
	for i := range r.Findings {
		if r.Findings[i].Severity == s {
			n++
		}
	}
	return n
}

// Worst is the highest severity found; zero where nothing was.
func (r *Report) Worst() (worst rule.Severity) {
	for i := range r.Findings {
		worst = max(worst, r.Findings[i].Severity)
	}
	return worst
}

// Definitions is how many definitions were looked at.
func (r *Report) Definitions() (n int) {
	for _, t := range r.Targets {
		n += len(t.Seen)
	}
	return n
}

// ParseSeverity reads low, medium, high or critical.
func ParseSeverity(s string) (rule.Severity, error) {
	for _, one := range []rule.Severity{rule.Low, rule.Medium, rule.High, rule.Critical} {
		if s == one.String() {
			return one, nil
		}
	}
	return 0, fmt.Errorf("%q is no severity; write low, medium, high or critical", s)
}

// of are the findings about one target, or across, the gravest first.
func (r *Report) of(target int) (out []Finding) {
	for _, f := range r.Findings {
		if f.target == target {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), strings.Compare(a.Rule, b.Rule))
	})
	return out
}
