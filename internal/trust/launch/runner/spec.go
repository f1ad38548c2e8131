package runner

import (
	"regexp"
	"strings"
	"sync"
)

// pack reads one spec.
func (r *runner) pack(spec string, arg, at int) Package {
	kind := r.kind
	if kind == URL {
		kind, spec, at = deno(spec, at)
	}
	kind = kindOf(kind, spec)
	return Package{Kind: kind, Name: nameOf(kind, spec), Spec: spec, Arg: arg, At: at}
}

// deno reads what deno run is given: npm:x@1/path, jsr:@x/y, https://..., or a file.
func deno(spec string, at int) (Kind, string, int) {
	rest, ok := strings.CutPrefix(spec, "npm:")
	switch {
	case ok:
		name := strings.TrimPrefix(rest, "/")
		at += len(spec) - len(name)
		from := 0
		if strings.HasPrefix(name, "@") {
			from = strings.IndexByte(name, '/') + 1
		}
		if i := strings.IndexByte(name[from:], '/'); i >= 0 {
			name = name[:from+i]
		}
		return NPM, name, at
	case strings.Contains(spec, "://"), strings.HasPrefix(spec, "jsr:"):
		return URL, spec, at
	}
	return None, spec, at
}

func kindOf(kind Kind, spec string) Kind {
	if kind == Image || kind == None {
		return kind
	}
	lower := strings.ToLower(spec)
	switch {
	case strings.HasPrefix(lower, "git+"), strings.HasPrefix(lower, "git:"), strings.HasPrefix(lower, "github:"), strings.HasPrefix(lower, "gitlab:"), strings.HasPrefix(lower, "bitbucket:"), strings.HasPrefix(lower, "gist:"), strings.Contains(lower, "@git+"), strings.Contains(lower, "@ git+"):
		return Git
	case strings.Contains(spec, "://"):
		return URL
	case strings.HasPrefix(spec, "."), strings.HasPrefix(spec, "/"), strings.HasPrefix(spec, "~/"), strings.HasPrefix(lower, "file:"), len(spec) > 2 && spec[1] == ':' && (spec[2] == '\\' || spec[2] == '/'):
		return None // a place on this machine
	case kind == NPM && strings.Count(spec, "/") == 1 && !strings.HasPrefix(spec, "@"):
		return Git // npm reads owner/name as a repository of GitHub
	}
	return kind
}

// nameOf is a package's or an image's name alone.
func nameOf(kind Kind, spec string) string {
	switch kind {
	case NPM:
		if i := strings.LastIndexByte(spec, '@'); i > 0 {
			return spec[:i]
		}
	case Python:
		if i := strings.IndexAny(spec, "=<>!~[@ ;"); i > 0 {
			return spec[:i]
		}
	case Image:
		name, _, _ := strings.Cut(spec, "@")
		if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
			return name[:i]
		}
		return name
	default:
	}
	return spec
}

// Extras are the parts of a Python package that are asked for, with their brackets.
func (p Package) Extras() string {
	rest := p.Spec[len(p.Name):]
	if i := strings.IndexByte(rest, ']'); p.Kind == Python && strings.HasPrefix(rest, "[") && i > 0 {
		return rest[:i+1]
	}
	return ""
}

// Version is what is written behind the name: a version, a range, a tag with its colon, a
// digest with its "@". "" for nothing. Python's "==" stays: without it a number is a name.
func (p Package) Version() string {
	rest := strings.TrimSpace(p.Spec[len(p.Name)+len(p.Extras()):])
	switch p.Kind {
	case NPM:
		return strings.TrimPrefix(rest, "@")
	case Python:
		if v, ok := strings.CutPrefix(rest, "@"); ok { // uvx: name@1.2.3
			return "==" + strings.TrimSpace(v)
		}
	default:
	}
	return rest
}

// What is exact: SemVer 2.0.0 section 2 with all three numbers (npm reads fewer as a range),
// PEP 440 without a wildcard, and an image's digest (one that is too short starts nothing).
var (
	exactNPM    = lazy(`^[=v]*\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
	exactPython = lazy(`^={2,3}\s*v?(\d+!)?\d+(\.\d+)*([-._]?(a|b|c|rc|alpha|beta|pre|preview)[-._]?\d*)?([-._]?(post|rev|r)[-._]?\d*|-\d+)?([-._]?dev[-._]?\d*)?(\+[a-z0-9]+([-._][a-z0-9]+)*)?$`)
	exactImage  = lazy(`@sha256:[0-9a-f]+$`)
	commit      = lazy(`[#@][0-9a-f]{40}(#[^#]*)?$`)
)

// Exact reports a spec that names one version for good.
func (p Package) Exact() bool {
	switch p.Kind {
	case NPM:
		return exactNPM().MatchString(p.Version())
	case Python:
		version, _, _ := strings.Cut(p.Version(), ";")
		return exactPython().MatchString(strings.ToLower(strings.TrimSpace(version)))
	case Image:
		return exactImage().MatchString(p.Spec)
	case Git:
		return commit().MatchString(p.Spec)
	case URL:
		return false // whoever serves it may serve another thing tomorrow
	default:
		return true // a file of this machine: its bytes are pinned elsewhere
	}
}

// Tagged reports an image with a tag of its own: it moves, but seldom.
func (p Package) Tagged() bool {
	v := p.Version()
	return p.Kind == Image && v != "" && v != ":latest"
}

// Floating says why nobody knows what will be fetched, "" where it is known.
func (p Package) Floating() string {
	switch {
	case p.Exact():
		return ""
	case p.Kind == Image:
		return "the image " + p.Spec + " is named without its digest (@sha256:...)"
	case p.Kind == Git:
		return "what " + bare(p.Spec) + " holds at each start is run: it names no commit"
	case p.Kind == URL:
		return "it is fetched from " + bare(p.Spec) + " at each start"
	}
	return "it names no exact version of " + p.Spec + ": what is newest at that time runs"
}

// bare is a URL without what stands before its host, and without its query: either may be
// a secret.
func bare(spec string) string {
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

// lazy compiles an expression when it is first asked: most processes never ask.
func lazy(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
