package listing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/listing"
)

const base = "https://mantlet.example"

func day(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }

func exposed(name, version string, published int) listing.Exposed {
	return listing.Exposed{
		ID: "upstream-7", Name: "com.example/" + name, Title: strings.ToUpper(name), Description: "What " + name + " does.", Version: version,
		URL: base + "/mcp/" + name, Status: listing.Active, Published: day(published), Updated: day(published),
	}
}

func catalogue() []listing.Exposed {
	gone, old, hidden := exposed("gone", "1.0.0", 3), exposed("notes", "1.0.0", 1), exposed("hidden", "1.0.0", 1)
	gone.Status, old.Status, hidden.Status = listing.Deleted, listing.Deprecated, listing.Unlisted
	return []listing.Exposed{exposed("zeta", "1.0.0", 2), exposed("notes", "1.10.0", 5), old, exposed("notes", "1.2.0+b", 4), gone, hidden}
}

// An answer is one of the API's three, as a client reads it.
type answer struct {
	Servers []struct {
		Server struct {
			Name, Version string
			Remotes       []struct{ Type, URL string }
		}
		Meta struct {
			Official struct {
				Status   string
				IsLatest bool
			} `json:"io.modelcontextprotocol.registry/official"` //nolint:tagliatelle // the registry's name
		} `json:"_meta"` //nolint:tagliatelle // the registry's name
	}
	Metadata struct {
		NextCursor string
		Count      int
	}
	Error string
}

func (a answer) names() string {
	var out []string
	for _, s := range a.Servers {
		name := strings.TrimPrefix(s.Server.Name, "com.example/") + "@" + s.Server.Version
		if s.Meta.Official.IsLatest {
			name += "*"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func handler(t testing.TB, source func(*http.Request) ([]listing.Exposed, error)) http.Handler {
	t.Helper()
	h, err := listing.Handler(base, source)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(t testing.TB, h http.Handler, method, target string) (int, string, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w.Code, w.Body.String(), w.Header()
}

func TestHandler(t *testing.T) {
	h := handler(t, func(*http.Request) ([]listing.Exposed, error) { return catalogue(), nil })
	for target, want := range map[string]string{
		"/v0.1/servers":                                                                "notes@1.0.0 notes@1.10.0* notes@1.2.0+b zeta@1.0.0*",
		"/v0.1/servers?version=latest":                                                 "notes@1.10.0* zeta@1.0.0*",
		"/v0.1/servers?version=1.0.0":                                                  "notes@1.0.0 zeta@1.0.0*",
		"/v0.1/servers?search=NOT":                                                     "notes@1.0.0 notes@1.10.0* notes@1.2.0+b",
		"/v0.1/servers?search=hidden":                                                  "",
		"/v0.1/servers?updated_since=2026-11-03T12:00:00Z":                             "gone@1.0.0 notes@1.10.0* notes@1.2.0+b",
		"/v0.1/servers?updated_since=2026-11-05T14:00:00%2B02:00":                      "notes@1.10.0*",
		"/v0.1/servers?include_deleted=true&search=gone":                               "gone@1.0.0",
		"/v0.1/servers?limit=2":                                                        "notes@1.0.0 notes@1.10.0* ...",
		"/v0.1/servers?limit=100&unheard=of":                                           "notes@1.0.0 notes@1.10.0* notes@1.2.0+b zeta@1.0.0*",
		"/v0.1/servers/com.example%2Fnotes/versions":                                   "notes@1.10.0* notes@1.2.0+b notes@1.0.0",
		"/v0.1/servers/com.example%2fgone/versions?include_deleted=true":               "gone@1.0.0",
		"/v0.1/servers/com.example%2Fnotes/versions/1.0.0":                             "notes@1.0.0",
		"/v0.1/servers/com.example%2Fnotes/versions/1.2.0%2Bb":                         "notes@1.2.0+b",
		"/v0.1/servers/com.example%2Fnotes/versions/latest":                            "notes@1.10.0*",
		"/v0.1/servers/com.example%2Fgone/versions/1.0.0?include_deleted=true":         "gone@1.0.0",
		"/v0.1/servers?search=notes&version=latest&updated_since=2026-11-01T00:00:00Z": "notes@1.10.0*",
	} {
		status, body, head := ask(t, h, "GET", target)
		var a answer
		if strings.Contains(target, "/versions/") {
			body = `{"servers":[` + body + `],"metadata":{"count":1}}`
		}
		if err := json.Unmarshal([]byte(body), &a); err != nil || status != 200 {
			t.Errorf("%s: %d %s", target, status, body)
			continue
		}
		got := a.names()
		if a.Metadata.NextCursor != "" {
			got += " ..."
		}
		if got != want || a.Metadata.Count != len(a.Servers) || a.Servers == nil {
			t.Errorf("%s: %q (%d), want %q", target, got, a.Metadata.Count, want)
		}
		if head.Get("Cache-Control") != "no-store" || head.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", target, head)
		}
		for _, s := range a.Servers {
			if len(s.Server.Remotes) != 1 || !strings.HasPrefix(s.Server.Remotes[0].URL, base+"/mcp/") || s.Server.Remotes[0].Type != "streamable-http" {
				t.Errorf("%s: %+v", target, s)
			}
		}
		if strings.Contains(body, "upstream-7") || strings.Contains(body, "hidden") {
			t.Errorf("%s tells what is not for clients: %s", target, body)
		}
	}
}

func TestRefusals(t *testing.T) {
	fine := func(*http.Request) ([]listing.Exposed, error) { return catalogue(), nil }
	with := func(change func(e *listing.Exposed)) func(*http.Request) ([]listing.Exposed, error) {
		return func(*http.Request) ([]listing.Exposed, error) {
			e := exposed("bad", "1.0.0", 1)
			change(&e)
			return append(catalogue(), e), nil
		}
	}
	for name, c := range map[string]struct {
		source         func(*http.Request) ([]listing.Exposed, error)
		method, target string
		want           int
	}{
		"post":                  {fine, "POST", "/v0.1/servers", 405},
		"delete the list":       {fine, "DELETE", "/v0.1/servers", 405},
		"put":                   {fine, "PUT", "/v0.1/servers/com.example%2Fnotes/versions/1.0.0", 501},
		"delete":                {fine, "DELETE", "/v0.1/servers/com.example%2Fnotes/versions/1.0.0", 501},
		"patch":                 {fine, "PATCH", "/v0.1/servers/com.example%2Fnotes/versions/1.0.0", 405},
		"publish":               {fine, "POST", "/v0.1/publish", 404},
		"another version":       {fine, "GET", "/v0/servers", 404},
		"no slash":              {fine, "GET", "/v0.1/serversx", 404},
		"a server alone":        {fine, "GET", "/v0.1/servers/com.example%2Fnotes", 404},
		"slash not encoded":     {fine, "GET", "/v0.1/servers/com.example/notes/versions", 404},
		"an empty name":         {fine, "GET", "/v0.1/servers//versions", 404},
		"an empty version":      {fine, "GET", "/v0.1/servers/com.example%2Fnotes/versions/", 404},
		"deeper":                {fine, "GET", "/v0.1/servers/com.example%2Fnotes/versions/1.0.0/status", 404},
		"not there":             {fine, "GET", "/v0.1/servers/com.example%2Fnone/versions", 404},
		"no such version":       {fine, "GET", "/v0.1/servers/com.example%2Fnotes/versions/9", 404},
		"unlisted":              {fine, "GET", "/v0.1/servers/com.example%2Fhidden/versions/1.0.0", 404},
		"deleted":               {fine, "GET", "/v0.1/servers/com.example%2Fgone/versions/1.0.0", 404},
		"deleted is not latest": {fine, "GET", "/v0.1/servers/com.example%2Fgone/versions/latest", 404},
		"limit 0":               {fine, "GET", "/v0.1/servers?limit=0", 400},
		"limit 101":             {fine, "GET", "/v0.1/servers?limit=101", 400},
		"limit x":               {fine, "GET", "/v0.1/servers?limit=x", 400},
		"twice":                 {fine, "GET", "/v0.1/servers?limit=1&limit=2", 400},
		"cursor":                {fine, "GET", "/v0.1/servers?cursor=notes", 400},
		"since":                 {fine, "GET", "/v0.1/servers?updated_since=yesterday", 400},
		"include":               {fine, "GET", "/v0.1/servers?include_deleted=maybe", 400},
		"query":                 {fine, "GET", "/v0.1/servers?search=%zz", 400},
		"source fails":          {func(*http.Request) ([]listing.Exposed, error) { return catalogue(), errors.New("secret") }, "GET", "/v0.1/servers", 500},
		"an upstream's address": {with(func(e *listing.Exposed) { e.URL = "https://secret.internal/mcp" }), "GET", "/v0.1/servers", 500},
		"an address like ours":  {with(func(e *listing.Exposed) { e.URL = base + ".secret.internal/mcp" }), "GET", "/v0.1/servers", 500},
		"credentials":           {with(func(e *listing.Exposed) { e.URL = "https://mantlet.example@secret.internal/" }), "GET", "/v0.1/servers", 500},
		"a query":               {with(func(e *listing.Exposed) { e.URL += "?key=secret" }), "GET", "/v0.1/servers", 500},
		"a bad name":            {with(func(e *listing.Exposed) { e.Name = "secret" }), "GET", "/v0.1/servers", 500},
		"a bad version":         {with(func(e *listing.Exposed) { e.Version = "secret latest" }), "GET", "/v0.1/servers", 500},
		"a bad status":          {with(func(e *listing.Exposed) { e.Status = 9 }), "GET", "/v0.1/servers", 500},
		"no time":               {with(func(e *listing.Exposed) { e.Published = time.Time{} }), "GET", "/v0.1/servers", 500},
		"twice there":           {with(func(e *listing.Exposed) { e.Name = "com.example/zeta" }), "GET", "/v0.1/servers", 500},
	} {
		status, body, head := ask(t, handler(t, c.source), c.method, c.target)
		var a answer
		if err := json.Unmarshal([]byte(body), &a); err != nil || status != c.want || a.Error == "" || a.Servers != nil {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
		if strings.Contains(body, "secret") || (status == 405) != (head.Get("Allow") == "GET, HEAD") {
			t.Errorf("%s: %s %v", name, body, head)
		}
	}
	for _, bad := range []string{"", "mantlet.example", "file:///x", "https://u:p@mantlet.example", "https://mantlet.example?x"} {
		if _, err := listing.Handler(bad, fine); err == nil {
			t.Errorf("%q is taken as a base", bad)
		}
	}
}

// A handler is asked with the caller's own request, so that it can filter.
func TestTheSourceSeesTheCaller(t *testing.T) {
	h := handler(t, func(r *http.Request) ([]listing.Exposed, error) {
		if r.Header.Get("X-Who") != "ann" {
			return nil, nil
		}
		return catalogue(), nil
	})
	_, body, _ := ask(t, h, "GET", "/v0.1/servers")
	if body != `{"servers":[],"metadata":{"count":0}}` {
		t.Error(body)
	}
	status, body, head := ask(t, h, "HEAD", "/v0.1/servers")
	if status != 200 || body != "" || head.Get("Content-Length") != "37" {
		t.Error(status, body, head)
	}
}

// All pages together are the list, once each, whatever the limit; also when what the cursor
// names has gone meanwhile.
func TestPages(t *testing.T) {
	var all []listing.Exposed
	for i := range 95 {
		all = append(all, exposed(fmt.Sprintf("s%02d", i%40), fmt.Sprintf("1.%d.0", i), 1))
	}
	for _, limit := range []int{0, 1, 7, 30, 95, 100} {
		seen := make(map[string]bool)
		cursor, pages := "", 0
		for ; pages == 0 || cursor != ""; pages++ {
			b, err := listing.Page(all, cursor, limit)
			if err != nil {
				t.Fatal(err)
			}
			var a answer
			if err := json.Unmarshal(b, &a); err != nil {
				t.Fatal(err)
			}
			for _, s := range a.Servers {
				k := s.Server.Name + s.Server.Version
				if seen[k] {
					t.Errorf("limit %d: %s twice", limit, k)
				}
				seen[k] = true
			}
			cursor = a.Metadata.NextCursor
		}
		per := limit
		if per == 0 {
			per = 30
		}
		if len(seen) != 95 || pages != (95+per-1)/per {
			t.Errorf("limit %d: %d in %d pages", limit, len(seen), pages)
		}
	}
	first, _ := listing.Page(all, "", 10)
	var a answer
	if err := json.Unmarshal(first, &a); err != nil {
		t.Fatal(err)
	}
	last := a.Servers[9].Server
	less := slices.DeleteFunc(slices.Clone(all), func(e listing.Exposed) bool { return e.Name == last.Name && e.Version == last.Version })
	second, err := listing.Page(less, a.Metadata.NextCursor, 100)
	if err != nil || strings.Count(string(second), `"server":`) != 85 {
		t.Error(err, strings.Count(string(second), `"server":`))
	}
	for _, bad := range []int{-1, 101} {
		if _, err := listing.Page(all, "", bad); err == nil {
			t.Error(bad, "is a limit")
		}
	}
}

func TestTextIsBrief(t *testing.T) {
	e := exposed("a", "1.0.0", 1)
	e.Title, e.Description = "x\u202ey", strings.Repeat("ü", 300)
	b, err := listing.Page([]listing.Exposed{e}, "", 0)
	if err != nil || strings.Contains(string(b), "\u202e") || !strings.Contains(string(b), strings.Repeat("ü", 99)+"…\"") {
		t.Errorf("%s %v", b, err)
	}
	e.Description = ""
	if b, _ = listing.Page([]listing.Exposed{e}, "", 0); !strings.Contains(string(b), `"description":"com.example/a"`) {
		t.Errorf("%s", b)
	}
}

func BenchmarkPage(b *testing.B) {
	var all []listing.Exposed
	for i := range 1000 {
		all = append(all, exposed(fmt.Sprintf("s%03d", i), "1.0.0", 1))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := listing.Page(all, "", 30); err != nil {
			b.Fatal(err)
		}
	}
}
