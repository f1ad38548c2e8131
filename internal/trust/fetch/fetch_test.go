package fetch_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
)

// A registry that hangs, swallows, or leads elsewhere gives an error; the same client
// without the limits takes what it is given.
func TestGet(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "elsewhere") }))
	defer other.Close()
	hang := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok":
			_, _ = io.WriteString(w, r.Header.Get("Accept"))
		case "/huge":
			_, _ = io.WriteString(w, strings.Repeat("a", 1001))
		case "/slow":
			<-hang
		case "/same":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/other":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/busy":
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	defer close(hang)
	c := fetch.Client{HTTP: s.Client(), Max: 1000, Time: time.Second}
	for _, path := range []string{"/ok", "/same"} {
		if body, _, err := c.Get(t.Context(), s.URL+path, "a/b"); err != nil || string(body) != "a/b" {
			t.Error(path, string(body), err)
		}
	}
	for _, path := range []string{"/huge", "/slow", "/other", "/round", "/busy", "/none"} {
		limited := c
		if path == "/slow" {
			limited.Time = 50 * time.Millisecond
		}
		_, _, err := limited.Get(t.Context(), s.URL+path, "*/*")
		if err == nil || errors.Is(err, fetch.ErrAbsent) != (path == "/none") {
			t.Error(path, err)
		}
		if strings.Contains(err.Error(), s.URL+path) {
			t.Error("the address is told", err)
		}
	}
	if body, err := plain(s.URL + "/other"); err != nil || body != "elsewhere" {
		t.Error("without the check nobody is led elsewhere", body, err)
	}
	if body, err := plain(s.URL + "/huge"); err != nil || len(body) != 1001 {
		t.Error("without the limit not all is taken", err)
	}
	if _, _, err := (fetch.Client{}).Get(t.Context(), s.URL+"/ok", ""); err == nil {
		t.Error("no client asked")
	}
	for _, bad := range []string{"http://registry.test/", "ftp://127.0.0.1/", "/x", "http://%zz"} {
		if _, _, err := c.Get(t.Context(), bad, ""); err == nil {
			t.Error(bad)
		}
	}
}

func plain(address string) (string, error) {
	res, err := http.Get(address)
	if err != nil {
		return "", err
	}
	defer res.Body.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

func TestTransport(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/chunks" {
			for range 11 {
				_, _ = io.WriteString(w, strings.Repeat("a", 100))
				_ = http.NewResponseController(w).Flush()
			}
			return
		}
		_, _ = io.WriteString(w, strings.Repeat("a", 1000+len(r.URL.Query().Get("more"))))
	}))
	defer s.Close()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(rt http.RoundTripper, address string) (int, error) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
		if err != nil {
			return 0, err
		}
		res, err := rt.RoundTrip(req)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close() //nolint:errcheck // read only
		b, err := io.ReadAll(res.Body)
		return len(b), err
	}
	rt := fetch.Client{HTTP: s.Client(), Max: 1000}.Transport(u.Host)
	if n, err := ask(rt, s.URL); n != 1000 || err != nil {
		t.Error(n, err)
	}
	for _, path := range []string{"?more=x", "/chunks"} {
		if n, err := ask(rt, s.URL+path); err == nil {
			t.Error(path, n)
		}
	}
	if _, err := ask(fetch.Client{HTTP: s.Client()}.Transport("registry.test"), s.URL); err == nil {
		t.Error("another host, without https")
	}
	if _, err := ask(fetch.Client{}.Transport(u.Host), s.URL); err == nil {
		t.Error("no client asked")
	}
}
