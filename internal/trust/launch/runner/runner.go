package runner

import (
	"path"
	"slices"
	"strings"
)

// Kind says where a package comes from.
type Kind string

// Kinds. None is no package: a program of this machine, or a file.
const (
	None   Kind = ""
	NPM    Kind = "npm"
	Python Kind = "python"
	Image  Kind = "image"
	Git    Kind = "git"
	URL    Kind = "url"
)

// A Package is one thing that a line has its runner fetch.
type Package struct {
	Kind Kind
	Name string // without version, tag, digest and extras
	Spec string // as it is written
	Arg  int    // its place among the arguments
	At   int    // bytes of that argument before Spec: 7 in "--from=x"
}

// A Line is what a command and its arguments say.
type Line struct {
	Runner   string    // npx, uvx, docker; "" for a program that fetches nothing
	Packages []Package // what is run comes first; others are installed beside it
	Unsure   string    // an option before the package that is not known; "" for none
}

// Main is the package that is run; its Arg is -1 where there is none.
func (l Line) Main() Package {
	if len(l.Packages) == 0 {
		return Package{Arg: -1}
	}
	return l.Packages[0]
}

// Floating says why nobody knows what the line will run, "" where it is known.
func (l Line) Floating() string {
	if l.Unsure != "" && len(l.Packages) > 0 {
		return "nobody knows which word names the package: " + l.Runner + "'s option " + l.Unsure + " is not one that is known here"
	}
	for _, p := range l.Packages {
		if why := p.Floating(); why != "" {
			return why
		}
	}
	return ""
}

// Program is a command's name without its path and ending, in lower case.
func Program(command string) string {
	base := strings.ToLower(path.Base(strings.ReplaceAll(command, `\`, "/")))
	for _, ending := range []string{".exe", ".cmd", ".bat", ".ps1"} {
		base = strings.TrimSuffix(base, ending)
	}
	return base
}

// Fetches reports a program that is a runner of this kind, whatever its arguments are.
func Fetches(command string, kind Kind) bool {
	r, ok := runners[Program(command)]
	return ok && r.kind == kind
}

// Parse reads a line. What is no runner's is the zero Line.
func Parse(command string, args []string) Line {
	name, at := Program(command), 0
	for range 4 { // "cmd /c env npx" nests no deeper than this by honest people
		next, skip := inner(name, args[at:])
		if skip == 0 {
			break
		}
		name, at = next, at+skip
	}
	r, ok := runners[name]
	if !ok {
		return Line{}
	}
	return r.read(name, args, at)
}

// inner is the program that another only starts: cmd /c is how Windows starts npx, and
// env sets variables. skip counts the arguments up to and with its name.
func inner(name string, args []string) (program string, skip int) {
	switch name {
	case "cmd":
		if len(args) > 1 && strings.EqualFold(args[0], "/c") {
			return Program(args[1]), 2
		}
	case "env":
		for i, a := range args {
			if !strings.HasPrefix(a, "-") && !strings.Contains(a, "=") {
				return Program(a), i + 1
			}
		}
	}
	return "", 0
}

// read walks the arguments from at on.
func (r *runner) read(name string, args []string, at int) Line {
	l := Line{Runner: name}
	var named, beside []Package
	var words []string
	for i := at; i < len(args); i++ {
		a := args[i]
		option, _, joined := strings.Cut(a, "=")
		switch {
		case a == "--":
			if i+1 < len(args) && r.verbs(words) {
				return l.with(named, beside, r.pack(args[i+1], i+1, 0))
			}
		case !strings.HasPrefix(a, "-") || a == "-":
			if r.verbs(words) {
				return l.with(named, beside, r.pack(a, i, 0))
			}
			if words = append(words, a); !r.leads(words) {
				return Line{}
			}
		case slices.Contains(r.named, option) || slices.Contains(r.beside, option):
			p, ok := r.value(args, i, joined, len(option)+1)
			if !ok {
				return l.with(named, beside, Package{})
			}
			if slices.Contains(r.named, option) {
				named = append(named, p)
			} else {
				beside = append(beside, p)
			}
			if !joined {
				i++
			}
		case joined:
		case slices.Contains(r.valued, a):
			i++
		case !slices.Contains(r.lonely, a) && !r.cluster(a) && l.Unsure == "":
			l.Unsure = a
		}
	}
	if !r.verbs(words) {
		return Line{}
	}
	return l.with(named, beside, Package{})
}

// value is the package that an option names, in the same argument or the next.
func (r *runner) value(args []string, i int, joined bool, at int) (Package, bool) {
	if joined {
		return r.pack(args[i][at:], i, at), true
	}
	if i+1 == len(args) {
		return Package{}, false
	}
	return r.pack(args[i+1], i+1, 0), true
}

// with puts the packages in order. What an option names is fetched in place of the first
// word, which is then only a command of it.
func (l Line) with(named, beside []Package, word Package) Line {
	if len(named) == 0 && word.Spec != "" {
		named = []Package{word}
	}
	l.Packages = slices.Concat(named, beside)
	return l
}

// cluster reports short options that stand together (-it), and one with its value (-p80:80).
func (r *runner) cluster(a string) bool {
	if len(a) < 3 || a[1] == '-' || r.kind != Image {
		return false
	}
	for i := 1; i < len(a); i++ {
		one := "-" + a[i:i+1]
		if slices.Contains(r.valued, one) && i+1 < len(a) {
			return true
		}
		if !slices.Contains(r.lonely, one) {
			return false
		}
	}
	return true
}
