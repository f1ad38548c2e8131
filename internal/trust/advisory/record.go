package advisory

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/strict"
)

// Limits of one record.
const (
	maxRecord  = 16 << 20 // bytes
	maxList    = 100_000  // versions, events or packages
	maxSummary = 300      // bytes that are kept
)

// A record is what is kept of one advisory: not its details.
type record struct {
	id, summary string
	aliases     []string
	rating
}

// A part is one of a record's affected packages.
type part struct {
	ecosystem, name string
	rating
	spans    []span
	commits  bool // it has ranges of commits
	versions []string
}

// An osv is one record while it is read.
type osv struct {
	*record
	r         *strict.Reader
	schema    string
	modified  time.Time
	withdrawn bool
	parts     []part
}

// parse reads one record.
func parse(b []byte) (osv, error) {
	o := osv{record: &record{}, r: strict.New(bytes.NewReader(b))}
	o.r.Object(o.member)
	o.r.End()
	switch err := o.r.Err(); {
	case err != nil:
		return osv{}, fmt.Errorf("advisory %s: %w", mantlet.Escape(o.id), err)
	case o.id == "" || o.modified.IsZero():
		return osv{}, fmt.Errorf("advisory %q has no id or no time of change", mantlet.Escape(o.id))
	case o.schema != "" && !strings.HasPrefix(o.schema, "1."):
		return osv{}, fmt.Errorf("advisory %s: schema %s is not read; 1.x is", mantlet.Escape(o.id), mantlet.Escape(o.schema))
	}
	if strings.HasPrefix(o.id, "MAL-") { // OSV's malicious packages carry no rating
		o.worse(rating{severity: Critical})
	}
	return o, nil
}

func (o *osv) member(name string) {
	switch name {
	case "id":
		o.id = o.r.Text()
	case "schema_version":
		o.schema = o.r.Text()
	case "summary":
		o.summary = cut(o.r.Text())
	case "modified":
		o.modified = o.time()
	case "withdrawn":
		o.withdrawn = !o.time().IsZero()
	case "aliases":
		o.aliases = o.r.Texts(maxList)
	case "severity":
		o.worse(o.ratings())
	case "database_specific":
		o.worse(o.said())
	case "affected":
		o.r.Array(func() {
			o.parts = append(o.parts, o.part())
			o.few(len(o.parts))
		})
	default:
		o.r.Skip()
	}
}

func (o *osv) time() time.Time {
	s := o.r.Text()
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		o.r.Fail(fmt.Errorf("%q is no time", mantlet.Escape(s)))
	}
	return t
}

func (o *osv) ratings() (worst rating) {
	o.r.Array(func() {
		var kind, score string
		o.r.Object(func(name string) {
			switch name {
			case "type":
				kind = o.r.Text()
			case "score":
				score = o.r.Text()
			default:
				o.r.Skip()
			}
		})
		worst.worse(rate(kind, score))
	})
	return worst
}

// said is what a database says in a word of its own, as GitHub's does.
func (o *osv) said() (said rating) {
	if o.r.Kind() != '{' {
		o.r.Skip()
		return rating{}
	}
	o.r.Object(func(name string) {
		if name == "severity" && o.r.Kind() == '"' {
			said.severity, _ = ParseSeverity(o.r.Text())
			return
		}
		o.r.Skip()
	})
	return said
}

func (o *osv) part() (p part) {
	o.r.Object(func(name string) {
		switch name {
		case "package":
			o.r.Object(func(name string) {
				switch name {
				case "ecosystem":
					p.ecosystem = o.r.Text()
				case "name":
					p.name = o.r.Text()
				default:
					o.r.Skip()
				}
			})
		case "severity":
			p.worse(o.ratings())
		case "ranges":
			o.r.Array(func() { o.span(&p) })
		case "versions":
			p.versions = o.r.Texts(maxList)
		default:
			o.r.Skip()
		}
	})
	return p
}

// span reads one range. A kind that is not known is one that cannot be judged.
func (o *osv) span(p *part) {
	var (
		s    span
		kind string
	)
	o.r.Object(func(name string) {
		switch name {
		case "type":
			kind = o.r.Text()
		case "events":
			o.r.Array(func() { o.event(&s) })
		default:
			o.r.Skip()
		}
	})
	if kind == "GIT" {
		p.commits = true
		return
	}
	s.semver, s.unsure = kind == "SEMVER", kind != "SEMVER" && kind != "ECOSYSTEM"
	p.spans = append(p.spans, s)
	o.few(len(p.spans))
}

func (o *osv) event(s *span) {
	o.r.Object(func(name string) {
		e, ok := eventKinds[name]
		if !ok {
			o.r.Skip()
			return
		}
		s.events = append(s.events, event{e, o.r.Text()})
		o.few(len(s.events))
	})
}

func (o *osv) few(n int) {
	if n > maxList {
		o.r.Fail(fmt.Errorf("a list of more than %d", maxList))
	}
}

func cut(s string) string {
	if len(s) > maxSummary {
		s = strings.ToValidUTF8(s[:maxSummary], "") + "..."
	}
	return strings.Clone(s)
}

func fingerprint(b []byte) [sha256.Size]byte { return sha256.Sum256(b) }
