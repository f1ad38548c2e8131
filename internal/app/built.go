package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/bundle"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/npm"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/oci"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/pypi"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// A builder judges who built what a server starts (C044, C046). The zero builder knows
// nobody, and nothing is satisfied.
type builder struct {
	client *http.Client
	npm    npm.Checker
	oci    oci.Checker
	pypi   pypi.Checker
	policy provenance.Policy
}

func openBuilder(p config.Provenance, read func(string) ([]byte, error)) (b builder, err error) {
	b.client = &http.Client{Timeout: resolveTime, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: time.Second}}
	b.npm.Client, b.npm.Registry, b.oci.Client = b.client, p.NPMRegistry, b.client
	b.pypi = pypi.Checker{Client: b.client, Index: p.PyPIIndex, Integrity: p.PyPIIntegrity, Dir: p.PyPIDir}
	b.policy = provenance.Policy{Require: []string{provenance.CheckBuild}, Builders: p.Builders, Sources: p.Sources, Issuers: p.Issuers}
	if p.NPMKeysFile != "" {
		text, err := read(p.NPMKeysFile)
		if err != nil {
			return b, err
		}
		if b.npm.Keys, err = npm.ParseKeys(text); err != nil {
			return b, fmt.Errorf("%s: %w", p.NPMKeysFile, err)
		}
		b.policy.Require = append(b.policy.Require, provenance.CheckRegistry)
	}
	if p.TrustedRootFile != "" {
		text, err := read(p.TrustedRootFile)
		if err != nil {
			return b, err
		}
		if b.npm.Root, err = bundle.ParseRoot(text); err != nil {
			return b, fmt.Errorf("%s: %w", p.TrustedRootFile, err)
		}
		b.oci.Root, b.pypi.Root = b.npm.Root, b.npm.Root
	}
	return b, nil
}

// knows reports whether there is anything that a provenance could be verified with.
func (b *builder) knows() bool { return b.npm.Root != nil || len(b.npm.Keys) > 0 }

// A buildReport is what was found out of who built one artifact.
type buildReport struct {
	*provenance.Report

	verdict provenance.Verdict
	whys    []string
}

// reported asks who built what a launch fetches, and remembers it; false where it fetches
// nothing.
func (c *catalogue) reported(ctx context.Context, definition []byte) (out buildReport, ok bool) {
	var l launch.Launch
	if json.Unmarshal(definition, &l) != nil || l.Resolved == nil {
		return out, false
	}
	s := provenance.Subject{Ecosystem: provenance.Ecosystem(l.Resolved.Ecosystem), Name: l.Resolved.Name, Version: l.Resolved.Version, Integrity: l.Resolved.Integrity}
	ctx, cancel := context.WithTimeout(ctx, 3*resolveTime)
	defer cancel()
	var report *provenance.Report
	b := &c.known().builder
	policy := b.policy
	switch s.Ecosystem {
	case provenance.NPM:
		report = b.npm.Check(ctx, s)
	case provenance.OCI:
		report = b.oci.Check(ctx, s)
		policy.Require = slices.DeleteFunc(slices.Clone(policy.Require), func(check string) bool { return check == provenance.CheckRegistry })
	case provenance.PyPI:
		report = b.pypi.Check(ctx, s)
		policy.Require = []string{provenance.CheckIntegrity, provenance.CheckPublisher} // an index attests who published, and seldom who built
	default:
		report = &provenance.Report{Subject: s}
	}
	out.Report = report
	out.verdict, out.whys = policy.Judge(report)
	c.builds.keep(definition, out)
	return out, true
}

// built is the evidence of who built what the server's launch fetches; false where it
// fetches nothing.
func (c *catalogue) built(ctx context.Context, definition []byte, by string) (ref release.EvidenceRef, why string, ok bool) {
	found, ok := c.reported(ctx, definition)
	if !ok {
		return ref, "", false
	}
	content, err := signer.Canonical(found.Report)
	if err != nil {
		return ref, "", false
	}
	ref = release.EvidenceRef{Type: release.Provenance, Digest: signer.Sum(content), Tool: release.Own, By: by, At: time.Now().UTC().Truncate(time.Second)}
	switch found.verdict {
	case provenance.Satisfied:
		ref.Outcome = release.Satisfied
	case provenance.Failed:
		ref.Outcome = release.Failed
	case provenance.Unknown:
	}
	return ref, mantlet.Escape(strings.Join(found.whys, "; ")), true
}

// rulesOf are what each tier takes: what the configuration says, and else the usual.
func rulesOf(written map[string]config.ReleaseRule) (release.Rules, error) {
	rules := release.DefaultRules()
	for name, w := range written {
		var t release.Tier
		if err := t.UnmarshalText([]byte(name)); err != nil {
			return nil, fmt.Errorf("trust.release: %w", err)
		}
		rule := release.Rule{People: w.People, Holds: time.Duration(w.Holds), Fresh: time.Duration(w.Fresh), Probation: rules[t].Probation}
		if rule.Holds == 0 {
			rule.Holds = rules[t].Holds
		}
		if rule.Fresh == 0 {
			rule.Fresh = rules[t].Fresh
		}
		for _, e := range w.Evidence {
			rule.Evidence = append(rule.Evidence, release.EvidenceType(e))
		}
		for _, r := range w.Roles {
			rule.Roles = append(rule.Roles, signer.Role(r))
		}
		rules[t] = rule
	}
	if err := rules.Check(); err != nil {
		return nil, fmt.Errorf("trust.release: %w", err)
	}
	return rules, nil
}
