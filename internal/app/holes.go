package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/daemon"
	"github.com/mantlet-mcp/mantlet/internal/store"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/trust/advisory"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
	"github.com/mantlet-mcp/mantlet/internal/trust/release"
	"github.com/mantlet-mcp/mantlet/internal/trust/sbom"
	"github.com/mantlet-mcp/mantlet/internal/trust/signer"
)

// partsOf are the components of SBOMs by their digests: one is read once, and judged often.
// With them, what was said last of each server.
type partsOf struct {
	mu   sync.Mutex
	read map[store.Hash][]advisory.Component
	told map[mantlet.ServerID]string
}

// maxPartsOf is how many SBOMs are remembered; beyond that all are read again.
const maxPartsOf = 256

// tell reports whether text is another one than the last that was said of a server.
func (p *partsOf) tell(id mantlet.ServerID, text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told == nil {
		p.told = make(map[mantlet.ServerID]string)
	}
	was := p.told[id]
	p.told[id] = text
	return text != was
}

func (p *partsOf) of(digest store.Hash) ([]advisory.Component, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all, ok := p.read[digest]
	return all, ok
}

func (p *partsOf) keep(digest store.Hash, all []advisory.Component) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read == nil || len(p.read) >= maxPartsOf {
		p.read = make(map[store.Hash][]advisory.Component)
	}
	p.read[digest] = all
}

func components(b []byte) ([]advisory.Component, error) {
	doc, err := sbom.Read(b)
	if err != nil {
		return nil, err
	}
	all := make([]advisory.Component, 0, len(doc.Components))
	for _, one := range doc.Components {
		all = append(all, advisory.Component{Ecosystem: one.Ecosystem, Name: one.Name, Version: one.Version})
	}
	return all, nil
}

// inSBOM are the components of the SBOM that is filed for a server; none where none is, or
// where it cannot be read: then nothing is known of them.
func (c *catalogue) inSBOM(ctx context.Context, id mantlet.ServerID) []advisory.Component {
	doc, ok := c.Document(trust.Evidence, id, string(release.SBOM))
	if !ok {
		return nil
	}
	if all, ok := c.parts.of(doc.Digest); ok {
		return all
	}
	b, err := c.Content(ctx, doc)
	if err != nil {
		return []advisory.Component{{Name: "the SBOM of " + string(id)}} // of nowhere: unknown
	}
	all, err := components(b)
	if err != nil {
		all = []advisory.Component{{Name: "the SBOM of " + string(id)}}
	}
	c.parts.keep(doc.Digest, all)
	return all
}

// osvOf is what OSV calls a registry of packages. It has no word for images.
var (
	osvOf   = map[string]string{"npm": "npm", "pypi": "PyPI"}
	osvKind = map[runner.Kind]string{runner.NPM: "npm", runner.Python: "PyPI"}
)

// inLaunch are the packages that a launch names: those that it fetches, and those installed
// here that it starts.
func inLaunch(definition []byte) (out []advisory.Component) {
	var l launch.Launch
	if json.Unmarshal(definition, &l) != nil {
		return nil
	}
	for _, p := range l.Packages {
		if p.Name != "" && p.Version != "" {
			out = append(out, advisory.Component{Ecosystem: "npm", Name: p.Name, Version: p.Version})
		}
	}
	if l.Resolved != nil {
		for _, r := range append([]launch.Resolved{*l.Resolved}, l.Resolved.With...) {
			if e := osvOf[r.Ecosystem]; e != "" {
				out = append(out, advisory.Component{Ecosystem: e, Name: r.Name, Version: r.Version})
			}
		}
		return out
	}
	for _, p := range runner.Parse(l.Command, l.Args).Packages {
		if e := osvKind[p.Kind]; e != "" && p.Exact() {
			out = append(out, advisory.Component{Ecosystem: e, Name: p.Name, Version: exactly(p)})
		}
	}
	return out
}

// exactly is the version alone of a package that is named exactly.
func exactly(p runner.Package) string {
	version, _, _ := strings.Cut(p.Version(), ";")
	return strings.TrimLeft(strings.TrimSpace(version), "=v ")
}

// launched is the last launch that was seen of a server; nil where none was.
func (c *catalogue) launched(ctx context.Context, id mantlet.ServerID) []byte {
	v, err := c.Review(ctx, mantlet.Target{Server: id, Kind: mantlet.KindLaunch, Name: mantlet.KindLaunch.String()})
	if err != nil {
		return nil
	}
	return v.Fresh.Raw()
}

// assessed is what is known now of the holes in a server.
func (c *catalogue) assessed(ctx context.Context, id mantlet.ServerID) assessment {
	return c.known().holes.assess(append(inLaunch(c.launched(ctx, id)), c.inSBOM(ctx, id)...), time.Now())
}

// vetHoles is false where a definition that was never seen may be used for all that is known
// of holes. A launch that has packages also waits where nothing is known though data are
// configured: unknown is never satisfied.
func (c *catalogue) vetHoles(ctx context.Context, s trust.Seen) (v trust.Verdict, holed bool) {
	h := c.known().holes
	if h == nil || h.path == "" || h.off {
		return v, false
	}
	var known assessment
	if s.Target.Kind == mantlet.KindLaunch {
		known = c.known().holes.assess(append(inLaunch(s.Definition), c.inSBOM(ctx, s.Target.Server)...), time.Now())
	} else {
		known = *c.holesFor(ctx, s.Target.Server)
	}
	if open := c.Unaccepted(s.Target.Server, known.stops); len(open) > 0 {
		return trust.Verdict{Why: known.why, Holes: open}, true
	}
	if s.Target.Kind == mantlet.KindLaunch && known.parts > 0 && known.Outcome == advisory.Unknown {
		return trust.Verdict{Why: "it is not known whether it has known vulnerabilities: " + strings.Join(known.Reasons, "; ")}, true
	}
	return v, false
}

// holesFor is what is known of a server while its definitions are vetted.
func (c *catalogue) holesFor(ctx context.Context, id mantlet.ServerID) *assessment {
	c.namesFor(id)
	c.naming.Lock()
	defer c.naming.Unlock()
	if c.names.server == id && c.names.known != nil {
		return c.names.known
	}
	known := c.assessed(ctx, id)
	if c.names.server == id {
		c.names.known = &known
	}
	return &known
}

// judge stops a server for advisories that nobody has accepted, and tells of what it does
// not stop for.
func (a *App) judge(ctx context.Context, id mantlet.ServerID) {
	known := a.trust.assessed(ctx, id)
	n, err := a.trust.Condemn(ctx, id, known.stops, known.why)
	switch {
	case err != nil:
		a.log.Error("a vulnerable server could not be quarantined", "server", string(id), "error", mantlet.Escape(err.Error()))
	case n > 0:
		a.log.Warn("a server was quarantined", "server", string(id), "why", known.why, "definitions", n, "by", "advisories")
		a.trust.rate(ctx, id)
	}
	if a.trust.known().holes.path == "" || known.parts == 0 {
		return
	}
	if text := known.line(); text != "" && a.trust.parts.tell(id, text) {
		a.log.Warn("known vulnerabilities of a server", "server", string(id), "state", text)
	} else if text == "" {
		a.trust.parts.tell(id, "")
	}
}

// line says what is known, for people; "" where nothing is wrong.
func (k *assessment) line() string {
	said := slices.Concat(k.Reasons, k.warns)
	if k.Outcome == advisory.Satisfied && len(said) == 0 {
		return ""
	}
	return strings.Join(append([]string{k.Outcome.String()}, said...), "; ")
}

// judged is the outcome of a piece of evidence of the type sbom (C013, C067).
func (c *catalogue) judged(b []byte) (release.Outcome, string) {
	all, err := components(b)
	if err != nil {
		return release.Unknown, mantlet.Escape(err.Error())
	}
	v := c.known().holes.assess(all, time.Now())
	why := strings.Join(v.Reasons, "; ")
	switch v.Outcome {
	case advisory.Satisfied:
		return release.Satisfied, why
	case advisory.Failed:
		return release.Failed, why
	default:
		return release.Unknown, why
	}
}

var errHoled = errors.New("nobody outvotes a known vulnerability; start a version that mends it and propose again, or ignore the advisory in the configuration (trust.vulnerable.ignore)")

// holed is the evidence that what a launch names is known to be vulnerable, which fails a
// release whatever else was brought. That it is not says too little to be evidence.
func (a *App) holed(q asking, id mantlet.ServerID) (ref release.EvidenceRef, why string, ok bool) {
	known := a.trust.known().holes.assess(inLaunch(a.trust.launched(q.ctx, id)), time.Now())
	if known.Outcome != advisory.Failed {
		return ref, "", false
	}
	ref = release.EvidenceRef{Type: release.SBOM, Outcome: release.Failed, Tool: release.Own, By: "mantlet", At: time.Now().UTC().Truncate(time.Second)}
	ref.Digest = signer.Sum([]byte(known.why))
	return ref, strings.Join(known.Reasons, "; "), true
}

// listHoles says, of one server or of all, what is known of their holes.
func (a *App) listHoles(q asking) (any, error) {
	out := daemon.Advisories{Path: a.trust.known().holes.path, Servers: []daemon.Holed{}}
	if data, err := a.trust.known().holes.known(); err != nil {
		out.Trouble = mantlet.Escape(err.Error())
	} else if data != nil {
		out.Newest = data.Newest("")
		out.Records, _, _ = data.Records()
	}
	for _, id := range a.trust.Servers() {
		if s := q.of.Get("server"); s != "" && s != string(id) {
			continue
		}
		known := a.trust.assessed(q.ctx, id)
		one := daemon.Holed{Server: string(id), Outcome: known.Outcome.String(), Packages: known.parts, Reasons: known.Reasons}
		for i := range known.Matches {
			one.Holes = append(one.Holes, hole(&known.Matches[i]))
		}
		out.Servers = append(out.Servers, one)
	}
	return out, nil
}

func hole(m *advisory.Match) daemon.Hole {
	return daemon.Hole{
		ID: m.ID, Aliases: m.Aliases, Severity: m.Severity.String(), Package: m.Component.Name, Version: m.Component.Version,
		Fixed: m.Fixed, Unsure: m.Unsure, Ignored: m.Ignored, Text: fmt.Sprint(m),
	}
}
