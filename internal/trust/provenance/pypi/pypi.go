// Package pypi verifies who published the files of a Python package: PEP 740's attestations,
// which an index serves beside them.
//
// The question: did the workflow of the source that we trust publish this very file? The
// threats: a stolen token for uploads, a mirror that serves another file (F09). The controls:
// C044, C046. It trusts Sigstore's trusted root, given by its caller, and of the index nothing
// but which files a version has. When the index serves no attestation, does not answer or
// answers with something else, the check is Unknown.
//
// Which file of a version an installer takes depends on the machine: so each file that the pin
// names by its hash must be attested, by one and the same publisher. An attestation of
// publication says who has uploaded what, not from what it was built; where SLSA provenance
// lies beside it, that is verified too.
//
// Read from: PEP 740; docs.pypi.org/attestations/publish/v1 and /api/integrity.
package pypi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet/internal/trust/fetch"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

// Index is PyPI's own (PEP 691), and Integrity where it serves provenance.
const (
	Index     = "https://pypi.org/simple/"
	Integrity = "https://pypi.org/integrity/"
)

const (
	simpleJSON    = "application/vnd.pypi.simple.v1+json"
	integrityJSON = "application/vnd.pypi.integrity.v1+json"

	maxFiles  = 64 // of one version: each is asked for
	maxObject = 8 << 20
)

// A Checker asks one index, or reads what somebody has fetched.
type Checker struct {
	Client    *http.Client
	Index     string       // "" is PyPI's own
	Integrity string       // "" is PyPI's own where Index is, and else /integrity/ at the index's host
	Dir       string       // holds provenance objects as FILE.provenance: then nobody is asked for those
	Root      *bundle.Root // Sigstore's; nil makes all Unknown
}

func unsaid(why string) error { return bundle.Unsaid(why) }

// A file is one of a version.
type file struct{ name, sum string }

var runs = regexp.MustCompile(`[-_.]+`)

// normal is a name as indexes write it (PEP 503).
func normal(name string) string { return strings.ToLower(runs.ReplaceAllString(name, "-")) }

// Check looks at the files of one version. s.Integrity are their hashes, "sha256:..." each,
// parted by spaces.
func (c *Checker) Check(ctx context.Context, s provenance.Subject) *provenance.Report {
	r := &provenance.Report{Subject: s}
	files, err := c.files(ctx, s)
	r.Note(provenance.CheckIntegrity, err, "the index has the files that were expected, and no other")
	if err != nil {
		r.Note(provenance.CheckPublisher, err, "")
		return r
	}
	for _, f := range files {
		r.Note(provenance.CheckPublisher, c.file(ctx, s, f, r), f.name+" was published by a workflow whose identity is known")
	}
	if r.Of(provenance.CheckPublisher) != provenance.Satisfied { // what one file says is not what all say
		r.Builder, r.Source, r.Commit, r.Workflow, r.Issuer, r.Signed = "", "", "", "", "", time.Time{}
	}
	return r
}

// expected are the hashes of an integrity, in hex.
func expected(integrity string) (out []string, err error) {
	for word := range strings.FieldsSeq(integrity) {
		sum, ok := strings.CutPrefix(word, "sha256:")
		if !ok || len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "" {
			return nil, unsaid("the hashes that are expected cannot be read")
		}
		out = append(out, sum)
	}
	switch {
	case len(out) == 0:
		return nil, unsaid("nobody said which files are expected")
	case len(out) > maxFiles:
		return nil, unsaid("the version has too many files to ask for each")
	}
	return out, nil
}

// files are those of the index that are of the version: exactly those that are expected.
func (c *Checker) files(ctx context.Context, s provenance.Subject) ([]file, error) {
	want, err := expected(s.Integrity)
	if err != nil {
		return nil, err
	}
	body, _, err := fetch.Client{HTTP: c.Client}.Get(ctx, base(c.Index, Index)+url.PathEscape(normal(s.Name))+"/", simpleJSON)
	if err != nil {
		return nil, unsaid(err.Error())
	}
	var answer struct {
		Files []struct {
			Filename string            `json:"filename"`
			Hashes   map[string]string `json:"hashes"`
		} `json:"files"`
	}
	if s.Name == "" || s.Version == "" || json.Unmarshal(body, &answer) != nil {
		return nil, unsaid("the index's answer cannot be read (PEP 691)")
	}
	var out []file
	for _, f := range answer.Files {
		sum := strings.ToLower(f.Hashes["sha256"])
		known := slices.Contains(want, sum)
		switch {
		case !of(f.Filename, s):
		case !known:
			return nil, errors.New("the index has a file of this version that was not expected")
		default:
			out = append(out, file{f.Filename, sum})
		}
	}
	if len(out) != len(want) {
		return nil, unsaid("the index does not have each file that was expected")
	}
	return out, nil
}

func base(at, otherwise string) string {
	if at == "" {
		at = otherwise
	}
	return strings.TrimSuffix(at, "/") + "/"
}

// of reports whether a file is of a version: name-1.2.3-py3-none-any.whl (PEP 427) or
// name-1.2.3.tar.gz (PEP 625).
func of(name string, s provenance.Subject) bool {
	if strings.ContainsAny(name, `/\`) {
		return false
	}
	if rest, ok := strings.CutSuffix(name, ".whl"); ok {
		parts := strings.Split(rest, "-")
		return len(parts) >= 5 && normal(parts[0]) == normal(s.Name) && strings.EqualFold(parts[1], s.Version)
	}
	for _, ending := range []string{".tar.gz", ".zip"} {
		rest, ok := strings.CutSuffix(name, ending)
		if i := strings.LastIndexByte(rest, '-'); ok && i > 0 {
			return normal(rest[:i]) == normal(s.Name) && strings.EqualFold(rest[i+1:], s.Version)
		}
	}
	return false
}

// object is the provenance of one file, as the index or somebody's folder has it.
func (c *Checker) object(ctx context.Context, s provenance.Subject, f file) ([]byte, error) {
	if c.Dir != "" {
		b, err := os.ReadFile(filepath.Join(c.Dir, f.name+".provenance")) //nolint:gosec // f.name holds no separator: see of
		if err != nil || len(b) > maxObject {
			return nil, unsaid("there is no provenance of " + f.name + " in the folder that was named")
		}
		return b, nil
	}
	at := c.Integrity
	if at == "" && c.Index != "" {
		u, err := url.Parse(c.Index)
		if err != nil {
			return nil, unsaid("the index's address cannot be read")
		}
		at = u.Scheme + "://" + u.Host + "/integrity/"
	}
	body, _, err := fetch.Client{HTTP: c.Client}.Get(ctx, base(at, Integrity)+url.PathEscape(normal(s.Name))+"/"+url.PathEscape(s.Version)+"/"+url.PathEscape(f.name)+"/provenance", integrityJSON)
	if err != nil {
		return nil, unsaid(err.Error())
	}
	return body, nil
}
