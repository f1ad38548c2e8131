package resolve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
	"github.com/mantlet-mcp/mantlet/internal/trust/resolve"
)

// npmRegistry serves versions of @x/server and x as npm's registry does.
func npmRegistry(t *testing.T, versions ...string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/npm/")
		for _, pkg := range []string{"@x/server", "x"} {
			rest, ok := strings.CutPrefix(path, pkg)
			if !ok {
				continue
			}
			all := map[string]any{}
			for _, v := range versions {
				version, deprecated := strings.CutSuffix(v, "!")
				m := map[string]any{"name": pkg, "version": version, "dist": map[string]string{"integrity": "sha512-of-" + version}}
				if deprecated {
					m["deprecated"] = "old"
				}
				all[version] = m
			}
			tags := map[string]string{"latest": strings.TrimSuffix(versions[0], "!"), "next": strings.TrimSuffix(versions[len(versions)-1], "!")}
			if rest == "" {
				_ = json.NewEncoder(w).Encode(map[string]any{"name": pkg, "dist-tags": tags, "versions": all})
				return
			}
			want := rest[1:]
			if tag, ok := tags[want]; ok {
				want = tag
			}
			if m, ok := all[want]; ok {
				_ = json.NewEncoder(w).Encode(m)
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func spec(line string, env map[string]string) launch.Spec {
	words := strings.Fields(line)
	return launch.Spec{Command: words[0], Args: words[1:], Env: env}
}

func client() *http.Client { return &http.Client{} }

func TestNPM(t *testing.T) {
	s := npmRegistry(t, "1.4.0", "1.2.3", "1.2.9!", "1.5.0", "2.0.0", "0.3.1", "0.3.7", "2.1.0-rc.1")
	r := resolve.Resolver{Client: client(), Home: t.TempDir()}
	env := map[string]string{"npm_config_registry": s.URL + "/npm", "HOME": t.TempDir()}
	for line, want := range map[string]string{
		"npx -y @x/server":                 "-y @x/server@1.4.0", // what is tagged, not the highest
		"npx -y @x/server@latest --stdio":  "-y @x/server@1.4.0 --stdio",
		"npx x@next":                       "x@2.1.0-rc.1",
		"npx x@1.2.3":                      "x@1.2.3",
		"npx x@^1.2.0":                     "x@1.4.0", // latest is in the range
		"npx x@~1.2.0":                     "x@1.2.3", // 1.2.9 is deprecated
		"npx x@1.2.9":                      "x@1.2.9",
		"npx x@^0.3.0":                     "x@0.3.7",
		"npx x@>=2":                        "x@2.0.0",
		"npx x@2":                          "x@2.0.0",
		"bunx x":                           "x@1.4.0",
		"pnpm dlx x":                       "dlx x@1.4.0",
		"npm exec --yes -- x y":            "exec --yes -- x@1.4.0 y",
		"npx --package=x -p @x/server run": "--package=x@1.4.0 -p @x/server@1.4.0 run",
		"cmd /c npx -y x":                  "/c npx -y x@1.4.0",
	} {
		got, out, err := r.Resolve(t.Context(), spec(line, env))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if args := strings.Join(got.Args, " "); args != want || !slices.Equal(out.Args, got.Args) {
			t.Errorf("%s: %s, want %s", line, args, want)
		}
		if got.Ecosystem != "npm" || got.Integrity != "sha512-of-"+got.Version {
			t.Errorf("%s: %+v", line, got)
		}
		if why := runner.Parse(out.Command, out.Args).Floating(); why != "" {
			t.Errorf("%s: still floating: %s", line, why)
		}
	}
}

// What was resolved is a part of the pin, and its moving is seen.
func TestItIsPinned(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "npx"), []byte("x"), 0o700); err != nil {
		t.Fatal(err)
	}
	pin := func(versions ...string) (l launch.Launch, text string) {
		s := npmRegistry(t, versions...)
		sp := spec(filepath.Join(dir, "npx")+" -y x", map[string]string{"npm_config_registry": s.URL + "/npm"})
		_, out, err := resolve.Resolver{Client: client(), Home: dir}.Resolve(t.Context(), sp)
		if err != nil {
			t.Fatal(err)
		}
		if l, err = launch.Describe(out); err != nil {
			t.Fatal(err)
		}
		if unpinned, err := launch.Describe(sp); err != nil || unpinned.Floating == "" {
			t.Error("without the resolver the launch does not float", err)
		}
		b, err := l.Definition()
		if err != nil {
			t.Fatal(err)
		}
		return l, string(b)
	}
	l, before := pin("1.0.0")
	if l.Floating != "" || l.Resolved == nil || l.Resolved.Integrity != "sha512-of-1.0.0" || !strings.Contains(before, `"resolved":{"ecosystem":"npm","name":"x","version":"1.0.0","integrity":"sha512-of-1.0.0"}`) {
		t.Error(before)
	}
	if _, again := pin("1.0.0"); again != before {
		t.Error("the same is pinned otherwise")
	}
	if _, after := pin("1.0.1"); after == before {
		t.Error("a newer version is not noticed")
	}
}

// The registry that npm would ask is asked: the others would answer with other versions.
func TestWhichRegistry(t *testing.T) {
	env, project, user, scoped, line := npmRegistry(t, "1.0.0"), npmRegistry(t, "2.0.0"), npmRegistry(t, "3.0.0"), npmRegistry(t, "4.0.0"), npmRegistry(t, "5.0.0")
	home, cwd := t.TempDir(), t.TempDir()
	rc := func(dir, text string) {
		if err := os.WriteFile(filepath.Join(dir, ".npmrc"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := resolve.Resolver{Client: client()}
	ask := func(command string, vars map[string]string) string {
		t.Helper()
		vars["HOME"] = home
		s := spec(command, vars)
		s.Dir = cwd
		got, _, err := r.Resolve(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return got.Version
	}
	rc(home, "# a comment\nregistry = "+user.URL+"/npm/\n")
	if v := ask("npx x", map[string]string{}); v != "3.0.0" {
		t.Error("the user's file:", v)
	}
	rc(cwd, "registry="+project.URL+"/npm\n@x:registry="+scoped.URL+"/npm\n")
	if v := ask("npx x", map[string]string{}); v != "2.0.0" {
		t.Error("the project's file:", v)
	}
	vars := map[string]string{"NPM_CONFIG_REGISTRY": env.URL + "/npm"}
	if v := ask("npx x", vars); v != "1.0.0" {
		t.Error("the environment:", v)
	}
	if v := ask("npx @x/server", vars); v != "4.0.0" {
		t.Error("the scope's:", v)
	}
	if v := ask("npx --registry="+line.URL+"/npm x --registry=http://127.0.0.1:1", vars); v != "5.0.0" {
		t.Error("the command line, and not the server's own arguments:", v)
	}
}

func pythonIndex(t *testing.T, kind string) *httptest.Server {
	t.Helper()
	file := func(name, sum string, yanked any) map[string]any {
		return map[string]any{"filename": name, "url": "x", "yanked": yanked, "hashes": map[string]string{"sha256": strings.Repeat(sum, 64)}}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/simple/mcp-server-git/" || r.Header.Get("Accept") != "application/vnd.pypi.simple.v1+json" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kind)
		_ = json.NewEncoder(w).Encode(map[string]any{"meta": map[string]string{"api-version": "1.1"}, "name": "mcp-server-git", "files": []any{
			file("mcp_server_git-1.9.0-py3-none-any.whl", "1", false), file("mcp-server-git-1.9.0.tar.gz", "2", false),
			file("mcp_server_git-1.10.0-py3-none-any.whl", "4", false), file("mcp_server_git-1.10.0.tar.gz", "3", false),
			file("mcp_server_git-1.11.0-py3-none-any.whl", "5", "broken"), file("mcp_server_git-2.0.0rc1-py3-none-any.whl", "6", false),
			file("mcp_server_git-2.0.0.dev3.tar.gz", "7", false), file("another_server-9.0.0-py3-none-any.whl", "8", false),
		}})
	}))
	t.Cleanup(s.Close)
	return s
}

func TestPython(t *testing.T) {
	s := pythonIndex(t, "application/vnd.pypi.simple.v1+json")
	r := resolve.Resolver{Client: client()}
	for line, want := range map[string]string{
		"uvx mcp-server-git --repo x":           "mcp-server-git==1.10.0 --repo x",
		"uvx mcp_server.git":                    "mcp_server.git==1.10.0",
		"uvx mcp-server-git@latest":             "mcp-server-git@1.10.0",
		"uvx mcp-server-git[all]":               "mcp-server-git[all]==1.10.0",
		"uvx --from mcp-server-git<1.10 serve":  "--from mcp-server-git==1.9.0 serve",
		"uvx --from=mcp-server-git~=1.9 serve":  "--from=mcp-server-git==1.10.0 serve",
		"uv tool run mcp-server-git":            "tool run mcp-server-git==1.10.0",
		"uvx mcp-server-git==1.11.0":            "mcp-server-git==1.11.0", // withdrawn, and named by somebody who knows
		"uvx --from mcp-server-git>=2.0.0rc1 x": "--from mcp-server-git==2.0.0rc1 x",
		"uvx mcp-server-git==1.9.*":             "mcp-server-git==1.9.0",
	} {
		got, out, err := r.Resolve(t.Context(), spec(line, map[string]string{"UV_INDEX_URL": s.URL + "/simple"}))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if args := strings.Join(got.Args, " "); args != want || runner.Parse(out.Command, out.Args).Floating() != "" {
			t.Errorf("%s: %s, want %s", line, args, want)
		}
		if got.Version == "1.10.0" && got.Integrity != "sha256:"+strings.Repeat("3", 64)+" sha256:"+strings.Repeat("4", 64) {
			t.Errorf("%s: %s", line, got.Integrity)
		}
	}
	if got, _, err := r.Resolve(t.Context(), spec("pipx run mcp-server-git", map[string]string{"PIP_INDEX_URL": s.URL + "/simple/"})); err != nil || got.Args[1] != "mcp-server-git==1.10.0" {
		t.Error(got, err)
	}
}

func TestImage(t *testing.T) {
	s := httptest.NewServer(registry.New())
	t.Cleanup(s.Close)
	host := strings.TrimPrefix(s.URL, "http://")
	push := func(tag string) string {
		img, err := random.Image(100, 1)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := name.ParseReference(host + "/mcp/fetch:" + tag)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(ref, img); err != nil {
			t.Fatal(err)
		}
		d, err := img.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d.String()
	}
	latest, one := push("latest"), push("1")
	r := resolve.Resolver{Client: client()}
	for line, want := range map[string]string{
		"docker run -i --rm " + host + "/mcp/fetch x":                "run -i --rm " + host + "/mcp/fetch@" + latest + " x",
		"docker run -i --rm -e A=b " + host + "/mcp/fetch:1":         "run -i --rm -e A=b " + host + "/mcp/fetch@" + one,
		"podman run " + host + "/mcp/fetch@" + one + " mcp/fetch:la": "run " + host + "/mcp/fetch@" + one + " mcp/fetch:la",
	} {
		got, _, err := r.Resolve(t.Context(), spec(line, nil))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if args := strings.Join(got.Args, " "); args != want {
			t.Errorf("%s: %s, want %s", line, args, want)
		}
	}
	moved := push("latest")
	if got, _, err := r.Resolve(t.Context(), spec("docker run "+host+"/mcp/fetch", nil)); err != nil || got.Version != moved {
		t.Error("a tag that moved is not followed", got, err)
	}
	for _, line := range []string{"docker run " + host + "/mcp/none", "docker run UPPER/x", "podman run mcp/fetch"} {
		if got, _, err := r.Resolve(t.Context(), spec(line, nil)); err == nil {
			t.Error(line, got)
		}
	}
}

// Unknown is an error, and nothing is rewritten.
func TestUnknown(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"absent":  http.NotFound,
		"busy":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"broken":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"garbage": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{")) },
		"another": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"name":"y","version":"1.0.0","dist":{"integrity":"sha512-x"}}`))
		},
		"no hash": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"name":"x","version":"1.0.0","dist":{"shasum":"x"}}`))
		},
		"odd version": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"name":"x","version":"1.0.0 --registry=x","dist":{"integrity":"sha512-x"}}`))
		},
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"name":"x","version":"1.0.0","dist":{"integrity":"sha512-x"},"a":%q}`, strings.Repeat("a", 9<<20))
		},
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://localhost:1/x", http.StatusFound)
		},
	}
	for name, h := range answers {
		s := httptest.NewServer(h)
		sp := spec("npx x", map[string]string{"npm_config_registry": s.URL})
		got, out, err := resolve.Resolver{Client: client(), Home: t.TempDir()}.Resolve(t.Context(), sp)
		if err == nil || out.Resolved != nil || !slices.Equal(out.Args, sp.Args) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		if _, _, err := (resolve.Resolver{Client: client()}).Resolve(t.Context(), spec("uvx x", map[string]string{"UV_INDEX_URL": s.URL})); err == nil {
			t.Errorf("%s: a Python index", name)
		}
		host := strings.TrimPrefix(s.URL, "http://")
		if _, _, err := (resolve.Resolver{Client: client()}).Resolve(t.Context(), spec("docker run "+host+"/x/y", nil)); err == nil && name != "garbage" {
			t.Errorf("%s: an image", name)
		}
		s.Close()
	}
	html := pythonIndex(t, "text/html")
	for line, env := range map[string]map[string]string{
		"npx git+https://x.test/a":                 nil,
		"npx owner/name":                           nil,
		"npx https://x.test/a.tgz":                 nil,
		"npx x@npm:y@1":                            nil,
		"npx --odd x y":                            nil,
		"npx ./local":                              nil,
		"node index.js":                            nil,
		"uvx --from git+https://x.test/a b":        nil,
		"uvx --extra-index-url https://x.test/s x": nil,
		"uvx x":                {"UV_EXTRA_INDEX_URL": "https://x.test"},
		"uvx mcp-server-git":   {"UV_INDEX_URL": html.URL + "/simple"},
		"npx -y x":             {"npm_config_registry": "http://registry.test/"}, // no https, and not this machine
		"npx -y  x":            {"npm_config_registry": "https://u:p@registry.test/"},
		"docker run --new x y": nil,
		"npx -y x --registry=http://registry.test/": {"npm_config_registry": "http://127.0.0.1:1"},
	} {
		got, out, err := resolve.Resolver{Client: client(), Home: t.TempDir()}.Resolve(t.Context(), spec(line, env))
		if err == nil || out.Resolved != nil {
			t.Errorf("%s: %+v", line, got)
		} else if strings.Contains(err.Error(), "u:p") {
			t.Error("a password is told", err)
		}
	}
	if _, _, err := (resolve.Resolver{Home: t.TempDir()}).Resolve(t.Context(), spec("npx x", nil)); err == nil {
		t.Error("without a client somebody is asked")
	}
}

// The real registry answers for a real server.
func TestRealNPM(t *testing.T) {
	at := os.Getenv("npm_config_registry")
	if at == "" {
		at = "https://registry.npmjs.org/"
	}
	if _, err := url.Parse(at); err != nil {
		t.Fatal(err)
	}
	if res, err := http.Get(at); err != nil {
		t.Skip("SKIPPED: the npm registry cannot be reached from here")
	} else {
		_ = res.Body.Close()
	}
	got, out, err := resolve.Resolver{Client: client()}.Resolve(t.Context(), spec("npx -y @modelcontextprotocol/server-filesystem /tmp", map[string]string{"npm_config_registry": at}))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("npx %s (%s)", strings.Join(out.Args, " "), got.Integrity)
	ranged, _, err := resolve.Resolver{Client: client()}.Resolve(t.Context(), spec("npx -y @modelcontextprotocol/server-filesystem@^2025.1.0 /tmp", map[string]string{"npm_config_registry": at}))
	if err != nil || !strings.HasPrefix(ranged.Version, "2025.") {
		t.Error(ranged, err)
	}
	t.Log(ranged.Args)
}
