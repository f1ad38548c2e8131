package provenance

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

// Kinds of SLSA's predicates.
const (
	slsa02 = "https://slsa.dev/provenance/v0.2"
	slsa1  = "https://slsa.dev/provenance/v1"
)

// IsBuild reports a predicate that says how something was built.
func IsBuild(kind string) bool { return kind == slsa02 || kind == slsa1 }

// A build is what a predicate says. The workflow that was run wrote it, so the certificate
// is asked too where it says the same.
type build struct{ builder, source, commit string }

// Build takes a verified statement into the report: SLSA v0.2 or v1. It refuses one that
// says something else than the certificate that signed it.
func (r *Report) Build(s *bundle.Signature) error {
	if s.Statement == nil || !IsBuild(s.Statement.Kind) {
		return errors.New("the statement is no SLSA provenance")
	}
	said, err := slsa(s.Statement)
	if err != nil {
		return err
	}
	source := repository(s.Source)
	switch {
	case said.builder == "":
		return errors.New("the provenance names no builder")
	case source != "" && said.source != "" && source != said.source:
		return errors.New("the provenance names another source than the certificate")
	case s.Commit != "" && said.commit != "" && s.Commit != said.commit:
		return errors.New("the provenance names another commit than the certificate")
	}
	r.Builder, r.Source, r.Commit = said.builder, first(source, said.source), first(s.Commit, said.commit)
	r.Workflow, r.Issuer, r.Signed = s.Identity, s.Issuer, s.Time
	return nil
}

// Publication takes a verified statement of who published something into the report: what its
// certificate says. Where another one was taken in before, both must be of one source, and by
// one issuer.
func (r *Report) Publication(s *bundle.Signature) error {
	source := repository(s.Source)
	switch {
	case source == "" || s.Identity == "":
		return errors.New("the certificate names no workflow of a repository")
	case r.Source != "" && (r.Source != source || r.Issuer != s.Issuer):
		return errors.New("its files were published from different sources")
	}
	r.Source, r.Commit, r.Workflow, r.Issuer, r.Signed = source, s.Commit, s.Identity, s.Issuer, s.Time
	return nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// slsa reads a predicate (slsa.dev/spec/v1.0/provenance, slsa.dev/provenance/v0.2).
func slsa(s *bundle.Statement) (build, error) {
	bad := errors.New("the provenance cannot be read")
	if s.Kind == slsa02 {
		var p struct {
			Builder struct {
				ID string `json:"id"`
			} `json:"builder"`
			Invocation struct {
				Source material `json:"configSource"`
			} `json:"invocation"`
			Materials []material `json:"materials"`
		}
		if json.Unmarshal(s.Predicate, &p) != nil {
			return build{}, bad
		}
		from := p.Invocation.Source
		if from.URI == "" && len(p.Materials) > 0 {
			from = p.Materials[0]
		}
		return build{p.Builder.ID, repository(from.URI), from.commit()}, nil
	}
	var p struct {
		Definition struct {
			Parameters struct {
				Workflow struct {
					Repository string `json:"repository"`
				} `json:"workflow"`
				Source material `json:"source"`
			} `json:"externalParameters"`
			Dependencies []material `json:"resolvedDependencies"`
		} `json:"buildDefinition"`
		Run struct {
			Builder struct {
				ID string `json:"id"`
			} `json:"builder"`
		} `json:"runDetails"`
	}
	if json.Unmarshal(s.Predicate, &p) != nil {
		return build{}, bad
	}
	out := build{builder: p.Run.Builder.ID, source: repository(first(p.Definition.Parameters.Workflow.Repository, p.Definition.Parameters.Source.URI))}
	for _, d := range p.Definition.Dependencies {
		if at := repository(d.URI); out.source == "" || at == out.source {
			out.source, out.commit = at, d.commit()
			break
		}
	}
	return out, nil
}

type material struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest"`
}

func (m *material) commit() string { return first(m.Digest["gitCommit"], m.Digest["sha1"]) }

// repository is an address without "git+", the reference behind "@" and ".git", so that
// two that name the same one are the same text.
func repository(uri string) string {
	u, err := url.Parse(strings.TrimPrefix(uri, "git+"))
	if err != nil || u.Host == "" {
		return ""
	}
	path, _, _ := strings.Cut(u.Path, "@")
	return "https://" + strings.ToLower(u.Host) + strings.TrimSuffix(strings.TrimRight(path, "/"), ".git")
}

// Note takes the outcome of a verification into the report: unknown stays unknown.
func (r *Report) Note(check string, err error, good string) {
	switch {
	case err == nil:
		r.Add(check, Satisfied, good)
	case errors.Is(err, bundle.ErrUnknown):
		r.Add(check, Unknown, err.Error())
	default:
		r.Add(check, Failed, err.Error())
	}
}
