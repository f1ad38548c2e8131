package outside_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/inspect/outside"
)

type says string

func (s says) Ask(context.Context, []byte) ([]byte, error) {
	if s == "" {
		return nil, errors.New("away")
	}
	return []byte(s), nil
}

func question() *outside.Question {
	return &outside.Question{Phase: "response", Method: "tools/call", Texts: []outside.Passage{{At: "/content/0/text", Text: "hello"}}}
}

// TestAnswers holds what is taken for an answer. Nothing else is.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		mutates, ok  bool
	}{
		{"nothing to say", `{"version":1}`, false, true},
		{"a finding", `{"version":1,"findings":[{"rule":"x","severity":"high","at":"/content/0/text","words":"w"}]}`, false, true},
		{"of the whole", `{"version":1,"findings":[{"rule":"x","severity":"low"}]}`, false, true},
		{"of a text that was not shown", `{"version":1,"findings":[{"rule":"x","severity":"high","at":"/other"}]}`, false, false},
		{"no severity", `{"version":1,"findings":[{"rule":"x","severity":"bad"}]}`, false, false},
		{"no rule", `{"version":1,"findings":[{"severity":"low"}]}`, false, false},
		{"a text, by who may", `{"version":1,"texts":[{"at":"/content/0/text","text":"new"}]}`, true, true},
		{"a text, by who may not", `{"version":1,"texts":[{"at":"/content/0/text","text":"new"}]}`, false, false},
		{"a text twice", `{"version":1,"texts":[{"at":"/content/0/text","text":"a"},{"at":"/content/0/text","text":"b"}]}`, true, false},
		{"a text elsewhere", `{"version":1,"texts":[{"at":"/isError","text":"a"}]}`, true, false},
		{"another version", `{"version":2}`, false, false},
		{"no version", `{}`, false, false},
		{"a member that is none", `{"version":1,"verdict":"allow"}`, false, false},
		{"no JSON", `ok`, false, false},
		{"away", ``, false, false},
		{"too many", `{"version":1,"findings":[` + strings.Repeat(`{"rule":"x","severity":"low"},`, 100) + `{"rule":"x","severity":"low"}]}`, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := outside.Detector{Name: "d", Peer: says(c.answer), Timeout: time.Second, Mutates: c.mutates}
			if _, failed, err := d.Ask(t.Context(), question()); (err == nil) != c.ok || failed != nil {
				t.Errorf("%v, %v", failed, err)
			}
			d.Open = true
			if _, failed, err := d.Ask(t.Context(), question()); err != nil || (failed == nil) != c.ok {
				t.Errorf("open: %v, %v", failed, err)
			}
		})
	}
}

type waits struct{}

func (waits) Ask(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }

func TestLateIsNo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := outside.Detector{Name: "d", Peer: waits{}, Timeout: time.Second}
		began := time.Now()
		if _, _, err := d.Ask(t.Context(), question()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestHTTP(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = r.Header.Get("Authorization") + " " + string(b)
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = io.WriteString(w, `{"version":1}`)
		case "/away":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/elsewhere":
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
		default:
			_, _ = io.WriteString(w, `<html>`)
		}
	}))
	defer s.Close()
	for path, ok := range map[string]bool{"/": true, "/away": false, "/elsewhere": false, "/page": false} {
		p, err := outside.NewHTTP(s.URL+path, "token", s.Client().Transport)
		if err != nil {
			t.Fatal(err)
		}
		d := outside.Detector{Name: "d", Peer: p, Timeout: 5 * time.Second}
		if _, _, err := d.Ask(t.Context(), question()); (err == nil) != ok {
			t.Errorf("%s: %v", path, err)
		}
		if !strings.HasPrefix(got, `Bearer token {"version":1,"phase":"response"`) {
			t.Errorf("it was sent %s", got)
		}
	}
}

func TestWhereTextsMayGo(t *testing.T) {
	for u, ok := range map[string]bool{
		"https://detector.example/v1": true, "http://127.0.0.1:8080/": true, "http://[::1]:1/": true,
		"http://detector.example/": false, "http://localhost/": false, "ftp://x/": false, "https://user:pass@x/": false, "/path": false, "http://10.0.0.1/": false,
	} {
		if err := outside.Reachable(u); (err == nil) != ok {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestModel(t *testing.T) {
	answer := ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Model    string
			Messages []struct{ Role, Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Model != "judge" || len(asked.Messages) != 2 || !strings.Contains(asked.Messages[1].Content, "hello") {
			t.Errorf("%+v %v", asked, err)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]string{"role": "assistant", "content": answer}}}})
	}))
	defer s.Close()
	p, err := outside.NewHTTP(s.URL, "", s.Client().Transport)
	if err != nil {
		t.Fatal(err)
	}
	d := outside.Detector{Name: "m", Peer: &outside.Model{HTTP: p, Name: "judge", From: 60}, Timeout: 5 * time.Second}
	for said, want := range map[string]string{
		`{"score": 10}`: "", `{"score": 60}`: "high", "Sure: {\"score\": 95}.": "critical",
		`{"score": 101}`: "error", `{"score": -1}`: "error", "the text is fine": "error", `{}`: "error", `{"score":"100"}`: "error",
	} {
		answer = said
		o, _, err := d.Ask(t.Context(), question())
		got := ""
		switch {
		case err != nil:
			got = "error"
		case len(o.Findings) > 0:
			got = o.Findings[0].Severity
		}
		if got != want {
			t.Errorf("%s: %q, want %q (%v)", said, got, want, err)
		}
	}
}
