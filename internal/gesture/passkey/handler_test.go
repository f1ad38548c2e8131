package passkey_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey"
	"github.com/mantlet-mcp/mantlet/internal/gesture/passkey/passkeytest"
)

// desk is a Source as the one who wires it makes it.
type desk struct {
	tickets  passkey.Tickets
	mu       sync.Mutex
	approved []passkey.Assertion
	enrolled []passkey.Credential
}

var errUsed = errors.New("it was answered already")

func (d *desk) Pending(id string) (passkey.Action, bool) { return d.tickets.Peek(id, time.Now()) }

func (d *desk) Complete(_ context.Context, id string, a passkey.Assertion) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.tickets.Take(id, time.Now()); !ok {
		return errUsed
	}
	d.approved = append(d.approved, a)
	return nil
}

func (d *desk) Enrol(_ context.Context, id string, c passkey.Credential) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.tickets.Take(id, time.Now()); !ok {
		return errUsed
	}
	d.enrolled = append(d.enrolled, c)
	return nil
}

func (d *desk) counts() (approved, enrolled int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.approved), len(d.enrolled)
}

func (d *desk) add(t *testing.T, a passkey.Action) string {
	t.Helper()
	if a.Until.IsZero() {
		a.Until = time.Now().Add(time.Minute)
	}
	id, err := d.tickets.Add(a, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func newPage(t *testing.T) (*desk, *passkey.Handler) {
	t.Helper()
	d := &desk{}
	h, err := passkey.NewHandler(party, d, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return d, h
}

// post is what the page's script sends.
func post(path string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, origin+path, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", origin)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAnApprovalIsTakenOnce(t *testing.T) {
	d, h := newPage(t)
	a, challenge := passkeytest.New(t), digest("release")
	id := d.add(t, passkey.Action{Title: "Release", Challenge: challenge, Credentials: []passkey.Credential{passkeytest.New(t).Credential(), a.Credential()}})
	body := a.Get(passkeytest.Sound(challenge, origin))
	if w := serve(h, post("/enrol/"+id, body)); w.Code != http.StatusNotFound {
		t.Errorf("an approval is enrolled with: %d", w.Code)
	}
	if w := serve(h, post("/approve/"+id, body)); w.Code != http.StatusNoContent {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := serve(h, post("/approve/"+id, body)); w.Code != http.StatusNotFound {
		t.Errorf("twice: %d", w.Code)
	}
	if n, _ := d.counts(); n != 1 {
		t.Errorf("%d approvals", n)
	}
}

func TestWhatThePageRefuses(t *testing.T) {
	a, challenge := passkeytest.New(t), digest("release")
	for name, c := range map[string]struct {
		change func(r *http.Request)
		body   func(*passkeytest.Answer)
		want   int
	}{
		"a name bound anew":         {func(r *http.Request) { r.Host = "evil.test:8017" }, nil, http.StatusMisdirectedRequest},
		"by address":                {func(r *http.Request) { r.Host = "127.0.0.1:8017" }, nil, http.StatusMisdirectedRequest},
		"another port":              {func(r *http.Request) { r.Host = "localhost:9999" }, nil, http.StatusMisdirectedRequest},
		"another origin":            {func(r *http.Request) { r.Header.Set("Origin", "http://localhost:9999") }, nil, http.StatusMisdirectedRequest},
		"two origins":               {func(r *http.Request) { r.Header.Add("Origin", origin) }, nil, http.StatusMisdirectedRequest},
		"null origin":               {func(r *http.Request) { r.Header.Set("Origin", "null") }, nil, http.StatusMisdirectedRequest},
		"no origin":                 {func(r *http.Request) { r.Header.Del("Origin") }, nil, http.StatusUnsupportedMediaType},
		"same site, another origin": {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, nil, http.StatusMisdirectedRequest},
		"a form":                    {func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, nil, http.StatusUnsupportedMediaType},
		"text":                      {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, nil, http.StatusUnsupportedMediaType},
		"too much":                  {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(strings.Repeat(" ", 20<<10))) }, nil, http.StatusRequestEntityTooLarge},
		"PUT":                       {func(r *http.Request) { r.Method = http.MethodPut }, nil, http.StatusMethodNotAllowed},
		"user not verified":         {nil, func(h *passkeytest.Answer) { h.Flags = passkeytest.Present }, http.StatusForbidden},
		"another digest":            {nil, func(h *passkeytest.Answer) { h.Challenge = digest("other") }, http.StatusForbidden},
		"nothing":                   {func(r *http.Request) { r.Body = http.NoBody }, nil, http.StatusForbidden},
		"the twin: all as it is":    {nil, nil, http.StatusNoContent},
	} {
		t.Run(name, func(t *testing.T) {
			d, h := newPage(t)
			id := d.add(t, passkey.Action{Title: "Release", Challenge: challenge, Credentials: []passkey.Credential{a.Credential()}})
			answer := passkeytest.Sound(challenge, origin)
			if c.body != nil {
				c.body(&answer)
			}
			r := post("/approve/"+id, a.Get(answer))
			if c.change != nil {
				c.change(r)
			}
			w := serve(h, r)
			n, _ := d.counts()
			if w.Code != c.want || n != 0 != (c.want == http.StatusNoContent) {
				t.Errorf("%d %s, %d approvals", w.Code, w.Body, n)
			}
		})
	}
}

func TestEnrolmentTakesACodeOnce(t *testing.T) {
	d, h := newPage(t)
	a, challenge := passkeytest.New(t), digest("code")
	enrolment := passkey.Action{Title: "Enrol", Challenge: challenge, Enrol: &passkey.User{ID: []byte{1}, Name: "ann"}}
	body := a.Create(passkeytest.Enrols(challenge, origin))
	enrolment.Until = time.Now().Add(time.Hour)
	id := d.add(t, enrolment)
	if w := serve(h, post("/enrol/nonsense", body)); w.Code != http.StatusNotFound {
		t.Errorf("without a code: %d", w.Code)
	}
	if w := serve(h, post("/enrol/"+id, body)); w.Code != http.StatusNoContent {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := serve(h, post("/enrol/"+id, body)); w.Code != http.StatusNotFound {
		t.Errorf("twice: %d", w.Code)
	}
	if _, n := d.counts(); n != 1 {
		t.Errorf("%d enrolled", n)
	}
}

type ended struct{ desk }

func (e *ended) Pending(string) (passkey.Action, bool) {
	return passkey.Action{Title: "t", Challenge: digest("x"), Until: time.Unix(1, 0)}, true
}

func TestWhatHasEndedIsNotShown(t *testing.T) {
	h, err := passkey.NewHandler(party, &ended{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if w := serve(h, httptest.NewRequest(http.MethodGet, origin+"/approve/x", nil)); w.Code != http.StatusNotFound {
		t.Error(w.Code)
	}
}

func TestThePageEscapesAndForbids(t *testing.T) {
	d, h := newPage(t)
	id := d.add(t, passkey.Action{Title: `<script>alert(1)</script>`, Challenge: digest("x"), Passages: []passkey.Passage{{Label: `"><img src=x>`, Text: "line\nwith \u202e and \u200b</pre><script>"}}})
	w := serve(h, httptest.NewRequest(http.MethodGet, origin+"/approve/"+id, nil))
	body := w.Body.String()
	if w.Code != http.StatusOK || strings.Count(body, "<script") != 1 || strings.Contains(body, "<img") || strings.Contains(body, "\u202e") || !strings.Contains(body, `with \u202e and \u200b`) {
		t.Errorf("%d %s", w.Code, body)
	}
	for name, want := range map[string]string{"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY", "Cache-Control": "no-store"} {
		if !strings.Contains(w.Header().Get(name), want) {
			t.Errorf("%s: %q", name, w.Header().Get(name))
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.HasPrefix(csp, "default-src 'none'") {
		t.Error(csp)
	}
}
