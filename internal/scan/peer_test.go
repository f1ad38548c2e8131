package scan

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func quiet(string) {}

// reply is what an honest server says, of 2025-11-25 or of 2026-07-28.
func reply(method, cursor, era string) string {
	switch method {
	case "initialize":
		if era == modern {
			return `"error":{"code":-32601,"message":"no"}`
		}
		return `"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"prompts":{},"resources":{}},"serverInfo":{"name":"x","version":"1"},"instructions":"Be kind."}`
	case "server/discover":
		if era == modern {
			return `"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"instructions":"Be kind."}`
		}
	case "tools/list":
		if cursor == "" {
			return `"result":{"tools":[{"name":"one","description":"Adds.\u200b","inputSchema":{"type":"object"}}],"nextCursor":"2"}`
		}
		return `"result":{"tools":[{"name":"two","description":"Adds.","inputSchema":{"type":"object"}}]}`
	case "prompts/list":
		return `"result":{"prompts":[{"name":"p"}]}`
	case "resources/list":
		return `"result":{"resources":[{"uri":"a:b","name":"c"}]}`
	}
	return `"error":{"code":-32601,"message":"no such method"}`
}

type asked struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Cursor string `json:"cursor"`
	} `json:"params"`
}

// serve is an HTTP server that answers as asked: in JSON, or as events.
func serve(t *testing.T, era string, events bool) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q asked
		if r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&q) != nil {
			return
		}
		if q.Method != "initialize" && q.Method != "server/discover" && (r.Header.Get("Mcp-Protocol-Version") != era || era == legacy && r.Header.Get("Mcp-Session-Id") != "s1") {
			http.Error(w, "no session", http.StatusBadRequest)
			return
		}
		if q.Method == "initialize" && era == legacy {
			w.Header().Set("Mcp-Session-Id", "s1")
		}
		said := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,%s}`, q.ID, reply(q.Method, q.Params.Cursor, era))
		if events {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, ": hello\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}\n\nid: 1\ndata: %s\n\n", said)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, said)
	}))
	t.Cleanup(s.Close)
	return s
}

func kinds(in Input) (out []string) {
	for _, it := range in.Servers[0].Items {
		out = append(out, it.Kind.String())
	}
	return out
}

func TestVisit(t *testing.T) {
	whole := []string{"instructions", "tool", "tool", "prompt", "resource"}
	for _, c := range []struct {
		era    string
		events bool
		want   []string
	}{{legacy, false, whole}, {legacy, true, whole}, {modern, false, whole[:3]}, {modern, true, whole[:3]}} {
		in, err := Visit(t.Context(), serve(t, c.era, c.events).URL+"/mcp", quiet)
		if err != nil || !slices.Equal(kinds(in), c.want) {
			t.Errorf("%s, events %v: %v, %v", c.era, c.events, in, err)
			continue
		}
		r := New().Check([]Input{in})
		if len(r.Findings) != 2 || r.Findings[0].Rule != checkNoAuth {
			t.Errorf("%s: %+v", c.era, r.Findings)
		}
	}
}

// What a hostile or closed server does ends the scan, with words.
func TestVisitRefused(t *testing.T) {
	elsewhere := serve(t, legacy, false)
	hello := `{"jsonrpc":"2.0","id":1,` + reply("initialize", "", legacy) + `}`
	for want, h := range map[string]http.HandlerFunc{
		"it asks for credentials": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"elsewhere (HTTP status 307)": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"HTTP status 404":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"no JSON-RPC message": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"too long": func(w http.ResponseWriter, _ *http.Request) {
			for range maxAnswers/4096 + 2 {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		},
		"more than 100 pages": func(w http.ResponseWriter, r *http.Request) {
			var q asked
			_ = json.NewDecoder(r.Body).Decode(&q)
			w.Header().Set("Content-Type", "application/json")
			if q.Method == "initialize" {
				fmt.Fprint(w, hello)
				return
			}
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":[],"nextCursor":"again"}}`, q.ID)
		},
		"before the answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "data: {}\n\n")
		},
		`holds no list "tools"`: func(w http.ResponseWriter, r *http.Request) {
			var q asked
			_ = json.NewDecoder(r.Body).Decode(&q)
			w.Header().Set("Content-Type", "application/json")
			if q.Method == "initialize" {
				fmt.Fprint(w, hello)
				return
			}
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":{}}}`, q.ID)
		},
	} {
		s := httptest.NewServer(h)
		_, err := Visit(t.Context(), s.URL+"/mcp?key=hunter2", quiet)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, want %q", err, want)
		}
		if want == "it asks for credentials" && !errors.Is(err, ErrCredentials) {
			t.Errorf("%v is not ErrCredentials", err)
		}
		s.Close()
	}
	for _, address := range []string{"ftp://x.example", "http://", "http://a:b@127.0.0.1:1/"} {
		if _, err := Visit(t.Context(), address, quiet); err == nil {
			t.Errorf("%s is visited", address)
		}
	}
}

// stub is a server on stdin and stdout, in this test's own program; see TestMain.
func stub() {
	how := os.Getenv("MANTLET_SCAN_STUB")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var q asked
		if json.Unmarshal(in.Bytes(), &q) != nil || len(q.ID) == 0 {
			continue
		}
		if how == "silent" {
			continue
		}
		said := reply(q.Method, q.Params.Cursor, legacy)
		if q.Method == "prompts/list" {
			_, err := os.ReadFile(os.Getenv("STUB_SECRET"))
			said = fmt.Sprintf(`"result":{"prompts":[{"name":%q},{"name":%q},{"name":%q}]}`, fmt.Sprint("reads ", err == nil), "home "+os.Getenv("HOME"), strings.Join(os.Environ(), " "))
		}
		fmt.Printf("noise\n{\"jsonrpc\":\"2.0\",\"id\":99,\"method\":\"roots/list\"}\n{\"jsonrpc\":\"2.0\",\"id\":%s,%s}\n", q.ID, said)
	}
}

// A started server sees a private empty home, which is gone afterwards, and no variable
// of this process.
func TestLaunch(t *testing.T) {
	t.Setenv("MY_SECRET_TOKEN", "hunter2")
	in, err := Launch(t.Context(), Command{ID: "stub", Command: "env", Args: []string{"MANTLET_SCAN_STUB=honest", os.Args[0]}, Unsafe: true}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"instructions", "tool", "tool", "prompt", "prompt", "prompt", "resource"}; !slices.Equal(kinds(in), want) {
		t.Errorf("%v", kinds(in))
	}
	var home, environment struct{ Name string }
	if json.Unmarshal(in.Servers[0].Items[4].Raw, &home) != nil || json.Unmarshal(in.Servers[0].Items[5].Raw, &environment) != nil {
		t.Fatal("no prompts")
	}
	dir := strings.TrimPrefix(home.Name, "home ")
	if own, _ := os.UserHomeDir(); dir == own || dir == "" {
		t.Errorf("its home is %q", dir)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s is still there", dir)
	}
	if strings.Contains(environment.Name, "hunter2") || !strings.Contains(environment.Name, "npm_config_ignore_scripts=true") {
		t.Errorf("its environment: %s", environment.Name)
	}
}

// A started server reads none of this person's files, unless it is let.
func TestLaunchConfined(t *testing.T) {
	if err := CanConfine(); err != nil {
		t.Skip("not confined here:", err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := os.CreateTemp(home, ".mantlet-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(secret.Name()) //nolint:errcheck // the test is over
	_ = secret.Close()
	for name, c := range map[string]Command{"true": {Unsafe: true}, "false": {}} {
		c.Command, c.Args = "env", []string{"MANTLET_SCAN_STUB=honest", "STUB_SECRET=" + secret.Name(), os.Args[0]}
		in, err := Launch(t.Context(), c, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if said := string(in.Servers[0].Items[3].Raw); !strings.Contains(said, "reads "+name) {
			t.Errorf("unsafe %t: it says %s", c.Unsafe, said)
		}
	}
}

// What a command line names is open to it; a person's home, and what holds it, is not.
func TestConfinementLeavesTheHomeOut(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	pack := filepath.Join(home, "server")
	if err := errors.Join(os.Mkdir(pack, 0o700), os.WriteFile(filepath.Join(pack, "package.json"), nil, 0o600), os.WriteFile(filepath.Join(pack, "main.js"), nil, 0o600), os.WriteFile(filepath.Join(home, "loose.js"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	c := confinement(Command{Command: "true", Args: []string{filepath.Join(pack, "main.js"), filepath.Join(home, "loose.js"), home, filepath.Dir(home), "/"}}, "/private", false)
	own := ownHome()
	for _, path := range c.Read {
		if path == "/" || path == own || strings.HasPrefix(own, path+"/") {
			t.Errorf("%s is open", path)
		}
	}
	for _, path := range []string{"server", "server/main.js", "loose.js"} {
		if !slices.Contains(c.Read, filepath.Join(own, path)) {
			t.Errorf("%s is not open: %q", path, c.Read)
		}
	}
	if !slices.Equal(c.Write, []string{"/private", "/dev/null"}) || c.Network {
		t.Error(c)
	}
}

// A command that says nothing, is not there or ends at once is given up, with words.
func TestLaunchRefused(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Launch(ctx, Command{Command: "env", Args: []string{"MANTLET_SCAN_STUB=silent", os.Args[0]}, Unsafe: true}, quiet); err == nil {
		t.Error("a silent server was listed")
	}
	for want, command := range map[string]string{"cannot be started": "/nonexistent/x", "it ended before it answered": "true"} {
		_, err := Launch(t.Context(), Command{Command: command, Unsafe: true}, quiet)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", command, err, want)
		}
	}
}
