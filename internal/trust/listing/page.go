package listing

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mantlet-mcp/mantlet"
)

// A Status is where an entry stands. The zero Status is not listed.
type Status uint8

// The statuses, in the registry's words.
const (
	Unlisted Status = iota
	Active
	Deprecated
	Deleted
)

var statusWords = [...]string{"", "active", "deprecated", "deleted"}

// An Exposed is one version of one server, as clients may find it. There is no field for
// the server behind it.
type Exposed struct {
	ID          string // what Mantlet calls it, for the caller's own use; it is not served
	Name        string // reverse DNS, "/", name
	Title       string
	Description string
	Version     string
	URL         string // Mantlet's own, where this server is reached through it
	Status      Status
	Published   time.Time
	Updated     time.Time
}

// Limits of a page.
const (
	defaultLimit = 30
	maxLimit     = 100
)

var errCursor = errors.New("the cursor is not one that was given out")

// Page is one page of the list: at most limit entries (0 is 30, 100 the most) behind
// cursor, by name and then by version, and the cursor of the next.
func Page(servers []Exposed, cursor string, limit int) ([]byte, error) {
	all, err := entries(servers)
	if err != nil {
		return nil, err
	}
	return page(all, cursor, limit)
}

// entries are servers in order, checked, with the latest of each name marked.
func entries(servers []Exposed) ([]entry, error) {
	latest := make(map[string]*Exposed)
	var out []entry
	for i := range servers {
		s := &servers[i]
		if s.Status == Unlisted {
			continue
		}
		if err := s.check(); err != nil {
			return nil, err
		}
		if old := latest[s.Name]; s.Status != Deleted && (old == nil || newer(s, old)) {
			latest[s.Name] = s
		}
		out = append(out, entry{Exposed: s})
	}
	for i := range out {
		out[i].latest = latest[out[i].Name] == out[i].Exposed
	}
	slices.SortFunc(out, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version))
	})
	for i := 1; i < len(out); i++ {
		if out[i].key() == out[i-1].key() {
			return nil, fmt.Errorf("%s %s is there twice", mantlet.Escape(out[i].Name), mantlet.Escape(out[i].Version))
		}
	}
	return out, nil
}

type entry struct {
	*Exposed
	latest bool
}

func (e entry) key() string { return e.Name + "\x00" + e.Version }

func newer(a, b *Exposed) bool {
	if c := a.Published.Compare(b.Published); c != 0 {
		return c > 0
	}
	return a.Version > b.Version
}

func (s *Exposed) check() error {
	bad := func(what string) error {
		return fmt.Errorf("%q cannot be listed: %s", mantlet.Escape(s.Name), what)
	}
	switch {
	case !isName(s.Name):
		return bad("its name is not reverse DNS, one slash and a name")
	case !isVersion(s.Version):
		return bad("its version is none")
	case !isURL(s.URL) || strings.ContainsAny(s.URL, "?#{}"):
		return bad("it has no address")
	case int(s.Status) >= len(statusWords):
		return bad("its status is none")
	case s.Published.IsZero():
		return bad("it has no time of publication")
	}
	return nil
}

func page(all []entry, cursor string, limit int) ([]byte, error) {
	if limit == 0 {
		limit = defaultLimit
	}
	if limit < 1 || limit > maxLimit {
		return nil, fmt.Errorf("the limit must be 1 to %d", maxLimit)
	}
	from := 0
	if cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || strings.Count(string(raw), "\x00") != 1 {
			return nil, errCursor
		}
		after := string(raw)
		from, _ = slices.BinarySearchFunc(all, after, func(e entry, k string) int { return strings.Compare(e.key(), k) })
		if from < len(all) && all[from].key() == after {
			from++
		}
	}
	to := min(from+limit, len(all))
	list := jsonList{Servers: make([]jsonEntry, 0, to-from)}
	for _, e := range all[from:to] {
		list.Servers = append(list.Servers, e.json())
	}
	list.Metadata.Count = to - from
	if to < len(all) {
		list.Metadata.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(all[to-1].key()))
	}
	return json.Marshal(list)
}

// The answers, as the registry's OpenAPI has them.
type (
	jsonList struct {
		Servers  []jsonEntry `json:"servers"`
		Metadata struct {
			NextCursor string `json:"nextCursor,omitempty"`
			Count      int    `json:"count"`
		} `json:"metadata"`
	}
	jsonEntry struct {
		Server jsonServer `json:"server"`
		Meta   jsonMeta   `json:"_meta"` //nolint:tagliatelle // the registry's name
	}
	jsonServer struct {
		Schema      string       `json:"$schema"` //nolint:tagliatelle // JSON Schema's name
		Name        string       `json:"name"`
		Title       string       `json:"title,omitempty"`
		Description string       `json:"description"`
		Version     string       `json:"version"`
		Remotes     []jsonRemote `json:"remotes"`
	}
	jsonRemote struct {
		Type string `json:"type"`
		URL  string `json:"url"`
	}
	jsonMeta struct {
		Official jsonOfficial `json:"io.modelcontextprotocol.registry/official"` //nolint:tagliatelle // the registry's name
	}
	jsonOfficial struct {
		Status          string    `json:"status"`
		StatusChangedAt time.Time `json:"statusChangedAt"`
		PublishedAt     time.Time `json:"publishedAt"`
		UpdatedAt       time.Time `json:"updatedAt"`
		IsLatest        bool      `json:"isLatest"`
	}
)

func (e entry) json() jsonEntry {
	updated := e.Updated
	if updated.IsZero() {
		updated = e.Published
	}
	return jsonEntry{
		Server: jsonServer{
			Schema: fmt.Sprintf(schemaURL, schemas[len(schemas)-1]),
			Name:   e.Name, Title: brief(e.Title), Description: cmp.Or(brief(e.Description), e.Name), Version: e.Version,
			Remotes: []jsonRemote{{"streamable-http", e.URL}},
		},
		Meta: jsonMeta{jsonOfficial{statusWords[e.Status], updated.UTC(), e.Published.UTC(), updated.UTC(), e.latest}},
	}
}

// brief is s without what hides, and no longer than the schema has it.
func brief(s string) string {
	s = mantlet.Escape(strings.TrimSpace(s))
	if utf8.RuneCountInString(s) <= maxTitle {
		return s
	}
	return string([]rune(s)[:maxTitle-1]) + "…"
}
