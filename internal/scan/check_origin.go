package scan

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/trust/launch/runner"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/npm"
	"github.com/mantlet-mcp/mantlet/internal/trust/provenance/oci"
)

// proveTime is for all packages of one scan: a registry that is silent costs no more.
const proveTime = 2 * time.Minute

// A Prover asks registries who built what a server starts.
type Prover struct {
	NPM npm.Checker
	OCI oci.Checker

	seen map[string]*provenance.Report // by the spec: many entries start one package
}

// An Origin is what a registry's signatures say of one package of a server.
type Origin struct {
	Spec   string // as it is written
	Arg    int    // its place among the arguments; -1 for none
	Report *provenance.Report
	Why    string // why nobody was asked; "" with a report
}

// Client is for registries: each step has a limit, and whole answers get theirs from
// package fetch. Its caller closes its idle connections.
func Client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:       http.ProxyFromEnvironment,
		DialContext: (&net.Dialer{Timeout: answerTime}).DialContext, TLSHandshakeTimeout: answerTime, ResponseHeaderTimeout: answerTime,
		MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true, IdleConnTimeout: answerTime,
	}}
}

// Prove asks about each package and image that the inputs' servers start. What could not
// be asked is written down as such.
func (p *Prover) Prove(ctx context.Context, inputs []Input, progress func(string)) {
	ctx, cancel := context.WithTimeout(ctx, proveTime)
	defer cancel()
	p.seen = make(map[string]*provenance.Report)
	for i := range inputs {
		for j := range inputs[i].Servers {
			s := &inputs[i].Servers[j]
			if s.Image != nil {
				s.Origins = append(s.Origins, p.image(ctx, s.Image.Name, s.Image.Digest, -1, progress))
			}
			if s.Entry != nil {
				p.entry(ctx, s, progress)
			}
		}
	}
}

func (p *Prover) entry(ctx context.Context, s *Server, progress func(string)) {
	line := runner.Parse(s.Entry.Command, s.Entry.Args)
	elsewhere := slices.ContainsFunc(s.Entry.Args, func(a string) bool { return a == "--registry" || strings.HasPrefix(a, "--registry=") })
	for _, one := range line.Packages {
		o := Origin{Spec: withoutUser(one.Spec), Arg: one.Arg}
		_, digest, _ := strings.Cut(one.Spec, "@")
		switch {
		case one.Kind == runner.None:
			continue
		case line.Unsure != "" || !one.Exact():
			o.Why = "nobody knows which version it is before it starts"
		case one.Kind == runner.NPM && elsewhere:
			o.Why = "it comes from another registry than npm's own"
		case one.Kind == runner.NPM:
			o = p.npm(ctx, one, progress)
		case one.Kind == runner.Image:
			o = p.image(ctx, one.Name, digest, one.Arg, progress)
		default:
			o.Why = "provenance is looked for in npm's registry and in those of images alone"
		}
		s.Origins = append(s.Origins, o)
	}
}

func (p *Prover) npm(ctx context.Context, one runner.Package, progress func(string)) Origin {
	version := exact(one)
	return Origin{Spec: one.Name + "@" + version, Arg: one.Arg, Report: p.once(one.Name+"@"+version, progress, func() *provenance.Report {
		return p.NPM.Check(ctx, provenance.Subject{Ecosystem: provenance.NPM, Name: one.Name, Version: version})
	})}
}

func (p *Prover) image(ctx context.Context, name, digest string, at int, progress func(string)) Origin {
	spec := name + "@" + digest
	return Origin{Spec: spec, Arg: at, Report: p.once(spec, progress, func() *provenance.Report {
		return p.OCI.Check(ctx, provenance.Subject{Ecosystem: provenance.OCI, Name: name, Integrity: digest})
	})}
}

func (p *Prover) once(spec string, progress func(string), ask func() *provenance.Report) *provenance.Report {
	r, ok := p.seen[spec]
	if !ok {
		progress("asking for the provenance of " + spec)
		r = ask()
		p.seen[spec] = r
	}
	return r
}

// origins are the findings about who built what a server starts. Whether a builder is the
// right one a scan cannot know: it names it in a note.
func (g *group) origins(s *served) {
	for _, o := range s.Origins {
		f := Finding{Rule: checkOrigin}
		switch {
		case o.Report == nil:
			f.Excerpt = o.Why
		case o.Report.Verdict == provenance.Failed || o.Report.Verdict > provenance.Failed:
			f.Rule, f.Excerpt = checkForged, reasons(o.Report, provenance.Failed)
		default:
			if f.Excerpt = reasons(o.Report, provenance.Unknown); f.Excerpt == "" {
				r := o.Report
				g.out.Notes = append(g.out.Notes, mantlet.Escape(fmt.Sprintf("%s was built by %s from %s", o.Spec, r.Builder, r.Source)))
				continue
			}
		}
		if o.Arg >= 0 {
			f.Field = arg(o.Arg)
		}
		f.Excerpt = cut(mantlet.Escape(o.Spec + ": " + f.Excerpt))
		g.addServer(s, f)
	}
}

// demanded are the checks without which an origin is not known. The integrity is a pin's
// matter, which a scan has not; npm's own signature covers it.
func demanded(r *provenance.Report) []string {
	if r.Subject.Ecosystem == provenance.NPM {
		return []string{provenance.CheckRegistry, provenance.CheckBuild}
	}
	return []string{provenance.CheckIntegrity, provenance.CheckBuild}
}

// reasons are why a report is not good, "" where it is. Of what failed all are named.
func reasons(r *provenance.Report, v provenance.Verdict) string {
	var out []string
	for _, c := range r.Checks {
		if c.Verdict == v && (v == provenance.Failed || slices.Contains(demanded(r), c.Name)) {
			out = append(out, c.Name+": "+c.Why)
		}
	}
	for _, name := range demanded(r) {
		if len(out) == 0 && r.Of(name) != provenance.Satisfied {
			out = append(out, name+": nothing is known")
		}
	}
	return strings.Join(slices.Compact(out), "; ")
}
