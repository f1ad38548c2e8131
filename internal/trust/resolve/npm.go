package resolve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
)

// names of npm, as its validate-npm-package-name lets old and new ones be.
var npmName = lazy(`^(@[A-Za-z0-9~_.-]+/)?[A-Za-z0-9~_-][A-Za-z0-9~_.-]*$`)

// A manifest is one version as the registry describes it.
type manifest struct {
	Name       string          `json:"name"`
	Version    string          `json:"version"`
	Deprecated json.RawMessage `json:"deprecated"`
	Dist       struct {
		Integrity string `json:"integrity"`
		Shasum    string `json:"shasum"`
	} `json:"dist"`
}

func (a asker) npm(ctx context.Context, p runner.Package) (launch.Resolved, string, error) {
	want := p.Version()
	if want == "" {
		want = a.npmTag()
	}
	switch {
	case !npmName().MatchString(p.Name):
		return launch.Resolved{}, "", errors.New("this is no name of an npm package")
	case strings.ContainsAny(want, ":/"):
		return launch.Resolved{}, "", errors.New("an alias or an address in place of a version cannot be pinned: name the package itself")
	}
	base, err := a.npmRegistry(p.Name)
	if err != nil {
		return launch.Resolved{}, "", err
	}
	m, err := a.manifest(ctx, base+strings.Replace(p.Name, "/", "%2f", 1), want)
	switch {
	case err != nil:
		return launch.Resolved{}, "", fmt.Errorf("npm package %s: %w", p.Name, err)
	case m.Name != p.Name:
		return launch.Resolved{}, "", fmt.Errorf("the registry describes another package than %s", p.Name)
	case !strictSemver().MatchString(m.Version):
		return launch.Resolved{}, "", fmt.Errorf("the registry names no version of %s", p.Name)
	case !strings.HasPrefix(m.Dist.Integrity, "sha512-"):
		return launch.Resolved{}, "", fmt.Errorf("the registry gives no SHA-512 of %s@%s", p.Name, m.Version)
	}
	return launch.Resolved{Ecosystem: "npm", Name: p.Name, Version: m.Version, Integrity: m.Dist.Integrity}, p.Name + "@" + m.Version, nil
}

// npmTag is what no version means.
func (a asker) npmTag() string {
	if tag, ok := option(a.options, "--tag"); ok {
		return tag
	}
	if tag := a.npmEnv()["tag"]; tag != "" {
		return tag
	}
	return "latest"
}

// manifest asks for the one version where a version or a tag is named, and for all where
// a range is.
func (a asker) manifest(ctx context.Context, at, want string) (manifest, error) {
	var m manifest
	if exact := strings.TrimLeft(want, "=v"); strictSemver().MatchString(exact) || !rangeLike(want) {
		if !strictSemver().MatchString(exact) {
			exact = want
		}
		body, _, err := a.Get(ctx, at+"/"+url.PathEscape(exact), "application/json")
		if err != nil {
			return m, err
		}
		if json.Unmarshal(body, &m) != nil {
			return manifest{}, errors.New("the registry's answer cannot be read")
		}
		if strictSemver().MatchString(exact) && !sameVersion(m.Version, exact) {
			return manifest{}, errors.New("the registry answers with another version than it was asked for")
		}
		return m, nil
	}
	body, _, err := a.Get(ctx, at, "application/vnd.npm.install-v1+json, application/json;q=0.5")
	if err != nil {
		return m, err
	}
	var all struct {
		Tags     map[string]string   `json:"dist-tags"` //nolint:tagliatelle // npm's word
		Versions map[string]manifest `json:"versions"`
	}
	if json.Unmarshal(body, &all) != nil {
		return m, errors.New("the registry's answer cannot be read")
	}
	return pick(all.Versions, all.Tags["latest"], want)
}

// pick is npm's choice (npm-pick-manifest): the version tagged latest if the range lets it,
// else the highest, those that are not deprecated first.
func pick(all map[string]manifest, latest, want string) (manifest, error) {
	in, err := parseRange(want)
	if err != nil {
		return manifest{}, err
	}
	var best manifest
	var bestIs semver
	for text, m := range all {
		v, ok := parseSemver(text)
		if !ok || m.Version != text || !in.holds(v) {
			continue
		}
		if text == latest && !m.deprecated() {
			return m, nil
		}
		better := best.Version == "" || best.deprecated() && !m.deprecated() || best.deprecated() == m.deprecated() && bestIs.less(v)
		if better {
			best, bestIs = m, v
		}
	}
	if best.Version == "" {
		return manifest{}, fmt.Errorf("no version is in %s", want)
	}
	return best, nil
}

func (m *manifest) deprecated() bool {
	text := string(m.Deprecated)
	return text != "" && text != `""` && text != "false" && text != "null"
}
