package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
)

const simpleJSON = "application/vnd.pypi.simple.v1+json" // PEP 691

var (
	pythonName = lazy(`(?i)^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$`) // PEP 508
	separators = lazy(`[-_.]+`)
	hexSHA256  = lazy(`^[0-9a-f]{64}$`)
)

// normal is a name as indexes write it (PEP 503).
func normal(name string) string { return strings.ToLower(separators().ReplaceAllString(name, "-")) }

// A release is one file of the index.
type release struct {
	Filename string            `json:"filename"`
	Hashes   map[string]string `json:"hashes"`
	Yanked   json.RawMessage   `json:"yanked"` // false, true, or the reason
}

func (r *release) yanked() bool {
	text := string(r.Yanked)
	return text != "" && text != "false" && text != "null"
}

func (a asker) python(ctx context.Context, p runner.Package) (launch.Resolved, string, error) {
	if !pythonName().MatchString(p.Name) {
		return launch.Resolved{}, "", errors.New("this is no name of a Python package")
	}
	want := p.Version()
	if want == "==latest" {
		want = "" // uvx: name@latest
	}
	in, err := parseSpecifiers(want)
	if err != nil {
		return launch.Resolved{}, "", fmt.Errorf("python package %s: %w", p.Name, err)
	}
	index, err := a.pythonIndex()
	if err != nil {
		return launch.Resolved{}, "", err
	}
	files, err := a.files(ctx, index+normal(p.Name)+"/")
	if err != nil {
		return launch.Resolved{}, "", fmt.Errorf("python package %s: %w", p.Name, err)
	}
	version, hashes, err := newest(files, p.Name, in)
	if err != nil {
		return launch.Resolved{}, "", fmt.Errorf("python package %s: %w", p.Name, err)
	}
	sign := "=="
	if rest := p.Spec[len(p.Name)+len(p.Extras()):]; strings.HasPrefix(strings.TrimSpace(rest), "@") {
		sign = "@" // uvx name@1.2.3 stays in its own spelling
	}
	return launch.Resolved{Ecosystem: "pypi", Name: normal(p.Name), Version: version, Integrity: strings.Join(hashes, " ")}, p.Name + p.Extras() + sign + version, nil
}

// files asks the index (PEP 691; HTML of PEP 503 is not read).
func (a asker) files(ctx context.Context, at string) ([]release, error) {
	body, kind, err := a.Get(ctx, at, simpleJSON)
	if err != nil {
		return nil, err
	}
	if media, _, err := mime.ParseMediaType(kind); err != nil || media != simpleJSON && media != "application/json" {
		return nil, errors.New("the index does not answer in JSON (PEP 691)")
	}
	var answer struct {
		Files []release `json:"files"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil, errors.New("the index's answer cannot be read")
	}
	return answer.Files, nil
}

// newest is the highest version that in holds, and the SHA-256 of each of its files. A
// yanked version counts only where it alone is named (PEP 592); a pre-release only where
// the specifiers name one (PEP 440).
func newest(files []release, name string, in specifiers) (version string, hashes []string, err error) {
	var best pep440
	found := false
	for i := range files {
		v, ok := versionIn(files[i].Filename, name)
		if !ok || !in.holds(v) || v.pre() && !in.pre() || files[i].yanked() && !in.only() {
			continue
		}
		if !found || best.less(v) {
			best, found, hashes = v, true, nil
		}
		if best.equal(v) {
			sum := strings.ToLower(files[i].Hashes["sha256"])
			if !hexSHA256().MatchString(sum) {
				return "", nil, errors.New("the index gives a file without its SHA-256")
			}
			hashes = append(hashes, "sha256:"+sum)
		}
	}
	if !found {
		return "", nil, errors.New("the index has no version that fits and is not withdrawn")
	}
	slices.Sort(hashes)
	return best.text, slices.Compact(hashes), nil
}

// versionIn is the version in a file's name: name-1.2.3-py3-none-any.whl (PEP 427) or
// name-1.2.3.tar.gz (PEP 625, and older names with hyphens).
func versionIn(file, name string) (pep440, bool) {
	if rest, ok := strings.CutSuffix(file, ".whl"); ok {
		parts := strings.Split(rest, "-")
		if len(parts) < 5 || normal(parts[0]) != normal(name) {
			return pep440{}, false
		}
		return parsePEP440(parts[1])
	}
	for _, ending := range []string{".tar.gz", ".zip"} {
		rest, ok := strings.CutSuffix(file, ending)
		if !ok || len(rest) <= len(name)+1 || normal(rest[:len(name)]) != normal(name) || rest[len(name)] != '-' {
			continue
		}
		return parsePEP440(rest[len(name)+1:])
	}
	return pep440{}, false
}

// more are options and variables that add an index or a place: which of them is asked
// first differs by tool and version, so that nobody knows whose package would win.
var more = []string{"--index", "--extra-index-url", "--find-links", "-f", "--pip-args", "--index-strategy", "--no-index", "--prerelease", "--exclude-newer"}

var moreEnv = []string{"UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX", "UV_CONFIG_FILE", "UV_PRERELEASE", "UV_EXCLUDE_NEWER", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONFIG_FILE"}

// pythonIndex is the one index that the launch would ask. It ends in a slash.
func (a asker) pythonIndex() (string, error) {
	for _, o := range a.options {
		if name, _, _ := strings.Cut(o, "="); slices.Contains(more, name) {
			return "", fmt.Errorf("with %s nobody knows which index is asked: use one index alone", name)
		}
	}
	names := []string{"UV_DEFAULT_INDEX", "UV_INDEX_URL"}
	mine := "UV_"
	if a.runner == "pipx" {
		names, mine = []string{"PIP_INDEX_URL"}, "PIP_"
	}
	for _, name := range moreEnv {
		if strings.HasPrefix(name, mine) && a.spec.Env[name] != "" {
			return "", fmt.Errorf("with %s nobody knows which index is asked: use one index alone", name)
		}
	}
	if v, ok := option(a.options, "--default-index", "--index-url", "-i"); ok {
		return base(v)
	}
	for _, name := range names {
		if v := a.spec.Env[name]; v != "" {
			return base(v)
		}
	}
	return defaultPyPI, nil
}
