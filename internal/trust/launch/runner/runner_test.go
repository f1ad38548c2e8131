package runner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
)

func parse(line string) (runner.Line, []string) {
	words := strings.Fields(line)
	return runner.Parse(words[0], words[1:]), words[1:]
}

// Each line, the packages that it fetches as kind:name:version, and whether it floats.
func TestParse(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	for _, c := range []struct {
		line, want string
		floats     bool
	}{
		{"npx -y @x/server", "npm:@x/server:", true},
		{"npx.cmd -y x@1.2.3 --flag y", "npm:x:1.2.3", false},
		{"cmd /c npx -y x@^1.2", "npm:x:^1.2", true},
		{"env A=b npx -y x", "npm:x:", true},
		{"env A=b npx -y x@1.0.0", "npm:x:1.0.0", false},
		{"npx x@1.2", "npm:x:1.2", true}, // npm reads it as 1.2.x
		{"npx x@1.2.3-rc.1+b", "npm:x:1.2.3-rc.1+b", false},
		{"npx -y -- x@latest", "npm:x:latest", true},
		{"npx --package=a@1.0.0 -p b serve", "npm:a:1.0.0 npm:b:", true},
		{"npx --package=a@1.0.0 -p b@2.0.0 serve", "npm:a:1.0.0 npm:b:2.0.0", false},
		{"npx owner/name", "git:owner/name:", true},
		{"npx https://x.test/a.tgz", "url:https://x.test/a.tgz:", true},
		{"npx ./local", ":./local:", false},
		{"npx --odd x evil@1.0.0", "npm:x:", true},
		{"npx --odd x@1.0.0 evil", "npm:x:1.0.0", true}, // npx takes x@1.0.0 as the option's value
		{"npm exec --yes -- x@1.0.0", "npm:x:1.0.0", false},
		{"npm --prefix /a exec x", "npm:x:", true},
		{"npm install x", "", false},
		{"pnpm --package=a dlx b", "npm:a:", true},
		{"pnpm dlx x@1.0.0", "npm:x:1.0.0", false},
		{"bun x y", "npm:y:", true},
		{"yarn dlx y", "npm:y:", true},
		{"yarn start", "", false},
		{"uvx mcp-server-git", "python:mcp-server-git:", true},
		{"uvx mcp[cli]==1.2.0", "python:mcp:==1.2.0", false},
		{"uvx mcp@1.2.0", "python:mcp:==1.2.0", false},
		{"uvx mcp@latest", "python:mcp:==latest", true},
		{"uvx mcp==1.*", "python:mcp:==1.*", true},
		{"uvx --from mcp>=1 run", "python:mcp:>=1", true},
		{"uvx --with extra --from mcp==1.0 run", "python:mcp:==1.0 python:extra:", true},
		{"uvx --from git+https://x.test/y z", "git:git+https://x.test/y:", true},
		{"uvx --from git+https://x.test/y@" + strings.Repeat("a", 40) + " z", "git:git+https://x.test/y@" + strings.Repeat("a", 40) + ":", false},
		{"uv tool run x", "python:x:", true},
		{"uv run x", "", false},
		{"pipx run --spec a==1.0 b", "python:a:==1.0", false},
		{"deno run -A npm:@x/y@1.0.0/bin", "npm:@x/y:1.0.0", false},
		{"deno run main.ts", ":main.ts:", false},
		{"deno run jsr:@x/y", "url:jsr:@x/y:", true},
		{"docker run -i --rm -e A=b mcp/fetch:latest x", "image:mcp/fetch::latest", true},
		{"docker run -it -p80:80 h.test:5000/a/b x", "image:h.test:5000/a/b:", true},
		{"docker container run --rm a@" + digest, "image:a:@" + digest, false},
		{"docker run --new a@" + digest + " evil", "image:a:@" + digest, true}, // is it the option's value?
		{"docker run --oom-kill-disable evil a@" + digest, "image:evil:", true},
		{"docker --context x run evil", "image:evil:", true},
		{"docker ps", "", false},
		{"node index.js", "", false},
		{"npx", "", false},
	} {
		l, args := parse(c.line)
		got := make([]string, 0, len(l.Packages))
		for _, p := range l.Packages {
			got = append(got, strings.Join([]string{string(p.Kind), p.Name, p.Version()}, ":"))
			if at := args[p.Arg][p.At:]; !strings.HasPrefix(at, p.Spec) {
				t.Errorf("%s: %q does not stand at its place, %q does", c.line, p.Spec, at)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.line, s, c.want)
		}
		if why := l.Floating(); (why != "") != c.floats {
			t.Errorf("%s: floating %q, want %t", c.line, why, c.floats)
		}
	}
}

// Whatever the words are, places lie inside of the arguments.
func FuzzParse(f *testing.F) {
	f.Add("npx", "-y\x00@x/y@1")
	f.Add("docker", "run\x00--rm\x00-it\x00a:b@sha256:00")
	f.Add("env", "A=b\x00cmd\x00/c\x00uvx\x00--from=x==1\x00y")
	f.Add("deno", "run\x00npm:/@a/b@1/c")
	f.Fuzz(func(t *testing.T, command, rest string) {
		args := strings.Split(rest, "\x00")
		before := slices.Clone(args)
		l := runner.Parse(command, args)
		for _, p := range l.Packages {
			if !strings.HasPrefix(args[p.Arg][p.At:], p.Spec) || !strings.HasPrefix(p.Spec, p.Name) {
				t.Errorf("%q: %+v", args, p)
			}
			_ = p.Version() + p.Extras() + p.Floating()
		}
		if !slices.Equal(before, args) {
			t.Error("the arguments were changed")
		}
	})
}
