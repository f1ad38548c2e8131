package sink_test

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

// An attack is an argument that does harm at a careless server: each is shown to work there, and to
// be refused here.
func TestAttacks(t *testing.T) {
	dir := t.TempDir()
	for _, a := range []struct {
		id          string
		plan        *sink.Plan
		param, text string
		works       func(t *testing.T, text string) bool
	}{
		{"G-01", planOf(t, "get_figma_data", "", sink.Options{}, "fileKey"), "fileKey", "x;touch " + filepath.Join(dir, "g01"), func(t *testing.T, text string) bool {
			run(t, "echo key "+text)
			return exists(filepath.Join(dir, "g01"))
		}},
		{"G-02", planOf(t, "git_log", "Runs git log.", sink.Options{}, "ref"), "ref", "main$(touch " + filepath.Join(dir, "g02") + ")", func(t *testing.T, text string) bool {
			run(t, `echo "log `+text+`"`)
			return exists(filepath.Join(dir, "g02"))
		}},
		{"G-03", planOf(t, "port_forward", "Runs kubectl port-forward.", sink.Options{}, "name"), "name", "pod --address=0.0.0.0 -n kube-system", func(_ *testing.T, text string) bool {
			argv := strings.Fields("kubectl port-forward " + text + " 8080")
			return len(argv) > 3 && argv[3] == "--address=0.0.0.0"
		}},
		{"G-04", planOf(t, "write_file", "", sink.Options{}, "path"), "path", ".git/config", func(t *testing.T, text string) bool {
			at := filepath.Join(dir, text)
			if os.MkdirAll(filepath.Dir(at), 0o700) != nil || os.WriteFile(at, []byte("[core]\n"), 0o600) != nil {
				t.Fatal("nothing is written")
			}
			return exists(filepath.Join(dir, ".git", "config"))
		}},
		{"G-05", planOf(t, "read_file", "", sink.Options{Policy: sink.Policy{Roots: []string{filepath.Join(dir, "pub")}}}, "path"), "path", "../secret", func(t *testing.T, text string) bool {
			if os.WriteFile(filepath.Join(dir, "secret"), []byte("marker"), 0o600) != nil {
				t.Fatal("nothing is written")
			}
			b, err := os.ReadFile(filepath.Join(dir, "pub", text))
			return err == nil && string(b) == "marker"
		}},
		{"F08", planOf(t, "read_file", "", sink.Options{Policy: sink.Policy{Roots: []string{filepath.Join(dir, "pub")}}}, "path"), "path", filepath.Join(dir, "public-no-more"), func(_ *testing.T, text string) bool {
			return strings.HasPrefix(text, filepath.Join(dir, "pub")) // the check by prefix
		}},
		{"G-06", planOf(t, "read_query", "Run a SELECT query on SQLite.", sink.Options{}, "sql"), "sql", "SELECT 1; DROP TABLE kept", stacked},
		{"E01", planOf(t, "fetch", "", sink.Options{}, "url"), "url", "", nil},
		{"E02", planOf(t, "fetch", "", sink.Options{}, "url"), "url", "0x7f.1", nil},
		{"G-07", planOf(t, "open_url", "", sink.Options{}, "url"), "url", "file:///etc/hostname", func(t *testing.T, text string) bool {
			c := &http.Client{Transport: func() http.RoundTripper {
				tr := &http.Transport{}
				tr.RegisterProtocol("file", http.NewFileTransport(http.Dir("/")))
				return tr
			}()}
			return fetched(t, c, text)
		}},
		{"F09", planOf(t, "send_email", "", sink.Options{Policy: sink.Policy{Domains: []string{"example.com"}}}, "to"), "to", "a@example.com, marker@example.invalid", func(_ *testing.T, text string) bool {
			return strings.Contains(text, "marker@example.invalid") // who splits at commas sends it there
		}},
	} {
		t.Run(a.id, func(t *testing.T) {
			if a.works == nil {
				a.text, a.works = metadataAt(t, a.text), func(t *testing.T, text string) bool { t.Helper(); return fetched(t, http.DefaultClient, text) }
			}
			if !a.works(t, a.text) {
				t.Fatalf("%q does no harm without the check", a.text)
			}
			if hits := a.plan.Check(arguments(t, a.param, a.text)); worst(hits) < finding.High {
				t.Errorf("%q: %s (%s)", a.text, rules(hits), a.plan.Explain())
			}
		})
	}
}

func run(t *testing.T, line string) {
	t.Helper()
	if err := exec.CommandContext(t.Context(), "sh", "-c", line).Run(); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func stacked(t *testing.T, text string) bool {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE kept (a)"); err != nil {
		t.Fatal(err)
	}
	_, _ = db.ExecContext(t.Context(), text)
	_, err = db.ExecContext(t.Context(), "INSERT INTO kept VALUES (1)")
	return err != nil
}

// metadataAt is the address of a service on loopback, its host in the given spelling.
func metadataAt(t *testing.T, spelling string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("marker")) }))
	t.Cleanup(s.Close)
	if spelling != "" { // as a resolver of the C library reads it
		return strings.Replace(s.URL, "127.0.0.1", spelling, 1)
	}
	return s.URL
}

func fetched(t *testing.T, c *http.Client, url string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, strings.Replace(url, "0x7f.1", "127.0.0.1", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// One plan serves many callers at once, and what one tool calls its arguments is no other's.
func TestManyAtOnce(t *testing.T) {
	mail, files := planOf(t, "send_email", "", sink.Options{}, "x"), planOf(t, "read", "", sink.Options{}, "x")
	done := make(chan string, 8)
	for i := range 8 {
		go func() {
			for range 200 {
				p, args, want := mail, `{"x":{"to":"a\nb"}}`, "line-break=high"
				if i%2 == 0 {
					p, args, want = files, `{"x":{"to":"a\nb"}}`, ""
				}
				if got := rules(p.Check([]byte(args))); got != want {
					done <- got + ", want " + want
					return
				}
			}
			done <- ""
		}()
	}
	for range 8 {
		if s := <-done; s != "" {
			t.Error(s)
		}
	}
}
