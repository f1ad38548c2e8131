package sink_test

import (
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

func TestPaths(t *testing.T) {
	free := sink.Options{}
	rooted := sink.Options{Policy: sink.Policy{Roots: []string{"/srv/data", `C:\work`}}}
	none := sink.Options{Policy: sink.Policy{Roots: []string{}}}
	for _, c := range []struct {
		name, tool, path, want string
		o                      sink.Options
	}{
		{"within", "read", "/srv/data/a/b", "", rooted},
		{"the root", "read", "/srv/data", "", rooted},
		{"relative", "read", "a/../b", "", rooted},
		{"a sibling's prefix (F08)", "read", "/srv/database/x", "path-outside=high", rooted},
		{"climbing out", "read", "/srv/data/../../x", "path-outside=high", rooted},
		{"climbing out, relative", "read", "a/../../x", "path-traversal=medium path-outside=high", rooted},
		{"a drive's", "read", `c:/work\x`, "", rooted},
		{"another drive's", "read", `D:\work\x`, "path-outside=high", rooted},
		{"home", "read", "~/x", "path-outside=high", rooted},
		{"a variable", "read", "$HOME/x", "path-outside=high", rooted},
		{"a variable of Windows", "read", `%APPDATA%\x`, "path-outside=high", rooted},
		{"another machine", "read", `\\host\share\x`, "path-network=medium path-outside=high", rooted},
		{"a file's address", "read", "file:///srv/data/x", "", rooted},
		{"another file's address", "read", "file:///opt/x", "path-outside=high", rooted},
		{"a long form of Windows", "read", `\\?\C:\work\x`, "", rooted},
		{"the other slash", "read", `/srv/data\..\..\x`, "path-outside=high", rooted},
		{"escaped", "read", "/srv/data/%2e%2e/%2e%2e/x", "path-traversal=high path-outside=high path-encoded=medium", rooted},
		{"no roots", "read", "a", "path-outside=high", none},
		{"NUL", "read", "a.png\x00.txt", "nul=high", free},
		{"an escaped NUL", "read", "a.png%00.txt", "nul=high", free},
		{"plainly up", "read", "../x", "path-traversal=medium", free},
		{"far up", "read", "../../../x", "path-traversal=high", free},
		{"up from the root", "read", "/../x", "path-traversal=high", free},
		{"overlong", "read", "%c0%ae%c0%ae/x", "path-traversal=high path-encoded=high", free},
		{"a server of Java", "read", "/a/..;/..;/x", "path-traversal=high metacharacter=medium", free},
		{"a stream", "read", "a.txt::$DATA", "path-stream=high", free},
		{"a wrapper", "read", "php://filter/convert.base64-encode/resource=x", "path-wrapper=high", free},
		{"an address", "read", "http://example.com/x.txt", "path-remote=medium", free},
		{"secrets", "read", "/home/a/.ssh/id_rsa", "path-sensitive=high", free},
		{"secrets, from here", "read", ".aws/credentials", "path-sensitive=high", free},
		{"a public key", "read", "/home/a/.ssh/id_rsa.pub", "path-sensitive=medium", free},
		{"a process", "read", "/proc/self/environ", "path-sensitive=high", free},
		{"another's", "read", "/proc/17/environ", "path-sensitive=high", free},
		{"a system's", "read", "/etc/nginx/nginx.conf", "path-sensitive=medium", free},
		{"the case of Windows", "read", `C:\WINDOWS\System32\Config\SAM`, "path-sensitive=high", free},
		{"an option", "read", "-rf", "flag=high", free},
		{"two lines", "read", "a\nb", "line-break=high", free},
		{"a command", "read", "a;id", "metacharacter=high", free},
		{"a substitution", "read", "$(id).txt", "path-outside=high metacharacter=high", rooted},
		{"a hook of git", "write_file", "repo/.git/hooks/pre-commit", "path-executes=high", free},
		{"a hook of git, read", "read", "repo/.git/hooks/pre-commit", "", free},
		{"git's configuration (G-04)", "move_file", ".git/config", "path-executes=high", free},
		{"git's, in another spelling", "write_file", "x/../.GIT./config", "path-executes=high", free},
		{"what a shell reads", "write_file", "/home/a/.bashrc", "path-executes=high", free},
		{"keys", "write_file", "~/.ssh/authorized_keys", "path-sensitive=medium path-executes=high", free},
		{"a schedule", "write_file", "/etc/cron.d/x", "path-sensitive=medium path-executes=high", free},
		{"an editor's tasks", "write_file", "p/.vscode/tasks.json", "path-executes=high", free},
		{"a client's servers (F07)", "write_file", "p/.cursor/mcp.json", "path-executes=high", free},
		{"a package", "write_file", "p/package.json", "path-executes=low", free},
		{"a workflow", "write_file", ".github/workflows/x.yml", "path-executes=medium", free},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, c.tool, "", c.o, "path")
			if got := rules(p.Check(arguments(t, "path", c.path))); got != c.want {
				t.Errorf("%q: %s, want %s", c.path, got, c.want)
			}
		})
	}
}

// A resource is read by its address: what leads out of where it belongs is found there too (G-05).
func TestResources(t *testing.T) {
	open, err := sink.PlanResource(sink.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	closed, err := sink.PlanResource(sink.Policy{Roots: []string{"/srv"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, uri string
		r         *sink.Resource
		want      string
	}{
		{"a file", "file:///srv/a%20b.txt", closed, ""},
		{"another", "file:///etc/shadow", closed, "path-outside=high path-sensitive=high"},
		{"climbing", "file:///srv/../etc/hosts", closed, "path-outside=high path-sensitive=medium"},
		{"climbing in disguise", "file:///srv/%2e%2e/x", closed, "path-traversal=high path-outside=high"},
		{"a scheme of its own", "notes://work/2026/a", closed, ""},
		{"climbing there", "notes://work/../../../../etc/passwd", open, "path-traversal=high path-sensitive=high"},
		{"climbing there in disguise", "flows://x/%2e%2e%2f%2e%2e%2fy", open, "path-traversal=high"},
		{"the web", "https://example.com/a", open, ""},
		{"the inner web", "http://127.1/a", open, "url-disguised=high"},
		{"a script", "javascript:alert(1)", open, "url-scheme=high"},
		{"another machine's file", "file://host/share/x", open, "path-network=medium"},
		{"NUL", "file:///srv/a%00b", open, "nul=high"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := rules(c.r.Check([]byte(c.uri))); got != c.want {
				t.Errorf("%q: %s, want %s", c.uri, got, c.want)
			}
		})
	}
}

func TestOffsets(t *testing.T) {
	p := planOf(t, "get_user", "", sink.Options{}, "user_id", "name")
	hits := p.Check([]byte(`{"name":"x","user_id":"caf\u00e9;id"}`))
	if len(hits) != 1 || hits[0].At != "/user_id" || hits[0].Start != 5 || hits[0].End != 6 || hits[0].Words == "" || hits[0].Severity != finding.High {
		t.Errorf("%+v", hits)
	}
}
