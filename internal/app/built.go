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
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// A builder judges who built what a server starts (C044, C046). The zero builder knows
// nobody, and nothing is satisfied.
type builder struct {
	client *http.Client
	npm    npm.Checker
	oci    oci.Checker
	policy provenance.Policy
}

func openBuilder(p config.Provenance, read func(string) ([]byte, error)) (b builder, err error) {
	b.client = &http.Client{Timeout: resolveTime, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: time.Second}}
	b.npm.Client, b.npm.Registry, b.oci.Client = b.client, p.NPMRegistry, b.client
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
		b.oci.Root = b.npm.Root
	}
	return b, nil
}

// built is the evidence of who built what the server's launch fetches; false where it
// fetches nothing.
func (b *builder) built(ctx context.Context, definition []byte, by string) (ref release.EvidenceRef, why string, ok bool) {
	var l launch.Launch
	if json.Unmarshal(definition, &l) != nil || l.Resolved == nil {
		return ref, "", false
	}
	s := provenance.Subject{Ecosystem: provenance.Ecosystem(l.Resolved.Ecosystem), Name: l.Resolved.Name, Version: l.Resolved.Version, Integrity: l.Resolved.Integrity}
	ctx, cancel := context.WithTimeout(ctx, 3*resolveTime)
	defer cancel()
	var report *provenance.Report
	policy := b.policy
	switch s.Ecosystem {
	case provenance.NPM:
		report = b.npm.Check(ctx, s)
	case provenance.OCI:
		report = b.oci.Check(ctx, s)
		policy.Require = slices.DeleteFunc(slices.Clone(policy.Require), func(check string) bool { return check == provenance.CheckRegistry })
	default:
		report = &provenance.Report{Subject: s}
	}
	verdict, whys := policy.Judge(report)
	content, err := signer.Canonical(report)
	if err != nil {
		return ref, "", false
	}
	ref = release.EvidenceRef{Type: release.Provenance, Digest: signer.Sum(content), Tool: "mantlet", By: by, At: time.Now().UTC().Truncate(time.Second)}
	switch verdict {
	case provenance.Satisfied:
		ref.Outcome = release.Satisfied
	case provenance.Failed:
		ref.Outcome = release.Failed
	case provenance.Unknown:
	}
	return ref, mantlet.Escape(strings.Join(whys, "; ")), true
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
