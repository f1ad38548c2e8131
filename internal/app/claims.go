package app

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
	"github.com/mantlet-mcp/mantlet/internal/trust/listing"
)

// claimName is the name in a server.json that can be read, under which it is kept.
func claimName(content []byte) (string, error) {
	s, err := listing.Read(content)
	return s.Name, err
}

// claims compares what registries say of a server with what is configured and pinned. It
// is for people to look at: nothing is configured, approved or started by it.
func (a *App) claims(q asking) (any, error) {
	id, err := mantlet.ParseServerID(q.of.Get("server"))
	if err != nil {
		return nil, err
	}
	conf := configured(a.Config().Servers[string(id)])
	pins, err := a.trust.pinnedLaunch(q.ctx, id)
	if err != nil {
		return nil, err
	}
	out := []daemon.Compared{}
	for _, d := range a.trust.Documents(trust.Claim, id) {
		text, err := a.trust.Content(q.ctx, d)
		if err != nil {
			return nil, err
		}
		s, err := listing.Read(text)
		if err != nil {
			return nil, err
		}
		for _, c := range listing.Claims(s) {
			c = tagged(c)
			out = append(out, daemon.Compared{Name: d.Name, Claim: say(c), Configured: against(c, conf), Pinned: against(c, pins)})
		}
	}
	return out, nil
}

// configured is what the configuration says that a server is; nothing of none.
func configured(s *config.Server) []listing.Claim {
	switch {
	case s == nil:
		return nil
	case s.URL != "":
		return []listing.Claim{{URL: s.URL}}
	}
	return fetched(s.Command, s.Args)
}

// pinnedLaunch is what the approved launch of a server says that it is.
func (c *catalogue) pinnedLaunch(ctx context.Context, id mantlet.ServerID) (out []listing.Claim, err error) {
	t := mantlet.Target{Server: id, Kind: mantlet.KindLaunch, Name: mantlet.KindLaunch.String()}
	for _, i := range c.Items(id) {
		if i.Target != t || i.State != trust.Approved {
			continue
		}
		v, err := c.Review(ctx, t)
		if err != nil {
			return nil, err
		}
		var l launch.Launch
		if err := json.Unmarshal(v.Approved.Raw(), &l); err != nil {
			return nil, err
		}
		out = fetched(l.Command, l.Args)
		for _, p := range l.Packages { // what is installed here counts before what a line says
			out = append([]listing.Claim{{Registry: "npm", Identifier: p.Name, Version: p.Version}}, out...)
		}
		if r := l.Resolved; r != nil {
			out = append([]listing.Claim{{Registry: r.Ecosystem, Identifier: r.Name, Version: r.Version}}, out...)
		}
	}
	return out, nil
}

// registryOf is what server.json calls a kind of package.
var registryOf = map[runner.Kind]string{runner.NPM: "npm", runner.Python: "pypi", runner.Image: "oci"}

// fetched is what a line has its runner fetch.
func fetched(command string, args []string) (out []listing.Claim) {
	for _, p := range runner.Parse(command, args).Packages {
		if r := registryOf[p.Kind]; r != "" {
			out = append(out, listing.Claim{Registry: r, Identifier: p.Name, Version: versionIn(p)})
		}
	}
	return out
}

// versionIn is the version, tag or digest that a package is written with; "" for none.
func versionIn(p runner.Package) string {
	_, rest, ok := strings.Cut(p.Spec, p.Name)
	if !ok {
		return ""
	}
	if strings.HasPrefix(rest, "[") { // extras of a Python package
		_, rest, _ = strings.Cut(rest, "]")
	}
	return strings.TrimLeft(rest, "@=: ")
}

// tagged is the claim of an image with the tag or digest as its version, as it is seen.
func tagged(c listing.Claim) listing.Claim {
	if p := runner.Parse("docker", []string{"run", c.Identifier}).Main(); c.Registry == "oci" && p.Kind == runner.Image {
		c.Identifier = p.Name
		if v := versionIn(p); v != "" {
			c.Version = v
		}
	}
	return c
}

// against compares a claim with the first of what is known that it is about.
func against(c listing.Claim, known []listing.Claim) string {
	for _, k := range known {
		switch c.Against(k) {
		case listing.Same:
			return "agrees"
		case listing.Differs:
			if k.Version == c.Version && k.SHA256 == "" || k.Version == "" {
				return "unknown" // nobody has said what was claimed
			}
			return "differs"
		case listing.Other:
			if c.URL != "" && k.URL != "" && !strings.ContainsAny(c.URL, "{}") {
				return "differs"
			}
		}
	}
	return "unknown"
}

// say is a claim in a line.
func say(c listing.Claim) string {
	if c.URL != "" {
		return "remote " + c.URL
	}
	return strings.Join(strings.Fields(c.Registry+" "+c.Identifier+" "+c.Version+" "+c.SHA256), " ")
}
