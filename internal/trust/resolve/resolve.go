// Package resolve says which exact version a floating launch would run now, and rewrites
// its arguments so that exactly this runs.
//
// The question: what does "npx -y x" mean today? The threats: a version that is published
// between the approval and the next start (F09: fifteen clean versions, then a copy of
// every mail; A17), a tag that is moved. The controls: C030, C046. It trusts the registry
// that the launch itself would ask, and only for what is newest: whether what is named is
// what was approved is the pin's matter, which covers version and integrity, and who built
// it is provenance's. When it breaks (unreachable, absent, garbage, a private index that
// wants a password) there is an error and nothing is rewritten: unknown, never newest.
package resolve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"sync"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
)

// A Resolved is what a launch fetches, and the arguments that fetch exactly this.
type Resolved struct {
	launch.Resolved
	Args []string
}

// A Resolver asks registries with Client.
type Resolver struct {
	Client *http.Client

	// Home holds .npmrc; "" is HOME in the launch's environment, or this user's.
	Home string
}

// ErrNothing says that the launch fetches nothing that a registry could name.
var ErrNothing = errors.New("this launch fetches nothing from a registry")

// Resolve finds what s would run now. The Spec that it returns differs from s in Args and
// Resolved alone. What is exact already is looked up too: its integrity is worth a pin.
func (r Resolver) Resolve(ctx context.Context, s launch.Spec) (Resolved, launch.Spec, error) {
	line := runner.Parse(s.Command, s.Args)
	switch {
	case len(line.Packages) == 0:
		return Resolved{}, s, ErrNothing
	case line.Unsure != "":
		return Resolved{}, s, fmt.Errorf("%s; write the option with its value as --option=value, or behind the package", line.Floating())
	}
	at := asker{fetch.Client{HTTP: r.Client}, s, r.home(s), line.Runner, options(line, s.Args)}
	args, found := slices.Clone(s.Args), make([]launch.Resolved, 0, len(line.Packages))
	for _, p := range line.Packages {
		one, spec, err := at.exact(ctx, p)
		if err != nil {
			return Resolved{}, s, err
		}
		found = append(found, one)
		a := args[p.Arg]
		args[p.Arg] = a[:p.At] + spec + a[p.At+len(p.Spec):]
	}
	found[0].With = found[1:]
	if len(found) == 1 {
		found[0].With = nil
	}
	out := s
	out.Args, out.Resolved = args, &found[0]
	return Resolved{found[0], args}, out, nil
}

func (r Resolver) home(s launch.Spec) string {
	if r.Home != "" {
		return r.Home
	}
	if h := s.Env["HOME"]; h != "" {
		return h
	}
	h, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return h
}

// An asker asks for one launch.
type asker struct {
	fetch.Client

	spec    launch.Spec
	home    string
	runner  string
	options []string // the arguments that are the runner's own
}

// options are the arguments before the package: what follows is its program's. npm exec
// takes its own from everywhere before "--".
func options(line runner.Line, args []string) []string {
	if end := slices.Index(args, "--"); end >= 0 {
		return args[:end]
	}
	if line.Runner == "npm" {
		return args
	}
	end := 0
	for _, p := range line.Packages {
		end = max(end, p.Arg)
	}
	return args[:end]
}

// exact is what p means now, and how it is written so that it means nothing else.
func (a asker) exact(ctx context.Context, p runner.Package) (launch.Resolved, string, error) {
	switch p.Kind {
	case runner.NPM:
		return a.npm(ctx, p)
	case runner.Python:
		return a.python(ctx, p)
	case runner.Image:
		return a.image(ctx, p)
	case runner.Git:
		return launch.Resolved{}, "", errors.New("a git repository has no registry to ask: name a published version, or a commit, which the pin then covers as an argument")
	case runner.URL:
		return launch.Resolved{}, "", errors.New("what a URL serves cannot be pinned: name a published version")
	default:
		return launch.Resolved{}, "", ErrNothing
	}
}

// lazy compiles an expression when it is first asked: most processes never ask.
func lazy(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
