package scan

import (
	"slices"
	"strconv"
	"strings"
)

// A launch is what a command of a known launcher starts: a package, an image, a git
// reference.
type launch struct {
	how  string // "npm", "python", "image", "git"; "" for anything else
	name string // without its version, tag or digest
	spec string // as it is written
	arg  int    // its place among the arguments; -1 for the command itself
}

// field is the launch's place in the entry.
func (l launch) field() string { return "args/" + strconv.Itoa(l.arg) }

// launchers are programs that fetch what they start, by the options that take a value,
// and by the word that must come first.
var launchers = map[string]struct{ how, verb, valued string }{
	"npx":    {"npm", "", "-p --package -c --call --registry --prefix --userconfig --cache -w --workspace"},
	"bunx":   {"npm", "", "-p --package"},
	"pnpx":   {"npm", "", "-p --package"},
	"pnpm":   {"npm", "dlx", "-p --package --registry -C --dir"},
	"yarn":   {"npm", "dlx", "-p --package"},
	"bun":    {"npm", "x", "-p --package"},
	"npm":    {"npm", "exec", "-p --package -c --call --registry --prefix"},
	"uvx":    {"python", "", "--from --with --python -p --index-url --index --extra-index-url --directory --env-file -i"},
	"pipx":   {"python", "run", "--spec --python --index-url --pip-args"},
	"docker": {"image", "run", imageOptions}, "podman": {"image", "run", imageOptions}, "nerdctl": {"image", "run", imageOptions},
}

const imageOptions = `-e --env --env-file -v --volume --mount -p --publish --name --network --net -u --user -w --workdir --entrypoint
	-l --label --add-host --cap-add --cap-drop --cpus -m --memory --pid --ipc --userns --security-opt --device --dns --tmpfs --ulimit
	--hostname -h --platform --pull --restart --runtime --gpus --group-add --shm-size --log-driver --cidfile --expose --link --sysctl`

// launch reads the entry's command.
func (e *Entry) launch() launch {
	args, at, name := e.Args, 0, e.program()
	if name == "cmd" && len(args) > 1 && strings.EqualFold(args[0], "/c") { // how Windows starts npx
		name, args, at = program(args[1]), args[2:], 2
	}
	if name == "uv" && len(args) > 1 && args[0] == "tool" && args[1] == "run" {
		name, args, at = "uvx", args[2:], 2
	}
	l, ok := launchers[name]
	if !ok {
		return launch{arg: -1}
	}
	if l.verb != "" {
		i := first(args)
		if i < 0 || args[i] != l.verb {
			return launch{arg: -1}
		}
		args, at = args[i+1:], at+i+1
	}
	i := positional(args, strings.Fields(l.valued), wanted[l.how])
	if i < 0 {
		return launch{arg: -1}
	}
	spec := args[i]
	for _, option := range wanted[l.how] {
		spec = strings.TrimPrefix(spec, option+"=")
	}
	return launch{launchKind(l.how, spec), unversioned(l.how, spec), spec, at + i}
}

// wanted are options whose value names what is fetched, in place of the first word.
var wanted = map[string][]string{"npm": {"-p", "--package"}, "python": {"--from", "--spec"}}

func first(args []string) int {
	for i, a := range args {
		if !strings.HasPrefix(a, "-") {
			return i
		}
	}
	return -1
}

// positional is the first argument that is neither an option nor an option's value, or the
// value of a wanted option.
func positional(args, valued, wanted []string) int {
	for i := 0; i < len(args); i++ {
		a := args[i]
		for _, w := range wanted {
			if strings.HasPrefix(a, w+"=") {
				return i
			}
			if a == w && i+1 < len(args) {
				return i + 1
			}
		}
		if !strings.HasPrefix(a, "-") {
			return i
		}
		if slices.Contains(valued, a) {
			i++
		}
	}
	return -1
}

func launchKind(how, spec string) string {
	switch {
	case strings.HasPrefix(spec, "git+"), strings.HasPrefix(spec, "github:"), strings.HasPrefix(spec, "gitlab:"), strings.Contains(spec, "@ git+"):
		return "git"
	case how == "npm" && strings.Count(spec, "/") == 1 && !strings.HasPrefix(spec, "@") && !strings.HasPrefix(spec, "."):
		return "git" // npm reads owner/name as a repository of GitHub
	case how != "image" && (strings.HasPrefix(spec, ".") || strings.HasPrefix(spec, "/") || strings.HasPrefix(spec, "file:")):
		return "" // a place on this machine
	}
	return how
}

// unversioned is a package's or an image's name alone.
func unversioned(how, spec string) string {
	switch how {
	case "npm":
		if i := strings.LastIndexByte(spec, '@'); i > 0 {
			return spec[:i]
		}
	case "python":
		if i := strings.IndexAny(spec, "=<>!~[@ ;"); i > 0 {
			return spec[:i]
		}
	case "image":
		name, _, _ := strings.Cut(spec, "@")
		if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
			return name[:i]
		}
		return name
	}
	return spec
}

// floats reports a launch that starts other code once somebody publishes it, by the id of
// the check, or "". tagged says that an image has at least a tag of its own.
func (l launch) floats() (check string, tagged bool) {
	rest := strings.TrimPrefix(l.spec, l.name)
	switch l.how {
	case "npm":
		if !exact(strings.TrimPrefix(rest, "@"), 3) {
			return checkFloat, false
		}
	case "python":
		if i := strings.IndexByte(rest, ']'); strings.HasPrefix(rest, "[") && i > 0 {
			rest = rest[i+1:]
		}
		version := strings.TrimPrefix(rest, "==")
		if version == rest {
			version = strings.TrimPrefix(rest, "@")
		}
		if version == rest || !exact(version, 2) {
			return checkFloat, false
		}
	case "image":
		if !strings.Contains(l.spec, "@sha256:") {
			return checkImage, rest != "" && rest != ":latest"
		}
	case "git":
		if !commit(l.spec) {
			return checkGit, false
		}
	}
	return "", false
}

// exact reports a version that is one: 1.2.3, 2026.8.31, 1.0.0-rc.1; no range, no tag. It
// has at least parts numbers: two are a range to npm, and exact to Python.
func exact(version string, parts int) bool {
	if strings.ContainsAny(version, "^~><=*| ") {
		return false
	}
	digits, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	all := strings.Split(digits, ".")
	for _, p := range all[:min(len(all), 2)] {
		if _, err := strconv.Atoi(p); err != nil {
			return false
		}
	}
	return len(all) >= parts && all[len(all)-1] != "x"
}

// commit reports a reference that ends in a commit's 40 hex digits.
func commit(spec string) bool {
	i := strings.LastIndexAny(spec, "#@")
	return i >= 0 && len(spec)-i-1 == 40 && strings.Trim(spec[i+1:], "0123456789abcdef") == ""
}
