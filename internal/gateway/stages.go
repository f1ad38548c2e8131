package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mantlet-mcp/mantlet"
	"github.com/mantlet-mcp/mantlet/internal/audit"
	"github.com/mantlet-mcp/mantlet/internal/inspect"
	"github.com/mantlet-mcp/mantlet/internal/policy"
	"github.com/mantlet-mcp/mantlet/internal/quota"
	"github.com/mantlet-mcp/mantlet/internal/trust"
	"github.com/mantlet-mcp/mantlet/internal/wire"
)

// Each function below turns an Exchange into what one room needs to know, and
// the room's answer into nil, splices or a Fault. None of them decides anything.

func checkQuota(q Quota) Check {
	return func(ctx context.Context, x *Exchange) error {
		if len(x.free) > 0 {
			return nil // the second round draws nothing more
		}
		release, err := q.Take(ctx, quota.Draw{
			Principal: x.Caller.Principal, Address: x.Caller.Address, Target: x.target, Method: x.method(),
		})
		if err != nil {
			return err
		}
		if release == nil {
			return errors.New("quota granted a draw without a release")
		}
		x.free = append(x.free, release)
		return nil
	}
}

// checkKnown refuses a method that no row of the wire table governs for the
// caller's revision, unless its namespace is allowed by name.
func (g *Gateway) checkKnown(_ context.Context, x *Exchange) error {
	if x.pass.Method == "" {
		return nil
	}
	if g.governed(x.pass, wire.FromClient, x.Caller.Revision) {
		return x.checkNamed()
	}
	return &mantlet.Fault{
		Kind: mantlet.Unsupported, Code: wire.CodeMethodNotFound,
		Public: fmt.Sprintf("method %q is not served here for revision %s; use one that the server offers", mantlet.Escape(string(x.pass.Method)), x.Caller.Revision),
	}
}

// checkNamed refuses a request that does not name what it is about: no room could
// judge it.
func (x *Exchange) checkNamed() error {
	info, ok := wire.Lookup(x.pass.Method)
	if !ok || info.NameField == "" || x.pass.Kind != wire.Request || x.Request.Name != "" {
		return nil
	}
	return &mantlet.Fault{Kind: mantlet.Malformed, Code: wire.CodeInvalidParams, Public: "params." + info.NameField + " must be a string that is not empty"}
}

// checkSaid drops what a server may not say to this caller: a question on a
// modern stream (2026-07-28, basic/transports), one that the client did not offer to
// answer, or a method nobody governs.
func (g *Gateway) checkSaid(_ context.Context, x *Exchange) error {
	switch {
	case x.pass.Method == "":
		return nil
	case x.pass.Kind == wire.Request && x.Caller.Revision.Modern():
		return fmt.Errorf("%w: a server may not ask questions on a modern stream", errDropped)
	case !g.governed(x.pass, wire.FromServer, x.Caller.Revision):
		return fmt.Errorf("%w: no rule governs method %q from a server", errDropped, x.pass.Method)
	case askedTooMuch(x):
		return fmt.Errorf("%w: the client did not offer to answer %q", errDropped, x.pass.Method)
	}
	return nil
}

func (g *Gateway) governed(p Pass, from wire.Side, r wire.Revision) bool {
	if info, ok := wire.Lookup(p.Method); ok {
		return info.Kind == p.Kind && (info.From == from || info.From == wire.Both) && info.In(r) && (!info.Embedded || !r.Modern())
	}
	return slices.ContainsFunc(g.namespaces, func(ns string) bool { return strings.HasPrefix(string(p.Method), ns) })
}

func (g *Gateway) checkTrust(t Trust) Check {
	return func(ctx context.Context, x *Exchange) error {
		if x.Server == mantlet.Joined {
			return nil // the member's own exchange asks
		}
		e, err := g.look(ctx, t, x)
		if err != nil {
			return err
		}
		if e.State == trust.Distrusted {
			return &mantlet.Fault{Kind: mantlet.Untrusted, Public: fmt.Sprintf(
				"tool %s has a trust score of %d, and %d is asked for here; ask whoever runs mantlet what it lacks (mantlet tools show %s %[1]s --score)", mantlet.Escape(x.target.Name), e.Score, e.Least, x.Server)}
		}
		if e.State != trust.Approved {
			return &mantlet.Fault{Kind: mantlet.Untrusted, Public: fmt.Sprintf("%s %s %s", x.target.Kind, mantlet.Escape(x.target.Name), untrusted[e.State])}
		}
		x.entry = e
		return nil
	}
}

// untrusted says why a definition may not be used.
var untrusted = map[trust.State]string{
	trust.Unknown:     "is none that its server offers here; list them",
	trust.InReview:    "is not approved yet; ask whoever runs mantlet to look at it (mantlet tools show)",
	trust.Quarantined: "was stopped, or has changed since it was approved; ask whoever runs mantlet to look at it (mantlet tools diff)",
	trust.Retired:     "was retired; use another",
	trust.Moved:       "has changed since you were shown it, and was approved as it is now; list it again, and read it before you use it",
}

func checkPolicy(p Policy) Check {
	return func(ctx context.Context, x *Exchange) error {
		d := p.Decide(ctx, x.query())
		switch d.Verdict {
		case policy.Allow:
			return nil
		case policy.Confirm, policy.Approve:
			if d.Ask != nil {
				return &mantlet.Fault{Kind: mantlet.Deferred, Public: "this call waits for a person to say yes", Remedy: *d.Ask, Err: reason(d)}
			}
		case policy.Deny:
		}
		return &mantlet.Fault{Kind: mantlet.Denied, Public: "policy does not allow this call; ask an administrator, naming exchange " + x.ID, Err: reason(d)}
	}
}

func reason(d policy.Decision) error {
	return fmt.Errorf("%s %v", d.Reason, d.Policies)
}

func (x *Exchange) query() policy.Query {
	q := policy.Query{
		Principal: x.Caller.Principal, Conversation: x.Caller.Conversation, Action: x.method(),
		Target: x.target, Facts: x.facts, Exchange: x.ID,
	}
	m := x.Request
	if x.pass.Direction == In {
		m = x.moving // as an edit has left it: policy judges what the server will get
	}
	if m != nil {
		q.Arguments = found(m, "params", "arguments")
	}
	return q
}

// inspectMoving shows the moving message's content to the inspector and turns
// the cuts it proposes into splices.
func (g *Gateway) inspectMoving(i Inspector) Edit {
	return func(ctx context.Context, x *Exchange) ([]wire.Splice, error) {
		if x.Server == mantlet.Joined {
			return nil, nil // the members' own exchanges are inspected
		}
		span := body(x.moving)
		rep, err := i.Inspect(ctx, g.content(x, span))
		if err != nil {
			return nil, err
		}
		x.note(rep.Findings)
		if slices.Contains(rep.Facts, "canary") {
			g.touched(x, "canary")
		}
		if rep.Refused != "" {
			return nil, &mantlet.Fault{Kind: mantlet.Unsafe, Err: errContent,
				Public: rep.Refused + "; if this should pass, ask an administrator, naming exchange " + x.ID}
		}
		x.learn(rep.Facts)
		x.restored = append(x.restored, rep.Restored...)
		return spliced(rep.Cuts, span.Start), nil
	}
}

var errContent = errors.New("content inspection refused the message")

// content is what the inspector is shown of the moving message.
func (g *Gateway) content(x *Exchange, at wire.Span) inspect.Content {
	c := inspect.Content{
		Back: x.pass.Direction == Back, Kind: kinds[x.moving.Kind], Method: string(x.pass.Governs()),
		Target: x.target, Digest: x.entry.Digest, Vetted: x.observed && g.vets, Again: x.again, Modern: x.Caller.Revision.Modern(),
		Bound: x.Caller.Conversation, Text: x.moving.At(at),
	}
	switch {
	case !c.Back:
		c.Value = found(x.moving, "params", "arguments")
	case c.Kind == inspect.Result && !x.moving.ToolResult().IsError:
		c.Value = found(x.moving, "result", "structuredContent")
	}
	if c.Back {
		c.Stream = &x.said
	}
	c.Restored = x.restored
	if c.Back && x.Request != nil && (c.Kind == inspect.Result || len(x.restored) > 0) {
		c.Asked = x.Request.At(x.Request.Params)
	}
	return c
}

func found(m *wire.Message, path ...string) []byte {
	if at, ok := m.Find(path...); ok {
		return m.At(at)
	}
	return nil
}

var kinds = map[wire.Kind]inspect.Kind{
	wire.Request: inspect.Request, wire.Notification: inspect.Notification, wire.Result: inspect.Result, wire.Error: inspect.Error,
}

// note writes down what was found: the rule, the place and what followed, and nothing of
// the content.
func (x *Exchange) note(found []inspect.Finding) {
	for i := range found {
		f := &found[i]
		x.findings = append(x.findings, audit.Finding{Rule: f.Rule, Severity: f.Severity.String(), At: f.At, Action: f.Action.String(), Back: x.pass.Direction == Back})
	}
}

func (x *Exchange) learn(facts []string) {
	for _, f := range facts {
		if !slices.Contains(x.facts, f) {
			x.facts = append(x.facts, f)
		}
	}
}

func body(m *wire.Message) wire.Span {
	switch m.Kind {
	case wire.Result:
		return m.Result
	case wire.Error:
		return m.Error
	default:
		return m.Params
	}
}

func spliced(cuts []inspect.Cut, base int) []wire.Splice {
	var s []wire.Splice
	for _, c := range cuts {
		s = append(s, wire.Splice{Start: base + c.Start, End: base + c.End, With: c.With})
	}
	return s
}
