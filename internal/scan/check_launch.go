package scan

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/childenv"
	"github.com/mantlet-mcp/mantlet/internal/inspect/rule"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
)

// entry looks at how a server is started or reached. Arguments may hold secrets: an
// excerpt names the word that is wrong and nothing beside it.
func (g *group) entry(s *served) {
	g.secrets(s)
	if s.Entry.URL != "" {
		g.address(s)
	}
	if s.Entry.Command == "" {
		return
	}
	g.floating(s)
	g.shell(s)
	g.place(s)
	g.container(s)
	for _, name := range slices.Sorted(maps.Keys(s.Entry.Env)) {
		if _, refused := childenv.Refused(name); refused {
			g.addServer(s, Finding{Rule: checkVariable, Field: "env/" + pointer.Replace(name), Excerpt: cut(mantlet.Escape(name))})
		}
	}
}

func (g *group) floating(s *served) {
	line := runner.Parse(s.Entry.Command, s.Entry.Args)
	for _, p := range line.Packages {
		if p.Floating() == "" && line.Unsure == "" {
			continue
		}
		f := Finding{Rule: floats(p.Kind), Field: arg(p.Arg), Excerpt: cut(mantlet.Escape(withoutUser(p.Spec)))}
		if p.Tagged() && line.Unsure == "" {
			f.Severity = rule.Low
		}
		g.addServer(s, f)
		if line.Unsure != "" {
			return
		}
	}
}

// floats is the check of a launch that starts other code once somebody publishes it.
func floats(kind runner.Kind) string {
	switch kind {
	case runner.Image:
		return checkImage
	case runner.Git:
		return checkGit
	default:
		return checkFloat
	}
}

// withoutUser is a URL without what stands before its host, which may be a secret.
func withoutUser(spec string) string {
	scheme, rest, ok := strings.Cut(spec, "://")
	if !ok {
		return spec
	}
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	path, _, _ = strings.Cut(path, "?")
	return scheme + "://" + host + "/" + path
}

// shells are programs that run a text, by the options after which it stands.
var shells = map[string][]string{
	"sh": {"-c"}, "bash": {"-c", "-lc", "-ic"}, "zsh": {"-c", "-lc", "-ic"}, "dash": {"-c"}, "fish": {"-c"}, "ksh": {"-c"},
	"cmd": {"/c", "/k"}, "powershell": {"-command", "-c", "-encodedcommand", "-enc", "-e"}, "pwsh": {"-command", "-c", "-encodedcommand", "-enc", "-e"},
	"python": {"-c"}, "python3": {"-c"}, "node": {"-e", "--eval", "-p"}, "perl": {"-e"}, "ruby": {"-e"}, "deno": {"eval"}, "npx": {"-c", "--call"},
}

func (g *group) shell(s *served) {
	e := s.Entry
	switch name := e.program(); name {
	case "sudo", "doas", "pkexec", "su", "runas":
		g.addServer(s, Finding{Rule: checkRoot, Field: "command", Excerpt: name})
	}
	for i, a := range e.Args {
		if options := shells[e.program()]; i < 3 && slices.Contains(options, strings.ToLower(a)) && !onlyLauncher(e) {
			g.addServer(s, Finding{Rule: checkShell, Field: arg(i), Excerpt: mantlet.Escape(e.program() + " " + a)})
			break
		}
	}
	for i, a := range e.Args {
		if piped(a) {
			g.addServer(s, Finding{Rule: checkPiped, Field: arg(i), Excerpt: "what is fetched is run at once"})
			return
		}
	}
}

// onlyLauncher reports cmd /c npx ..., which is how Windows starts npx.
func onlyLauncher(e *Entry) bool { return e.program() == "cmd" && e.launch().Kind != runner.None }

func arg(i int) string { return "args/" + strconv.Itoa(i) }

// piped reports a line of a shell in which something fetched is run.
func piped(line string) bool {
	line = strings.ToLower(line)
	fetches := func(s string) bool {
		return slices.ContainsFunc([]string{"curl ", "wget ", "iwr ", "invoke-webrequest", "irm "}, func(w string) bool { return strings.Contains(s, w) })
	}
	before, after, ok := strings.Cut(line, "|")
	for ; ok; before, after, ok = strings.Cut(after, "|") {
		next := strings.Fields(strings.TrimPrefix(strings.TrimSpace(after), "sudo "))
		if len(next) == 0 || !fetches(before) {
			continue
		}
		if _, runs := shells[runner.Program(next[0])]; runs || next[0] == "iex" {
			return true
		}
	}
	return fetches(line) && (strings.Contains(line, "$(curl") || strings.Contains(line, "<(curl") || strings.Contains(line, "`curl") || strings.Contains(line, "$(wget") || strings.Contains(line, "iex ("))
}

// place looks at where the program itself lies.
func (g *group) place(s *served) {
	for i, p := range slices.Concat([]string{s.Entry.Command}, s.Entry.Args[:min(len(s.Entry.Args), 1)]) {
		field := "command"
		if i > 0 {
			if _, interpreter := shells[s.Entry.program()]; !interpreter {
				return
			}
			field = arg(i - 1)
		}
		slashed := strings.ReplaceAll(p, `\`, "/")
		clean := filepath.ToSlash(filepath.Clean(slashed))
		switch {
		case strings.HasPrefix(clean, "/tmp/"), strings.HasPrefix(clean, "/var/tmp/"), strings.HasPrefix(clean, "/dev/shm/"), strings.HasPrefix(clean, "/private/tmp/"):
			g.addServer(s, Finding{Rule: checkPlace, Field: field, Excerpt: cut(mantlet.Escape(p))})
		case i == 0 && strings.Contains(slashed, "/") && !strings.HasPrefix(slashed, "/") && !strings.HasPrefix(slashed, "~") && !strings.HasPrefix(slashed, "$") && !drive(slashed):
			g.addServer(s, Finding{Rule: checkPlace, Severity: rule.Medium, Field: field, Excerpt: cut(mantlet.Escape(p))})
		}
	}
}

// drive reports a full path of Windows: C:/...
func drive(p string) bool { return len(p) > 2 && p[1] == ':' && p[2] == '/' }

// container looks at the options of docker run.
func (g *group) container(s *served) {
	if !runner.Fetches(s.Entry.Command, runner.Image) {
		return
	}
	last := s.Entry.launch().Arg // what follows belongs to the program in the image
	for i, a := range s.Entry.Args {
		if last >= 0 && i >= last {
			return
		}
		option, value, joined := strings.Cut(a, "=")
		if !joined && i+1 < len(s.Entry.Args) {
			value = s.Entry.Args[i+1]
		}
		if f, bad := holds(option, value); bad {
			f.Field = arg(i)
			g.addServer(s, f)
		}
	}
}

// holds reports an option that gives a container the host, or a part of it.
func holds(option, value string) (Finding, bool) {
	switch option {
	case "--privileged":
		return Finding{Rule: checkHost, Excerpt: option}, value != "false"
	case "--pid", "--ipc", "--userns", "--uts":
		return Finding{Rule: checkHost, Excerpt: option + " host"}, value == "host"
	case "--network", "--net":
		return Finding{Rule: checkHost, Severity: rule.Medium, Excerpt: option + " host"}, value == "host"
	case "--cap-add":
		return Finding{Rule: checkHost, Excerpt: option + " " + cut(mantlet.Escape(value))}, slices.Contains([]string{"ALL", "SYS_ADMIN", "CAP_SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE"}, strings.ToUpper(value))
	case "-v", "--volume":
		from, to, _ := strings.Cut(value, ":")
		_, mode, _ := strings.Cut(to, ":")
		return mount(from, strings.Contains(","+mode+",", ",ro,"))
	case "--mount":
		return mount(part(value, "source", "src"), strings.Contains(","+value+",", ",readonly,") || strings.Contains(","+value+",", ",ro,"))
	}
	return Finding{}, false
}

func part(list string, names ...string) string {
	for one := range strings.SplitSeq(list, ",") {
		if name, value, ok := strings.Cut(one, "="); ok && slices.Contains(names, name) {
			return value
		}
	}
	return ""
}

// mount looks at what of the host is given to a container.
func mount(from string, readOnly bool) (Finding, bool) {
	shown := cut(mantlet.Escape(from))
	clean := strings.TrimRight(from, "/")
	switch {
	case from != "" && clean == "", strings.HasSuffix(clean, "docker.sock"), strings.HasSuffix(clean, "podman.sock"):
		return Finding{Rule: checkHost, Excerpt: shown}, true
	case readOnly:
		return Finding{}, false
	case slices.Contains([]string{"~", "$HOME", "${HOME}", "${env:HOME}", "%USERPROFILE%", "/root", "/home", "/Users", "/etc", "/usr", "/var", "/bin", "/lib", "/opt"}, clean), home(clean), strings.HasSuffix(clean, "/.ssh"), strings.HasSuffix(clean, "/.aws"):
		return Finding{Rule: checkMount, Excerpt: shown}, true
	}
	return Finding{}, false
}

// home reports /home/NAME and /Users/NAME as a whole.
func home(path string) bool {
	dir, name := filepath.Split(path)
	return name != "" && (dir == "/home/" || dir == "/Users/")
}
