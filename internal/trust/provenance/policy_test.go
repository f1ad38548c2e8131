package provenance_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
)

func built() *provenance.Report {
	r := &provenance.Report{Subject: provenance.Subject{Integrity: "sha512-x"}, Builder: "https://github.com/slsa/gen/.github/workflows/go.yml@refs/tags/v2.0.0", Source: "https://github.com/o/r", Issuer: "https://issuer.test"}
	r.Add(provenance.CheckBuild, provenance.Satisfied, "")
	r.Add(provenance.CheckRegistry, provenance.Satisfied, "")
	return r
}

func enough() provenance.Policy {
	return provenance.Policy{
		Require: []string{provenance.CheckBuild, provenance.CheckRegistry}, Builders: []string{"https://github.com/slsa/gen/.github/workflows/go.yml@"},
		Sources: []string{"https://github.com/o/r"}, Issuers: []string{"https://issuer.test"}, Integrity: "sha512-x",
	}
}

func TestJudge(t *testing.T) {
	if v, why := enough().Judge(built()); v != provenance.Satisfied || len(why) != 0 {
		t.Fatal(v, why)
	}
	for name, c := range map[string]struct {
		change func(p *provenance.Policy, r *provenance.Report)
		want   provenance.Verdict
	}{
		"no builders":           {func(p *provenance.Policy, _ *provenance.Report) { p.Builders = nil }, provenance.Failed},
		"no sources":            {func(p *provenance.Policy, _ *provenance.Report) { p.Sources = nil }, provenance.Failed},
		"no issuers":            {func(p *provenance.Policy, _ *provenance.Report) { p.Issuers = nil }, provenance.Failed},
		"an empty builder":      {func(p *provenance.Policy, _ *provenance.Report) { p.Builders = []string{"", "@"} }, provenance.Failed},
		"a builder's beginning": {func(p *provenance.Policy, _ *provenance.Report) { p.Builders = []string{"https://github.com/slsa/"} }, provenance.Failed},
		"a builder that begins so": {func(_ *provenance.Policy, r *provenance.Report) {
			r.Builder = "https://github.com/slsa/gen/.github/workflows/go.yml.evil@x"
		}, provenance.Failed},
		"another source": {func(_ *provenance.Policy, r *provenance.Report) { r.Source = "https://github.com/o/r2" }, provenance.Failed},
		"no source":      {func(_ *provenance.Policy, r *provenance.Report) { r.Source = "" }, provenance.Failed},
		"another digest": {func(_ *provenance.Policy, r *provenance.Report) { r.Subject.Integrity = "sha512-y" }, provenance.Failed},
		"no digest":      {func(_ *provenance.Policy, r *provenance.Report) { r.Subject.Integrity = "" }, provenance.Failed},
		"a check is not there": {func(p *provenance.Policy, _ *provenance.Report) {
			p.Require = append(p.Require, provenance.CheckPublish)
		}, provenance.Unknown},
		"a check is unknown": {func(_ *provenance.Policy, r *provenance.Report) {
			r.Add(provenance.CheckRegistry, provenance.Unknown, "busy")
		}, provenance.Unknown},
		"a check failed": {func(_ *provenance.Policy, r *provenance.Report) {
			r.Add(provenance.CheckRegistry, provenance.Failed, "wrong")
		}, provenance.Failed},
		"what nobody asks failed":     {func(_ *provenance.Policy, r *provenance.Report) { r.Add("other", provenance.Failed, "wrong") }, provenance.Failed},
		"what nobody asks is unknown": {func(_ *provenance.Policy, r *provenance.Report) { r.Add("other", provenance.Unknown, "busy") }, provenance.Satisfied},
		"a verdict that is none":      {func(_ *provenance.Policy, r *provenance.Report) { r.Add("other", 7, "?") }, provenance.Failed},
		"no policy":                   {func(p *provenance.Policy, _ *provenance.Report) { *p = provenance.Policies{1: enough()}.For(4) }, provenance.Unknown},
		"an empty report":             {func(_ *provenance.Policy, r *provenance.Report) { *r = provenance.Report{Subject: r.Subject} }, provenance.Unknown},
	} {
		p, r := enough(), built()
		c.change(&p, r)
		if v, why := p.Judge(r); v != c.want || (v != provenance.Satisfied && len(why) == 0) {
			t.Errorf("%s: %v %q, want %v", name, v, why, c.want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	var r provenance.Report
	if r.Verdict != provenance.Unknown || r.Of("x") != provenance.Unknown {
		t.Error("nothing is something")
	}
	r.Add("a", provenance.Satisfied, "")
	r.Add("b", provenance.Unknown, "busy")
	if r.Verdict != provenance.Unknown || !slices.Equal(r.Why(), []string{"b: busy"}) {
		t.Error(r)
	}
	r.Add("c", provenance.Failed, "wrong")
	r.Add("d", provenance.Satisfied, "")
	if r.Verdict != provenance.Failed || r.Verdict.String() != "failed" {
		t.Error(r)
	}
}

// Each version of SLSA's predicate, and how repositories are written.
func TestBuild(t *testing.T) {
	const commit = "dae8bd8eb433a4147b4655c00fe73e0f22bc0fb1"
	v02 := `{"builder":{"id":"B"},"invocation":{"configSource":{"uri":"git+https://github.com/o/r@refs/heads/main","digest":{"sha1":"` + commit + `"}}},"materials":[]}`
	v1 := `{"buildDefinition":{"externalParameters":{"workflow":{"repository":"https://github.com/o/r"}},"resolvedDependencies":[{"uri":"git+https://github.com/x/y","digest":{"gitCommit":"1"}},{"uri":"git+https://GitHub.com/o/r.git@refs/heads/main","digest":{"gitCommit":"` + commit + `"}}]},"runDetails":{"builder":{"id":"B"}}}`
	cert := bundle.Signature{Identity: "I", Issuer: "S", Source: "https://github.com/o/r", Commit: commit}
	for name, c := range map[string]struct {
		kind, predicate string
		cert            bundle.Signature
		ok              bool
	}{
		"v0.2":                 {"https://slsa.dev/provenance/v0.2", v02, cert, true},
		"v1":                   {"https://slsa.dev/provenance/v1", v1, cert, true},
		"v1 by a key":          {"https://slsa.dev/provenance/v1", v1, bundle.Signature{Key: "k"}, true},
		"another predicate":    {"https://slsa.dev/provenance/v9", v1, cert, false},
		"another repository":   {"https://slsa.dev/provenance/v1", v1, bundle.Signature{Source: "https://github.com/o/other", Commit: commit}, false},
		"another commit":       {"https://slsa.dev/provenance/v0.2", v02, bundle.Signature{Source: "https://github.com/o/r", Commit: strings.Repeat("a", 40)}, false},
		"no builder":           {"https://slsa.dev/provenance/v1", `{}`, cert, false},
		"builder is no object": {"https://slsa.dev/provenance/v0.2", `{"builder":[]}`, cert, false},
	} {
		var r provenance.Report
		c.cert.Statement = &bundle.Statement{Kind: c.kind, Predicate: jsontext.Value(c.predicate)}
		err := r.Build(&c.cert)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if c.ok && (r.Builder != "B" || r.Source != "https://github.com/o/r" || r.Commit != commit) || !c.ok && r.Builder+r.Source != "" {
			b, _ := json.Marshal(r)
			t.Errorf("%s: %s", name, b)
		}
	}
	var r provenance.Report
	if r.Build(&bundle.Signature{}) == nil {
		t.Error("nothing is a provenance")
	}
}
