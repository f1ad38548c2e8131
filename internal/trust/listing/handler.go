package listing

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// root is where the registry's API has its list.
const root = "/v0.1/servers"

// Handler answers /v0.1/servers, /v0.1/servers/{name}/versions and
// /v0.1/servers/{name}/versions/{version}, as the read half of a registry. source gives
// what this caller may find: it stands behind identity, and filters. base is Mantlet's own
// address: an entry whose URL is not below it is not served, and nor is anything else.
func Handler(base string, source func(r *http.Request) ([]Exposed, error)) (http.Handler, error) {
	if !isURL(base) || strings.ContainsAny(base, "?#") {
		return nil, fmt.Errorf("%q is no web address to be listed under", base)
	}
	h := handler{strings.TrimSuffix(base, "/") + "/", source}
	return http.HandlerFunc(h.serve), nil
}

type handler struct {
	base   string
	source func(r *http.Request) ([]Exposed, error)
}

// A refusal is an answer that is no list.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

var (
	errPath   = refusal{http.StatusNotFound, "there is nothing at this path"}
	errServer = refusal{http.StatusNotFound, "server not found"}
)

func (h handler) serve(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Cache-Control", "no-store") // each caller has a list of their own
	head.Set("Content-Type", "application/json")
	head.Set("X-Content-Type-Options", "nosniff")
	body, err := h.answer(r)
	status := http.StatusOK
	if err != nil {
		refused := refusal{http.StatusInternalServerError, "internal error"}
		errors.As(err, &refused)
		if status = refused.status; status == http.StatusMethodNotAllowed {
			head.Set("Allow", "GET, HEAD")
		}
		body, _ = json.Marshal(map[string]string{"error": refused.text}) //nolint:errchkjson // two texts
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) //nolint:gosec // JSON, and said so; nobody is left to tell
	}
}

func (h handler) answer(r *http.Request) ([]byte, error) {
	name, version, err := route(r.URL)
	if err != nil {
		return nil, err
	}
	if err := method(r.Method, version); err != nil {
		return nil, err
	}
	q, err := parse(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	servers, err := h.source(r)
	if err != nil {
		return nil, err
	}
	for i := range servers {
		if servers[i].Status != Unlisted && !strings.HasPrefix(servers[i].URL, h.base) {
			return nil, errors.New("an entry is not below Mantlet's own address")
		}
	}
	all, err := entries(servers)
	if err != nil {
		return nil, err
	}
	switch {
	case name == "":
		return q.list(all)
	case version == "":
		return q.versions(all, name)
	}
	return q.one(all, name, version)
}

// method refuses what is not reading; of a version in the words that the API has for it.
func method(m, version string) error {
	switch {
	case m == http.MethodGet || m == http.MethodHead:
		return nil
	case version != "" && (m == http.MethodPut || m == http.MethodDelete):
		return refusal{http.StatusNotImplemented, "this registry is changed by Mantlet's own workflow, not here"}
	}
	return refusal{http.StatusMethodNotAllowed, "this registry is read only"}
}

// route reads the path by its segments, each decoded by itself: a name holds a slash as %2F.
func route(u *url.URL) (name, version string, err error) {
	rest, ok := strings.CutPrefix(u.EscapedPath(), root)
	if rest == "" && ok {
		return "", "", nil
	}
	parts := strings.Split(rest, "/") // the first is before the slash
	if !ok || parts[0] != "" || len(parts) < 3 || len(parts) > 4 || parts[2] != "versions" {
		return "", "", errPath
	}
	if name, err = url.PathUnescape(parts[1]); err != nil || name == "" {
		return "", "", errPath
	}
	if len(parts) == 4 {
		if version, err = url.PathUnescape(parts[3]); err != nil || version == "" {
			return "", "", errPath
		}
	}
	return name, version, nil
}

// A query is what the API's parameters ask for.
type query struct {
	cursor, search, version string
	limit                   int
	since                   time.Time
	deleted                 bool
}

func parse(raw string) (q query, err error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, refusal{http.StatusBadRequest, "the query cannot be read"}
	}
	for name, all := range values {
		if len(all) > 1 {
			return query{}, refusal{http.StatusBadRequest, "a parameter stands there twice"}
		}
		if err := q.set(name, all[0]); err != nil {
			return query{}, err
		}
	}
	return q, nil
}

func (q *query) set(name, value string) error {
	var err error
	switch name {
	case "cursor":
		q.cursor = value
	case "search":
		q.search = strings.ToLower(value)
	case "version":
		q.version = value
	case "limit":
		if q.limit, err = strconv.Atoi(value); err != nil || q.limit < 1 || q.limit > maxLimit {
			return refusal{http.StatusBadRequest, "limit must be 1 to 100"}
		}
	case "updated_since":
		if q.since, err = time.Parse(time.RFC3339, value); err != nil {
			return refusal{http.StatusBadRequest, "updated_since must be a time as in RFC 3339"}
		}
	case "include_deleted":
		if q.deleted, err = strconv.ParseBool(value); err != nil {
			return refusal{http.StatusBadRequest, "include_deleted must be true or false"}
		}
	}
	return nil
}

// wants reports whether e is asked for; deleted ones are shown to who asks for changes.
func (q query) wants(e entry) bool {
	updated := e.Updated
	if updated.IsZero() {
		updated = e.Published
	}
	switch {
	case e.Status == Deleted && !q.deleted && q.since.IsZero():
		return false
	case !strings.Contains(strings.ToLower(e.Name), q.search):
		return false
	case q.version == "latest" && !e.latest, q.version != "" && q.version != "latest" && q.version != e.Version:
		return false
	}
	return !updated.Before(q.since)
}

func (q query) list(all []entry) ([]byte, error) {
	body, err := page(slices.DeleteFunc(all, func(e entry) bool { return !q.wants(e) }), q.cursor, q.limit)
	if errors.Is(err, errCursor) {
		return nil, refusal{http.StatusBadRequest, err.Error()}
	}
	return body, err
}

// versions are those of one name, the newest first.
func (q query) versions(all []entry, name string) ([]byte, error) {
	var list jsonList
	all = slices.DeleteFunc(all, func(e entry) bool { return e.Name != name || e.Status == Deleted && !q.deleted })
	slices.SortStableFunc(all, func(a, b entry) int {
		if newer(a.Exposed, b.Exposed) {
			return -1
		}
		return 1
	})
	if len(all) == 0 {
		return nil, errServer
	}
	for _, e := range all {
		list.Servers = append(list.Servers, e.json())
	}
	list.Metadata.Count = len(all)
	return json.Marshal(list)
}

func (q query) one(all []entry, name, version string) ([]byte, error) {
	for _, e := range all {
		found := e.Version == version || version == "latest" && e.latest
		if e.Name == name && found && (e.Status != Deleted || q.deleted) {
			return json.Marshal(e.json())
		}
	}
	return nil, errServer
}
