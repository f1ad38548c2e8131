package passkey

import (
	_ "embed"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed approve.js
var script []byte

//go:embed approve.css
var sheet []byte

// maxBody bounds what is posted, in bytes: a response and a little.
const maxBody = MaxResponse + 1024

// policy lets the page run our script and nothing else, and lets nobody frame it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// A Handler is Mantlet's page, on a listener of its own: GET and POST of /approve/{id} and
// of /enrol/{id}. It answers to its own host and origin alone, so that neither another page
// nor a name that was bound anew to this address speaks to it.
type Handler struct {
	party  Party
	source Source
	now    func() time.Time
	mux    *http.ServeMux
}

// NewHandler returns the page of p.
func NewHandler(p Party, s Source, now func() time.Time) (*Handler, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if s == nil || now == nil {
		return nil, errors.New("the page needs a source of actions and a clock")
	}
	h := &Handler{party: p, source: s, now: now, mux: http.NewServeMux()}
	for _, what := range []string{"approve", "enrol"} {
		h.mux.HandleFunc("GET /"+what+"/{id}", h.show(what == "enrol"))
		h.mux.HandleFunc("POST /"+what+"/{id}", h.take(what == "enrol"))
	}
	h.mux.HandleFunc("GET /approve.js", asset("text/javascript; charset=utf-8", script))
	h.mux.HandleFunc("GET /approve.css", asset("text/css; charset=utf-8", sheet))
	return h, nil
}

func asset(kind string, b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(b) // the browser is gone
	}
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range map[string]string{
		"Content-Security-Policy":      policy,
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "no-referrer",
		"Cache-Control":                "no-store",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy":           "publickey-credentials-get=(self), publickey-credentials-create=(self)",
	} {
		w.Header().Set(name, value)
	}
	if !h.ours(r) {
		say(w, http.StatusMisdirectedRequest, "this page answers to its own address alone")
		return
	}
	h.mux.ServeHTTP(w, r)
}

// ours reports whether r was sent to one of the party's hosts, and not by the script of
// another origin.
func (h *Handler) ours(r *http.Request) bool {
	known := slices.ContainsFunc(h.party.Origins, func(o string) bool {
		u, err := url.Parse(o)
		return err == nil && u.Host == r.Host
	})
	if !known {
		return false
	}
	if origins := r.Header.Values("Origin"); len(origins) > 1 || len(origins) == 1 && !slices.Contains(h.party.Origins, origins[0]) {
		return false
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Method == http.MethodGet || site == "" || site == "same-origin"
}

func (h *Handler) pending(r *http.Request, enrol bool) (Action, bool) {
	a, ok := h.source.Pending(r.PathValue("id"))
	return a, ok && h.now().Before(a.Until) && len(a.Challenge) >= MinChallenge && (a.Enrol != nil) == enrol
}

const gone = "nothing waits here: it was answered, has ended, or never was; ask Mantlet for a new address"

func (h *Handler) show(enrol bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, ok := h.pending(r, enrol)
		if !ok {
			say(w, http.StatusNotFound, gone)
			return
		}
		options, err := h.options(&a)
		if err != nil {
			say(w, http.StatusInternalServerError, "the page cannot be made")
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page(&a, string(options))) // the browser is gone
	}
}

func (h *Handler) options(a *Action) ([]byte, error) {
	if a.Enrol != nil {
		return h.party.Begin(a.Challenge, *a.Enrol, a.Credentials)
	}
	return h.party.Ask(a.Challenge, a.Credentials)
}

// take verifies what was posted, and hands it on. A browser always says whence it posts:
// without an Origin it is a program.
func (h *Handler) take(enrol bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != "application/json" || r.Header.Get("Origin") == "" {
			say(w, http.StatusUnsupportedMediaType, "send JSON, from this page")
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			say(w, http.StatusRequestEntityTooLarge, "that is more than a passkey's answer has")
			return
		}
		a, ok := h.pending(r, enrol)
		if !ok {
			say(w, http.StatusNotFound, gone)
			return
		}
		if err := h.accept(r, &a, body); err != nil {
			say(w, http.StatusForbidden, reason(err))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (h *Handler) accept(r *http.Request, a *Action, body []byte) error {
	id := r.PathValue("id")
	if a.Enrol != nil {
		c, err := h.party.Finish(body, a.Challenge)
		if err != nil {
			return err
		}
		return h.source.Enrol(r.Context(), id, c)
	}
	which, err := IDOf(body)
	if err != nil {
		return err
	}
	for _, c := range a.Credentials {
		if string(c.ID) != string(which) {
			continue
		}
		assertion, err := h.party.Verify(body, a.Challenge, c)
		if err != nil {
			return err
		}
		return h.source.Complete(r.Context(), id, assertion)
	}
	return ErrRefused
}

// reason is err for the person; what the library says of a refused answer is for a log.
func reason(err error) string {
	for _, known := range []error{ErrRefused, ErrCounter} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return err.Error()
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, strings.TrimSpace(text)+"\n") //nolint:gosec // plain text, by its type and nosniff; the caller may be gone
}
