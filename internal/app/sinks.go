package app

import (
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/config"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/inspect/finding"
	"github.com/mantlet-mcp/mantlet/internal/inspect/sink"
)

// sinks are what arguments may do behind a server, as i describes it.
func sinks(i *config.Inspect) (s inspect.Sinks, err error) {
	if s.Do, err = inspect.ParseAction(i.Sinks.In); err != nil {
		return s, err
	}
	if s.From, err = finding.ParseSeverity(i.Sinks.From); err != nil {
		return s, err
	}
	allow := allowed(&i.Allow)
	kinds := make(map[string]map[string]sink.Kind) // by tool
	for place, name := range i.Kinds {
		tool, argument, _ := strings.Cut(place, "/") // checked
		k, err := sink.ParseKind(name)
		if err != nil {
			return s, err
		}
		if kinds[tool] == nil {
			kinds[tool] = make(map[string]sink.Kind)
		}
		kinds[tool][argument] = k
	}
	s.Of = func(t mantlet.Target) sink.Options { return sink.Options{Kinds: kinds[t.Name], Policy: allow} }
	s.URIs, err = sink.PlanResource(allow)
	return s, err
}

func allowed(a *config.Allow) sink.Policy {
	return sink.Policy{
		Roots: a.Roots, Schemes: a.Schemes, Hosts: a.Hosts, Inner: a.Inner, Domains: a.Domains, Most: a.Most,
		SQL: map[string]sink.Statements{"read": sink.Reads, "write": sink.Writes, "define": sink.Defines}[a.SQL],
	}
}
