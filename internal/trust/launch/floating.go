package launch

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// runners fetch what they run. Their first argument that is no flag names it, after the
// words that stand before.
var runners = map[string][]string{
	"npx": nil, "bunx": nil, "uvx": nil, "pipx": {"run"}, "pnpm": {"dlx"}, "yarn": {"dlx"}, "npm": {"exec", "x"}, "bun": {"x"}, "uv": {"tool", "run", "x"}, "deno": {"run"},
}

// valued are flags that take the next argument.
var valued = map[string]bool{"--from": true, "--with": true, "-p": true, "--package": true, "--python": true, "--index-url": true, "-c": true}

var exact = regexp.MustCompile(`^v?\d+(\.\d+){1,3}([-+.][0-9A-Za-z.+-]+)?$`)

// floating says why nobody knows what s will run, "" where it is known.
func floating(s Spec) string {
	name := strings.TrimSuffix(filepath.Base(s.Command), ".exe")
	if name == "docker" || name == "podman" {
		return floatingImage(s.Args)
	}
	before, ok := runners[name]
	if !ok {
		return ""
	}
	what, from := subject(s.Args, before)
	if from != "" {
		what = from
	}
	if what == "" || isPath(what) {
		return ""
	}
	if strings.Contains(what, "://") || strings.HasPrefix(what, "git+") || strings.HasPrefix(what, "github:") {
		return "it is fetched from " + what + " at each start"
	}
	version := versionOf(what)
	if exact.MatchString(version) {
		return ""
	}
	return "it names no exact version of " + what + ": what is newest at that time runs"
}

func isPath(s string) bool {
	return strings.HasPrefix(s, ".") || strings.HasPrefix(s, "/") || strings.HasPrefix(s, "file:")
}

// subject is the first argument that is no flag, after the words before; from is what
// --from or --package names in its place.
func subject(args, before []string) (what, from string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--from" || a == "--package" || a == "-p":
			if i+1 < len(args) {
				from = args[i+1]
			}
			i++
		case valued[a]:
			i++
		case strings.HasPrefix(a, "--from=") || strings.HasPrefix(a, "--package="):
			_, from, _ = strings.Cut(a, "=")
		case strings.HasPrefix(a, "-"):
		case len(before) > 0 && slices.Contains(before, a):
		default:
			return a, from
		}
	}
	return "", from
}

// versionOf is what stands behind "@" (npm) or "==" (Python); a scope's own "@" is none.
func versionOf(what string) string {
	if _, v, ok := strings.Cut(what, "=="); ok {
		return v
	}
	if i := strings.LastIndexByte(what, '@'); i > 0 {
		return what[i+1:]
	}
	return ""
}

// floatingImage looks at `docker run`: an image without a digest is what the registry says
// today.
func floatingImage(args []string) string {
	for i, a := range args {
		if a == "run" {
			if image := imageOf(args[i+1:]); image != "" && !strings.Contains(image, "@sha256:") {
				return "the image " + image + " is named without its digest (@sha256:...)"
			}
			return ""
		}
	}
	return ""
}

// lonely are flags of `docker run` that take no value of their own.
var lonely = map[string]bool{"--rm": true, "-i": true, "-t": true, "-it": true, "-ti": true, "--init": true, "--interactive": true, "--tty": true, "--privileged": true, "--read-only": true, "-d": true, "--detach": true, "--no-healthcheck": true}

func imageOf(args []string) string {
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case !strings.HasPrefix(a, "-"):
			return a
		case !lonely[a] && !strings.Contains(a, "="):
			i++ // its value
		}
	}
	return ""
}
